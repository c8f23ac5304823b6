"""What an import brought that was not in the register before: suppliers, materials, purchase orders, prices. One table of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from tenderline.register.created_orders import CreatedOrders
from tenderline.register.created_prices import CreatedPrices
from tenderline.register.known_prices import KnownPrices
from tenderline.register.schema import fold

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from tenderline.register.snapshot import Snapshot
    from tenderline.register.staging import Staging

SUPPLIERS, MATERIALS, PURCHASE_ORDERS, PRICES = "suppliers", "materials", "purchase_orders", "prices"
KINDS = (SUPPLIERS, MATERIALS, PURCHASE_ORDERS, PRICES)
_NAMED = {SUPPLIERS: ("awardee_name", "contractors"), MATERIALS: ("item_name", "materials")}
_SEEN = ("awardee_name", "item_name", "unit", "unit_price", "contract_amount")
_ORDER = ("contract_no", "reference_id", "organization_name", "award_title", "notice_title", "item_name", "award_date", "year_only")
_MERGE_AT = 200_000
_GROUP = 65_536


class Created:
    """Collects what the rows of one import bring, batch by batch in the order of the file.

    Args:
        staging: the import's rows.
        snapshot: the register before them.
        counted: of each staged row, whether it counts: added and not waiting for a decision.
        check: called several times a second while this is made; raises when the work is to stop.
    """

    def __init__(self, staging: Staging, snapshot: Snapshot, counted: NDArray[np.bool_], check: Callable[[], None]) -> None:
        self._directory = staging.directory
        self._snapshot = snapshot
        self._groups: dict[str, list[pa.Table]] = {SUPPLIERS: [], MATERIALS: []}
        self._prices = CreatedPrices(staging.directory, staging.rows, KnownPrices(snapshot, check))
        self._new_orders = CreatedOrders(staging, snapshot, counted, check)
        self._orders: Any = None

    def see(self, start: int, batch: pa.RecordBatch, counted: NDArray[np.bool_]) -> None:
        """Note what a batch of staged rows brings; ``start`` is the place of its first row, ``counted`` is about its rows."""
        import pyarrow as pa

        seen = pa.Table.from_batches([batch.select(list(_SEEN))])
        rows = seen if counted.all() else seen.filter(pa.array(counted))
        for kind, (field, _) in _NAMED.items():
            self._add(kind, _grouped(rows.select([field, "contract_amount"]), [field], "contract_amount"))
        self._prices.add(rows)
        places, totals = self._new_orders.between(start, start + batch.num_rows)
        if len(places):
            self._write_orders(_orders(batch, places - start, totals))

    def write(self) -> dict[str, int]:
        """Write the tables beside the staged rows and tell how many of each kind are new; that of prices has the others too."""
        import pyarrow.parquet as pq

        if self._orders is None:
            self._write_orders(_orders(None, [], []))
        self._orders.close()
        tables = {kind: _new_names(self._merged(kind), self._snapshot, dimension) for kind, (_, dimension) in _NAMED.items()}
        for kind, table in tables.items():
            pq.write_table(table, self._directory / file_name(kind), compression="zstd", row_group_size=_GROUP)
        prices = self._prices.write(self._directory / file_name(PRICES))
        return {kind: table.num_rows for kind, table in tables.items()} | {PURCHASE_ORDERS: self._new_orders.count, PRICES: prices}

    def _write_orders(self, table: pa.Table) -> None:
        import pyarrow.parquet as pq

        if self._orders is None:
            self._orders = pq.ParquetWriter(self._directory / file_name(PURCHASE_ORDERS), table.schema, compression="zstd")
        self._orders.write_table(table)

    def _add(self, kind: str, table: pa.Table) -> None:
        pieces = self._groups[kind]
        pieces.append(table)
        if sum(piece.num_rows for piece in pieces[1:]) > _MERGE_AT:
            pieces[:] = [self._merged(kind)]

    def _merged(self, kind: str) -> pa.Table:
        import pyarrow as pa

        table = pa.concat_tables(self._groups[kind])
        keys = table.column_names[:-2]
        merged = table.group_by(keys, use_threads=False).aggregate([("count", "sum"), ("total", "sum")])
        return merged.rename_columns([*keys, "count", "total"])


def file_name(kind: str) -> str:
    """The name of a kind's table."""
    return f"created-{kind}.parquet"


def _grouped(rows: pa.Table, keys: Sequence[str], amount: str) -> pa.Table:
    """Rows by equal keys: the keys, how many, and the sum of their amounts."""
    grouped = rows.group_by(list(keys), use_threads=False).aggregate([([], "count_all"), (amount, "sum")])
    return grouped.select([*keys, "count_all", f"{amount}_sum"]).rename_columns([*keys, "count", "total"])


def _new_names(table: pa.Table, snapshot: Snapshot, dimension: str) -> pa.Table:
    """The names that the register did not have, those that differ in upper and lower case alone together."""
    import pyarrow as pa

    known = _known_names(snapshot, dimension)
    found: dict[str, list[Any]] = {}
    for name, count, total in zip(*(table.column(place).to_pylist() for place in range(3)), strict=True):
        if name is None or (folded := fold(name)) in known:
            continue
        entry = found.setdefault(folded, [name, 0, 0])
        entry[1] += count
        entry[2] += total or 0
    columns = list(zip(*found.values(), strict=True)) or [(), (), ()]
    kinds = (pa.string(), pa.int64(), pa.int64())
    return pa.table({title: pa.array(values, kind) for title, values, kind in zip(("name", "count", "total"), columns, kinds, strict=True)})


def _known_names(snapshot: Snapshot, dimension: str) -> set[str]:
    """The folded names of a dimension that visible rows have."""
    import numpy as np

    known: set[str] = set()
    for view in snapshot.views:
        column = view.segment.dimension(dimension)
        names = column.names.take(np.arange(len(column)))
        if view.hidden is not None:
            codes = column.codes[~view.hidden]
            shown = np.bincount(codes[codes >= 0], minlength=len(column))
            names = [name for name, count in zip(names, shown, strict=True) if count]
        known.update(fold(name) for name in names if name is not None)
    return known


def _orders(batch: pa.RecordBatch | None, places: Sequence[int] | NDArray[np.int64], totals: Sequence[int] | NDArray[np.int64]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    names = ("number", "organization", "name", "award_date")
    if batch is None:
        schema = pa.schema([(name, pa.string()) for name in names] + [("total", pa.int64())])
        return schema.empty_table()
    rows = batch.select(list(_ORDER)).take(pa.array(places, pa.int64()))
    columns = [
        pc.coalesce(rows.column("contract_no"), rows.column("reference_id")),
        rows.column("organization_name"),
        pc.coalesce(rows.column("award_title"), rows.column("notice_title"), rows.column("item_name")),
        pc.if_else(
            pc.fill_null(rows.column("year_only"), False),
            pc.strftime(rows.column("award_date"), "%Y"),
            rows.column("award_date").cast("string"),
        ),
        pa.array(totals, pa.int64()),
    ]
    return pa.table(dict(zip((*names, "total"), columns, strict=True)))
