"""The prices that an import tells: what an item costs by the unit from an awardee, how often it is told, and whether it is new."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from tenderline.register.known_prices import KnownPrices

NEW = "new"
"""The column that says whether the register did not have a price before."""
PRICED = ("item_name", "unit", "awardee_name", "unit_price")
_PART_ROWS, _WAITING = 100_000, 65_536
_GROUP = 65_536
_SPREAD = 0x9E3779B97F4A7C15


class CreatedPrices:
    """Collects the rows that tell a price, in files whose rows are counted one file after the other: equal ones are in the same.

    Args:
        folder: where these files are kept.
        rows: how many may come.
        known: says which prices the register has.
    """

    def __init__(self, folder: Path, rows: int, known: KnownPrices) -> None:
        self._folder = folder
        self._known = known
        self._writers: list[Any] = [None] * max(1, math.ceil(rows / _PART_ROWS))
        self._waiting: list[pa.Table] = []
        self._waits = 0

    def add(self, rows: pa.Table) -> None:
        """Note the prices among rows that count (columns ``PRICED``)."""
        import pyarrow.compute as pc

        priced = rows.select(list(PRICED)).filter(pc.and_(rows["unit_price"].is_valid(), rows["item_name"].is_valid()))
        self._waiting.append(priced)
        self._waits += priced.num_rows
        if self._waits >= _WAITING:
            self._distribute()

    def write(self, path: Path) -> int:
        """Write the table of all prices; how many of them are new."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._distribute()
        count = 0
        with pq.ParquetWriter(path, _schema(), compression="zstd") as writer:
            for number, part in enumerate(self._writers):
                if part is None:
                    continue
                part.close()
                with pa.OSFile(str(self._part(number))) as file:
                    read = pa.ipc.open_file(file).read_all()
                self._part(number).unlink()
                table = read.group_by(list(PRICED), use_threads=False).aggregate([([], "count_all"), ("unit_price", "sum")])
                new = self._known.new(table)
                table = table.select([*PRICED, "count_all", "unit_price_sum"]).append_column(NEW, pa.array(new))
                writer.write_table(table.rename_columns(_schema().names).cast(_schema()), row_group_size=_GROUP)
                count += int(new.sum())
        return count

    def _distribute(self) -> None:
        import numpy as np
        import pyarrow as pa

        rows = pa.concat_tables(self._waiting) if self._waiting else None
        self._waiting, self._waits = [], 0
        if rows is None or not rows.num_rows:
            return
        part = _parts(rows, len(self._writers))
        rows = rows.take(pa.array(np.argsort(part, kind="stable"))).combine_chunks()
        counts = np.bincount(part, minlength=len(self._writers))
        for number, (begin, count) in enumerate(zip((np.cumsum(counts) - counts).tolist(), counts.tolist(), strict=True)):
            if count:
                self._writer(number, rows.schema).write_table(rows.slice(begin, count))

    def _writer(self, number: int, schema: pa.Schema) -> Any:
        import pyarrow as pa

        if self._writers[number] is None:
            options = pa.ipc.IpcWriteOptions(compression="lz4")
            self._writers[number] = pa.ipc.new_file(str(self._part(number)), schema, options=options)
        return self._writers[number]

    def _part(self, number: int) -> Path:
        return self._folder / f"prices-{number}.arrow"


def _parts(rows: pa.Table, many: int) -> NDArray[np.int64]:
    """Of each row, where it goes: by its price and the lengths of its names, so that no price, however common, fills a part alone."""
    import numpy as np
    import pyarrow.compute as pc

    mixed = rows["unit_price"].to_numpy().view(np.uint64)
    for name in ("item_name", "awardee_name"):
        lengths = pc.fill_null(pc.binary_length(rows[name]), 0).to_numpy().astype(np.uint64)
        mixed = (mixed * np.uint64(_SPREAD)) ^ lengths
    part: NDArray[np.int64] = (((mixed * np.uint64(_SPREAD)) >> np.uint64(33)) % np.uint64(many)).astype(np.int64)
    return part


def _schema() -> pa.Schema:
    import pyarrow as pa

    texts = [pa.field(name, pa.string()) for name in ("name", "unit", "awardee")]
    return pa.schema([*texts, *(pa.field(name, pa.int64()) for name in ("unit_price", "count", "total")), pa.field(NEW, pa.bool_())])
