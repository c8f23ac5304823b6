"""What the register's answers look like. What is not known of a contract is null, never left out."""

from __future__ import annotations

import json
from typing import Any, Literal

from flask import Response, current_app
from pydantic import Field

from tenderline.register.routing import encoded
from tenderline.web.answers import Answer, ErrorDetail, TaskObject
from tenderline.web.models import Model

Amount = int | float


class Contract(Model):
    """A contract. Amounts have at most two decimals; a date is ``2024-03-31``, or ``2024`` where only the year is known."""

    id: str
    import_no: int
    reference_id: str | None
    contract_no: str | None
    award_title: str | None
    notice_title: str | None
    awardee_name: str | None
    organization_name: str | None
    area_of_delivery: str | None
    business_category: str | None
    contract_amount: Amount | None
    award_date: str | None
    award_status: str | None
    item_name: str | None
    item_description: str | None
    quantity: Amount | None
    unit: str | None
    unit_price: Amount | None


class Pagination(Model):
    page: int
    page_size: int
    total_count: int
    total_pages: int


class Bar(Model):
    label: str
    count: int
    total_value: Amount


class TableRow(Bar):
    avg_value: Amount | None


class Totals(Model):
    count: int
    total_value: Amount
    avg_value: Amount | None


class _Found(Answer):
    version: int = Field(description="The register's version that was searched.")
    sentence: str = Field(description="The filters in words.")


class SearchAnswer(_Found):
    data: list[Contract]
    pagination: Pagination


class TableAnswer(_Found):
    data: list[TableRow]
    pagination: Pagination


class AggregatesAnswer(_Found):
    summary: Totals
    by_year: list[Bar]
    by_quarter: list[Bar]
    by_month: list[Bar]
    by_contractor: list[Bar]
    by_organization: list[Bar]
    by_area: list[Bar]
    by_category: list[Bar]


class ExportEstimateAnswer(Answer):
    rows: int
    bytes: int = Field(description="About; judged by the first contracts.")
    format: Literal["csv", "xlsx", "parquet"]
    recommended: Literal["sync", "async"]
    reason: str


class Option(Model):
    name: str
    count: int


class OptionsAnswer(Answer):
    dimension: str
    options: list[Option]


class SourceValue(Model):
    column: str
    value: str | None


class ImportOfContract(Model):
    number: int
    upload_id: str | None
    file_name: str | None
    imported_at: float | None
    line: int = Field(description="Where it stood in its file.")


class ContractAnswer(Answer):
    contract: Contract
    source: list[SourceValue]
    import_: ImportOfContract = Field(alias="import")


class LookupAnswer(Answer):
    data: list[Contract]
    total: int


class DamagedSegment(Model):
    segment: str
    reason: str


class OverviewAnswer(Answer):
    rows: int
    version: int
    imports: int
    first_date: str | None
    last_date: str | None
    damaged: list[DamagedSegment]


class FilterSet(Model):
    id: str
    name: str
    filters: dict[str, Any]
    sentence: str
    created_at: float


class FilterSetsAnswer(Answer):
    saved: list[FilterSet]


class FilterSetAnswer(Answer):
    saved: FilterSet


class DeletedIdAnswer(Answer):
    id: str


class ExportItem(Model):
    export_id: str
    file_name: str
    format: Literal["csv", "xlsx", "parquet"]
    rows: int
    bytes: int
    created_at: float
    expires_at: float
    download_url: str


class ExportsAnswer(Answer):
    exports: list[ExportItem]


class ChartItem(Model):
    chart: str
    title: str


class ChartsListAnswer(Answer):
    charts: list[ChartItem]


class Chart(ChartItem):
    text: str = Field(description="What the chart says, for people who don't see it.")
    spec: dict[str, Any] = Field(description="A Vega-Lite specification with its data inside; each datum's filter is what a click finds.")
    table: dict[str, Any] = Field(description="{columns: [{key, label, type}], rows}")


class ChartsAnswer(_Found):
    charts: list[Chart]


class FoundData(Model):
    results: Any
    pagination: Pagination | None
    version: int
    sentence: str | None = None


class CompletedAnswer(Answer):
    """It was answered at once; ``cached`` when the answer was there already."""

    status: Literal["completed", "cached"]
    cache_key: str
    data: FoundData


class QueuedWork(Answer):
    """Follow ``status/?task_id=``, then ask ``result/?cache_key=``."""

    status: Literal["queued"] = "queued"
    task_id: str
    cache_key: str
    message: str


class EstimateAnswer(Answer):
    rows: int
    exact: bool = Field(description="False: at most so many.")
    milliseconds: float
    recommended: Literal["sync", "async"]
    reason: str
    version: int


class TaskMeta(Model):
    progress: float
    status: str


class WorkStatusAnswer(TaskObject):
    success: Literal[True] = True
    cache_key: str | None
    meta: TaskMeta


class ResultAnswer(Answer):
    """``not_ready`` is to be asked for again; where it is ``outdated`` the register has changed, and the question is to be put anew."""

    status: Literal["success", "not_ready", "failed"]
    cache_key: str
    data: FoundData | None = None
    message: str | None = None
    outdated: bool | None = None
    error: ErrorDetail | None = None


def told(body: dict[str, Any], status: int = 200) -> Response:
    """A JSON response in which null stays null."""
    return _json(encoded({"success": True, **body}), status)


def told_data(head: dict[str, Any], data: bytes, sentence: str | None = None) -> Response:
    """A response with ``data``, which is JSON already: it is not read and written again. The sentence becomes a part of it."""
    added = b"" if sentence is None else b',"sentence":' + json.dumps(sentence).encode()
    return _json(encoded({"success": True, **head})[:-1] + b',"data":' + data[:-1] + added + b"}}", 200)


def told_results(data: bytes, sentence: str) -> Response:
    """A response with the ``results`` of an answer as its ``data``, its pagination and version beside them."""
    start = b'{"results":'
    head = b'{"success":true,"sentence":' + json.dumps(sentence).encode() + b',"data":'
    return _json(head + data.removeprefix(start), 200)


def _json(body: bytes, status: int) -> Response:
    return current_app.response_class(body, status=status, mimetype="application/json")
