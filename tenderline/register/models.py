"""The tables of the register. All times are seconds since 1970, UTC, by the database's clock. The contracts themselves stand in segments,
files that never change (``register.segment``); which of them count is said here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Double, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tenderline.database import Base

LOOKING, UNREADABLE = "looking", "unreadable"
RECOGNISED, IMPORTING, IMPORTED, FAILED, CANCELLED, UNDONE = "recognised", "importing", "imported", "failed", "cancelled", "undone"
"""States of an upload. One that failed or was cancelled can be started again; of an unreadable one its name and the reason are left."""
OPEN, OURS, THEIRS = "open", "ours", "theirs"
"""What was decided about a contract that two sources tell differently."""

_RowId = BigInteger().with_variant(Integer, "sqlite")


class RegisterState(Base):
    """The register's one row: ``version`` goes up with every publication."""

    __tablename__ = "register_state"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    version: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[float] = mapped_column(Double)


class SegmentRow(Base):
    """A segment: ``DATA_DIR/register/segments/<id>/``.

    ``imports`` are the numbers of the imports whose rows it holds, ``retired_at`` is when it left the list, ``damaged`` says what is wrong
    with its files.
    """

    __tablename__ = "register_segments"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    rows: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
    imports: Mapped[list[int]] = mapped_column(JSON)
    created_at: Mapped[float] = mapped_column(Double)
    retired_at: Mapped[float | None] = mapped_column(Double)
    damaged: Mapped[str | None] = mapped_column(Text)


class Member(Base):
    """A segment of the published list. ``hidden_file`` names the file beside it that says which of its rows don't count."""

    __tablename__ = "register_members"

    segment_id: Mapped[str] = mapped_column(ForeignKey("register_segments.id"), primary_key=True)
    hidden_file: Mapped[str | None] = mapped_column(String(64))
    hidden_rows: Mapped[int] = mapped_column(BigInteger, default=0)


class UploadRow(Base):
    """A file for the register and what became of it. Its ``number`` is the import's number in the ids of its contracts.

    ``recognised`` is what was found out about the file, ``mapping`` field -> column as it was imported, ``result`` its
    figures; the file is ``DATA_DIR/register/uploads/<id>/original``, whatever its user calls it.
    """

    __tablename__ = "register_uploads"

    number: Mapped[int] = mapped_column(_RowId, primary_key=True)
    id: Mapped[str] = mapped_column(String(36), unique=True)
    owner: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(16))
    recognised: Mapped[dict[str, Any]] = mapped_column(JSON)
    columns: Mapped[list[str]] = mapped_column(JSON)
    mapping: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    on_duplicate: Mapped[str | None] = mapped_column(String(8))
    task_id: Mapped[str | None] = mapped_column(String(36))
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[float] = mapped_column(Double)
    finished_at: Mapped[float | None] = mapped_column(Double)

    __table_args__ = (Index("ix_register_uploads_owned", "owner", "created_at"), {"sqlite_autoincrement": True})


class ConflictRow(Base):
    """A contract that an import tells differently from what was there: ``new_uid`` is hidden in the register until somebody decides."""

    __tablename__ = "register_conflicts"

    id: Mapped[int] = mapped_column(_RowId, primary_key=True)
    import_no: Mapped[int] = mapped_column(BigInteger)
    new_uid: Mapped[int] = mapped_column(BigInteger)
    old_uid: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[str] = mapped_column(String(8), default=OPEN)
    decided_at: Mapped[float | None] = mapped_column(Double)
    decided_by: Mapped[str | None] = mapped_column(String(64))

    __table_args__ = (Index("ix_register_conflicts_import", "import_no", "state", "id"),)


class SavedMapping(Base):
    """A mapping that somebody corrected, offered again for files with the same columns (``columns_key`` is a hash of them)."""

    __tablename__ = "register_mappings"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    columns_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON)
    used_at: Mapped[float] = mapped_column(Double)


class SavedFilters(Base):
    """A set of filters under a name of its owner's choice."""

    __tablename__ = "register_filters"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(100))
    filters: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (Index("uq_register_filters_named", "owner", "name", unique=True),)


class ExportRow(Base):
    """A file that an export wrote, ``DATA_DIR/register/exports/<id>``, for its owner until ``expires_at``."""

    __tablename__ = "register_exports"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64))
    format: Mapped[str] = mapped_column(String(8))
    rows: Mapped[int] = mapped_column(BigInteger)
    bytes: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[float] = mapped_column(Double)
    expires_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (Index("ix_register_exports_owned", "owner", "expires_at"),)
