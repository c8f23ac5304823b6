"""What templates draw from: dates, figures and names, all from one seeded generator, so that a seed always makes the same documents."""

from __future__ import annotations

import datetime as dt
import random
from typing import Any

from tenderline.review.builtin.text import listed

_TOWNS = ("Ardenham", "Brockwell", "Calderbury", "Dunmore", "Eastleigh", "Farnley", "Glenrothes", "Hartwell", "Inverley", "Kestrel Bay")
_COMPANIES = (
    "Alder Works Ltd", "Brightwater Supply Ltd", "Corvin Partners Ltd", "Delmore Services Ltd", "Ellery Group Ltd", "Fenwick Trading Ltd",
    "Granby Systems Ltd", "Holt and Sons Ltd",
)  # fmt: skip
_PERSONS = ("Ms Amara Osei", "Mr Tomas Lindqvist", "Ms Helen Abara", "Mr Daniel Okafor", "Ms Ruth Kimani", "Mr Peter Novak")
_UNITS = listed(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
)
_TENS = listed("zero ten twenty thirty forty fifty sixty seventy eighty ninety")


def in_words(number: int) -> str:
    """A whole number below a billion in English words: 1250 is "one thousand two hundred and fifty"."""
    if number >= 1_000_000:
        rest = f" {in_words(number % 1_000_000)}" if number % 1_000_000 else ""
        return f"{in_words(number // 1_000_000)} million{rest}"
    if number >= 1_000:
        below = number % 1_000
        joint = "" if not below else " and " if below < 100 else " "
        return f"{in_words(number // 1_000)} thousand{joint}{in_words(below) if below else ''}"
    if number >= 100:
        return f"{_UNITS[number // 100]} hundred{f' and {in_words(number % 100)}' if number % 100 else ''}"
    if number < 20:
        return _UNITS[number]
    return _TENS[number // 10] + (f"-{_UNITS[number % 10]}" if number % 10 else "")


def written(day: dt.date) -> str:
    """ "12 March 2025" """
    return f"{day.day} {day:%B %Y}"


def ordinal(number: int) -> str:
    """ "1st", "12th", "23rd" """
    suffix = "th" if 10 < number % 100 < 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def workday(day: dt.date) -> dt.date:
    """The day itself, or the Monday after a weekend."""
    return day + dt.timedelta(days=max(0, 7 - day.weekday())) if day.weekday() > 4 else day


class Draw:
    """The names that templates may use. Each document has its own, so that town, buyer and year are the same throughout it."""

    def __init__(self, random_numbers: random.Random) -> None:
        self._random = random_numbers
        self.start = workday(dt.date(random_numbers.randint(2023, 2026), 1, 8) + dt.timedelta(days=random_numbers.randint(0, 250)))

    def names(self) -> dict[str, Any]:
        """Functions and values by the names under which templates know them.

        ``on(n)`` is the workday at least n days after the document's own start, ``D`` writes a date, ``day`` and ``wrong_day`` name its
        weekday rightly and wrongly, ``n(low, high, step)`` is a whole number, ``m`` groups its digits, ``words`` spells it, ``pick`` takes
        one of its arguments.
        """
        companies = self._random.sample(_COMPANIES, 4)
        persons = self._random.sample(_PERSONS, 3)
        return {
            "on": self._on, "D": written, "day": self._day, "wrong_day": self._wrong_day, "n": self._number, "m": "{:,}".format,
            "words": in_words,
            "ordinal": ordinal, "pick": self._pick,
            "date": dt.date, "days": lambda count: dt.timedelta(days=count), "year": self.start.year,
            "town": self._random.choice(_TOWNS), "c1": companies[0], "c2": companies[1], "c3": companies[2], "c4": companies[3],
            "p1": persons[0], "p2": persons[1], "p3": persons[2], "ref": f"{self._random.randint(11, 98)}/{self.start.year}",
        }  # fmt: skip

    def _on(self, days: int) -> dt.date:
        return workday(self.start + dt.timedelta(days=days))

    def _day(self, day: dt.date) -> str:
        return f"{day:%A}"

    def _wrong_day(self, day: dt.date) -> str:
        return f"{day + dt.timedelta(days=self._random.choice((1, 2, 3))):%A}"

    def _number(self, low: int, high: int, step: int = 1) -> int:
        return self._random.randrange(low, high + 1, step)

    def _pick(self, *options: Any) -> Any:
        return self._random.choice(options)
