"""What a rule returns, and what a rule is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from tenderline.review.builtin.view import SectionView
from tenderline.review.reviewer import Finding, Risk


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing a rule found, before it becomes a finding.

    Attributes:
        kind: the stable name of what was found, such as "impossible-date"; part of the finding's id.
        topic: what it is about, for matching the checklist (``topics.TOPICS``).
        start, end: place in the section's text; equal when something is missing.
        detail: tells apart remarks of one kind at one place (which part is missing); part of the id.
    """

    kind: str
    category: str
    topic: str
    type: Literal["critical", "important", "suggestion", "question"]
    risk: Risk
    confidence: float
    start: int
    end: int
    description: str
    suggestion: str = ""
    questions: tuple[str, ...] = ()
    detail: str = ""


Rule = Callable[[SectionView], Iterable[Remark]]


@dataclass(frozen=True, slots=True)
class RuleGroup:
    """Rules that run under one line of progress, such as "Checking dates"."""

    status: str
    rules: tuple[Rule, ...]


def finding_id(*parts: str) -> str:
    """An id that depends on these parts only."""
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def finding(remark: Remark, section: SectionView, checklist_refs: tuple[str, ...], model: str) -> Finding:
    """The finding for a remark; its quote is cut to what a finding may quote, its id depends on kind, category, quote and place only."""
    span = section.quote(remark.start, remark.end)
    quote = section.text[span.start : span.end]
    start, end = (span.start, span.end) if quote else (0, 0)
    return Finding(
        id=finding_id(remark.kind, remark.category, section.title, str(start), quote, remark.detail),
        type=remark.type,
        category=remark.category,
        description=remark.description,
        suggestion=remark.suggestion,
        risk_level=remark.risk,
        confidence=remark.confidence,
        quote=quote,
        start=start,
        end=end,
        questions=remark.questions,
        checklist_refs=checklist_refs,
        model=model,
    )
