"""Counts and exact sums of the contracts of a selection, by name, by month or all together.

What was counted when a segment was built is used wherever it saves work: a selection of most of a segment is the ready total less the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tenderline.register import schema
from tenderline.register.selection import Selection, complement
from tenderline.register.sums import halves

if TYPE_CHECKING:
    from tenderline.register.segment import Segment
    from tenderline.register.snapshot import Snapshot, View

EXACT = 2.0**52
"""Below this, sums of whole numbers in doubles are exact."""
Counts = NDArray[np.int64]


class Total:
    """How many contracts, how many of them with an amount, and the sum of these in minor units."""

    __slots__ = ("count", "minor", "valued")

    def __init__(self, count: int = 0, valued: int = 0, minor: int = 0) -> None:
        self.count = count
        self.valued = valued
        self.minor = minor

    def add(self, count: int, valued: int, minor: int, sign: int = 1) -> None:
        """Count more contracts in, or out again."""
        self.count += sign * count
        self.valued += sign * valued
        self.minor += sign * minor

    def as_dict(self) -> dict[str, Any]:
        """``count``, ``total_value``, ``avg_value``; the total in full as text too where a number can't carry it."""
        told: dict[str, Any] = {
            "count": self.count,
            "total_value": schema.amount_number(self.minor),
            "avg_value": average(self.minor, self.valued),
        }
        if abs(self.minor) > 2**53:
            told["total_value_text"] = schema.amount_text(self.minor)
        return told


def average(minor: int, valued: int) -> int | float | None:
    """The mean, to the nearest cent (half a cent up); None of nothing."""
    return schema.amount_number(mean_minor(minor, valued)) if valued else None


def mean_minor(minor: int, valued: int) -> int:
    """The mean in minor units, half a unit up."""
    return (2 * minor + valued) // (2 * valued)


@dataclass
class NameTotals:
    """Totals by name: contracts, contracts with an amount, and sums as pairs (``register.sums``)."""

    counts: Counts
    valued: Counts
    sums: NDArray[np.int64]

    @classmethod
    def none(cls, names: int) -> NameTotals:
        return cls(np.zeros(names, np.int64), np.zeros(names, np.int64), np.zeros((names, 2), np.int64))

    def total(self, name: int) -> Total:
        """The total of one name."""
        upper, lower = self.sums[name].tolist()
        return Total(int(self.counts[name]), int(self.valued[name]), (upper << 32) + lower)

    @cached_property
    def minor(self) -> NDArray[Any]:
        """The sums: int64, or Python's whole numbers where these are too small."""
        if not len(self.sums) or int(np.abs(self.sums[:, 0]).max()) < 2**29:
            return (self.sums[:, 0] << 32) + self.sums[:, 1]
        whole: NDArray[Any] = (self.sums[:, 0].astype(object) << 32) + self.sums[:, 1].astype(object)
        return whole


class Picked:
    """The rows of a selection in one view, with their amounts."""

    def __init__(self, view: View, selection: Selection) -> None:
        self.segment: Segment = view.segment
        self.selection = selection
        self.index = selection.index()
        self.count = selection.count

    @cached_property
    def _amounts(self) -> NDArray[np.int64]:
        return self.segment.amount[self.index]

    @cached_property
    def missing(self) -> NDArray[np.int64]:
        """Which of the rows picked have no amount: places among them."""
        if self.segment.meta["valued"] == self.segment.rows:
            return np.zeros(0, np.int64)
        return np.flatnonzero(self._amounts == schema.NO_AMOUNT)

    @cached_property
    def parts(self) -> list[tuple[int, NDArray[np.float64]]]:
        """The amounts as doubles whose sums are exact: (shift, values), to be added shifted. One part unless amounts are huge."""
        plain = self._amounts.astype(np.float64)
        plain[self.missing] = 0.0
        if np.abs(plain).sum() < EXACT:
            return [(0, plain)]
        upper, lower = halves(self._amounts)
        return [(32, upper.astype(np.float64)), (0, lower.astype(np.float64))]

    def total(self) -> Total:
        """All together."""
        return Total(self.count, self.count - len(self.missing), sum(int(values.sum()) << shift for shift, values in self.parts))

    def by_code(self, codes: NDArray[np.int32], names: int) -> NameTotals:
        """By the codes of a dimension (-1 for none, which is not counted)."""
        shifted = codes[self.index].astype(np.intp)
        shifted += 1
        counts = np.bincount(shifted, minlength=names + 1)[1:]
        valued = counts
        if len(self.missing):
            valued = counts - np.bincount(shifted[self.missing], minlength=names + 1)[1:]
        sums = np.zeros((names, 2), np.int64)
        for shift, values in self.parts:
            found = np.bincount(shifted, weights=values, minlength=names + 1)[1:].astype(np.int64)
            if shift:
                sums[:, 0] += found
            else:
                sums[:, 0] += found >> 32
                sums[:, 1] += found & 0xFFFFFFFF
        return NameTotals(counts, valued, sums)


def is_most(selection: Selection, segment: Segment) -> bool:
    """Whether counting what is left out is less work than counting what is in."""
    return selection.count * 2 > segment.rows


class Counted:
    """The totals of a selection of contracts over a snapshot; each is worked out when it is first asked for."""

    def __init__(self, snapshot: Snapshot, selections: list[Selection]) -> None:
        self._snapshot = snapshot
        self._parts = [
            (Picked(view, complement(selection, view.segment.rows)), True)
            if is_most(selection, view.segment)
            else (Picked(view, selection), False)
            for view, selection in zip(snapshot.views, selections, strict=True)
        ]

    def by_name(self, dimension: str) -> NameTotals:
        """By name of a dimension, over all views (the codes of ``snapshot.names``)."""
        names = self._snapshot.names(dimension)
        together = NameTotals.none(len(names.folded))
        for (picked, rest), places in zip(self._parts, names.codes, strict=True):
            column = picked.segment.dimension(dimension)
            counts, valued, sums = column.counts, column.valued, column.sums
            if picked.count or not rest:
                found = picked.by_code(column.codes, len(column))
                counts, valued, sums = (
                    (counts - found.counts, valued - found.valued, sums - found.sums) if rest else (found.counts, found.valued, found.sums)
                )
            together.counts[places] += counts
            together.valued[places] += valued
            together.sums[places] += sums
        # The lower halves may have grown beyond 32 bits, or below nothing.
        together.sums[:, 0] += together.sums[:, 1] >> 32
        together.sums[:, 1] &= 0xFFFFFFFF
        return together

    @cached_property
    def periods(self) -> dict[int, Total]:
        """By year * 100 + month; month 0 for dates that are exact to the year only, 0 for no date at all. Empty ones are left out."""
        together: defaultdict[int, Total] = defaultdict(Total)
        for picked, rest in self._parts:
            if rest:
                for period, count, valued, minor in _ready(picked.segment):
                    together[period].add(count, valued, minor)
            if picked.count:
                for period, count, valued, minor in _by_period(picked):
                    together[period].add(count, valued, minor, -1 if rest else 1)
        return {period: total for period, total in sorted(together.items()) if total.count}

    @cached_property
    def total(self) -> Total:
        """All together."""
        together = Total()
        for total in self.periods.values():
            together.add(total.count, total.valued, total.minor)
        return together


def _ready(segment: Segment) -> Iterator[tuple[int, int, int, int]]:
    months = segment.months
    for period, rows, valued, upper, lower in zip(
        *(months[name].tolist() for name in ("period", "rows", "valued", "upper", "lower")), strict=True
    ):
        yield period, rows, valued, (upper << 32) + lower


def _by_period(picked: Picked) -> Iterator[tuple[int, int, int, int]]:
    """The rows picked by period: (period, rows, rows with an amount, sum). A calendar month may come twice, to be added."""
    segment = picked.segment
    calendar: dict[int, int] = defaultdict(int)
    for period, rows in zip(segment.months["period"].tolist(), segment.months["rows"].tolist(), strict=True):
        calendar[period + 1 if period and period % 100 == 0 else period] += rows
    newest_first = sorted(calendar, reverse=True)
    bounds = np.cumsum([0] + [calendar[period] for period in newest_first])
    if isinstance(picked.index, slice):
        cuts = np.clip(bounds, picked.index.start, picked.index.stop) - picked.index.start
    else:
        cuts = np.searchsorted(picked.index, bounds.astype(np.int32))
    yield from _between(picked, newest_first, cuts)
    if segment.precision is None:
        return
    vague = np.flatnonzero(segment.precision[picked.index] == schema.YEAR)
    if not len(vague):
        return
    inner = np.searchsorted(vague, cuts)
    for period, count, valued, minor in _between(picked, newest_first, inner, vague):
        yield period, -count, -valued, -minor
        yield period // 100 * 100, count, valued, minor


def _between(
    picked: Picked, periods: list[int], cuts: NDArray[Any], only: NDArray[np.int64] | None = None
) -> Iterator[tuple[int, int, int, int]]:
    counts = np.diff(cuts)
    filled = np.flatnonzero(counts)
    if not len(filled):
        return
    begins = cuts[filled]
    end = int(cuts[-1])
    minor = [0] * len(filled)
    for shift, values in picked.parts:
        chosen = values if only is None else values[only]
        for at, value in enumerate(np.add.reduceat(chosen[:end], begins).tolist()):
            minor[at] += int(value) << shift
    missing = picked.missing if only is None else np.flatnonzero(np.isin(only, picked.missing))
    without = np.diff(np.searchsorted(missing, cuts))[filled]
    for place, count, lacking, value in zip(filled.tolist(), counts[filled].tolist(), without.tolist(), minor, strict=True):
        yield periods[place], count, count - lacking, value
