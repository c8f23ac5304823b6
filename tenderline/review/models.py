"""The tables of the review desk. All times are seconds since 1970, UTC, by the database's clock; offsets count characters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Double,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    func,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from tenderline.database import Base

PARSING, READY, FAILED = "parsing", "ready", "failed"
USER, ASSISTANT = "user", "assistant"
REVIEWER, READER = "reviewer", "reader"
"""Who made a finding: a reviewer, or the person who reads the document."""
UNDECIDED, ACCEPTED, REJECTED = "pending", "accepted", "rejected"
WHOLE_DOCUMENT = -1
"""In the place of a section's index: about the document as a whole."""
BLANKS = " \t\n\r\f\v"

_RowId = BigInteger().with_variant(Integer, "sqlite")


class DeskSession(Base):
    """One uploaded document. Its file is ``DATA_DIR/documents/<id>/original.<kind>``, whatever its user calls it.

    ``parse_task_id`` is the task that reads the document while ``state`` is parsing; ``error`` says why it is failed; ``guidelines`` is the
    checklist in force: a list of ``{id, title, text}``; ``own_guidelines`` is the document's own checklist, in Markdown.
    """

    __tablename__ = "desk_sessions"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    document_name: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(8))
    size: Mapped[int] = mapped_column(BigInteger)
    characters: Mapped[int] = mapped_column(Integer, default=0)
    guidelines: Mapped[list[dict[str, str]]] = mapped_column(JSON)
    guidelines_preference: Mapped[str] = mapped_column(String(16))
    own_guidelines: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    parse_task_id: Mapped[str | None] = mapped_column(String(36))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    warnings: Mapped[list[str]] = mapped_column(JSON, default=list)
    created_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (Index("ix_desk_sessions_owned", "owner", "created_at"),)


class DocumentSection(Base):
    """A section with its own copy of its text, so that showing one section does not load the whole document."""

    __tablename__ = "document_sections"

    session_id: Mapped[str] = mapped_column(ForeignKey("desk_sessions.id", ondelete="CASCADE"), primary_key=True)
    index: Mapped[int] = mapped_column("position", Integer, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    level: Mapped[int] = mapped_column(Integer)
    start: Mapped[int] = mapped_column("start_offset", Integer)
    end: Mapped[int] = mapped_column("end_offset", Integer)
    text: Mapped[str] = mapped_column(Text)

    @classmethod
    def has_words(cls) -> ColumnElement[bool]:
        """Whether there is more in it than blanks; a heading that only stands above others has none."""
        return func.length(func.ltrim(cls.text, BLANKS)) > 0


class SectionReview(Base):
    """The newest review of a section: who made it, when, by which task, what was left out. Its findings stand in ``FindingRow``.

    ``section_index`` may be ``WHOLE_DOCUMENT``. ``key`` names all that the findings depend on (``operations.analysis_key``).
    """

    __tablename__ = "section_reviews"

    session_id: Mapped[str] = mapped_column(ForeignKey("desk_sessions.id", ondelete="CASCADE"), primary_key=True)
    section_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    task_id: Mapped[str] = mapped_column(String(36))
    reviewer: Mapped[str] = mapped_column(String(200))
    dropped: Mapped[int] = mapped_column(Integer)
    warnings: Mapped[list[str]] = mapped_column(JSON)
    duration: Mapped[float] = mapped_column(Double)
    analyzed_at: Mapped[float] = mapped_column(Double)
    key: Mapped[str] = mapped_column(String(96), default="", server_default="")


class FindingRow(Base):
    """One finding on a section, or on the document as a whole (``WHOLE_DOCUMENT``), with what the reader decided about it.

    ``position`` orders the findings of a section. ``places`` are the passages of a finding on the whole document, ``{section, quote, start,
    end}`` each; ``original`` is what the reviewer had written before the reader edited it; ``present`` is False when the newest review no
    longer found it: then it is kept because the reader had decided about it or edited it. ``pattern`` is its kind by its words, what the
    statistics group by (``findings.pattern_of``).
    """

    __tablename__ = "findings"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("desk_sessions.id", ondelete="CASCADE"))
    section_index: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    finding_id: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(16), default=REVIEWER)
    decision: Mapped[str] = mapped_column(String(16), default=UNDECIDED)
    type: Mapped[str] = mapped_column(String(16))
    category: Mapped[str] = mapped_column(String(64))
    description: Mapped[str] = mapped_column(Text)
    suggestion: Mapped[str] = mapped_column(Text)
    questions: Mapped[list[str]] = mapped_column(JSON)
    checklist_refs: Mapped[list[str]] = mapped_column(JSON)
    risk_level: Mapped[str] = mapped_column(String(8))
    confidence: Mapped[float] = mapped_column(Double)
    quote: Mapped[str] = mapped_column(Text)
    start: Mapped[int] = mapped_column("start_offset", Integer)
    end: Mapped[int] = mapped_column("end_offset", Integer)
    model: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[float] = mapped_column(Double)
    places: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    original: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    present: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    decided_at: Mapped[float | None] = mapped_column(Double)
    decided_by: Mapped[str | None] = mapped_column(String(64))
    pattern: Mapped[str] = mapped_column(String(200), default="", server_default="")

    __table_args__ = (UniqueConstraint("session_id", "section_index", "finding_id", name="uq_findings_place"),)


class CheckCoverage(Base):
    """Whether a document meets one check of its guidelines, by the newest review of the whole document.

    ``state`` is met, partly, missing or unclear; ``note`` says in a sentence why; ``places`` as in ``FindingRow``.
    """

    __tablename__ = "check_coverage"

    session_id: Mapped[str] = mapped_column(ForeignKey("desk_sessions.id", ondelete="CASCADE"), primary_key=True)
    check_id: Mapped[str] = mapped_column(String(16), primary_key=True)
    state: Mapped[str] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(Text)
    places: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    task_id: Mapped[str] = mapped_column(String(36))


class Activity(Base):
    """One line of a document's log: who did what, when, to which finding. ``detail`` holds what an undo needs: the row before and after.

    ``undone_by`` is the line that took this one back.
    """

    __tablename__ = "activities"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("desk_sessions.id", ondelete="CASCADE"))
    actor: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(32))
    section_index: Mapped[int | None] = mapped_column(Integer)
    finding_id: Mapped[str | None] = mapped_column(String(64))
    detail: Mapped[dict[str, Any]] = mapped_column(JSON)
    undone_by: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[float] = mapped_column("done_at", Double)

    __table_args__ = (Index("ix_activities_session", "session_id", "id"),)


class GuidelinesRow(Base):
    """An owner's own standing checklist, used for new documents in the place of the one that ships. ``markdown`` is as it was written."""

    __tablename__ = "guidelines"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    markdown: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[float] = mapped_column(Double)


class ReviewExport(Base):
    """A finished review as a file: ``DATA_DIR/documents/<session>/exports/<id>``, downloaded as ``name``."""

    __tablename__ = "review_exports"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("desk_sessions.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(255))
    format: Mapped[str] = mapped_column(String(8))
    comments: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (Index("ix_review_exports_session", "session_id", "created_at"),)


class ChatMessage(Base):
    """One turn of the conversation about a document. A question and its answer are stored together, by the task that answered."""

    __tablename__ = "chat_messages"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("desk_sessions.id", ondelete="CASCADE"))
    task_id: Mapped[str] = mapped_column(String(36))
    role: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    lookups: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list, server_default="[]")
    reviewer: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (Index("ix_chat_messages_session", "session_id", "id"),)


class UsageRecord(Base):
    """Tokens that one task used of one model. Kept when its document is deleted: it is what the bill says.

    ``cost`` is in millionths of a US dollar, by the prices known when it was written; None where the model's prices are unknown.
    """

    __tablename__ = "usage_records"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    session_id: Mapped[str] = mapped_column(String(36))
    task_id: Mapped[str] = mapped_column(String(36))
    operation: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(200))
    input_tokens: Mapped[int] = mapped_column(Integer)
    output_tokens: Mapped[int] = mapped_column(Integer)
    cache_read_tokens: Mapped[int] = mapped_column(Integer)
    cache_write_tokens: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[float] = mapped_column(Double)
    section_index: Mapped[int | None] = mapped_column(Integer)
    cost: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = (Index("ix_usage_records_owned", "owner", "created_at"), Index("ix_usage_records_day", "created_at"))
