"""Writes batches of contracts as CSV, Excel or Parquet.

A spreadsheet runs what begins with ``= + - @``, a tab or a carriage return as a formula: in CSV and Excel files such text gets an
apostrophe in front. Numbers stay numbers.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tenderline.register.export_batches import COLUMNS, export_schema
from tenderline.register.schema import AMOUNTS

if TYPE_CHECKING:
    import pyarrow

    from tenderline.register.export_query import Format

SHEET_ROWS = 1_048_576
"""Rows of an Excel sheet, its heading included."""
GROUP_ROWS = 32_768
"""Rows of a Parquet file that are kept together, and in memory until they are written."""
CELL_CHARS = 32_767
"""What an Excel cell holds; longer text is cut."""
_FORMULA = r"^[=+\-@\t\r]"
_STARTS = ("=", "+", "-", "@", "\t", "\r")
_WIDTHS = {"award_title": 60, "notice_title": 40, "awardee_name": 40, "organization_name": 40, "item_description": 40}


def write(batches: Iterable[pyarrow.RecordBatch], kind: Format, path: Path, *, bom: bool = False) -> int:
    """Write a file of that format; how many rows it has. Memory does not grow with them."""
    if kind == "csv":
        with path.open("wb") as file:
            return _write_csv(batches, file, bom)
    if kind == "parquet":
        return _write_parquet(batches, path)
    return _write_xlsx(batches, path)


def csv_pieces(batches: Iterable[pyarrow.RecordBatch], *, bom: bool = False) -> Iterator[bytes]:
    """A CSV file piece by piece, the first of which is its heading: UTF-8, commas, text in quotes, nothing where a value is missing."""
    yield (b"\xef\xbb\xbf" if bom else b"") + (",".join(COLUMNS) + "\n").encode()
    for batch in batches:
        yield _csv(batch)


def _write_csv(batches: Iterable[pyarrow.RecordBatch], file: BinaryIO, bom: bool) -> int:
    rows = 0

    def counted() -> Iterator[pyarrow.RecordBatch]:
        nonlocal rows
        for batch in batches:
            rows += batch.num_rows
            yield batch

    for piece in csv_pieces(counted(), bom=bom):
        file.write(piece)
    return rows


def _csv(batch: pyarrow.RecordBatch) -> bytes:
    import pyarrow as pa
    import pyarrow.csv

    target = pa.BufferOutputStream()
    options = pa.csv.WriteOptions(include_header=False, quoting_style="needed")
    pa.csv.write_csv(defused(batch), target, options)
    written: bytes = target.getvalue().to_pybytes()
    return written


def defused(batch: pyarrow.RecordBatch) -> pyarrow.RecordBatch:
    """The batch with an apostrophe before all text that a spreadsheet would run."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = []
    for column in batch.columns:
        if pa.types.is_large_string(column.type):
            runs = pc.match_substring_regex(column, _FORMULA)
            if pc.any(runs).as_py():
                quoted = pc.binary_join_element_wise(pa.scalar("'", column.type), column, pa.scalar("", column.type))
                column = pc.if_else(runs, quoted, column)
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, schema=batch.schema)


def _write_parquet(batches: Iterable[pyarrow.RecordBatch], path: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 0
    group: list[pyarrow.RecordBatch] = []
    with pq.ParquetWriter(path, export_schema(), compression="zstd") as writer:

        def write_group() -> None:
            writer.write_table(pa.Table.from_batches(group, export_schema()))
            group.clear()

        for batch in batches:
            group.append(batch)
            rows += batch.num_rows
            if sum(part.num_rows for part in group) >= GROUP_ROWS:
                write_group()
        if group:
            write_group()
    return rows


def _write_xlsx(batches: Iterable[pyarrow.RecordBatch], path: Path) -> int:
    import xlsxwriter

    rows = 0
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="sheets-") as folder:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": folder,
        }
        book = xlsxwriter.Workbook(str(path), options)  # as a context manager it would pack what nobody wants any more
        sheets = _Sheets(book)
        for batch in batches:
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                sheets.write(values)
            rows += batch.num_rows
        book.close()
    return rows


class _Sheets:
    """Writes row after row, and begins another sheet when one is full."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._bold = book.add_format({"bold": True})
        self._money = book.add_format({"num_format": "#,##0.00"})
        self._money_places = {place for place, name in enumerate(COLUMNS) if name in AMOUNTS}
        self._begin()

    def _begin(self) -> None:
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        for place, name in enumerate(COLUMNS):
            self._sheet.set_column(place, place, _WIDTHS.get(name, 18))
            self._sheet.write_string(0, place, name, self._bold)
        self._row = 1

    def write(self, values: Iterable[Any]) -> None:
        """Write a contract."""
        if self._row == SHEET_ROWS:
            self._begin()
        sheet, row = self._sheet, self._row
        for place, value in enumerate(values):
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(row, place, ("'" + value if value.startswith(_STARTS) else value)[:CELL_CHARS])
            elif place in self._money_places:
                sheet.write_number(row, place, value, self._money)
            else:
                sheet.write_number(row, place, value)
        self._row = row + 1
