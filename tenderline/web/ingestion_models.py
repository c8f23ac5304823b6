"""What requests and answers about imports look like."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StringConstraints

from tenderline.web.answers import Answer, ErrorDetail
from tenderline.web.models import Body, Model, PageQuery, State, UploadedFile

Field_ = Annotated[str, StringConstraints(max_length=64)]
Column = Annotated[str, StringConstraints(min_length=1, max_length=250)]
Kind = Literal["suppliers", "materials", "purchase_orders", "prices"]
Decision = Literal["ours", "theirs"]


class UploadPath(Model):
    upload_id: str = Field(description="An upload's id.")


class ImportForm(Model):
    """A file for the register."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    file: UploadedFile = Field(description="CSV, XLSX, Parquet or OCDS JSON, up to REGISTER_MAX_UPLOAD_BYTES.")


class ReadingOptions(Body):
    date_order: Literal["DMY", "MDY"] | None = Field(None, description="What 03/04/2024 means; decided by the file's own dates if absent.")
    decimal: Literal[".", ","] | None = Field(None, description="The decimal sign; decided by the file's own figures if absent.")
    sheet: Annotated[str, StringConstraints(max_length=250)] | None = Field(None, description="The sheet of a workbook to read.")


class ProcessBody(Body):
    mapping: dict[Field_, Column] | None = Field(None, max_length=64, description="Field -> column; what was guessed if absent.")
    options: ReadingOptions | None = None
    on_duplicate: Literal["skip", "replace", "keep"] = Field(
        "skip", description="What becomes of a row that is in the register already: left out, put in its place, or added beside it."
    )
    save_mapping: bool = Field(True, description="Offer this mapping for the next file with the same columns.")


class SheetBody(Body):
    sheet: Annotated[str, StringConstraints(min_length=1, max_length=250)]


class ConflictsQuery(PageQuery):
    state: Literal["open", "ours", "theirs"] | None = None


class ConflictsBody(Body):
    decision: Decision = Field(description="ours: what the register says stays. theirs: what the file says takes its place.")
    conflict_ids: list[int] | None = Field(None, max_length=10_000)
    all: bool = Field(False, description="Decide all that are open.")


class CreatedQuery(PageQuery):
    kind: Kind
    q: Annotated[str, StringConstraints(max_length=200)] | None = Field(None, description="Only names that contain this.")


class ListQuery(CreatedQuery):
    sort_by: Literal["name", "count", "total_value"] = "count"
    sort_direction: Literal["asc", "desc"] = "desc"


class QualityReason(Model):
    text: str
    count: int
    points: float = Field(description="What it takes off the score.")


class Quality(Model):
    score: int = Field(description="0 to 100.")
    reasons: list[QualityReason]


class ImportResult(Model):
    processed: int = Field(description="Rows of the file.")
    imported: int = Field(description="Rows that came into the register, those in conflict included.")
    rejected: int
    duplicates: int = Field(description="Rows that were there already.")
    replaced: int
    conflicts: int
    created_suppliers: int
    created_materials: int
    created_pos: int
    created_prices: int
    quality: Quality
    seconds: float
    rows_per_second: int
    version: int | None = Field(None, description="The register's version that has these contracts.")


class UploadItem(Model):
    upload_id: str
    number: int
    file_name: str
    size: int
    state: Literal["looking", "unreadable", "recognised", "importing", "imported", "failed", "cancelled", "undone"]
    created_at: float
    finished_at: float | None = None
    format: str
    row_estimate: int
    on_duplicate: str | None = None
    task_id: str | None = None
    result: ImportResult | None = None
    error: ErrorDetail | None = None
    has_rejects: bool
    open_conflicts: int


class UploadsAnswer(Answer):
    uploads: list[UploadItem]
    page: int
    page_size: int
    total_count: int


class GuessItem(Model):
    column: str
    confidence: float
    why: str


class FieldItem(Model):
    name: str
    label: str
    required: bool
    help: str


class UploadDetail(UploadItem):
    success: Literal[True] = True
    encoding: str | None = None
    delimiter: str | None = None
    sheets: list[str]
    columns: list[str]
    preview: list[list[str | None]]
    warnings: list[str]
    mapping: dict[str, str]
    saved_mapping: bool
    guesses: dict[str, GuessItem]
    options: dict[str, Any]
    fields: list[FieldItem]


class ImportQueued(Answer):
    task_id: str
    upload_id: str
    status: Literal["processing"] = "processing"
    message: str
    is_async: Literal[True] = Field(True, alias="async")

    model_config = ConfigDict(populate_by_name=True)


class ImportDone(Answer):
    task_id: str
    upload_id: str
    is_async: Literal[False] = Field(False, alias="async")
    result: dict[str, Any]

    model_config = ConfigDict(populate_by_name=True)


class ProgressAnswer(Answer):
    task_id: str
    upload_id: str | None = None
    state: State
    current: int
    total: int
    progress: int
    status: str
    ready: bool
    rows: int | None = None
    rows_per_second: int | None = None
    seconds_left: float | None = None
    result: dict[str, Any] | None = None
    error: ErrorDetail | None = None


class DeletedUpload(Answer):
    upload_id: str
    deleted: Literal[True] = True


class RejectItem(Model):
    line: int
    column: str | None = None
    value: str | None = None
    reason: str


class RejectsAnswer(Answer):
    rejects: list[RejectItem]
    page: int
    page_size: int
    total_count: int


class ConflictItem(Model):
    conflict_id: int
    state: Literal["open", "ours", "theirs"]
    decided_at: float | None = None
    ours: dict[str, Any]
    theirs: dict[str, Any]
    differences: list[str]


class ConflictsAnswer(Answer):
    conflicts: list[ConflictItem]
    page: int
    page_size: int
    total_count: int
    open: int


class DecidedAnswer(Answer):
    decided: int
    open: int
    version: int


class RowsAnswer(Answer):
    rows: list[dict[str, Any]]
    page: int
    page_size: int
    total_count: int
