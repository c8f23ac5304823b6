"""What has changed lately, and who may see it: read by whoever pushes states to people."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Select, select, union_all
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.tasks.models import UNFINISHED, Follower, Task
from tenderline.tasks.operation import Registry
from tenderline.tasks.status import Statuses, TaskStatus


@dataclass(frozen=True)
class Change:
    """A task was written not long ago: its ``revision`` now, the owners who may see it, and whether it is a child of another."""

    task_id: str
    revision: int
    owners: frozenset[str]
    is_child: bool


@dataclass(frozen=True)
class Update:
    """A task's status as of a revision, and how it differs for ``those_who_left``: to them it is cancelled while it goes on for others."""

    revision: int
    status: TaskStatus
    those_who_left: Mapping[str, TaskStatus] = field(default_factory=dict)


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
            columns = (Task.id, Task.revision, Task.parent_id)
            unfinished = select(*columns).where(Task.state.in_(UNFINISHED), Task.updated_at > since)
            finished = select(*columns).where(Task.finished_at > since)
            rows = session.execute(union_all(unfinished, finished)).all()
            owners: dict[str, set[str]] = {}
            for some in _pieces([task_id for task_id, _, _ in rows]):
                for task_id, owner in session.execute(select(Follower.task_id, Follower.owner).where(Follower.task_id.in_(some))):
                    owners.setdefault(task_id, set()).add(owner)
        return [Change(task_id, revision, frozenset(owners.get(task_id, ())), parent is not None) for task_id, revision, parent in rows]

    def read(self, task_ids: Collection[str]) -> dict[str, Update]:
        """The states of these tasks, whoever may see them; what is gone is left out."""
        found: dict[str, Update] = {}
        with self._database.read() as session:
            for some in _pieces(list(task_ids)):
                left = select(Follower).where(Follower.task_id.in_(some), Follower.left_at.is_not(None))
                gone: dict[str, list[Follower]] = {}
                for follower in session.scalars(left):
                    gone.setdefault(follower.task_id, []).append(follower)
                for task in session.scalars(select(Task).where(Task.id.in_(some))):
                    those = {follower.owner: self._status(session, task, follower.left_at) for follower in gone.get(task.id, ())}
                    found[task.id] = Update(task.revision, self._status(session, task, None), those)
        return found

    def visible(self, owner: str, task_ids: Collection[str]) -> list[Update]:
        """The states of those among these tasks that the owner may see, oldest first, as that owner sees them."""
        return self._of(owner, lambda mine: mine.where(Task.id.in_(task_ids)))

    def newest(self, owner: str, limit: int) -> list[Update]:
        """The owner's newest ``limit`` unfinished tasks and newest ``limit`` of all, oldest first; children are part of their parents."""

        def newest(mine: Select[Task, Follower]) -> Select[Task, Follower]:
            return mine.where(Task.parent_id.is_(None)).order_by(Follower.followed_at.desc(), Task.id).limit(limit)

        # Found by their state first: an owner may have ended any number of tasks.
        open_tasks = select(Task.id).where(Task.state.in_(UNFINISHED))
        unfinished = self._of(owner, lambda mine: newest(mine.where(Follower.task_id.in_(open_tasks))))
        both = {update.status.task_id: update for update in [*unfinished, *self._of(owner, newest)]}
        return sorted(both.values(), key=_age)

    def _of(self, owner: str, narrow: _Narrow) -> list[Update]:
        mine = select(Task, Follower).join(Follower, Follower.task_id == Task.id).where(Follower.owner == owner)
        with self._database.read() as session:
            rows = session.execute(narrow(mine)).all()
            return sorted((Update(task.revision, self._status(session, task, follower.left_at)) for task, follower in rows), key=_age)

    def _status(self, session: Session, task: Task, left_at: float | None) -> TaskStatus:
        limited = task.operation in self._registry and self._registry.get(task.operation).needs_grant()
        return self._statuses.of(session, task, needs_grant=limited, left_at=left_at)


_Narrow = Callable[["Select[Task, Follower]"], "Select[Task, Follower]"]


def _age(update: Update) -> tuple[float, str]:
    return update.status.created_at, update.status.task_id


def _pieces(task_ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    """Databases bound the number of parameters in one statement."""
    return (task_ids[start : start + size] for start in range(0, len(task_ids), size))
