"""In which order waiting tasks start: single clicks before the children of a batch, and owners by turns, so that nobody waits behind
somebody else's fifty."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Integer, bindparam, func, select
from sqlalchemy.orm import Session

from tenderline.tasks.statements import ROW

SERVED_WITHIN = 3600.0
"""Seconds for which it is remembered who was served last."""


class Candidate(NamedTuple):
    """A waiting task that may be next."""

    task_id: str
    operation: str
    queue: str
    owner: str
    parent_id: str | None
    created_at: float
    lost: int


_CANDIDATE = (ROW.id, ROW.operation, ROW.queue, ROW.owner, ROW.parent_id, ROW.created_at, ROW.lost)


class Line:
    """The waiting tasks that meet a condition, whose parameters are given when the line is looked at."""

    def __init__(self, where: ColumnElement[bool]) -> None:
        self._two = select(*_CANDIDATE).where(where).limit(2)
        turn = func.row_number().over(
            partition_by=(ROW.owner, ROW.session_key, ROW.parent_id, ROW.operation), order_by=(ROW.created_at, ROW.id)
        )
        ranked = select(*_CANDIDATE, turn.label("turn")).where(where).subquery()
        self._ranked = (
            select(ranked)
            .where(ranked.c.turn <= bindparam("count", type_=Integer))
            .order_by(ranked.c.parent_id.is_not(None), ranked.c.turn, ranked.c.created_at)
            .limit(bindparam("most", type_=Integer))
        )

    def first(self, session: Session, now: float, count: int, **parameters: object) -> list[Candidate]:
        """At least the first ``count`` of these tasks, in the order in which they may start.

        Turns go over owner, desk session, parent and operation; among equals whoever was served longest ago is first.
        """
        two = session.execute(self._two, parameters).all()
        if len(two) < 2:  # nothing to put in order: the usual case
            return [Candidate(*row) for row in two]
        found = [
            (turn, Candidate(*row)) for *row, turn in session.execute(self._ranked, {**parameters, "count": count, "most": 20 * count})
        ]
        served = _served(session, {task.queue for _, task in found}, {task.owner for _, task in found}, now)
        found.sort(key=lambda place: (place[1].parent_id is not None, place[0], served.get(place[1].owner, 0.0), place[1].created_at))
        return [task for _turn, task in found]


def _served(session: Session, queues: set[str], owners: set[str], now: float) -> dict[str, float]:
    """When these owners were served last; of one alone nothing needs to be known."""
    if len(owners) < 2:
        return {}
    served_at = func.coalesce(ROW.rung_at, ROW.started_at)
    lately = (ROW.queue.in_(queues), ROW.owner.in_(owners), served_at > now - SERVED_WITHIN)
    found: dict[str, float] = dict(session.execute(select(ROW.owner, func.max(served_at)).where(*lately).group_by(ROW.owner)).all())
    return found
