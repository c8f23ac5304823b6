"""What a contract consists of, in which units, and how text is made comparable. Everything in the register goes by this module.

Dates are days since 1970-01-01, amounts whole hundredths of the currency (minor units): money is never a float here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow

NO_DATE = -(2**31)
NO_AMOUNT = -(2**63)
MAX_AMOUNT_MINOR = 10**17
"""The largest amount that is believed, in minor units either way: beyond it a figure is an error of the source."""
DAY, YEAR = 0, 1
"""How exact a date is: to the day, or only to the year, which is then stored as its 1 January."""
EPOCH = date(1970, 1, 1)

UID_BITS = 32
SEGMENT_ROWS = 1_000_000

DIMENSIONS: Mapping[str, str] = MappingProxyType(
    {
        "contractors": "awardee_name",
        "organizations": "organization_name",
        "areas": "area_of_delivery",
        "business_categories": "business_category",
        "materials": "item_name",
    }
)
"""The name of a dimension, as filters and tables say it -> its field."""
CHIP_DIMENSIONS = ("contractors", "areas", "organizations", "business_categories")

SEARCHED = ("award_title", "notice_title", "item_name", "item_description")
"""The fields whose distinct values, each on a line of its own, are a contract's searched text."""

TEXTS = (
    "reference_id",
    "contract_no",
    "award_title",
    "notice_title",
    "awardee_name",
    "organization_name",
    "area_of_delivery",
    "business_category",
    "award_status",
    "item_name",
    "item_description",
    "unit",
)
AMOUNTS = ("contract_amount", "unit_price")
FIELDS = (*TEXTS, *AMOUNTS, "award_date", "quantity")
"""Every field that a column of a file can be mapped to."""

NULL_WORDS = frozenset({"null", "none", "nil", "n/a", "n.a.", "na", "nan", "-", "--", "#n/a", "not applicable", "not available"})
"""What sources write where they have nothing to say, casefolded."""

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b\u2028\u2029\ufeff]+")


def clean(text: str | None) -> str | None:
    """Text as the register keeps it: NFC, one space for any run of blank or control characters, none at the ends; None for a null word."""
    if text is None:
        return None
    cleaned = plain(text)
    return None if not cleaned or cleaned.casefold() in NULL_WORDS else cleaned


def plain(text: str) -> str:
    """As ``clean``, but a null word stays what it is: for what people search for, where ``na`` and ``-`` are parts of words."""
    return _BLANK.sub(" ", unicodedata.normalize("NFC", text)).strip()


def fold(text: str) -> str:
    """Text as it is compared: without the difference between upper and lower case."""
    return unicodedata.normalize("NFC", text.casefold())


def uid_of(import_no: int, ordinal: int) -> int:
    """The id of a contract: unique, and the same for ever. ``ordinal`` counts the rows of the import's file from 0."""
    return (import_no << UID_BITS) | ordinal


def import_of(uid: int) -> int:
    """The number of the import that brought a contract in."""
    return uid >> UID_BITS


def to_days(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def iso_date(days: int, precision: int = DAY) -> str | None:
    """``2024-03-31``, or ``2024`` where only the year is known; None for ``NO_DATE``."""
    if days == NO_DATE:
        return None
    day = EPOCH + timedelta(days=days)
    return f"{day.year:04d}" if precision == YEAR else day.isoformat()


def amount_number(minor: int) -> int | float | None:
    """An amount for JSON: a number with at most two decimals, whose shortest form is exact; None for ``NO_AMOUNT``.

    A double holds every amount up to ``MAX_AMOUNT_MINOR`` to within less than half a cent, so its two decimals are the true ones up to
    2**53 minor units; larger sums keep their cents in ``amount_text``.
    """
    if minor == NO_AMOUNT:
        return None
    whole, cents = divmod(minor, 100)
    return whole if not cents else minor / 100


def amount_text(minor: int) -> str:
    """An amount in full, exact at any size: ``-12.05``."""
    sign = "-" if minor < 0 else ""
    whole, cents = divmod(abs(minor), 100)
    return f"{sign}{whole}.{cents:02d}"


def prepared_schema() -> pyarrow.Schema:
    """The columns of a prepared batch: validated rows on their way from a file into a segment.

    ``ordinal`` is the row of the file from 0, ``line`` what people find it by, ``source`` its columns as they stood in the file.
    """
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("ordinal", pa.int64(), nullable=False),
            pa.field("line", pa.int64(), nullable=False),
            *[pa.field(name, pa.string()) for name in TEXTS],
            *[pa.field(name, pa.int64()) for name in AMOUNTS],
            pa.field("quantity", pa.float64()),
            pa.field("award_date", pa.date32()),
            pa.field("year_only", pa.bool_()),
            pa.field("source", pa.list_(pa.string())),
        ]
    )
