"""The look into a workbook's zip archive before anything in it is parsed."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

from tenderline.errors import Invalid, TooLarge, UnsupportedType

MAX_INFLATED = 1024 * 1024 * 1024
MAX_ENTRIES = 10_000
_PIECE = 1024 * 1024
_AS_CSV = "Save the sheet as CSV and upload that."
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError, RuntimeError, OSError)
_UNCOMPUTED = re.compile(rb"</f>(?:<v\s*/>|<v></v>|</c>)|<f[^>]*/>(?:<v\s*/>|<v></v>|</c>)")
_OTHER_OFFICE = (("word/document.xml", "a Word document"), ("ppt/presentation.xml", "a PowerPoint presentation"))


def check_workbook(path: Path) -> list[str]:
    """Refuse what isn't a workbook, or is a bomb: every part is inflated once, in pieces that are thrown away, and counted.

    Returns:
        Sentences about what its user should know: formulas without results.

    Raises:
        UnsupportedType: another kind of zip archive.
        TooLarge: it unpacks to more than ``MAX_INFLATED`` bytes.
        Invalid: it is damaged or protected.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _check(archive)
    except _BROKEN as error:  # a wrong checksum too: the archive lied about a size
        raise Invalid(
            "The workbook is damaged or incomplete.", hint="Open it in a spreadsheet program, save it again and upload that copy."
        ) from error


def _check(archive: zipfile.ZipFile) -> list[str]:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        raise _not_a_workbook(names)
    if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_INFLATED:
        raise _bomb()
    if any(entry.flag_bits & 1 for entry in entries):
        raise Invalid("The workbook is protected with a password.", hint="Remove the password and upload it again.")
    inflated = uncomputed = 0
    for entry in entries:
        is_sheet = entry.filename.startswith("xl/worksheets/")
        tail = b""
        with archive.open(entry) as stream:
            while piece := stream.read(_PIECE):
                inflated += len(piece)
                if inflated > MAX_INFLATED:
                    raise _bomb()
                if b"<!DOCTYPE" in piece or b"<!ENTITY" in piece:
                    raise Invalid("The workbook's XML declares entities of its own, which no spreadsheet program does.", hint=_AS_CSV)
                if is_sheet and b"</f>" in piece:
                    uncomputed += len(_UNCOMPUTED.findall(tail + piece))
                    tail = piece[-8:]
    if not uncomputed:
        return []
    are = "formula has" if uncomputed == 1 else "formulas have"
    return [f"{uncomputed:,} {are} no result in the file and read as empty; open the workbook, save it and upload it again."]


def _not_a_workbook(names: set[str]) -> UnsupportedType:
    if "xl/workbook.bin" in names:
        return UnsupportedType("The file is a binary Excel workbook (.xlsb).", hint="Save it as .xlsx and upload that.")
    if "content.xml" in names and "mimetype" in names:
        return UnsupportedType("The file is an OpenDocument file.", hint="Save it as .xlsx or CSV and upload that.")
    for name, kind in _OTHER_OFFICE:
        if name in names:
            return UnsupportedType(f"The file is {kind}.", hint="Copy its table to a spreadsheet, save that as XLSX or CSV and upload it.")
    return UnsupportedType("The file is a zip archive.", hint="Unpack it and upload the tables one by one.")


def _bomb() -> TooLarge:
    return TooLarge(f"The workbook would unpack to more than {MAX_INFLATED // 1024**3} GB.", hint=_AS_CSV)
