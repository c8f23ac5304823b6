"""Checklists: the one for all new documents, reading one from a file, and what one document is checked against."""

from __future__ import annotations

from typing import Annotated, BinaryIO, Literal, cast

from flask import Response, request
from flask_openapi.blueprint import APIBlueprint
from pydantic import ConfigDict, Field, StringConstraints

from tenderline.errors import UnsupportedType
from tenderline.review.checklists import ChecklistChanged, Checklists, Seen, Standing, read_checklist
from tenderline.review.desk import check_dicts
from tenderline.review.files import Upload
from tenderline.review.guidelines import MAX_GUIDELINES_CHARS, parse_guidelines
from tenderline.review.models import DeskSession
from tenderline.web.access import current_owner
from tenderline.web.answers import Answer, ErrorAnswer, ErrorDetail
from tenderline.web.context import ERRORS, answer, desk
from tenderline.web.models import Body, Model, SessionPath, UploadedFile
from tenderline.web.security import MAX_FORM_BYTES

guidelines = APIBlueprint("guidelines", __name__, abp_tags=[{"name": "Guidelines"}], abp_responses=ERRORS)

Markdown = Annotated[str, StringConstraints(max_length=MAX_GUIDELINES_CHARS)]


class CheckItem(Model):
    id: str
    title: str
    text: str


class ReadAnswer(Answer):
    """A checklist: as it is written, and the checks that were found in it."""

    markdown: str
    checks: list[CheckItem]


class GuidelinesAnswer(ReadAnswer):
    own: bool = Field(description="Somebody wrote it here; false for the checklist that ships.")
    updated_at: float | None = None


class ChangedAnswer(ErrorAnswer):
    """The checklist is not the one that the change was based on."""

    newer: GuidelinesAnswer


class DocumentGuidelinesAnswer(Answer):
    session_id: str
    guidelines_preference: str
    own_guidelines: str | None = Field(None, description="The document's own checklist, in Markdown.")
    checks: list[CheckItem]


class GuidelinesBody(Body):
    markdown: Markdown
    based_on: float | None = Field(
        None, description="``updated_at`` of the checklist this was written from, null for the one that ships; absent: whatever is there."
    )


class BasedOnQuery(Model):
    based_on: float | None = Field(None, description="``updated_at`` of the checklist that is given up; absent: whatever is there.")


class DocumentGuidelinesBody(Body):
    markdown: Markdown | None = Field(None, description="A new checklist for this document alone; without one it keeps its own.")
    guidelines_preference: Literal["both", "own_only", "default_only"]


class ChecklistForm(Model):
    model_config = ConfigDict(arbitrary_types_allowed=True)

    guidelines: UploadedFile = Field(description="A checklist: md, txt or docx, at most 1 MB.")


@guidelines.before_app_request
def _expect_form() -> None:
    if request.endpoint == "guidelines.read_guidelines":
        request.max_content_length = MAX_FORM_BYTES
        if request.mimetype != "multipart/form-data":
            raise UnsupportedType("The checklist must be sent as a form.", hint="Use multipart/form-data with a field named guidelines.")


@guidelines.get("/guidelines", responses={200: GuidelinesAnswer})
def get_guidelines() -> Response:
    """The checklist that your new documents get."""
    return _standing(_checklists().standing(current_owner()))


@guidelines.put("/guidelines", responses={200: GuidelinesAnswer, 409: ChangedAnswer})
def put_guidelines(body: GuidelinesBody) -> Response:
    """Write a checklist for your new documents, in the place of the one that ships; documents on the desk keep theirs.

    With ``based_on``, 409 when somebody wrote another one meanwhile; it stands in ``newer``.
    """
    seen = Seen(body.based_on) if "based_on" in body.model_fields_set else None
    try:
        return _standing(_checklists().keep(current_owner(), body.markdown, seen))
    except ChecklistChanged as changed:
        return _changed(changed)


@guidelines.delete("/guidelines", responses={200: GuidelinesAnswer, 409: ChangedAnswer})
def delete_guidelines(query: BasedOnQuery) -> Response:
    """Go back to the checklist that ships. With ``based_on``, 409 when there is another one by now."""
    seen = None if query.based_on is None else Seen(query.based_on)
    try:
        return _standing(_checklists().forget(current_owner(), seen))
    except ChecklistChanged as changed:
        return _changed(changed)


@guidelines.post("/guidelines/read", responses={200: ReadAnswer})
def read_guidelines(form: ChecklistForm) -> Response:
    """Read a checklist from a file without keeping anything, to look at it, change it and save it."""
    with desk().files.passing() as directory:
        upload = Upload(cast(BinaryIO, form.guidelines.stream), form.guidelines.filename or "")
        markdown = read_checklist(desk().files, directory, upload)
    checks = [CheckItem(**check) for check in check_dicts(parse_guidelines(markdown))]
    return answer(ReadAnswer(markdown=markdown, checks=checks))


@guidelines.get("/sessions/<session_id>/guidelines", responses={200: DocumentGuidelinesAnswer})
def get_document_guidelines(path: SessionPath) -> Response:
    """What a document is checked against."""
    return _of_document(desk().session(path.session_id, current_owner()))


@guidelines.put("/sessions/<session_id>/guidelines", responses={200: DocumentGuidelinesAnswer})
def put_document_guidelines(path: SessionPath, body: DocumentGuidelinesBody) -> Response:
    """Check a document against something else from now on. Its findings stay until it is analysed again."""
    owner = current_owner()
    row = desk().session(path.session_id, owner)
    with desk().database.write() as session:
        held = session.get(DeskSession, row.id, with_for_update=True)
        if held is not None:
            _checklists().change(session, held, body.markdown, body.guidelines_preference, actor=owner)
    return _of_document(desk().session(row.id, owner))


@guidelines.delete("/sessions/<session_id>/guidelines", responses={200: DocumentGuidelinesAnswer})
def delete_document_guidelines(path: SessionPath) -> Response:
    """Delete a document's own checklist: from now on it is checked against the standing one. Its findings stay."""
    owner = current_owner()
    row = desk().session(path.session_id, owner)
    with desk().database.write() as session:
        held = session.get(DeskSession, row.id, with_for_update=True)
        if held is not None:
            _checklists().drop_own(session, held, actor=owner)
    return _of_document(desk().session(row.id, owner))


def _standing(standing: Standing) -> Response:
    return answer(_answer_of(standing))


def _changed(changed: ChecklistChanged) -> Response:
    return answer(ChangedAnswer(error=ErrorDetail(**changed.as_dict()), newer=_answer_of(changed.newer)), changed.status)


def _answer_of(standing: Standing) -> GuidelinesAnswer:
    checks = [CheckItem(**check) for check in check_dicts(standing.guidelines)]
    own = standing.updated_at is not None
    return GuidelinesAnswer(markdown=standing.markdown, checks=checks, own=own, updated_at=standing.updated_at)


def _of_document(row: DeskSession) -> Response:
    return answer(
        DocumentGuidelinesAnswer(
            session_id=row.id,
            guidelines_preference=row.guidelines_preference,
            own_guidelines=row.own_guidelines,
            checks=[CheckItem(**check) for check in row.guidelines],
        )
    )


def _checklists() -> Checklists:
    return Checklists(desk().database)
