"""Which rows of one segment are meant, in the form that costs least: consecutive rows, a list of rows, or a mask over all of them.

Rows stand in the default order, so the places of a selection, counted from 0, are places in that order too.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

RowNumbers: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]
Index: TypeAlias = slice | RowNumbers

NO_ROWS: RowNumbers = np.zeros(0, np.int32)
PIECE = 100
SPARSE = 16
"""A mask with fewer than one row in so many becomes a list."""


class Window:
    """Consecutive rows but for a few.

    Args:
        start, stop: the first row, and the one after the last.
        without: rows among them that are left out, ascending.
    """

    def __init__(self, start: int, stop: int, without: RowNumbers = NO_ROWS) -> None:
        self.start = start
        self.stop = max(start, stop)
        self.without = without
        self._shifted = without - np.arange(len(without), dtype=np.int32)
        self.count = self.stop - self.start - len(without)

    def place(self, number: int) -> int:
        """The row at a place of the selection."""
        row = self.start + number
        return row + bisect_right(self._shifted, row) if len(self.without) else row

    def rows(self, first: int = 0, last: int | None = None) -> RowNumbers:
        """The rows at places ``first`` to ``last`` (not included), ascending."""
        last = self.count if last is None else min(last, self.count)
        places = np.arange(self.start + first, self.start + max(first, last), dtype=np.int32)
        return places + np.searchsorted(self._shifted, places, side="right").astype(np.int32) if len(self.without) else places

    def index(self) -> Index:
        """What picks the selection's rows out of a column."""
        return self.rows() if len(self.without) else slice(self.start, self.stop)

    def kept(self, rows: RowNumbers) -> RowNumbers:
        """Those of some ascending rows that are in the selection."""
        inside = rows[bisect_left(rows, self.start) : bisect_left(rows, self.stop)]
        return _difference(inside, self.without)

    def mask(self, size: int) -> Mask:
        """The selection as a new mask over ``size`` rows."""
        mask = np.zeros(size, np.bool_)
        mask[self.start : self.stop] = True
        mask[self.without] = False
        return mask


class Listed:
    """Rows one by one, ascending."""

    def __init__(self, rows: RowNumbers) -> None:
        self._listed = rows
        self.count = len(rows)

    def place(self, number: int) -> int:
        """The row at a place of the selection."""
        return int(self._all()[number])

    def rows(self, first: int = 0, last: int | None = None) -> RowNumbers:
        """The rows at places ``first`` to ``last`` (not included), ascending."""
        return self._all()[first:last]

    def index(self) -> Index:
        """What picks the selection's rows out of a column."""
        return self._all()

    def kept(self, rows: RowNumbers) -> RowNumbers:
        """Those of some ascending rows that are in the selection."""
        own = self._all()
        few, many = (rows, own) if len(rows) < len(own) else (own, rows)
        if not len(few):
            return NO_ROWS
        places = np.searchsorted(many, few)
        places[places == len(many)] = 0
        kept: RowNumbers = few[many[places] == few]
        return kept

    def mask(self, size: int) -> Mask:
        """The selection as a new mask over ``size`` rows."""
        mask = np.zeros(size, np.bool_)
        mask[self._all()] = True
        return mask

    def _all(self) -> RowNumbers:
        return self._listed


class Masked(Listed):
    """Rows by a mask; they are listed when they are asked for."""

    def __init__(self, mask: Mask) -> None:
        self._mask = mask
        self._found: RowNumbers | None = None
        self.count = int(np.count_nonzero(mask))

    def rows(self, first: int = 0, last: int | None = None) -> RowNumbers:
        """The rows at places ``first`` to ``last`` (not included), ascending."""
        if self._found is None and last is not None and 0 < last < self.count // SPARSE:
            # The first page lies near the beginning: as far as twice of what an even spread would need.
            near = np.flatnonzero(self._mask[: 2 * (last + PIECE) * len(self._mask) // self.count])
            if len(near) >= last:
                return near[first:last].astype(np.int32)
        return self._all()[first:last]

    def kept(self, rows: RowNumbers) -> RowNumbers:
        """Those of some ascending rows that are in the selection."""
        return rows[self._mask[rows]]

    def mask(self, size: int) -> Mask:
        """The selection as a new mask over ``size`` rows."""
        return self._mask.copy()

    def _all(self) -> RowNumbers:
        if self._found is None:
            self._found = np.flatnonzero(self._mask).astype(np.int32)
        return self._found


Selection: TypeAlias = Window | Listed
NOTHING = Window(0, 0)


def by_mask(mask: Mask) -> Selection:
    """The selection of a mask, as a list when that is shorter."""
    masked = Masked(mask)
    return Listed(masked.rows()) if masked.count * SPARSE < len(mask) else masked


def narrowed(selection: Selection, found: RowNumbers | Mask) -> Selection:
    """The rows of a selection that are among others: ascending rows, or a mask over all rows, which stays as it is."""
    if found.dtype != np.bool_:
        return Listed(selection.kept(found.astype(np.int32, copy=False)))
    mask: Mask = found.astype(np.bool_, copy=False)
    if isinstance(selection, Masked):
        return by_mask(selection.mask(len(mask)) & mask)
    if isinstance(selection, Listed):
        rows = selection.rows()
        return Listed(rows[mask[rows]])
    if selection.count * 4 < len(mask):
        inside = (selection.start + np.flatnonzero(mask[selection.start : selection.stop])).astype(np.int32)
        return Listed(_difference(inside, selection.without))
    if selection.count == len(mask):
        return by_mask(mask)
    return by_mask(selection.mask(len(mask)) & mask)


def without(selection: Selection, rows: RowNumbers) -> Selection:
    """The selection without some rows (ascending), most of which need not be in it."""
    if not len(rows) or not selection.count:
        return selection
    if isinstance(selection, Window):
        left_out = Window(selection.start, selection.stop).kept(rows)
        if len(selection.without):
            left_out = np.union1d(left_out, selection.without).astype(np.int32)
        return Window(selection.start, selection.stop, left_out)
    if isinstance(selection, Masked):
        mask = selection.mask(0)
        mask[rows] = False
        return by_mask(mask)
    return Listed(_difference(selection.rows(), rows))


def is_most(selection: Selection, size: int) -> bool:
    """Whether what is left out of a segment of ``size`` rows is less than what is in."""
    return selection.count * 2 > size


def complement(selection: Selection, size: int) -> Selection:
    """The rows of the segment that are not in the selection."""
    if isinstance(selection, Window) and selection.start == 0 and selection.stop == size:
        return Listed(selection.without)
    mask = selection.mask(size)
    return Masked(np.logical_not(mask, out=mask))


def _difference(rows: RowNumbers, others: RowNumbers) -> RowNumbers:
    """Ascending rows without others, ascending too."""
    if not len(others) or not len(rows):
        return rows
    places = np.searchsorted(others, rows)
    places[places == len(others)] = 0
    kept: RowNumbers = rows[others[places] != rows]
    return kept
