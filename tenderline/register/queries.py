"""Whole questions to the register: filters and how the answer is to be sorted and cut."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, model_validator

from tenderline.register.filters import Chip, Filters, gathered

MAX_PAGE = 1_000_000
MAX_PAGE_SIZE = 200
DEFAULT_PAGE_SIZE = 50
DEFAULT_TOP, MAX_TOP = 10, 100
DEFAULT_OPTIONS, MAX_OPTIONS = 20, 100

SearchOrder = Literal["award_date", "contract_amount", "awardee_name", "organization_name", "area_of_delivery", "business_category"]
TableOrder = Literal["label", "count", "total_value", "avg_value"]
Direction = Literal["asc", "desc"]
TableDimension = Literal["contractor", "organization", "area", "category", "year", "quarter", "month", "material"]
OptionDimension = Literal["contractors", "organizations", "areas", "business_categories", "materials"]
Page = Annotated[int, Field(strict=True, ge=1, le=MAX_PAGE)]
PageSize = Annotated[int, Field(strict=True, ge=1, le=MAX_PAGE_SIZE)]


class Query(BaseModel):
    """Filters in ``filters`` or beside the rest; what belongs to no question is refused."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)

    filters: Filters = Filters()

    @model_validator(mode="before")
    @classmethod
    def _in_one_form(cls, body: Any) -> Any:
        return gathered(body) if isinstance(body, Mapping) else body


class SearchQuery(Query):
    page: Page = 1
    page_size: PageSize = DEFAULT_PAGE_SIZE
    sort_by: SearchOrder = "award_date"
    sort_direction: Direction = "desc"


class AggregateQuery(Query):
    top_n: Annotated[int, Field(strict=True, ge=1, le=MAX_TOP, validation_alias=AliasChoices("topN", "top_n"))] = DEFAULT_TOP


class TableQuery(Query):
    dimension: Annotated[TableDimension, Field(validation_alias=AliasChoices("dimension", "entity_type"))]
    page: Page = 1
    page_size: PageSize = DEFAULT_PAGE_SIZE
    sort_by: TableOrder = "total_value"
    sort_direction: Direction = "desc"
    q: Chip | None = None


class OptionsQuery(Query):
    dimension: OptionDimension
    q: Annotated[str, Field(max_length=200)] = ""
    limit: Annotated[int, Field(ge=1, le=MAX_OPTIONS)] = DEFAULT_OPTIONS
