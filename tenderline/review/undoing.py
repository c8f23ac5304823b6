"""Taking back what a reader did last with the findings of a document, one step at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tenderline.database import Database, survives_deadlocks
from tenderline.review.activities import ADDED, DELETED, EDITED, UNDOABLE, UNDONE, record_activity
from tenderline.review.decisions import DECISION_FIELDS, say, shown_as
from tenderline.review.findings import EDITABLE, as_written
from tenderline.review.models import READER, Activity, FindingRow
from tenderline.review.records import hold

Json = dict[str, Any]


@dataclass(frozen=True)
class Undone:
    """What an undo did.

    Attributes:
        step: the line of the log that was taken back, or None when there was none.
        item: the finding as it is now; None when it is gone, as after an undone addition.
        passed_over: newer lines that could not be taken back, because a new review no longer has their finding. They don't come up again.
    """

    step: Activity | None
    item: Json | None
    passed_over: tuple[Activity, ...]


class Undoing:
    """Undoes changes of ``decisions``. Whoever calls has made sure that the document is the actor's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @survives_deadlocks
    def undo(self, session_id: str, actor: str) -> Undone:
        """Take back the newest change that was not taken back yet. Raises ``NotFound`` when the document is gone."""
        with self._database.write() as session:
            hold(session, session_id)
            passed_over: list[Activity] = []
            while (step := _newest(session, session_id)) is not None:
                row = _row(session, step)
                if row is None and step.action != DELETED:
                    step.undone_by = step.id  # by itself: nothing could take it back, and nothing has to
                    passed_over.append(step)
                    session.flush()
                    continue
                item = _BACK.get(step.action, _decision_back)(session, step, row)
                line = record_activity(
                    session,
                    self._database.now(session),
                    session_id=session_id,
                    actor=actor,
                    action=UNDONE,
                    text=f"{step.action}: {step.detail.get('text', '')}",
                    section_index=step.section_index,
                    finding_id=step.finding_id,
                    detail={"undoes": step.id},
                )
                step.undone_by = line.id
                return Undone(step, item, tuple(passed_over))
            return Undone(None, None, tuple(passed_over))


def _newest(session: Session, session_id: str) -> Activity | None:
    mine = (Activity.session_id == session_id, Activity.action.in_(UNDOABLE), Activity.undone_by.is_(None))
    return session.scalars(select(Activity).where(*mine).order_by(Activity.id.desc()).limit(1)).one_or_none()


def _row(session: Session, step: Activity) -> FindingRow | None:
    place = (FindingRow.session_id == step.session_id, FindingRow.section_index == step.section_index)
    return session.scalars(select(FindingRow).where(*place, FindingRow.finding_id == step.finding_id)).one_or_none()


def _decision_back(session: Session, step: Activity, row: FindingRow) -> Json:
    for name in DECISION_FIELDS:
        setattr(row, name, step.detail["before"][name])
    return shown_as(session, row)


def _edit_back(session: Session, step: Activity, row: FindingRow) -> Json:
    """Only what this edit changed; where it had replaced the reviewer's own words, to what the reviewer writes now."""
    before, after, written = step.detail["before"], step.detail["after"], step.detail["written"]
    now_written = as_written(row)
    said = {name: getattr(row, name) for name in EDITABLE}
    for name in EDITABLE:
        if before[name] != after[name]:
            was_own = row.source == READER or (written is not None and written[name] != before[name])
            said[name] = before[name] if was_own else now_written[name]
    say(row, said)
    return shown_as(session, row)


def _addition_back(session: Session, _step: Activity, row: FindingRow) -> None:
    session.delete(row)
    session.flush()


def _deletion_back(session: Session, step: Activity, row: FindingRow | None) -> Json:
    if row is None:
        row = FindingRow(**step.detail["row"])
        session.add(row)
    return shown_as(session, row)


_BACK: dict[str, Callable[[Session, Activity, Any], Json | None]] = {
    EDITED: _edit_back,
    ADDED: _addition_back,
    DELETED: _deletion_back,
}
