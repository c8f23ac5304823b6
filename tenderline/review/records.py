"""What reviewers leave behind: findings, answers and the tokens they cost. Written in the transaction that ends the task."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import NotFound
from tenderline.review.files import UNKNOWN_DOCUMENT, storable
from tenderline.review.models import (
    ASSISTANT,
    REVIEWER,
    UNDECIDED,
    USER,
    ChatMessage,
    DeskSession,
    FindingRow,
    SectionReview,
    UsageRecord,
)
from tenderline.review.reviewer import Answer, Finding, Review, Usage

Json = dict[str, Any]

MODEL_CHARS = 200
"""The columns' length; a longer name (an ARN) is cut."""


def finding_dict(row: FindingRow) -> Json:
    """A finding as the API shows it: the reviewer's fields, the reader's ``decision`` and the ``source``."""
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
    }


def new_finding_dict(finding: Finding) -> Json:
    """A finding nobody has decided about, in the shape of ``finding_dict``."""
    lists = {"questions": list(finding.questions), "checklist_refs": list(finding.checklist_refs)}
    return finding.as_dict() | lists | {"decision": UNDECIDED, "source": REVIEWER}


def source_dicts(answer: Answer) -> list[Json]:
    """The passages of an answer as the API shows them."""
    return [asdict(source) for source in answer.sources]


def store_review(
    session: Session, database: Database, *, session_id: str, section_index: int, task_id: str, review: Review, duration: float
) -> None:
    """Put a review in the place of the section's earlier one.

    A finding that was there before keeps what the reader decided about it; findings the reader added stay.
    Raises ``NotFound`` when the document was deleted in the meantime.
    """
    owner = _lock(session, session_id)
    now = database.now(session)
    place = (FindingRow.session_id == session_id, FindingRow.section_index == section_index)
    earlier = session.execute(select(FindingRow.finding_id, FindingRow.source, FindingRow.decision).where(*place)).all()
    decided = {finding_id: decision for finding_id, source, decision in earlier if source == REVIEWER}
    taken = {finding_id for finding_id, source, _ in earlier if source != REVIEWER}
    session.execute(delete(FindingRow).where(*place, FindingRow.source == REVIEWER))
    rows: list[Json] = []
    for finding in review.findings:
        if finding.id in taken:
            continue
        taken.add(finding.id)
        rows.append(
            {
                "session_id": session_id,
                "section_index": section_index,
                "position": len(rows),
                "finding_id": finding.id,
                "source": REVIEWER,
                "decision": decided.get(finding.id, UNDECIDED),
                "type": finding.type,
                "category": storable(finding.category)[:64],
                "description": storable(finding.description),
                "suggestion": storable(finding.suggestion),
                "questions": [storable(question) for question in finding.questions],
                "checklist_refs": [storable(reference) for reference in finding.checklist_refs],
                "risk_level": finding.risk_level,
                "confidence": finding.confidence,
                "quote": storable(finding.quote),
                "start": finding.start,
                "end": finding.end,
                "model": finding.model[:MODEL_CHARS],
                "created_at": now,
            }
        )
    if rows:
        session.execute(insert(FindingRow), rows)
    session.merge(
        SectionReview(
            session_id=session_id,
            section_index=section_index,
            task_id=task_id,
            reviewer=review.reviewer[:MODEL_CHARS],
            dropped=review.dropped,
            warnings=[storable(warning) for warning in review.warnings],
            duration=duration,
            analyzed_at=now,
        )
    )
    _store_usage(session, now, owner, session_id, task_id, "analyze_section", review.reviewer, review.usage)


def store_answer(session: Session, database: Database, *, session_id: str, task_id: str, question: str, answer: Answer) -> None:
    """Add a question and its answer to the conversation. Raises ``NotFound`` when the document was deleted in the meantime."""
    owner = _lock(session, session_id)
    now = database.now(session)
    turn: Json = {"session_id": session_id, "task_id": task_id, "created_at": now}
    session.execute(
        insert(ChatMessage),
        [
            {**turn, "role": USER, "text": storable(question), "sources": [], "reviewer": ""},
            {
                **turn,
                "role": ASSISTANT,
                "text": storable(answer.response),
                "sources": [source | {"quote": storable(source["quote"])} for source in source_dicts(answer)],
                "reviewer": answer.reviewer[:MODEL_CHARS],
            },
        ],
    )
    _store_usage(session, now, owner, session_id, task_id, "chat", answer.reviewer, answer.usage)


def findings(session: Session, session_id: str, section_index: int) -> list[Json]:
    """The findings of a section, in order."""
    place = (FindingRow.session_id == session_id, FindingRow.section_index == section_index)
    rows = session.scalars(select(FindingRow).where(*place).order_by(FindingRow.position, FindingRow.id))
    return [finding_dict(row) for row in rows]


def conversation(session: Session, session_id: str, newest: int | None = None) -> list[ChatMessage]:
    """The conversation about a document, oldest first; only the ``newest`` messages if a number is given."""
    messages = select(ChatMessage).where(ChatMessage.session_id == session_id).order_by(ChatMessage.id.desc())
    return list(reversed(session.scalars(messages.limit(newest)).all()))


def _lock(session: Session, session_id: str) -> str:
    """Hold the document, so that it isn't deleted while something is added to it; returns its owner."""
    row = session.get(DeskSession, session_id, with_for_update=True)
    if row is None:
        raise NotFound(UNKNOWN_DOCUMENT)
    return row.owner


def _store_usage(session: Session, now: float, owner: str, session_id: str, task_id: str, operation: str, model: str, usage: Usage) -> None:
    if not any(asdict(usage).values()):
        return
    session.add(
        UsageRecord(
            owner=owner,
            session_id=session_id,
            task_id=task_id,
            operation=operation,
            model=model[:MODEL_CHARS],
            created_at=now,
            **asdict(usage),
        )
    )
