"""Periods: one that has two lengths in the document, and ones that don't fit their first and last day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from tenderline.review.builtin.numerals import parse_numeral
from tenderline.review.builtin.patterns import beginning
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import DocumentView, SectionView

_WORDS = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fourteen|fifteen|eighteen|twenty(?:[\s-](?:one|four))?"
    r"|thirty(?:[\s-]six)?|forty(?:[\s-](?:five|eight))?|sixty|ninety)"
)
_LENGTH = (
    rf"(?P<number>\d{{1,4}}|{_WORDS})(?:\s\([^()\n]{{1,20}}\))?[\s-]"
    r"(?P<working>working\s|business\s|calendar\s)?(?P<unit>day|week|month|year)s?\b"
)
_DURATION = re.compile(rf"(?<![\w.,/-]){_LENGTH}", re.IGNORECASE)
_OFFER = r"(?:tenders?|bids?|offers?|proposals?|quotations?)"
_GAP = r"[^.;\n|]{0,40}?"
_LABELLED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (label, re.compile(pattern, re.IGNORECASE))
    for label, pattern in (
        ("the validity of tenders", rf"\b{_OFFER}\b[^.;\n]{{0,30}}?\bvalid(?:ity)?\b{_GAP}(?={_LENGTH})"),
        ("the warranty", rf"\b(?:warrant(?:y|ies)|guarantee\speriod|defects\sliability(?:\speriod)?)\b{_GAP}(?={_LENGTH})"),
        ("the time for delivery", rf"\b(?:delivery\s(?:period|time)|deliver(?:y|ed)?\b[^.;\n]{{0,30}}?\bwithin)\b{_GAP}(?={_LENGTH})"),
        ("the time for payment", rf"\b(?:pay|pays|paid|payments?|invoices?)\b[^.;\n]{{0,40}}?\bwithin\b{_GAP}(?={_LENGTH})"),
        ("the term of the contract", rf"\b(?:contract|agreement)\s(?:\w+\s){{0,2}}?(?:runs?|term|period|duration)\b{_GAP}(?={_LENGTH})"),
        ("the standstill period", rf"\bstandstill\b{_GAP}(?={_LENGTH})"),
    )
)
# These words make it another period: of one lot, of one part, extended, of somebody else.
_QUALIFIED = beginning(
    "lot\\b|lots\\b|item|labou?r|extend|extens|addition|option|interim|emergenc|software|hardware|batter|minor|major|urgent",
    "sub-?contract|spare|parts\\b|late\\b|overdue|renew|instead|advance|retention|final|reminder|dispute|at least|minimum",
    "maximum|up to|partial|pre-?payment",
)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 360}
_TO = re.compile(r"\s(?:to|until|till|through|–|—|-)\s|\s?[–—-]\s?", re.IGNORECASE)

_AFTER = re.compile(r"[\s,]*(?:\(|–|i\.e\.|that is|for|or|=)?\s*(?:a (?:total|period) of\s)?")
_BEFORE = re.compile(r"[\s,(:–-]*(?:from|running from|starting|beginning)?[\s:]*")


@dataclass(frozen=True, slots=True)
class _Period:
    label: str
    days: int
    written: str
    section: int
    start: int
    end: int


def period_two_lengths(section: SectionView) -> Iterator[Remark]:
    """The validity, the warranty and other periods of a tender document or contract must have one length."""
    document = section.document
    if document.kind not in ("tender", "contract"):
        return
    periods = document.once("labelled periods", lambda: _periods(document))
    for label, _ in _LABELLED:
        known = [period for period in periods if period.label == label]
        if len({period.days for period in known}) != 2:
            continue
        first = known[0]
        other = next(period for period in known if period.days != first.days)
        if other.section == section.index:
            yield Remark(
                "period-twice", "Consistency", "remedies" if "warranty" in label else "deadlines", "important", "High", 0.85,
                other.start, other.end,
                f"Elsewhere the document gives {first.written} for {label}; here it is {other.written}.",
                "Decide on one period and use it everywhere, or say what makes the two cases different.",
                detail=label,
            )  # fmt: skip


def period_and_dates(section: SectionView) -> Iterator[Remark]:
    """ "36 months, from 1 July 2025 to 30 June 2027" """
    text = section.text
    for first, last in pairwise(section.moments):
        if not (first.date and last.date) or last.date <= first.date or not _TO.fullmatch(text, first.end, last.start):
            continue
        before = list(_DURATION.finditer(text, max(0, first.start - 50), first.start))
        after = _DURATION.search(text, last.end, last.end + 45)
        length = after or (before[-1] if before else None)
        if (
            length is None
            or (length["working"] or "").strip() in ("working", "business")
            or not _belongs(text, length, first.start, last.end)
        ):
            continue
        days, number = (last.date - first.date).days + 1, _number(length["number"])
        unit = length["unit"].lower()
        if _fits(first.date, last.date, days, number, unit):
            continue
        yield Remark(
            "period-dates", "Dates and deadlines", "dates", "important", "High", 0.88, length.start(), length.end(),
            f"The period does not fit its dates: {text[first.start : last.end]} is {_in_words(days)}.",
            "Correct the length or one of the dates.",
        )  # fmt: skip


def _periods(document: DocumentView) -> list[_Period]:
    found = []
    for view in document.sections():
        for label, pattern in _LABELLED:
            for match in view.search(pattern):
                length = _DURATION.match(view.text, match.end())
                if length is None:
                    continue
                before = view.text[max(0, match.start() - 30) : match.start()].rpartition(". ")[2]
                around = f"{before}{match[0]}{view.text[match.end() : length.end() + 30].partition('. ')[0]}"
                if _QUALIFIED.search(around.replace("\n", " ")) or (length["working"] or "").strip().lower() in ("working", "business"):
                    continue
                days = _number(length["number"]) * _DAYS[length["unit"].lower()]
                found.append(_Period(label, days, " ".join(length[0].split()), view.index, length.start(), length.end()))
    return found


def _belongs(text: str, length: re.Match[str], first: int, last: int) -> bool:
    """Whether the length speaks of the range: "(12 months)" after it, "36 months, from" before it."""
    if length.start() >= last:
        return bool(_AFTER.fullmatch(text, last, length.start()))
    return bool(_BEFORE.fullmatch(text, length.end(), first))


def _fits(first: date, last: date, days: int, number: int, unit: str) -> bool:
    if unit in ("day", "week"):
        return abs(days - number * _DAYS[unit]) <= 1
    months = number * (12 if unit == "year" else 1)
    exact = (last.year - first.year) * 12 + last.month - first.month + (last.day - first.day + 1) / 30.4
    return abs(exact - months) <= 0.6


def _number(text: str) -> int:
    return int(text) if text.isdigit() else int(parse_numeral(text) or 0)


def _in_words(days: int) -> str:
    if days < 60:
        return f"{days} days"
    return f"about {round(days / 30.4)} months"
