"""What the values of a column tell about it: dates or figures, and how these are written. Decided over a sample, with the reasons."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from tenderline.register import dates
from tenderline.register.amounts import COMMA, GROUPED_COMMA, GROUPED_POINT, POINT, parse_number
from tenderline.register.dates import DMY, MDY, Unreadable
from tenderline.register.schema import clean
from tenderline.register.wording import counted

EMPTY, DATE, YEAR, NUMBER, TEXT = "empty", "date", "year", "number", "text"
_MOST = 0.8  # share of the values that must be of a kind for the column to be
_PROBED = 200
_FRACTION_POINT = re.compile(r"\d+\.\d{1,2}")
_FRACTION_COMMA = re.compile(r"\d+,\d{1,2}")
_NO_FIGURES = re.compile(r"[^\d.,]+")


@dataclass(frozen=True)
class Evidence:
    """What a column seems to hold.

    Attributes:
        kind: empty, date, year, number or text.
        values: how many values of the sample say so, all of them that are not empty.
        distinct: how many different ones there are among them.
        length: their mean length in characters.
        date_order: DMY or MDY where dates are written in figures that end in the year.
        date_sure: whether a value decides on it; else day before month is assumed.
        decimal: ``.`` or ``,`` where figures have one.
        told: a sentence for people on what was decided and why, "" when there was nothing to decide.
    """

    kind: str
    values: int = 0
    distinct: int = 0
    length: float = 0.0
    date_order: str | None = None
    date_sure: bool = True
    decimal: str | None = None
    told: str = ""


def weigh(sample: Iterable[str | None]) -> Evidence:
    """Look through a sample of a column's values, as they stand in the file."""
    values = [text for text in map(clean, sample) if text is not None]
    if not values:
        return Evidence(EMPTY)
    counts = {"values": len(values), "distinct": len(set(values)), "length": sum(map(len, values)) / len(values)}
    if _mostly(_is_year, values):
        return Evidence(YEAR, **counts, told="The values are years.")  # type: ignore[arg-type]
    if _mostly(_is_date, values):
        order, sure, told = _date_order([dates.without_time(text) for text in values])
        return Evidence(DATE, **counts, date_order=order, date_sure=sure, told=told)  # type: ignore[arg-type]
    if _mostly(_is_number, values):
        decimal, told = _decimal(values)
        return Evidence(NUMBER, **counts, decimal=decimal, told=told)  # type: ignore[arg-type]
    return Evidence(TEXT, **counts)  # type: ignore[arg-type]


def _mostly(is_one: Callable[[str], bool], values: list[str]) -> bool:
    """Whether most values are of a kind: a few of them tell when they are not."""
    return all(sum(map(is_one, some)) >= _MOST * len(some) for some in (values[:: -(-len(values) // _PROBED)], values))


def _is_year(text: str) -> bool:
    return dates.YEAR_ONLY.fullmatch(text) is not None and "1900" <= text[:4] <= "2100"


def _is_date(value: str) -> bool:
    text = dates.without_time(value)
    if dates.ISO.fullmatch(text) or dates.NUMERIC.fullmatch(text):
        return True
    if not any(letter.isalpha() for letter in text):
        return (
            bool(dates.COMPACT.fullmatch(text)) and "1900" <= text[:4] <= "2100" and "01" <= text[4:6] <= "12" and "01" <= text[6:] <= "31"
        )
    try:
        dates.parse_date(text, DMY, date(2100, 1, 1))
    except Unreadable:
        return False
    return True


def _is_number(text: str) -> bool:
    for decimal in (POINT, COMMA):
        try:
            parse_number(text, decimal)
        except Unreadable:
            continue
        return True
    return False


def _date_order(bare: list[str]) -> tuple[str | None, bool, str]:
    pairs = [(int(match[1]), int(match[3])) for match in map(dates.NUMERIC.fullmatch, bare) if match]
    if not pairs:
        return None, True, "The dates say themselves which part is the year, the month and the day."
    day_first = sum(first > 12 >= second for first, second in pairs)
    month_first = sum(second > 12 >= first for first, second in pairs)
    if not day_first and not month_first:
        return DMY, False, f"None of {counted(len(pairs), 'date')} tells whether day or month comes first; day first is assumed."
    order = DMY if day_first >= month_first else MDY
    words = "Day before month" if order == DMY else "Month before day"
    told = f"{words}: {_so_many(max(day_first, month_first), 'fit', len(pairs), 'date')} no other order"
    against = min(day_first, month_first)
    return (
        order,
        not against,
        told + (f", {against:,} {'fits' if against == 1 else 'fit'} only the opposite and will be rejected." if against else "."),
    )


def _decimal(values: list[str]) -> tuple[str | None, str]:
    point = comma = 0
    for text in values:
        figures = _NO_FIGURES.sub("", text)
        if POINT in figures and COMMA in figures:
            last_is_point = figures.rindex(POINT) > figures.rindex(COMMA)
            point, comma = point + last_is_point, comma + (not last_is_point)
        elif _FRACTION_POINT.fullmatch(figures) or (figures.count(COMMA) > 1 and GROUPED_POINT.fullmatch(figures)):
            point += 1
        elif _FRACTION_COMMA.fullmatch(figures) or (figures.count(POINT) > 1 and GROUPED_COMMA.fullmatch(figures)):
            comma += 1
    if not point and not comma:
        marks = sum(COMMA in text or POINT in text for text in values)
        return None, "Nothing tells a decimal comma from a decimal point; a point is assumed." if marks else ""
    decimal = POINT if point >= comma else COMMA
    words = "point" if decimal == POINT else "comma"
    told = f"Decimal {words}: {_so_many(max(point, comma), 'say', len(values), 'figure')} so"
    return decimal, told + (f", {min(point, comma):,} the opposite." if min(point, comma) else ".")


def _so_many(some: int, verb: str, total: int, one: str) -> str:
    """``1 of 3 dates fits``."""
    return f"{some:,} of {counted(total, one)} {verb}{'s' if some == 1 else ''}"
