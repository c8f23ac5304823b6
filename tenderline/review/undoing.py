"""Taking back what a reader did last with the findings of a document, one step at a time, and doing it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenderline.database import Database, survives_deadlocks
from tenderline.review.activities import (
    ACCEPTED_ONE,
    ADDED,
    DELETED,
    EDITED,
    REDONE,
    REJECTED_ONE,
    REVERTED_ONE,
    UNDOABLE,
    UNDONE,
    record_activity,
)
from tenderline.review.decisions import DECISION_FIELDS, copy_of, say, shown_as
from tenderline.review.findings import EDITABLE, as_written
from tenderline.review.models import ACCEPTED, READER, REJECTED, UNDECIDED, Activity, FindingRow
from tenderline.review.records import hold

Json = dict[str, Any]


@dataclass(frozen=True)
class Undone:
    """What an undo or a redo did.

    Attributes:
        step: the line of the log that was taken back or done again, or None when there was none.
        item: the finding as it is now; None when it is gone, as after an undone addition.
        passed_over: newer lines for which that could not be, because a new review no longer has their finding. They don't come up again.
    """

    step: Activity | None
    item: Json | None
    passed_over: tuple[Activity, ...]


class Undoing:
    """Undoes changes of ``decisions``, and redoes what was undone. Whoever calls has made sure that the document is the actor's."""

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
                detail = {"undoes": step.id} | ({"row": copy_of(row)} if step.action == ADDED and row is not None else {})
                item = _BACK.get(step.action, _decision_back)(session, step, row)
                step.undone_by = self._record(session, step, actor, UNDONE, detail)
                return Undone(step, item, tuple(passed_over))
            return Undone(None, None, tuple(passed_over))

    @survives_deadlocks
    def redo(self, session_id: str, actor: str) -> Undone:
        """Do again what was undone last, unless something else was done since. Raises ``NotFound`` when the document is gone."""
        with self._database.write() as session:
            hold(session, session_id)
            passed_over: list[Activity] = []
            while (undone := _newest_undone(session, session_id)) is not None:
                step = session.get_one(Activity, undone.detail["undoes"])
                row = _row(session, step)
                if row is None and step.action != ADDED:
                    undone.undone_by = undone.id
                    passed_over.append(step)
                    session.flush()
                    continue
                item = _AGAIN.get(step.action, _decision_again)(session, step, row, undone.detail)
                undone.undone_by = self._record(session, step, actor, REDONE, {"redoes": step.id})
                step.undone_by = None
                return Undone(step, item, tuple(passed_over))
            return Undone(None, None, tuple(passed_over))

    def _record(self, session: Session, step: Activity, actor: str, action: str, detail: Json) -> int:
        line = record_activity(
            session,
            self._database.now(session),
            session_id=step.session_id,
            actor=actor,
            action=action,
            text=f"{step.action}: {step.detail.get('text', '')}",
            section_index=step.section_index,
            finding_id=step.finding_id,
            detail=detail,
        )
        return line.id


def _newest(session: Session, session_id: str) -> Activity | None:
    mine = (Activity.session_id == session_id, Activity.action.in_(UNDOABLE), Activity.undone_by.is_(None))
    return session.scalars(select(Activity).where(*mine).order_by(Activity.id.desc()).limit(1)).one_or_none()


def _newest_undone(session: Session, session_id: str) -> Activity | None:
    """The line of the newest undo that was not taken back itself, if nothing was changed after it."""
    mine = Activity.session_id == session_id
    changed = select(func.coalesce(func.max(Activity.id), 0)).where(mine, Activity.action.in_(UNDOABLE)).scalar_subquery()
    undone = select(Activity).where(mine, Activity.action == UNDONE, Activity.undone_by.is_(None), Activity.id > changed)
    return session.scalars(undone.order_by(Activity.id.desc()).limit(1)).one_or_none()


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


def _decision_again(session: Session, step: Activity, row: FindingRow, _undone: Json) -> Json:
    row.decision = _DECISIONS[step.action]
    row.decided_at, row.decided_by = (None, None) if row.decision == UNDECIDED else (step.at, step.actor)
    return shown_as(session, row)


def _edit_again(session: Session, step: Activity, row: FindingRow, _undone: Json) -> Json:
    """Only what that edit changed."""
    before, after = step.detail["before"], step.detail["after"]
    say(row, {name: after[name] if before[name] != after[name] else getattr(row, name) for name in EDITABLE})
    return shown_as(session, row)


def _addition_again(session: Session, _step: Activity, row: FindingRow | None, undone: Json) -> Json:
    if row is None:
        row = FindingRow(**undone["row"])
        session.add(row)
    return shown_as(session, row)


def _deletion_again(session: Session, _step: Activity, row: FindingRow, _undone: Json) -> None:
    session.delete(row)
    session.flush()


_DECISIONS = {ACCEPTED_ONE: ACCEPTED, REJECTED_ONE: REJECTED, REVERTED_ONE: UNDECIDED}
_BACK: dict[str, Callable[[Session, Activity, Any], Json | None]] = {
    EDITED: _edit_back,
    ADDED: _addition_back,
    DELETED: _deletion_back,
}
_AGAIN: dict[str, Callable[[Session, Activity, Any, Json], Json | None]] = {
    EDITED: _edit_again,
    ADDED: _addition_again,
    DELETED: _deletion_again,
}
