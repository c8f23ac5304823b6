"""What keepers do while the database or the disk is away: they try again, but not without a pause, and end all the same when told to."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
import types
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy.exc import OperationalError

from tenderline.settings import Settings
from tenderline.tasks import stop_watch, web_keeper, worker_keeper
from tenderline.tasks.keeper import Keeper
from tenderline.tasks.ledger import Holding, Ledger
from tenderline.tasks.stop_watch import StopWatch
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


AWAY = OperationalError("select", {}, Exception("connection refused"))
errors = pytest.mark.parametrize("error", [AWAY, OSError(errno.ENOSPC, "No space left on device")], ids=["database", "disk"])


class Away:
    """A ledger that can't be read for that reason."""

    process = "process"

    def __init__(self, error: Exception) -> None:
        self._error = error

    def cancelled_runs(self) -> list[Any]:
        raise self._error


@errors
def test_a_worker_s_keeper_pauses_between_two_tries(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = Hours()
    selector = types.SimpleNamespace(register=lambda *_: None, select=lambda timeout: hours.wait(timeout))
    monkeypatch.setattr(worker_keeper, "time", hours)
    monkeypatch.setattr(worker_keeper, "selectors", types.SimpleNamespace(DefaultSelector=lambda: selector, EVENT_READ=1))
    monkeypatch.setattr(worker_keeper.WorkerKeeper, "_listen", lambda self: False)
    left: list[bool] = []
    keeper = types.SimpleNamespace(silent=0.0, leave=lambda *, counts_as_lost: left.append(counts_as_lost))
    WorkerKeeper(Settings(_env_file=None, data_dir=tmp_path), cast(Keeper, keeper), cast(Ledger, Away(error))).run()
    assert left == [True]
    assert len(hours.waits) == LOOKS
    assert hours.without_a_pause <= 1


@errors
def test_a_web_process_s_keeper_pauses_between_two_tries(error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = Hours()
    monkeypatch.setattr(web_keeper, "time", hours)
    keeper, runner, background = (cast(Any, types.SimpleNamespace(silent=0.0, busy=1)) for _ in range(3))
    thread = KeeperThread(
        Settings(_env_file=None, data_dir=tmp_path), keeper, cast(Ledger, Away(error)), cast(Any, None), runner, background
    )
    monkeypatch.setattr(thread, "_wake", types.SimpleNamespace(wait=lambda seconds: hours.wait(seconds), clear=lambda: None))
    monkeypatch.setattr(thread, "_stop", types.SimpleNamespace(is_set=lambda: len(hours.waits) >= LOOKS))
    thread._loop()
    assert len(hours.waits) == LOOKS
    assert hours.without_a_pause <= 1


def test_a_web_process_whose_database_is_away_ends_its_children_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(*, counts_as_lost: bool) -> None:
        raise AWAY

    closed: list[str] = []
    background = cast(Any, types.SimpleNamespace(busy=False, stop=lambda: None, close=lambda: closed.append("children")))
    keeper = cast(Any, types.SimpleNamespace(leave=leave))
    ledger, settings = cast(Ledger, Away(AWAY)), Settings(_env_file=None, data_dir=tmp_path)
    thread = KeeperThread(settings, keeper, ledger, cast(Any, None), cast(Any, None), background)
    monkeypatch.setattr(thread, "_thread", types.SimpleNamespace(join=lambda timeout: None))
    thread.stop()
    assert closed == ["children"]


def test_a_run_whose_name_cannot_be_written_is_killed_at_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hours = Hours()
    monkeypatch.setattr(stop_watch, "time", hours)
    (tmp_path / "run").touch()  # where a folder should be
    watch = StopWatch(Settings(_env_file=None, data_dir=tmp_path), "process")
    deaf = "import signal, sys; signal.signal(signal.SIGUSR1, signal.SIG_IGN); print(flush=True); sys.stdin.read()"
    with subprocess.Popen([sys.executable, "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        held = Holding("task", 1, child.pid)
        for hours.now in (1000.0, 1000.0 + stop_watch.RAISE_AFTER, 1000.0 + stop_watch.KILL_AFTER):
            assert watch.look([held])
        assert watch.killed == [held]
    assert child.returncode == -signal.SIGKILL
