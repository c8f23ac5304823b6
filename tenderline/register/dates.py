"""Dates as sources write them, to days."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

from tenderline.register.schema import to_days

DMY, MDY = "DMY", "MDY"
DATE_ORDERS = (DMY, MDY)
FIRST_YEAR = 1900
YEARS_AHEAD = 10
"""A date later than this many years from today is an error of its source."""

NUMERIC = re.compile(r"(\d{1,2})([/.\- ])(\d{1,2})\2(\d{4}|\d{2})")
"""Day, month and year in figures, the year last: which of the first two is the day, the whole column must tell."""
ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
YEAR_ONLY = re.compile(r"(\d{4})(?:\.0+)?")
SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
"""Days since 1899-12-30, as spreadsheets count them."""
_DAY_NAME = re.compile(r"(\d{1,2})(?:st|nd|rd|th|er|\.|º)?[ \-/]+(?:de |of )?([^\W\d_]{3,})\.?,?[ \-/]+(?:de |del )?(\d{4}|\d{2})")
_NAME_DAY = re.compile(r"([^\W\d_]{3,})\.?[ \-]+(\d{1,2})(?:st|nd|rd|th)?,?[ \-]+(\d{4})")
_NAME_YEAR = re.compile(r"([^\W\d_]{3,})\.?[ \-/,]+(?:de |del )?(\d{4})")
_TIME = re.compile(r"(?:[Tt]|,?\s+)\d{1,2}[:.]\d{2}.*$")
_WEEKDAY = re.compile(r"[^\W\d_]{2,10}\.?,\s+(?=\d)")
_SERIAL_EPOCH = date(1899, 12, 30)
_PIVOT = 70  # 69 is 2069, which is refused, 70 is 1970

_NAMES = (
    "january jan enero ene janvier janv januar jaenner",
    "february feb febrero fevrier fevr februar",
    "march mar marzo mars marz mrz maerz",
    "april apr abril abr avril avr",
    "may mayo mai",
    "june jun junio juin juni",
    "july jul julio juillet juil juli",
    "august aug agosto ago aout",
    "september sep sept septiembre set septembre",
    "october oct octubre octobre oktober okt",
    "november nov noviembre novembre",
    "december dec diciembre dic decembre dezember dez",
)
_MONTHS: Mapping[str, int] = MappingProxyType({name: number for number, names in enumerate(_NAMES, 1) for name in names.split()})
"""Months in English, Spanish, French and German, without accents."""


class Unreadable(ValueError):
    """A value cannot be taken as it stands; the argument is a sentence that says why."""


def latest_day(today: date) -> date:
    """The last date that is believed."""
    return date(today.year + YEARS_AHEAD, 12, 31)


def without_time(text: str) -> str:
    """A date without the time of day or weekday that stands beside it."""
    text = text.strip()
    if ":" in text or len(text) > 12:
        text = _WEEKDAY.sub("", _TIME.sub("", text))
    return text


def parse_date(text: str, order: str, latest: date) -> tuple[int, bool]:
    """Days since 1970-01-01, and whether only the year is known (then it is its 1 January).

    Args:
        text: a value that is not empty.
        order: ``DMY`` or ``MDY``, for dates in figures that end in the year.
        latest: the last date to believe.

    Raises:
        Unreadable: it is no date, no day of the calendar, or out of range.
    """
    bare = without_time(text)
    if match := ISO.fullmatch(bare):
        return _days(match[1], match[3], match[4], text, latest), False
    if match := NUMERIC.fullmatch(bare):
        first, second = int(match[1]), int(match[3])
        day, month = (first, second) if order == DMY else (second, first)
        if month > 12 >= day:
            told = "day/month/year" if order == DMY else "month/day/year"
            raise Unreadable(f"There is no month {month}; the column's dates are read as {told}.")
        return _days(_century(match[4]), month, day, text, latest), False
    if match := YEAR_ONLY.fullmatch(bare):
        return _days(match[1], 1, 1, text, latest), True
    if match := SERIAL.fullmatch(bare):
        return _checked(_SERIAL_EPOCH + timedelta(days=int(match[1])), latest), False
    if match := COMPACT.fullmatch(bare):
        return _days(match[1], match[2], match[3], text, latest), False
    return _named(bare, text, latest), False


def _named(bare: str, text: str, latest: date) -> int:
    """A date with the name of its month; the first of the month where no day stands."""
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", bare.casefold()) if not unicodedata.combining(letter))
    if match := _DAY_NAME.fullmatch(plain):
        day, name, year = match[1], match[2], match[3]
    elif match := _NAME_DAY.fullmatch(plain):
        name, day, year = match[1], match[2], match[3]
    elif match := _NAME_YEAR.fullmatch(plain):
        name, day, year = match[1], "1", match[2]
    else:
        raise Unreadable("This cannot be read as a date.")
    if name not in _MONTHS:
        raise Unreadable("This cannot be read as a date: no month has that name.")
    return _days(_century(year), _MONTHS[name], day, text, latest)


def _century(year: str) -> int:
    if len(year) == 4:
        return int(year)
    return int(year) + (2000 if int(year) < _PIVOT else 1900)


def _days(year: int | str, month: int | str, day: int | str, text: str, latest: date) -> int:
    if not FIRST_YEAR <= int(year) <= latest.year:
        raise Unreadable(f"The year {int(year)} cannot be right: dates from {FIRST_YEAR} to {latest.year} are taken.")
    try:
        return _checked(date(int(year), int(month), int(day)), latest)
    except ValueError as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable(f"{text.strip()[:40]} is no day of the calendar.") from None


def _checked(day: date, latest: date) -> int:
    if day.year < FIRST_YEAR or day > latest:
        raise Unreadable(f"The year {day.year} cannot be right: dates from {FIRST_YEAR} to {latest.year} are taken.")
    return to_days(day)
