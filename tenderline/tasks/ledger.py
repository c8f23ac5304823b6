"""The ledger: the rows of all tasks, and the only way to change one.

Every write of a running task names its run, so a run that is no longer the current one changes nothing, effects included.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, or_, select, update
from sqlalchemy.engine import Connection, CursorResult
from sqlalchemy.orm import Session

from tenderline.database import Database, survives_deadlocks
from tenderline.errors import Interrupted, Lost, TaskCancelled, TimeLimitExceeded
from tenderline.tasks import family
from tenderline.tasks.limits import Limits, Refused
from tenderline.tasks.models import (
    FAILURE,
    INLINE,
    PENDING,
    RETRY,
    REVOKED,
    RUNNING,
    UNFINISHED,
    WAITING,
    Task,
)
from tenderline.tasks.operation import Effect, Json
from tenderline.tasks.statements import AT, ROW, among, claiming, ending, reporting

MAX_LOST = 3
STATUS_CHARS = 300
CLOCK_SLACK = 2.0
"""Seconds by which a time in the database may be ahead of its clock before that clock must have been put back."""

LOST_TOO_OFTEN = Lost(
    f"The process that worked on this was lost {MAX_LOST} times.",
    hint="The input may be too large for the worker's memory. Try a smaller part, then look at the worker's log.",
).as_dict()
KILLED_AT_LIMIT = TimeLimitExceeded(
    "The work took longer than it may and was stopped.", hint="Try a smaller part, or raise the time limit."
).as_dict()
INTERRUPTED = Interrupted("The server was stopped while it worked on this.", hint="Please repeat the request.").as_dict()


class RunLost(TaskCancelled):
    """This run is not the current one any more: stop, and write nothing."""


@dataclass(frozen=True)
class Claim:
    """The right to run a task: its row was this process's alone the moment it was claimed."""

    task_id: str
    run: int
    operation: str
    owner: str
    params: Json
    retries: int
    executor: str


@dataclass(frozen=True)
class Holding:
    """A run, and the process id of who works on it."""

    task_id: str
    run: int
    pid: int


@dataclass(frozen=True)
class _Run:
    """Some run, to be named when a statement is executed."""

    task_id: ColumnElement[str]
    run: ColumnElement[int]


_ANY_RUN = _Run(bindparam("held_task"), bindparam("held_run"))


def changed(session: Session, statement: Any) -> int:
    """How many rows an update or delete changed."""
    result = session.execute(statement.execution_options(synchronize_session=False))
    assert isinstance(result, CursorResult)  # noqa: S101 (tells the type checker what SQLAlchemy returns)
    return result.rowcount


class Ledger:
    """Reads and writes tasks. ``process`` is the id under which this process holds what it claims."""

    def __init__(self, database: Database, limits: Limits, process: str) -> None:
        self.database = database
        self.process = process
        self._limits = limits
        self._claiming = claiming(ROW.id == bindparam("task"), due(AT))
        held = self._held(_ANY_RUN)
        self._reporting, self._ending = reporting(*held), ending(*held)
        self._mine = select(ROW.id, ROW.run, ROW.pid).where(ROW.process == process, among(ROW.state, RUNNING))
        self._mine_cancelled = self._mine.where(ROW.cancel_requested_at.is_not(None))

    @survives_deadlocks
    def claim(self, task_id: str, *, executor: str, pid: int, grant_from: str | None) -> Claim | Refused | None:
        """Make a waiting task this process's to run, in one step; ``grant_from`` is the queue whose limit counts this start, if any.

        Returns the claim; ``Refused`` when its queue's limit allows no start now (the row then waits until one may be free); None when
        there is nothing to claim: unknown, finished, cancelled, not due, or somebody else's.
        """
        if grant_from is None:
            with self.database.write_rows(durable=False) as connection:
                return self._take(connection, task_id, executor, pid)
        with self.database.write() as session:
            self._limits.lock(session, grant_from)  # before the task's row: whoever rings bells locks in this order too
            if not self._lock_due(session, task_id):
                return None
            if (refused := self._limits.grant(session, grant_from, task_id)) is not None:
                now = self.database.now(session)
                self._update(session, Task.id == task_id, now, rung_at=None, rings=0, not_before=now + refused.wait)
                return refused
            return self._take(session.connection(), task_id, executor, pid)

    def _take(self, connection: Connection, task_id: str, executor: str, pid: int) -> Claim | None:
        taken = {"task": task_id, "by_executor": executor, "by_process": self.process, "by_pid": pid}
        row = connection.execute(self._claiming, {**taken, "at": self.database.now(connection)}).one_or_none()
        return None if row is None else Claim(task_id, row.run, row.operation, row.owner, row.params, row.retries, executor)

    def _lock_due(self, session: Session, task_id: str) -> bool:
        """Whether a task may be claimed; nobody else claims it until the transaction ends."""
        found = select(Task.id).where(Task.id == task_id, due(self.database.now(session)))
        return session.scalar(found.with_for_update()) is not None

    def progress(self, claim: Claim, current: int, total: int, status: str, partial: str | None) -> bool:
        """Write progress; True when cancellation is wanted. Raises ``RunLost`` when this run is not the current one."""
        said = {"done": current, "steps": total, "words": status[:STATUS_CHARS], "text": partial}
        with self.database.write(durable=False) as session:
            row = session.execute(self._reporting, {**_of(claim), **said, "at": self.database.now(session)}).one_or_none()
        if row is None:
            raise RunLost
        return row[0] is not None

    def finish(
        self, claim: Claim, state: str, *, result: Json | None = None, error: Json | None = None, effects: Collection[Effect] = ()
    ) -> str | None:
        """End this run; its effects commit with it or not at all.

        Returns the queue in which the closing step of its parent is due now, if it was the last child. Raises ``RunLost`` when this run is
        not the current one.
        """
        with self.database.write_rows() as connection:
            now = self.database.now(connection)
            said = {"end_state": state, "words": _words(state, error), "outcome": result, "failure": error, "at": now}
            ended = connection.execute(self._ending, {**_of(claim), **said}).one_or_none()
            if ended is None:
                raise RunLost
            if ended.parent_id is None and not effects:
                return None
            with Session(connection) as session, session.begin():  # within this transaction, which commits after it
                closing = family.children_ended(session, [ended.parent_id], now)
                for effect in effects:
                    effect(session)
            return closing

    def try_again(self, claim: Claim, *, wait: float, error: Json) -> None:
        """Put the task back to be started again in ``wait`` seconds. Raises ``RunLost`` when this run is not the current one."""
        with self.database.write() as session:
            now = self.database.now(session)
            values = {"state": RETRY, "not_before": now + wait, "rung_at": None, "rings": 0, "retries": Task.retries + 1, "error": error}
            holder = {"process": self.process if claim.executor == INLINE else None, "pid": None}
            if not self._update(
                session, and_(*self._held(claim)), now, **values, **holder, status=f"Trying again: {error['message']}"[:STATUS_CHARS]
            ):
                raise RunLost

    @survives_deadlocks
    def end_waiting(self, task_id: str, state: str, error: Json | None = None) -> bool:
        """End a task that nobody runs; False when it is not waiting (any more)."""
        with self.database.write() as session:
            now = self.database.now(session)
            return bool(self._end(session, and_(Task.id == task_id, Task.state.in_(WAITING)), now, state, error)[0])

    @survives_deadlocks
    def request_cancel(self, task_id: str) -> str | None:
        """Cancel a task: one that waits ends at once, one that runs is asked to stop, and a parent ends when its children have.

        Returns the state it is in now, or None if it is unknown.
        """
        alone = and_(Task.id == task_id, Task.children_left == 0)
        with self.database.write() as session:
            now = self.database.now(session)
            if self._end(session, and_(alone, Task.state.in_(WAITING)), now, REVOKED)[0]:
                return REVOKED
            self._update(
                session,
                and_(Task.id == task_id, Task.state.in_(UNFINISHED), Task.cancel_requested_at.is_(None)),
                now,
                cancel_requested_at=now,
            )
        self._cancel_children(task_id)
        with self.database.read() as session:
            return session.scalar(select(Task.state).where(Task.id == task_id))

    def _cancel_children(self, task_id: str) -> None:
        """In a transaction of its own: whoever ends a child locks the child before the parent."""
        with self.database.read() as session:
            if not family.unfinished(session, task_id):
                return
        children = Task.parent_id == task_id
        with self.database.write() as session:
            self._lock(session, and_(children, Task.state.in_(UNFINISHED)), queues=True)
            now = self.database.now(session)
            self._end(session, and_(children, Task.state.in_(WAITING)), now, REVOKED)
            running = and_(children, Task.state.in_(RUNNING), Task.cancel_requested_at.is_(None))
            self._update(session, running, now, cancel_requested_at=now)

    def end_cancelled(self) -> int:
        """End what was cancelled and nobody runs: the rest of a cancel that was cut short. How many tasks."""
        with self.database.read() as session:
            asked = (Task.cancel_requested_at.is_not(None), Task.state.in_(WAITING))
            left = session.execute(select(Task.id, Task.children_left).where(*asked)).all()
        for task_id, children_left in left:
            if children_left:
                self._cancel_children(task_id)
            else:
                self.end_waiting(task_id, REVOKED)
        return len(left)

    def held(self) -> list[Holding]:
        """The runs of this process."""
        return self._holdings(self._mine)

    def cancelled_runs(self) -> list[Holding]:
        """The runs of this process that should stop."""
        return self._holdings(self._mine_cancelled)

    def _holdings(self, which: Select[Any]) -> list[Holding]:
        with self.database.engine.connect() as connection:
            return [Holding(task_id, run, pid or 0) for task_id, run, pid in connection.execute(which)]

    def release_run(self, task_id: str, run: int | None) -> int:
        """Put back one run of this process, if it is still the current one; see ``release``.

        Without a ``run``: whatever run of the task this very process may have begun, or have meant to begin, without getting to know it.
        """
        which = or_(Task.pid.is_(None), Task.pid == os.getpid()) if run is None else Task.run == run
        return self.release(and_(Task.id == task_id, which, Task.process == self.process))

    def move(self, session: Session, where: ColumnElement[bool], executor: str, *, failover: bool = True) -> int:
        """Give waiting tasks to another executor; how many. ``failover``: not because it was meant so; it is counted."""
        self._lock(session, and_(where, Task.state.in_(WAITING)), queues=True)
        now = self.database.now(session)
        process = self.process if executor == INLINE else None
        moves = Task.moves + (1 if failover else 0)
        values = {"executor": executor, "moves": moves, "rung_at": None, "rings": 0, "process": process}
        return self._update(session, and_(where, Task.state.in_(WAITING)), now, **values)

    @survives_deadlocks
    def release(self, where: ColumnElement[bool], *, counts_as_lost: bool = True) -> int:
        """Put back what a process held that is gone; how many tasks were affected.

        A cancelled task ends REVOKED, an inline one ends as interrupted (its caller is gone), one lost too often FAILURE; the rest waits
        again and its bell is rung anew.
        """
        lost = Task.lost + (1 if counts_as_lost else 0)
        held = and_(where, Task.state.in_(UNFINISHED))
        with self.database.write() as session:
            self._lock(session, held)
            now = self.database.now(session)
            ended, _ = self._end(session, and_(held, Task.cancel_requested_at.is_not(None)), now, REVOKED)
            ended += self._end(session, and_(held, Task.executor == INLINE), now, FAILURE, INTERRUPTED)[0]
            ended += self._end(session, and_(held, Task.state.in_(RUNNING), lost >= MAX_LOST), now, FAILURE, LOST_TOO_OFTEN)[0]
            return ended + self._update(
                session,
                and_(held, Task.state.in_(RUNNING)),
                now,
                state=PENDING,
                lost=lost,
                rung_at=None,
                rings=0,
                process=None,
                pid=None,
                status="Waiting: the process that worked on this was lost",
            )

    def end_running(self, task_id: str, error: Json) -> bool:
        """End a task of this process whose run was killed from outside."""
        with self.database.write() as session:
            now = self.database.now(session)
            mine = and_(Task.id == task_id, Task.process == self.process, Task.state.in_(RUNNING))
            return bool(self._end(session, mine, now, FAILURE, error)[0])

    def _lock(self, session: Session, where: ColumnElement[bool], *, queues: bool = False) -> None:
        """Lock several rows before any is changed, so that no two who do so can each hold what the other waits for.

        Their queues first where these rows may be rung for, then children before parents, by id. (SQLite has one writer at a time anyway.)
        """
        if queues:
            for queue in session.scalars(select(Task.queue).where(where).distinct().order_by(Task.queue)).all():
                self._limits.lock(session, queue)
        session.execute(select(Task.id).where(where).order_by(Task.parent_id.is_(None), Task.id).with_for_update())

    def _held(self, claim: Claim | _Run) -> tuple[ColumnElement[bool], ...]:
        return (ROW.id == claim.task_id, ROW.run == claim.run, among(ROW.state, RUNNING))

    def _end(
        self, session: Session, which: ColumnElement[bool], now: float, state: str, error: Json | None = None
    ) -> tuple[int, str | None]:
        """End rows and count down their parents: how many, and the queue in which a parent's closing step is due."""
        said = {"end_state": state, "words": _words(state, error), "outcome": None, "failure": error, "at": now}
        parents = session.scalars(ending(which), said).all()
        return len(parents), family.children_ended(session, parents, now)

    def _update(self, session: Session, where: ColumnElement[bool], now: float, **values: Any) -> int:
        return changed(session, update(Task).where(where).values(**values, updated_at=now, revision=Task.revision + 1))


def _words(state: str, error: Json | None) -> str:
    """What a task's status says at its end."""
    said: str = error["message"] if error else {REVOKED: "Cancelled", FAILURE: "Failed"}.get(state, "Done")
    return said[:STATUS_CHARS]


def _of(claim: Claim) -> Json:
    """The parameters that name a run."""
    return {"held_task": claim.task_id, "held_run": claim.run}


def due(now: float | ColumnElement[float]) -> ColumnElement[bool]:
    """Waiting tasks that may start as far as their own wait goes.

    A row that was written in the future tells of a clock that was put back: how long it has waited is not known, so it may start.
    """
    may_start = or_(ROW.not_before.is_(None), ROW.not_before <= now, ROW.updated_at > now + CLOCK_SLACK)
    return and_(among(ROW.state, WAITING), ROW.children_left == 0, may_start)
