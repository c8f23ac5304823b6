"""Taking in a document."""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Any, BinaryIO, cast

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint
from werkzeug.datastructures import FileStorage

import celery_integration
from tenderline.errors import NotFound, TenderlineError, UnsupportedType, from_dict
from tenderline.review.files import Upload
from tenderline.review.intake import session_id_of, take_in
from tenderline.review.models import FAILED, READY, DeskSession
from tenderline.web.access import current_owner
from tenderline.web.answers import ErrorAnswer, Queued, UploadAnswer
from tenderline.web.context import ERRORS, answer, desk
from tenderline.web.models import RequestHeaders, UploadForm
from tenderline.web.security import MAX_FORM_BYTES
from tenderline.web.sessions import CANCELLED, settled

uploads = APIBlueprint("uploads", __name__, abp_tags=[{"name": "Review"}], abp_responses=ERRORS)

PARSE_WAIT = 3.0
"""Seconds an upload waits for its document to be read before it answers 202."""


@uploads.before_app_request
def _expect_form() -> None:
    if request.endpoint == "uploads.upload" and request.method == "POST":
        request.max_content_length = MAX_FORM_BYTES
        if request.mimetype != "multipart/form-data":
            raise UnsupportedType("The document must be sent as a form.", hint="Use multipart/form-data with a field named document.")


@uploads.post("/upload", responses={200: UploadAnswer, 202: Queued, 409: ErrorAnswer, 507: ErrorAnswer})
def upload(header: RequestHeaders, form: UploadForm) -> Response:
    """Upload a document (docx, pdf, txt, md; 25 MB at most), with guidelines of your own if you like.

    If reading it takes over 3 s the answer is 202: follow the task, then GET /sessions/<session_id>.
    """
    celery_integration.expect_analysis()
    owner = current_owner()
    key = str(header.idempotency_key) if header.idempotency_key else None
    session_id = session_id_of(owner, key)
    if key and (known := desk().find(session_id, owner)):
        return _outcome(settled(known))
    task_id = key or str(uuid.uuid4())
    own = _upload(form.guidelines) if form.guidelines else None
    row = take_in(desk(), owner, session_id, _upload(form.document), own, form.guidelines_preference or "both", task_id=task_id)
    if row.state != READY:
        try:
            celery_integration.submit_parse_task(row.id, owner=owner, task_id=task_id)
        except BaseException:
            desk().delete(row.id, owner)
            raise
    return _outcome(row)


def _outcome(row: DeskSession) -> Response:
    """The sections, or the id to follow, or the error that the document failed with (it is gone then)."""
    if row.state == FAILED:
        raise _gone(row, row.error or {})
    if row.state != READY and row.parse_task_id:
        status = celery_integration.wait_for_task(row.parse_task_id, row.owner, PARSE_WAIT)
        if not status.ready:
            message = "The document is being read."
            return answer(Queued(task_id=row.parse_task_id, session_id=row.id, message=message), 202)
        if status.state != celery_integration.SUCCESS:
            raise _gone(row, status.error or CANCELLED)
        row = desk().session(row.id, row.owner)
    names = [section.title for section in desk().outline(row.id)]
    return answer(
        UploadAnswer(session_id=row.id, document_name=row.document_name, sections=names, total_sections=len(names), warnings=row.warnings)
    )


def _gone(row: DeskSession, error: dict[str, Any]) -> TenderlineError:
    with suppress(NotFound):  # another request may have told it already
        desk().delete(row.id, row.owner)
    return from_dict(error)


def _upload(file: FileStorage) -> Upload:
    return Upload(cast(BinaryIO, file.stream), file.filename or "")
