"""The look into an Office file's zip archive before anything in it is parsed."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tenderline.errors import Invalid, TooLarge
from tenderline.review.parsing.limits import MAX_INFLATED, MAX_XML, MIB
from tenderline.review.parsing.package import BROKEN_ZIP, SAVE_AGAIN, damaged, declares_entities, open_package

_LOCAL_HEADER_BYTES = 30
_ENCRYPTED_FLAG = 0x1
_PIECE = 256 * 1024


def check_package(path: Path) -> None:
    """Refuse an archive that is a bomb, hides or overlaps entries, is encrypted or declares entities in its XML.

    Inflates every entry once, in small pieces that are thrown away, and counts what really comes out.

    Raises:
        TooLarge: it inflates to more than we are willing to hold.
        Invalid: it is damaged, protected or built to deceive.
    """
    with open_package(path) as package:
        archive = package.archive
        _check_directory(archive.infolist(), path.stat().st_size)
        inflated = xml = 0
        for entry in archive.infolist():
            is_xml: bool | None = None
            tail = b""
            for piece in _pieces(archive, entry):
                inflated += len(piece)
                if inflated > MAX_INFLATED:
                    raise _bomb()
                if is_xml is None:
                    is_xml = piece.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
                if not is_xml:
                    continue
                xml += len(piece)
                if xml > MAX_XML:
                    raise _too_much_text()
                seen = (tail + piece).replace(b"\0", b"")  # UTF-16 as well
                if b"<!DOCTYPE" in seen or b"<!ENTITY" in seen:
                    raise declares_entities()
                tail = piece[-32:]


def _check_directory(entries: list[zipfile.ZipInfo], file_size: int) -> None:
    """What the archive's own list of contents gives away, before anything is inflated."""
    if sum(entry.file_size for entry in entries) > MAX_INFLATED:
        raise _bomb()
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise Invalid("The file holds two parts of the same name; programs would disagree on what it says.", hint=SAVE_AGAIN)
    position = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.flag_bits & _ENCRYPTED_FLAG:
            raise Invalid("The file is protected with a password.", hint="Remove the password and upload it again.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Invalid("The file is packed in a way that Word doesn't use.", hint=SAVE_AGAIN)
        if _escapes(entry.filename):
            raise Invalid("The file holds a part whose name points outside of it.", hint=SAVE_AGAIN)
        if entry.header_offset < position:
            raise Invalid("Parts of the file overlap each other, as in an archive made to exhaust memory.", hint=SAVE_AGAIN)
        position = entry.header_offset + _LOCAL_HEADER_BYTES + len(entry.orig_filename) + entry.compress_size
    if position > file_size:
        raise damaged()


def _escapes(name: str) -> bool:
    return name.startswith("/") or "\\" in name or ".." in name.split("/") or re.match(r"[A-Za-z]:", name) is not None


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    try:
        with archive.open(entry) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except BROKEN_ZIP as error:  # a wrong checksum too: the header lied about the size
        raise damaged() from error


def _bomb() -> TooLarge:
    return TooLarge(f"The file would unpack to more than {MAX_INFLATED // MIB} MB.", hint="Shrink its pictures or split the document.")


def _too_much_text() -> TooLarge:
    return TooLarge(f"The file would unpack to more than {MAX_XML // MIB} MB of text and formatting.", hint="Split the document.")
