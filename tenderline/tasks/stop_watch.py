"""Stops cancelled runs of child processes: asks, interrupts, kills."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence

import structlog

from tenderline.settings import Settings
from tenderline.tasks.child_signals import ASK, RAISE, name_runs, stop_file
from tenderline.tasks.ledger import Holding

RAISE_AFTER = 0.25
KILL_AFTER = 1.25
"""Seconds after a run was asked to stop until it is interrupted, and until its child is killed."""

log = structlog.get_logger(__name__)


class StopWatch:
    """What one process, or its keeper, does to the children that run what was cancelled; ``killed`` are those killed at the last look."""

    def __init__(self, settings: Settings, process: str) -> None:
        self._path = stop_file(settings, process)
        self._asked: dict[tuple[str, int], float] = {}
        self._done: dict[tuple[str, int], str] = {}
        self.killed: list[Holding] = []

    def look(self, cancelled: Sequence[Holding]) -> bool:
        """One look at the runs of children that should stop; True while there are any."""
        self.killed = []
        now = time.monotonic()
        runs = {(held.task_id, held.run): held.pid for held in cancelled}
        if not runs and not self._asked:
            return False
        self._asked = {key: self._asked.get(key, now) for key in runs}
        steps = {key: RAISE if now - since >= RAISE_AFTER else ASK for key, since in self._asked.items()}
        try:
            name_runs(self._path, steps)
        except OSError as error:  # the disk is full, say: then nobody is asked, but who is to be killed still is
            log.warning("runs_not_named", reason=error.strerror)
        for key, pid in runs.items():
            if now - self._asked[key] >= KILL_AFTER:
                self._send(pid, signal.SIGKILL)
                self.killed.append(Holding(*key, pid))
            elif self._done.get(key) != steps[key]:
                self._send(pid, signal.SIGUSR1)
        self._done = steps
        return bool(runs)

    def _send(self, pid: int, what: signal.Signals) -> None:
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            return  # it has ended by itself; the worker says so on the pipe

    def close(self) -> None:
        self._path.unlink(missing_ok=True)
