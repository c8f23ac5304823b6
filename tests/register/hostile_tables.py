"""Files that nobody should have to open, made on the spot."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from types import MappingProxyType

HEADER = "Contract No,Award Title,Contractor,Contract Amount,Award Date\n"
ROW = "A-1,Road,Alba,100.50,14/10/2024\n"
TABLE = (HEADER + ROW * 3).encode()

_SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
_CONTENT = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default '
    'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
    'ContentType="application/xml"/><Override PartName="/xl/workbook.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_LINKS = '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
_BOOK = (
    f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="One" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def workbook(sheet: str, extra: Mapping[str, bytes] | None = None) -> bytes:
    """An XLSX file whose only sheet has this data."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", _CONTENT)
        archive.writestr(
            "_rels/.rels", _LINKS.format(f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>')
        )
        archive.writestr("xl/workbook.xml", _BOOK)
        link = f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        archive.writestr("xl/_rels/workbook.xml.rels", _LINKS.format(link))
        archive.writestr("xl/worksheets/sheet1.xml", _SHEET.format(sheet))
        for name, data in (extra or {}).items():
            archive.writestr(name, data)
    return out.getvalue()


def _row(number: int, *cells: str) -> str:
    texts = "".join(f'<c r="{chr(65 + place)}{number}" t="inlineStr"><is><t>{cell}</t></is></c>' for place, cell in enumerate(cells))
    return f'<row r="{number}">{texts}</row>'


def formulas() -> bytes:
    """One formula with its result, one that was never computed."""
    amounts = '<c r="B2"><f>1+1</f><v>2</v></c>', '<c r="B3"><f>HYPERLINK("http://x")</f></c>'
    rows = [
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t>Road</t></is></c>{cell}</row>' for number, cell in enumerate(amounts, 2)
    ]
    return workbook(_row(1, "Award Title", "Contract Amount") + "".join(rows))


def bomb() -> bytes:
    """A workbook that says itself that it unpacks to two gigabytes, in a few kilobytes."""
    data = workbook(_row(1, "Award Title"), {"xl/media/zeros.bin": b"\0" * 100_000})
    at = data.rindex(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<I", 2**31) + data[at + 28 :]


def lying_bomb() -> bytes:
    """A workbook with a part that unpacks to more than its archive says."""
    data = workbook(_row(1, "Award Title"), {"xl/media/zeros.bin": b"\0" * 10_000_000})
    at = data.rindex(b"PK\x01\x02")
    return data[: at + 24] + struct.pack("<I", 100) + data[at + 28 :]


def far_cells() -> bytes:
    """Two cells at opposite corners: seventeen thousand million cells to whoever holds all between them."""
    return workbook(_row(1, "Award Title") + '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')


def truncated_parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table({"award_title": ["Road"] * 1000}), out)
    return out.getvalue()[:-40]


def torn_parquet() -> bytes:
    """Whole at its end, rotten in the middle."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    out = io.BytesIO()
    pq.write_table(pa.table({"award_title": [f"Road {number}" for number in range(5000)]}), out, compression="zstd")
    data = bytearray(out.getvalue())
    data[100:3000] = b"\xff" * 2900
    return bytes(data)


def _zip(name: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(name, TABLE)
    return out.getvalue()


REFUSED: Mapping[str, tuple[Callable[[], bytes], str]] = MappingProxyType(
    {
        "empty.csv": (lambda: b"", "empty"),
        "blank.csv": (lambda: b" \r\n\r\n\t\n", "no text"),
        "header-only.csv": (lambda: HEADER.encode(), "no rows"),
        "binary.csv": (lambda: bytes(range(256)) * 64, "binary data"),
        "zeros.csv": (lambda: b"\0" * 100_000, "binary data|no text"),
        "wide.csv": (lambda: ",".join(f"c{number}" for number in range(10_000)).encode() + b"\n1,2\n", "10,000 columns"),
        "long-line.csv": (lambda: b"x" * 100_000_000, "first line is longer"),
        "utf-32.csv": (lambda: TABLE.decode().encode("utf-32"), "UTF-32"),
        "page.csv": (lambda: b"<!DOCTYPE html><html><table></table></html>", "web page"),
        "report.csv": (lambda: b"%PDF-1.7 ...", "a PDF"),
        "old.xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old version"),
        "packed.csv": (lambda: b"\x1f\x8b\x08" + b"\0" * 100, "gzip"),
        "archive.xlsx": (lambda: _zip("table.csv"), "zip archive"),
        "letter.xlsx": (lambda: _zip("word/document.xml"), "Word document"),
        "binary.xlsb": (lambda: _zip("xl/workbook.bin"), "binary Excel"),
        "cut-off.xlsx": (lambda: formulas()[:700], "damaged"),
        "bomb.xlsx": (bomb, "unpack to more"),
        "lying-bomb.xlsx": (lying_bomb, "damaged"),
        "far-cells.xlsx": (far_cells, "memory|columns"),
        "entities.xlsx": (lambda: workbook("", {"xl/styles.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><x/>'}), "entities"),
        "no-rows.xlsx": (lambda: workbook(""), "no rows"),
        "truncated.parquet": (truncated_parquet, "damaged"),
        "torn.parquet": (torn_parquet, "damaged"),
        "deep.json": (lambda: b'{"releases":' + b"[" * 1_000_000, "nests too deeply"),
        "cut-off.json": (lambda: b'{"releases": [{"ocid": "x", "awards": [{"id"', "damaged"),
        "other.json": (lambda: json.dumps({"users": [1, 2, 3]}).encode(), "no awards"),
        "huge-release.json": (lambda: b'{"releases": [{"ocid": "' + b"x" * 10_000_000, "longer than|damaged|no awards"),
    }
)  # fmt: skip
"""File name -> how to make it, and words of the answer: files of which nothing can be read."""
