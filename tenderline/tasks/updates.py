"""What has changed lately, and who may see it: read by whoever pushes states to people."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select, union_all
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.tasks.models import UNFINISHED, Follower, Task
from tenderline.tasks.operation import Registry
from tenderline.tasks.status import Statuses, TaskStatus


@dataclass(frozen=True)
class Change:
    """A task was written not long ago: its ``revision`` now, and the owners who may see it."""

    task_id: str
    revision: int
    owners: frozenset[str]


@dataclass(frozen=True)
class Update:
    """A task's status as of a revision."""

    revision: int
    status: TaskStatus


class Updates:
    """Reads changes and states of many tasks at a time, in one short transaction each."""

    def __init__(self, database: Database, statuses: Statuses, registry: Registry) -> None:
        self._database = database
        self._statuses = statuses
        self._registry = registry

    def changes(self, seconds: float) -> list[Change]:
        """The tasks of all owners that were written in the last ``seconds``.

        The unfinished and the freshly finished are found by their indexes: however many finished rows there are, they cost nothing.
        """
        with self._database.read() as session:
            since = self._database.now(session) - seconds
            columns = (Task.id, Task.revision, Task.owner)
            unfinished = select(*columns).where(Task.state.in_(UNFINISHED), Task.updated_at > since)
            finished = select(*columns).where(Task.finished_at > since)
            rows = session.execute(union_all(unfinished, finished)).all()
            followers = self._followers(session, [task_id for task_id, _, _ in rows])
        return [Change(task_id, revision, frozenset((owner, *followers.get(task_id, ())))) for task_id, revision, owner in rows]

    def read(self, task_ids: Collection[str]) -> dict[str, Update]:
        """The states of these tasks, whoever owns them; what is gone is left out."""
        with self._database.read() as session:
            return {task.id: self._update(session, task) for task in session.scalars(select(Task).where(Task.id.in_(task_ids)))}

    def visible(self, owner: str, task_ids: Collection[str]) -> list[Update]:
        """The states of those among these tasks that the owner may see, oldest first."""
        with self._database.read() as session:
            rows = session.scalars(select(Task).where(Task.id.in_(task_ids), _seen_by(owner)).order_by(Task.created_at, Task.id))
            return [self._update(session, task) for task in rows]

    def newest(self, owner: str, limit: int) -> list[Update]:
        """The owner's unfinished tasks (the newest ``limit`` of them) and the newest ``limit`` of all, oldest first."""
        with self._database.read() as session:
            newest = select(Task).where(_seen_by(owner)).order_by(Task.created_at.desc(), Task.id).limit(limit)
            found = {task.id: task for task in session.scalars(newest.where(Task.state.in_(UNFINISHED)))}
            found |= {task.id: task for task in session.scalars(newest)}
            return [self._update(session, task) for task in sorted(found.values(), key=lambda task: (task.created_at, task.id))]

    def _update(self, session: Session, task: Task) -> Update:
        limited = task.operation in self._registry and self._registry.get(task.operation).needs_grant()
        return Update(task.revision, self._statuses.of(session, task, needs_grant=limited))

    def _followers(self, session: Session, task_ids: Sequence[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for some in _pieces(task_ids):
            for task_id, owner in session.execute(select(Follower.task_id, Follower.owner).where(Follower.task_id.in_(some))):
                found.setdefault(task_id, []).append(owner)
        return found


def _seen_by(owner: str) -> ColumnElement[bool]:
    """Tasks that this owner submitted or joined."""
    return or_(Task.owner == owner, Task.id.in_(select(Follower.task_id).where(Follower.owner == owner)))


def _pieces(task_ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    """Databases bound the number of parameters in one statement."""
    return (task_ids[start : start + size] for start in range(0, len(task_ids), size))
