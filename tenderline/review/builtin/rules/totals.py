"""Figures within a sentence: totals that aren't the sum of their parts, words that don't match digits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from tenderline.review.builtin.amounts import Amount, find_figures, find_money, money, written
from tenderline.review.builtin.numerals import Numeral, find_numerals
from tenderline.review.builtin.patterns import beginning
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import SectionView

CATEGORY = "Figures and sums"

_TOTAL_WORD = re.compile(
    r"\b(?:total(?:l?ing|s|ed)?(?:\s(?:of|is|was|price|amount|cost|value))?|sums?\s(?:of|to)|in\stotal|in\sall|altogether|together|mak(?:es?|ing)(?=\s[A-Z€$£])|add(?:s|ing)?\sup\sto)\b",
    re.IGNORECASE,
)
_NOT_A_SUM = beginning(
    "increas|reduc|origin|budget|estimat|ceiling|instead|compar|differ|of which|remain|vat\\b|tax|per\\b|each\\b|exceed|between",
    "from\\b|average|threshold|includ|exclud|more than|less than|under\\b|above|below|over\\b|discount|rather|limit|maximum",
    "minimum|lowest|highest|unlike|out of|not\\b|exclusive|cheaper|saving",
)
# Tax that is added is a part of the sum.
_PLUS_TAX = re.compile(r"\b(?:plus|and)\s(?:\w+\s){0,2}?(?:VAT|GST|tax(?:es)?)\b(?:\sof\b)?", re.IGNORECASE)
_JOINT = re.compile(r"[,;&+]|\b(?:and|plus)\b", re.IGNORECASE)
_TIMES = re.compile(
    r"(?<![\w.,])(?P<count>\d{1,3}(?:,\d{3})*|\d{1,6})\s(?:[^\W\d_]+\s){1,4}?(?:at|for|@|x|×|costing"
    r"|priced\sat)\s(?:a\s(?:unit\s)?(?:price|cost|rate)\sof\s)?$",
    re.IGNORECASE,
)
_EACH = re.compile(r"\s?(?:each|per\s(?:unit|piece|item|set)|a\spiece|apiece)\b", re.IGNORECASE)

_INTEGER = re.compile(r"(?<![\w.,/€$£-])\d{1,3}(?:,\d{3})+(?![\w%])|(?<![\w.,/€$£-])\d{1,6}(?![\w%]|[.,]\d)")
_COUNTED = re.compile(
    r"(?P<of>Of\s(?:the\s|these\s)?|Out\sof\s(?:the\s)?)?(?:\w+\s){0,2}?(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6})\s(?:[a-z]+\s)?"
    r"(?P<noun>[a-z]{3,}s|people|children|staff)\b"
)
_PART = re.compile(r"(?:,|\band|;)\s(?:and\s)?(?P<number>\d{1,3}(?:,\d{3})+|\d{1,6})\s[a-z]+")
_NOT_PARTS = re.compile(
    r"\b(?:days|weeks|months|years|hours|points|per|each|every|than|at\sleast|up\sto|between|average|than|including|among|from)\b|%|[€$£]|[A-Z]{3}\s\d"
)
_MOST_PARTS_CHARS = 400
_BRACKET = re.compile(r"\([^()\n]{1,120}\)")
_MOST_BRACKETS = 3_000
_WORD = re.compile(r"\s*([^\W\d_]+)")
_UNITS_ONLY = re.compile(r"^\s?(?:[^\W\d_]+\s?){0,3}$")
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "m": 10**6, "bn": 10**9, "k": 10**3}
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 360}
_PER_CENT = re.compile(r"^\s(?:per\s?cent|percent)\b", re.IGNORECASE)
_NAMED = re.compile(
    r"\b(?:phase|stage|lot|part|option|annex|table|section|step|level|grade|class|chapter|number|page|item|question)\s*$", re.IGNORECASE
)
_CURRENCY_ONLY = re.compile(r"^\(?\s?(?:[A-Z]{3}|[A-Z][A-Za-z]{1,3}\.?|[^\w\s]{1,2}|[A-Z]{1,3}\$)?\s?$")


def wrong_totals(section: SectionView) -> Iterator[Remark]:
    """ "EUR 10,000, EUR 20,000 and EUR 30,000, EUR 70,000 in total"; "12 desks at EUR 500 each, EUR 6,500 in total" """
    for sentence, text in section.each_sentence():
        word = _TOTAL_WORD.search(text)
        if word is None:
            continue
        amounts = list(find_money(section.text, sentence.start, sentence.end))
        if len(amounts) < 2 or len({amount.currency for amount in amounts}) > 1:
            continue
        total = _stated_total(amounts, sentence.start + word.start(), sentence.start + word.end())
        if total is None:
            continue
        expected = _expected(section.text, sentence.start, text, amounts, total)
        if expected is not None and abs(expected - total.value) > Decimal(len(amounts)) / 2 * Decimal(10) ** -total.places:
            yield Remark(
                "sentence-total", CATEGORY, "amounts", "critical", "High", 0.9, total.start, total.end,
                f"The figures in this sentence make {money(Amount(0, 0, expected, total.currency))}, not {money(total)}.",
                "Correct the total or its parts.",
            )  # fmt: skip


def wrong_parts(section: SectionView) -> Iterator[Remark]:
    """ "18 people came, 10 women and 9 men"; "Of 30 samples, 12 were good, 9 fair and 8 poor" """
    for sentence, text in section.each_sentence():
        if len(text) > _MOST_PARTS_CHARS or _NOT_PARTS.search(text):
            continue
        whole = _COUNTED.match(text)
        if whole is None:
            continue
        parts = list(_PART.finditer(text, whole.end("noun")))
        if len(parts) != len(_INTEGER.findall(text)) - 1 or len(parts) < (3 if whole["of"] else 2):
            continue
        total, made = _count(whole["number"]), sum(_count(part["number"]) for part in parts)
        if total != made and abs(total - made) * 4 <= total and " and " in text[parts[-2].end() : parts[-1].end()]:
            start, end = sentence.start + whole.start("number"), sentence.start + whole.end("noun")
            yield Remark(
                "parts-total", CATEGORY, "amounts", "important", "High", 0.84, start, end,
                f"The parts in this sentence make {written(Decimal(made))}, not {written(Decimal(total))}.",
                "Correct the total or its parts, or say what the rest is.",
            )  # fmt: skip


def words_and_digits(section: SectionView) -> Iterator[Remark]:
    """ "thirty (60) days", "EUR 15,500 (fifteen thousand euros)" """
    for number, match in enumerate(section.search(_BRACKET)):
        if number % 100 == 0:
            section.pulse()
        if number >= _MOST_BRACKETS:
            return
        pair = _pair(section.text, match.start(), match.end())
        if pair is None:
            continue
        figure, numeral = pair
        value = _comparable(section.text, figure, numeral)
        if value is None or value == numeral.value or (value > 100 and int(value) == int(numeral.value)):
            continue
        start, end = min(figure.start, numeral.start), max(figure.end, numeral.end)
        yield Remark(
            "words-digits", CATEGORY, "amounts", "critical", "High", 0.93, start, end,
            f"Words and digits disagree: “{section.text[numeral.start : numeral.end]}” is {written(numeral.value)}, "
            f"the digits say {written(figure.value)}.",
            "Correct one of them; in a dispute the words often prevail.",
        )  # fmt: skip


def _count(number: str) -> int:
    return int(number.replace(",", ""))


def _expected(text: str, start: int, sentence: str, amounts: list[Amount], total: Amount) -> Decimal | None:
    """What the parts of the sentence make: the sum of an enumeration, or count times price."""
    parts = [amount for amount in amounts if amount is not total]
    if len(parts) == 1:
        times = _TIMES.search(text, max(start, parts[0].start - 90), parts[0].start)
        return Decimal(times["count"].replace(",", "")) * parts[0].value if times and _EACH.match(text, parts[0].end) else None
    if _NOT_A_SUM.search(_PLUS_TAX.sub("", sentence)):
        return None
    if not all(_JOINT.search(text, first.end, second.start) for first, second in pairwise(parts)):
        return None
    return sum((part.value for part in parts), Decimal(0))


def _stated_total(amounts: list[Amount], start: int, end: int) -> Amount | None:
    """The amount next to the word "total", if it is the first or the last one."""
    after = [amount for amount in amounts if 0 <= amount.start - end <= 25]
    before = [amount for amount in amounts if 0 <= start - amount.end <= 3]
    total = after[0] if after else before[-1] if before else None
    return total if total in (amounts[0], amounts[-1]) else None


def _pair(text: str, opening: int, closing: int) -> tuple[Amount, Numeral] | None:
    """The figure and the number in words that a bracket puts side by side."""
    before = max(0, opening - 80)
    inside = list(find_numerals(text, opening + 1, closing - 1))
    if len(inside) == 1:
        figures = list(find_figures(text, before, opening))
        # A sign right before the digits makes them money, not a plain figure.
        last = figures[-1].end if figures else before
        figures += [amount for amount in find_money(text, before, opening) if amount.start >= last]
        if figures and _UNITS_ONLY.match(text[figures[-1].end : opening]) and _leads(text[opening + 1 : inside[0].start]):
            return figures[-1], inside[0]
        return None
    figures = [] if inside else list(find_figures(text, opening + 1, closing - 1))
    numerals = list(find_numerals(text, before, opening)) if len(figures) == 1 else []
    if not numerals or not _CURRENCY_ONLY.match(text[opening : figures[0].start]) or _NAMED.search(text[before : numerals[-1].start]):
        return None
    gap = _PER_CENT.sub("", text[numerals[-1].end : opening])
    money_inside = len(text[opening + 1 : figures[0].start].strip()) > 0
    return (figures[0], numerals[-1]) if not gap.strip() or (money_inside and _UNITS_ONLY.match(gap)) else None


def _leads(lead: str) -> bool:
    return not lead.strip() or bool(
        re.fullmatch(r"\s?(?:[A-Z]{3}|[^\W\d_]+\s(?:dollars|pounds)|euros?|dollars|say:?|in words:?)?\s?", lead, re.IGNORECASE)
    )


def _comparable(text: str, figure: Amount, numeral: Numeral) -> Decimal | None:
    """The figure's value in the numeral's unit, or None when the two count different things."""
    value, after = figure.value, text[figure.end : figure.end + 14]
    scale = _WORD.match(after)
    if scale and scale[1].lower() in _SCALES:
        value *= _SCALES[scale[1].lower()]
        after = after[scale.end() :]
    percent = after.lstrip()[:1] == "%" or after.lstrip().lower().startswith("per")
    if percent != bool(re.match(r"\s?(?:%|per\s?cent)", text[numeral.end : numeral.end + 10], re.IGNORECASE)) and "(" not in after[:3]:
        return None
    own, other = _unit(text, figure.end), _unit(text, numeral.end)
    if own and other and own != other:
        if own not in _DAYS or other not in _DAYS:
            return None
        return (value * _DAYS[own] / _DAYS[other]).quantize(Decimal(1)) if value < 1000 else None
    return None if 1900 <= value <= 2100 and numeral.value < 100 and figure.places == 0 else value


def _unit(text: str, position: int) -> str:
    """The word right after a number, without its plural s; "" for none or a bracket."""
    word = _WORD.match(text, position, position + 24)
    return word[1].lower().removesuffix("s") if word else ""
