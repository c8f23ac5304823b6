"""XLSX workbooks by way of calamine, which holds a sheet in memory as a whole: run in ``table_child`` only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tenderline.errors import Invalid
from tenderline.register.reading.archive import Told, inspected
from tenderline.register.reading.excerpt import excerpt
from tenderline.register.reading.recognised import MAX_COLUMNS, SAMPLE_ROWS
from tenderline.register.reading.sniffing import header_row

if TYPE_CHECKING:
    import pyarrow as pa
    from python_calamine import CalamineSheet, CalamineWorkbook

_MOST_SHEETS = 50
_SAMPLE = 10_000
_ROWS = 20_000
_HEADER_ROWS = 25


def look(path: Path, wanted: str | None, told: Told = lambda _share: None) -> dict[str, Any]:
    """What a workbook holds: its sheets, and of the wanted or else the longest one header, first rows and a sample. Raises ``Invalid``.

    Long sheets are not read as a whole, see ``excerpt``; ``told`` is told how much of the file has been looked at, 0 to 1.
    """
    from python_calamine import SheetTypeEnum

    with inspected(path, told) as inspection:
        part = excerpt(inspection)
        warnings = inspection.rest()
    lengths = part.rows if part else {}
    with _open(part.book if part else path) as book:
        sheets: list[dict[str, Any]] = []
        chosen: CalamineSheet | None = None
        longest = -1
        for name in [told.name for told in book.sheets_metadata if told.typ == SheetTypeEnum.WorkSheet][:_MOST_SHEETS]:
            sheet = book.get_sheet_by_name(name)
            length = lengths.get(name, sheet.height)
            sheets.append({"name": name, "rows": max(0, length - 1)})
            if name == wanted or (wanted is None and length > longest):
                chosen, longest = sheet, length
            del sheet
        if chosen is None or chosen.start is None:
            reason = "The workbook has no sheet of that name." if wanted and chosen is None else "The workbook holds no rows."
            raise Invalid(reason, hint="Choose a sheet that holds a table with the names of its columns in the first row.")
        _check_width(chosen)
        rows = [[text_of(cell) for cell in row] for row in _take(chosen.iter_rows(), _HEADER_ROWS)]
        place = header_row(rows, 0)
        body = chosen.height + chosen.start[0] - place - 1
        step = max(1, body // _SAMPLE)
        head: list[list[str]] = []
        sample: list[list[str]] = []
        for number, row in enumerate(chosen.iter_rows()):
            if number <= place or not ((number - place) % step == 0 or len(head) < SAMPLE_ROWS):
                continue
            texts = [text_of(cell) for cell in row]
            if any(texts):
                sample.append(texts)
                if len(head) < SAMPLE_ROWS:
                    head.append(texts)
        above = place - chosen.start[0]
        below = lengths[chosen.name] - above - 1 if chosen.name in lengths else body
        if above > 0:
            warnings.append(f"{above} row{'s' if above > 1 else ''} above the column names {'are' if above > 1 else 'is'} left out.")
        width = max((len(_trimmed(row)) for row in (rows[place], *sample)), default=0)
        return {
            "sheets": sheets, "sheet": chosen.name, "header": rows[place][:width], "header_line": place + 1,
            "head": [row[:width] for row in head], "sample": [row[:width] for row in sample],
            "row_estimate": max(0, below), "warnings": warnings,
        }  # fmt: skip


def batches(path: Path, sheet: str | None, header_line: int, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """The rows of a sheet as text, and before them the number of each; rows without any value are left out."""
    with _open(path) as book:
        chosen = book.get_sheet_by_name(sheet or book.sheet_names[0])
        lines: list[int] = []
        rows: list[list[Any]] = []
        for line, row in enumerate(chosen.iter_rows(), 1):
            if line <= header_line or not any(cell != "" for cell in row):
                continue
            lines.append(line)
            rows.append(row)
            if len(rows) == _ROWS:
                yield _batch(lines, rows, columns)
                lines, rows = [], []
        if rows:
            yield _batch(lines, rows, columns)


def text_of(cell: Any) -> str:
    """A cell as text: dates as ISO, numbers with a decimal point and without an exponent."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return number_text(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time(0) else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell) if isinstance(cell, timedelta) else ""


def number_text(number: float) -> str:
    """A number as text that reads the same whether points group or come before decimals.

    To 15 digits, as spreadsheets show them; 1.234 becomes 1.2340, which nobody takes for a thousand and more.
    """
    if number != number or number in (float("inf"), float("-inf")):
        return ""
    text = f"{number:.15g}"
    if "e" in text:
        text = format(Decimal(text), "f")
    whole, _, part = text.partition(".")
    return text + "0" if len(part) == 3 and len(whole.lstrip("-")) <= 3 else text


def _open(path: Path | BinaryIO) -> CalamineWorkbook:
    from python_calamine import CalamineError, load_workbook

    try:
        return load_workbook(path)
    except CalamineError as error:
        raise Invalid("The workbook is damaged.", hint="Open it in a spreadsheet program, save it again and upload that copy.") from error


def _check_width(sheet: CalamineSheet) -> None:
    if sheet.width > MAX_COLUMNS:
        raise Invalid(
            f"The sheet has {sheet.width:,} columns; {MAX_COLUMNS} is the most that is read.",
            hint="Leave out the columns that aren't needed, or choose another sheet.",
        )


def _take(rows: Iterator[list[Any]], most: int) -> list[list[Any]]:
    return [row for _, row in zip(range(most), rows, strict=False)]


def _trimmed(row: list[str]) -> list[str]:
    """A row without the empty cells at its end."""
    width = len(row)
    while width and not row[width - 1].strip():
        width -= 1
    return row[:width]


def _batch(lines: list[int], rows: list[list[Any]], columns: list[str]) -> pa.RecordBatch:
    import pyarrow as pa

    arrays = [pa.array(lines, pa.int64())]
    for _, cells in zip(columns, zip(*rows, strict=True), strict=False):
        kinds = set(map(type, cells))
        arrays.append(pa.array(cells if kinds == {str} else [text_of(cell) for cell in cells], pa.string()))
    arrays += [pa.nulls(len(rows), pa.string())] * (len(columns) + 1 - len(arrays))
    return pa.RecordBatch.from_arrays(arrays, names=["", *columns])
