"""A short question to the register for somebody who talks about it: filters in simple words, totals and a few contracts back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tenderline.errors import Invalid
from tenderline.register.filters import Chip, Filters

if TYPE_CHECKING:
    from tenderline.register.register import Register

NAME = "search_contract_register"
DESCRIPTION = (
    "Searches the contract register (awards that were imported, possibly not complete). Returns how many contracts match, their total "
    "value, the largest suppliers and buyers among them, and a few contracts. Names and keywords are parts of words, upper or lower case; "
    "several in one list mean any of them, the lists together mean all."
)
MOST_CONTRACTS = 10
MOST_NAMES = 5
MOST_CHIPS = 5
TEXT_CHARS = 200

_SHOWN = (
    "contract_no",
    "award_title",
    "awardee_name",
    "organization_name",
    "area_of_delivery",
    "contract_amount",
    "award_date",
    "award_status",
)

Chips = Annotated[list[Chip], Field(max_length=MOST_CHIPS)]
Year = Annotated[int, Field(ge=1900, le=2200)]


class Lookup(BaseModel):
    """What may be asked; anything else is refused with words that say what is wrong."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    keywords: Chips = Field([], description="Words of the title or the item.")
    contractors: Chips = Field([], description="Suppliers.")
    organizations: Chips = Field([], description="Buyers.")
    areas: Chips = Field([], description="Areas of delivery.")
    business_categories: Chips = []
    first_year: Year | None = None
    last_year: Year | None = None
    min_amount: Annotated[float, Field(ge=0)] | None = None
    max_amount: Annotated[float, Field(ge=0)] | None = None
    sort_by: Literal["award_date", "contract_amount"] = "contract_amount"
    contracts: Annotated[int, Field(ge=0, le=MOST_CONTRACTS)] = 5

    def filters(self) -> dict[str, Any]:
        """The same as filters of a search."""
        names = ("keywords", "contractors", "organizations", "areas", "business_categories")
        found: dict[str, Any] = {name: getattr(self, name) for name in names if getattr(self, name)}
        if self.first_year or self.last_year:
            first, last = self.first_year or 1900, self.last_year or 2200
            found["time_ranges"] = [{"type": "custom", "startDate": f"{first:04}-01-01", "endDate": f"{last:04}-12-31"}]
        if self.min_amount is not None or self.max_amount is not None:
            bounds = {"min": self.min_amount, "max": self.max_amount}
            found["value_range"] = {name: value for name, value in bounds.items() if value is not None}
        return found


def schema() -> dict[str, Any]:
    """The JSON schema of what ``look_up`` takes."""
    return Lookup.model_json_schema()


def look_up(register: Register, asked: dict[str, Any]) -> dict[str, Any]:
    """``count``, ``total_value``, the largest ``suppliers`` and ``buyers``, a few ``contracts``; ``summary`` in words and the ``filters``.

    Raises ``Invalid`` with what is wrong in ``asked``.
    """
    from tenderline.register.aggregates import aggregate
    from tenderline.register.queries import SearchQuery
    from tenderline.register.search import search

    try:
        lookup = Lookup.model_validate(asked)
        raw = lookup.filters()
        filters = Filters.model_validate(raw)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_input=False)[0]
        raise Invalid(f"{'.'.join(map(str, wrong['loc'])) or 'The question'}: {wrong['msg']}.") from None
    snapshot = register.snapshot()
    totals = aggregate(snapshot, filters, MOST_NAMES)
    rows: list[dict[str, Any]] = []
    if lookup.contracts:
        rows = search(snapshot, SearchQuery(filters=filters, page_size=lookup.contracts, sort_by=lookup.sort_by)).rows
    count = totals["summary"]["count"]
    return {
        "summary": f"{filters.sentence()}: {count:,} {'contract' if count == 1 else 'contracts'}",
        "filters": raw,
        "count": count,
        "total_value": totals["summary"]["total_value"],
        "suppliers": totals["by_contractor"],
        "buyers": totals["by_organization"],
        "contracts": [{name: _cut(row[name]) for name in _SHOWN if row.get(name) is not None} for row in rows],
    }


def _cut(value: Any) -> Any:
    return value[:TEXT_CHARS] if isinstance(value, str) else value
