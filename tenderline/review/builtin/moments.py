"""Dates as documents write them: "12 March 2024", "March 12, 2024", "2024-03-12", "12/03/2024", with or without a weekday."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tenderline.review.builtin.text import listed

_MONTH_NAMES = listed("January February March April May June July August September October November December")
_SHORT = [name[:3] for name in _MONTH_NAMES]
_WEEKDAYS = listed("Monday Tuesday Wednesday Thursday Friday Saturday Sunday")


def _spellings(full: list[str], short: list[str]) -> str:
    """Full names, and short ones that may end in a point; capitalised or all in capitals, so that "may" stays a verb."""
    cased = [[form for name in names for form in (name, name.upper())] for names in (full, short)]
    return rf"(?:(?:{'|'.join(cased[0])})\b|(?:{'|'.join(sorted(cased[1], key=len, reverse=True))})\b\.?)"


_MONTH = _spellings(_MONTH_NAMES, [*_SHORT, "Sept"])
_DAY_NAME = _spellings(_WEEKDAYS, ["Mon", "Tue", "Tues", "Wed", "Thu", "Thur", "Thurs", "Fri", "Sat", "Sun"])
_DAY = r"\d{1,2}(?:st|nd|rd|th|ST|ND|RD|TH)?"
_BEFORE = rf"(?:\b(?P<before>{_DAY_NAME}),?\s{{1,3}}(?:the\s)?)?"
_AFTER = rf"(?:\s?\((?P<after>{_DAY_NAME})\))?"

_WRITTEN = re.compile(
    rf"{_BEFORE}(?:"
    rf"(?<![\w.,/-])(?P<day1>{_DAY})(?:\s(?:day\s)?(?:of\s)?|-)(?P<month1>{_MONTH})(?:(?:,?\s{{1,2}}|-)(?P<year1>(?:1[89]|20"
    rf"|21)\d\d)\b(?![,.]\d))?"
    rf"|\b(?P<month2>{_MONTH})\s{{1,2}}(?P<day2>{_DAY})\b(?![.,:]\d|[/%])(?:,?\s{{1,2}}(?P<year2>(?:1[89]|20|21)\d\d)\b(?![,.]\d))?"
    rf"|(?<![\w/.-])(?P<year3>(?:19|20|21)\d\d)-(?P<month3>\d\d)-(?P<day3>\d\d)(?![\w/-])"
    rf"|(?<![\w/.-])(?P<first>\d{{1,2}})(?P<mark>[/.-])(?P<second>\d{{1,2}})(?P=mark)(?P<year4>(?:19|20|21)\d\d)(?![\w/-])"
    rf"){_AFTER}"
)
_MONTH_YEAR = re.compile(rf"(?<!\d\s)\b(?P<month>{_MONTH}),?\s(?P<year>(?:19|20|21)\d\d)\b")
# "Case No. 12/34/2024" and "Directive 2014-24-12" are not dates.
_REFERENCE = re.compile(
    r"(?:\b(?:no|nos|ref|reference|case|file|tender|contract|notice|number|directive|regulation|id|code|version|v)\b|№|#)[.:]?\s*$", re.I
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A date in the text.

    Attributes:
        start, end: where it stands, weekday included.
        day, month, year: as written; ``year`` is None when it is not there. For numeric dates in the order the readings agree on, else
            the order day, month.
        readings: the calendar dates it can mean: none when it does not exist or has no year, two when "03/04/2024" is ambiguous.
        weekday: 0 (Monday) to 6, or None.
        exists: whether any reading is in the calendar (for a date without year: in some year).
        numeric: whether the month is a number.
    """

    start: int
    end: int
    day: int
    month: int
    year: int | None
    readings: tuple[date, ...]
    weekday: int | None
    exists: bool
    numeric: bool

    @property
    def date(self) -> date | None:
        """The one date it means, or None."""
        return self.readings[0] if len(self.readings) == 1 else None


def month_name(month: int) -> str:
    return _MONTH_NAMES[month - 1]


def weekday_name(weekday: int) -> str:
    return _WEEKDAYS[weekday]


def in_words(moment: date) -> str:
    """ "12 March 2024" """
    return f"{moment.day} {month_name(moment.month)} {moment.year}"


def find_moments(text: str, start: int = 0, end: int | None = None, day_first: bool | None = None) -> Iterator[Moment]:
    """The dates with a day, in order.

    Args:
        day_first: how to read "03/04/2024"; None keeps both readings.
    """
    for match in _WRITTEN.finditer(text, start, len(text) if end is None else end):
        numeric = match["first"] is not None
        weekday = _weekday(match["before"] or match["after"])
        if (numeric or match["year3"]) and weekday is None and _REFERENCE.search(text, max(0, match.start() - 16), match.start()):
            continue
        if numeric:
            yield _numeric(match, weekday, day_first)
            continue
        day = int(re.sub(r"\D", "", match["day1"] or match["day2"] or match["day3"]))
        name = match["month1"] or match["month2"]
        month = _month(name) if name else int(match["month3"])
        year_text = match["year1"] or match["year2"] or match["year3"]
        year = int(year_text) if year_text else None
        reading = _real(year, month, day) if year else None
        exists = reading is not None if year else _exists(month, day)
        yield Moment(match.start(), match.end(), day, month, year, (reading,) if reading else (), weekday, exists, False)


def find_months(text: str, start: int = 0, end: int | None = None) -> Iterator[tuple[int, int, int, int]]:
    """``(start, end, year, month)`` of every "March 2024" that is not part of a full date."""
    for match in _MONTH_YEAR.finditer(text, start, len(text) if end is None else end):
        yield match.start(), match.end(), int(match["year"]), _month(match["month"])


def numeric_order(text: str, start: int = 0, end: int | None = None) -> tuple[int, int]:
    """How many numeric dates can only be day-month, and how many only month-day."""
    day_first = month_first = 0
    for match in _NUMERIC.finditer(text, start, len(text) if end is None else end):
        first, second = int(match[1]), int(match[3])
        day_first += 12 < first <= 31 and 1 <= second <= 12
        month_first += 12 < second <= 31 and 1 <= first <= 12
    return day_first, month_first


_NUMERIC = re.compile(r"(?<![\w/.-])(\d{1,2})([/.-])(\d{1,2})\2(?:19|20|21)\d\d(?![\w/-])")


def _numeric(match: re.Match[str], weekday: int | None, day_first: bool | None) -> Moment:
    first, second, year = int(match["first"]), int(match["second"]), int(match["year4"])
    european, american = _real(year, second, first), _real(year, first, second)
    readings = tuple(dict.fromkeys(reading for reading in (european, american) if reading))
    if day_first is not None and len(readings) == 2:
        readings = (readings[0],) if day_first else (readings[1],)
    day, month = (second, first) if readings and readings[0] == american != european else (first, second)
    return Moment(match.start(), match.end(), day, month, year, readings, weekday, bool(readings), True)


def _real(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _exists(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= monthrange(2000, month)[1]


def _month(name: str) -> int:
    return _SHORT.index(name[:3].title()) + 1


def _weekday(name: str | None) -> int | None:
    return None if name is None else [day[:3] for day in _WEEKDAYS].index(name[:3].title())
