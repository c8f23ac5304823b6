"""What views call to have work done, whether a queue is there or not. Thin on purpose: the task manager decides where a task runs."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from typing import Any, cast

from flask import current_app

from tenderline.errors import NotFound
from tenderline.register.export_query import ExportQuery
from tenderline.register.exporting import export_key, export_params
from tenderline.register.exports import Exports
from tenderline.register.models import UploadRow
from tenderline.register.operation_names import LOOK, PROCESS, UNDO
from tenderline.register.questions import EXPORT_CONTRACTS, Question
from tenderline.review.completing import COMPLETE_REVIEW, Format, completion_key, read_report
from tenderline.review.desk import Desk
from tenderline.review.keys import ANALYZE_DOCUMENT, ANALYZE_SECTION, analysis_key, document_key
from tenderline.review.models import DeskSession
from tenderline.review.operations import CHAT, CLEANUP_SESSIONS, PARSE_DOCUMENT, TEST
from tenderline.review.review_exports import ReviewExports
from tenderline.review.whole.records import is_current
from tenderline.runtime import Runtime
from tenderline.tasks.accepting import UNKNOWN_TASK, Submission
from tenderline.tasks.models import BACKGROUND, REVOKED, SUCCESS, UNFINISHED
from tenderline.tasks.status import TaskStatus
from tenderline.tasks.updates import Change, Update

__all__ = [
    "REVOKED",
    "SUCCESS",
    "UNFINISHED",
    "Change",
    "Submission",
    "TaskStatus",
    "Update",
    "active_tasks",
    "can_run_again",
    "cancel_task",
    "expect_analysis",
    "find_register_task",
    "forget_tasks",
    "get_metrics",
    "get_queue_stats",
    "get_task_history",
    "get_task_status",
    "is_celery_available",
    "list_tasks",
    "newest_tasks",
    "run_task_again",
    "submit_analysis_task",
    "submit_chat_task",
    "submit_cleanup_task",
    "submit_completion_task",
    "submit_document_task",
    "submit_import_task",
    "submit_look_task",
    "submit_parse_task",
    "submit_register_analytics",
    "submit_register_export",
    "submit_register_search",
    "submit_test_task",
    "submit_undo_task",
    "task_changes",
    "task_updates",
    "visible_tasks",
    "wait_for_task",
]


def is_celery_available(queue: str | None = None) -> bool:
    """Whether a task submitted now would go to a worker; for ``queue``, or for the analysis queue."""
    runtime = _runtime()
    with runtime.database.read() as session:
        return runtime.availability.broker_up() and bool(runtime.availability.listeners(session, queue or "analysis"))


def expect_analysis() -> None:
    """Somebody has a document in front of them: load the reviewer now if the first click would be worked on in this process."""
    if not is_celery_available():
        _runtime().warm()


def submit_analysis_task(
    document: DeskSession, section_index: int, *, owner: str, force: bool = False, task_id: str | None = None
) -> Submission:
    """Have a section reviewed. An equal analysis that is under way is joined; one that is still what the desk shows answers at once.

    Raises the errors of ``TaskManager.submit``.
    """
    runtime = _runtime()
    params = {"session_id": document.id, "section_index": section_index}
    key = analysis_key(runtime.settings, document, section_index)

    def submit(force: bool, task_id: str | None) -> Submission:
        return runtime.tasks.submit(ANALYZE_SECTION, params, owner=owner, session_key=document.id, key=key, force=force, task_id=task_id)

    submission = submit(force, task_id)
    if submission.cached and submission.task_id != task_id:
        review, _ = Desk(runtime.settings, runtime.database).review(document.id, section_index)
        if review is None or review.task_id != submission.task_id:  # another reviewer's findings have taken their place since
            return submit(True, task_id)
    return submission


def submit_document_task(
    document: DeskSession, *, owner: str, force: bool = False, again: bool = False, task_id: str | None = None
) -> Submission:
    """Have a whole document reviewed, section by section and then as a whole. One review that is under way is joined.

    Without ``force`` the sections that were reviewed in the same way count as done, and a finished review of the whole answers while it is
    still what the desk shows and lacks no section; ``again`` looks at the whole anew in any case. Raises ``Conflict`` where work is only
    done inside requests, and the errors of ``TaskManager.submit``.
    """
    runtime = _runtime()
    params = {"session_id": document.id, "force": force}
    key = document_key(runtime.settings, document)

    def submit(anew: bool) -> Submission:
        return runtime.tasks.submit(
            ANALYZE_DOCUMENT, params, owner=owner, session_key=document.id, key=key, force=anew, task_id=task_id, wait=False
        )

    submission = submit(force or again)
    if submission.cached and submission.task_id != task_id:
        with runtime.database.read() as session:
            current = is_current(session, document.id, submission.task_id)
        if not current or (submission.result or {}).get("failed"):
            return submit(True)
    return submission


def submit_chat_task(
    document: DeskSession, message: str, section_index: int | None, *, owner: str, task_id: str | None = None, wait: bool = True
) -> Submission:
    """Have a question answered; ``wait=False`` returns at once with the id to follow. Raises the errors of ``TaskManager.submit``."""
    params: dict[str, Any] = {"session_id": document.id, "message": message, "section_index": section_index}
    return _runtime().tasks.submit(CHAT, params, owner=owner, session_key=document.id, task_id=task_id, wait=wait)


def submit_test_task(*, owner: str, task_id: str | None = None) -> Submission:
    """Have the reviewer's connection tested. Raises the errors of ``TaskManager.submit``."""
    return _runtime().tasks.submit(TEST, {}, owner=owner, task_id=task_id)


def submit_parse_task(session_id: str, *, owner: str, task_id: str) -> Submission:
    """Have a stored file read, in the background of this process: the file is here, and a queue of analyses must not delay it."""
    return _runtime().tasks.submit(
        PARSE_DOCUMENT, {"session_id": session_id}, owner=owner, session_key=session_id, task_id=task_id, executor=BACKGROUND
    )


def submit_look_task(upload_id: str, *, owner: str, task_id: str, sheet: str | None = None) -> Submission:
    """Have a file for the register looked at, in the background of this process: somebody waits for it, and the file is here."""
    return _runtime().tasks.submit(LOOK, {"upload_id": upload_id, "sheet": sheet}, owner=owner, task_id=task_id, executor=BACKGROUND)


def submit_import_task(upload: UploadRow) -> Submission:
    """Have an upload imported, as the task that it names (``Uploads.begin``). Raises the errors of ``TaskManager.submit``."""
    params = {"upload_id": upload.id}
    return _runtime().tasks.submit(PROCESS, params, owner=upload.owner, task_id=upload.task_id)


def submit_undo_task(upload: UploadRow, *, task_id: str | None = None) -> Submission:
    """Have an import taken back. One that is being taken back already is joined. Raises the errors of ``TaskManager.submit``."""
    key = f"{UNDO}:{upload.id}"
    return _runtime().tasks.submit(UNDO, {"upload_id": upload.id}, owner=upload.owner, key=key, task_id=task_id)


def submit_completion_task(
    document: DeskSession, kind: Format, *, owner: str, include_pending: bool = False, task_id: str | None = None
) -> Submission:
    """Have a finished review written. An equal request is joined; one whose file is there still answers at once.

    Raises ``Conflict`` when there is nothing to hand in, and the errors of ``TaskManager.submit``.
    """
    runtime = _runtime()
    desk = Desk(runtime.settings, runtime.database)
    key = completion_key(document, read_report(desk, document, include_pending=include_pending), kind)
    params = {"session_id": document.id, "format": kind, "include_pending": include_pending}

    def submit(force: bool) -> Submission:
        return runtime.tasks.submit(COMPLETE_REVIEW, params, owner=owner, session_key=document.id, key=key, force=force, task_id=task_id)

    submission = submit(False)
    if submission.cached and submission.task_id != task_id and submission.result:
        try:
            ReviewExports(runtime.database, desk.files).find(document.id, submission.result["output_file"])
        except NotFound:  # newer exports have taken its place
            submission = submit(True)
    return submission


def run_task_again(task_id: str, owner: str, *, new_id: str | None = None) -> Submission:
    """Do the work of a finished task once more, as a new task; asking again with the same ``new_id`` joins that one.

    Raises ``NotFound`` when the task or its document is unknown or not this owner's, and the errors of ``TaskManager.run_again``.
    """
    runtime = _runtime()
    task = get_task_status(task_id, owner)
    if not task.session_key:
        return runtime.tasks.run_again(task.task_id, owner, new_id=new_id)
    document = Desk(runtime.settings, runtime.database).ready(task.session_key, owner)
    if task.operation == ANALYZE_SECTION and task.ready:  # the reviewer or the guidelines may be others by now
        return submit_analysis_task(document, task.params["section_index"], owner=owner, force=True, task_id=new_id)
    if task.operation == ANALYZE_DOCUMENT and task.ready:
        whole = task.state == SUCCESS and not (task.result or {}).get("failed")  # else only what is lacking is done
        return submit_document_task(document, owner=owner, force=whole, again=True, task_id=new_id)
    return runtime.tasks.run_again(task.task_id, owner, new_id=new_id)


def submit_cleanup_task(*, owner: str, task_id: str | None = None) -> Submission:
    """Have old documents and files of none removed. Raises the errors of ``TaskManager.submit``."""
    return _runtime().tasks.submit(CLEANUP_SESSIONS, {}, owner=owner, task_id=task_id, wait=False)


def submit_register_search(question: Question, key: str, *, owner: str, task_id: str | None = None) -> Submission:
    """Queue a search of the register; an equal one is joined, or answers. Raises the errors of ``TaskManager.submit``."""
    return _submit_question(question, key, owner, task_id)


def submit_register_analytics(question: Question, key: str, *, owner: str, task_id: str | None = None) -> Submission:
    """Queue totals of the register, in the same way."""
    return _submit_question(question, key, owner, task_id)


def _submit_question(question: Question, key: str, owner: str, task_id: str | None) -> Submission:
    tasks = _runtime().tasks
    return tasks.submit(question.operation, question.params, owner=owner, key=key, task_id=task_id, wait=_inline())


def submit_register_export(query: ExportQuery, *, owner: str, task_id: str | None = None) -> tuple[Submission, str]:
    """Have an export written, and the key of its result. One that was written lately and is there still answers at once.

    Raises the errors of ``TaskManager.submit``.
    """
    runtime = _runtime()
    key = export_key(query, runtime.register.snapshot().version, owner)

    def submit(force: bool) -> Submission:
        params = export_params(query)
        return runtime.tasks.submit(EXPORT_CONTRACTS, params, owner=owner, key=key, force=force, task_id=task_id, wait=_inline())

    submission = submit(False)
    if submission.cached and submission.task_id != task_id and submission.result:
        export_id = submission.result["data"]["results"]["export_id"]
        if not Exports(runtime.settings, runtime.database).exists(owner, export_id):  # it has expired, or its owner deleted it
            submission = submit(True)
    return submission, key


def find_register_task(key: str, owner: str) -> TaskStatus | None:
    """The owner's newest task whose answer is kept under this key."""
    return _runtime().tasks.by_key(key, owner)


def _inline() -> bool:
    """Whether work is done while its caller waits, as the settings say; otherwise a queued question never holds up its request."""
    return _runtime().settings.task_executor == "inline"


def can_run_again(task: TaskStatus) -> bool:
    """Whether ``run_task_again`` would take this task."""
    registry = _runtime().registry
    return task.ready and task.operation in registry and registry.get(task.operation).repeatable


def get_task_status(task_id: str, owner: str) -> TaskStatus:
    """A task's status. Raises ``NotFound`` when it is unknown or not this owner's."""
    return _runtime().tasks.status(_known(task_id), owner)


def wait_for_task(task_id: str, owner: str, seconds: float) -> TaskStatus:
    """A task's status once it has ended, or after ``seconds``. Raises ``NotFound``."""
    return _runtime().tasks.wait(_known(task_id), owner, seconds)


def list_tasks(owner: str, *, state: str | None, operation: str | None, page: int, page_size: int) -> tuple[Sequence[TaskStatus], int]:
    """A page of the owner's tasks, newest first, and how many there are in all."""
    return _runtime().tasks.list(owner, state=state, operation=operation, page=page, page_size=page_size)


def active_tasks(owner: str, session_id: str) -> Sequence[TaskStatus]:
    """The unfinished tasks of one document, oldest first."""
    return _runtime().tasks.active(owner, session_id)


def task_changes(seconds: float) -> Sequence[Change]:
    """The tasks of all owners that were written in the last ``seconds``: for whoever tells their owners, and nobody else."""
    return _runtime().updates.changes(seconds)


def task_updates(task_ids: Collection[str]) -> dict[str, Update]:
    """The states of these tasks, whoever owns them: for whoever tells their owners, and nobody else."""
    return _runtime().updates.read(task_ids)


def visible_tasks(owner: str, task_ids: Collection[str]) -> Sequence[Update]:
    """The states of those among these tasks that this owner may see, oldest first."""
    return _runtime().updates.visible(owner, task_ids)


def newest_tasks(owner: str, limit: int) -> Sequence[Update]:
    """The owner's unfinished tasks and the newest of all, at most ``limit`` of each, oldest first."""
    return _runtime().updates.newest(owner, limit)


def get_queue_stats() -> dict[str, Any]:
    """Queues, workers and limits, in every mode, and the reviewer in force."""
    runtime = _runtime()
    settings = runtime.settings
    reviewer = "Built-in reviewer" if settings.provider == "builtin" else settings.claude_model
    return runtime.tasks.queue_stats() | {"provider": settings.provider, "reviewer": reviewer}


def get_metrics() -> tuple[bytes, str]:
    """What Prometheus reads, and its content type; the same whichever process answers."""
    from tenderline.tasks.metrics import LedgerCollector, exposition

    runtime = _runtime()
    return exposition(LedgerCollector(runtime.settings, runtime.database, runtime.limits, runtime.availability))


def get_task_history() -> dict[str, Any]:
    """How many tasks ended in each of the last 15 minutes."""
    return _runtime().tasks.stats.history()


def cancel_task(task_id: str, owner: str) -> bool:
    """Cancel a task; False when it had ended before. Raises ``NotFound``."""
    return _runtime().tasks.cancel(_known(task_id), owner)


def forget_tasks(session_id: str, owner: str) -> int:
    """A document is deleted: cancel its tasks and delete what they say about it; how many were cancelled."""
    return _runtime().tasks.forget(owner, session_id)


def _known(task_id: str) -> str:
    """The id as it is stored. What isn't a UUID names no task."""
    try:
        return str(uuid.UUID(task_id))
    except ValueError:
        raise NotFound(UNKNOWN_TASK) from None


def _runtime() -> Runtime:
    return cast(Runtime, current_app.extensions["tenderline"])
