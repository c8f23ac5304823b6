"""Search: one page of the contracts that match."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from tenderline.register import schema
from tenderline.register.filters import Filters
from tenderline.register.name_order import by_name
from tenderline.register.ordering import Found, by_amount, by_date_up, by_default
from tenderline.register.queries import SearchQuery
from tenderline.register.rows import found_rows
from tenderline.register.selecting import select
from tenderline.register.selection import Selection

if TYPE_CHECKING:
    from tenderline.register.snapshot import Snapshot

_DIMENSION_OF = {field: dimension for dimension, field in schema.DIMENSIONS.items()}


@dataclass(frozen=True)
class Page:
    """One page of an answer, and how many rows there are on all of them. ``version`` is the register's."""

    rows: list[dict[str, Any]]
    total: int
    page: int
    page_size: int
    version: int

    @property
    def pagination(self) -> dict[str, int]:
        """``page, page_size, total_count, total_pages``."""
        pages = -(-self.total // self.page_size)
        return {"page": self.page, "page_size": self.page_size, "total_count": self.total, "total_pages": pages}


def search(snapshot: Snapshot, query: SearchQuery) -> Page:
    """The page that is asked for; beyond the last one it has no rows, and the true total."""
    selections = select(snapshot, query.filters)
    total = sum(selection.count for selection in selections)
    offset = (query.page - 1) * query.page_size
    found = ordered(snapshot, selections, query, offset, query.page_size) if offset < total else None
    return Page(found_rows(snapshot, found) if found else [], total, query.page, query.page_size, snapshot.version)


def ordered(snapshot: Snapshot, selections: list[Selection], query: SearchQuery, offset: int, limit: int) -> Found:
    """The rows at ``offset`` to ``offset + limit`` in the order that is asked for."""
    return arranged(snapshot, selections, query)(offset, limit)


def arranged(snapshot: Snapshot, selections: list[Selection], query: SearchQuery) -> Callable[[int, int], Found]:
    """The rows in the order that is asked for, to be asked for by offset and limit as often as needed."""
    down = query.sort_direction == "desc"
    if query.sort_by == "contract_amount":
        return by_amount(snapshot.views, selections, down=down)
    if query.sort_by != "award_date":
        return partial(by_name, snapshot, selections, _DIMENSION_OF[query.sort_by], down=down)
    return partial(by_default if down else by_date_up, snapshot.views, selections)


def count(snapshot: Snapshot, filters: Filters) -> int:
    """How many contracts match."""
    return sum(selection.count for selection in select(snapshot, filters))
