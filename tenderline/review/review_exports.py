"""The finished reviews of a document as files: the newest few are kept, each under a name of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import NotFound
from tenderline.review.activities import EXPORTED, record_activity
from tenderline.review.files import DocumentFiles
from tenderline.review.models import DeskSession, ReviewExport
from tenderline.review.parsing.inspection import KINDS
from tenderline.review.records import hold
from tenderline.tasks.operation import Effect

KEPT = 10
"""Exports of a document that are kept; older ones go when there is another."""

MEDIA_TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "md": "text/markdown; charset=utf-8",
}
"""By the ending of a file's name."""

ON_THE_WAY = 3600.0
"""Seconds for which a file without a row may still get one."""

_UNSAFE = re.compile(r'[<>:"/\\|?*]')
_NUMBER = re.compile(r"(?: \((\d+)\))?\.\w+$")


@dataclass(frozen=True)
class NewExport:
    """A file that was written; known to its owner after its effect."""

    id: str
    name: str
    format: str
    comments: int
    size: int


class ReviewExports:
    """The exports of the documents on the desk."""

    def __init__(self, database: Database, files: DocumentFiles) -> None:
        self._database = database
        self._files = files

    def write(self, row: DeskSession, kind: str, write: Callable[[Path], int]) -> NewExport:
        """Write a new export beside the document's others, of which the oldest go.

        Args:
            row: the document.
            kind: docx or md.
            write: makes the file; returns how many findings are in it.

        Raises:
            NotFound: the document was deleted in the meantime.
            DiskFull: no room for it.
        """
        name = self._free_name(row, kind)
        export_id = str(uuid4())
        counted: list[int] = []
        size = self._files.write_export(row.id, export_id, lambda path: counted.append(write(path)))
        self._tidy(row.id)
        return NewExport(export_id, name, kind, counted[0], size)

    def effect(self, session_id: str, export: NewExport) -> Effect:
        """What makes an export known, with its line in the document's log."""

        def effect(session: Session) -> None:
            owner = hold(session, session_id)
            now = self._database.now(session)
            session.add(
                ReviewExport(
                    id=export.id,
                    session_id=session_id,
                    name=export.name,
                    format=export.format,
                    comments=export.comments,
                    size=export.size,
                    created_at=now,
                )
            )
            record_activity(session, now, session_id=session_id, actor=owner, action=EXPORTED, text=export.name)

        return effect

    def find(self, session_id: str, name: str) -> Path:
        """The file of the newest export of that name. Raises ``NotFound``."""
        with self._database.read() as session:
            named = select(ReviewExport.id).where(ReviewExport.session_id == session_id, ReviewExport.name == name)
            export_id = session.scalar(named.order_by(ReviewExport.created_at.desc()).limit(1))
        path = self._files.export(session_id, export_id) if export_id else None
        if path is None or not path.is_file():
            raise NotFound("There is no such file.", hint="Only the newest few of a document are kept; complete the review again.")
        return path

    def _free_name(self, row: DeskSession, kind: str) -> str:
        """What the file is called: ``tender - reviewed.docx``, later ones ``tender - reviewed (2).docx``."""
        with self._database.read() as session:
            mine = select(ReviewExport.name).where(ReviewExport.session_id == row.id, ReviewExport.format == kind)
            names = session.scalars(mine).all()
        taken = [int(number[1] or 1) for name in names if (number := _NUMBER.search(name))]
        suffix = f" ({max(taken) + 1})" if taken else ""
        return f"{safe_stem(row.document_name)} - reviewed{suffix}.{kind}"

    def _tidy(self, session_id: str) -> None:
        """Forget all but the newest exports, the one that is on its way counted among them."""
        mine = select(ReviewExport.id).where(ReviewExport.session_id == session_id).order_by(ReviewExport.created_at.desc())
        with self._database.write() as session:
            known = list(session.scalars(mine))
            old = known[KEPT - 1 :]
            if old:
                session.execute(delete(ReviewExport).where(ReviewExport.id.in_(old)))
        for export_id in old:
            self._files.export(session_id, export_id).unlink(missing_ok=True)
        self._files.remove_exports(session_id, known, ON_THE_WAY)


def safe_stem(document_name: str) -> str:
    """A document's name without its ending, fit for a file on any system."""
    path = PurePosixPath(document_name)
    stem = path.stem if path.suffix.lower() in KINDS else document_name
    return _UNSAFE.sub("_", stem).strip(". ") or "document"


def download_url(session_id: str, name: str) -> str:
    """Where an export is downloaded."""
    return f"/download/{session_id}/{quote(name, safe='')}"
