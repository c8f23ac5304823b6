"""From what Claude says to findings that hold: quotes found in the section, known checks, bounded and clean texts."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from tenderline.review.claude.clean import clean_line, clean_text
from tenderline.review.claude.quotes import Text
from tenderline.review.claude.schema import ReplyFinding
from tenderline.review.reviewer import CATEGORIES, Finding

MAX_FINDINGS = 40
MAX_QUOTE = 600
MAX_RAW_QUOTE = 4_000
MAX_DESCRIPTION = 1_000
MAX_SUGGESTION = 1_500
MAX_QUESTION = 300
MAX_QUESTIONS = 5
MAX_REFS = 10

CATEGORY = {name.casefold(): name for name in CATEGORIES}
RISK_ORDER = {"High": 0, "Medium": 1, "Low": 2}


@dataclass(frozen=True)
class Sorted:
    """Findings to show, and how many were left out because their quote isn't there, they are unsure, double, or too many."""

    findings: tuple[Finding, ...]
    dropped: int


def sort_out(
    said: Iterable[ReplyFinding], text: str, *, offset: int, checks: frozenset[str], min_confidence: float, may_be_missing: bool, model: str
) -> Sorted:
    """Keep what holds of the findings ``said`` about ``text``.

    Args:
        said: as Claude gave them.
        text: what Claude read.
        offset: where ``text`` begins in its section; the findings' places are the section's.
        checks: ids of the checklist.
        min_confidence: findings below it are left out.
        may_be_missing: whether findings without a quote are taken: not when ``text`` is only a part, as the rest may hold what it lacks.
        model: who said it.
    """
    searched = Text(text)
    kept: dict[str, Finding] = {}
    count = 0
    for finding in said:
        count += 1
        made = _finding(finding, searched, offset, checks, may_be_missing, model)
        if made is not None and made.confidence >= min_confidence and made.id not in kept:
            kept[made.id] = made
    weightiest = sorted(kept.values(), key=lambda finding: (RISK_ORDER[finding.risk_level], -finding.confidence))[:MAX_FINDINGS]
    return Sorted(tuple(sorted(weightiest, key=in_order)), count - len(weightiest))


def in_order(finding: Finding) -> tuple[int, int, str]:
    """Sorts findings by their place in the text."""
    return finding.start, finding.end, finding.id


def finding_id(category: str, kind: str, quote: str, place: int, description: str = "") -> str:
    """The same finding on the same text gets the same id; ``description`` counts only for findings without a quote."""
    parts = (category, kind, quote, str(place), "" if quote else description)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _finding(said: ReplyFinding, searched: Text, offset: int, checks: frozenset[str], may_be_missing: bool, model: str) -> Finding | None:
    category = CATEGORY.get(said.category.strip().casefold())
    description = clean_text(said.description, MAX_DESCRIPTION)
    if category is None or not description or len(said.quote) > MAX_RAW_QUOTE:
        return None
    if said.quote.strip():
        place = searched.locate(said.quote, said.before[-80:])
        if place is None:
            return None
        start, end = cut(searched.text, *place)
        quote = searched.text[start:end]
        start, end = start + offset, end + offset
    elif said.about_missing and may_be_missing:
        start = end = 0
        quote = ""
    else:
        return None
    questions = (clean_line(question, MAX_QUESTION) for question in said.questions[:MAX_QUESTIONS])
    refs = (ref.strip() for ref in said.checklist_refs[: 10 * MAX_REFS])
    return Finding(
        id=finding_id(category, said.type, quote, start, description),
        type=said.type,
        category=category,
        description=description,
        suggestion=clean_text(said.suggestion, MAX_SUGGESTION),
        risk_level=said.risk_level,
        confidence=said.confidence,
        quote=quote,
        start=start,
        end=end,
        questions=tuple(question for question in questions if question),
        checklist_refs=tuple(dict.fromkeys(ref for ref in refs if ref in checks))[:MAX_REFS],
        model=model,
    )


def cut(text: str, start: int, end: int) -> tuple[int, int]:
    """A quote that is too long to show ends after its last whole word that fits."""
    if end - start <= MAX_QUOTE:
        return start, end
    space = text.rfind(" ", start, start + MAX_QUOTE)
    return start, space if space > start else start + MAX_QUOTE
