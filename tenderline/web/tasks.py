"""Tasks: their state, cancelling them, the queues."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Response
from flask_openapi.blueprint import APIBlueprint

import celery_integration
from tenderline.web.access import current_owner
from tenderline.web.answers import (
    CancelAnswer,
    DocumentOfTask,
    ErrorAnswer,
    HistoryAnswer,
    ListedTask,
    Queued,
    QueueStatsAnswer,
    RunAgainAnswer,
    TaskAnswer,
    TasksAnswer,
)
from tenderline.web.context import ERRORS, answer, desk
from tenderline.web.models import RequestHeaders, TaskPath, TasksQuery

tasks = APIBlueprint("tasks", __name__, abp_tags=[{"name": "Tasks"}], abp_responses=ERRORS)


@tasks.get("/task_status/<task_id>", responses={200: TaskAnswer})
def task_status(path: TaskPath) -> Response:
    """A task's state, progress, result or error."""
    return _status(path.task_id)


@tasks.post("/cancel_task/<task_id>", responses={200: CancelAnswer})
def cancel_task(path: TaskPath) -> Response:
    """Cancel a task. One that runs is REVOKED when its work has stopped; ``cancelled`` is false when it had ended before."""
    return _cancel(path.task_id)


@tasks.get("/queue_stats", responses={200: QueueStatsAnswer})
def queue_stats() -> Response:
    """Queues, workers and limits; the same object in every mode."""
    return answer(QueueStatsAnswer(**celery_integration.get_queue_stats()))


@tasks.get("/api/tasks", responses={200: TasksAnswer})
def list_tasks(query: TasksQuery) -> Response:
    """Your own tasks, newest first."""
    found, total = celery_integration.list_tasks(
        current_owner(), state=query.state, operation=query.operation, page=query.page, page_size=query.page_size
    )
    return answer(
        TasksAnswer(tasks=_listed(found, with_results=query.results), page=query.page, page_size=query.page_size, total_count=total)
    )


@tasks.get("/api/tasks/<task_id>/status", responses={200: TaskAnswer})
def api_task_status(path: TaskPath) -> Response:
    """The same as ``/task_status``."""
    return _status(path.task_id)


@tasks.post("/api/tasks/<task_id>/cancel", responses={200: CancelAnswer})
def api_cancel_task(path: TaskPath) -> Response:
    """The same as ``/cancel_task``."""
    return _cancel(path.task_id)


@tasks.post("/api/tasks/cleanup/sessions", responses={202: Queued})
def cleanup_sessions(header: RequestHeaders) -> Response:
    """Have documents beyond ``SESSION_RETENTION_DAYS`` and files that belong to none removed."""
    submission = celery_integration.submit_cleanup_task(owner=current_owner(), task_id=_wanted_id(header))
    return answer(Queued(task_id=submission.task_id, message="Old documents are being removed.", session_id=None), 202)


@tasks.post("/api/tasks/<task_id>/run_again", responses={200: RunAgainAnswer, 202: Queued, 409: ErrorAnswer, 502: ErrorAnswer})
def run_again(path: TaskPath, header: RequestHeaders) -> Response:
    """Do the work of a finished task once more, as a new task: 202 with its id to follow, or 200 with the result if it is done at once."""
    submission = celery_integration.run_task_again(path.task_id, current_owner(), new_id=_wanted_id(header))
    if submission.direct:
        return answer(RunAgainAnswer(task_id=submission.task_id, result=submission.result))
    return answer(Queued(task_id=submission.task_id, message="The work is being done again."), 202)


@tasks.get("/api/tasks/history", responses={200: HistoryAnswer})
def history() -> Response:
    """How many tasks ended in each of the last 15 minutes, and how."""
    return answer(HistoryAnswer(**celery_integration.get_task_history()))


def _wanted_id(header: RequestHeaders) -> str | None:
    return str(header.idempotency_key) if header.idempotency_key else None


def _listed(found: Sequence[celery_integration.TaskStatus], *, with_results: bool) -> list[ListedTask]:
    """Tasks with the document each belongs to."""
    places = {status.task_id: (status.session_key, status.params.get("section_index")) for status in found if status.session_key}
    known = desk().places(set(places.values()), current_owner())
    listed = []
    for status in found:
        place = known.get(places.get(status.task_id, ("", None)))
        document = None
        if place is not None:
            session_id, index = places[status.task_id]
            document = DocumentOfTask(session_id=session_id, name=place.document, section_index=index, section=place.section)
        body = status.as_dict()
        if not with_results:
            body.pop("result", None)
        listed.append(ListedTask(**body, can_run_again=celery_integration.can_run_again(status), document=document))
    return listed


def _status(task_id: str) -> Response:
    return answer(TaskAnswer(**celery_integration.get_task_status(task_id, current_owner()).as_dict()))


def _cancel(task_id: str) -> Response:
    return answer(CancelAnswer(task_id=task_id, cancelled=celery_integration.cancel_task(task_id, current_owner())))
