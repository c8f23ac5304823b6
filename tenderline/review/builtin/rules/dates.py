"""Dates: ones that don't exist, wrong weekdays, ranges that run backwards, numeric dates in two orders."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator

from tenderline.review.builtin.moments import Moment, find_moments, find_months, in_words, month_name, weekday_name
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import SectionView

CATEGORY = "Dates and deadlines"

_BETWEEN = re.compile(
    r"\s{0,2}(?:(?P<to>to|until|till|through|thru|up to|–|—|-|to and including)|(?P<and>and))\s{0,2}(?:the\s)?", re.IGNORECASE
)
_INTRODUCED = re.compile(r"\bbetween\s(?:the\s)?$", re.IGNORECASE)
_MOVED = re.compile(
    r"\b(?:mov|chang|postpon|extend|extens|correct|amend|forward|reschedul|shift|revis|delay|defer|compar|backdat|earlier|instead|rather)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.;:]\s|\n\s*\n")
_DIGITS = re.compile(r"\d+")
_YEARS = re.compile(
    r"(?:\b(?:from|between|during|period|years?|fiscal years?|FY)[ :]{1,2}(?P<a>(?:19|20)\d\d)\s?(?P<joint>to|until|and|[–—-])\s?"
    r"|(?<![\w/.,-])(?P<b>(?:19|20)\d\d)\s?[–—]\s?)(?P<c>(?:19|20)\d\d)(?![\w/-]|[.,]\d)"
)
_CHANGE = re.compile(
    r"\b(?:fell|fall|drop|rose|rise|ris|grew|grow|declin|decreas|increas|reduc|cut|compar|units?|pieces|items)\w*\b", re.IGNORECASE
)


def impossible_dates(section: SectionView) -> Iterator[Remark]:
    for moment in section.moments:
        if moment.exists or not _worth_telling(moment):
            continue
        quote = section.text[moment.start : moment.end]
        yield Remark(
            "impossible-date", CATEGORY, "dates", "critical", "High", 0.98 if not moment.numeric else 0.93, moment.start, moment.end,
            f"“{quote}” is not a date in the calendar{_why(moment)}.",
            "Correct the date, and check what depends on it.",
        )  # fmt: skip


def wrong_weekdays(section: SectionView) -> Iterator[Remark]:
    for moment in section.moments:
        if moment.weekday is None or not moment.readings or any(day.weekday() == moment.weekday for day in moment.readings):
            continue
        day = moment.readings[0]
        yield Remark(
            "wrong-weekday", CATEGORY, "dates", "important", "Medium", 0.97, moment.start, moment.end,
            f"{in_words(day)} is a {weekday_name(day.weekday())}, not a {weekday_name(moment.weekday)}.",
            "Correct the weekday or the date.",
        )  # fmt: skip


def reversed_ranges(section: SectionView) -> Iterator[Remark]:
    yield from _reversed_dates(section)
    yield from _reversed_months(section)
    for match in section.search(_YEARS):
        first, second = int(match["a"] or match["b"]), int(match["c"])
        if second >= first or (match["joint"] == "and" and not match[0].lower().startswith("between")):
            continue
        if _CHANGE.search(section.around(match.start(), 0, 0)):
            continue
        yield _reversed(match.start("a") if match["a"] else match.start("b"), match.end(), f"{first}", f"{second}", 0.88)


def mixed_numeric_dates(section: SectionView) -> Iterator[Remark]:
    """A document that writes 25/03/2024 must not also write 03/25/2024: then nobody can read 03/04/2024."""
    day_first = section.document.day_first
    if day_first is None:
        return
    for moment in find_moments(section.text):
        if not moment.numeric or len(moment.readings) != 1 or moment.readings[0].day <= 12:
            continue
        first = _DIGITS.search(section.text, moment.start, moment.end)
        written_day_first = first is not None and int(first[0]) == moment.readings[0].day
        if written_day_first != day_first:
            yield Remark(
                "date-order", CATEGORY, "dates", "important", "Medium", 0.86, moment.start, moment.end,
                f"This date puts the {'day' if written_day_first else 'month'} first; the document's other numeric dates put the "
                f"{'day' if day_first else 'month'} first.",
                "Write the month as a word, so that no date can be read two ways.",
            )  # fmt: skip
            return


def _reversed_dates(section: SectionView) -> Iterator[Remark]:
    for first, second in zip(section.moments, section.moments[1:], strict=False):
        if second.start - first.end > 24 or not _is_range(section.text, first.start, first.end, second.start):
            continue
        before, after = first.date, second.date
        if before and after and after < before:
            yield _reversed(first.start, second.end, in_words(before), in_words(after), 0.93)
        elif (
            first.year is None
            and first.exists
            and after
            and (first.month, first.day) > (after.month, after.day)
            and first.month == after.month
        ):
            yield _reversed(first.start, second.end, f"{first.day} {month_name(first.month)}", in_words(after), 0.9)


def _reversed_months(section: SectionView) -> Iterator[Remark]:
    previous: tuple[int, int, int, int] | None = None
    for month in find_months(section.text):
        if (
            previous
            and month[0] - previous[1] <= 24
            and _is_range(section.text, previous[0], previous[1], month[0])
            and month[2:] < previous[2:]
        ):
            yield _reversed(previous[0], month[1], f"{month_name(previous[3])} {previous[2]}", f"{month_name(month[3])} {month[2]}", 0.92)
        previous = month


def _is_range(text: str, first_start: int, first_end: int, second_start: int) -> bool:
    joint = _BETWEEN.fullmatch(text, first_end, second_start)
    if joint is None:
        return False
    before = text[max(0, first_start - 70) : first_start]
    if joint["and"] and not _INTRODUCED.search(before):
        return False
    return not _MOVED.search(_SENTENCE_END.split(before)[-1])


def _reversed(start: int, end: int, first: str, second: str, confidence: float) -> Remark:
    return Remark(
        "reversed-range", CATEGORY, "dates", "critical", "High", confidence, start, end,
        f"The period runs backwards: {second} is before {first}.",
        "Check both ends; one of them is probably a slip of the pen, often in the year.",
    )  # fmt: skip


def _worth_telling(moment: Moment) -> bool:
    """Figures far from any calendar ("45/67/2024") are reference numbers, not slips."""
    return moment.month <= 19 and moment.day <= 39 if moment.year else 28 < moment.day <= 31


def _why(moment: Moment) -> str:
    if not 1 <= moment.month <= 12:
        return ": there is no month " + str(moment.month)
    days = monthrange(moment.year or 2000, moment.month)[1]
    if moment.day > days:
        year = f" {moment.year}" if moment.month == 2 and moment.year else ""
        return f": {month_name(moment.month)}{year} has {days} days"
    return ""
