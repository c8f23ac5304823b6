"""What can be exported: the contracts of a search, in its order, in one of three formats."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from tenderline.register.queries import Direction, Query, SearchOrder

Format = Literal["csv", "xlsx", "parquet"]

MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "csv": "text/csv",
        "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "parquet": "application/vnd.apache.parquet",
    }
)


class ExportQuery(Query):
    """``bom`` begins a CSV file with the mark by which Excel knows UTF-8."""

    format: Format = "csv"
    sort_by: SearchOrder = "award_date"
    sort_direction: Direction = "desc"
    bom: bool = False
