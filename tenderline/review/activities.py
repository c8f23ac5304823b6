"""The log of a document: who did what, when, to which finding. A line commits in the transaction of what it tells."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from tenderline.review.files import storable
from tenderline.review.models import Activity

Json = dict[str, Any]

UPLOADED, SECTION_ANALYZED, DOCUMENT_ANALYZED = "document_uploaded", "section_analyzed", "document_analyzed"
ACCEPTED_ONE, REJECTED_ONE, REVERTED_ONE = "accepted", "rejected", "reverted"
EDITED, ADDED, DELETED, UNDONE, REDONE = "edited", "added", "deleted", "undone", "redone"
EXPORTED, GUIDELINES_CHANGED = "review_exported", "guidelines_changed"

UNDOABLE = (ACCEPTED_ONE, REJECTED_ONE, REVERTED_ONE, EDITED, ADDED, DELETED)
"""What an undo takes back."""
READING = (UPLOADED, *UNDOABLE, UNDONE, REDONE, EXPORTED, GUIDELINES_CHANGED)
"""What a person does at the desk, as opposed to a reviewer's work that ends by itself."""

TEXT_CHARS = 300


def record_activity(
    session: Session,
    now: float,
    *,
    session_id: str,
    actor: str,
    action: str,
    text: str = "",
    section_index: int | None = None,
    finding_id: str | None = None,
    detail: Json | None = None,
) -> Activity:
    """Add a line to a document's log, in the transaction of what it tells.

    Args:
        session: a writing session.
        now: the database's clock, seconds since 1970.
        session_id: the document, which must exist.
        actor: the owner who did it.
        action: one of the constants of this module.
        text: what people read in the log beside the action; cut at ``TEXT_CHARS``.
        section_index: the section, ``WHOLE_DOCUMENT``, or None when it is about neither.
        finding_id: the finding, if it is about one.
        detail: what an undo needs, beside the text.
    """
    line = Activity(
        session_id=session_id,
        actor=actor,
        action=action,
        section_index=section_index,
        finding_id=finding_id,
        detail={**(detail or {}), "text": _cut(storable(text))},
        at=now,
    )
    session.add(line)
    session.flush()
    return line


def _cut(text: str) -> str:
    return text if len(text) <= TEXT_CHARS else text[: TEXT_CHARS - 1] + "…"
