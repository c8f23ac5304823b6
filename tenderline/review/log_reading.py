"""A document's log as it is read: page by page, newest first, or whole as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from tenderline.cells import defused
from tenderline.database import Database
from tenderline.review.models import WHOLE_DOCUMENT, Activity, DocumentSection

Json = dict[str, Any]

YOU = "you"
WHOLE = "Whole document"
"""What people read where a section's title would stand."""
CSV_HEAD = ("id", "time (UTC)", "actor", "action", "section", "finding", "text", "undone")
_PIECE = 1000


class Log:
    """The log of a document, as its owner reads it. Whoever calls has made sure that the document is the reader's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, session_id: str, reader: str, page: int, page_size: int) -> tuple[list[Json], int]:
        """A page of the log, newest first, and how many lines there are in all."""
        with self._database.read() as session:
            total = session.scalar(select(func.count()).where(Activity.session_id == session_id)) or 0
            lines = _lines(session_id).limit(page_size).offset((page - 1) * page_size)
            return [_line(values, reader) for values in session.execute(lines)], total

    def as_csv(self, session_id: str, reader: str) -> Iterator[bytes]:
        """The whole log, newest first, in pieces; text that a spreadsheet would run as a formula gets an apostrophe in front."""
        yield _csv([CSV_HEAD])
        before: int | None = None
        while True:
            with self._database.read() as session:
                lines = _piece(session, session_id, reader, before)
            if not lines:
                return
            before = lines[-1]["id"]
            yield _csv([_row(line) for line in lines])


def _piece(session: Session, session_id: str, reader: str, before: int | None) -> list[Json]:
    wanted = _lines(session_id).limit(_PIECE)
    return [_line(values, reader) for values in session.execute(wanted if before is None else wanted.where(Activity.id < before))]


def _lines(session_id: str) -> Select[Any]:
    """Lines with the titles of their sections, without what only an undo needs."""
    section = and_(DocumentSection.session_id == Activity.session_id, DocumentSection.index == Activity.section_index)
    columns = (
        Activity.id,
        Activity.at,
        Activity.actor,
        Activity.action,
        Activity.section_index,
        DocumentSection.title,
        Activity.finding_id,
        Activity.detail["text"].as_string(),
        Activity.undone_by,
    )
    lines = select(*columns).outerjoin(DocumentSection, section)
    return lines.where(Activity.session_id == session_id).order_by(Activity.id.desc())


def _line(values: Any, reader: str) -> Json:
    number, at, actor, action, section_index, title, finding_id, text, undone_by = values
    return {
        "id": number,
        "at": at,
        "actor": YOU if actor == reader else actor,
        "action": action,
        "section_index": section_index,
        "section": WHOLE if section_index == WHOLE_DOCUMENT else title,
        "feedback_id": finding_id,
        "detail": text or "",
        "undone": undone_by is not None and undone_by != number,
    }


def _row(line: Json) -> tuple[str, ...]:
    at = datetime.fromtimestamp(line["at"], UTC).strftime("%Y-%m-%d %H:%M:%S")
    named = (line["section"] or "", line["feedback_id"] or "", line["detail"], "yes" if line["undone"] else "")
    return (str(line["id"]), at, line["actor"], line["action"], *named)


def _csv(rows: list[tuple[str, ...]]) -> bytes:
    target = io.StringIO()
    csv.writer(target, lineterminator="\n").writerows([defused(cell) for cell in row] for row in rows)
    return target.getvalue().encode()
