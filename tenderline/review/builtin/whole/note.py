"""What a rule over the whole document returns, and how it becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from tenderline.review.builtin.remark import finding_id
from tenderline.review.builtin.view import DocumentView
from tenderline.review.reviewer import DocumentFinding, Risk, Source

MOST_PLACES = 8


@dataclass(frozen=True, slots=True)
class Place:
    """A passage of a section's text; equal ``start`` and ``end`` name the section itself, as its heading is no part of its text."""

    section: int
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """One thing a rule found in the document, before it becomes a finding.

    ``kind``, ``category``, ``topic`` and ``detail`` as in ``remark.Remark``.
    """

    kind: str
    category: str
    topic: str
    type: Literal["critical", "important", "suggestion", "question"]
    risk: Risk
    confidence: float
    places: tuple[Place, ...]
    description: str
    suggestion: str = ""
    questions: tuple[str, ...] = ()
    detail: str = ""


DocumentRule = Callable[[DocumentView], Iterable[Note]]


def source(document: DocumentView, place: Place) -> Source:
    """The passage with its words, cut to what a finding may quote."""
    section = document.section(place.section)
    span = section.quote(place.start, place.end)
    return Source(place.section, section.title, section.text[span.start : span.end], span.start, span.end)


def finding(note: Note, document: DocumentView, checklist_refs: tuple[str, ...], model: str) -> DocumentFinding:
    """The finding for a note; its id depends on kind, category, detail and the places' words only."""
    places = tuple(source(document, place) for place in note.places[:MOST_PLACES])
    told = [f"{place.section}\x1f{place.start}\x1f{place.quote}" for place in places]
    return DocumentFinding(
        id=finding_id(note.kind, note.category, note.detail, *told),
        type=note.type,
        category=note.category,
        description=note.description,
        suggestion=note.suggestion,
        risk_level=note.risk,
        confidence=note.confidence,
        places=places,
        questions=note.questions,
        checklist_refs=checklist_refs,
        model=model,
    )


def titled(document: DocumentView, section: int) -> str:
    """A section's title in quotation marks, for sentences."""
    title = " ".join(document.parsed.sections[section].title.split())
    return f"“{title if len(title) <= 60 else title[:59].rstrip() + '…'}”"
