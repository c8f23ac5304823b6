"""What the pass over a whole document leaves behind, and how it is read. Written in the transaction that ends the task."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.review.activities import DOCUMENT_ANALYZED, record_activity
from tenderline.review.files import storable
from tenderline.review.findings import MODEL_CHARS, findings, replace_findings
from tenderline.review.models import WHOLE_DOCUMENT, CheckCoverage, DocumentSection, FindingRow, SectionReview
from tenderline.review.records import hold
from tenderline.review.reviewer import DocumentFinding, Finding, Known, Source, Survey

Json = dict[str, Any]

_CHECK_ID_CHARS = 16


@dataclass(frozen=True)
class DocumentReview:
    """The newest pass over a document: ``review`` is None when there was none; findings and coverage as the API shows them."""

    review: SectionReview | None
    findings: list[Json]
    coverage: dict[str, Json]


def store_survey(session: Session, database: Database, *, session_id: str, task_id: str, key: str, survey: Survey, duration: float) -> None:
    """Put a survey in the place of the document's earlier one. Raises ``NotFound`` when the document was deleted in the meantime."""
    owner = hold(session, session_id)
    now = database.now(session)
    found = [_fields(finding) for finding in survey.findings]
    replace_findings(session, now, session_id=session_id, section_index=WHOLE_DOCUMENT, found=found)
    session.execute(delete(CheckCoverage).where(CheckCoverage.session_id == session_id))
    rows = {
        check.check_id[:_CHECK_ID_CHARS]: {
            "session_id": session_id,
            "check_id": check.check_id[:_CHECK_ID_CHARS],
            "state": check.state,
            "note": storable(check.note),
            "places": _places(check.places),
            "task_id": task_id,
        }
        for check in survey.coverage
    }
    if rows:
        session.execute(insert(CheckCoverage), list(rows.values()))
    session.merge(
        SectionReview(
            session_id=session_id,
            section_index=WHOLE_DOCUMENT,
            task_id=task_id,
            reviewer=survey.reviewer[:MODEL_CHARS],
            dropped=survey.dropped,
            warnings=[storable(warning) for warning in survey.warnings],
            duration=duration,
            analyzed_at=now,
            key=key,
        )
    )
    said = "1 finding" if len(survey.findings) == 1 else f"{len(survey.findings)} findings"
    text = f"{said} on the document as a whole by {survey.reviewer}"
    record_activity(session, now, session_id=session_id, actor=owner, action=DOCUMENT_ANALYZED, text=text, section_index=WHOLE_DOCUMENT)


def document_review(session: Session, session_id: str) -> DocumentReview:
    """The newest pass over a document."""
    checks = session.scalars(select(CheckCoverage).where(CheckCoverage.session_id == session_id)).all()
    named = {place["section"] for row in checks for place in row.places}
    where = (DocumentSection.session_id == session_id, DocumentSection.index.in_(named))
    titles = dict(session.execute(select(DocumentSection.index, DocumentSection.title).where(*where)).all()) if named else {}
    return DocumentReview(
        session.get(SectionReview, (session_id, WHOLE_DOCUMENT)),
        findings(session, session_id, WHOLE_DOCUMENT),
        {row.check_id: {"state": row.state, "note": row.note, "places": _titled(row.places, titles)} for row in checks},
    )


def is_current(session: Session, session_id: str, task_id: str) -> bool:
    """Whether the newest pass over the document is this task's, and no section was reviewed since."""
    review = session.get(SectionReview, (session_id, WHOLE_DOCUMENT))
    if review is None or review.task_id != task_id:
        return False
    sections = (SectionReview.session_id == session_id, SectionReview.section_index != WHOLE_DOCUMENT)
    newest = session.scalar(select(func.max(SectionReview.analyzed_at)).where(*sections))
    return newest is None or newest <= review.analyzed_at


def sections_with_text(session: Session, session_id: str) -> list[int]:
    """The indexes of the sections that hold more than blanks."""
    mine = select(DocumentSection.index).where(DocumentSection.session_id == session_id, DocumentSection.has_words())
    return list(session.scalars(mine.order_by(DocumentSection.index)))


def section_keys(session: Session, session_id: str) -> dict[int, str]:
    """Section -> the key of its newest review."""
    return dict(session.execute(select(SectionReview.section_index, SectionReview.key).where(SectionReview.session_id == session_id)).all())


def known_findings(session: Session, session_id: str) -> tuple[Known, ...]:
    """What was found in the sections so far, in order, whatever the reader decided about it."""
    mine = (FindingRow.session_id == session_id, FindingRow.section_index != WHOLE_DOCUMENT)
    rows = session.scalars(select(FindingRow).where(*mine).order_by(FindingRow.section_index, FindingRow.position, FindingRow.id))
    return tuple(Known(row.section_index, _finding(row)) for row in rows)


def _fields(finding: DocumentFinding) -> Json:
    return {**asdict(finding), "quote": "", "start": 0, "end": 0, "places": _places(finding.places)}


def _places(places: Iterable[Source]) -> list[Json]:
    return [{"section": place.section, "quote": storable(place.quote), "start": place.start, "end": place.end} for place in places]


def _titled(places: list[Json], titles: dict[int, str]) -> list[Json]:
    """Places with the titles of their sections; those in sections that are no more are left out."""
    return [place | {"title": titles[place["section"]]} for place in places if place["section"] in titles]


def _finding(row: FindingRow) -> Finding:
    return Finding(
        id=row.finding_id,
        type=row.type,  # type: ignore[arg-type]
        category=row.category,
        description=row.description,
        suggestion=row.suggestion,
        risk_level=row.risk_level,  # type: ignore[arg-type]
        confidence=row.confidence,
        quote=row.quote,
        start=row.start,
        end=row.end,
        questions=tuple(row.questions),
        checklist_refs=tuple(row.checklist_refs),
        model=row.model,
    )
