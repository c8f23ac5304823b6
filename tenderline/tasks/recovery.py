"""Puts back the tasks of processes that died.

A process is dead when its heartbeat's counter has not moved for ``DEAD_AFTER`` seconds of the observer's own monotonic clock: no clock has
to agree with another.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from sqlalchemy import delete, select

from tenderline.database import Database
from tenderline.tasks.ledger import Ledger
from tenderline.tasks.models import UNFINISHED, Process, Task

DEAD_AFTER = 15.0

_COUNTERS = select(Process.id, Process.counter)
_HOLDERS = select(Task.process).where(Task.process.is_not(None), Task.state.in_(UNFINISHED)).distinct()

log = structlog.get_logger(__name__)


class Recovery:
    """What one observer has seen of all heartbeats. ``clock`` is monotonic seconds."""

    def __init__(self, database: Database, ledger: Ledger, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        self._seen: dict[str, tuple[int | None, float]] = {}

    def recover(self) -> None:
        """Look at all heartbeats; put back what dead processes held."""
        for process in self._dead():
            released = self._ledger.release(Task.process == process)
            with self._database.write() as session:
                session.execute(delete(Process).where(Process.id == process))
            self._seen.pop(process, None)
            log.warning("process_lost", process=process, released=released)

    def _dead(self) -> list[str]:
        with self._database.read() as session:
            counters: dict[str, int | None] = dict(session.execute(_COUNTERS).all())
            for holder in session.scalars(_HOLDERS):
                counters.setdefault(holder or "", None)  # holds a task but has no heartbeat (yet, or any more)
        now = self._clock()
        last = self._seen
        self._seen = {
            process: last[process] if process in last and last[process][0] == counter else (counter, now)
            for process, counter in counters.items()
        }
        return [process for process, (_, since) in self._seen.items() if now - since > DEAD_AFTER and process != self._ledger.process]
