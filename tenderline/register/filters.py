"""What can be asked of the register: the filters of a search, checked, in one form for search, charts, tables, exports and counts.

Chips of one list are alternatives, the lists hold together, ``a && b`` in one chip asks for both on the same field. Every chip is a literal
part of text, without regard to upper and lower case.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from tenderline.errors import Invalid
from tenderline.register import schema

MAX_CHIPS = 50
MAX_CHIP_CHARS = 200
MAX_TIME_RANGES = 50
MAX_VALUE = 10**15
"""The largest bound of a value range, in whole units of the currency."""
AND = "&&"

_LABELS = {
    "contractors": "contractor",
    "organizations": "organization",
    "areas": "area",
    "business_categories": "category",
    "keywords": "text",
}


def _chip(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError("must not contain broken Unicode characters") from None
    parts = [schema.plain(part) for part in value.split(AND)]
    if not any(parts):
        raise ValueError("must not be empty")
    if not all(parts):
        raise ValueError(f"has nothing on one side of {AND}")
    return f" {AND} ".join(parts)


def _iso_day(value: object) -> object:
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII):
        raise ValueError("must be a date like 2024-03-31")
    return value


Chip = Annotated[str, StringConstraints(max_length=MAX_CHIP_CHARS), AfterValidator(_chip)]
Chips = Annotated[list[Chip], Field(max_length=MAX_CHIPS)]
Year = Annotated[int, Field(strict=True, ge=1, le=9999)]
Day = Annotated[date, BeforeValidator(_iso_day)]
Bound = Annotated[Decimal, Field(ge=-MAX_VALUE, le=MAX_VALUE)]


class _Strict(BaseModel):
    # What users wrote must not reach a log through an error message.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, frozen=True)


class Yearly(_Strict):
    type: Literal["yearly"]
    year: Year

    def days(self) -> tuple[date, date]:
        """First and last day."""
        return date(self.year, 1, 1), date(self.year, 12, 31)

    def sentence(self) -> str:
        return f"{self.year}"


class Quarterly(_Strict):
    type: Literal["quarterly"]
    year: Year
    quarter: Annotated[int, Field(strict=True, ge=1, le=4)]

    def days(self) -> tuple[date, date]:
        """First and last day."""
        first = date(self.year, 3 * self.quarter - 2, 1)
        last = date(self.year, 12, 31) if self.quarter == 4 else date(self.year, 3 * self.quarter + 1, 1) - timedelta(days=1)
        return first, last

    def sentence(self) -> str:
        return f"quarter {self.quarter} of {self.year}"


class Custom(_Strict):
    type: Literal["custom"]
    startDate: Day
    endDate: Day

    @model_validator(mode="after")
    def _in_order(self) -> Custom:
        if self.endDate < self.startDate:
            raise ValueError("endDate must not be before startDate")
        return self

    def days(self) -> tuple[date, date]:
        """First and last day."""
        return self.startDate, self.endDate

    def sentence(self) -> str:
        return f"{self.startDate.isoformat()} to {self.endDate.isoformat()}"


TimeRange = Annotated[Yearly | Quarterly | Custom, Field(discriminator="type")]


class ValueRange(_Strict):
    """Bounds of the contract's amount, both included, in units of the currency. Contracts without an amount are outside of every range."""

    min: Bound | None = None
    max: Bound | None = None

    @model_validator(mode="after")
    def _in_order(self) -> ValueRange:
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError("min must not be greater than max")
        return self

    def minor(self) -> tuple[int | None, int | None]:
        """The bounds in minor units: the smallest and the largest amount that fit."""
        least = None if self.min is None else int((self.min * 100).to_integral_value(ROUND_CEILING))
        most = None if self.max is None else int((self.max * 100).to_integral_value(ROUND_FLOOR))
        return least, most

    def __bool__(self) -> bool:
        return self.min is not None or self.max is not None

    def sentence(self) -> str:
        if self.max is None:
            return f"at least {self.min:,f}"
        return f"at most {self.max:,f}" if self.min is None else f"{self.min:,f} to {self.max:,f}"


class Filters(_Strict):
    """The filters of API.md; without any, all contracts."""

    contractors: Chips = []
    areas: Chips = []
    organizations: Chips = []
    business_categories: Chips = []
    keywords: Chips = []
    time_ranges: Annotated[list[TimeRange], Field(max_length=MAX_TIME_RANGES)] = []
    value_range: ValueRange | None = None

    def chips(self, name: str) -> list[tuple[str, ...]]:
        """The chips of one list without repetition: each the folded parts that must all be in the field."""
        found: list[str] = getattr(self, name)
        return list(dict.fromkeys(tuple(dict.fromkeys(schema.fold(part) for part in chip.split(f" {AND} "))) for chip in found))

    def windows(self) -> list[tuple[int, int]]:
        """First and last day of each time range, as days since 1970, without repetition."""
        found = [tuple(schema.to_days(day) for day in period.days()) for period in self.time_ranges]
        return sorted({(first, last) for first, last in found})

    def amounts(self) -> tuple[int | None, int | None] | None:
        """The bounds of the amount in minor units; None without a value range."""
        return self.value_range.minor() if self.value_range else None

    def __bool__(self) -> bool:
        return bool(self.value_range) or any(getattr(self, name) for name in (*_LABELS, "time_ranges"))

    def canonical(self) -> dict[str, Any]:
        """The same for all filters that find the same by their form: a key for results. Case, order and repetition don't count."""
        found: dict[str, Any] = {name: sorted({tuple(sorted(parts)) for parts in self.chips(name)}) for name in _LABELS}
        found |= {"days": self.windows(), "amounts": self.amounts()}
        return {name: value for name, value in found.items() if value}

    def sentence(self) -> str:
        """The filters in words: ``contractor "Acme" or "Bolt", in 2024``; ``all contracts`` without any."""
        return filters_sentence(self)


def filters_sentence(filters: Filters) -> str:
    """The filters in words for people."""
    clauses = []
    for name, label in _LABELS.items():
        chips = getattr(filters, name)
        if chips:
            quoted = [" and ".join(f"“{part}”" for part in chip.split(f" {AND} ")) for chip in dict.fromkeys(chips)]
            clauses.append(f"{label} contains {' or '.join(quoted)}")
    if filters.time_ranges:
        clauses.append("awarded in " + " or ".join(dict.fromkeys(period.sentence() for period in filters.time_ranges)))
    if filters.value_range:
        clauses.append(f"amount {filters.value_range.sentence()}")
    return ", ".join(clauses) or "all contracts"


FILTER_NAMES = frozenset(Filters.model_fields)


def gathered(body: Mapping[str, Any]) -> dict[str, Any]:
    """A request's body in its one form, ``{"filters": {...}, "page": ..., ...}``: filters may stand beside the rest, the rest inside them.

    Raises:
        ValueError: one thing is told twice, or ``filters`` is no object.
    """
    inner = body.get("filters")
    if isinstance(inner, Filters):
        inner = {name: getattr(inner, name) for name in inner.model_fields_set}
    if inner is not None and not isinstance(inner, Mapping):
        raise ValueError("filters must be an object")
    filters: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    for source in (inner or {}, {name: value for name, value in body.items() if name != "filters"}):
        for name, value in source.items():
            place = filters if name in FILTER_NAMES else rest
            if name in place and place[name] != value:
                raise ValueError(f"{name} is given twice, with different values")
            place[name] = value
    # Nothing chosen is told as null by some callers.
    return {"filters": {name: value for name, value in filters.items() if value is not None}, **rest}


def read_filters(data: Mapping[str, Any]) -> Filters:
    """Filters from JSON.

    Raises:
        Invalid: with what is wrong, by the name of the filter, in ``fields``: ``keywords.0``.
    """
    try:
        return Filters.model_validate(data)
    except ValidationError as error:
        fields = {
            ".".join(str(part) for part in detail["loc"] if part not in ("yearly", "quarterly", "custom")) or "filters": detail[
                "msg"
            ].removeprefix("Value error, ")
            for detail in error.errors(include_url=False)
        }
        raise Invalid("The filters are not valid.", hint="Correct or remove the filters that are named.", fields=fields) from None
