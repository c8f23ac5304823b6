"""What is kept of deleted tasks, so that counts over all time never fall: ``fold`` deletes finished tasks and adds them up in one step."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased

from tenderline.tasks.models import FINISHED, Task, Total

BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
"""Upper bounds of the histograms in seconds. To change them, migrate the lists in ``Total``, which have this length."""

Kind = tuple[str, str, str]
"""Operation, executor and final state."""


def _zeros() -> list[int]:
    return [0] * (len(BUCKETS) + 1)


@dataclass
class Sums:
    """Tasks of one kind added up. ``waiting[i]`` counts those that took at most ``BUCKETS[i]`` seconds; its last entry counts all of them.

    Waiting goes from the submit to the start of the last run, running from there to the end. A task that never started is in neither.
    """

    count: int = 0
    retries: int = 0
    lost: int = 0
    moves: int = 0
    waiting_seconds: float = 0.0
    running_seconds: float = 0.0
    waiting: list[int] = field(default_factory=_zeros)
    running: list[int] = field(default_factory=_zeros)

    def add(self, other: Sums | Total) -> None:
        """Add another sum to this one."""
        self.count += other.count
        self.retries += other.retries
        self.lost += other.lost
        self.moves += other.moves
        self.waiting_seconds += other.waiting_seconds
        self.running_seconds += other.running_seconds
        self.waiting = [mine + its for mine, its in zip(self.waiting, other.waiting, strict=True)]
        self.running = [mine + its for mine, its in zip(self.running, other.running, strict=True)]


def histogram(counts: dict[int, int]) -> list[int]:
    """Counts by bucket (its index in ``BUCKETS``; their number means: longer than all) as a running sum."""
    return list(accumulate(counts.get(index, 0) for index in range(len(BUCKETS) + 1)))


def fold(session: Session, where: ColumnElement[bool], limit: int | None = None) -> int:
    """Delete finished tasks and add them to the totals, within the caller's transaction; returns how many.

    A parent stays while it has children, for deleting it would delete these uncounted: they go first, it goes in the next round.

    Args:
        where: which of them.
        limit: at most so many, so that the transaction stays short.
    """
    removed = 0
    while limit is None or removed < limit:
        gone = _delete(session, where, None if limit is None else limit - removed)
        if not gone:
            break
        removed += len(gone)
        for kind, sums in sorted(_added_up(gone).items(), key=lambda entry: entry[0]):
            _keep(session, kind, sums)
    return removed


def _delete(session: Session, where: ColumnElement[bool], limit: int | None) -> Sequence[Any]:
    child = aliased(Task)
    childless = ~select(child.id).where(child.parent_id == Task.id).correlate(Task).exists()
    found = select(Task.id).where(where, Task.state.in_(FINISHED), childless).limit(limit)
    # The rows that are really deleted are the ones that are counted: another process may delete some of those we found.
    statement = delete(Task).where(Task.id.in_(session.scalars(found).all()), Task.state.in_(FINISHED))
    counted = (Task.operation, Task.executor, Task.state, Task.retries, Task.lost, Task.moves)
    times = (Task.created_at, Task.started_at, Task.finished_at)
    return session.execute(statement.returning(*counted, *times).execution_options(synchronize_session=False)).all()


def _added_up(rows: Sequence[Any]) -> dict[Kind, Sums]:
    found: dict[Kind, Sums] = defaultdict(Sums)
    waited: dict[Kind, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    ran: dict[Kind, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for operation, executor, state, retries, lost, moves, created, started, finished in rows:
        kind = (operation, executor, state)
        sums = found[kind]
        sums.count += 1
        sums.retries += retries
        sums.lost += lost
        sums.moves += moves
        if started is not None and finished is not None:
            waiting, running = max(0.0, started - created), max(0.0, finished - started)
            sums.waiting_seconds += waiting
            sums.running_seconds += running
            waited[kind][bisect_left(BUCKETS, waiting)] += 1
            ran[kind][bisect_left(BUCKETS, running)] += 1
    for kind, sums in found.items():
        sums.waiting, sums.running = histogram(waited[kind]), histogram(ran[kind])
    return found


def _keep(session: Session, kind: Kind, sums: Sums) -> None:
    """Add to a kind's row, which is made first if there is none; somebody else may be making it at this moment."""
    if (total := session.get(Total, kind, with_for_update=True)) is None:
        try:
            with session.begin_nested():
                session.add(Total(**dict(zip(("operation", "executor", "state"), kind, strict=True)), **vars(Sums())))
        except IntegrityError:
            session.expire_all()
        total = session.get_one(Total, kind, with_for_update=True, populate_existing=True)
    together = Sums()
    together.add(total)
    together.add(sums)
    for name, value in vars(together).items():
        setattr(total, name, value)
    session.flush()
