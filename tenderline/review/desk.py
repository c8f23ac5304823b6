"""The review desk: an owner's documents, their sections, and what is known about each."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from tenderline.database import Database
from tenderline.errors import Conflict, Invalid, NotFound
from tenderline.review.activities import UPLOADED, record_activity
from tenderline.review.counting import decisions_of
from tenderline.review.document import ParsedDocument, Section
from tenderline.review.files import UNKNOWN_DOCUMENT, DocumentFiles, storable
from tenderline.review.findings import all_findings, findings, shown
from tenderline.review.models import (
    ACCEPTED,
    FAILED,
    PARSING,
    READY,
    REJECTED,
    UNDECIDED,
    WHOLE_DOCUMENT,
    ChatMessage,
    DeskSession,
    DocumentSection,
    FindingRow,
    SectionReview,
)
from tenderline.review.records import conversation
from tenderline.review.reviewer import Check, Guidelines, KnownFinding
from tenderline.settings import Settings
from tenderline.tasks.operation import Effect

Json = dict[str, Any]

ORPHAN_AGE = 3600.0
"""Seconds after which files without a session are left-overs of a request that died."""

MOST_KNOWN = 500
"""Findings that a chat is told of."""

REQUEST_AGE = 300.0
"""Seconds that no request lives."""


@dataclass(frozen=True)
class NewDocument:
    """A file that was stored and looked at. ``parse_task_id`` is the task that will read it; None when it was read already."""

    session_id: str
    owner: str
    name: str
    kind: str
    size: int
    guidelines: Guidelines
    preference: str
    own_guidelines: str | None = None
    parse_task_id: str | None = None


@dataclass(frozen=True)
class SectionSummary:
    """A section without its text. ``findings`` is None until it was analysed; one without words has nothing to analyse."""

    index: int
    title: str
    level: int
    findings: int | None
    has_words: bool


@dataclass(frozen=True)
class SectionView:
    """A section as it is shown: its text, its newest review (or None) and the findings."""

    index: int
    title: str
    level: int
    text: str
    review: SectionReview | None
    findings: list[Json]


@dataclass(frozen=True)
class Place:
    """What people call a place on the desk: a document's name and, if it is about one, the title of a section."""

    document: str
    section: str | None


@dataclass(frozen=True)
class SessionSummary:
    """A document in the list: how many sections it has, how many of them have words, how many were analysed, and how many findings there
    are of each decision."""

    row: DeskSession
    sections: int
    with_words: int
    analyzed: int
    decisions: dict[str, int]

    @property
    def findings(self) -> int:
        """All of them."""
        return sum(self.decisions[name] for name in (UNDECIDED, ACCEPTED, REJECTED))


class Desk:
    """Documents in the database and on disk. Whoever asks for a document names its owner; somebody else's is ``NotFound``."""

    def __init__(self, settings: Settings, database: Database, files: DocumentFiles | None = None) -> None:
        self.database = database
        self.files = files or DocumentFiles(settings.data_dir)

    # --- documents ---------------------------------------------------------------------------------------------------------------

    def add(self, new: NewDocument, effect: Effect | None = None) -> DeskSession:
        """Put a stored file on its owner's desk: with its sections (``effect`` of ``fill``), or to be read by its task."""
        with self.database.write() as session:
            now = self.database.now(session)
            row = DeskSession(
                id=new.session_id,
                owner=new.owner,
                document_name=new.name,
                kind=new.kind,
                size=new.size,
                characters=0,
                guidelines=check_dicts(new.guidelines),
                guidelines_preference=new.preference,
                own_guidelines=new.own_guidelines and storable(new.own_guidelines),
                state=PARSING,
                parse_task_id=new.parse_task_id,
                warnings=[],
                created_at=now,
            )
            session.add(row)
            session.flush()
            record_activity(session, now, session_id=row.id, actor=row.owner, action=UPLOADED, text=row.document_name)
            if effect is not None:
                effect(session)
        return row

    def fill(self, session_id: str, parsed: ParsedDocument) -> Effect:
        """Keep a document's text on disk; returns what is to be done in a transaction to make its sections known.

        Raises ``NotFound`` here or in that transaction when the document was deleted in the meantime.
        """
        self.files.write_parsed(session_id, parsed)
        rows = [
            {
                "session_id": session_id,
                "index": section.index,
                "title": storable(section.title),
                "level": section.level,
                "start": section.start,
                "end": section.end,
                "text": storable(parsed.text[section.start : section.end]),
            }
            for section in parsed.sections
        ]
        values: Json = {
            "state": READY,
            "error": None,
            "characters": len(parsed.text),
            "warnings": [storable(warning) for warning in parsed.warnings],
        }

        def effect(session: Session) -> None:
            row = session.get(DeskSession, session_id, with_for_update=True)
            if row is None:
                raise NotFound(UNKNOWN_DOCUMENT)
            session.execute(delete(DocumentSection).where(DocumentSection.session_id == session_id))
            session.execute(insert(DocumentSection), rows)
            for name, value in values.items():
                setattr(row, name, value)

        return effect

    def fail(self, session_id: str, error: Json) -> None:
        """Say that a document can't be read, and why; its files go. Does nothing to one that is not being read (any more)."""
        with self.database.write() as session:
            failed = update(DeskSession).where(DeskSession.id == session_id, DeskSession.state == PARSING)
            changed = session.execute(failed.values(state=FAILED, error=error).returning(DeskSession.id)).one_or_none()
        if changed is not None:
            self.files.remove(session_id)

    def abandoned(self, row: DeskSession) -> bool:
        """Whether a document whose task is unknown has been "being read" for longer than the request can live that submits the task."""
        with self.database.read() as session:
            return row.state == PARSING and self.database.now(session) - row.created_at > REQUEST_AGE

    def find(self, session_id: str, owner: str) -> DeskSession | None:
        """A document of this owner, or None."""
        try:
            known = str(uuid.UUID(session_id))
        except ValueError:
            return None
        with self.database.read() as session:
            return session.scalars(select(DeskSession).where(DeskSession.id == known, DeskSession.owner == owner)).one_or_none()

    def session(self, session_id: str, owner: str) -> DeskSession:
        """A document, whatever its state. Raises ``NotFound``."""
        row = self.find(session_id, owner)
        if row is None:
            raise NotFound(UNKNOWN_DOCUMENT)
        return row

    def ready(self, session_id: str, owner: str) -> DeskSession:
        """A document that has been read. Raises ``NotFound``, ``Conflict`` while it is being read, ``Invalid`` if it couldn't be."""
        row = self.session(session_id, owner)
        if row.state == PARSING:
            raise Conflict("The document is still being read.", hint="Wait a moment, then try again.")
        if row.state == FAILED:
            raise Invalid((row.error or {}).get("message", "The document could not be read."), hint=(row.error or {}).get("hint"))
        return row

    def sessions(self, owner: str, page: int = 1, page_size: int = 50) -> tuple[list[SessionSummary], int]:
        """A page of the owner's documents, newest first, and how many there are in all."""
        with self.database.read() as session:
            mine = select(DeskSession).where(DeskSession.owner == owner)
            total = session.scalar(select(func.count()).select_from(mine.subquery())) or 0
            newest = mine.order_by(DeskSession.created_at.desc(), DeskSession.id).limit(page_size).offset((page - 1) * page_size)
            rows = session.scalars(newest).all()
            ids = [row.id for row in rows]
            sections = _counts(session, DocumentSection.session_id, ids)
            analyzed = _counts(session, SectionReview.session_id, ids, SectionReview.section_index != WHOLE_DOCUMENT)
            with_words = _counts(session, DocumentSection.session_id, ids, DocumentSection.has_words())
            decided = decisions_of(session, ids)

        def summary(row: DeskSession) -> SessionSummary:
            of = row.id
            return SessionSummary(row, sections.get(of, 0), with_words.get(of, 0), analyzed.get(of, 0), decided[of])

        return [summary(row) for row in rows], total

    def delete(self, session_id: str, owner: str) -> None:
        """Delete a document with its sections, findings, conversation and files. Raises ``NotFound``."""
        row = self.session(session_id, owner)
        with self.database.write() as session:
            session.execute(delete(DeskSession).where(DeskSession.id == row.id))
        self.files.remove(row.id)

    def sweep(self) -> int:
        """Remove the files that no session owns, left by requests that died half-way; how many directories."""
        old = self.files.old_ids(ORPHAN_AGE)
        if not old:
            return 0
        with self.database.read() as session:
            owned = set(session.scalars(select(DeskSession.id).where(DeskSession.state != FAILED)))
        orphans = [session_id for session_id in old if session_id not in owned]
        for session_id in orphans:
            self.files.remove(session_id)
        return len(orphans)

    def expire(self, days: float) -> int:
        """Delete the documents that were uploaded more than ``days`` days ago; how many."""
        with self.database.read() as session:
            before = self.database.now(session) - days * 86400
            old = session.execute(select(DeskSession.id, DeskSession.owner).where(DeskSession.created_at < before)).all()
        for session_id, owner in old:
            self.delete(session_id, owner)
        return len(old)

    # --- sections and what is known about them -----------------------------------------------------------------------------------

    def outline(self, session_id: str) -> list[SectionSummary]:
        """The sections in order, without their text."""
        with self.database.read() as session:
            columns = (DocumentSection.index, DocumentSection.title, DocumentSection.level, DocumentSection.has_words())
            of_session = DocumentSection.session_id == session_id
            sections = session.execute(select(*columns).where(of_session).order_by(DocumentSection.index)).all()
            analyzed = set(session.scalars(select(SectionReview.section_index).where(SectionReview.session_id == session_id)))
            counts = select(FindingRow.section_index, func.count()).where(FindingRow.session_id == session_id, shown())
            found = dict(session.execute(counts.group_by(FindingRow.section_index)).all())
        return [
            SectionSummary(index, title, level, found.get(index, 0) if index in analyzed else None, has_words)
            for index, title, level, has_words in sections
        ]

    def section_index(self, session_id: str, title: str) -> int:
        """The index of a section of that title. Raises ``NotFound``."""
        with self.database.read() as session:
            return _section_index(session, session_id, title)

    def section(self, session_id: str, title: str) -> SectionView:
        """One section with its text and findings. Raises ``NotFound`` when the document has none of that title."""
        with self.database.read() as session:
            key = (session_id, _section_index(session, session_id, title))
            row = session.get_one(DocumentSection, key)
            review = session.get(SectionReview, key)
            return SectionView(row.index, row.title, row.level, row.text, review, findings(session, *key))

    def places(self, wanted: Collection[tuple[str, int | None]], owner: str) -> dict[tuple[str, int | None], Place]:
        """Names of documents and, where an index is given, of their sections; what isn't there or isn't the owner's is left out."""
        ids = {session_id for session_id, _ in wanted}
        titles = (DocumentSection.session_id, DocumentSection.index, DocumentSection.title)
        with self.database.read() as session:
            named = select(DeskSession.id, DeskSession.document_name).where(DeskSession.id.in_(ids), DeskSession.owner == owner)
            names = dict(session.execute(named).all())
            indexes = {index for _, index in wanted if index is not None}
            found = session.execute(select(*titles).where(DocumentSection.session_id.in_(names), DocumentSection.index.in_(indexes)))
            sections = {(session_id, index): title for session_id, index, title in found}
        return {
            (session_id, index): Place(names[session_id], sections.get((session_id, -1 if index is None else index)))
            for session_id, index in wanted
            if session_id in names
        }

    def review(self, session_id: str, index: int) -> tuple[SectionReview | None, list[Json]]:
        """The newest review of a section, or None, and its findings."""
        with self.database.read() as session:
            return session.get(SectionReview, (session_id, index)), findings(session, session_id, index)

    def conversation(self, session_id: str, newest: int | None = None) -> list[ChatMessage]:
        """What was asked and answered about a document, oldest first."""
        with self.database.read() as session:
            return conversation(session, session_id, newest)

    def known_findings(self, document: ParsedDocument, session_id: str) -> tuple[KnownFinding, ...]:
        """What was found in a document so far, for its chat: at most ``MOST_KNOWN``, the whole document's first."""
        with self.database.read() as session:
            found = all_findings(session, session_id, MOST_KNOWN)
        return tuple(
            KnownFinding(
                section="" if each["section_index"] < 0 else document.sections[each["section_index"]].title,
                **{name: each[name] for name in ("risk_level", "category", "description", "suggestion", "decision", "quote")},
            )
            for each in found
        )

    # --- for operations ------------------------------------------------------------------------------------------------------------

    def document(self, row: DeskSession) -> ParsedDocument:
        """The document as parsing gave it (its runs are left on disk)."""
        with self.database.read() as session:
            columns = (DocumentSection.index, DocumentSection.title, DocumentSection.level, DocumentSection.start, DocumentSection.end)
            mine = select(*columns).where(DocumentSection.session_id == row.id).order_by(DocumentSection.index)
            sections = tuple(Section(*values) for values in session.execute(mine).all())
        return self.files.parsed(row.id, row.kind, sections, tuple(row.warnings))


def check_dicts(guidelines: Guidelines) -> list[dict[str, str]]:
    """A checklist as a document keeps it."""
    return [{name: storable(value) for name, value in asdict(check).items()} for check in guidelines.checks]


def guidelines_of(row: DeskSession) -> Guidelines:
    """The checklist in force for a document."""
    return Guidelines(tuple(Check(**check) for check in row.guidelines))


def _section_index(session: Session, session_id: str, title: str) -> int:
    same = (DocumentSection.session_id == session_id, DocumentSection.title == title)
    index = session.scalar(select(DocumentSection.index).where(*same).order_by(DocumentSection.index).limit(1))
    if index is None:
        raise NotFound("The document has no section of that name.", hint="Load the document again; its sections may have changed.")
    return index


def _counts(session: Session, of: InstrumentedAttribute[str], ids: list[str], *which: ColumnElement[bool]) -> dict[str, int]:
    """How many rows each of these documents has; ``of`` is the column that names the document."""
    return dict(session.execute(select(of, func.count()).where(of.in_(ids), *which).group_by(of)).all())
