"""The rows of an export as Arrow batches: those of the search, in its order, a bounded piece at a time."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tenderline.register.memory import give_back
from tenderline.register.queries import SearchQuery
from tenderline.register.schema import AMOUNTS, DIMENSIONS, NO_AMOUNT, NO_DATE, YEAR

if TYPE_CHECKING:
    import pyarrow

    from tenderline.register.export_query import ExportQuery
    from tenderline.register.segment import Segment
    from tenderline.register.snapshot import Snapshot

COLUMNS = (
    "reference_id",
    "contract_no",
    "award_title",
    "notice_title",
    "awardee_name",
    "organization_name",
    "area_of_delivery",
    "business_category",
    "contract_amount",
    "award_date",
    "award_status",
    "item_name",
    "item_description",
    "quantity",
    "unit",
    "unit_price",
)
"""What an export tells of a contract, in this order."""
ORDERED_ROWS = 131_072
"""So many rows at a time are put in order."""
BATCH_ROWS, SCATTERED_ROWS = 16_384, 32_768
"""So many rows at a time are read: in the order of the files, and from all over them."""
_ORDERS = ("uid", "date", "amount", "amount_order", "amount_order_down", *(f"{name}.rows" for name in DIMENSIONS))
"""The files in which the order is looked up."""
_FIELD_DIMENSIONS = {field: name for name, field in DIMENSIONS.items()}


def export_schema() -> pyarrow.Schema:
    """The columns of a batch: amounts are decimals, dates text as the search tells them (``2024`` where only the year is known)."""
    import pyarrow as pa

    def kind(name: str) -> Any:
        if name in AMOUNTS:
            return pa.decimal128(19, 2)
        return pa.float64() if name == "quantity" else pa.large_string()

    return pa.schema([pa.field(name, kind(name)) for name in COLUMNS])


def export_batches(snapshot: Snapshot, query: ExportQuery, at_once: int = ORDERED_ROWS) -> Iterator[pyarrow.RecordBatch]:
    """All rows that the search of these filters has, in its order, of which ``at_once`` are looked up at a time."""
    from tenderline.register.search import arranged
    from tenderline.register.selecting import select

    selections = select(snapshot, query.filters)
    total = sum(selection.count for selection in selections)
    asked = SearchQuery().model_copy(update={"sort_by": query.sort_by, "sort_direction": query.sort_direction})
    rows = arranged(snapshot, selections, asked)
    columns = [_Columns(view.segment) for view in snapshot.views]
    size = BATCH_ROWS if query.sort_by == "award_date" else SCATTERED_ROWS
    for offset in range(0, total, at_once):
        found = rows(offset, at_once)
        for view in snapshot.views:
            view.segment.forget(_ORDERS)
        for start in range(0, len(found), size):
            yield _batch(columns, found.views[start : start + size], found.rows[start : start + size])
            give_back()


def _batch(columns: list[_Columns], views: NDArray[Any], rows: NDArray[Any]) -> pyarrow.RecordBatch:
    """These rows of these views, in this order."""
    import pyarrow as pa

    present = np.unique(views)
    if len(present) == 1:
        return columns[int(present[0])].take(rows)
    places = [np.flatnonzero(views == view) for view in present]
    parts = [columns[int(view)].take(rows[place]) for view, place in zip(present, places, strict=True)]
    back = np.empty(len(rows), np.int64)
    back[np.concatenate(places)] = np.arange(len(rows))
    return pa.Table.from_batches(parts).take(pa.array(back)).combine_chunks().to_batches()[0]


class _Columns:
    """A segment's columns as Arrow arrays over the same memory map: nothing is copied but what is taken."""

    def __init__(self, segment: Segment) -> None:
        self._segment = segment
        self._texts: dict[str, Any] = {}
        self._maps: set[mmap.mmap] = set()

    def take(self, rows: NDArray[np.integer[Any]]) -> pyarrow.RecordBatch:
        """These rows, in this order."""
        import pyarrow as pa

        taken = []
        for name in COLUMNS:
            taken.append(self._column(name, rows))
            self._release()
        return pa.RecordBatch.from_arrays(taken, schema=export_schema())

    def _release(self) -> None:
        """Let go of what was read of the files: it would count as this process's memory, and nothing is read a second time."""
        while self._maps:
            self._maps.pop().madvise(mmap.MADV_DONTNEED)

    def _seen(self, array: NDArray[Any]) -> NDArray[Any]:
        """The array, whose file is to be let go of after its use."""
        base: Any = array
        while isinstance(base, np.ndarray):
            base = base.base
        if isinstance(base, mmap.mmap):
            self._maps.add(base)
        return array

    def _column(self, name: str, rows: NDArray[np.integer[Any]]) -> Any:
        import pyarrow as pa

        segment = self._segment
        if name in AMOUNTS:
            minor = self._seen(segment.amount if name == "contract_amount" else segment.unit_price)[rows]
            return _decimals(minor, minor == NO_AMOUNT)
        if name == "quantity":
            quantity = self._seen(segment.quantity)[rows]
            return pa.array(quantity, mask=np.isnan(quantity))
        if name == "award_date":
            return self._dates(rows)
        return self._text(name, rows)

    def _dates(self, rows: NDArray[np.integer[Any]]) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        days = self._seen(self._segment.date)[rows]
        missing = days == NO_DATE
        dates = pc.cast(pa.array(np.where(missing, 0, days), mask=missing).cast(pa.date32()), pa.large_string())
        if self._segment.precision is None:
            return dates
        only_year = pa.array(self._seen(self._segment.precision)[rows] == YEAR)
        return pc.if_else(only_year, pc.utf8_slice_codeunits(dates, 0, 4), dates)

    def _text(self, name: str, rows: NDArray[np.integer[Any]]) -> Any:
        import pyarrow as pa
        import pyarrow.compute as pc

        if name in _FIELD_DIMENSIONS:
            dimension = self._segment.dimension(_FIELD_DIMENSIONS[name])
            names = self._mapped(name, dimension.names)
            codes = self._seen(dimension.codes)[rows]
            return names.take(pa.array(codes, mask=codes < 0))
        taken = self._mapped(name, self._segment.text(name)).take(pa.array(rows))
        return pc.if_else(pc.equal(pc.binary_length(taken), 0), pa.scalar(None, pa.large_string()), taken)

    def _mapped(self, name: str, column: Any) -> Any:
        import pyarrow as pa

        for array in (column.offsets, column.utf8):
            self._seen(array)
        if name not in self._texts:
            buffers = [None, pa.py_buffer(column.offsets), pa.py_buffer(column.utf8)]
            self._texts[name] = pa.Array.from_buffers(pa.large_string(), len(column), buffers)
        return self._texts[name]


def _decimals(minor: NDArray[np.int64], missing: NDArray[np.bool_]) -> Any:
    """Minor units as exact decimals with two places."""
    import pyarrow as pa

    whole = pa.array(np.where(missing, 0, minor), mask=missing).cast(pa.decimal128(19, 0))
    return pa.Array.from_buffers(pa.decimal128(19, 2), len(whole), whole.buffers())
