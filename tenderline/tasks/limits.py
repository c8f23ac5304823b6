"""Rate limits that hold over all processes and machines: at most N starts in any window.

A start asks for a grant in its claiming transaction: the queue's row is locked, the grants of the last window are counted by the database's
clock read after the lock, and one is added or refused. Counting without the lock lets too many through on every database.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import and_, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.settings import QUEUES, Settings
from tenderline.tasks.models import Grant, Queue

MARGIN = 0.01
LEAST_MARGIN = 0.1
"""The window is longer than stated by this share of it, and by so many seconds at least: a start is a little later than its grant."""


_LOCK = select(Queue.__table__.c.name).where(Queue.__table__.c.name == bindparam("queue")).with_for_update()


@dataclass(frozen=True)
class Refused:
    """No grant: there may be one in ``wait`` seconds."""

    wait: float


class Limits:
    """The limits of all queues, as rows in the database."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._database = database
        self._rows_compete = database.rows_compete
        self._limits = settings.rate_limits
        self._stated_window = settings.rate_limit_window
        self._window = settings.rate_limit_window + max(MARGIN * settings.rate_limit_window, LEAST_MARGIN)

    def of(self, queue: str) -> int | None:
        """Starts per window, or None without limit."""
        return self._limits.get(queue)

    @property
    def window(self) -> float:
        """The stated window in seconds."""
        return self._stated_window

    def ensure_rows(self) -> None:
        """Create the rows to lock. Harmless to repeat and to race."""
        with self._database.read() as session:
            known = set(session.scalars(select(Queue.name)))
        for name in QUEUES:
            if name not in known:
                try:
                    with self._database.write() as session:
                        session.add(Queue(name=name))
                except IntegrityError:
                    continue  # another process was quicker

    def lock(self, session: Session, queue: str) -> None:
        """Hold the queue until the transaction ends; nobody else counts its grants or rings its bells meanwhile.

        For writing transactions only: on SQLite there is but one of them at a time, and nothing is left to be locked.
        """
        if self._rows_compete:
            session.execute(_LOCK, {"queue": queue}).scalar_one()

    def grant(self, session: Session, queue: str, task_id: str) -> Refused | None:
        """Take a grant for a start, or be refused. Locks the queue. None means granted (or that the queue has no limit)."""
        if queue not in self._limits:
            return None
        self.lock(session, queue)
        now = self._database.now(session)
        # Grants of the future tell of a clock that was put back: they count from now on, so that they block for one window at most.
        ahead = and_(Grant.queue == queue, Grant.granted_at > now)
        session.execute(update(Grant).where(ahead).values(granted_at=now))
        waits = self.waits(session, queue, 1)
        if waits[0] > 0:
            return Refused(waits[0])
        session.execute(insert(Grant).values(queue=queue, task_id=task_id, granted_at=self._database.now(session)))
        return None

    def used(self, session: Session, queue: str) -> list[float]:
        """When the grants of the current window were given, oldest first."""
        now = self._database.now(session)
        given = select(Grant.granted_at).where(Grant.queue == queue, Grant.granted_at > now - self._window).order_by(Grant.granted_at)
        return [min(at, now) for at in session.scalars(given)]

    def waits(self, session: Session, queue: str, count: int) -> list[float]:
        """Seconds until the first, second … ``count``-th next start may happen; 0 is now."""
        limit = self._limits.get(queue)
        if limit is None:
            return [0.0] * count
        now = self._database.now(session)
        starts = self.used(session, queue)
        waits: list[float] = []
        for _ in range(count):
            # A start may happen when the one `limit` starts before it has left the window.
            at = max(now, starts[-limit] + self._window) if len(starts) >= limit else now
            starts.append(at)
            waits.append(at - now)
        return waits

    def prune(self, session: Session) -> None:
        """Forget grants that no window can count any more."""
        session.execute(delete(Grant).where(Grant.granted_at < self._database.now(session) - 10 * self._window))
