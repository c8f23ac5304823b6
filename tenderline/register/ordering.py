"""A page of the contracts of several segments, in one order over all of them, without sorting what is not on the page.

Each segment gives its rows as a sequence in the wanted order. How many of each come before a page is found by looking at few rows of each
(selection in sorted sequences), so a page far down costs no more than the first. Every order ends in date, newest first, then uid.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tenderline.register.schema import NO_DATE
from tenderline.register.selection import NO_ROWS, Listed, RowNumbers, Selection

if TYPE_CHECKING:
    from tenderline.register.snapshot import View

Key = Any
"""What rows are compared by: a tuple of ints."""


MANY = 1000
"""Of so many rows the last one is looked for like the first: cheaper than sorting as many rows of every view."""


class Sequence(Protocol):
    """Rows of one view in the wanted order."""

    @property
    def count(self) -> int: ...

    def place(self, number: int) -> int: ...

    def rows(self, first: int = 0, last: int | None = None) -> RowNumbers: ...


class Arranged:
    """Rows in an order of their own."""

    def __init__(self, rows: RowNumbers) -> None:
        self._rows = rows
        self.count = len(rows)

    def place(self, number: int) -> int:
        """The row at a place of the order."""
        return int(self._rows[number])

    def rows(self, first: int = 0, last: int | None = None) -> RowNumbers:
        """The rows at places ``first`` to ``last`` (not included), in order."""
        return self._rows[first:last]


@dataclass(frozen=True)
class Found:
    """Rows of several views in one order: the number of the view and the row in it, of each."""

    views: NDArray[np.int64]
    rows: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.rows)

    def __add__(self, other: Found) -> Found:
        return Found(np.concatenate([self.views, other.views]), np.concatenate([self.rows, other.rows]))


NOTHING_FOUND = Found(np.zeros(0, np.int64), NO_ROWS)


def merged(
    views: tuple[View, ...], sequences: list[Sequence], offset: int, limit: int, sign: int = 0, column: Callable[[View], Any] | None = None
) -> Found:
    """The rows at ``offset`` to ``offset + limit`` of all sequences together.

    Args:
        sequences: for each view, its rows in the order.
        sign: 1 when the order goes up by ``column`` first, -1 when down, 0 for the default order.
        column: what gives a view's values to order by.
    """

    def key_of(number: int) -> Callable[[int], Key]:
        segment, place = views[number].segment, sequences[number].place
        dates, uids = segment.date, segment.uid
        values = column(views[number]) if column else None

        def key(at: int) -> Key:
            row = place(at)
            if values is None:
                return -int(dates[row]), int(uids[row])
            return sign * int(values[row]), -int(dates[row]), int(uids[row])

        return key

    counts = [sequence.count for sequence in sequences]
    limit = max(0, min(limit, sum(counts) - offset))
    if not limit:
        return NOTHING_FOUND
    keys = [key_of(number) for number in range(len(views))]
    begins = partition(counts, keys, offset)
    ends = partition(counts, keys, offset + limit) if limit > MANY else [begin + limit for begin in begins]
    pieces = [sequence.rows(begin, end) for sequence, begin, end in zip(sequences, begins, ends, strict=True)]
    rows = np.concatenate(pieces).astype(np.int32)
    numbers = np.repeat(np.arange(len(views)), [len(piece) for piece in pieces])
    sorted_by = [_gathered(views, pieces, lambda view: view.segment.uid), -_gathered(views, pieces, lambda view: view.segment.date)]
    if column:
        sorted_by.append(sign * _gathered(views, pieces, column))
    order = np.lexsort(sorted_by)[:limit]
    return Found(numbers[order], rows[order])


def _gathered(views: tuple[View, ...], pieces: list[RowNumbers], column: Callable[[View], Any]) -> NDArray[np.int64]:
    return np.concatenate([column(view)[piece].astype(np.int64) for view, piece in zip(views, pieces, strict=True)])


def partition(counts: list[int], keys: list[Callable[[int], Key]], offset: int) -> list[int]:
    """How many of each of several ascending sequences are among the first ``offset`` of all. Keys are distinct over all of them."""
    low, high = [0] * len(counts), [min(many, offset) for many in counts]
    left = offset
    while left > 0:
        widest = max(range(len(counts)), key=lambda number: high[number] - low[number])
        middle = (low[widest] + high[widest]) // 2
        pivot = keys[widest](middle)
        below = [
            middle if number == widest else bisect_left(range(counts[number]), pivot, low[number], high[number], key=keys[number])
            for number in range(len(counts))
        ]
        before = sum(below) - sum(low)
        if before >= left:
            high = below
            if before == left:
                return below
        else:
            low = below
            low[widest] += 1
            left -= before + 1
    return low


# ---- The orders ----


def by_default(views: tuple[View, ...], selections: list[Selection], offset: int, limit: int) -> Found:
    """Newest first."""
    return merged(views, list(selections), offset, limit)


def by_date_up(views: tuple[View, ...], selections: list[Selection], offset: int, limit: int) -> Found:
    """Oldest first, those without a date last; within a day by uid."""
    dated = [_dated(view, selection) for view, selection in zip(views, selections, strict=True)]
    total = sum(dated)
    found = NOTHING_FOUND
    if offset < total:
        # The same places counted from the end, a day at a time: within a day the order is not turned round.
        found = _days_up(views, selections, dated, offset, min(limit, total - offset))
    if len(found) < limit:
        tails = [Arranged(selection.rows(many)) for selection, many in zip(selections, dated, strict=True)]
        found += merged(views, list(tails), max(0, offset - total), limit - len(found))
    return found


def _dated(view: View, selection: Selection) -> int:
    """How many rows of a selection have a date."""
    dates = view.segment.date
    return bisect_left(range(selection.count), True, key=lambda at: int(dates[selection.place(at)]) == NO_DATE)


def _days_up(views: tuple[View, ...], selections: list[Selection], dated: list[int], offset: int, limit: int) -> Found:
    def day_key(number: int) -> Callable[[int], Key]:
        dates, uids, place = views[number].segment.date, views[number].segment.uid, selections[number].place
        last = dated[number] - 1

        def key(at: int) -> Key:
            row = place(last - at)
            return int(dates[row]), -int(uids[row])

        return key

    def places_from(number: int, day: int) -> int:
        """How many dated rows of a selection are later than the day."""
        dates, place = views[number].segment.date, selections[number].place
        return bisect_left(range(dated[number]), -day, key=lambda at: -int(dates[place(at)]))

    numbers = range(len(views))
    keys = [day_key(number) for number in numbers]
    passed = partition(dated, keys, offset)
    day = min(keys[number](passed[number])[0] for number in numbers if passed[number] < dated[number])
    found = NOTHING_FOUND
    ends = [places_from(number, day - 1) for number in numbers]
    while True:
        begins = [places_from(number, day) for number in numbers]
        before = sum(dated) - sum(ends)
        groups = [Listed(selections[number].rows(begins[number], ends[number])) for number in numbers]
        found += merged(views, list(groups), max(0, offset - before), limit - len(found))
        if len(found) == limit:
            return found
        ends = begins
        day = min(int(views[number].segment.date[selections[number].place(ends[number] - 1)]) for number in numbers if ends[number])


def by_amount(views: tuple[View, ...], selections: list[Selection], *, down: bool) -> Callable[[int, int], Found]:
    """By amount, those without one last: asked for by offset and limit."""
    sequences: list[Sequence] = []
    tails: list[Sequence] = []
    for view, selection in zip(views, selections, strict=True):
        segment = view.segment
        order = segment.amount_order_down if down else segment.amount_order
        valued = int(segment.meta["valued"])
        if selection.count != segment.rows:
            chosen = selection.mask(segment.rows)
            flags = chosen[order]
            valued = int(np.count_nonzero(flags[:valued]))
            order = order[flags]
        sequences.append(Arranged(order[:valued]))
        tails.append(Arranged(order[valued:]))
    total = sum(sequence.count for sequence in sequences)

    def rows(offset: int, limit: int) -> Found:
        found = merged(views, sequences, offset, limit, -1 if down else 1, lambda view: view.segment.amount)
        if len(found) < limit:
            found += merged(views, tails, max(0, offset - total), limit - len(found))
        return found

    return rows
