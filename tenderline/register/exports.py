"""The files that exports wrote: each is its owner's, until it expires."""

from __future__ import annotations

import shutil
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import NotFound
from tenderline.register.files import RegisterFiles
from tenderline.register.models import ExportRow
from tenderline.settings import Settings
from tenderline.tasks.operation import Effect

Json = dict[str, Any]

ORPHAN_AGE = 24 * 3600.0
"""Seconds after which a file without a row was left by a run that died."""
DOWNLOAD = "/api/v1/contracts/exports/"


class Exports:
    """The exports in one data folder."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.files = RegisterFiles(settings.data_dir)
        self._database = database
        self._ttl = settings.export_ttl

    def place(self) -> tuple[str, Path]:
        """A new export's id and where its file is to be written; nobody sees it before ``published``."""
        export_id = str(uuid.uuid4())
        path = self.files.export(export_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        return export_id, path

    def published(self, export_id: str, owner: str, kind: str, rows: int, size: int) -> tuple[Json, Effect]:
        """What is told of a new export, and the effect that makes it known."""
        created = time.time()
        row = {"id": export_id, "owner": owner, "format": kind, "rows": rows, "bytes": size}
        row |= {"created_at": created, "expires_at": created + self._ttl}

        def effect(session: Session) -> None:
            now = self._database.now(session)
            session.add(ExportRow(**{**row, "created_at": now, "expires_at": now + self._ttl}))

        return told(ExportRow(**row)), effect

    def owned(self, owner: str) -> Sequence[Json]:
        """The owner's exports, newest first."""
        with self._database.read() as session:
            now = self._database.now(session)
            mine = select(ExportRow).where(ExportRow.owner == owner, ExportRow.expires_at > now)
            return [told(row) for row in session.scalars(mine.order_by(ExportRow.created_at.desc(), ExportRow.id).limit(200))]

    def find(self, owner: str, export_id: str) -> Json:
        """What is known of an export. Raises ``NotFound`` when it is unknown, somebody else's, expired or gone."""
        with self._database.read() as session:
            row = session.get(ExportRow, _known(export_id))
            if (
                row is None
                or row.owner != owner
                or row.expires_at <= self._database.now(session)
                or not self.files.export(row.id).is_file()
            ):
                raise _unknown()
            return told(row)

    def exists(self, owner: str, export_id: str) -> bool:
        """Whether it can be downloaded now."""
        with suppress(NotFound):
            return bool(self.find(owner, export_id))
        return False

    def delete(self, owner: str, export_id: str) -> None:
        """Forget an export and delete its file. Raises ``NotFound``."""
        known = self.find(owner, export_id)["export_id"]
        with self._database.write() as session:
            session.execute(delete(ExportRow).where(ExportRow.id == known))
        self.files.export(known).unlink(missing_ok=True)


def sweep_exports(files: RegisterFiles, database: Database) -> int:
    """Delete the exports that have expired, and files that belong to none; how many files that were."""
    with database.write() as session:
        now = database.now(session)
        expired = set(session.scalars(select(ExportRow.id).where(ExportRow.expires_at <= now)))
        session.execute(delete(ExportRow).where(ExportRow.expires_at <= now))
    folder = files.root / "exports"
    found = list(folder.iterdir()) if folder.is_dir() else []
    with database.read() as session:
        kept = set(session.scalars(select(ExportRow.id)))
    removed = 0
    for path in found:
        with suppress(FileNotFoundError):
            # A young one without a row may be on its way still.
            if path.name in expired or (path.name not in kept and time.time() - path.stat().st_mtime > ORPHAN_AGE):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
                removed += 1
    return removed


def told(row: ExportRow) -> Json:
    """An export as the interface tells it."""
    return {
        "export_id": row.id,
        "file_name": file_name(row.format, row.created_at),
        "format": row.format,
        "rows": row.rows,
        "bytes": row.bytes,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "download_url": f"{DOWNLOAD}{row.id}/",
    }


def file_name(kind: str, moment: float) -> str:
    """What a browser calls the file: ``contracts-2026-11-30.csv``."""
    return f"contracts-{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}.{kind}"


def _known(export_id: str) -> str:
    try:
        return str(uuid.UUID(export_id))
    except ValueError:
        raise _unknown() from None


def _unknown() -> NotFound:
    return NotFound("There is no such export.", hint="Exports are kept for a while only; export again.")
