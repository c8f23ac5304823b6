"""Suppliers, materials, purchase orders and prices, as lists that can be searched: of one import, or of the whole register.

What an import brought lies in a table of each kind beside its upload (``register.created``). Purchase orders and prices of the register
are those of all its imports; suppliers and materials come with their totals from the register itself (``register.tables``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenderline.register.created import MATERIALS, PRICES, PURCHASE_ORDERS, SUPPLIERS
from tenderline.register.created_prices import NEW
from tenderline.register.schema import amount_number, fold

if TYPE_CHECKING:
    import pyarrow as pa

_KEYS = {SUPPLIERS: "name", MATERIALS: "name", PURCHASE_ORDERS: "number", PRICES: "name"}
_SEARCHED = {
    SUPPLIERS: ("name",),
    MATERIALS: ("name",),
    PURCHASE_ORDERS: ("number", "organization", "name"),
    PRICES: ("name", "awardee"),
}
_SORTED_BY = {PURCHASE_ORDERS: {"count": "total"}, PRICES: {"total_value": "unit_price"}}
_AMOUNTS = {"total": "total_value", "unit_price": "unit_price"}


@dataclass(frozen=True)
class ListQuery:
    """What is asked: rows of a ``kind`` whose names contain ``text``, sorted by ``name``, ``count`` or ``total_value``, a page of them.

    ``new_only``: of the prices only those that the register did not have before.
    """

    kind: str
    text: str = ""
    sort_by: str = "count"
    descending: bool = True
    page: int = 1
    page_size: int = 50
    new_only: bool = False


def list_rows(tables: Sequence[Path], query: ListQuery) -> tuple[list[dict[str, Any]], int]:
    """A page of the rows of these tables together, and how many there are in all. Bounded memory, however long the tables are."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    wanted = query.page * query.page_size
    column = _KEYS[query.kind] if query.sort_by == "name" else _column(query)
    keys = [(column, "descending" if query.descending else "ascending"), (_KEYS[query.kind], "ascending")]
    keys = list(dict(reversed(keys)).items())[::-1]  # by name alone there is but one
    total, best = 0, None
    for path in tables:
        with pq.ParquetFile(path) as file:
            for number in range(file.num_row_groups):
                rows = _matching(file.read_row_group(number), query)
                total += rows.num_rows
                together = rows if best is None else pa.concat_tables([best, rows])
                best = together.take(pc.sort_indices(together, keys)[:wanted])
    if best is None:
        return [], 0
    return [_told(row) for row in best.slice(wanted - query.page_size).to_pylist()], total


def _column(query: ListQuery) -> str:
    return _SORTED_BY.get(query.kind, {}).get(query.sort_by) or {"count": "count", "total_value": "total"}[query.sort_by]


def _matching(rows: pa.Table, query: ListQuery) -> pa.Table:
    import pyarrow.compute as pc

    from tenderline.register.folding import fold_array, large

    if NEW in rows.column_names:
        rows = (rows.filter(rows[NEW]) if query.new_only else rows).drop_columns([NEW])
    if not query.text:
        return rows
    found = None
    for name in _SEARCHED[query.kind]:
        here = pc.match_substring(fold_array(large(rows[name].combine_chunks())), fold(query.text))
        found = here if found is None else pc.or_(found, here)
    return rows.filter(found)


def _told(row: dict[str, Any]) -> dict[str, Any]:
    told = {name: value for name, value in row.items() if value is not None and name not in _AMOUNTS}
    for name, label in _AMOUNTS.items():
        if name == "total" and "unit_price" in row:
            continue
        if row.get(name) is not None:
            told[label] = amount_number(row[name])
    return told
