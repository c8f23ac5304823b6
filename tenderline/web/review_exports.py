"""Finished reviews: hand one in as a file, download it."""

from __future__ import annotations

import uuid
from typing import Literal

from flask import Response, send_file
from flask_openapi.blueprint import APIBlueprint
from pydantic import ConfigDict, Field

import celery_integration
from tenderline.review.review_exports import MEDIA_TYPES, ReviewExports
from tenderline.web.access import current_owner
from tenderline.web.answers import Answer, ErrorAnswer, Queued
from tenderline.web.context import ERRORS, answer, desk
from tenderline.web.models import Body, Id, Model, RequestHeaders

review_exports = APIBlueprint(
    "review_exports", __name__, abp_tags=[{"name": "Review"}], abp_responses={**ERRORS, 409: ErrorAnswer, 507: ErrorAnswer}
)


class CompleteBody(Body):
    session_id: Id
    format: Literal["docx", "md"] = Field(
        "docx", description="docx: the document itself with comments where it is a Word file, else a report as a Word file. md: a report."
    )
    include_pending: bool = Field(False, description="With the findings nobody has decided about.")


class CompletionAnswer(Answer):
    """A finished review as a file."""

    task_id: str
    is_async: Literal[False] = Field(False, alias="async")
    output_file: str
    comments_count: int = Field(description="Findings in the file.")
    left_out: int = Field(description="Findings nobody has decided about, which are not in the file.")
    download_url: str
    format: Literal["docx", "md"]
    warnings: list[str]
    cached: bool

    model_config = ConfigDict(populate_by_name=True)


class DownloadPath(Model):
    session_id: str = Field(description="A desk session's id.")
    name: str = Field(description="The file's name: output_file of a completed review.")


@review_exports.post("/complete_review", responses={200: CompletionAnswer, 202: Queued})
def complete_review(header: RequestHeaders, body: CompleteBody) -> Response:
    """Finish a review: accepted findings and your own go into a file, rejected ones never do.

    200 with the file's address when it is written at once, 202 with a task to follow when it is queued; 409 when there is nothing.
    """
    owner = current_owner()
    row = desk().ready(body.session_id, owner)
    task_id = str(header.idempotency_key or uuid.uuid4())
    submission = celery_integration.submit_completion_task(
        row, body.format, owner=owner, include_pending=body.include_pending, task_id=task_id
    )
    if not submission.direct:
        return answer(Queued(task_id=submission.task_id, message="The review is being written.", session_id=row.id), 202)
    told = {name: value for name, value in (submission.result or {}).items() if name not in ("success", "session_id")}
    return answer(CompletionAnswer(task_id=submission.task_id, cached=submission.cached, **told))


@review_exports.get("/download/<session_id>/<name>", responses={200: None})
def download(path: DownloadPath) -> Response:
    """A finished review of one of your documents; the newest ten of each are kept."""
    row = desk().session(path.session_id, current_owner())
    file = ReviewExports(desk().database, desk().files).find(row.id, path.name)
    kind = MEDIA_TYPES[path.name.rsplit(".", 1)[-1]]
    response = send_file(
        file, mimetype=kind, as_attachment=True, download_name=path.name, conditional=False, etag=False, last_modified=None
    )
    response.headers["Cache-Control"] = "no-store"
    return response
