"""The transaction that accepts a task: join the one that does the same work, or add its row and say which bells to ring."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenderline.database import survives_deadlocks
from tenderline.errors import Conflict, NotFound, from_dict
from tenderline.settings import Settings
from tenderline.tasks import followers
from tenderline.tasks.dispatcher import Bell
from tenderline.tasks.executors import Executor, HybridExecutor
from tenderline.tasks.ledger import Ledger
from tenderline.tasks.models import FINISHED, INLINE, REVOKED, SUCCESS, UNFINISHED, Task
from tenderline.tasks.operation import Child, Json, Operation, Registry
from tenderline.tasks.statements import TASKS

UNKNOWN_TASK = "There is no such task."
_ADD = insert(TASKS)


@dataclass(frozen=True)
class Submission:
    """What became of a submit: ``direct`` means done, with the ``result``; otherwise the task is to be followed by its id."""

    task_id: str
    direct: bool
    result: Json | None = None
    cached: bool = False


@dataclass(frozen=True)
class Wanted:
    """What is submitted; ``fresh``: nobody else can have used its id, so there is nothing of that id to look for."""

    task_id: str
    kind: Operation
    params: Json
    owner: str
    session_key: str
    key: str | None
    parent_id: str | None = None
    children: Sequence[Child] = ()
    fresh: bool = False

    @property
    def work(self) -> Sequence[Child]:
        """The children that are still to be done."""
        return [child for child in self.children if not child.done]

    def row(self, executor: str, now: float, process: str | None) -> Json:
        """Its row in the ledger; ``process`` holds it when it is to run inline."""
        return {
            "id": self.task_id,
            "operation": self.kind.name,
            "queue": self.kind.queue,
            "owner": self.owner,
            "session_key": self.session_key,
            "parent_id": self.parent_id,
            "params": self.params,
            "key": self.key,
            "executor": executor,
            "process": process if executor == INLINE else None,
            "total": len(self.children),
            "current": len(self.children) - len(self.work),
            "children_left": len(self.work),
            "status": self.kind.parts if self.work else "",
            "created_at": now,
            "updated_at": now,
        }


@dataclass
class Accepted:
    """What the submitting transaction decided: a row of our own to run on ``executor``, or somebody's to join."""

    joined: Submission | None = None
    executor: Executor | None = None
    bells: tuple[Bell, ...] = ()


@dataclass(frozen=True)
class Acceptance:
    """Accepts tasks into the ledger."""

    settings: Settings
    ledger: Ledger
    registry: Registry
    hybrid: HybridExecutor

    @survives_deadlocks
    def accept(self, wanted: Wanted, force: bool, executor: str | None) -> Accepted:
        """Join or add; see ``TaskManager.submit`` for what can be raised."""
        try:
            return self._accept(wanted, force, executor)
        except IntegrityError:  # the same id or key was submitted at this very moment: now it can be joined
            return self._accept(wanted, force, executor)

    def _accept(self, wanted: Wanted, force: bool, executor: str | None) -> Accepted:
        with self.ledger.database.write() as session:
            now = self.ledger.database.now(session)
            joined = (None if wanted.fresh else self._join_id(session, wanted)) or self._join_key(session, wanted, force, now)
            if joined is not None:
                return Accepted(joined=joined)
            wanted.kind.admit(session)
            target = self.hybrid.named(executor) if executor else self.hybrid.pick(session, wanted.kind)
            self._add(session, [wanted.row(target.name, now, self.ledger.process)], now)
            if wanted.kind.plan is None:
                return Accepted(executor=target, bells=tuple(target.prepare(session, wanted.kind)))
            return Accepted(executor=target, bells=tuple(self._add_children(session, wanted, target, now)))

    def _add_children(self, session: Session, parent: Wanted, target: Executor, now: float) -> Iterator[Bell]:
        """Add the rows of a parent's children; the bells of those that may start now, or of the parent when all are done."""
        keys = [child.key for child in parent.work if child.key is not None]
        taken = set(session.scalars(select(Task.key).where(Task.key.in_(keys), Task.state.in_(UNFINISHED))))
        queues: dict[str, Operation] = {} if parent.work else {parent.kind.queue: parent.kind}
        rows: list[Json] = []
        for number, child in enumerate(parent.work):
            kind = self.registry.get(child.operation)
            key = child.key if child.key not in taken else None  # somebody is at it: work beside them, the later result counts
            taken.add(child.key)
            row = Wanted(str(uuid.uuid4()), kind, child.params, parent.owner, parent.session_key, key, parent_id=parent.task_id)
            rows.append(row.row(target.name, now + number * 1e-6, None))
            queues[kind.queue] = kind
        self._add(session, rows, now)
        for _queue, kind in sorted(queues.items(), key=lambda entry: entry[0]):  # whoever locks several queues does so in this order
            yield from target.prepare(session, kind)

    @staticmethod
    def _add(session: Session, rows: list[Json], now: float) -> None:
        if rows:
            session.execute(_ADD, rows)
            followers.follow_new(session, rows, now)

    def _join_id(self, session: Session, wanted: Wanted) -> Submission | None:
        task = session.get(Task, wanted.task_id)
        if task is None:
            return None
        follower = followers.find(session, task.id, wanted.owner)
        if follower is None:
            raise NotFound(UNKNOWN_TASK)
        if task.operation != wanted.kind.name or task.params != wanted.params:
            raise Conflict("This Idempotency-Key was used for another request.", hint="Use a new key for new work.")
        if task.state == REVOKED or follower.left_at is not None:
            raise Conflict("The task was cancelled.")
        if task.state not in FINISHED:
            return Submission(task.id, direct=False)
        if task.state == SUCCESS and task.result is None:
            raise Conflict("This request was answered before, and the answer is no longer kept.", hint="Use a new Idempotency-Key.")
        if task.state == SUCCESS:
            return Submission(task.id, direct=True, result=task.result, cached=True)
        raise from_dict(task.error or {})

    def _join_key(self, session: Session, wanted: Wanted, force: bool, now: float) -> Submission | None:
        """A task that does the same work: one under way, or one that has done it lately; the owner follows it from now on.

        An operation's key names all that its result depends on, so whoever may ask for the work may see what came of it.
        """
        if wanted.key is None:
            return None
        same = select(Task).where(Task.key == wanted.key)
        task = session.scalars(same.where(Task.state.in_(UNFINISHED)).with_for_update()).one_or_none()
        if task is not None and task.cancel_requested_at is not None:
            task.key = None  # it is being stopped: the work is to be done anew
            session.flush()
        elif task is not None:
            followers.follow(session, task, wanted.owner, now)
            return Submission(task.id, direct=False)
        since = now - self.settings.result_ttl
        done = same.where(Task.state == SUCCESS, Task.result.is_not(None), Task.finished_at > since).order_by(Task.finished_at.desc())
        if force or (task := session.scalars(done.limit(1)).one_or_none()) is None:
            return None
        followers.follow(session, task, wanted.owner, now)
        return Submission(task.id, direct=True, result=task.result, cached=True)
