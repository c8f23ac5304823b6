"""Periodic tasks: each due time of an entry is started once, whoever notices it first.

The tick of the keepers notices, and Celery beat where it runs. A due time's task has an id that follows from entry and time, so a second
start joins the first; how far an entry has been seen to is a row.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tenderline.database import Database
from tenderline.errors import TenderlineError
from tenderline.tasks.manager import TaskManager
from tenderline.tasks.models import Periodic

SYSTEM = "system"
"""The owner of periodic tasks."""
MOST_MISSED = 10_000
_NAMESPACE = uuid.UUID("6f1d3d0a-6f0e-4e5e-9a44-0c6d0a6a3b51")

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Entry:
    """A periodic task: ``following`` gives the first due time after a moment (both UTC)."""

    name: str
    operation: str
    following: Callable[[datetime], datetime]


@dataclass(frozen=True)
class Schedule:
    """The entries of one process. Many processes may look at the same time."""

    database: Database
    tasks: TaskManager
    entries: Sequence[Entry]

    def start_due(self) -> list[str]:
        """Start what is due; the ids of the tasks. After a pause an entry starts once, not once for each time that was missed."""
        with self.database.read() as session:
            now = self.database.now(session)
            seen = {row.name: row.seen_until for row in session.scalars(select(Periodic))}
        return [task_id for entry in self.entries if (task_id := self._start(entry, seen.get(entry.name), now)) is not None]

    def start_now(self, operation: str) -> str | None:
        """Start an entry's work outside of its times; its task, or the one under way that was started so before. None when it can't be."""
        try:
            key = f"{operation} at start"
            return self.tasks.submit(operation, {}, owner=SYSTEM, key=key, force=True, wait=False).task_id
        except TenderlineError as error:
            log.warning("not_started", operation=operation, reason=error.message)
            return None

    def _start(self, entry: Entry, seen_until: float | None, now: float) -> str | None:
        if seen_until is None or seen_until > now + 86400:  # never seen, or by a clock that was wrong: begin now
            self._see_to(entry, seen_until, now)
            return None
        due = _latest(entry, seen_until, now)
        if due is None:
            return None
        task_id = str(uuid.uuid5(_NAMESPACE, f"{entry.name} {due.isoformat()}"))
        try:
            self.tasks.submit(entry.operation, {}, owner=SYSTEM, task_id=task_id, wait=False)
        except TenderlineError as error:
            log.warning("periodic_not_started", name=entry.name, reason=error.message)
            return None  # the background is full, say: the next look tries again
        self._see_to(entry, seen_until, due.timestamp())
        log.info("periodic_started", name=entry.name, task_id=task_id, due=due.isoformat())
        return task_id

    def _see_to(self, entry: Entry, seen_until: float | None, until: float) -> None:
        try:
            with self.database.write() as session:
                if seen_until is None:
                    session.add(Periodic(name=entry.name, seen_until=until))
                else:
                    same = (Periodic.name == entry.name, Periodic.seen_until == seen_until)
                    session.execute(update(Periodic).where(*same).values(seen_until=until))
        except IntegrityError:
            return  # another process was quicker


def _latest(entry: Entry, seen_until: float, now: float) -> datetime | None:
    """The last due time that has come since; None when none has."""
    latest: datetime | None = None
    at = datetime.fromtimestamp(seen_until, UTC)
    for _ in range(MOST_MISSED):
        at = entry.following(at)
        if at.timestamp() > now:
            return latest
        latest = at
    return datetime.fromtimestamp(int(now), UTC)
