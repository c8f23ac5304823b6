"""What a chart shows, before it is drawn: its rows, the filter that each of them stands for, and what it says in words."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from tenderline.register.wording import counted

Json = dict[str, Any]
Measure = Literal["total_value", "count"]

MAX_CHIP_CHARS = 200
"""What a filter takes; a longer name is found by its beginning."""


@dataclass(frozen=True)
class Kind:
    """A chart that there is.

    Attributes:
        title: its heading.
        source: the list of the aggregates that it shows.
        each: what one row is called.
        replaces: the filter that a click sets.
        newest: of a trend, how many periods are shown at most; None for charts of the largest.
    """

    title: str
    source: str
    each: str
    replaces: str
    newest: int | None = None


CHARTS: Mapping[str, Kind] = MappingProxyType(
    {
        "trend_year": Kind("Contracts by year", "by_year", "Year", "time_ranges", newest=100),
        "trend_quarter": Kind("Contracts by quarter", "by_quarter", "Quarter", "time_ranges", newest=160),
        "trend_month": Kind("Contracts by month", "by_month", "Month", "time_ranges", newest=240),
        "contractors": Kind("Largest contractors", "by_contractor", "Contractor", "contractors"),
        "organizations": Kind("Largest organizations", "by_organization", "Organization", "organizations"),
        "areas": Kind("Largest areas of delivery", "by_area", "Area", "areas"),
        "business_categories": Kind("Largest business categories", "by_category", "Business category", "business_categories"),
        "shares": Kind("Shares of the business categories", "by_category", "Business category", "business_categories"),
    }
)


@dataclass(frozen=True)
class ChartData:
    """The rows of one chart, ``{label, count, total_value, filter}`` each, in the order they are shown."""

    name: str
    kind: Kind
    measure: Measure
    rows: Sequence[Json]
    summary: Json

    @property
    def measured(self) -> str:
        """What the lengths of the bars mean."""
        return "Total value" if self.measure == "total_value" else "Number of contracts"

    @property
    def title(self) -> str:
        return f"{self.kind.title}: {self.measured.lower()}"

    @property
    def text(self) -> str:
        """What the chart says, for people who don't see it."""
        if not self.rows:
            return f"{self.title}. There is nothing to show."
        largest = max(self.rows, key=lambda row: (row[self.measure], row["label"]))
        if self.kind.newest is None:
            return f"{self.title}. {self._first()} Largest of {len(self.rows)}: {self._told(largest)}."
        last = self.rows[-1]
        return (
            f"{self.title}, {self.rows[0]['label']} to {last['label']}. {self._first()} "
            f"Highest: {self._told(largest)}. Last: {self._told(last)}."
        )

    def _first(self) -> str:
        return f"{counted(self.summary['count'], 'contract')} worth {amount_words(self.summary['total_value'])} in all."

    @staticmethod
    def _told(row: Json) -> str:
        return f"{row['label']} with {amount_words(row['total_value'])} in {counted(row['count'], 'contract')}"

    @property
    def table(self) -> Json:
        """The same as a table: ``{columns: [{key, label, type}], rows}``."""
        columns = [
            {"key": "label", "label": self.kind.each, "type": "text"},
            {"key": "count", "label": "Contracts", "type": "integer"},
            {"key": "total_value", "label": "Total value", "type": "amount"},
        ]
        return {"columns": columns, "rows": list(self.rows)}


def chart_data(name: str, aggregates: Json, measure: Measure) -> ChartData:
    """What the chart of that name shows of the answer of ``aggregates.aggregate``."""
    kind = CHARTS[name]
    found = aggregates[kind.source]
    if kind.newest is None:
        shown = sorted(found, key=lambda row: (-row[measure], row["label"] or ""))
    else:
        shown = sorted(found, key=lambda row: row["label"])[-kind.newest :]
    rows = [
        {
            "label": row["label"],
            "count": row["count"],
            "total_value": row["total_value"],
            "filter": filter_of(kind.replaces, row["label"]),
        }
        for row in shown
        if row["label"] is not None
    ]
    return ChartData(name, kind, measure, rows, aggregates["summary"])


def filter_of(field: str, label: str) -> Json | None:
    """The filter that finds the contracts behind a bar; None where no filter can."""
    if field != "time_ranges":
        parts = [part.strip() for part in label.split("&&")]
        chip = " && ".join(part for part in parts if part)[:MAX_CHIP_CHARS].strip().removesuffix("&&").removesuffix("&").strip()
        return {field: [chip]} if chip else None
    found = re.fullmatch(r"(\d{4})(?:-Q([1-4])|-(\d\d))?", label)
    if found is None:
        return None
    year = int(found[1])
    if found[2]:
        return {"time_ranges": [{"type": "quarterly", "year": year, "quarter": int(found[2])}]}
    if found[3]:
        month = int(found[3])
        last = calendar.monthrange(year, month)[1]
        return {"time_ranges": [{"type": "custom", "startDate": f"{label}-01", "endDate": f"{label}-{last:02d}"}]}
    return {"time_ranges": [{"type": "yearly", "year": year}]}


def amount_words(amount: int | float | None) -> str:
    """An amount as people say it: ``3.41 billion``."""
    value = float(amount or 0)
    for size, word in ((1e12, " trillion"), (1e9, " billion"), (1e6, " million")):
        if abs(value) >= size:
            return f"{value / size:,.2f}{word}"
    return f"{value:,.2f}"
