"""Counts and exact sums of contracts: what they are kept in, and how they are taken over rows of one segment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tenderline.register import schema
from tenderline.register.selection import Selection
from tenderline.register.sums import halves

if TYPE_CHECKING:
    from tenderline.register.segment import Segment
    from tenderline.register.snapshot import View

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
    """Totals by name: contracts, contracts with an amount, sums in minor units (int64, or Python's int where that is too small)."""

    counts: Counts
    valued: Counts
    minor: NDArray[Any]

    @classmethod
    def none(cls, names: int) -> NameTotals:
        return cls(*(np.zeros(names, np.int64) for _ in range(3)))

    def total(self, name: int) -> Total:
        """The total of one name."""
        return Total(int(self.counts[name]), int(self.valued[name]), int(self.minor[name]))

    def less(self, other: NameTotals) -> NameTotals:
        """What is left without the others."""
        return NameTotals(self.counts - other.counts, self.valued - other.valued, self.minor - other.minor)

    def add(self, other: NameTotals, places: NDArray[np.int32]) -> None:
        """Count the others in, each at its place (no two alike)."""
        self.counts[places] += other.counts
        self.valued[places] += other.valued
        if other.minor.dtype == object:
            self.minor = self.minor.astype(object)
        self.minor[places] += other.minor


def whole(upper: NDArray[np.int64], lower: NDArray[np.int64]) -> NDArray[Any]:
    """Sums in halves (``register.sums``) as whole numbers: of 64 bits where these leave room for more to be added."""
    if not len(upper) or int(np.abs(upper).max()) < 2**22:
        return (upper << 32) + lower
    exact: NDArray[Any] = (upper.astype(object) << 32) + lower.astype(object)
    return exact


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

    def is_missing(self, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of some of the rows picked have no amount."""
        return np.equal(self._amounts[places], schema.NO_AMOUNT)

    @cached_property
    def _plain(self) -> NDArray[np.float64]:
        plain = self._amounts.astype(np.float64)
        plain[self.missing] = 0.0
        return plain

    @cached_property
    def magnitude(self) -> float:
        """About the sum of the amounts' sizes: below ``EXACT``, any sums of them are exact in doubles."""
        return float(np.abs(self._plain).sum())

    @cached_property
    def parts(self) -> list[tuple[int, NDArray[np.float64]]]:
        """The amounts as doubles whose sums are exact: (shift, values), to be added shifted. One part unless amounts are huge."""
        if self.magnitude < EXACT:
            return [(0, self._plain)]
        upper, lower = halves(self._amounts)
        return [(32, upper.astype(np.float64)), (0, lower.astype(np.float64))]

    def total(self) -> Total:
        """All together."""
        return Total(self.count, self.count - len(self.missing), sum(int(values.sum()) << shift for shift, values in self.parts))

    def by_code(self, codes: NDArray[np.int32], names: int) -> NameTotals:
        """By the codes of a dimension (-1 for none, which is not counted)."""
        shifted = codes[self.index].astype(np.intp)
        shifted += 1
        halves_of = dict(self.parts)
        return by_shifted(shifted, self.missing, names, halves_of[0], halves_of.get(32))


def by_shifted(
    shifted: NDArray[np.intp], missing: NDArray[np.int64], names: int, lower: NDArray[np.float64], upper: NDArray[np.float64] | None = None
) -> NameTotals:
    """Totals by codes that are one more than a name's, 0 for none; ``missing`` are the places without an amount."""

    def summed(values: NDArray[np.float64] | None = None) -> Counts:
        return np.bincount(shifted, values, names + 1)[1:].astype(np.int64)

    counts = summed()
    valued = counts - np.bincount(shifted[missing], minlength=names + 1)[1:] if len(missing) else counts.copy()
    return NameTotals(counts, valued, summed(lower) if upper is None else whole(summed(upper), summed(lower)))
