"""Which passages answer a question best: words they share (BM25 with synonyms), meaning (embeddings), and the kind of answer wanted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import log

from tenderline.review.builtin.amounts import find_money, find_percentages
from tenderline.review.builtin.chat.embedding import BATCH, Embedding
from tenderline.review.builtin.chat.passages import Passage
from tenderline.review.builtin.chat.terms import relatives, terms
from tenderline.review.builtin.moments import find_moments, find_months

_MOST_EMBEDDED = 600
_RELATIVE_WEIGHT = 0.7
_CONTEXT_WEIGHT = 0.5
_READER_BONUS = 0.04
_KIND_WEIGHT: dict[bool | None, float] = {True: 0.15, False: -0.15, None: 0.0}

_WANTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "length",
        re.compile(r"\bhow long\b|\bhow many (?:days|weeks|months|years)\b|\bduration\b|\bperiod\b|\bhow soon\b|\bhow quickly\b", re.I),
    ),
    ("share", re.compile(r"\bpercent|%|\bweight|\bwhat share\b|\brate of interest\b|\binterest rate\b", re.I)),
    ("frequency", re.compile(r"\bhow often\b|\bhow frequently\b|\bhow regularly\b", re.I)),
    ("money", re.compile(r"\bhow much\b|\bprice|\bcosts?\b|\bamount|\bvalue\b|\bbudget|\bworth\b|\bturnover\b|\bpenalt|\btotal\b", re.I)),
    ("date", re.compile(r"\bwhen\b|\bdate\b|\bdeadline\b|\bby what\b|\bwhat day\b|\bwhich day\b|\blast day\b|\buntil\b", re.I)),
    ("count", re.compile(
        r"\bhow many\b|\bnumber of\b|\bhow (?:large|big|high|tall|wide|deep|heavy|far|fast|old)\b|\bsize\b", re.I
    )),
    ("name", re.compile(r"\bwho(?:m|se)?\b|\bwhich (?:company|firm|supplier|tenderer|bidder|official|person)\b|\bname of\b", re.I)),
    ("place", re.compile(r"\bwhere\b|\baddress\b", re.I)),
)  # fmt: skip
_LENGTH = re.compile(
    r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|thirty|sixty|ninety)[\s-](?:\w+\s)?(?:minute|hour|day"
    r"|week|month|year)s?\b",
    re.I,
)
_FREQUENCY = re.compile(
    r"\b(?:daily|weekly|monthly|quarterly|annually|yearly|hourly|once|twice|every|times|per (?:day|week|month|year)|each (?:day|week"
    r"|month|year))\b",
    re.I,
)
_LARGE = re.compile(r"\b\d{1,3}(?:,\d{3})+\b|\b\d+\.\d{2}\b")
_COUNT = re.compile(r"\b(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twice|once)\b", re.I)
_NAME = re.compile(r"(?<!^)(?<![.!?]\s)\b[A-Z][a-z]{2,}(?:\s[A-Z][a-z]+)*\b|\b(?:Mr|Ms|Mrs|Dr)\b")
_ROLE = re.compile(
    r"\b(?:committee|director|head|officer|unit|department|ministry|city|board|company|secretary|chair|investigators?|contractor"
    r"|panel|council|auditor)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage with what speaks for it.

    Attributes:
        score: for putting passages in order.
        coverage: how much of the question's words, weighted by how rare they are, the passage or a synonym in it covers: 0 to 1.
        likeness: cosine of question and passage.
        fits: whether it holds the kind of answer that is asked for; None when the question does not say.
    """

    passage: Passage
    score: float
    coverage: float
    likeness: float
    fits: bool | None


def wanted(question: str) -> str:
    """The kind of answer a question asks for: length, share, frequency, money, date, count, name, place or ""."""
    return next((kind for kind, pattern in _WANTS if pattern.search(question)), "")


def holds(kind: str, text: str) -> bool:
    """Whether a text holds an answer of that kind."""
    if kind == "money":
        return next(find_money(text), None) is not None or bool(_LARGE.search(text))
    if kind == "date":
        return next(find_moments(text), None) is not None or next(find_months(text), None) is not None or bool(_LENGTH.search(text))
    if kind == "share":
        return next(find_percentages(text), None) is not None or bool(re.search(r"\|\s*\d{1,3}(?:\.\d+)?\s*(?:\||$)", text))
    if kind == "frequency":
        return bool(_FREQUENCY.search(text))
    if kind == "length":
        return bool(_LENGTH.search(text)) or sum(1 for _ in find_moments(text)) > 1
    if kind == "count":
        return bool(_COUNT.search(text))
    if kind == "name":
        return bool(_NAME.search(text) or _ROLE.search(text))
    return True


def rank(question: str, passages: list[Passage], embedding: Embedding, section: int | None, pulse: Callable[[], None]) -> list[Ranked]:
    """The passages in the order of how well they answer, best first; at most ``_MOST_EMBEDDED`` of them."""
    asked = list(dict.fromkeys(terms(question)))
    held: list[tuple[Counter[str], frozenset[str]]] = []
    document: Counter[str] = Counter()
    for number, passage in enumerate(passages):
        if number % 500 == 0:
            pulse()
        own, context = Counter(terms(passage.text)), frozenset(terms(passage.context))
        held.append((own, context))
        document.update(own.keys() | context)
    rarity = {term: log(1 + (len(passages) + 1) / (document[term] + 0.5)) for term in asked}
    average = sum(own.total() for own, _ in held) / max(1, len(held))
    lexical = [_lexical(asked, rarity, own, context, average) for own, context in held]
    order = sorted(range(len(passages)), key=lambda place: -lexical[place][0])[:_MOST_EMBEDDED]
    likeness = _likeness(question, [passages[place] for place in order], embedding, pulse)
    kind = wanted(question)
    best = max((lexical[place][0] for place in order), default=0.0) or 1.0
    ranked = []
    for place, like in zip(order, likeness, strict=True):
        passage, (points, coverage) = passages[place], lexical[place]
        fits = holds(kind, passage.text) if kind else None
        score = 0.45 * points / best + 0.25 * coverage + 0.55 * max(like, 0.0) + _KIND_WEIGHT[fits]
        ranked.append(Ranked(passage, score + (_READER_BONUS if passage.section == section else 0.0), coverage, like, fits))
    return sorted(ranked, key=lambda each: -each.score)


def _lexical(asked: list[str], rarity: dict[str, float], own: Counter[str], context: frozenset[str], average: float) -> tuple[float, float]:
    """BM25 of a passage, its context counting half and synonyms a little less; and the coverage of the question."""
    points = covered = 0.0
    length = own.total()
    for term in asked:
        frequency = float(own[term])
        weight = 1.0
        if not frequency:
            related = relatives(term)
            frequency = float(max((own[other] for other in related), default=0))
            weight = _RELATIVE_WEIGHT
            if not frequency and (term in context or related & context):
                frequency, weight = 1.0, _CONTEXT_WEIGHT if term in context else _CONTEXT_WEIGHT * _RELATIVE_WEIGHT
        if frequency:
            points += weight * rarity[term] * frequency * 2.2 / (frequency + 1.2 * (0.4 + 0.6 * length / max(average, 1.0)))
            covered += weight * rarity[term]
    whole = sum(rarity.values())
    return points, covered / whole if whole else 0.0


def _likeness(question: str, passages: list[Passage], embedding: Embedding, pulse: Callable[[], None]) -> list[float]:
    asked = embedding.vectors([question])[0]
    found: list[float] = []
    for start in range(0, len(passages), BATCH):
        pulse()
        rows = embedding.vectors([f"{passage.context}. {passage.text}"[:1_000] for passage in passages[start : start + BATCH]])
        found.extend(float(value) for value in rows @ asked)
    return found
