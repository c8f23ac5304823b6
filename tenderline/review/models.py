"""The tables of the review desk. All times are seconds since 1970, UTC, by the database's clock; offsets count characters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tenderline.database import Base

PARSING, READY, FAILED = "parsing", "ready", "failed"
USER, ASSISTANT = "user", "assistant"
REVIEWER = "reviewer"
UNDECIDED = "pending"

_RowId = BigInteger().with_variant(Integer, "sqlite")


class DeskSession(Base):
    """One uploaded document. Its file is ``DATA_DIR/documents/<id>/original.<kind>``, whatever its user calls it.

    ``parse_task_id`` is the task that reads the document while ``state`` is parsing; ``error`` says why it is failed; ``guidelines`` is the
    checklist in force: a list of ``{id, title, text}``.
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


class SectionReview(Base):
    """The newest review of a section: who made it, when, by which task, what was left out. Its findings stand in ``FindingRow``."""

    __tablename__ = "section_reviews"

    session_id: Mapped[str] = mapped_column(ForeignKey("desk_sessions.id", ondelete="CASCADE"), primary_key=True)
    section_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    task_id: Mapped[str] = mapped_column(String(36))
    reviewer: Mapped[str] = mapped_column(String(200))
    dropped: Mapped[int] = mapped_column(Integer)
    warnings: Mapped[list[str]] = mapped_column(JSON)
    duration: Mapped[float] = mapped_column(Double)
    analyzed_at: Mapped[float] = mapped_column(Double)


class FindingRow(Base):
    """One finding on a section, with what the reader decided about it. ``position`` orders the findings of a section."""

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

    __table_args__ = (UniqueConstraint("session_id", "section_index", "finding_id", name="uq_findings_place"),)


class ChatMessage(Base):
    """One turn of the conversation about a document. A question and its answer are stored together, by the task that answered."""

    __tablename__ = "chat_messages"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("desk_sessions.id", ondelete="CASCADE"))
    task_id: Mapped[str] = mapped_column(String(36))
    role: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    sources: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    reviewer: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (Index("ix_chat_messages_session", "session_id", "id"),)


class UsageRecord(Base):
    """Tokens that one task used. Kept when its document is deleted: it is what the bill says."""

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

    __table_args__ = (Index("ix_usage_records_owned", "owner", "created_at"),)
