"""The rows of a segment on their way: numbers in memory, texts in a file for each column, sources already where they belong.

So a segment is built from batches of any order without all of their texts in memory at once.
"""

from __future__ import annotations

import mmap
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tenderline.register.folding import large
from tenderline.register.schema import DAY, NO_AMOUNT, NO_DATE, SEGMENT_ROWS, TEXTS, YEAR
from tenderline.register.source_file import SourceWriter

if TYPE_CHECKING:
    import pyarrow

NUMBERS: dict[str, np.dtype[Any]] = {
    "uid": np.dtype(np.int64),
    "line": np.dtype(np.int64),
    "date": np.dtype(np.int32),
    "precision": np.dtype(np.uint8),
    "amount": np.dtype(np.int64),
    "unit_price": np.dtype(np.int64),
    "quantity": np.dtype(np.float64),
}

HASHES = ("hi", "lo", "number")
"""Columns (uint64) that a batch may have beside the others, so that nothing is hashed twice: its rows' ``identity.identities`` and
``identity.numbers_of``."""


class Spool:
    """Collects batches. Use it as a context.

    Args:
        path: a directory for the texts.
        source: the file for the source columns.
    """

    def __init__(self, path: Path, source: Path) -> None:
        self._path = path
        self._lengths: dict[str, list[NDArray[np.int32]]] = {name: [] for name in TEXTS}
        self._numbers: dict[str, list[NDArray[Any]]] = {name: [] for name in NUMBERS}
        self._hashes: dict[str, list[NDArray[np.uint64]]] | None = {name: [] for name in HASHES}
        self.rows = 0
        with ExitStack() as stack:
            self._files = {name: stack.enter_context((path / name).open("wb")) for name in TEXTS}
            self._source = SourceWriter(source)
            stack.callback(self._source.close)
            self._stack = stack.pop_all()

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._stack.close()

    def add(self, batch: pyarrow.RecordBatch) -> None:
        """Append the rows of a batch (prepared columns and ``uid``). Raises ``ValueError`` when they become too many for a segment."""
        import pyarrow as pa
        import pyarrow.compute as pc

        self.rows += batch.num_rows
        if self.rows > SEGMENT_ROWS:
            raise ValueError(f"a segment has at most {SEGMENT_ROWS} rows")
        for name in TEXTS:
            column = large(batch.column(name))
            offsets = np.frombuffer(column.buffers()[1], np.int64)[column.offset : column.offset + len(column) + 1]
            self._lengths[name].append(np.diff(offsets).astype(np.int32))
            if len(offsets) and offsets[-1] > offsets[0]:
                self._files[name].write(memoryview(column.buffers()[2])[int(offsets[0]) : int(offsets[-1])])
        date = pc.fill_null(batch.column("award_date").cast(pa.int32()), NO_DATE)
        year_only = pc.and_(pc.fill_null(batch.column("year_only"), False), batch.column("award_date").is_valid())
        numbers = {
            "uid": batch.column("uid"),
            "line": batch.column("line"),
            "date": date,
            "precision": pc.if_else(year_only, pa.scalar(YEAR, pa.uint8()), pa.scalar(DAY, pa.uint8())),
            "amount": pc.fill_null(batch.column("contract_amount"), NO_AMOUNT),
            "unit_price": pc.fill_null(batch.column("unit_price"), NO_AMOUNT),
            "quantity": pc.fill_null(batch.column("quantity"), float("nan")),
        }
        for name, values in numbers.items():
            self._numbers[name].append(values.to_numpy(zero_copy_only=False).astype(NUMBERS[name]))  # a copy: the batch must not stay
        self._add_hashes(batch)
        self._source.add(batch.column("source"))

    def _add_hashes(self, batch: pyarrow.RecordBatch) -> None:
        """Keep the hashes that were made of the rows before, if they come along."""
        if self._hashes is None or not set(HASHES) <= set(batch.schema.names):
            self._hashes = None
            return
        for name in HASHES:
            self._hashes[name].append(batch.column(name).to_numpy().copy())

    def hashes(self) -> dict[str, NDArray[np.uint64]] | None:
        """Each of ``HASHES`` in the order the rows came; None when they did not come along with all of them."""
        return {name: np.concatenate(pieces) for name, pieces in self._hashes.items()} if self._hashes else None

    def complete(self) -> None:
        """No more rows: close the files, so that they can be read."""
        self._stack.close()

    def number(self, name: str) -> NDArray[Any]:
        """A column of numbers (``NUMBERS``), in the order the rows came; asked for once."""
        return np.concatenate([np.zeros(0, NUMBERS[name]), *self._numbers.pop(name)])

    def text(self, name: str) -> pyarrow.Array:
        """A column of text as large_string without nulls, in the order the rows came. Asked for once; its values stay in the file."""
        import pyarrow as pa

        offsets = np.zeros(self.rows + 1, np.int64)
        np.cumsum(np.concatenate([np.zeros(0, np.int32), *self._lengths.pop(name)]), dtype=np.int64, out=offsets[1:])
        with (self._path / name).open("rb") as file:
            data = pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if offsets[-1] else b"")
        (self._path / name).unlink()
        return pa.LargeStringArray.from_buffers(self.rows, pa.py_buffer(offsets), data)
