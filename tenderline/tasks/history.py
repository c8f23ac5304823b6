"""How many tasks ended lately, minute by minute: read by index, and each past minute only once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.tasks.models import FAILURE, REVOKED, SUCCESS, Task

MINUTE = 60.0
MINUTES = 15
SETTLED_AFTER = 30.0
"""Seconds after its end in which a minute may still change: a task's end is dated before it is committed."""

FRESH = 2.0
"""Seconds for which an answer serves everybody: the page of each who looks at the tasks asks."""

Counts = dict[str, int]


class History:
    """Counts what ended in the last minutes. What it has counted once it keeps, deleted tasks included."""

    def __init__(self, database: Database, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._clock = clock
        self._answer: dict[str, Any] = {}
        self._answered_at = float("-inf")
        self._lock = threading.Lock()
        self._settled: dict[int, Counts] = {}

    def read(self) -> dict[str, Any]:
        """``now`` and ``minutes``, oldest first, the last one being the current: ``{starts_at, success, failure, revoked}``.

        Minutes begin when the database's clock shows no seconds.
        """
        with self._lock:
            if self._clock() - self._answered_at >= FRESH:
                self._answer = self._count()
                self._answered_at = self._clock()
            return self._answer

    def _count(self) -> dict[str, Any]:
        with self._database.read() as session:
            now = self._database.now(session)
            current = int(now // MINUTE)
            shown = range(current - MINUTES + 1, current + 1)
            self._settled = {minute: counts for minute, counts in self._settled.items() if minute in shown}
            minutes = [{"starts_at": minute * MINUTE, **self._minute(session, minute, now)} for minute in shown]
        return {"now": now, "minutes": minutes}

    def _minute(self, session: Session, minute: int, now: float) -> Counts:
        if minute in self._settled:
            return self._settled[minute]
        start, end = minute * MINUTE, (minute + 1) * MINUTE
        counted = select(Task.state, func.count()).where(Task.finished_at >= start, Task.finished_at < end).group_by(Task.state)
        found: dict[str, int] = dict(session.execute(counted).all())
        counts = {"success": found.get(SUCCESS, 0), "failure": found.get(FAILURE, 0), "revoked": found.get(REVOKED, 0)}
        if now > end + SETTLED_AFTER:
            self._settled[minute] = counts
        return counts
