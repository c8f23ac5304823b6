"""The source columns of a segment's rows: lists of strings in an Arrow file, compressed in small pieces, in the order they came."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tenderline.register.schema import NO_AMOUNT, NO_DATE, TEXTS, UID_BITS, YEAR

if TYPE_CHECKING:
    import pyarrow

    from tenderline.register.segment import Segment

PIECE_ROWS = 2048


class SourceWriter:
    """Writes the file. Use it as a context; leaving it completes the file."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._schema = pa.schema([pa.field("source", pa.list_(pa.string()))])
        options = pa.ipc.IpcWriteOptions(compression=pa.Codec("zstd", compression_level=1), use_threads=False)
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_file(self._sink, self._schema, options=options)
        self._pending: list[Any] = []
        self._waiting = 0

    def add(self, source: pyarrow.ListArray) -> None:
        """Append rows."""
        import pyarrow as pa

        self._pending.append(source)
        self._waiting += len(source)
        if self._waiting >= PIECE_ROWS:
            joined = self._pending[0] if len(self._pending) == 1 else pa.concat_arrays(self._pending)
            whole = self._waiting - self._waiting % PIECE_ROWS
            for begin in range(0, whole, PIECE_ROWS):
                self._write(joined.slice(begin, PIECE_ROWS))
            self._pending, self._waiting = [joined.slice(whole)], self._waiting - whole

    def _write(self, piece: pyarrow.ListArray) -> None:
        import pyarrow as pa

        self._writer.write_batch(pa.record_batch([piece], schema=self._schema))

    def close(self) -> None:
        """Write what waits and complete the file."""
        import pyarrow as pa

        if self._waiting:
            self._write(pa.concat_arrays(self._pending))
        self._pending, self._waiting = [], 0
        self._writer.close()
        self._sink.close()


class SourceFile:
    """Reads the file: every piece but the last has ``PIECE_ROWS`` rows."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self._map = pa.memory_map(str(path))
        self._reader = pa.ipc.open_file(self._map)

    def __enter__(self) -> SourceFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._map.close()

    def take(self, places: NDArray[np.integer[Any]]) -> pyarrow.ListArray:
        """The rows at these places of the file, in the order asked for."""
        import pyarrow as pa

        pieces, at = np.divmod(places.astype(np.int64), PIECE_ROWS)
        wanted, which = np.unique(pieces, return_inverse=True)
        columns = [self._reader.get_batch(piece).column(0) for piece in wanted.tolist()]
        if not columns:
            return pa.array([], pa.list_(pa.string()))
        begins = np.cumsum([0, *map(len, columns[:-1])])
        return pa.concat_arrays(columns).take(pa.array(begins[which] + at))


def prepared_rows(segment: Segment, rows: NDArray[np.integer[Any]]) -> pyarrow.RecordBatch:
    """Rows of a segment as a prepared batch with ``uid`` before its columns."""
    import pyarrow as pa

    from tenderline.register.schema import prepared_schema

    schema = prepared_schema().insert(0, pa.field("uid", pa.int64(), nullable=False))
    uid, days = segment.uid[rows], segment.date[rows]
    amounts = {"contract_amount": segment.amount[rows], "unit_price": segment.unit_price[rows]}
    columns: dict[str, Any] = {
        "uid": pa.array(uid),
        "ordinal": pa.array(uid & ((1 << UID_BITS) - 1)),
        "line": pa.array(segment.line[rows]),
        **{name: segment.text_array(name, rows) for name in TEXTS},
        **{name: pa.array(values, mask=values == NO_AMOUNT) for name, values in amounts.items()},
        "quantity": pa.array(segment.quantity[rows], from_pandas=True),
        "award_date": pa.array(days, pa.int32(), mask=days == NO_DATE).cast(pa.date32()),
        "year_only": pa.array(segment.precision[rows] == YEAR if segment.precision is not None else np.zeros(len(uid), np.bool_)),
        "source": segment.source_lists(rows),
    }
    return pa.record_batch([columns[field.name] for field in schema], schema=schema)


def taken(utf8: NDArray[np.uint8], offsets: NDArray[np.int64], places: NDArray[np.integer[Any]]) -> pyarrow.Array:
    """The texts at these places as an Arrow array of strings: null for an empty one and for a negative place."""
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.LargeStringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(utf8))
    wanted = texts.take(pa.array(places.astype(np.int64), mask=places < 0))
    return pc.if_else(pc.equal(wanted, ""), pa.scalar(None, pa.large_string()), wanted).cast(pa.string())
