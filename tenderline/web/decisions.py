"""What the reader does with findings: decisions, edits, findings of one's own, undo."""

from __future__ import annotations

from typing import Any, overload

from flask import Response
from flask_openapi.blueprint import APIBlueprint

from tenderline.review.counting import counts
from tenderline.review.decisions import Decisions, OwnFinding, Spot
from tenderline.review.findings import EDITABLE, all_findings
from tenderline.review.models import ACCEPTED, REJECTED, UNDECIDED, WHOLE_DOCUMENT, Activity, DeskSession
from tenderline.review.undoing import Undoing, Undone
from tenderline.web.access import current_owner
from tenderline.web.answers import ErrorAnswer, FeedbackItem
from tenderline.web.context import ERRORS, answer, desk
from tenderline.web.decision_models import (
    AddBody,
    Counts,
    DeletedFindingAnswer,
    DocumentBody,
    FindingAnswer,
    FindingBody,
    FindingsAnswer,
    PlaceBody,
    RedoAnswer,
    Step,
    UndoAnswer,
    UpdateBody,
)
from tenderline.web.models import RequestHeaders, SessionPath

decisions = APIBlueprint("decisions", __name__, abp_tags=[{"name": "Review"}], abp_responses={**ERRORS, 409: ErrorAnswer})

MAX_FINDINGS = 5000
"""What one answer lists."""


@decisions.post("/accept_feedback", responses={200: FindingAnswer})
def accept_feedback(body: FindingBody) -> Response:
    """Accept a finding."""
    return _decided(body, ACCEPTED)


@decisions.post("/reject_feedback", responses={200: FindingAnswer})
def reject_feedback(body: FindingBody) -> Response:
    """Reject a finding: it is in no export, and stays rejected when the section is reviewed again."""
    return _decided(body, REJECTED)


@decisions.post("/revert_feedback", responses={200: FindingAnswer})
def revert_feedback(body: FindingBody) -> Response:
    """Take back what was decided about a finding."""
    return _decided(body, UNDECIDED)


@decisions.post("/add_custom_feedback", responses={200: FindingAnswer})
def add_custom_feedback(header: RequestHeaders, body: AddBody) -> Response:
    """Add a finding of your own, to a section or to the document as a whole. It is accepted from the start."""
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    fields = {name: getattr(body, name) for name in (*EDITABLE, "quote", "start")}
    own = OwnFinding(**fields, key=header.idempotency_key)
    return _found(row, _decisions().add(row.id, _section(row, body), own, owner))


@decisions.post("/update_user_feedback", responses={200: FindingAnswer})
def update_user_feedback(body: UpdateBody) -> Response:
    """Edit a finding, your own or the reviewer's. Setting everything back to what the reviewer wrote makes it unedited again."""
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    changes = {name: value for name in EDITABLE if (value := getattr(body, name)) is not None}
    return _found(row, _decisions().edit(_spot(row, body), changes, owner))


@decisions.post("/delete_user_feedback", responses={200: DeletedFindingAnswer})
def delete_user_feedback(body: FindingBody) -> Response:
    """Delete a finding of your own; 409 for a reviewer's, which can be rejected."""
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    _decisions().delete(_spot(row, body), owner)
    return answer(DeletedFindingAnswer(feedback_id=body.feedback_id, counts=_counts(row)))


@decisions.post("/undo_feedback", responses={200: UndoAnswer})
def undo_feedback(body: DocumentBody) -> Response:
    """Take back the newest decision, edit, addition or deletion in a document that was not taken back yet."""
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    undone = Undoing(desk().database).undo(row.id, owner)
    return answer(UndoAnswer(undone=_step(undone.step), **_what_became(row, undone, "taken back")))


@decisions.post("/redo_feedback", responses={200: RedoAnswer})
def redo_feedback(body: DocumentBody) -> Response:
    """Do again what was undone last in a document, as long as nothing else was changed since."""
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    redone = Undoing(desk().database).redo(row.id, owner)
    return answer(RedoAnswer(redone=_step(redone.step), **_what_became(row, redone, "done again")))


@decisions.get("/sessions/<session_id>/findings", responses={200: FindingsAnswer})
def list_findings(path: SessionPath) -> Response:
    """All findings of a document that are shown: on the whole of it first, then section by section in the order of the text."""
    row = desk().ready(path.session_id, current_owner())
    with desk().database.snapshot() as session:
        found = all_findings(session, row.id, MAX_FINDINGS + 1)
        numbers = counts(session, row.id)
    items = [FeedbackItem(**finding) for finding in found[:MAX_FINDINGS]]
    return answer(FindingsAnswer(findings=items, counts=Counts(**numbers), truncated=len(found) > MAX_FINDINGS))


def _decided(body: FindingBody, decision: str) -> Response:
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    return _found(row, _decisions().decide(_spot(row, body), decision, owner))


def _found(row: DeskSession, item: dict[str, object]) -> Response:
    return answer(FindingAnswer(item=FeedbackItem.model_validate(item), counts=_counts(row)))


def _counts(row: DeskSession) -> Counts:
    with desk().database.read() as session:
        return Counts(**counts(session, row.id))


def _spot(row: DeskSession, body: FindingBody) -> Spot:
    return Spot(row.id, _section(row, body), body.feedback_id)


def _section(row: DeskSession, body: PlaceBody) -> int:
    return desk().section_index(row.id, body.section_name) if body.section_name else WHOLE_DOCUMENT


def _decisions() -> Decisions:
    return Decisions(desk().database)


@overload
def _step(line: Activity) -> Step: ...
@overload
def _step(line: None) -> None: ...
def _step(line: Activity | None) -> Step | None:
    return None if line is None else Step(action=line.action, section_index=line.section_index, feedback_id=line.finding_id)


def _what_became(row: DeskSession, undone: Undone, what: str) -> dict[str, Any]:
    """What the answers about an undo and a redo share."""
    return {
        "item": FeedbackItem(**undone.item) if undone.item else None,
        "passed_over": [_step(step) for step in undone.passed_over],
        "message": _told(undone, what),
        "counts": _counts(row),
    }


def _told(undone: Undone, what: str) -> str:
    """What happened, in words for people; ``what`` is "taken back" or "done again"."""
    over = len(undone.passed_over)
    gone = ""
    if over:
        steps = "1 newer step" if over == 1 else f"{over} newer steps"
        gone = f" {steps[0].upper()}{steps[1:]} could not be {what}: the finding is gone since the section was reviewed again."
    if undone.step is None:
        return f"There is nothing {'to take back' if what == 'taken back' else 'to do again'}.{gone}"
    return f"{what.capitalize()}: {undone.step.action}.{gone}"
