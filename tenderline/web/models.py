"""What requests look like. Everything that comes in is bounded."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, GetCoreSchemaHandler, StringConstraints
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import core_schema
from werkzeug.datastructures import FileStorage

from tenderline.review.files import storable

MAX_MESSAGE_CHARS = 4000
MAX_SECTION_NAME_CHARS = 300
MAX_ID_CHARS = 64
MAX_PAGE = 1_000_000

State = Literal["PENDING", "STARTED", "PROGRESS", "RETRY", "SUCCESS", "FAILURE", "REVOKED"]


class UploadedFile(FileStorage):
    """A file of a multipart form; a plain field of that name is refused."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(_file)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: Any, _handler: Any) -> JsonSchemaValue:
        return {"type": "string", "format": "binary"}


def _file(value: object) -> FileStorage:
    if not isinstance(value, FileStorage) or not value.filename:
        raise ValueError("must be a file")
    return value


def checked_storable(value: str) -> str:
    """The text, if databases keep it as it is."""
    if storable(value) != value:
        raise ValueError("must not contain NUL or broken Unicode characters")
    return value


def checked_not_blank(value: str) -> str:
    """The text, if there is something to read in it."""
    if not value.strip():
        raise ValueError("must not be blank")
    return value


Id = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID_CHARS), AfterValidator(checked_storable)]
SectionName = Annotated[str, StringConstraints(min_length=1, max_length=MAX_SECTION_NAME_CHARS), AfterValidator(checked_storable)]
Message = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_MESSAGE_CHARS), AfterValidator(checked_storable), AfterValidator(checked_not_blank)
]


class Model(BaseModel):
    # What users wrote must not reach a log through an error message.
    model_config = ConfigDict(hide_input_in_errors=True)

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As pydantic's, but made once: every view asks for that of every error, 0.3 s of each start."""
        return deepcopy(_schema_of(cls, args, tuple(sorted(kwargs.items()))))


@cache
def _schema_of(model: type[Model], args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...]) -> dict[str, Any]:
    return super(Model, model).model_json_schema(*args, **dict(kwargs))


class Body(Model):
    model_config = ConfigDict(strict=True)


class RequestHeaders(Model):
    """Headers of calls that do work."""

    idempotency_key: UUID | None = Field(
        None, alias="Idempotency-Key", description="A UUID of the caller's choice: it becomes the task's id, and repeating it works once."
    )


class SessionPath(Model):
    session_id: str = Field(description="A desk session's id.")


class TaskPath(Model):
    task_id: str = Field(description="A task's id.")


class PageQuery(Model):
    page: int = Field(1, ge=1, le=MAX_PAGE)
    page_size: int = Field(50, ge=1, le=200)


class UsageQuery(Model):
    days: int = Field(7, ge=1, le=366, description="How many days, today included.")


class TasksQuery(PageQuery):
    state: Literal[State, "WAITING", "RUNNING"] | None = Field(
        None, description="Only tasks in this state: WAITING is PENDING or RETRY, RUNNING is STARTED or PROGRESS."
    )
    operation: Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z_]+$")] | None = Field(
        None, description="Only tasks of this operation."
    )
    results: bool = Field(True, description="With their results; false makes a long list light.")


class UploadForm(Model):
    """A document and, if wanted, a checklist of one's own."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    document: UploadedFile = Field(description="docx, pdf, txt or md, at most 25 MB.")
    guidelines: UploadedFile | None = Field(None, description="A checklist: md, txt or docx, at most 1 MB.")
    guidelines_preference: Literal["both", "own_only", "default_only"] | None = Field(
        None, description="Which checklists apply; both by default."
    )


class SectionBody(Body):
    session_id: Id
    section_name: SectionName


class AnalyzeBody(SectionBody):
    force: bool = Field(False, description="Work again though there are findings already.")


class AnalyzeDocumentBody(Body):
    session_id: Id
    force: bool = Field(False, description="Work again on sections that were analysed already.")


class ChatBody(Body):
    session_id: Id
    message: Message
    current_section: SectionName | None = Field(None, description="The section the reader looks at.")
