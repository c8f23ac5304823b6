"""The look into a workbook's zip archive before anything in it is parsed: one way through it, shared with who wants an excerpt of it."""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from tenderline.errors import Invalid, TooLarge, UnsupportedType

Told = Callable[[float], None]

MAX_INFLATED = 1024 * 1024 * 1024
MAX_ENTRIES = 10_000
LONG_BYTES = 64 * 1024 * 1024
"""What a workbook may unpack to and still be looked at while its upload waits: it takes a third of a second."""
_PIECE = 1024 * 1024
_OVERLAP = 8  # bytes: one less than <!DOCTYPE and what may stand between a formula's end and an empty value
_AS_CSV = "Save the sheet as CSV and upload that."
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError, RuntimeError, OSError)
_UNCOMPUTED = re.compile(rb"</f>(?:<v\s*/>|<v></v>|</c>)|<f[^>]*/>(?:<v\s*/>|<v></v>|</c>)")
_OTHER_OFFICE = (("word/document.xml", "a Word document"), ("ppt/presentation.xml", "a PowerPoint presentation"))


def takes_long(path: Path) -> bool:
    """Whether a file is better looked at as a task: a workbook that unpacks to much. Of all others only a part is read."""
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(entry.file_size for entry in archive.infolist()) > LONG_BYTES
    except _BROKEN:
        return False  # looking at it says what it is


class Inspection:
    """A workbook's archive on its only way through: every part is inflated once, and every piece of it counted and looked at.

    Args:
        archive: the opened file.
        told: is told how much has been read, 0 to 1; what it raises ends the reading.

    Raises like ``inspected``.
    """

    def __init__(self, archive: zipfile.ZipFile, told: Told) -> None:
        self.archive = archive
        self.entries = archive.infolist()
        names = {entry.filename for entry in self.entries}
        if "xl/workbook.xml" not in names:
            raise _not_a_workbook(names)
        self._total = sum(entry.file_size for entry in self.entries)
        if len(self.entries) > MAX_ENTRIES or self._total > MAX_INFLATED:
            raise _bomb()
        if any(entry.flag_bits & 1 for entry in self.entries):
            raise Invalid("The workbook is protected with a password.", hint="Remove the password and upload it again.")
        self._told = told
        self._inflated = self._uncomputed = 0
        self._seen: set[int] = set()

    @contextmanager
    def open(self, entry: zipfile.ZipInfo) -> Iterator[Inspected]:
        """A part, to be read from its beginning; what is left of it is read when it is closed."""
        self._seen.add(entry.header_offset)
        with self.archive.open(entry) as stream:
            part = Inspected(stream, self, entry.filename.startswith("xl/worksheets/"))
            yield part
            while part.read(_PIECE):
                pass

    def rest(self) -> list[str]:
        """Read the parts that nobody opened. Returns sentences about what the workbook's user should know: formulas without results."""
        for entry in self.entries:
            if entry.header_offset not in self._seen:
                with self.open(entry):
                    pass
        if not self._uncomputed:
            return []
        are = "formula has" if self._uncomputed == 1 else "formulas have"
        return [f"{self._uncomputed:,} {are} no result in the file and read as empty; open the workbook, save it and upload it again."]

    def look_at(self, piece: bytes, before: bytes, is_sheet: bool) -> None:
        """Count a piece of a part, ``before`` being the end of the one before it."""
        self._inflated += len(piece)
        if self._inflated > MAX_INFLATED:
            raise _bomb()
        joined = before + piece
        if b"<!DOCTYPE" in joined or b"<!ENTITY" in joined:
            raise Invalid("The workbook's XML declares entities of its own, which no spreadsheet program does.", hint=_AS_CSV)
        if is_sheet and b"</f>" in joined:
            self._uncomputed += len(_UNCOMPUTED.findall(joined))
        self._told(self._inflated / max(1, self._total))


class Inspected:
    """A part of an inspected archive, as a stream."""

    def __init__(self, stream: IO[bytes], inspection: Inspection, is_sheet: bool) -> None:
        self._stream = stream
        self._inspection = inspection
        self._is_sheet = is_sheet
        self._before = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes, ``size`` at most; none at the end."""
        piece = self._stream.read(size)
        if piece:
            self._inspection.look_at(piece, self._before, self._is_sheet)
            self._before = piece[-_OVERLAP:]
        return piece


@contextmanager
def inspected(path: Path, told: Told = lambda _share: None) -> Iterator[Inspection]:
    """Refuse what isn't a workbook, or is a bomb, while it is read.

    Raises:
        UnsupportedType: another kind of zip archive.
        TooLarge: it unpacks to more than ``MAX_INFLATED`` bytes.
        Invalid: it is damaged or protected.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield Inspection(archive, told)
    except _BROKEN as error:  # a wrong checksum too: the archive lied about a size
        raise Invalid(
            "The workbook is damaged or incomplete.", hint="Open it in a spreadsheet program, save it again and upload that copy."
        ) from error


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
