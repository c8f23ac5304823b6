"""In which order waiting tasks start: single clicks before the children of a batch, and owners by turns, so that nobody waits behind
somebody else's fifty."""

from __future__ import annotations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from tenderline.tasks.models import Task

SERVED_WITHIN = 3600.0
"""Seconds for which it is remembered who was served last."""


def in_turn(session: Session, where: ColumnElement[bool], now: float, count: int) -> list[Task]:
    """At least the first ``count`` of these waiting tasks, in the order in which they may start.

    Turns go over owner, desk session, parent and operation; among equals whoever was served longest ago is first.
    """
    first = list(session.scalars(select(Task).where(where).limit(2)))
    if len(first) < 2:  # nothing to put in order: the usual case
        return first
    line = func.row_number().over(
        partition_by=(Task.owner, Task.session_key, Task.parent_id, Task.operation), order_by=(Task.created_at, Task.id)
    )
    ranked = select(Task.id, line.label("turn")).where(where).subquery()
    found = session.execute(
        select(Task, ranked.c.turn)
        .join(ranked, Task.id == ranked.c.id)
        .where(ranked.c.turn <= count)
        .order_by(Task.parent_id.is_not(None), ranked.c.turn, Task.created_at)
        .limit(20 * count)
    ).all()
    queues = {task.queue for task, _ in found}
    at = func.max(func.coalesce(Task.rung_at, Task.started_at))
    served_lately = select(Task.owner, at).where(Task.queue.in_(queues), func.coalesce(Task.rung_at, Task.started_at) > now - SERVED_WITHIN)
    served: dict[str, float] = dict(session.execute(served_lately.group_by(Task.owner)).all())
    ordered = sorted(found, key=lambda row: (row[0].parent_id is not None, row[1], served.get(row[0].owner, 0.0), row[0].created_at))
    return [task for task, _turn in ordered]
