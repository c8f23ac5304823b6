"""The rows of a segment on their way: a file for each column, sources already where they belong.

So a segment is built from batches of any order with no more in memory than the columns that are being sorted.
"""

from __future__ import annotations

import mmap
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

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
        path: a directory for the columns.
        source: the file for the source columns.
    """

    def __init__(self, path: Path, source: Path) -> None:
        self._path = path
        self._hashed = True
        self.rows = 0
        with ExitStack() as stack:
            names = (*TEXTS, *map(_lengths_of, TEXTS), *NUMBERS, *HASHES)
            self._files = {name: stack.enter_context((path / name).open("wb")) for name in names}
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
            self._write(_lengths_of(name), np.diff(offsets), np.int32)
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
            self._write(name, values.to_numpy(zero_copy_only=False), NUMBERS[name])
        self._hashed &= set(HASHES) <= set(batch.schema.names)
        for name in HASHES if self._hashed else ():
            self._write(name, batch.column(name).to_numpy(), np.uint64)
        self._source.add(batch.column("source"))

    def _write(self, name: str, values: NDArray[Any], kind: DTypeLike) -> None:
        self._files[name].write(np.ascontiguousarray(values, kind).data)

    def complete(self) -> None:
        """No more rows: close the files, so that they can be read."""
        self._stack.close()

    def number(self, name: str) -> NDArray[Any]:
        """A column of numbers (``NUMBERS``), in the order the rows came; asked for once."""
        return self._read(name, NUMBERS[name])

    @property
    def hashed(self) -> bool:
        """Whether the hashes came along with all rows."""
        return self._hashed

    def hash(self, name: str) -> NDArray[np.uint64]:
        """One of ``HASHES`` in the order the rows came, when ``hashed``; asked for once."""
        return self._read(name, np.uint64)

    def text(self, name: str) -> pyarrow.Array:
        """A column of text as large_string without nulls, in the order the rows came. Asked for once; its values stay in the file."""
        import pyarrow as pa

        offsets = np.zeros(self.rows + 1, np.int64)
        np.cumsum(self._read(_lengths_of(name), np.int32), dtype=np.int64, out=offsets[1:])
        with (self._path / name).open("rb") as file:
            data = pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if offsets[-1] else b"")
        (self._path / name).unlink()
        return pa.LargeStringArray.from_buffers(self.rows, pa.py_buffer(offsets), data)

    def _read(self, name: str, kind: DTypeLike) -> NDArray[Any]:
        values = np.fromfile(self._path / name, kind)
        (self._path / name).unlink()
        return values


def _lengths_of(name: str) -> str:
    return f"{name}.lengths"
