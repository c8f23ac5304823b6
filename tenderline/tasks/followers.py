"""Who may see a task: whoever submitted it, and whoever submitted the same work while it was under way or fresh.

A task that several owners wait for is stopped only when the last of them cancels it; to the others it then looks cancelled at once.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from tenderline.tasks.models import Follower, Task
from tenderline.tasks.operation import Json

_FOLLOW = insert(Follower.__table__)  # type: ignore[arg-type]


def follow(session: Session, task: Task, owner: str, now: float) -> None:
    """Let an owner see a task and wait for it, (again) from now on."""
    follower = session.get(Follower, (task.id, owner))
    if follower is None:
        session.add(Follower(task_id=task.id, owner=owner, followed_at=now, part=task.parent_id is not None))
    elif follower.left_at is not None:
        follower.left_at, follower.followed_at = None, now


def follow_new(session: Session, rows: Iterable[Json], now: float) -> None:
    """Let their owners see tasks that this transaction has added; ``rows`` of the ledger."""
    followed = [{"task_id": row["id"], "owner": row["owner"], "followed_at": now, "part": row["parent_id"] is not None} for row in rows]
    session.execute(_FOLLOW, followed)


def find(session: Session, task_id: str, owner: str) -> Follower | None:
    """The owner's place at a task; None when the task is none of theirs, or unknown."""
    return session.get(Follower, (task_id, owner))


def leave(session: Session, task_id: str, owner: str, now: float) -> bool:
    """The owner doesn't wait for the task any more; True when nobody does."""
    waiting = (Follower.task_id == task_id, Follower.left_at.is_(None))
    session.execute(update(Follower).where(*waiting, Follower.owner == owner).values(left_at=now))
    session.execute(update(Task).where(Task.id == task_id).values(revision=Task.revision + 1, updated_at=now))  # to be told to this owner
    return not session.scalar(select(func.count()).where(*waiting))
