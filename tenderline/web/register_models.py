"""What requests to the register look like. Filters stand at top level or in ``filters``; see ``register.queries``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tenderline.register.chart_data import CHARTS
from tenderline.register.export_query import ExportQuery
from tenderline.register.filters import Filters
from tenderline.register.queries import MAX_OPTIONS, AggregateQuery, OptionDimension, Query, SearchQuery, TableQuery
from tenderline.register.routing import Mode
from tenderline.web.models import Body, Id, Model

ChartName = Literal["trend_year", "trend_quarter", "trend_month", "contractors", "organizations", "areas", "business_categories", "shares"]


def _named(value: str) -> str:
    value = " ".join(value.split())
    if not value:
        raise ValueError("must not be blank")
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in value):
        raise ValueError("must not contain control or broken characters")
    return value


class SearchTask(SearchQuery):
    mode: Mode = Field("auto", description="sync answers at once, async queues, auto lets the estimate decide.")


class AggregateTask(AggregateQuery):
    mode: Mode = "auto"


class TableTask(TableQuery):
    mode: Mode = "auto"


class ExportTask(ExportQuery):
    mode: Mode = Field("auto", description="Taken as elsewhere; an export is always a task.")


class EstimateBody(Query):
    kind: Literal["search", "analytics", "analytics-paginated", "export"] = "search"


class OptionsParameters(Model):
    dimension: OptionDimension
    q: Annotated[str, StringConstraints(max_length=200)] = Field("", description="A part of the name.")
    limit: int = Field(20, ge=1, le=MAX_OPTIONS)


class ChartsBody(Query):
    charts: Annotated[list[ChartName], Field(max_length=len(CHARTS))] | None = Field(None, description="All of them by default.")
    measure: Literal["total_value", "count"] = "total_value"
    top_n: int = Field(10, ge=1, le=50, strict=True, alias="topN")
    theme: Literal["light", "dark"] = "light"
    narrow: bool = Field(False, strict=True, description="For a place as narrow as a telephone.")


class ContractPath(Model):
    contract_id: str = Field(description="A contract's id.")


class NumberQuery(Model):
    number: Annotated[str, StringConstraints(min_length=1, max_length=200)] = Field(description="A contract number or reference number.")


class SaveFiltersBody(Body):
    name: Annotated[str, StringConstraints(min_length=1, max_length=100), AfterValidator(_named)]
    filters: Filters


class FiltersPath(Model):
    filters_id: str = Field(description="The id of saved filters.")


class ExportPath(Model):
    export_id: str = Field(description="An export's id.")


class TaskQuery(Model):
    task_id: Id


class KeyQuery(Model):
    cache_key: Annotated[str, StringConstraints(min_length=1, max_length=128)]
