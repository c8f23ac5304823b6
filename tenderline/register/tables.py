"""The tables behind the charts: every name or period with its totals, sorted and cut into pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tenderline.register import schema
from tenderline.register.aggregates import BY_NAME, TIME_LABELS, by_time
from tenderline.register.counting import Counted
from tenderline.register.filters import AND
from tenderline.register.queries import TableQuery
from tenderline.register.search import Page
from tenderline.register.selecting import select, wanted_names
from tenderline.register.totals import NameTotals, Total, mean_minor

if TYPE_CHECKING:
    from tenderline.register.snapshot import Snapshot

DIMENSION_OF = {**BY_NAME, "material": "materials"}


def table(snapshot: Snapshot, query: TableQuery) -> Page:
    """One page of the table: rows ``{label, count, total_value, avg_value}``.

    Rows alike are in the order of their labels, and those without an average last when it is what they are sorted by.
    """
    counted = Counted(snapshot, select(snapshot, query.filters))
    if query.dimension in TIME_LABELS:
        return _by_time(snapshot, counted, query)
    return _by_name(snapshot, counted, query)


def _by_time(snapshot: Snapshot, counted: Counted, query: TableQuery) -> Page:
    rows = [(label, total) for label, total in by_time(counted, TIME_LABELS[query.dimension]).items() if _fits(label, query)]
    sign = -1 if query.sort_direction == "desc" else 1

    def key(row: tuple[str, Total]) -> tuple[bool, int]:
        total = row[1]
        if query.sort_by == "avg_value":
            return not total.valued, sign * mean_minor(total.minor, total.valued) if total.valued else 0
        return False, sign * (total.count if query.sort_by == "count" else total.minor)

    if query.sort_by == "label":
        rows = rows[::sign]
    else:
        rows.sort(key=key)
    begin = (query.page - 1) * query.page_size
    told = [{"label": label, **total.as_dict()} for label, total in rows[begin : begin + query.page_size]]
    return Page(told, len(rows), query.page, query.page_size, snapshot.version)


def _fits(label: str, query: TableQuery) -> bool:
    return query.q is None or all(schema.fold(part) in schema.fold(label) for part in _parts(query.q))


def _parts(chip: str) -> tuple[str, ...]:
    return tuple(chip.split(f" {AND} "))


def _by_name(snapshot: Snapshot, counted: Counted, query: TableQuery) -> Page:
    dimension = DIMENSION_OF[query.dimension]
    names, totals = snapshot.names(dimension), counted.by_name(dimension)
    there = totals.counts > 0
    if query.q is not None:
        there &= wanted_names(names, [tuple(schema.fold(part) for part in _parts(query.q))])
    places = np.flatnonzero(there)
    begin = (query.page - 1) * query.page_size
    shown = _sorted(totals, places, query)[begin : begin + query.page_size].tolist()
    told = [{"label": names.names[place], **totals.total(place).as_dict()} for place in shown]
    return Page(told, len(places), query.page, query.page_size, snapshot.version)


def _sorted(totals: NameTotals, places: NDArray[np.int64], query: TableQuery) -> NDArray[np.int64]:
    """The names in the order that is asked for; ``places`` are in the order of the labels."""
    sign = -1 if query.sort_direction == "desc" else 1
    if query.sort_by == "label":
        return places[::sign]
    if query.sort_by == "count":
        return places[np.argsort(sign * totals.counts[places], kind="stable")]
    minor = totals.minor[places]
    if query.sort_by == "total_value":
        return places[np.argsort(sign * _comparable(minor), kind="stable")]
    valued = totals.valued[places]
    known = valued > 0
    means = _comparable((2 * minor[known] + valued[known]) // (2 * valued[known]))  # as mean_minor
    return np.concatenate([places[known][np.argsort(sign * means, kind="stable")], places[~known]])


def _comparable(values: NDArray[Any]) -> NDArray[np.int64]:
    """Whole numbers of any size as numbers of 64 bits in the same order."""
    return np.unique(values, return_inverse=True)[1] if values.dtype == object else values
