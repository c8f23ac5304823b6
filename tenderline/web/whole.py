"""A whole document: have it reviewed, what that says beyond its sections, and what reviews cost."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from datetime import UTC, datetime

from flask import Response
from flask_openapi.blueprint import APIBlueprint

import celery_integration
from tenderline.prices import PRICES_AS_OF
from tenderline.review.usage import MILLION, DayUsage, Spending
from tenderline.review.whole.records import document_review
from tenderline.web.access import current_owner
from tenderline.web.answers import ErrorAnswer, FeedbackItem, Queued
from tenderline.web.context import ERRORS, answer, desk, runtime
from tenderline.web.models import AnalyzeDocumentBody, RequestHeaders, SessionPath, UsageQuery
from tenderline.web.whole_answers import CoverageItem, DayItem, UsageAnswer, WholeDocumentAnswer

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


@whole.get("/usage", responses={200: UsageAnswer})
def usage(query: UsageQuery) -> Response:
    """What your reviews and questions used of Claude, day by day, and what is left of the day's budget."""
    spending = Spending(runtime().settings, desk().database)
    with desk().database.read() as session:
        days = [_day(day) for day in spending.days(session, current_owner(), query.days)]
        spent = spending.spent(session) if spending.budget is not None else 0
    budget = spending.budget
    return answer(
        UsageAnswer(
            today=days[-1],
            days=days,
            budget_usd=None if budget is None else budget / MILLION,
            spent_usd=None if budget is None else spent / MILLION,
            remaining_usd=None if budget is None else max(0, budget - spent) / MILLION,
            prices_as_of=PRICES_AS_OF,
        )
    )


def _day(day: DayUsage) -> DayItem:
    priced = day.cost or not day.unpriced
    date = datetime.fromtimestamp(day.day, UTC).date().isoformat()
    return DayItem(day=date, cost_usd=day.cost / MILLION if priced else None, unpriced=day.unpriced, **asdict(day.usage))
