"""The task system's front: submit, status, cancel, and what is going on."""

from __future__ import annotations

import contextvars
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tenderline.database import survives_deadlocks
from tenderline.errors import Conflict, NotFound, TenderlineError
from tenderline.settings import Settings
from tenderline.tasks import followers
from tenderline.tasks.accepting import UNKNOWN_TASK, Acceptance, Accepted, Submission, Wanted
from tenderline.tasks.availability import Availability
from tenderline.tasks.background import BackgroundExecutor
from tenderline.tasks.executors import LOOK_EVERY, CeleryExecutor, HybridExecutor, InlineExecutor
from tenderline.tasks.ledger import Ledger
from tenderline.tasks.models import FINISHED, GROUPS, REVOKED, SUCCESS, UNFINISHED, Follower, Task
from tenderline.tasks.operation import Json, Operation, Registry
from tenderline.tasks.runner import Runner
from tenderline.tasks.stats import Stats
from tenderline.tasks.status import Statuses, TaskStatus
from tenderline.tasks.totals import fold


@dataclass
class TaskManager:
    """Everything views and domain code may do with tasks. ``wake`` stirs this process's keeper."""

    settings: Settings
    ledger: Ledger
    registry: Registry
    runner: Runner
    acceptance: Acceptance
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
        fresh, task_id = task_id is None, task_id or str(uuid.uuid4())
        self.availability.broker_up()  # any asking is done here, before the transaction holds a lock
        children = kind.plan(params) if kind.plan else ()
        wanted = Wanted(task_id, kind, params, owner, session_key, key, children=children, fresh=fresh)
        try:
            accepted = self.acceptance.accept(wanted, force, executor)
        except DBAPIError as error:
            if error.connection_invalidated:  # the row may be there by now, for this request to run: nobody else would
                self.runner.left.append((task_id, None))
            raise
        if accepted.joined is not None:
            return accepted.joined
        return self._start(task_id, kind, accepted, wait)

    def run_again(self, task_id: str, owner: str, *, new_id: str | None = None) -> Submission:
        """Do the work of a finished task once more, as a new task; asking again with the same ``new_id`` joins that one.

        Raises ``NotFound``; ``Conflict`` when it has not ended or can't be repeated; and the errors of ``submit``.
        """
        with self.ledger.database.read() as session:
            task, _ = self._own(session, task_id, owner)
        if task.state not in FINISHED:
            raise Conflict("The task has not ended yet.", hint="Wait for its end, or cancel it first.")
        if not self.registry.get(task.operation).repeatable:
            raise Conflict("This task can't be run again.", hint="Start it anew from where it was started.")
        return self.submit(
            task.operation,
            task.params,
            owner=owner,
            session_key=task.session_key,
            key=task.key,
            force=True,
            task_id=new_id,
            wait=False,
        )

    def _start(self, task_id: str, kind: Operation, accepted: Accepted, wait: bool) -> Submission:
        target = accepted.executor
        if isinstance(target, CeleryExecutor) and (failed := target.publish(list(accepted.bells))) and (task_id in failed or kind.plan):
            target = self.hybrid.fallback(kind)
            if not self._move(task_id, target.name):
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

    @survives_deadlocks
    def _move(self, task_id: str, executor: str) -> int:
        with self.ledger.database.write() as session:
            return self.ledger.move(session, or_(Task.id == task_id, Task.parent_id == task_id), executor)

    def _run_aside(self, target: InlineExecutor, task_id: str, kind: Operation) -> None:
        try:
            target.run(task_id, kind)
        except TenderlineError:
            return  # the row says what went wrong; whoever follows it reads it there

    def status(self, task_id: str, owner: str) -> TaskStatus:
        """The task's status. Raises ``NotFound`` when it is unknown or not this owner's."""
        with self.ledger.database.read() as session:
            return self._status(session, *self._own(session, task_id, owner))

    def wait(self, task_id: str, owner: str, timeout: float) -> TaskStatus:
        """The status once the task has ended, or after ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while not (status := self.status(task_id, owner)).ready and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(LOOK_EVERY / 2, left))
        return status

    @survives_deadlocks
    def cancel(self, task_id: str, owner: str) -> bool:
        """Cancel a task; False when it had ended before. A running one is REVOKED only when its work has stopped.

        A task that others wait for too goes on for them; to this owner it is cancelled.
        """
        with self.ledger.database.write() as session:
            task, follower = self._own(session, task_id, owner, lock=True)
            if task.state in FINISHED or follower.left_at is not None:
                return False
            now = self.ledger.database.now(session)
            if not followers.leave(session, task_id, owner, now):
                return True
            # Together with the leaving: who had left, and for whom nobody was told to stop, would be told that the work has stopped.
            asked = update(Task).where(Task.id == task_id, Task.cancel_requested_at.is_(None)).values(cancel_requested_at=now)
            session.execute(asked)
        state = self.ledger.request_cancel(task_id)
        self.runner.cancel(task_id)
        return state in UNFINISHED or state == REVOKED

    def list(
        self, owner: str, *, state: str | None = None, operation: str | None = None, page: int = 1, page_size: int = 50
    ) -> tuple[Sequence[TaskStatus], int]:
        """A page of the owner's tasks, newest first, and how many there are in all; children are part of their parents."""
        wanted: list[ColumnElement[bool]] = []
        if state is not None:
            wanted.append(Task.state.in_(GROUPS.get(state, (state,))))
        if operation is not None:
            wanted.append(Task.operation == operation)
        mine = [Follower.owner == owner, not_(Follower.part)]
        if wanted:
            found = select(Task.id).where(*wanted)
            few = state not in (None, SUCCESS)  # most have succeeded; of any other state there are few, which its index finds
            mine.append(Follower.task_id.in_(found) if few else found.where(Task.id == Follower.task_id).correlate(Follower).exists())
        with self.ledger.database.read() as session:
            total = session.scalar(select(func.count()).select_from(Follower).where(*mine)) or 0
            places = select(Follower.task_id).where(*mine).order_by(Follower.followed_at.desc(), Follower.task_id)
            shown = places.limit(page_size).offset((page - 1) * page_size).subquery()
            rows = select(Task, Follower).join(shown, Task.id == shown.c.task_id).join(Follower, Follower.task_id == Task.id)
            newest = rows.where(Follower.owner == owner).order_by(Follower.followed_at.desc(), Task.id)
            return [self._status(session, task, follower) for task, follower in session.execute(newest)], total

    def by_key(self, key: str, owner: str) -> TaskStatus | None:
        """The newest of the owner's tasks with this key; None when there is none."""
        found = select(Task, Follower).join(Follower, Follower.task_id == Task.id).where(Task.key == key, Follower.owner == owner)
        with self.ledger.database.read() as session:
            row = session.execute(found.order_by(Task.created_at.desc()).limit(1)).one_or_none()
            return None if row is None else self._status(session, *row)

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
        active = [status.task_id for status in self.active(owner, session_key)]
        cancelled = sum(self.cancel(task_id, owner) for task_id in active)
        self._delete_all_but(active, owner, session_key)
        return cancelled

    @survives_deadlocks
    def _delete_all_but(self, active: Sequence[str], owner: str, session_key: str) -> None:
        mine = (Task.owner == owner, Task.session_key == session_key)
        with self.ledger.database.write() as session:
            fold(session, and_(*mine, Task.id.not_in(active)))  # who follows one that was cancelled just now is still told so
            session.execute(update(Task).where(*mine).values(params={}, result=None))

    def _own(self, session: Session, task_id: str, owner: str, *, lock: bool = False) -> tuple[Task, Follower]:
        task = session.get(Task, task_id, with_for_update=lock or None)
        follower = followers.find(session, task_id, owner)
        if task is None or follower is None:
            raise NotFound(UNKNOWN_TASK)
        return task, follower

    def _status(self, session: Session, task: Task, follower: Follower | None = None) -> TaskStatus:
        limited = task.operation in self.registry and self.registry.get(task.operation).needs_grant()
        return self.statuses.of(session, task, needs_grant=limited, left_at=follower.left_at if follower else None)
