"""The reviewer's work: findings on a section, answers to questions, whether it can be reached."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint

import celery_integration
from tenderline.review.models import SectionReview
from tenderline.web.access import current_owner
from tenderline.web.answers import AnalysisAnswer, ChatAnswer, ConnectionAnswer, ErrorAnswer, FeedbackItem, Queued
from tenderline.web.context import ERRORS, answer, desk
from tenderline.web.models import AnalyzeBody, ChatBody, RequestHeaders
from tenderline.web.security import refuse_foreign
from tenderline.web.streams import stream_answer, wants_stream

review = APIBlueprint("review", __name__, abp_tags=[{"name": "Review"}], abp_responses={**ERRORS, 409: ErrorAnswer, 502: ErrorAnswer})


@review.post("/analyze_section", responses={200: AnalysisAnswer, 202: Queued})
def analyze_section(header: RequestHeaders, body: AnalyzeBody) -> Response:
    """Have a section reviewed: 200 with the findings when it is done at once, 202 with a task to follow when it is queued."""
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    index = desk().section_index(row.id, body.section_name)
    submission = celery_integration.submit_analysis_task(row, index, owner=owner, force=body.force, task_id=_task_id(header))
    if not submission.direct:
        return _queued(submission, "The section is being analysed.", row.id)
    reviewed, found = desk().review(row.id, index)
    return answer(
        AnalysisAnswer(
            task_id=submission.task_id,
            feedback_items=[FeedbackItem(**finding) for finding in found],
            feedback_count=len(found),
            cached=submission.cached,
            **_facts(reviewed, submission.result or {}),
        )
    )


@review.post("/chat", responses={200: ChatAnswer, 202: Queued})
def chat(header: RequestHeaders, body: ChatBody) -> Response:
    """Ask about a document: 200 with the answer when it is made at once, 202 with a task to follow when it is queued.

    With ``Accept: text/event-stream`` the answer is a stream in every mode: ``task`` (its id), ``status`` (what it waits for), ``token``
    (more text), ``sources``, ``done`` or ``error``.
    """
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    index = desk().section_index(row.id, body.current_section) if body.current_section else None
    streamed = wants_stream(request.headers.get("Accept"))
    submission = celery_integration.submit_chat_task(row, body.message, index, owner=owner, task_id=_task_id(header), wait=not streamed)
    if streamed and (events := stream_answer(submission.task_id, owner)) is not None:
        return events
    if not submission.direct:
        return _queued(submission, "The question is being answered.", row.id)
    return answer(ChatAnswer(task_id=submission.task_id, **_without(submission.result, "success", "session_id")))


@review.post("/test_claude_connection", responses={200: ConnectionAnswer, 202: Queued})
def test_connection(header: RequestHeaders) -> Response:
    """Ask the reviewer in force whether it can be reached."""
    return _test(header)


@review.get("/test_claude_connection", responses={200: ConnectionAnswer, 202: Queued})
def test_connection_by_get(header: RequestHeaders) -> Response:
    """The same as POST."""
    refuse_foreign()  # it does work, so another site's picture must not set it off
    return _test(header)


def _test(header: RequestHeaders) -> Response:
    submission = celery_integration.submit_test_task(owner=current_owner(), task_id=_task_id(header))
    if not submission.direct:
        return _queued(submission, "The reviewer is being asked.", None)
    return answer(ConnectionAnswer(task_id=submission.task_id, **_without(submission.result, "success")))


def _task_id(header: RequestHeaders) -> str:
    return str(header.idempotency_key or uuid.uuid4())


def _queued(submission: celery_integration.Submission, message: str, session_id: str | None) -> Response:
    return answer(Queued(task_id=submission.task_id, message=message, session_id=session_id), 202)


def _facts(reviewed: SectionReview | None, result: dict[str, Any]) -> dict[str, Any]:
    """Who reviewed the section and what was left out: as the desk has it, else as the task said."""
    names = ("reviewer", "duration", "dropped", "warnings")
    return {name: getattr(reviewed, name) if reviewed else result[name] for name in names}


def _without(result: dict[str, Any] | None, *names: str) -> dict[str, Any]:
    return {name: value for name, value in (result or {}).items() if name not in names}
