"""Rings the bells: tells Celery which waiting rows may start now, in fair order, and never more than may."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import structlog
from sqlalchemy import Boolean, ColumnElement, Integer, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from tenderline.database import Database, survives_deadlocks
from tenderline.tasks.availability import Availability
from tenderline.tasks.ledger import CLOCK_SLACK, changed, due
from tenderline.tasks.limits import Limits
from tenderline.tasks.models import CELERY, RUNNING, WAITING, Process, Task
from tenderline.tasks.operation import Operation
from tenderline.tasks.statements import AT, ROW, TASKS, among
from tenderline.tasks.turns import Candidate, Line

BELLS_PER_SLOT, MOST_BELLS_PER_SLOT = 4, 12
"""How many bells may be out for each slot, and how many when the work is so short that a slot answers them within"""
AHEAD = 0.1
"""seconds. Nobody who comes later notices to wait behind those, and choosing, which costs as much as several short runs, is seldom done."""
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
    """Publishes bells, together where the broker can, within a second or raises ``BellFailed``."""

    def __call__(self, bells: Sequence[Bell]) -> None: ...


class BellFailed(Exception):
    """The broker did not take these bells (as far as we know: they may still arrive)."""

    def __init__(self, reason: str, bells: Sequence[Bell]) -> None:
        super().__init__(reason)
        self.bells = bells


_OF_QUEUE = (ROW.executor == CELERY, ROW.queue == bindparam("queue"))
# What no live worker knows waits for a newer one, without a bell: an old one would only throw it away.
_KNOWN = or_(bindparam("whatever", type_=Boolean), ROW.operation.in_(bindparam("known", expanding=True)))
_RINGING = and_(among(ROW.state, WAITING), ROW.rung_at.is_not(None))
_SILENT = and_(due(AT), ROW.rung_at.is_(None))


def _lost(now: ColumnElement[float]) -> ColumnElement[bool]:
    """Bells that nobody has answered for so long that they were lost, if a worker had a free slot; or rung in the future, before the clock
    was put back."""
    return or_(
        and_(ROW.rings <= 1, ROW.rung_at <= now - LOST_AFTER),
        ROW.rung_at <= now - RING_AGAIN_EVERY,
        ROW.rung_at > now + CLOCK_SLACK,
    )


def _marking(*where: ColumnElement[bool]) -> ReturningUpdate[Any]:
    """Mark those of the tasks ``chosen`` of which this is still so; returns their ids."""
    chosen = ROW.id.in_(bindparam("chosen", expanding=True))
    return update(TASKS).where(chosen, *where).values(rung_at=AT, rings=ROW.rings + 1).returning(ROW.id)


@dataclass
class Look:
    """A process's last look at a queue: when (monotonic seconds), how many of its runs have ended since, and how many more may before it is
    time to look again."""

    at: float
    runs: int = 0
    spare: int = 0

    def bells_per_slot(self, now: float) -> int:
        """How many bells a slot is worth, going by the pace of this process since."""
        answered = int(self.runs * AHEAD / max(now - self.at, AHEAD / 4))
        return max(BELLS_PER_SLOT, min(MOST_BELLS_PER_SLOT, answered))

    def seen(self, ringing: int, slots: int) -> None:
        """So many bells are out: there will still be as many as slots when it is time to look again, however quick the others are."""
        self.spare = max(0, ringing // slots - 2) if slots else 0


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
        self._looks: dict[str, Look] = {}
        lost = and_(_RINGING, _lost(AT))
        self._counting = select(func.count(), func.count().filter(_lost(AT))).where(*_OF_QUEUE, _KNOWN, _RINGING)
        self._looking = select(ROW.id).where(*_OF_QUEUE, _KNOWN, _SILENT).limit(1)
        self._lost_ones = (
            select(ROW.id, ROW.operation, ROW.queue)
            .where(*_OF_QUEUE, _KNOWN, lost, due(AT))
            .order_by(ROW.rung_at)
            .limit(bindparam("most", type_=Integer))
        )
        self._line = Line(and_(*_OF_QUEUE, _KNOWN, _SILENT))
        self._mark, self._mark_again = _marking(_SILENT), _marking(lost)

    def run_ended(self, queue: str) -> None:
        """A run of this process is over: ring for the next, unless more bells were out at the last look than all slots can have answered
        since, each of them looking after as many runs as this process."""
        look = self._look(queue)
        if look.spare > 0:
            look.spare -= 1
            look.runs += 1
        else:
            self.dispatch(queue)

    def dispatch(self, queue: str) -> None:
        """Ring for what may start now in this queue, if anything waits there."""
        if self._ring is None:
            return
        now = time.monotonic()
        bells_per_slot = self._look(queue).bells_per_slot(now)
        self._looks[queue] = Look(now)
        with self._database.read() as session:
            if not self.waiting(session, queue, bells_per_slot):
                return
        if self._availability.broker_up():
            with self._database.write(durable=False) as session:
                bells = self.choose(session, queue, bells_per_slot)
            self.publish(bells)

    def _look(self, queue: str) -> Look:
        return self._looks.setdefault(queue, Look(time.monotonic()))

    def waiting(self, session: Session, queue: str, bells_per_slot: int = BELLS_PER_SLOT) -> bool:
        """Whether bells of this queue are lost, or only half of those that may be out are and a due row has none. Ringing for several at a
        time costs one writing transaction instead of one each."""
        slots = sum(process.slots for process in self._availability.listeners(session, queue))
        asked = self._asked(session, queue)
        ringing, lost = session.execute(self._counting, asked).one()
        if lost:
            return True
        self._look(queue).seen(ringing, slots)
        return 2 * ringing <= slots * bells_per_slot and session.scalar(self._looking, asked) is not None

    def pause(self, queue: str) -> float:
        """Seconds until a row of this queue becomes due, or the limit allows another start; infinite when nothing waits for that."""
        with self._database.read() as session:
            now = self._database.now(session)
            waiting = (Task.executor == CELERY, Task.queue == queue, Task.state.in_(WAITING))
            due_at = session.scalar(select(func.min(Task.not_before)).where(*waiting, Task.not_before > now))
            pauses = [due_at - now] if due_at is not None else []
            if self._limits.of(queue) and session.scalar(select(Task.id).where(due(now), *waiting, Task.rung_at.is_(None)).limit(1)):
                pauses += [wait for wait in self._limits.waits(session, queue, 1) if wait > 0]
        return min(pauses, default=math.inf)

    def choose(self, session: Session, queue: str, bells_per_slot: int = BELLS_PER_SLOT) -> list[Bell]:
        """Mark the rows to ring for, within the caller's writing transaction; the caller publishes after the commit."""
        self._limits.lock(session, queue)
        listeners = self._availability.listeners(session, queue)
        slots = sum(process.slots for process in listeners)
        if not slots:
            return []
        asked = self._asked(session, queue)
        ringing, lost = session.execute(self._counting, asked).one()
        bells: list[Bell] = []
        if lost and self._running(session, listeners) < slots:
            again = session.execute(self._lost_ones, {**asked, "most": slots * BELLS_PER_SLOT})
            bells = self._marked(session, self._mark_again, [Bell(*row) for row in again], asked["at"])
        room = slots * bells_per_slot - ringing
        if room > 0:
            waiting = self._line.first(session, asked["at"], room, **asked)
            chosen = self._affordable(session, queue, waiting, room, ringing)
            bells += self._marked(session, self._mark, chosen, asked["at"])
        self._look(queue).seen(ringing + len(bells), slots)
        return bells

    def _asked(self, session: Session, queue: str) -> dict[str, Any]:
        """The parameters of what is asked about a queue; ``known``: the operations that some live worker would run."""
        known = self._availability.known(session, queue)
        now = self._database.now(session)
        return {"queue": queue, "at": now, "whatever": known is None, "known": sorted(known or ())}

    def publish(self, bells: Sequence[Bell]) -> set[str]:
        """Ring; returns the ids whose bell failed, which also marks the broker down."""
        failed: Sequence[Bell] = ()
        if self._ring is None:
            failed = bells
        elif bells:
            try:
                self._ring(bells)
            except BellFailed as error:
                self._availability.mark_down()
                failed = error.bells
                log.warning("bells_failed", bells=len(failed), queue=bells[0].queue, reason=str(error))
        if failed:
            self._take_back({bell.queue for bell in failed}, {bell.task_id for bell in failed})
        return {bell.task_id for bell in failed}

    def _marked(self, session: Session, marking: ReturningUpdate[Any], bells: list[Bell], now: float) -> list[Bell]:
        """Those of the bells that are this transaction's to ring."""
        if not bells:
            return []
        marked = set(session.scalars(marking, {"chosen": [bell.task_id for bell in bells], "at": now}))
        return [bell for bell in bells if bell.task_id in marked]

    @survives_deadlocks
    def _take_back(self, queues: set[str], task_ids: set[str]) -> None:
        """These have not been rung for after all."""
        with self._database.write(durable=False) as session:
            for queue in sorted(queues):
                self._limits.lock(session, queue)
            changed(session, update(Task).where(Task.id.in_(task_ids), Task.state.in_(WAITING)).values(rung_at=None, rings=0))

    def _running(self, session: Session, processes: list[Process]) -> int:
        where = (Task.process.in_([process.id for process in processes]), Task.state.in_(RUNNING))
        return session.scalar(select(func.count()).where(*where)) or 0

    def _affordable(self, session: Session, queue: str, tasks: list[Candidate], room: int, ringing: int) -> list[Bell]:
        """The first ``room`` tasks, without those that need a grant beyond what the limit allows now."""
        free: int | None = None
        chosen: list[Bell] = []
        for task in tasks[: None if self._limits.of(queue) else room]:
            operation = self._operation(task.operation)
            if operation is not None and operation.needs_grant():
                free = self._free_grants(session, queue, room, ringing) if free is None else free
                if not free:
                    continue
                free -= 1
            chosen.append(Bell(task.task_id, task.operation, task.queue))
        return chosen[:room]

    def _free_grants(self, session: Session, queue: str, room: int, ringing: int) -> int:
        """How many starts the limit allows now, less those already rung for."""
        limit = self._limits.of(queue)
        return room if limit is None else max(0, limit - len(self._limits.used(session, queue)) - ringing)
