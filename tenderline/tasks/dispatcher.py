"""Rings the bells: tells Celery which waiting rows may start now, in fair order, and never more than may."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import structlog
from sqlalchemy import ColumnElement, and_, func, or_, select, true, update
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.tasks.availability import Availability
from tenderline.tasks.ledger import CLOCK_SLACK, changed, due
from tenderline.tasks.limits import Limits
from tenderline.tasks.models import CELERY, RUNNING, WAITING, Process, Task
from tenderline.tasks.operation import Operation
from tenderline.tasks.turns import in_turn

BELLS_PER_SLOT = 4
LOST_AFTER = 2.0
"""A bell is lost when its row is unclaimed this many seconds later although a worker has free slots; then it is rung again, at most"""
RING_AGAIN_EVERY = 5.0
"""seconds apart."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Bell:
    """A row whose bell is to be rung: what the message says."""

    task_id: str
    operation: str
    queue: str


class Ring(Protocol):
    """Publishes a bell within a second or raises ``BellFailed``."""

    def __call__(self, bell: Bell) -> None: ...


class BellFailed(Exception):
    """The broker did not take the message (as far as we know: it may still arrive)."""


_RINGING = (Task.state.in_(WAITING), Task.rung_at.is_not(None))


def _of(queue: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return Task.executor == CELERY, Task.queue == queue


def _lost(now: float) -> ColumnElement[bool]:
    """Bells that nobody has answered for so long that they were lost, if a worker had a free slot; or rung in the future, before the clock
    was put back."""
    return or_(
        and_(Task.rings <= 1, Task.rung_at <= now - LOST_AFTER),
        Task.rung_at <= now - RING_AGAIN_EVERY,
        Task.rung_at > now + CLOCK_SLACK,
    )


class Dispatcher:
    """Chooses rows and rings for them. Several processes may do so at once: the queue's row is the lock."""

    def __init__(
        self,
        database: Database,
        limits: Limits,
        availability: Availability,
        ring: Ring | None,
        operation: Callable[[str], Operation | None],
    ) -> None:
        self._database = database
        self._limits = limits
        self._availability = availability
        self._ring = ring
        self._operation = operation

    def dispatch(self, queue: str) -> None:
        """Ring for what may start now in this queue, if anything waits there."""
        if self._ring is None:
            return
        with self._database.read() as session:
            if not self.waiting(session, queue):
                return
        if self._availability.broker_up():
            with self._database.write() as session:
                bells = self.choose(session, queue)
            self.publish(bells)

    def waiting(self, session: Session, queue: str) -> bool:
        """Whether bells of this queue are lost, or only half of those that may be out are and a due row has none. Ringing for several at a
        time costs one writing transaction instead of one each."""
        now = self._database.now(session)
        known = self._known(session, queue)
        ringing, lost = self._rung(session, queue, known, now)
        if lost:
            return True
        slots = sum(process.slots for process in self._availability.listeners(session, queue))
        if 2 * ringing > slots * BELLS_PER_SLOT:
            return False
        return session.scalar(select(Task.id).where(due(now), *_of(queue), known, Task.rung_at.is_(None)).limit(1)) is not None

    def pause(self, queue: str) -> float:
        """Seconds until a row of this queue becomes due, or the limit allows another start; infinite when nothing waits for that."""
        with self._database.read() as session:
            now = self._database.now(session)
            waiting = (*_of(queue), Task.state.in_(WAITING))
            due_at = session.scalar(select(func.min(Task.not_before)).where(*waiting, Task.not_before > now))
            pauses = [due_at - now] if due_at is not None else []
            if self._limits.of(queue) and session.scalar(select(Task.id).where(due(now), *waiting, Task.rung_at.is_(None)).limit(1)):
                pauses += [wait for wait in self._limits.waits(session, queue, 1) if wait > 0]
        return min(pauses, default=math.inf)

    def _rung(self, session: Session, queue: str, known: ColumnElement[bool], now: float) -> tuple[int, int]:
        """How many bells are out, and how many of them are lost."""
        counts = select(func.count(), func.count().filter(_lost(now))).where(*_of(queue), known, *_RINGING)
        ringing, lost = session.execute(counts).one()
        return ringing, lost

    def choose(self, session: Session, queue: str) -> list[Bell]:
        """Mark the rows to ring for, within the caller's writing transaction; the caller publishes after the commit."""
        self._limits.lock(session, queue)
        # What no live worker knows waits for a newer one, without a bell: an old one would only throw it away.
        known = self._known(session, queue)
        listeners = self._availability.listeners(session, queue)
        slots = sum(process.slots for process in listeners)
        if not slots:
            return []
        now = self._database.now(session)
        ringing, lost = self._rung(session, queue, known, now)
        bells: list[Bell] = []
        if lost and self._running(session, listeners) < slots:
            again = (
                select(Task).where(*_of(queue), known, *_RINGING, _lost(now), due(now)).order_by(Task.rung_at).limit(slots * BELLS_PER_SLOT)
            )
            bells = self._mark(session, session.scalars(again), now)
        room = slots * BELLS_PER_SLOT - ringing
        if room > 0:
            bells += self._mark(session, self._next(session, queue, known, now, room, ringing), now)
        return bells

    def _known(self, session: Session, queue: str) -> ColumnElement[bool]:
        """Tasks that some live worker would run."""
        known = self._availability.known(session, queue)
        return true() if known is None else Task.operation.in_(known)

    def publish(self, bells: Iterable[Bell]) -> set[str]:
        """Ring; returns the ids whose bell failed. The first failure marks the broker down and nothing more is tried."""
        failed: set[str] = set()
        for bell in bells:
            if not failed and self._ring is not None:
                try:
                    self._ring(bell)
                    continue
                except BellFailed as error:
                    self._availability.mark_down()
                    log.warning("bell_failed", task_id=bell.task_id, queue=bell.queue, reason=str(error))
            failed.add(bell.task_id)
        if failed:
            with self._database.write() as session:
                changed(session, update(Task).where(Task.id.in_(failed), Task.state.in_(WAITING)).values(rung_at=None, rings=0))
        return failed

    def _mark(self, session: Session, tasks: Iterable[Task], now: float) -> list[Bell]:
        bells = []
        for task in tasks:
            seen = Task.rung_at.is_(None) if task.rung_at is None else Task.rung_at == task.rung_at
            mark = update(Task).where(Task.id == task.id, seen, Task.state.in_(WAITING)).values(rung_at=now, rings=Task.rings + 1)
            if changed(session, mark):
                bells.append(Bell(task.id, task.operation, task.queue))
        return bells

    def _running(self, session: Session, processes: list[Process]) -> int:
        where = (Task.process.in_([process.id for process in processes]), Task.state.in_(RUNNING))
        return session.scalar(select(func.count()).where(*where)) or 0

    def _next(self, session: Session, queue: str, known: ColumnElement[bool], now: float, room: int, ringing: int) -> list[Task]:
        """Rows without a bell that may start now, in fair order."""
        waiting = in_turn(session, and_(due(now), *_of(queue), known, Task.rung_at.is_(None)), now, room)
        return self._affordable(session, queue, waiting, room, ringing)

    def _affordable(self, session: Session, queue: str, tasks: list[Task], room: int, ringing: int) -> list[Task]:
        """The first ``room`` tasks, without those that need a grant beyond what the limit allows now."""
        free: int | None = None
        chosen: list[Task] = []
        for task in tasks[: None if self._limits.of(queue) else room]:
            operation = self._operation(task.operation)
            if operation is not None and operation.needs_grant():
                free = self._free_grants(session, queue, room, ringing) if free is None else free
                if not free:
                    continue
                free -= 1
            chosen.append(task)
        return chosen[:room]

    def _free_grants(self, session: Session, queue: str, room: int, ringing: int) -> int:
        """How many starts the limit allows now, less those already rung for."""
        limit = self._limits.of(queue)
        return room if limit is None else max(0, limit - len(self._limits.used(session, queue)) - ringing)
