"""A page of the contracts of several segments in the order of a name, those without one last; one name's in the default order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tenderline.register import ordering
from tenderline.register.ordering import NOTHING_FOUND, Found, merged
from tenderline.register.selecting import tested
from tenderline.register.selection import NO_ROWS, Listed, Selection, complement, is_most, narrowed

if TYPE_CHECKING:
    from tenderline.register.dimension_column import DimensionColumn
    from tenderline.register.names import GlobalNames
    from tenderline.register.snapshot import Snapshot, View


def name_counts(snapshot: Snapshot, selections: list[Selection], dimension: str) -> NDArray[np.int64]:
    """How many contracts of the selections each name of a dimension has (the codes of ``snapshot.names``)."""
    names = snapshot.names(dimension)
    together = np.zeros(len(names.folded), np.int64)
    for view, selection, places in zip(snapshot.views, selections, names.codes, strict=True):
        column = view.segment.dimension(dimension)
        if is_most(selection, view.segment.rows):
            together[places] += column.counts - _counts(column, complement(selection, view.segment.rows))
        else:
            together[places] += _counts(column, selection)
    return together


def _counts(column: DimensionColumn, selection: Selection) -> NDArray[np.int64]:
    if not selection.count:
        return np.zeros(len(column), np.int64)
    shifted = column.codes[selection.index()].astype(np.intp)
    shifted += 1
    return np.bincount(shifted, minlength=len(column) + 1)[1:]


def by_name(snapshot: Snapshot, selections: list[Selection], dimension: str, offset: int, limit: int, *, down: bool) -> Found:
    """The rows at ``offset`` to ``offset + limit``."""
    names = snapshot.names(dimension)
    counts = name_counts(snapshot, selections, dimension)
    order = np.flatnonzero(counts)
    if down:
        order = order[::-1]
    ends = np.cumsum(counts[order])
    named = int(ends[-1]) if len(ends) else 0
    found = NOTHING_FOUND
    first, whole = int(np.searchsorted(ends, offset, side="right")), 0
    for at in range(first, len(order)):
        if len(found) == limit:
            break
        if at < whole:
            continue
        before = int(ends[at - 1]) if at else 0
        if limit > ordering.MANY and before >= offset:
            whole = int(np.searchsorted(ends, offset + limit, side="right"))
            if whole > at:
                found += _all_of(snapshot, selections, names, order[at:whole], dimension)
                continue
        rows = [_rows_of(view, names, number, int(order[at]), dimension) for number, view in enumerate(snapshot.views)]
        kept = [narrowed(selection, listed) for selection, listed in zip(selections, rows, strict=True)]
        found += merged(snapshot.views, list(kept), max(0, offset - before), limit - len(found))
    if len(found) < limit:
        tails = [_nameless(view, selection, dimension) for view, selection in zip(snapshot.views, selections, strict=True)]
        found += merged(snapshot.views, list(tails), max(0, offset - named), limit - len(found))
    return found


def _all_of(snapshot: Snapshot, selections: list[Selection], names: GlobalNames, wanted: NDArray[np.int64], dimension: str) -> Found:
    """All rows of the selections that have one of these names, in the order of the names."""
    rank = np.full(len(names.folded), -1, np.int32)
    rank[wanted] = np.arange(len(wanted), dtype=np.int32)
    rows, keys, numbers = [], [], []
    for number, (view, selection) in enumerate(zip(snapshot.views, selections, strict=True)):
        index = selection.index()
        codes = view.segment.dimension(dimension).codes[index]
        ranks = np.append(rank[names.codes[number]], np.int32(-1))[codes]  # the last one answers for -1
        kept = ranks >= 0
        chosen = np.arange(view.segment.rows, dtype=np.int32)[index][kept]
        rows.append(chosen)
        numbers.append(np.full(len(chosen), number))
        keys.append((view.segment.uid[chosen], -view.segment.date[chosen].astype(np.int64), ranks[kept]))
    together = np.concatenate(rows)
    sorted_by = [np.concatenate(part) for part in zip(*keys, strict=True)]
    sequence = np.lexsort(sorted_by)
    return Found(np.concatenate(numbers)[sequence], together[sequence])


def _rows_of(view: View, names: GlobalNames, number: int, name: int, dimension: str) -> NDArray[np.int32]:
    places = names.codes[number]
    code = int(np.searchsorted(places, name))
    return view.segment.dimension(dimension).rows_of(code) if code < len(places) and places[code] == name else NO_ROWS


def _nameless(view: View, selection: Selection, dimension: str) -> Selection:
    codes = view.segment.dimension(dimension).codes
    return tested(selection, view.segment.rows, lambda index: codes[index] < 0) if selection.count else Listed(NO_ROWS)
