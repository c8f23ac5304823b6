"""Exact sums of amounts: a register's total does not fit 64 bits, and floats round.

An amount is split into its upper half and its lower 32 bits; each half of a million is summed exactly in doubles (below 2**53).
A sum is the pair (upper, lower) of int64, worth ``upper * 2**32 + lower``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tenderline.register.schema import NO_AMOUNT

Amounts = NDArray[np.int64]
Pairs = NDArray[np.int64]


def halves(amounts: Amounts) -> tuple[Amounts, Amounts]:
    """The upper and the lower half of each amount; nothing where there is no amount."""
    known = np.where(amounts == NO_AMOUNT, 0, amounts)
    return known >> 32, known & 0xFFFFFFFF


def total(amounts: Amounts) -> int:
    """The sum of the amounts that are known, in minor units."""
    upper, lower = halves(amounts)
    return (int(upper.sum()) << 32) + int(lower.sum())


def sums_by(codes: NDArray[np.integer], amounts: Amounts, groups: int) -> Pairs:
    """The sum for each code (``groups`` x 2: upper, lower). Codes are not negative; at most 2**20 amounts at once stay exact."""
    upper, lower = halves(amounts)
    pairs = np.empty((groups, 2), np.int64)
    pairs[:, 0] = np.bincount(codes, weights=upper, minlength=groups)
    pairs[:, 1] = np.bincount(codes, weights=lower, minlength=groups)
    return pairs


def known_by(codes: NDArray[np.integer], amounts: Amounts, groups: int) -> NDArray[np.int64]:
    """How many amounts are known for each code."""
    return np.bincount(codes[amounts != NO_AMOUNT], minlength=groups)


def exact(pair: NDArray[np.int64]) -> int:
    """One pair as the number that it is."""
    upper, lower = pair.tolist()
    return int((upper << 32) + lower)


def totals(pairs: Pairs) -> list[int]:
    """Pairs as the numbers that they are."""
    return [(upper << 32) + lower for upper, lower in pairs.tolist()]
