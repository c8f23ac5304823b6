"""What a reader does with findings: accept, reject, edit, add and delete.

Each change holds its document, so that a review which ends at the same time waits, and commits together with its line in the log, which
keeps what ``undoing`` needs. Saying again what is so already changes nothing and leaves no line.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from tenderline.database import Database, survives_deadlocks
from tenderline.errors import Conflict, Invalid, NotFound
from tenderline.review.activities import ACCEPTED_ONE, ADDED, DELETED, EDITED, REJECTED_ONE, REVERTED_ONE, record_activity
from tenderline.review.findings import EDITABLE, as_written, edit, finding_dict, pattern_of
from tenderline.review.models import ACCEPTED, READER, REJECTED, UNDECIDED, WHOLE_DOCUMENT, DocumentSection, FindingRow
from tenderline.review.records import hold

Json = dict[str, Any]

MAX_OWN = 2000
"""Findings of a reader's own that one document holds."""
DECISION_FIELDS = ("decision", "decided_at", "decided_by")
_ACTIONS = {ACCEPTED: ACCEPTED_ONE, REJECTED: REJECTED_ONE, UNDECIDED: REVERTED_ONE}


@dataclass(frozen=True)
class Spot:
    """Which finding: its document, its section (or ``WHOLE_DOCUMENT``) and its id there."""

    session_id: str
    section_index: int
    finding_id: str


@dataclass(frozen=True)
class OwnFinding:
    """A finding as its reader writes it.

    Attributes:
        description, suggestion, type, category, risk_level: as in ``reviewer.Finding``.
        quote: words of the section, or "".
        start: about where they stand in it, in characters; None for the first place. The nearest place counts.
        key: a UUID of the caller's choice: adding with the same one twice adds once.
    """

    description: str
    suggestion: str
    type: str
    category: str
    risk_level: str
    quote: str = ""
    start: int | None = None
    key: uuid.UUID | None = None


class Decisions:
    """A reader's changes to findings. Whoever calls has made sure that the document is the actor's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @survives_deadlocks
    def decide(self, spot: Spot, decision: str, actor: str) -> Json:
        """Accept, reject or (``UNDECIDED``) take a decision back; the finding as it is now. Raises ``NotFound``."""
        with self._database.write() as session:
            row = _held(session, spot)
            if row.decision != decision:
                now = self._database.now(session)
                before = {name: getattr(row, name) for name in DECISION_FIELDS}
                row.decision = decision
                row.decided_at, row.decided_by = (None, None) if decision == UNDECIDED else (now, actor)
                _record(session, now, spot, actor, _ACTIONS[decision], row, {"before": before})
            return shown_as(session, row)

    @survives_deadlocks
    def edit(self, spot: Spot, changes: Json, actor: str) -> Json:
        """Change fields of a finding (those of ``EDITABLE``); the finding as it is now. Raises ``NotFound``."""
        with self._database.write() as session:
            row = _held(session, spot)
            before = {name: getattr(row, name) for name in EDITABLE}
            after = before | changes
            if after != before:
                detail = {"before": before, "after": after, "written": row.original}
                say(row, after)
                _record(session, self._database.now(session), spot, actor, EDITED, row, detail)
            return shown_as(session, row)

    @survives_deadlocks
    def add(self, session_id: str, section_index: int, own: OwnFinding, actor: str) -> Json:
        """Add a finding of the reader's own, accepted from the start.

        Raises ``Invalid`` when its quote isn't in the section, ``Conflict`` when the document has ``MAX_OWN`` already, ``NotFound``.
        """
        with self._database.write() as session:
            hold(session, session_id)
            spot = Spot(session_id, section_index, f"own-{(own.key or uuid.uuid4()).hex}")
            row = _find(session, spot)
            if row is None:
                start = _place(session, session_id, section_index, own)
                now = self._database.now(session)
                row = FindingRow(
                    session_id=session_id,
                    section_index=section_index,
                    finding_id=spot.finding_id,
                    position=_last_position(session, session_id, section_index) + 1,
                    source=READER,
                    decision=ACCEPTED,
                    decided_at=now,
                    decided_by=actor,
                    questions=[],
                    checklist_refs=[],
                    confidence=1.0,
                    quote=own.quote,
                    start=start,
                    end=start + len(own.quote),
                    model="",
                    created_at=now,
                    places=[],
                    present=True,
                )
                say(row, {name: getattr(own, name) for name in EDITABLE})
                session.add(row)
                _record(session, now, spot, actor, ADDED, row, {})
            return shown_as(session, row)

    @survives_deadlocks
    def delete(self, spot: Spot, actor: str) -> None:
        """Delete a finding of the reader's own. Raises ``Conflict`` for a reviewer's, ``NotFound``."""
        with self._database.write() as session:
            row = _held(session, spot)
            if row.source != READER:
                raise Conflict("Only your own findings can be deleted.", hint="Reject it instead: then it is in no export.")
            _record(session, self._database.now(session), spot, actor, DELETED, row, {"row": copy_of(row)})
            session.delete(row)


def say(row: FindingRow, said: Json) -> None:
    """Let a finding say this; of a reviewer's finding it is remembered what the reviewer wrote."""
    if row.source == READER:
        edit(row, said, said)
        row.pattern = pattern_of(said["description"])
    else:
        edit(row, as_written(row), said)


def copy_of(row: FindingRow) -> Json:
    """All of a finding but its row's number, to make it anew from."""
    return {name: getattr(row, name) for name in inspect(FindingRow).column_attrs.keys() if name != "id"}  # noqa: SIM118 (not a dict)


def shown_as(session: Session, row: FindingRow) -> Json:
    """A finding as the API shows it, with the titles of the sections it names."""
    session.flush()
    named = {place["section"] for place in row.places}
    if not named:
        return finding_dict(row)
    where = (DocumentSection.session_id == row.session_id, DocumentSection.index.in_(named))
    return finding_dict(row, dict(session.execute(select(DocumentSection.index, DocumentSection.title).where(*where)).all()))


def _held(session: Session, spot: Spot) -> FindingRow:
    hold(session, spot.session_id)
    row = _find(session, spot)
    if row is None:
        raise NotFound("There is no such finding.", hint="Load the document again; it may have been reviewed anew.")
    return row


def _find(session: Session, spot: Spot) -> FindingRow | None:
    place = (FindingRow.session_id == spot.session_id, FindingRow.section_index == spot.section_index)
    return session.scalars(select(FindingRow).where(*place, FindingRow.finding_id == spot.finding_id)).one_or_none()


def _last_position(session: Session, session_id: str, section_index: int) -> int:
    mine = (FindingRow.session_id == session_id, FindingRow.source == READER)
    if (session.scalar(select(func.count()).where(*mine)) or 0) >= MAX_OWN:
        raise Conflict(f"The document has {MAX_OWN} findings of your own already, the most it can hold.", hint="Delete some of them.")
    place = (FindingRow.session_id == session_id, FindingRow.section_index == section_index)
    last = session.scalar(select(func.max(FindingRow.position)).where(*place))
    return -1 if last is None else last


def _place(session: Session, session_id: str, section_index: int, own: OwnFinding) -> int:
    """Where the quote of a new finding begins in its section: the place nearest to the one that was named."""
    if not own.quote:
        return 0
    if section_index == WHOLE_DOCUMENT:
        sentence = "A finding about the whole document has no quote."
        raise Invalid(sentence, hint="Name the section that the quote is from.", fields={"quote": sentence})
    text = session.get_one(DocumentSection, (session_id, section_index)).text
    wanted = min(max(own.start or 0, 0), len(text))
    after, before = text.find(own.quote, wanted), text.rfind(own.quote, 0, wanted + len(own.quote))
    places = [place for place in (before, after) if place >= 0]
    if not places:
        sentence = "The quote isn't in the section, word for word."
        raise Invalid(sentence, hint="Select the words in the section's text, or leave the quote out.", fields={"quote": sentence})
    return min(places, key=lambda place: abs(place - wanted))


def _record(session: Session, now: float, spot: Spot, actor: str, action: str, row: FindingRow, detail: Json) -> None:
    record_activity(
        session,
        now,
        session_id=spot.session_id,
        actor=actor,
        action=action,
        text=row.description,
        section_index=spot.section_index,
        finding_id=spot.finding_id,
        detail=detail,
    )
