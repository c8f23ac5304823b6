"""What a file is, by its content: format, encoding, columns, and which of them is what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path, PurePosixPath

from tenderline.errors import Invalid, UnsupportedType
from tenderline.register.evidence import Evidence, weigh
from tenderline.register.mapping import guess, options_for
from tenderline.register.reading.archive import Told
from tenderline.register.reading.batches import VALUE_SHOWN, clipped
from tenderline.register.reading.ocds import COLUMNS, look_at_releases
from tenderline.register.reading.recognised import CSV, OCDS, PARQUET, SAMPLE_ROWS, XLSX, Recognised, Sheet, columns_key, name_columns
from tenderline.register.reading.sniffing import sniff
from tenderline.register.reading.tables import look_at_table

SUPPORTED = "Upload a CSV, XLSX or Parquet file, or OCDS JSON."
_HEAD = 4096
_SAMPLE_VALUES = 10_000
_NAMES = {CSV: "delimited text", XLSX: "an Excel workbook", PARQUET: "a Parquet file", OCDS: "OCDS JSON"}
_ENDINGS = {
    ".csv": CSV, ".tsv": CSV, ".txt": CSV, ".tab": CSV, ".psv": CSV, ".xlsx": XLSX, ".xlsm": XLSX, ".parquet": PARQUET, ".pq": PARQUET,
    ".json": OCDS, ".jsonl": OCDS, ".ndjson": OCDS,
}  # fmt: skip
_OTHERS = (
    (b"\xd0\xcf\x11\xe0", "an Excel workbook of an old version (.xls), or one with a password", "Save it as .xlsx without a password."),
    (b"%PDF", "a PDF", "Export the table as CSV or XLSX."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and upload what is in it."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it and upload what is in it."),
    (b"Rar!", "a RAR archive", "Unpack it and upload what is in it."),
    (b"\x89PNG", "a picture", SUPPORTED),
    (b"\xff\xd8\xff", "a picture", SUPPORTED),
    (b"SQLite format 3", "an SQLite database", "Export the table as CSV."),
    (b"\x7fELF", "a program", SUPPORTED),
)
_MARKUP = (b"<!doctype html", b"<html", b"<?xml", b"<table")


def recognise(path: Path, file_name: str, sheet: str | None = None, told: Told = lambda _share: None) -> Recognised:
    """Find out what a file is and which of its columns is what. Takes about a second at most, but a workbook is unpacked to its end.

    Args:
        path: where the file lies.
        file_name: what its user calls it; only its ending matters, and only for a warning.
        sheet: of a workbook, the sheet to look at; the one with most rows when left out.
        told: is told how much of a workbook has been looked at, 0 to 1, several times a second; what it raises ends the looking.

    Raises:
        Invalid: it is empty, damaged or no table.
        UnsupportedType: it is of another kind.
        TooLarge: a workbook that would unpack to too much.
    """
    if path.stat().st_size == 0:
        raise Invalid("The file is empty.", hint="It may not have been saved or copied completely; check the original.")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    kind = _kind(head)
    claimed = _ENDINGS.get(PurePosixPath(file_name.replace("\\", "/")).suffix.lower())
    warnings = []
    if claimed is not None and claimed != kind:
        warnings.append(f"The file's name says it is {_NAMES[claimed]}, but it is {_NAMES[kind]}; it is read as that.")
    if kind == CSV:
        return _recognise_text(path, warnings)
    if kind == OCDS:
        return _recognise_releases(path, warnings)
    return _recognise_table(path, kind, sheet, warnings, told)


def _kind(head: bytes) -> str:
    if head.startswith(b"PK\x03\x04") or head.startswith(b"PK\x05\x06"):
        return XLSX
    if head.startswith(b"PAR1"):
        return PARQUET
    for magic, name, hint in _OTHERS:
        if head.startswith(magic):
            raise UnsupportedType(f"The file is {name}.", hint=hint)
    start = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if start.lower().startswith(_MARKUP):
        raise UnsupportedType(
            "The file is a web page or XML, whatever its name says.", hint="Open it in a spreadsheet program and save it as XLSX or CSV."
        )
    if start.startswith((b"{", b"[")):
        return OCDS
    return CSV


def _recognise_text(path: Path, warnings: list[str]) -> Recognised:
    seen = sniff(path)
    columns, renamed = name_columns(seen.header)
    known = _recognised(CSV, columns, seen.head, seen.sample, [*warnings, *renamed, *seen.warnings])
    return replace(
        known,
        row_estimate=seen.row_estimate,
        encoding=seen.encoding,
        delimiter=seen.delimiter,
        newline=seen.newline,
        header_line=seen.header_line,
    )


def _recognise_table(path: Path, kind: str, sheet: str | None, warnings: list[str], told: Told) -> Recognised:
    seen = look_at_table(path, kind, sheet, told)
    columns, renamed = name_columns(seen["header"])
    known = _recognised(kind, columns, seen["head"], seen["sample"], [*warnings, *renamed, *seen["warnings"]], seen["sheet"])
    sheets = tuple(Sheet(**told) for told in seen["sheets"])
    return replace(known, row_estimate=seen["row_estimate"], header_line=seen["header_line"], sheets=sheets)


def _recognise_releases(path: Path, warnings: list[str]) -> Recognised:
    seen = look_at_releases(path)
    known = _recognised(OCDS, COLUMNS, seen.rows, seen.rows, warnings)
    return replace(known, row_estimate=seen.row_estimate, layout=seen.layout)


def _recognised(
    kind: str, columns: tuple[str, ...], head: list[list[str]], sample: list[list[str]], warnings: list[str], sheet: str | None = None
) -> Recognised:
    """What is the same for all formats: the first rows, what the values tell, and the guesses that rest on it."""
    if not head:
        raise Invalid(
            "The file has column names but no rows.", hint="Check that the right file was chosen and that it was saved completely."
        )
    evidence = weigh_columns(columns, sample)
    mapping = guess(columns, evidence)
    width = len(columns)
    return Recognised(
        format=kind,
        columns=columns,
        rows=tuple(tuple(clipped(value) for value in [*row, *[""] * width][:width]) for row in head[:SAMPLE_ROWS]),
        row_estimate=len(head),
        mapping=mapping,
        options=options_for({name: found.column for name, found in mapping.items()}, evidence, sheet),
        evidence=evidence,
        warnings=tuple(warnings),
        columns_key=columns_key(columns),
    )


def weigh_columns(columns: tuple[str, ...], sample: list[list[str]]) -> dict[str, Evidence]:
    """What the values of each column tell, over at most ``_SAMPLE_VALUES`` rows spread over the sample."""
    step = -(-len(sample) // _SAMPLE_VALUES) or 1
    rows = sample[::step]
    return {column: weigh(_filled(row[place] for row in rows)) for place, column in enumerate(columns)}


def _filled(values: Iterable[str]) -> list[str]:
    return [value[:VALUE_SHOWN] for value in values if value]
