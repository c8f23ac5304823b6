"""The contract register, asked through the task system: what is quick is answered at once, the rest is queued."""

from __future__ import annotations

from typing import Any

from flask import Response
from flask_openapi.blueprint import APIBlueprint

import celery_integration
from tenderline.errors import NotFound
from tenderline.register.questions import Kind, Question, estimated, parts_of_key
from tenderline.register.routing import encoded
from tenderline.web.access import current_owner
from tenderline.web.answers import ErrorAnswer
from tenderline.web.context import ERRORS, answer, router, runtime
from tenderline.web.models import RequestHeaders
from tenderline.web.register_answers import (
    CompletedAnswer,
    EstimateAnswer,
    QueuedWork,
    ResultAnswer,
    TaskMeta,
    WorkStatusAnswer,
    told,
    told_data,
)
from tenderline.web.register_models import AggregateTask, EstimateBody, ExportTask, KeyQuery, SearchTask, TableTask, TaskQuery

register_tasks = APIBlueprint(
    "register_tasks",
    __name__,
    url_prefix="/api/v1/data-processing/tasks",
    abp_tags=[{"name": "Register"}],
    abp_responses={**ERRORS, 409: ErrorAnswer},
)
CHANGED = "The register has changed since; ask again."
_WORK: dict[Any, Any] = {200: CompletedAnswer, 202: QueuedWork}


@register_tasks.post("/search/", responses=_WORK)
def search(header: RequestHeaders, body: SearchTask) -> Response:
    """A page of contracts: 200 with it when that is quick or was asked before, 202 with a task to follow when it is queued."""
    return _asked("search", body, header)


@register_tasks.post("/analytics/", responses=_WORK)
def analytics(header: RequestHeaders, body: AggregateTask) -> Response:
    """Totals, in the same way."""
    return _asked("analytics", body, header)


@register_tasks.post("/analytics-paginated/", responses=_WORK)
def analytics_paginated(header: RequestHeaders, body: TableTask) -> Response:
    """A page of totals, in the same way."""
    return _asked("analytics-paginated", body, header)


@register_tasks.post("/export/", responses={**_WORK, 507: ErrorAnswer})
def export(header: RequestHeaders, body: ExportTask) -> Response:
    """Have an export written; its result has the address of the file, which is yours until it expires."""
    submission, key = celery_integration.submit_register_export(body, owner=current_owner(), task_id=_wanted_id(header))
    return _outcome(submission, key, body.filters.sentence(), "The export is being written.")


@register_tasks.post("/estimate/", responses={200: EstimateAnswer})
def estimate(body: EstimateBody) -> Response:
    """How many contracts match, about how long the question would take, and whether it would be queued."""
    snapshot = runtime().register.snapshot()
    found = estimated(snapshot, body.kind, body)
    return told({**found.as_dict(), "version": snapshot.version})


@register_tasks.get("/status/", responses={200: WorkStatusAnswer})
def status(query: TaskQuery) -> Response:
    """The same as ``/task_status``, with ``cache_key`` and ``meta``."""
    found = celery_integration.get_task_status(query.task_id, current_owner())
    meta = TaskMeta(progress=found.progress, status=found.status)
    return answer(WorkStatusAnswer(**found.as_dict(), cache_key=found.key, meta=meta))


@register_tasks.get("/result/", responses={200: ResultAnswer})
def result(query: KeyQuery) -> Response:
    """The answer that is kept under a key. One that was found before the register's last change is not shown any more."""
    key = query.cache_key
    parts = parts_of_key(key)
    if parts is None:
        raise NotFound("There is nothing under this key.")
    outdated = parts[1] != runtime().register.snapshot().version
    if not outdated and (again := router().answer_again(key)) is not None:
        return told_data({"status": "success", "cache_key": key}, again)
    found = celery_integration.find_register_task(key, current_owner())
    if found is None and outdated and router().was_asked(key):
        return told({"status": "not_ready", "cache_key": key, "message": CHANGED, "outdated": True})
    if found is None:
        raise NotFound("There is nothing under this key.", hint="Answers are kept for a while only; ask again.")
    if found.state == celery_integration.SUCCESS and found.result and not outdated:
        return told_data({"status": "success", "cache_key": key}, encoded(found.result["data"]))
    if found.ready and found.state != celery_integration.SUCCESS:
        error = found.error or {"code": "cancelled", "message": "The task was cancelled."}
        return told({"status": "failed", "cache_key": key, "error": error})
    if found.ready:
        message = CHANGED if outdated else "The answer is no longer kept; ask again."
        return told({"status": "not_ready", "cache_key": key, "message": message, "outdated": True})
    return told({"status": "not_ready", "cache_key": key, "message": found.status})


def _asked(kind: Kind, query: SearchTask | AggregateTask | TableTask, header: RequestHeaders) -> Response:
    question = Question(kind, query)
    routed = router().route(question, query.mode)
    sentence = query.filters.sentence()
    if routed.answer is not None:
        return told_data({"status": "cached" if routed.cached else "completed", "cache_key": routed.key}, routed.answer, sentence)
    submit = celery_integration.submit_register_search if kind == "search" else celery_integration.submit_register_analytics
    submission = submit(question, routed.key, owner=current_owner(), task_id=_wanted_id(header))
    return _outcome(submission, routed.key, sentence, "The register is being searched.")


def _outcome(submission: celery_integration.Submission, key: str, sentence: str, message: str) -> Response:
    if not submission.direct:
        return told({"status": "queued", "task_id": submission.task_id, "cache_key": key, "message": message}, 202)
    data = encoded((submission.result or {})["data"])
    return told_data({"status": "cached" if submission.cached else "completed", "cache_key": key}, data, sentence)


def _wanted_id(header: RequestHeaders) -> str | None:
    return str(header.idempotency_key) if header.idempotency_key else None
