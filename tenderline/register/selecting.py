"""From filters to rows: what each clause finds in a segment, and all of them together, the cheapest first."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tenderline.register import schema
from tenderline.register.filters import Filters
from tenderline.register.selection import NO_ROWS, NOTHING, Listed, Mask, RowNumbers, Selection, Window, by_mask, narrowed, without

if TYPE_CHECKING:
    from tenderline.register.dimension_column import DimensionColumn
    from tenderline.register.names import GlobalNames
    from tenderline.register.segment import Segment
    from tenderline.register.snapshot import Snapshot, View

DENSE = 8
"""From one row in so many on, a column is compared row by row rather than row lists joined."""
MANY_NAMES = 64
SMALL = 5_000
_OCCURRENCES = ("words.rows", "words.positions", "words.row_starts", "words.tokens")


@dataclass(frozen=True)
class _Clause:
    """One clause in one segment: ``size`` is at least the number of rows it finds."""

    size: int
    narrow: Callable[[Selection], Selection]


def select(snapshot: Snapshot, filters: Filters) -> list[Selection]:
    """The rows of each view of a snapshot that match the filters and count."""
    wanted = {name: wanted_names(snapshot.names(name), filters.chips(name)) for name in schema.CHIP_DIMENSIONS if getattr(filters, name)}
    return [_select_in(view, number, filters, wanted, snapshot) for number, view in enumerate(snapshot.views)]


def wanted_names(names: GlobalNames, chips: list[tuple[str, ...]]) -> Mask:
    """Which names of a dimension match one of the chips: a flag for each."""
    wanted = np.zeros(len(names.folded), np.bool_)
    for parts in chips:
        wanted[reduce(np.intersect1d, [names.folded.containing(part) for part in parts])] = True
    return wanted


def _select_in(view: View, number: int, filters: Filters, wanted: dict[str, Mask], snapshot: Snapshot) -> Selection:
    segment = view.segment
    clauses = []
    for name, names in wanted.items():
        column = segment.dimension(name)
        codes = np.flatnonzero(names[snapshot.names(name).codes[number]])
        clauses.append(_names_clause(column, codes, segment.rows))
    if (bounds := filters.amounts()) is not None:
        clauses.append(_amounts_clause(segment, *bounds))
    if any(not clause.size for clause in clauses):
        return NOTHING
    selection = _in_time(segment, filters.windows())
    for clause in sorted(clauses, key=lambda clause: clause.size):
        selection = clause.narrow(selection)
    if filters.keywords and selection.count:
        selection = narrowed(selection, _with_keywords(segment, filters.chips("keywords")))
        segment.forget(_OCCURRENCES)
    return without(selection, view.hidden_rows)


# ---- Time ----


def _in_time(segment: Segment, windows: list[tuple[int, int]]) -> Selection:
    if not windows:
        return Window(0, segment.rows)
    found = [_window(segment, first, last) for first, last in windows]
    if len(found) == 1:
        return found[0]
    mask = np.zeros(segment.rows, np.bool_)
    for window in found:
        if len(window.without):
            mask[window.rows()] = True
        else:
            mask[window.start : window.stop] = True
    return by_mask(mask)


def _window(segment: Segment, first: int, last: int) -> Window:
    """The rows from one day to another. One that knows only its year, kept as 1 January, is in it when the whole year is."""
    start, stop = first_row_from(segment, last), first_row_from(segment, first - 1)
    last_day = schema.EPOCH + timedelta(days=last)
    new_year = schema.to_days(date(last_day.year, 1, 1))
    if segment.precision is None or (last_day.month, last_day.day) == (12, 31) or new_year < first:
        return Window(start, stop)
    from_row, to_row = max(start, first_row_from(segment, new_year)), min(stop, first_row_from(segment, new_year - 1))
    vague = from_row + np.flatnonzero(segment.precision[from_row:to_row] == schema.YEAR)
    return Window(start, stop, vague.astype(np.int32))


def first_row_from(segment: Segment, day: int) -> int:
    """The first row whose date is that day or earlier; rows are newest first, those without a date at the end."""
    return bisect_left(segment.date, -day, 0, segment.dated, key=lambda found: -int(found))


# ---- Names ----


def _names_clause(column: DimensionColumn, codes: NDArray[np.int64], rows: int) -> _Clause:
    size = int(column.counts[codes].sum()) if len(codes) else 0

    def narrow(selection: Selection) -> Selection:
        if len(codes) <= MANY_NAMES and (size * DENSE < rows or size < selection.count):
            return narrowed(selection, _joined([column.rows_of(code) for code in codes.tolist()], rows))
        flags = np.zeros(len(column) + 1, np.bool_)  # the last one answers for -1
        flags[codes] = True
        return tested(selection, rows, lambda index: flags[column.codes[index]])

    return _Clause(size, narrow)


def _joined(lists: list[RowNumbers], rows: int) -> RowNumbers | Mask:
    """Lists of rows that have none in common as one."""
    total = sum(map(len, lists))
    if len(lists) == 1 and total * DENSE < rows:
        return lists[0]
    if total <= SMALL:
        return np.sort(np.concatenate(lists)) if lists else NO_ROWS
    mask = np.zeros(rows, np.bool_)
    for listed in lists:
        mask[listed] = True
    return mask


# ---- Amounts ----


def _amounts_clause(segment: Segment, least: int | None, most: int | None) -> _Clause:
    least = schema.NO_AMOUNT + 1 if least is None else least
    most = -schema.NO_AMOUNT - 1 if most is None else most
    amounts, order, valued = segment.amount, segment.amount_order, int(segment.meta["valued"])
    begin = bisect_left(order, least, 0, valued, key=lambda row: int(amounts[row]))
    end = bisect_right(order, most, begin, valued, key=lambda row: int(amounts[row]))
    size = end - begin

    def narrow(selection: Selection) -> Selection:
        if size * DENSE < segment.rows and size < selection.count:
            return narrowed(selection, np.sort(order[begin:end]))
        if size == segment.rows:
            return selection

        def within(index: slice | RowNumbers) -> Mask:
            # Both bounds in one comparison: below the lower one the difference wraps round to something large.
            return (amounts[index] - np.int64(least)).view(np.uint64) <= np.uint64(most - least)

        return tested(selection, segment.rows, within)

    return _Clause(size, narrow)


# ---- Keywords ----


def _with_keywords(segment: Segment, chips: list[tuple[str, ...]]) -> RowNumbers | Mask:
    """The rows whose searched text matches one of the chips."""
    found: list[RowNumbers | Mask] = [reduce(_both, [segment.words.match(part) for part in parts]) for parts in chips]
    if len(found) == 1:
        return found[0]
    mask = np.zeros(segment.rows, np.bool_)
    for rows in found:
        # A mask picks the rows where it is true, a list those that it names.
        mask[rows] = True
    return mask


def _both(one: RowNumbers | Mask, other: RowNumbers | Mask) -> RowNumbers | Mask:
    if one.dtype == np.bool_ and other.dtype == np.bool_:
        return np.logical_and(one, other)
    if one.dtype == np.bool_:
        return other[one[other]]
    if other.dtype == np.bool_:
        return one[other[one]]
    return Listed(one.astype(np.int32, copy=False)).kept(other.astype(np.int32, copy=False))


# ---- Both ----


def tested(selection: Selection, rows: int, test: Callable[[slice | RowNumbers], Mask]) -> Selection:
    """The rows of a selection of which a test of their columns holds; ``test`` gets what picks rows out of a column."""
    if isinstance(selection, Window):
        flags = test(slice(selection.start, selection.stop))
        if selection.count == rows:
            return by_mask(flags)
        kept = (selection.start + np.flatnonzero(flags)).astype(np.int32)
        return Listed(selection.kept(kept)) if len(selection.without) else Listed(kept)
    listed = selection.rows()
    return Listed(listed[test(listed)])
