"""An excerpt of a workbook, a small workbook itself: looking at it costs the same however long its sheets are.

Of a long sheet it has the first rows and some from four places further on, numbered as if they followed; of the shared strings those
that its cells name. Everything is read as a stream and in bytes; the result is for calamine to make sense of.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from dataclasses import dataclass
from xml.etree import ElementTree

from tenderline.errors import Invalid
from tenderline.register.reading.archive import Inspected, Inspection

SHORT = 4 * 1024 * 1024
"""Bytes of a sheet, or of the shared strings, that are taken as a whole."""
_HEAD, _PIECE, _PIECES = 1536 * 1024, 512 * 1024, 4
_STEP = 1024 * 1024
_LONGEST = 64 * 1024 * 1024  # bytes without the end of a row or a string
_NEEDED = {"[content_types].xml", ".rels", "workbook.xml", "workbook.xml.rels", "styles.xml"}
_STRINGS = "sharedstrings.xml"
_NUMBER = re.compile(rb"""(<(?:\w+:)?(?:c|row)\s(?:[^>]*?\s)?r=["'])([A-Z]{0,3})\d+""")
_ROW_NUMBER = re.compile(rb"""<(?:\w+:)?row\s(?:[^>]*?\s)?r=["'](\d+)""")
_ROW_END = re.compile(rb"</(?:\w+:)?row>")
_NAMED_STRING = re.compile(rb"""<(?:\w+:)?c\s[^>]*\bt=["']s["'][^>]*>\s*<(?:\w+:)?v[^>]*>(\d+)<""")
_STRINGS_BEGIN = re.compile(rb"<((?:\w+:)?)sst\b[^>]*>")
_SHEET_BEGIN = re.compile(rb"<((?:\w+:)?)worksheet\b")


@dataclass(frozen=True)
class Excerpt:
    """A workbook in memory, and how many rows the sheets have of which it holds only a part, by their names."""

    book: io.BytesIO
    rows: dict[str, int]


def excerpt(inspection: Inspection) -> Excerpt | None:
    """The excerpt of a workbook whose parts nobody has opened yet; None when all of its sheets are short.

    Raises ``Invalid`` when a row or a string is longer than any can be, and what inspecting raises.
    """
    sheets = [entry for entry in inspection.entries if entry.filename.startswith("xl/worksheets/") and entry.filename.endswith(".xml")]
    if all(entry.file_size <= SHORT for entry in sheets):
        return None
    out = io.BytesIO()
    counts: dict[str, int] = {}
    small: dict[str, bytes] = {}
    wanted: set[int] = set()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as book:
        for entry in sheets:
            with inspection.open(entry) as stream:
                if entry.file_size <= SHORT:
                    data = stream.read()
                else:
                    data, counts[entry.filename] = _shortened(stream, entry.file_size)
            wanted.update(map(int, _NAMED_STRING.findall(data)))
            book.writestr(entry.filename, data)
        for entry in inspection.entries:
            name = posixpath.basename(entry.filename).lower()
            if name != _STRINGS and name not in _NEEDED:
                continue
            with inspection.open(entry) as stream:
                whole = name != _STRINGS or entry.file_size <= SHORT
                part = small[entry.filename] = stream.read() if whole else _strings(stream, wanted)
            book.writestr(entry.filename, part)
    names = _names_of_parts(small)
    out.seek(0)
    return Excerpt(out, {names[part]: count for part, count in counts.items() if part in names})


def _shortened(stream: Inspected, size: int) -> tuple[bytes, int]:
    """A sheet's head and pieces further on as one sheet, and how many rows it has in all."""
    head = _upto(stream, _HEAD)
    found = _ROW_END.search(head)
    if found is None:
        raise Invalid("A row of the workbook has more than fits into any.", hint="Save the sheet as CSV and upload that.")
    end = found[0]
    count, tail = head.count(end), head[-len(end) + 1 :]
    kept = [head[: head.rfind(end) + len(end)]]
    number = int(numbers[-1]) if (numbers := _ROW_NUMBER.findall(kept[0])) else 0
    place, starts = len(head), [_HEAD + (size - _HEAD - _PIECE) * part // (_PIECES - 1) for part in range(_PIECES)]
    for start in [*starts, size]:
        while place < start and (piece := stream.read(min(_STEP, start - place))):
            count, tail, place = count + (tail + piece).count(end), piece[-len(end) + 1 :], place + len(piece)
        piece = _upto(stream, _PIECE)
        count, tail, place = count + (tail + piece).count(end), piece[-len(end) + 1 :], place + len(piece)
        first, last = piece.find(end), piece.rfind(end)
        for row in piece[first + len(end) : last + len(end)].split(end)[:-1] if last > first >= 0 else []:
            number += 1
            kept.append(_NUMBER.sub(rb"\g<1>\g<2>%d" % number, row) + end)
    prefix = found[1] if (found := _SHEET_BEGIN.search(head)) else b""
    return b"".join([*kept, b"</", prefix, b"sheetData></", prefix, b"worksheet>"]), count


def _strings(stream: Inspected, wanted: set[int]) -> bytes:
    """The shared strings, those that are not wanted empty."""
    head = _upto(stream, _STEP)
    found = _STRINGS_BEGIN.search(head)
    if found is None:
        raise Invalid("The workbook's texts are damaged.", hint="Open it in a spreadsheet program, save it again and upload that copy.")
    prefix = found[1]
    end, nothing, empty = b"</" + prefix + b"si>", b"<" + prefix + b"si/>", b"<" + prefix + b"si></" + prefix + b"si>"
    kept, tail, number = [head[: found.end()]], b"", 0
    piece = head[found.end() :]
    while piece:
        *strings, tail = (tail + piece).replace(nothing, empty).split(end)
        if len(tail) > _LONGEST:
            raise Invalid("A text of the workbook is longer than any can be.", hint="Save the sheet as CSV and upload that.")
        kept += [string + end if place in wanted else empty for place, string in enumerate(strings, number)]
        number += len(strings)
        piece = stream.read(_STEP)
    return b"".join([*kept, b"</", prefix, b"sst>"])


def _upto(stream: Inspected, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := stream.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


def _names_of_parts(parts_read: dict[str, bytes]) -> dict[str, str]:
    """The part that holds a sheet -> the sheet's name."""
    try:
        links = ElementTree.fromstring(parts_read["xl/_rels/workbook.xml.rels"])  # noqa: S314 - entities were refused before
        book = ElementTree.fromstring(parts_read["xl/workbook.xml"])  # noqa: S314
    except (KeyError, ElementTree.ParseError):
        return {}
    parts = {link.get("Id"): posixpath.normpath(posixpath.join("/xl", link.get("Target", ""))).lstrip("/") for link in links}
    names = {}
    for sheet in book.iter():
        if sheet.tag.rpartition("}")[2] == "sheet":
            link = next((value for key, value in sheet.items() if key.rpartition("}")[2] == "id"), None)
            if link in parts:
                names[parts[link]] = sheet.get("name", "")
    return names
