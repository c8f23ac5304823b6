"""Imports: uploading a file for the register, importing it, what came of it, taking it back."""

from __future__ import annotations

import json
import uuid
from typing import Any, BinaryIO, cast

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint

import celery_integration
from tenderline.errors import NotFound, TooLarge, UnsupportedType, from_dict
from tenderline.register.models import CANCELLED, FAILED, IMPORTING, LOOKING, UNREADABLE, UploadRow
from tenderline.register.rejects import read_rejects, stream_rejects
from tenderline.register.sample import SAMPLE_NAME, open_sample
from tenderline.register.uploads import Uploads, mapping_of
from tenderline.review.files import display_name
from tenderline.web.access import current_owner
from tenderline.web.answers import CancelAnswer, ErrorAnswer
from tenderline.web.context import ERRORS, answer, runtime
from tenderline.web.ingestion_answers import detail, item
from tenderline.web.ingestion_models import (
    DeletedUpload,
    ImportDone,
    ImportForm,
    ImportQueued,
    ProcessBody,
    ProgressAnswer,
    RejectItem,
    RejectsAnswer,
    SheetBody,
    UploadDetail,
    UploadPath,
    UploadsAnswer,
)
from tenderline.web.models import PageQuery, RequestHeaders, TaskPath

ingestion = APIBlueprint(
    "ingestion", __name__, url_prefix="/data-ingestion", abp_tags=[{"name": "Imports"}], abp_responses={**ERRORS, 409: ErrorAnswer}
)

FORM_BYTES = 1024 * 1024
"""What a form puts around its file, at most."""
INTERRUPTED = {"code": "interrupted", "message": "The server was stopped before this import began.", "hint": "Start it again."}

LOOK_WAIT = 3.0
"""Seconds an answer waits for a file to be looked at before it is 202."""
STOPPED = {"code": "conflict", "message": "Looking at this file was cancelled.", "hint": "Upload it again if you need it."}


@ingestion.before_app_request
def _expect_file() -> None:
    if request.endpoint == "ingestion.upload" and request.method == "POST":
        limit = runtime().settings.register_max_upload_bytes
        request.max_content_length = limit + FORM_BYTES
        if request.mimetype != "multipart/form-data":
            raise UnsupportedType("The file must be sent as a form.", hint="Use multipart/form-data with a field named file.")
        if (request.content_length or 0) > limit + FORM_BYTES:
            raise TooLarge(f"The file has more than {max(1, limit // 1024**2):,} MB, the most that is taken.", hint="Split it.")


@ingestion.post("/upload/", responses={200: UploadDetail, 202: ImportQueued, 507: ErrorAnswer})
def upload(header: RequestHeaders, form: ImportForm) -> Response:
    """Upload a file for the register; the answer says what was recognised. Nothing is imported yet.

    If looking at it takes over 3 s the answer is 202: follow the task, then GET uploads/<upload_id>/.
    """
    stream, owner, task_id = cast(BinaryIO, form.file.stream), current_owner(), _task_id(header)
    if header.idempotency_key and (known := _uploads().of_task(task_id, owner)):
        return answer(detail(known, 0)) if (known := settled(known)).state != LOOKING else _looked(known, task_id)
    row = _uploads().take_in(stream, display_name(form.file.filename), owner, task_id=task_id, size=request.content_length)
    if row.state == LOOKING:
        try:
            return _looked(row, task_id)
        except BaseException:
            _uploads().delete(row.id, owner)
            raise
    return answer(detail(row, 0))


@ingestion.post("/process/<upload_id>/", responses={200: ImportDone, 202: ImportQueued, 507: ErrorAnswer})
def process(path: UploadPath, header: RequestHeaders, body: ProcessBody) -> Response:
    """Import an uploaded file: 202 with a task to follow, or 200 with the result if it is done at once."""
    mapping: dict[str, Any] | None = None
    if body.mapping is not None or body.options is not None:
        options = body.options.model_dump(exclude_none=True) if body.options else {}
        mapping = {**(body.mapping if body.mapping is not None else _fields(path.upload_id)), "options": options}
    return _start(path.upload_id, header, mapping, body.on_duplicate, save=body.save_mapping)


@ingestion.post("/sample/", responses={200: ImportDone, 202: ImportQueued, 507: ErrorAnswer})
def sample(header: RequestHeaders) -> Response:
    """Import the sample register that comes with the program, as any file is imported."""
    with open_sample() as stream:
        row = _uploads().take_in(stream, SAMPLE_NAME, current_owner())
    return _start(row.id, header, None, "skip", save=False)


@ingestion.get("/progress/<task_id>/", responses={200: ProgressAnswer})
def progress(path: TaskPath) -> Response:
    """How far an import is."""
    owner = current_owner()
    status = celery_integration.get_task_status(path.task_id, owner)
    row = _uploads().of_task(status.task_id, owner)
    if row is not None:
        settled(row)
    figures = json.loads(status.partial) if status.partial and status.partial.startswith("{") else {}
    return answer(
        ProgressAnswer(
            task_id=status.task_id,
            upload_id=row.id if row else None,
            state=cast(Any, status.state),
            current=status.progress,
            total=100,
            progress=status.progress,
            status=status.status,
            ready=status.ready,
            rows=figures.get("rows"),
            rows_per_second=figures.get("rows_per_second"),
            seconds_left=0.0 if status.ready else figures.get("seconds_left"),
            result=status.result,
            error=cast(Any, status.error),
        )
    )


@ingestion.post("/cancel/<task_id>/", responses={200: CancelAnswer})
def cancel(path: TaskPath) -> Response:
    """Cancel an import; the register stays as it was before."""
    return answer(CancelAnswer(task_id=path.task_id, cancelled=celery_integration.cancel_task(path.task_id, current_owner())))


@ingestion.get("/uploads/", responses={200: UploadsAnswer})
def list_uploads(query: PageQuery) -> Response:
    """Your uploads, newest first."""
    found, total = _uploads().of_owner(current_owner(), query.page, query.page_size)
    rows = [settled(row) for row in found]
    waiting = _uploads().open_conflicts(rows)
    items = [item(row, waiting.get(row.number, 0)) for row in rows]
    return answer(UploadsAnswer(uploads=items, page=query.page, page_size=query.page_size, total_count=total))


@ingestion.get("/uploads/<upload_id>/", responses={200: UploadDetail})
def get_upload(path: UploadPath) -> Response:
    """An upload: what was recognised, and what came of its import."""
    row = _own(path.upload_id)
    return answer(detail(row, _uploads().open_conflicts([row]).get(row.number, 0)))


@ingestion.post("/uploads/<upload_id>/sheet/", responses={200: UploadDetail, 202: ImportQueued})
def choose_sheet(path: UploadPath, header: RequestHeaders, body: SheetBody) -> Response:
    """Take another sheet of a workbook: its columns are recognised and mapped anew. 202 with a task to follow if that takes over 3 s."""
    row = _uploads().choose_sheet(path.upload_id, current_owner(), body.sheet)
    if row is None:
        return _looked(_own(path.upload_id), _task_id(header), body.sheet)
    return answer(detail(row, 0))


@ingestion.delete("/uploads/<upload_id>/", responses={200: DeletedUpload})
def delete_upload(path: UploadPath) -> Response:
    """Delete an upload and its file. One whose contracts are in the register has to be undone first."""
    row = _own(path.upload_id)
    if row.state == LOOKING and row.task_id:
        celery_integration.cancel_task(row.task_id, row.owner)
    _uploads().delete(row.id, row.owner)
    return answer(DeletedUpload(upload_id=row.id))


@ingestion.get("/uploads/<upload_id>/errors.csv")
def rejected_rows(path: UploadPath) -> Response:
    """The rejected rows with line numbers and reasons, as CSV."""
    row = _own(path.upload_id)
    pieces = stream_rejects(_uploads().kept(row, "rejects.csv.gz"))
    headers = {"Content-Disposition": f'attachment; filename="rejected-{row.number}.csv"'}
    return Response(pieces, mimetype="text/csv", headers=headers)


@ingestion.get("/uploads/<upload_id>/rejects/", responses={200: RejectsAnswer})
def list_rejects(path: UploadPath, query: PageQuery) -> Response:
    """The rejected rows, a page at a time."""
    row = _own(path.upload_id)
    found = read_rejects(_uploads().kept(row, "rejects.csv.gz"), (query.page - 1) * query.page_size, query.page_size)
    total = int((row.result or {})["rejected"])
    rejects = [RejectItem.model_validate(reject) for reject in found]
    return answer(RejectsAnswer(rejects=rejects, page=query.page, page_size=query.page_size, total_count=total))


@ingestion.post("/uploads/<upload_id>/undo/", responses={200: ImportDone, 202: ImportQueued})
def undo(path: UploadPath, header: RequestHeaders) -> Response:
    """Take an import back: its contracts leave the register, what it had replaced returns."""
    row = _uploads().get(path.upload_id, current_owner())
    submission = celery_integration.submit_undo_task(row, task_id=_task_id(header))
    return _submitted(submission, row.id, "The import is being undone.")


def settled(row: UploadRow) -> UploadRow:
    """The upload, after noting that the work on it has ended if the task that did it failed, was cancelled or is gone."""
    if row.state not in (IMPORTING, LOOKING) or row.task_id is None:
        return row
    uploads = _uploads()
    failed, cancelled = (UNREADABLE, UNREADABLE) if row.state == LOOKING else (FAILED, CANCELLED)
    try:
        status = celery_integration.get_task_status(row.task_id, row.owner)
    except NotFound:
        if not uploads.abandoned(row):
            return row
        uploads.end(row, failed, INTERRUPTED)
    else:
        if not status.ready:
            return row
        if status.state == celery_integration.REVOKED:
            uploads.end(row, cancelled, STOPPED if row.state == LOOKING else None)
        elif status.state != celery_integration.SUCCESS:
            uploads.end(row, failed, status.error or INTERRUPTED)
    return uploads.get(row.id, row.owner)


def _looked(row: UploadRow, task_id: str, sheet: str | None = None) -> Response:
    """Have a file, or another sheet of it, looked at: what was recognised, or the id to follow. Raises the error that it ended with."""
    celery_integration.submit_look_task(row.id, owner=row.owner, task_id=task_id, sheet=sheet)
    status = celery_integration.wait_for_task(task_id, row.owner, LOOK_WAIT)
    if not status.ready:
        return answer(ImportQueued(task_id=task_id, upload_id=row.id, message="The file is being looked at."), 202)
    if status.state != celery_integration.SUCCESS:
        raise from_dict(status.error or STOPPED)
    return answer(detail(_uploads().get(row.id, row.owner), 0))


def _start(upload_id: str, header: RequestHeaders, mapping: dict[str, Any] | None, on_duplicate: str, *, save: bool) -> Response:
    owner, task_id = current_owner(), _task_id(header)
    settled(_uploads().get(upload_id, owner))
    row = _uploads().begin(upload_id, owner, task_id=task_id, on_duplicate=on_duplicate, mapping=mapping, save=save)
    try:
        submission = celery_integration.submit_import_task(row)
    except BaseException as error:
        _uploads().end(row, FAILED, error.as_dict() if hasattr(error, "as_dict") else INTERRUPTED)
        raise
    return _submitted(submission, row.id, "The file is being imported.")


def _submitted(submission: celery_integration.Submission, upload_id: str, message: str) -> Response:
    if submission.direct:
        return answer(ImportDone(task_id=submission.task_id, upload_id=upload_id, result=submission.result or {}))
    return answer(ImportQueued(task_id=submission.task_id, upload_id=upload_id, message=message), 202)


def _own(upload_id: str) -> UploadRow:
    return settled(_uploads().get(upload_id, current_owner()))


def _fields(upload_id: str) -> dict[str, Any]:
    mapping = mapping_of(_uploads().get(upload_id, current_owner()))
    return {name: column for name, column in mapping.items() if name != "options"}


def _uploads() -> Uploads:
    return Uploads(runtime().settings, runtime().database)


def _task_id(header: RequestHeaders) -> str:
    return str(header.idempotency_key or uuid.uuid4())
