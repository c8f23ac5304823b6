"""Parents and children: a parent is a row that holds no slot and no grant until its last child has ended; then its closing step runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sqlalchemy import Row, select, update
from sqlalchemy.orm import Session

from tenderline.tasks.models import FINISHED, REVOKED, WAITING, Task
from tenderline.tasks.operation import Json

CLOSING = "All parts are done: summing up"
"""What a parent's status says until its closing step does."""


def children_ended(session: Session, parents: Iterable[str | None], now: float) -> str | None:
    """Count down the parents of children that end in this transaction; the queue in which a closing step is due now, if one is.

    A parent whose end was asked for ends with its last child.
    """
    due: str | None = None
    for parent_id, ended in sorted(Counter(parent for parent in parents if parent is not None).items()):
        counted = _count_down(session, parent_id, ended, now)
        if counted is None or counted.children_left:
            continue
        if counted.cancel_requested_at is None:
            due = counted.queue
            closing = update(Task).where(Task.id == parent_id).values(status=CLOSING)
            session.execute(closing.execution_options(synchronize_session=False))
        else:
            _revoke(session, parent_id, now)
    return due


def _count_down(session: Session, parent_id: str, ended: int, now: float) -> Row[int, float | None, str] | None:
    values = {"children_left": Task.children_left - ended, "current": Task.current + ended}
    statement = update(Task).where(Task.id == parent_id, Task.children_left >= ended, Task.state.in_(WAITING))
    counted = statement.values(**values, updated_at=now, revision=Task.revision + 1).execution_options(synchronize_session=False)
    return session.execute(counted.returning(Task.children_left, Task.cancel_requested_at, Task.queue)).one_or_none()


def _revoke(session: Session, parent_id: str, now: float) -> None:
    ended = {"state": REVOKED, "finished_at": now, "updated_at": now, "status": "Cancelled", "revision": Task.revision + 1}
    session.execute(update(Task).where(Task.id == parent_id).values(**ended).execution_options(synchronize_session=False))


def children(session: Session, parent_id: str) -> list[Json]:
    """The children of a task in the order in which they were made: ``{task_id, operation, params, state, result, error}``."""
    columns = (Task.id, Task.operation, Task.params, Task.state, Task.result, Task.error)
    rows = session.execute(select(*columns).where(Task.parent_id == parent_id).order_by(Task.created_at, Task.id))
    names = ("task_id", "operation", "params", "state", "result", "error")
    return [dict(zip(names, row, strict=True)) for row in rows]


def unfinished(session: Session, parent_id: str) -> list[str]:
    """The ids of a parent's children that have not ended."""
    return list(session.scalars(select(Task.id).where(Task.parent_id == parent_id, Task.state.not_in(FINISHED))))
