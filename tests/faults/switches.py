"""What the processes of a fault test do differently from real ones: long waits are shorter, and a test may take a recovery out.

``FAULTS_OFF`` names what is taken out, so that a test can show that the fault does harm without it. ``FAULTS_CLOCK`` names a file that says
how many seconds the database's clock is off.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import false

from tenderline import runtime
from tenderline.database import Database
from tenderline.tasks import dispatcher, keeper, ledger, recovery, runner, web_keeper, worker_keeper
from tenderline.tasks.models import RUNNING, UNFINISHED, Task

DEAD_AFTER = 8.0
FENCE_AFTER = 6.5
"""In seconds: shorter than in earnest, but longer than a busy machine may stand still."""
GIVE_UP_AFTER = 3.0


def prepare() -> None:
    """Call it before a runtime is made."""
    recovery.DEAD_AFTER = DEAD_AFTER
    web_keeper.FENCE_AFTER = worker_keeper.FENCE_AFTER = FENCE_AFTER
    web_keeper.GIVE_UP_AFTER = GIVE_UP_AFTER
    if clock := os.environ.get("FAULTS_CLOCK"):
        runtime.Database = partial(Database, clock=partial(_shifted, Path(clock)))  # type: ignore[misc, assignment]
    for name in filter(None, os.environ.get("FAULTS_OFF", "").split(",")):
        _SWITCHES[name]()


def _shifted(path: Path) -> float:
    return time.time() + float(path.read_text())


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _never_ring_again() -> None:
    dispatcher._lost = lambda now: false()


def _never_put_back() -> None:
    recovery.Recovery.recover = _nothing  # type: ignore[method-assign]
    keeper.Keeper.leave = _nothing  # type: ignore[method-assign]
    keeper.Keeper._put_back_unmanned = _nothing  # type: ignore[method-assign]
    web_keeper.KeeperThread._put_back = _nothing  # type: ignore[method-assign]
    worker_keeper.WorkerKeeper._do = _only_ready(worker_keeper.WorkerKeeper._do)  # type: ignore[method-assign]


def _only_ready(do: Callable[..., None]) -> Callable[..., None]:
    return lambda self, what, details: do(self, what, details) if what == "ready" else None


def _never_hand_over() -> None:
    web_keeper.KeeperThread.hand_over = _nothing  # type: ignore[method-assign]


def _no_fence() -> None:
    """A run writes whatever it likes, whoever holds the row now, and nobody gives anything up by himself."""
    web_keeper.FENCE_AFTER = worker_keeper.FENCE_AFTER = float("inf")
    ledger.Ledger._held = lambda self, claim: (Task.id == claim.task_id,)  # type: ignore[method-assign]


def _no_claim() -> None:
    """Every message is believed: a task is started whether or not somebody has it."""
    ledger.WAITING = (*UNFINISHED, "SUCCESS")
    ledger.RUNNING = (*RUNNING, "SUCCESS")


def _no_patience() -> None:
    runner._persistently = lambda write: write()


_SWITCHES: dict[str, Callable[[], None]] = {
    "ring_again": _never_ring_again,
    "put_back": _never_put_back,
    "hand_over": _never_hand_over,
    "fence": _no_fence,
    "claim": _no_claim,
    "patience": _no_patience,
}
