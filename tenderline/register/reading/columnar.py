"""Parquet files by way of pyarrow: run in ``table_child`` only, as a file may unpack to anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenderline.errors import Invalid
from tenderline.register.reading.recognised import MAX_COLUMNS, SAMPLE_ROWS
from tenderline.register.reading.workbook import number_text

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_ROWS = 16_384
_SAMPLE_GROUPS = 5
_SAMPLE_ROWS = 2_000
_DAMAGED = "The Parquet file is damaged or incomplete."
_AGAIN = "Write it anew from its source and upload that."


def look(path: Path) -> dict[str, Any]:
    """A Parquet file's columns, first rows and a sample from several of its row groups. Raises ``Invalid``."""
    file = _open(path)
    try:
        columns = list(file.schema_arrow.names)
        groups = file.num_row_groups
        sample: list[list[str]] = []
        for group in sorted({group * (groups - 1) // max(1, _SAMPLE_GROUPS - 1) for group in range(_SAMPLE_GROUPS)} if groups else ()):
            batch = next(file.iter_batches(batch_size=_SAMPLE_ROWS, row_groups=[group]), None)
            if batch is not None:
                texts = [as_text(column).to_pylist() for column in batch.columns]
                sample += [[value or "" for value in row] for row in zip(*texts, strict=True)]
    except _errors() as error:
        raise Invalid(_DAMAGED, hint=_AGAIN) from error
    return {
        "sheets": [], "sheet": None, "header": columns, "header_line": 0, "head": sample[:SAMPLE_ROWS], "sample": sample,
        "row_estimate": file.metadata.num_rows, "warnings": [],
    }  # fmt: skip


def batches(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """All rows as text, and before them the number of each from 1."""
    import pyarrow as pa

    line = 1
    try:
        for batch in _open(path).iter_batches(batch_size=_ROWS, use_threads=False):
            lines = pa.array(range(line, line + batch.num_rows), pa.int64())
            line += batch.num_rows
            yield pa.RecordBatch.from_arrays([lines, *map(as_text, batch.columns)], names=["", *columns])
    except _errors() as error:
        raise Invalid(_DAMAGED, hint=_AGAIN) from error


def as_text(column: pa.Array) -> pa.Array:
    """Values of any type as text: dates as ISO, numbers with a decimal point, lists and structs as JSON."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_dictionary(kind):
        return as_text(column.dictionary_decode())
    if pa.types.is_string(kind):
        return column
    if pa.types.is_floating(kind):
        return pa.array([None if value is None else number_text(value) for value in column.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind):
        texts = pc.strftime(column, format="%Y-%m-%d %H:%M:%S")
        return pc.replace_substring_regex(texts, r"( 00:00:00)?\.0+$| 00:00:00$", "")
    if pa.types.is_nested(kind):
        return pa.array([None if value is None else json.dumps(value, default=str) for value in column.to_pylist()], pa.string())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        return pa.array([None if value is None else value.decode(errors="replace") for value in column.to_pylist()], pa.string())
    return column.cast(pa.string())


def _open(path: Path) -> pq.ParquetFile:
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except _errors() as error:
        raise Invalid(_DAMAGED, hint=_AGAIN) from error
    if len(file.schema_arrow.names) > MAX_COLUMNS:
        raise Invalid(
            f"The file has {len(file.schema_arrow.names):,} columns; {MAX_COLUMNS} is the most that is read.", hint="Leave out some."
        )
    return file


def _errors() -> tuple[type[Exception], ...]:
    import pyarrow as pa

    return (pa.ArrowException, OSError, ValueError, NotImplementedError)
