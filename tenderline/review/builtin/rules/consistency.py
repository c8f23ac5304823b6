"""The same thing given two ways: a contract price that changes, an amount with two digits swapped, a paragraph that comes twice."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tenderline.review.builtin.amounts import Amount, money, written
from tenderline.review.builtin.patterns import beginning
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import DocumentView, SectionView

CATEGORY = "Consistency"

_LABELS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (label, re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE))
    for label, pattern in (
        ("the contract price", r"(?:total\s)?contract\s(?:price|value|amount|sum)"),
        ("the estimated value", r"estimated\s(?:contract\s)?(?:value|cost)|estimates?\s(?:its|the)\svalue"),
        ("the budget", r"(?:approved|available|total|project|yearly)\sbudget|budget\s(?:(?:for|of)\sthe\s\w+\s)?(?:of|is|was|for\sthis)"),
        ("the tender security", r"(?:bid|tender)\s(?:security|bond|guarantee)"),
        ("the performance security", r"performance\s(?:security|bond|guarantee)"),
        ("the advance payment", r"advance\spayment"),
        ("the retention", r"retention(?:\smoney)?"),
        ("the rate of VAT", r"(?:VAT|value\sadded\stax)\s(?:rate\s)?(?:of|is|at)"),
    )
)
# Words that make it another thing: the price before and after a change, of one lot, in one year.
_QUALIFIED = beginning(
    "origin|initial|revis|amend|new\\b|increas|decreas|reduc|lot\\b|lots\\b|annual|yearly|monthly|per\\b|first|second|third|another|other",
    "maximum|minimum|exceed|than\\b|previous|earlier|final|addition|supplement|each|phase|stage|percent|%|ceiling|above",
    "below|up to|at least|instead|correct|wrong|between|range|former|remain|variation|threshold",
)
_TAX = re.compile(r"\b(?:(ex)|in)cl(?:uding|usive|\.)?\b[^.;\n]{0,20}?\b(?:vat|tax(?:es)?|gst)\b|\b(ex)\s?vat\b", re.IGNORECASE)
_GAP_CHARS = 60
_PARAGRAPH_CHARS = 120
_MOST = 4_000


@dataclass(frozen=True, slots=True)
class _Fact:
    label: str
    amount: Amount
    section: int


def same_figure_two_ways(section: SectionView) -> Iterator[Remark]:
    """Amounts with two values in one document; what the first check tells, the second leaves out."""
    labelled = list(_labelled_two_ways(section))
    yield from labelled
    yield from _swapped_digits(section, {remark.start for remark in labelled})


def _labelled_two_ways(section: SectionView) -> Iterator[Remark]:
    """A labelled amount that has two values in one document, reported where the second value first stands."""
    document = section.document
    facts = document.once("labelled amounts", lambda: _facts(document))
    for label in dict.fromkeys(fact.label for fact in facts):
        known = [fact for fact in facts if fact.label == label]
        values = Counter(fact.amount.value for fact in known)
        if len(values) != 2:
            continue
        odd = _odd_one(known, values)
        usual = next(fact for fact in known if fact.amount.value != odd.amount.value)
        if odd.section != section.index:
            continue
        confidence = 0.88 if document.kind in ("tender", "contract") else 0.84 if _looks_like_slip(odd.amount, usual.amount) else 0.7
        yield Remark(
            "figure-twice", CATEGORY, "amounts", "critical", "High", confidence, odd.amount.start, odd.amount.end,
            f"Elsewhere the document gives {money(usual.amount)} for {label.partition(' (')[0]}; here it is {money(odd.amount)}.",
            "Find out which figure is right and use it everywhere.",
            detail=label,
        )  # fmt: skip


def _swapped_digits(section: SectionView, told: set[int]) -> Iterator[Remark]:
    """An amount that differs by two swapped digits from one that the document repeats."""
    document = section.document
    counts = document.once("amounts", lambda: _amounts(document))
    repeated = {_digits(value): value for (_, value), count in counts.items() if count >= 2 and value >= 10_000}
    if not repeated:
        return
    for amount in section.money[:_MOST]:
        if counts[(amount.currency, amount.value)] != 1 or amount.value < 10_000 or amount.start in told:
            continue
        digits = _digits(amount.value)
        for place in range(len(digits) - 1):
            if digits[place] == digits[place + 1]:
                continue
            other = repeated.get(digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :])
            if other is not None and counts[(amount.currency, other)] >= 2 and len(set(digits) - {"0"}) >= 3:
                yield Remark(
                    "swapped-digits", CATEGORY, "amounts", "question", "Medium", 0.83, amount.start, amount.end,
                    f"{money(amount)} differs by two swapped digits from {amount.currency} {written(other)}, which is given elsewhere.",
                    "Check this figure against the source.",
                    ("Are these two different amounts?",),
                )  # fmt: skip
                break


def repeated_paragraphs(section: SectionView) -> Iterator[Remark]:
    """A long paragraph that stands in the document twice, word for word."""
    document = section.document
    places = document.once("paragraphs", lambda: _paragraphs(document))
    for block in section.blocks:
        if block.kind not in ("prose", "item") or block.end - block.body < _PARAGRAPH_CHARS:
            continue
        first = places[_normal(section.text[block.body : block.end])]
        if first != (section.index, block.start):
            title = document.section(first[0]).title
            where = "earlier in this section" if first[0] == section.index else f"in the section “{title}”"
            yield Remark(
                "repeated-paragraph", CATEGORY, "language", "suggestion", "Low", 0.92, block.body, block.end,
                f"The same paragraph stands {where}.",
                "Keep it once and refer to it; of two copies one will be changed and the other forgotten.",
            )  # fmt: skip


def _facts(document: DocumentView) -> list[_Fact]:
    facts = []
    for view in document.sections():
        amounts = sorted([*view.money[:_MOST], *view.percentages[:_MOST]], key=lambda amount: amount.start)
        for place, amount in enumerate(amounts):
            begin = max(amounts[place - 1].end if place else 0, amount.start - _GAP_CHARS - 40)
            clause = view.text[begin : amount.start]
            clause = max(clause.rpartition(". "), clause.rpartition("; "), clause.rpartition("\n\n"), key=lambda parts: len(parts[0]))[2]
            after = view.text[amount.end : amount.end + 40].split(". ")[0].split("\n")[0]
            label = _label(clause)
            if label is None or _QUALIFIED.search(clause) or _QUALIFIED.search(after):
                continue
            tax = _TAX.search(f"{clause} {after}")
            if tax:
                label += " (net)" if tax[1] or tax[2] else " (gross)"
            facts.append(_Fact(f"{label} ({amount.currency})", amount, view.index))
    return facts


def _label(clause: str) -> str | None:
    """The label that stands last in the clause, near its end."""
    best: tuple[int, str] | None = None
    for label, pattern in _LABELS:
        for match in pattern.finditer(clause):
            if len(clause) - match.end() <= _GAP_CHARS and (best is None or match.end() > best[0]):
                best = (match.end(), label)
    return best[1] if best else None


def _odd_one(known: list[_Fact], values: Counter[Decimal]) -> _Fact:
    """The first mention of the value that is rarer; of two equally rare the one that comes second."""
    (_, most), (_, least) = values.most_common()
    if most == least:
        return next(fact for fact in known if fact.amount.value != known[0].amount.value)
    rare = values.most_common()[1][0]
    return next(fact for fact in known if fact.amount.value == rare)


def _looks_like_slip(first: Amount, second: Amount) -> bool:
    """One or two digits differ, or the figure is ten or a thousand times the other."""
    one, two = _digits(first.value), _digits(second.value)
    if len(one) == len(two):
        return sum(a != b for a, b in zip(one, two, strict=True)) <= 2
    ratio = max(first.value, second.value) / max(min(first.value, second.value), Decimal(1))
    return ratio in (10, 100, 1000)


def _digits(value: Decimal) -> str:
    return str(int(value))


def _amounts(document: DocumentView) -> Counter[tuple[str, Decimal]]:
    counts: Counter[tuple[str, Decimal]] = Counter()
    for view in document.sections():
        counts.update((amount.currency, amount.value) for amount in view.money)
    return counts


def _paragraphs(document: DocumentView) -> dict[int, tuple[int, int]]:
    places: dict[int, tuple[int, int]] = {}
    for view in document.sections():
        view.pulse()
        for block in view.blocks:
            if block.kind in ("prose", "item") and block.end - block.body >= _PARAGRAPH_CHARS:
                places.setdefault(_normal(view.text[block.body : block.end]), (view.index, block.start))
    return places


def _normal(text: str) -> int:
    return hash(" ".join(text.split()).lower())
