"""The commonest ways to write amounts and dates, for whole columns at once. What fits none of them is left to ``amounts`` and ``dates``."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from tenderline.register.amounts import COMMA, POINT
from tenderline.register.cleaning import raw_strings
from tenderline.register.dates import DMY, FIRST_YEAR
from tenderline.register.schema import to_days

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_PLAIN = r"^[0-9]{1,15}(\.[0-9]{1,2})?$"
_GROUPED = r"^[1-9][0-9]{0,2}(,[0-9]{3}){1,4}(\.[0-9]{1,2})?$"
_PLAIN_COMMA = r"^[0-9]{1,15}(,[0-9]{1,2})?$"
_GROUPED_COMMA = r"^[1-9][0-9]{0,2}(\.[0-9]{3}){1,4}(,[0-9]{1,2})?$"
_WIDTH = 10  # of 31/12/2024 and 2024-12-31


def plain_amounts(cleaned: pa.Array, decimal: str) -> tuple[np.ndarray, np.ndarray]:
    """Amounts of digits with or without thousands separators and up to two decimals, in minor units, and which values were such."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    plain, grouped, group = (_PLAIN, _GROUPED, ",") if decimal == POINT else (_PLAIN_COMMA, _GROUPED_COMMA, ".")
    separated = pc.fill_null(pc.match_substring_regex(cleaned, grouped), False)
    bare = pc.if_else(separated, pc.replace_substring(cleaned, group, ""), cleaned)
    fits = pc.fill_null(pc.match_substring_regex(bare, plain), False)
    digits = pc.if_else(fits, bare, None)
    if decimal == COMMA:
        digits = pc.replace_substring(digits, ",", ".")
    exact = pc.cast(digits, pa.decimal128(38, 2))
    low = np.frombuffer(exact.buffers()[1], np.int64)[2 * exact.offset : 2 * (exact.offset + len(exact)) : 2]
    known = np.asarray(fits)
    return np.where(known, low, 0), known


def plain_dates(cleaned: pa.Array, order: str, latest: date) -> tuple[np.ndarray, np.ndarray]:
    """Dates of ten characters, day, month and year in two, two and four digits or the other way round: days since 1970, and which were
    such and are days of the calendar within bounds."""
    import numpy as np

    offsets, data = raw_strings(cleaned)
    days = np.zeros(len(cleaned), np.int32)
    known = np.zeros(len(cleaned), bool)
    places = np.flatnonzero((np.diff(offsets) == _WIDTH) & np.asarray(cleaned.is_valid()))
    if not places.size:
        return days, known
    signs = data[offsets[places][:, None] + np.arange(_WIDTH)]
    digits = signs.astype(np.int32) - ord("0")
    is_digit = (digits >= 0) & (digits <= 9)
    day_at, month_at = (0, 3) if order == DMY else (3, 0)
    for separators, (year, month, day) in (([2, 5], (6, month_at, day_at)), ([4, 7], (0, 5, 8))):
        first, second = separators
        numeric = np.delete(is_digit, separators, axis=1).all(axis=1)
        fits = numeric & (signs[:, first] == signs[:, second]) & np.isin(signs[:, first], np.frombuffer(b"/-.", np.uint8))
        found, good = _calendar(
            digits[:, year : year + 4] @ np.array([1000, 100, 10, 1], np.int32),
            digits[:, month] * 10 + digits[:, month + 1],
            digits[:, day] * 10 + digits[:, day + 1],
            latest,
        )
        chosen = fits & good
        days[places[chosen]] = found[chosen]
        known[places[chosen]] = True
    return days, known


def _calendar(year: np.ndarray, month: np.ndarray, day: np.ndarray, latest: date) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970-01-01, and which are days of the calendar from ``FIRST_YEAR`` to ``latest``."""
    import numpy as np

    good = (year >= FIRST_YEAR) & (year <= latest.year) & (month >= 1) & (month <= 12) & (day >= 1)
    months = np.where(good, (year - 1970) * 12 + month - 1, 0)
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    length = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64) - first
    found = first + day - 1
    return found, good & (day <= length) & (found <= to_days(latest))
