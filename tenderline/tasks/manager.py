"""The task system's front: submit, status, cancel, and what is going on."""

from __future__ import annotations

import contextvars
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import and_, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenderline.errors import Conflict, NotFound, TenderlineError, from_dict
from tenderline.settings import Settings
from tenderline.tasks.availability import Availability
from tenderline.tasks.dispatcher import Bell
from tenderline.tasks.executors import LOOK_EVERY, BackgroundExecutor, CeleryExecutor, HybridExecutor, InlineExecutor
from tenderline.tasks.ledger import Ledger
from tenderline.tasks.models import FINISHED, INLINE, REVOKED, RUNNING, SUCCESS, UNFINISHED, Task
from tenderline.tasks.operation import Json, Operation, Registry
from tenderline.tasks.runner import Runner
from tenderline.tasks.stats import Stats
from tenderline.tasks.status import Statuses, TaskStatus
from tenderline.tasks.totals import fold

UNKNOWN_TASK = "There is no such task."


@dataclass(frozen=True)
class Submission:
    """What became of a submit: ``direct`` means done, with the ``result``; otherwise the task is to be followed by its id."""

    task_id: str
    direct: bool
    result: Json | None = None
    cached: bool = False


@dataclass
class _Accepted:
    """What the submitting transaction decided: a row of our own to run on ``executor``, or somebody's to join."""

    joined: Submission | None = None
    executor: InlineExecutor | BackgroundExecutor | CeleryExecutor | None = None
    bells: tuple[Bell, ...] = ()


@dataclass
class TaskManager:
    """Everything views and domain code may do with tasks. ``wake`` stirs this process's keeper."""

    settings: Settings
    ledger: Ledger
    registry: Registry
    runner: Runner
    hybrid: HybridExecutor
    availability: Availability
    statuses: Statuses
    stats: Stats
    wake: Callable[[], None] = lambda: None

    def submit(
        self,
        operation: str,
        params: Json,
        *,
        owner: str,
        session_key: str = "",
        key: str | None = None,
        force: bool = False,
        task_id: str | None = None,
        executor: str | None = None,
        wait: bool = True,
    ) -> Submission:
        """Accept a task: from here on it is in the ledger and ends in a final state.

        Args:
            operation: a registered operation's name.
            params: its parameters, ids and filters only.
            owner: who may see and cancel it.
            session_key: the desk session it belongs to; turns are taken over it.
            key: tasks of an equal key do the same work: one under way is joined, one that succeeded within ``RESULT_TTL`` answers.
            force: work again though a finished task with this key could answer.
            task_id: the caller's own id; submitting it again joins the first.
            executor: where it must run; None lets the settings and what is reachable decide.
            wait: False never runs inside this call; the answer is then always an id to follow.

        Raises:
            TenderlineError: what the operation failed with, when it ran within this call, or the errors of ``InlineExecutor.run``.
        """
        kind = self.registry.get(operation)
        task_id = task_id or str(uuid.uuid4())
        self.availability.broker_up()  # any asking is done here, before the transaction holds a lock
        row = {"operation": operation, "owner": owner, "params": params, "session_key": session_key, "key": key}
        try:
            accepted = self._accept(task_id, kind, row, force, executor)
        except IntegrityError:  # the same id or key was submitted at this very moment: now it can be joined
            accepted = self._accept(task_id, kind, row, force, executor)
        if accepted.joined is not None:
            return accepted.joined
        return self._start(task_id, kind, accepted, wait)

    def _accept(self, task_id: str, kind: Operation, row: Json, force: bool, executor: str | None) -> _Accepted:
        with self.ledger.database.write() as session:
            joined = self._join_id(session, task_id, row) or self._join_key(session, row, force)
            if joined is not None:
                return _Accepted(joined=joined)
            target = self.hybrid.named(executor) if executor else self.hybrid.pick(session, kind)
            now = self.ledger.database.now(session)
            process = self.ledger.process if target.name == INLINE else None
            session.add(Task(**row, id=task_id, queue=kind.queue, executor=target.name, process=process, created_at=now, updated_at=now))
            session.flush()
            return _Accepted(executor=target, bells=tuple(target.prepare(session, task_id, kind)))

    def _start(self, task_id: str, kind: Operation, accepted: _Accepted, wait: bool) -> Submission:
        target = accepted.executor
        if isinstance(target, CeleryExecutor) and task_id in target.publish(list(accepted.bells)):
            target = self.hybrid.fallback(kind)
            with self.ledger.database.write() as session:
                if not self.ledger.move(session, Task.id == task_id, target.name):
                    return Submission(task_id, direct=False)  # the bell was heard after all
        if isinstance(target, BackgroundExecutor):
            target.take()
            self.wake()
        if not isinstance(target, InlineExecutor):
            return Submission(task_id, direct=False)
        if not wait:
            work = partial(contextvars.copy_context().run, self._run_aside, target, task_id, kind)
            threading.Thread(target=work, name=f"aside-{task_id}", daemon=True).start()
            return Submission(task_id, direct=False)
        result = target.run(task_id, kind)
        return Submission(task_id, direct=result is not None, result=result)

    def _run_aside(self, target: InlineExecutor, task_id: str, kind: Operation) -> None:
        try:
            target.run(task_id, kind)
        except TenderlineError:
            return  # the row says what went wrong; whoever follows it reads it there

    def _join_id(self, session: Session, task_id: str, row: Json) -> Submission | None:
        task = session.get(Task, task_id)
        if task is None:
            return None
        if task.owner != row["owner"]:
            raise NotFound(UNKNOWN_TASK)
        if task.operation != row["operation"] or task.params != row["params"]:
            raise Conflict("This Idempotency-Key was used for another request.", hint="Use a new key for new work.")
        if task.state not in FINISHED:
            return Submission(task_id, direct=False)
        if task.state == SUCCESS:
            if task.result is None:
                raise Conflict("This request was answered before, and the answer is no longer kept.", hint="Use a new Idempotency-Key.")
            return Submission(task_id, direct=True, result=task.result, cached=True)
        if task.state == REVOKED:
            raise Conflict("The task was cancelled.")
        raise from_dict(task.error or {})

    def _join_key(self, session: Session, row: Json, force: bool) -> Submission | None:
        if row["key"] is None:
            return None
        same = (Task.key == row["key"], Task.owner == row["owner"])
        task = session.scalars(select(Task).where(*same, Task.state.in_(UNFINISHED))).one_or_none()
        if task is not None:
            return Submission(task.id, direct=False)
        since = self.ledger.database.now(session) - self.settings.result_ttl
        done = select(Task).where(*same, Task.state == SUCCESS, Task.finished_at > since).order_by(Task.finished_at.desc()).limit(1)
        if force or (task := session.scalars(done).one_or_none()) is None:
            return None
        return Submission(task.id, direct=True, result=task.result, cached=True)

    def status(self, task_id: str, owner: str) -> TaskStatus:
        """The task's status. Raises ``NotFound`` when it is unknown or not this owner's."""
        with self.ledger.database.read() as session:
            return self._status(session, self._own(session, task_id, owner))

    def wait(self, task_id: str, owner: str, timeout: float) -> TaskStatus:
        """The status once the task has ended, or after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while not (status := self.status(task_id, owner)).ready and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(LOOK_EVERY / 2, left))
        return status

    def cancel(self, task_id: str, owner: str) -> bool:
        """Cancel a task; False when it had ended before. A running one is REVOKED only when its work has stopped."""
        with self.ledger.database.read() as session:
            if self._own(session, task_id, owner).state in FINISHED:
                return False
        state = self.ledger.request_cancel(task_id)
        self.runner.cancel(task_id)
        return state in RUNNING or state == REVOKED

    def list(
        self, owner: str, *, state: str | None = None, operation: str | None = None, page: int = 1, page_size: int = 50
    ) -> tuple[Sequence[TaskStatus], int]:
        """A page of the owner's tasks, newest first, and how many there are in all."""
        where = [Task.owner == owner]
        if state is not None:
            where.append(Task.state == state)
        if operation is not None:
            where.append(Task.operation == operation)
        with self.ledger.database.read() as session:
            total = session.scalar(select(func.count()).select_from(Task).where(*where)) or 0
            newest = select(Task).where(*where).order_by(Task.created_at.desc(), Task.id)
            tasks = session.scalars(newest.limit(page_size).offset((page - 1) * page_size)).all()
            return [self._status(session, task) for task in tasks], total

    def queue_stats(self) -> Json:
        """What is going on in all queues; see ``Stats.queue_stats``."""
        return self.stats.queue_stats()

    def active(self, owner: str, session_key: str) -> Sequence[TaskStatus]:
        """The unfinished tasks of one desk session, oldest first."""
        with self.ledger.database.read() as session:
            where = (Task.session_key == session_key, Task.owner == owner, Task.state.in_(UNFINISHED))
            return [self._status(session, task) for task in session.scalars(select(Task).where(*where).order_by(Task.created_at))]

    def forget(self, owner: str, session_key: str) -> int:
        """Cancel what a desk session has under way and delete the rest; how many were cancelled.

        Results quote the document and params what was asked about it, so they go with it.
        """
        cancelled = sum(self.cancel(status.task_id, owner) for status in self.active(owner, session_key))
        mine = (Task.owner == owner, Task.session_key == session_key)
        with self.ledger.database.write() as session:
            fold(session, and_(*mine))
            session.execute(update(Task).where(*mine).values(params={}))
        return cancelled

    def _own(self, session: Session, task_id: str, owner: str) -> Task:
        task = session.get(Task, task_id)
        if task is None or task.owner != owner:
            raise NotFound(UNKNOWN_TASK)
        return task

    def _status(self, session: Session, task: Task) -> TaskStatus:
        limited = task.operation in self.registry and self.registry.get(task.operation).needs_grant()
        return self.statuses.of(session, task, needs_grant=limited)
