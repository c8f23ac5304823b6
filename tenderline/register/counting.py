"""Totals of the contracts of a selection over the whole register, by name, by month or all together.

What was counted when a segment was built is used wherever it saves work: a selection of most of a segment is the ready total less the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tenderline.register.selection import Selection, complement, is_most
from tenderline.register.totals import EXACT, NameTotals, Picked, Total, by_shifted, whole

if TYPE_CHECKING:
    from tenderline.register.segment import Segment
    from tenderline.register.snapshot import Snapshot

PeriodTotal = tuple[int, int, int, int]
"""Period, contracts, contracts with an amount, sum in minor units."""


class Counted:
    """The totals of a selection of contracts over a snapshot; each is worked out when it is first asked for."""

    def __init__(self, snapshot: Snapshot, selections: list[Selection]) -> None:
        self._snapshot = snapshot
        self._parts = [
            (Picked(view, complement(selection, view.segment.rows)), True)
            if is_most(selection, view.segment.rows)
            else (Picked(view, selection), False)
            for view, selection in zip(snapshot.views, selections, strict=True)
        ]

    def by_name(self, dimension: str) -> NameTotals:
        """By name of a dimension, over all views (the codes of ``snapshot.names``)."""
        names = self._snapshot.names(dimension)
        together = self._by_name_at_once(dimension) if self._at_once else NameTotals.none(len(names.folded))
        for (picked, rest), places in zip(self._parts, names.codes, strict=True):
            if not rest and self._at_once:
                continue
            column = picked.segment.dimension(dimension)
            found = picked.by_code(column.codes, len(column)) if picked.count else NameTotals.none(len(column))
            if rest:
                ready = NameTotals(column.counts, column.valued, whole(column.sums[:, 0], column.sums[:, 1]))
                found = ready.less(found) if picked.count else ready
            together.add(found, places)
        return together

    @cached_property
    def _at_once(self) -> list[tuple[int, Picked]]:
        """The views, by number, whose rows are counted in one go: all that are not taken from ready totals, unless amounts are huge."""
        picks = [(number, picked) for number, (picked, rest) in enumerate(self._parts) if not rest and picked.count]
        return picks if sum(picked.magnitude for _, picked in picks) < EXACT else []

    @cached_property
    def _values(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """The amounts of ``_at_once``, and at which places there is none."""
        picks = [picked for _, picked in self._at_once]
        begins = np.cumsum([0, *(picked.count for picked in picks)])[:-1].tolist()
        missing = [picked.missing + begin for picked, begin in zip(picks, begins, strict=True)]
        return np.concatenate([picked.parts[0][1] for picked in picks]), np.concatenate(missing)

    def _by_name_at_once(self, dimension: str) -> NameTotals:
        names = self._snapshot.names(dimension)
        shifted = []
        for number, picked in self._at_once:
            places = np.zeros(len(names.codes[number]) + 1, np.intp)  # the last one answers for -1
            places[:-1] = names.codes[number]
            places[:-1] += 1
            shifted.append(places[picked.segment.dimension(dimension).codes[picked.index]])
        values, missing = self._values
        return by_shifted(np.concatenate(shifted), missing, len(names.folded), values)

    @cached_property
    def periods(self) -> dict[int, Total]:
        """By year * 100 + month; month 0 for dates that are exact to the year only, 0 for no date at all. Empty ones are left out."""
        together: defaultdict[int, Total] = defaultdict(Total)
        for picked, rest in self._parts:
            if rest:
                _add(together, _ready(picked.segment), 1)
            if picked.count:
                _add(together, _by_period(picked), -1 if rest else 1)
        return {period: total for period, total in sorted(together.items()) if total.count}

    @cached_property
    def total(self) -> Total:
        """All together."""
        together = Total()
        for total in self.periods.values():
            together.add(total.count, total.valued, total.minor)
        return together


def _add(together: defaultdict[int, Total], found: Iterable[PeriodTotal], sign: int) -> None:
    for period, count, valued, minor in found:
        together[period].add(count, valued, minor, sign)


def _ready(segment: Segment) -> Iterator[PeriodTotal]:
    months = segment.months
    columns = (months[name].tolist() for name in ("period", "rows", "valued", "upper", "lower"))
    for period, rows, valued, upper, lower in zip(*columns, strict=True):
        yield period, rows, valued, (upper << 32) + lower


def _by_period(picked: Picked) -> Iterator[PeriodTotal]:
    """The rows picked by period. A period may come more than once, to be added up."""
    segment = picked.segment
    calendar: dict[int, int] = defaultdict(int)
    for period, rows in zip(segment.months["period"].tolist(), segment.months["rows"].tolist(), strict=True):
        # Dates exact to the year stand among those of its January.
        calendar[period + 1 if period and period % 100 == 0 else period] += rows
    newest_first = sorted(calendar, reverse=True)
    bounds = np.cumsum([0] + [calendar[period] for period in newest_first])
    if isinstance(picked.index, slice):
        cuts = np.clip(bounds, picked.index.start, picked.index.stop) - picked.index.start
    else:
        cuts = np.searchsorted(picked.index, bounds.astype(np.int32))
    lacking = np.searchsorted(picked.missing, cuts)
    yield from _between(newest_first, cuts, lacking, picked.parts)
    if segment.precision is None:
        return
    vague = np.flatnonzero(segment.precision[picked.index])
    if not len(vague):
        return
    inner = np.searchsorted(vague, cuts)
    without = vague[picked.is_missing(vague)]
    parts = [(shift, values[vague]) for shift, values in picked.parts]
    for period, count, valued, minor in _between(newest_first, inner, np.searchsorted(without, cuts), parts):
        yield period, -count, -valued, -minor
        yield period // 100 * 100, count, valued, minor


def _between(
    periods: list[int], cuts: NDArray[Any], lacking: NDArray[Any], parts: list[tuple[int, NDArray[np.float64]]]
) -> Iterator[PeriodTotal]:
    """Totals of the rows between cuts, one period after the other; ``lacking`` counts those without an amount before each cut."""
    counts = np.diff(cuts)
    filled = np.flatnonzero(counts)
    if not len(filled):
        return
    begins, end = cuts[filled], int(cuts[-1])
    minor = [0] * len(filled)
    for shift, values in parts:
        sums = np.add.reduceat(values[:end], begins).astype(np.int64).tolist()
        minor = [before + (more << shift) for before, more in zip(minor, sums, strict=True)]
    valued = counts - np.diff(lacking)
    yield from zip([periods[place] for place in filled.tolist()], counts[filled].tolist(), valued[filled].tolist(), minor, strict=True)
