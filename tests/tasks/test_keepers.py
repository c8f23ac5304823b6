"""What keepers do while the database is away: they try again, but not without a pause."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError

from tenderline.settings import Settings
from tenderline.tasks import web_keeper, worker_keeper
from tenderline.tasks.keeper import Keeper
from tenderline.tasks.ledger import Ledger
from tenderline.tasks.web_keeper import KeeperThread
from tenderline.tasks.worker_keeper import WorkerKeeper

LOOKS = 40


class Hours:
    """A clock that only goes on while somebody waits; after ``LOOKS`` waits it says that there is nothing more to wait for."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return len(self.waits) >= LOOKS

    @property
    def without_a_pause(self) -> int:
        return sum(seconds == 0 for seconds in self.waits)


class Away:
    """A ledger whose database can't be reached."""

    process = "process"

    def cancelled_runs(self) -> list[Any]:
        raise OperationalError("select", {}, Exception("connection refused"))


def test_a_worker_s_keeper_pauses_between_two_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = Hours()
    selector = types.SimpleNamespace(register=lambda *_: None, select=lambda timeout: hours.wait(timeout))
    monkeypatch.setattr(worker_keeper, "time", hours)
    monkeypatch.setattr(worker_keeper, "selectors", types.SimpleNamespace(DefaultSelector=lambda: selector, EVENT_READ=1))
    monkeypatch.setattr(worker_keeper.WorkerKeeper, "_listen", lambda self: False)
    left: list[bool] = []
    keeper = types.SimpleNamespace(silent=0.0, leave=lambda *, counts_as_lost: left.append(counts_as_lost))
    WorkerKeeper(Settings(_env_file=None, data_dir=tmp_path), cast(Keeper, keeper), cast(Ledger, Away())).run()
    assert left == [True]
    assert len(hours.waits) == LOOKS
    assert hours.without_a_pause <= 1


def test_a_web_process_s_keeper_pauses_between_two_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = Hours()
    monkeypatch.setattr(web_keeper, "time", hours)
    keeper, runner, background = (cast(Any, types.SimpleNamespace(silent=0.0, busy=1)) for _ in range(3))
    thread = KeeperThread(Settings(_env_file=None, data_dir=tmp_path), keeper, cast(Ledger, Away()), cast(Any, None), runner, background)
    monkeypatch.setattr(thread, "_wake", types.SimpleNamespace(wait=lambda seconds: hours.wait(seconds), clear=lambda: None))
    monkeypatch.setattr(thread, "_stop", types.SimpleNamespace(is_set=lambda: len(hours.waits) >= LOOKS))
    thread._loop()
    assert len(hours.waits) == LOOKS
    assert hours.without_a_pause <= 1
