"""A whole document: have it reviewed, and what that says beyond its sections."""

from __future__ import annotations

import uuid

from flask import Response
from flask_openapi.blueprint import APIBlueprint

import celery_integration
from tenderline.review.whole.records import document_review
from tenderline.web.access import current_owner
from tenderline.web.answers import ErrorAnswer, FeedbackItem, Queued
from tenderline.web.context import ERRORS, answer, desk
from tenderline.web.models import AnalyzeDocumentBody, RequestHeaders, SessionPath
from tenderline.web.whole_answers import CoverageItem, WholeDocumentAnswer

whole = APIBlueprint("whole", __name__, abp_tags=[{"name": "Review"}], abp_responses={**ERRORS, 409: ErrorAnswer})

NOT_YET = "The document as a whole was not analysed yet."
NOT_SAID = "The newest analysis said nothing of this check."


@whole.post("/analyze_document", responses={202: Queued})
def analyze_document(header: RequestHeaders, body: AnalyzeDocumentBody) -> Response:
    """Have every section with text reviewed, then the document as a whole: 202 with one task to follow for all of it.

    Findings appear section by section (``/sessions/<id>``). What was analysed in the same way before counts as done, unless forced. A
    second call joins the task under way. 409 where work is only done inside requests (``TASK_EXECUTOR=inline``).
    """
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    task_id = str(header.idempotency_key or uuid.uuid4())
    submission = celery_integration.submit_document_task(row, owner=owner, force=body.force, task_id=task_id)
    return answer(Queued(task_id=submission.task_id, message="The document is being analysed.", session_id=row.id), 202)


@whole.get("/sessions/<session_id>/document", responses={200: WholeDocumentAnswer})
def get_document(path: SessionPath) -> Response:
    """What was found about the document as a whole, and for each check of its guidelines whether it is met."""
    row = desk().ready(path.session_id, current_owner())
    with desk().database.read() as session:
        known = document_review(session, row.id)
    review = known.review
    unsaid = {"state": "unclear", "note": NOT_SAID if review else NOT_YET, "places": []}
    return answer(
        WholeDocumentAnswer(
            findings=[FeedbackItem(**finding) for finding in known.findings],
            coverage=[
                CoverageItem(check_id=check["id"], title=check["title"], text=check["text"], **known.coverage.get(check["id"], unsaid))
                for check in row.guidelines
            ],
            analyzed_at=review.analyzed_at if review else None,
            reviewer=review.reviewer if review else None,
            warnings=review.warnings if review else [],
        )
    )
