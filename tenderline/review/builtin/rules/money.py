"""Amounts of money: ranges that run backwards, amounts without a currency, a second currency without a rate."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tenderline.review.builtin.amounts import Amount, currency_code, parse_number
from tenderline.review.builtin.patterns import any_of, beginning
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.text import Span
from tenderline.review.builtin.view import SectionView

CATEGORY = "Figures and sums"

_BETWEEN = re.compile(r"\bbetween\s(?:\w+\s){0,2}$|\brang(?:es?|ed|ing)\s(?:\w+\s)?from\s$|\bvar(?:y|ies|ied|ying)\sfrom\s$", re.IGNORECASE)
_PLAIN_RANGE = re.compile(
    r"\b(?:between|rang(?:es?|ed|ing)\sfrom|var(?:y|ies|ied|ying)\sfrom)\s(?P<a>\d{1,3}(?:,\d{3})+"
    r"|\d{1,9}(?:\.\d+)?)\s?(?P<unit>%|°\s?[CF]|[a-z²³]{1,12})?\s?(?:and|to)\s"
    r"(?P<b>\d{1,3}(?:,\d{3})+|\d{1,9}(?:\.\d+)?)(?![\d/]|[.,]\d)(?(unit)\s?(?P=unit))",
    re.IGNORECASE,
)
_FROM_TO = re.compile(
    r"\bfrom\s(?P<a>\d{1,7}(?:\.\d+)?)\s?(?P<unit>%|°\s?[CF]|[a-z²³]{1,12})\sto\s(?P<b>\d{1,7}(?:\.\d+)?)\s?(?P=unit)\b", re.IGNORECASE
)
_CHANGES = beginning(
    "reduc|decreas|drop|fall|fell|lower|cut|cool|mov|chang|declin|improv|short|amend|revis|went|go|down|correct|between|rais|increas"
)
_BARE = re.compile(r"(?<![\w.,/$€£#-])(?:\d{1,3}(?:,\d{3})+(?:\.\d{2})?|\d{4,12}\.\d{2})(?![\w%/-]|[.,]\d)")
_PRICED = re.compile(
    r"\b(?:price|cost|value|budget|amount|paid|payment|worth|invoiced?|fee|turnover|sum|bid|offer|award(?:ed)?)\b[^.;\n]{0,30}?"
    r"\b(?:of|is|was|at|for|to|:|be|totall?ing|worth|amounts?\sto|amounted\sto|cost|paid|exceeds?)\s(?:about\s|only\s|approximately\s)?$",
    re.IGNORECASE,
)
# "1,250,000 bricks", "1,250,000 square metres": a quantity, not a sum.
_COUNTED = re.compile(
    r"\s?\(?(?!(?:was|is|has|as|plus|less|this|its|in|for|on|to|and|by|of|at|from|were|which|that|exceeds|includes|excludes|remains)\b)"
    r"(?:[^\W\d_]+[\s-])?(?:[^\W\d_]+s|people|staff|children|kg|km|m2|m²|square|cubic|kelvin)\b",
    re.IGNORECASE,
)
_STATED_CURRENCY = any_of(
    "(?:all|prices?|amounts?|figures|sums|fees|costs|rates) (?:in this \\w+ |\\w+ )?"
    "(?:are|is|must be|shall be|stated|given|expressed|quoted) (?:\\w+ ){0,3}in",
    "currency (?:of|is|for|shall)|in (?:thousands|millions) of|prices? in|amounts? in",
)
_IN_CURRENCY = re.compile(r"\bin\s(euros?|US\sdollars|dollars|pounds(?:\ssterling)?|[A-Z]{3})(?=[\s.,;)])(?!\s?\d)")
_CONVERTED = any_of(
    "exchange rates?|rate of exchange|equivalent (?:of|to|in)|convert(?:ed|ible|s)?|conversion|counter-?value",
    "approximately (?:USD|EUR|GBP|US\\$)|foreign currenc(?:y|ies)|any currency|other currenc(?:y|ies)|(?:two|three|several) currencies",
)
_MOST = 3_000


def reversed_amounts(section: SectionView) -> Iterator[Remark]:
    for first, second in pairwise(section.money[:_MOST]):
        gap = section.text[first.end : second.start]
        if first.currency != second.currency or len(gap) > 6 or gap.strip() not in ("and", "to", "–", "—", "-"):
            continue
        before = section.text[max(0, first.start - 40) : first.start]
        if second.value < first.value and (gap.strip() in ("–", "—", "-") or _BETWEEN.search(before)):
            yield _reversed(first.start, second.end, section.text[first.start : first.end], section.text[second.start : second.end])
    for match in section.search(_PLAIN_RANGE):
        low, high = parse_number(match["a"])[0], parse_number(match["b"])[0]
        if low is not None and high is not None and high < low and not (1900 <= low <= 2100 and 1900 <= high <= 2100):
            yield _reversed(match.start("a"), match.end("b"), match["a"], match["b"])
    yield from _falling(section)


def _falling(section: SectionView) -> Iterator[Remark]:
    """ "from 24 kg to 20 kg", unless something is said to fall."""
    for match in section.search(_FROM_TO):
        low, high = parse_number(match["a"])[0], parse_number(match["b"])[0]
        if low is not None and high is not None and high < low and not _CHANGES.search(section.around(match.start(), 0, 0)):
            yield _reversed(match.start("a"), match.end(), match["a"], match["b"])


def missing_currency(section: SectionView) -> Iterator[Remark]:
    """Sums of money without a currency: one finding a section, at the first."""
    if section.document.once("currency stated", lambda: section.document.has(_STATED_CURRENCY)):
        return
    money = {(amount.start, amount.end) for amount in section.money}
    inside = sorted(money)
    bare = []
    for match in section.search(_BARE):
        if any(start <= match.start() < end for start, end in _near(inside, match.start())) or section.row_at(match.start()):
            continue
        before = section.text[max(0, match.start() - 70) : match.start()].rpartition(". ")[2]
        if _PRICED.search(before) and not _COUNTED.match(section.text, match.end(), match.end() + 60):
            bare.append(match)
    if bare:
        more = f" and {len(bare) - 1} more" if len(bare) > 1 else ""
        yield Remark(
            "no-currency", CATEGORY, "amounts", "important", "Medium", 0.84, bare[0].start(), bare[0].end(),
            f"The amount {bare[0][0]}{more} in this section has no currency.",
            "Write the currency with every amount, or state once that all amounts are in one currency.",
        )  # fmt: skip


def second_currency(section: SectionView) -> Iterator[Remark]:
    """A stray amount in another currency than all others, with no word about a rate: often a slip."""
    document = section.document
    counts = document.once("currencies", lambda: _currencies(section))
    if len(counts) < 2 or document.once("converted", lambda: document.has(_CONVERTED)):
        return
    stated = document.once("currency stated", lambda: document.has(_STATED_CURRENCY))
    (main, most), *others = counts.most_common()
    for currency, count in others:
        if count > 2 or count * (2 if stated else 4) > most:
            continue
        stray = next((amount for amount in section.money if amount.currency == currency), None)
        if stray:
            yield _second(stray, main)
            return
    yield from _odd_in_series(section)


def _odd_in_series(section: SectionView) -> Iterator[Remark]:
    """ "EUR 21,000, GBP 25,000 and EUR 30,500": one of several amounts of a sentence or a column in another currency."""
    series = [[amount for amount in section.money if sentence.start <= amount.start < sentence.end] for sentence in _with_money(section)]
    for table in section.tables:
        spans = [(row[0].start, row[-1].end) for row in table.body]
        if spans:
            series.append([amount for amount in section.money if spans[0][0] <= amount.start < spans[-1][1]])
    for amounts in series:
        counts = Counter(amount.currency for amount in amounts)
        if len(counts) == 2 and len(amounts) >= 3 and min(counts.values()) == 1:
            main = counts.most_common()[0][0]
            yield _second(next(amount for amount in amounts if amount.currency != main), main)
            return


def _with_money(section: SectionView) -> list[Span]:
    """The sentences that hold an amount."""
    places = {section.sentence_at(amount.start) for amount in section.money[:_MOST]}
    return [section.sentences[place] for place in sorted(places) if place < len(section.sentences)]


def _second(stray: Amount, main: str) -> Remark:
    return Remark(
        "second-currency", CATEGORY, "amounts", "question", "Medium", 0.83, stray.start, stray.end,
        f"This amount is in {stray.currency}; the amounts around it are in {main}, and no exchange rate is given.",
        f"Correct the currency, or give the amount in {main} with rate and date.",
        (f"Is {stray.currency} meant here?",),
    )  # fmt: skip


def _currencies(section: SectionView) -> Counter[str]:
    counts: Counter[str] = Counter()
    # "Prices are in euros" stands for many amounts.
    for match in section.document.search(_IN_CURRENCY):
        currency = currency_code(match[1])
        counts.update({currency: 2} if currency else {})
    for view in section.document.sections():
        counts.update(amount.currency for amount in view.money)
    return counts


def _near(spans: list[tuple[int, int]], position: int) -> list[tuple[int, int]]:
    place = bisect_right(spans, (position, 10**9))
    return spans[max(0, place - 1) : place + 1]


def _reversed(start: int, end: int, first: str, second: str) -> Remark:
    return Remark(
        "reversed-amounts", CATEGORY, "amounts", "important", "Medium", 0.9, start, end,
        f"The range runs backwards: {second} is less than {first}.",
        "Check both figures and put the smaller one first.",
    )  # fmt: skip
