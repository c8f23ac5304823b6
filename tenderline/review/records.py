"""What reviewers leave behind: reviews, answers and the tokens they cost. Written in the transaction that ends the task."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import NotFound
from tenderline.review.activities import SECTION_ANALYZED, record_activity
from tenderline.review.files import UNKNOWN_DOCUMENT, storable
from tenderline.review.findings import MODEL_CHARS, replace_findings
from tenderline.review.models import ASSISTANT, USER, ChatMessage, DeskSession, SectionReview
from tenderline.review.reviewer import Answer, Review

Json = dict[str, Any]


def source_dicts(answer: Answer) -> list[Json]:
    """The passages of an answer as the API shows them."""
    return [asdict(source) for source in answer.sources]


def lookup_dicts(answer: Answer) -> list[Json]:
    """What was looked up for an answer as the API shows it."""
    return [{"summary": storable(lookup.summary), "filters": lookup.filters} for lookup in answer.lookups]


def store_review(
    session: Session,
    database: Database,
    *,
    session_id: str,
    section_index: int,
    task_id: str,
    review: Review,
    duration: float,
    key: str = "",
) -> None:
    """Put a review in the place of the section's earlier one; ``key`` names what it depends on (``analysis_key``).

    What the reader decided, edited or added stays (``replace_findings``).
    Raises ``NotFound`` when the document was deleted in the meantime.
    """
    owner = hold(session, session_id)
    now = database.now(session)
    replace_findings(
        session, now, session_id=session_id, section_index=section_index, found=[finding.as_dict() for finding in review.findings]
    )
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
            key=key,
        )
    )
    said = "1 finding" if len(review.findings) == 1 else f"{len(review.findings)} findings"
    record_activity(
        session,
        now,
        session_id=session_id,
        actor=owner,
        action=SECTION_ANALYZED,
        text=f"{said} by {review.reviewer}",
        section_index=section_index,
    )


def store_answer(session: Session, database: Database, *, session_id: str, task_id: str, question: str, answer: Answer) -> None:
    """Add a question and its answer to the conversation. Raises ``NotFound`` when the document was deleted in the meantime."""
    hold(session, session_id)
    now = database.now(session)
    turn: Json = {"session_id": session_id, "task_id": task_id, "created_at": now}
    session.execute(
        insert(ChatMessage),
        [
            {**turn, "role": USER, "text": storable(question), "sources": [], "lookups": [], "reviewer": ""},
            {
                **turn,
                "role": ASSISTANT,
                "text": storable(answer.response),
                "sources": [source | {"quote": storable(source["quote"])} for source in source_dicts(answer)],
                "lookups": lookup_dicts(answer),
                "reviewer": answer.reviewer[:MODEL_CHARS],
            },
        ],
    )


def conversation(session: Session, session_id: str, newest: int | None = None) -> list[ChatMessage]:
    """The conversation about a document, oldest first; only the ``newest`` messages if a number is given."""
    messages = select(ChatMessage).where(ChatMessage.session_id == session_id).order_by(ChatMessage.id.desc())
    return list(reversed(session.scalars(messages.limit(newest)).all()))


def hold(session: Session, session_id: str) -> str:
    """Hold the document, so that it isn't deleted while something is added to it; returns its owner."""
    row = session.get(DeskSession, session_id, with_for_update=True)
    if row is None:
        raise NotFound(UNKNOWN_DOCUMENT)
    return row.owner
