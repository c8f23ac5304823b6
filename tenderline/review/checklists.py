"""Whose checklist applies: the one that ships, what an owner put in its place for all new documents, and a document's own."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import Conflict, UnsupportedType
from tenderline.review.activities import GUIDELINES_CHANGED, record_activity
from tenderline.review.desk import check_dicts
from tenderline.review.document import ParsedDocument
from tenderline.review.files import DocumentFiles, Upload, display_name, storable
from tenderline.review.guidelines import Preference, combine, default_markdown, parse_guidelines
from tenderline.review.models import CheckCoverage, DeskSession, GuidelinesRow
from tenderline.review.reviewer import Guidelines

LEAST_APART = 0.001
"""Seconds: two versions are never of the same moment."""


@dataclass(frozen=True)
class Standing:
    """The checklist an owner's new documents get. ``updated_at``: when the owner wrote it; None for the one that ships."""

    markdown: str
    guidelines: Guidelines
    updated_at: float | None


@dataclass(frozen=True)
class Seen:
    """The standing checklist that somebody looked at before changing it: its ``updated_at``."""

    updated_at: float | None


class ChecklistChanged(Conflict):
    """The standing checklist is not the one that was looked at any more; ``newer`` is what it is now."""

    def __init__(self, newer: Standing) -> None:
        super().__init__(
            "The checklist was changed elsewhere since you opened it.", hint="Look at the newer one, then keep it or save yours over it."
        )
        self.newer = newer


class Checklists:
    """The standing checklists of all owners, and what applies to a document."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, owner: str) -> Standing:
        """What this owner's new documents are checked against, besides a checklist of their own."""
        with self._database.read() as session:
            return _standing(session, owner)

    def keep(self, owner: str, markdown: str, seen: Seen | None = None) -> Standing:
        """Put this in the place of the checklist that ships. Documents that are on the desk keep theirs.

        Raises ``Invalid``, and ``ChecklistChanged`` when there is another one now than was ``seen``, if that is said.
        """
        checked = parse_guidelines(markdown)
        with self._database.write() as session:
            before = _held(session, owner, seen)
            now = self._database.now(session)
            if before is not None:
                now = max(now, before + LEAST_APART)
            session.merge(GuidelinesRow(owner=owner, markdown=storable(markdown), updated_at=now))
        return Standing(markdown, checked, now)

    def forget(self, owner: str, seen: Seen | None = None) -> Standing:
        """Go back to the checklist that ships. Raises ``ChecklistChanged`` as ``keep`` does."""
        with self._database.write() as session:
            _held(session, owner, seen)
            session.execute(delete(GuidelinesRow).where(GuidelinesRow.owner == owner))
        return self.standing(owner)

    def in_force(self, owner: str, own_markdown: str | None, preference: Preference) -> Guidelines:
        """The checks for a document with this checklist of its own, or none. Raises ``Invalid``."""
        with self._database.read() as session:
            return _in_force(session, owner, own_markdown, preference)

    def drop_own(self, session: Session, row: DeskSession, *, actor: str) -> None:
        """Delete a document's own checklist, within the caller's transaction: it is checked against the standing one from now on."""
        if row.own_guidelines is not None:
            row.own_guidelines = None
            self.change(session, row, None, "default_only" if row.guidelines_preference == "default_only" else "both", actor=actor)

    def change(self, session: Session, row: DeskSession, own_markdown: str | None, preference: Preference, *, actor: str) -> None:
        """Check a document against something else from now on, within the caller's transaction; without ``own_markdown`` it keeps its own.

        What was found stays until it is reviewed again; whether the old checks were met says nothing any more. Raises ``Invalid``.
        """
        own = row.own_guidelines if own_markdown is None else storable(own_markdown)
        row.guidelines = check_dicts(_in_force(session, row.owner, own, preference))
        row.guidelines_preference = preference
        row.own_guidelines = own
        session.execute(delete(CheckCoverage).where(CheckCoverage.session_id == row.id))
        now = self._database.now(session)
        text = f"{len(row.guidelines)} checks"
        record_activity(session, now, session_id=row.id, actor=actor, action=GUIDELINES_CHANGED, text=text)


def read_checklist(files: DocumentFiles, session_id: str, upload: Upload) -> str:
    """An uploaded checklist as Markdown; its file lies beside the document's. Raises ``Invalid``, ``UnsupportedType``, ``TooLarge``."""
    from tenderline.review.parsing import inspect, is_light, parse, parse_safely

    path = files.receive_guidelines(session_id, upload)
    kind = inspect(path, display_name(upload.filename))
    if kind == "pdf":
        raise UnsupportedType("Guidelines can't be a PDF.", hint="Upload them as Markdown (.md), plain text (.txt) or Word (.docx).")
    markdown = _markdown(parse(path, kind) if is_light(path, kind) else parse_safely(path, kind))
    parse_guidelines(markdown)
    return markdown


def _markdown(parsed: ParsedDocument) -> str:
    """The document as Markdown: Markdown as it is, anything else with its headings marked as such."""
    if parsed.kind == "md":
        return parsed.text
    parts = []
    for section in parsed.sections:
        heading = f"{'#' * min(section.level, 6)} {section.title}\n\n" if section.level else ""
        parts.append(heading + "\n\n".join(parsed.section_text(section.index).splitlines()))
    return "\n\n".join(parts)


def _held(session: Session, owner: str, seen: Seen | None) -> float | None:
    """Hold an owner's standing checklist; when it was written, None for the one that ships."""
    row = session.get(GuidelinesRow, owner, with_for_update=True)
    written = row.updated_at if row else None
    if seen is not None and written != seen.updated_at:
        raise ChecklistChanged(_standing(session, owner))
    return written


def _standing(session: Session, owner: str) -> Standing:
    row = session.get(GuidelinesRow, owner)
    markdown = row.markdown if row else default_markdown()
    return Standing(markdown, parse_guidelines(markdown), row.updated_at if row else None)


def _in_force(session: Session, owner: str, own_markdown: str | None, preference: Preference) -> Guidelines:
    own = parse_guidelines(own_markdown) if own_markdown is not None else None
    return combine(own, preference, _standing(session, owner).guidelines)
