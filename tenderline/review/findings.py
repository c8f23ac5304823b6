"""The findings of a document as they are kept: what a new review changes of them and what it leaves, and which are shown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.orm import Session

from tenderline.review.files import storable
from tenderline.review.models import REJECTED, REVIEWER, UNDECIDED, WHOLE_DOCUMENT, DocumentSection, FindingRow
from tenderline.review.reviewer import Finding

Json = dict[str, Any]

EDITABLE = ("description", "suggestion", "type", "category", "risk_level")
"""What a reader may change of a finding."""

MODEL_CHARS = 200
CATEGORY_CHARS = 64
PATTERN_CHARS = 200
"""The columns' lengths; a longer text (a model's ARN) is cut."""

_SHOWN = (
    FindingRow.finding_id, FindingRow.type, FindingRow.category, FindingRow.description, FindingRow.suggestion, FindingRow.questions,
    FindingRow.checklist_refs, FindingRow.risk_level, FindingRow.confidence, FindingRow.quote, FindingRow.start, FindingRow.end,
    FindingRow.model, FindingRow.decision, FindingRow.source, FindingRow.section_index, FindingRow.places, FindingRow.original,
    FindingRow.present, FindingRow.decided_at,
)  # fmt: skip
"""What ``finding_dict`` shows."""
_VARIES = re.compile(r"“[^”]*”|\"[^\"]*\"|‘[^’]*’|(?<!\w)'[^']*'(?!\w)|«[^»]*»|\d[\w.,:/%-]*(?<![.,:])")
_GAPS = re.compile(r"…(?:[\s,]*…)+")


def pattern_of(description: str) -> str:
    """The kind of a finding by its words: its description with what is quoted and all figures as "…"."""
    words = " ".join(_VARIES.sub("…", description).split())
    return _GAPS.sub("…", words)[:PATTERN_CHARS]


def shown() -> ColumnElement[bool]:
    """Which findings are shown: all but those that were rejected and that the newest review no longer found."""
    return or_(FindingRow.present, FindingRow.decision != REJECTED)


def in_order() -> tuple[ColumnElement[Any], ...]:
    """The order of a document: what is about the whole of it first, then by section and place."""
    whole = FindingRow.section_index == WHOLE_DOCUMENT
    return FindingRow.section_index.asc(), case((whole, 0), else_=FindingRow.start), FindingRow.position.asc(), FindingRow.id.asc()


def finding_dict(row: FindingRow, titles: Mapping[int, str] | None = None) -> Json:
    """A finding as the API shows it: what the reviewer or the reader wrote, and what the reader decided.

    ``titles`` are those of the sections, by index, for the places of a finding on the whole document.
    """
    named = titles or {}
    return {
        "id": row.finding_id,
        "type": row.type,
        "category": row.category,
        "description": row.description,
        "suggestion": row.suggestion,
        "questions": row.questions,
        "checklist_refs": row.checklist_refs,
        "risk_level": row.risk_level,
        "confidence": row.confidence,
        "quote": row.quote,
        "start": row.start,
        "end": row.end,
        "model": row.model,
        "decision": row.decision,
        "source": row.source,
        "section_index": row.section_index,
        "places": [{**place, "title": named.get(place["section"], place.get("title", ""))} for place in row.places],
        "edited": row.original is not None,
        "original": row.original,
        "present": row.present,
        "decided_at": row.decided_at,
    }


def new_finding_dict(finding: Finding, section_index: int) -> Json:
    """A finding nobody has decided about, in the shape of ``finding_dict``."""
    lists = {"questions": list(finding.questions), "checklist_refs": list(finding.checklist_refs), "places": []}
    state = {"decision": UNDECIDED, "source": REVIEWER, "edited": False, "original": None, "present": True, "decided_at": None}
    return finding.as_dict() | lists | state | {"section_index": section_index}


def findings(session: Session, session_id: str, section_index: int) -> list[Json]:
    """The findings that are shown of a section or, ``WHOLE_DOCUMENT``, of the document as a whole, in order."""
    return _listed(session, session_id, None, FindingRow.section_index == section_index)


def all_findings(session: Session, session_id: str, most: int | None = None, *, rejected: bool = True) -> list[Json]:
    """The findings that are shown of a document, in order, at most ``most``; with those that were rejected or without."""
    return _listed(session, session_id, most, *([] if rejected else [FindingRow.decision != REJECTED]))


def as_written(row: FindingRow) -> Json:
    """The editable fields as the reviewer wrote them."""
    return row.original if row.original is not None else {name: getattr(row, name) for name in EDITABLE}


def replace_findings(session: Session, now: float, *, session_id: str, section_index: int, found: Sequence[Json]) -> None:
    """Put what a review found in the place of what the one before had found, in a transaction that holds the document.

    A finding that returns keeps its decision and edits. One that doesn't return goes, unless the reader decided about it or edited it: then
    it stays and is not ``present``. The reader's own findings stay.

    Args:
        session: a writing session that holds the document (``records.hold``).
        now: the database's clock.
        session_id: the document.
        section_index: the section, or ``WHOLE_DOCUMENT``.
        found: findings in order, each with the fields of ``reviewer.Finding`` and, if it is about the whole document, ``places``.
    """
    place = (FindingRow.session_id == session_id, FindingRow.section_index == section_index)
    earlier = {row.finding_id: row for row in session.scalars(select(FindingRow).where(*place))}
    own = {name for name, row in earlier.items() if row.source != REVIEWER}
    position = 0
    for values in _once(found, own):
        fresh = _columns(values, position)
        position += 1
        row = earlier.pop(values["id"], None)
        if row is None:
            session.add(FindingRow(session_id=session_id, section_index=section_index, finding_id=values["id"], created_at=now, **fresh))
            continue
        rewrite(row, {name: fresh.pop(name) for name in EDITABLE})
        for name, value in fresh.items():
            setattr(row, name, value)
    for name, row in earlier.items():
        if name in own:
            continue
        if row.decision == UNDECIDED and row.original is None:
            session.delete(row)
        else:
            row.present = False
    session.flush()


def rewrite(row: FindingRow, written: Json) -> None:
    """Let a finding say what the reviewer writes now, but for the fields that the reader edited."""
    before = as_written(row)
    kept = {name: getattr(row, name) for name in EDITABLE if getattr(row, name) != before[name]}
    edit(row, written, {**written, **kept})


def edit(row: FindingRow, written: Json, said: Json) -> None:
    """Let a finding say ``said`` where its reviewer wrote ``written``; when the two are the same it isn't edited any more."""
    for name in EDITABLE:
        setattr(row, name, said[name])
    row.original = dict(written) if any(said[name] != written[name] for name in EDITABLE) else None


def _once(found: Iterable[Json], taken: set[str]) -> Iterable[Json]:
    seen = set(taken)
    for values in found:
        if values["id"] not in seen:
            seen.add(values["id"])
            yield values


def _columns(values: Json, position: int) -> Json:
    description = storable(values["description"])
    return {
        "position": position,
        "source": REVIEWER,
        "type": values["type"],
        "category": storable(values["category"])[:CATEGORY_CHARS],
        "description": description,
        "suggestion": storable(values["suggestion"]),
        "questions": [storable(question) for question in values["questions"]],
        "checklist_refs": [storable(reference) for reference in values["checklist_refs"]],
        "risk_level": values["risk_level"],
        "confidence": values["confidence"],
        "quote": storable(values["quote"]),
        "start": values["start"],
        "end": values["end"],
        "model": values["model"][:MODEL_CHARS],
        "places": [{**place, "quote": storable(place["quote"])} for place in values.get("places", ())],
        "present": True,
        "pattern": pattern_of(description),
    }


def _listed(session: Session, session_id: str, most: int | None, *which: ColumnElement[bool]) -> list[Json]:
    """Read as plain rows: with thousands of them, making objects takes as long as all the rest."""
    wanted = select(*_SHOWN).where(FindingRow.session_id == session_id, shown(), *which).order_by(*in_order()).limit(most)
    rows = cast(Sequence[FindingRow], session.execute(wanted).all())
    named = {place["section"] for row in rows for place in row.places}
    titles: dict[int, str] = {}
    if named:
        where = (DocumentSection.session_id == session_id, DocumentSection.index.in_(named))
        titles = dict(session.execute(select(DocumentSection.index, DocumentSection.title).where(*where)).all())
    return [finding_dict(row, titles) for row in rows]
