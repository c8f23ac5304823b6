"""The zip and XML side of Office files (Open Packaging Conventions, ECMA-376 part 2), opened without trusting a word they say."""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tenderline.errors import Invalid, TooLarge
from tenderline.review.parsing.limits import MAX_ENTRIES, MAX_INFLATED, MAX_XML, MIB

if TYPE_CHECKING:
    from lxml.etree import _Element

_CENTRAL_ENTRY = b"PK\x01\x02"
_LOCAL_HEADER_BYTES = 30
_ENCRYPTED_FLAG = 0x1
_PIECE = 64 * 1024
_MAX_LISTS = 2 * MIB  # of parts, of links: read by the calling process
_DOCTYPE = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_CONTENT_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_DAMAGED = "The file is damaged or incomplete."
_SAVE_AGAIN = "Open it in Word, save it again as .docx and upload that copy."

BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError, RuntimeError)
"""What zipfile raises on files that are not as they should be."""


def damaged() -> Invalid:
    """The error for a file whose inside contradicts itself."""
    return Invalid(_DAMAGED, hint=_SAVE_AGAIN)


@dataclass(frozen=True)
class Relationship:
    """One link of a part.

    Attributes:
        kind: the last word of its type: "header", "officeDocument".
        target: a part name, "" when it leads outside.
        strict: of the ISO variant "Strict", which has other namespaces and which most programs don't read.
    """

    kind: str
    target: str
    strict: bool


class Package:
    """An open Office file. Reads are bounded; nothing is written to disk, nothing outside is fetched."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self._entries = {info.filename.lower(): info for info in archive.infolist()}  # part names ignore case (ECMA-376 part 2, 6.2.2.3)

    @property
    def names(self) -> list[str]:
        """Part names in lower case."""
        return list(self._entries)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._entries

    def xml_bytes(self) -> int:
        """Inflated size of all XML parts, as stated; ``check_package`` has made sure that the statement holds."""
        return sum(info.file_size for name, info in self._entries.items() if name.endswith((".xml", ".rels")))

    def read(self, name: str, *, limit: int = MAX_XML) -> bytes:
        """The bytes of a part. Raises ``Invalid`` when it is missing, damaged or larger than ``limit`` bytes."""
        info = self._entries.get(name.lower())
        if info is None or info.file_size > limit:
            raise damaged()
        try:
            return self._archive.read(info)
        except BROKEN_ZIP as error:
            raise damaged() from error

    def parse(self, name: str, *, limit: int = MAX_XML) -> _Element:
        """The root element of an XML part. Raises ``Invalid`` when it isn't well-formed, nests absurdly or declares a DTD."""
        from lxml import etree

        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
        )
        try:
            root = etree.fromstring(self.read(name, limit=limit), parser)
        except etree.XMLSyntaxError as error:
            raise damaged() from error
        if root.getroottree().docinfo.internalDTD is not None:
            raise _declares_entities()
        return root

    def relationships(self, part: str = "") -> list[Relationship]:
        """The links of a part, or of the package itself; none when it has no list of them."""
        folder, base = posixpath.split(part)
        name = posixpath.join(folder, "_rels", f"{base}.rels")
        if name not in self:
            return []
        links = []
        for element in self.parse(name, limit=_MAX_LISTS).iter(f"{_RELATIONSHIPS}Relationship"):
            outside = element.get("TargetMode") == "External"
            target = "" if outside else posixpath.normpath(posixpath.join("/", folder, element.get("Target", ""))).lstrip("/")
            kind = element.get("Type", "")
            links.append(Relationship(kind.rpartition("/")[2], target, "purl.oclc.org" in kind))
        return links

    def content_type(self, part: str) -> str:
        """The media type that the package states for a part, "" when it states none."""
        if "[Content_Types].xml" not in self:
            return ""
        wanted, extension = f"/{part}".lower(), posixpath.splitext(part)[1].lstrip(".").lower()
        default = ""
        for element in self.parse("[Content_Types].xml", limit=_MAX_LISTS):
            if element.tag == f"{_CONTENT_TYPES}Override" and element.get("PartName", "").lower() == wanted:
                return str(element.get("ContentType", ""))
            if element.tag == f"{_CONTENT_TYPES}Default" and element.get("Extension", "").lower() == extension:
                default = element.get("ContentType", "")
        return default


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    """Open an Office file. Raises ``Invalid`` when it is no complete zip archive or has far too many entries."""
    if path.read_bytes().count(_CENTRAL_ENTRY) > MAX_ENTRIES:  # before zipfile builds an object for each
        raise TooLarge(f"The file packs more than {MAX_ENTRIES:,} files; no document needs that many.", hint=_SAVE_AGAIN)
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN_ZIP as error:
        raise damaged() from error
    with archive:
        yield Package(archive)


def check_package(path: Path) -> None:
    """Refuse an archive that is a bomb, hides or overlaps entries, is encrypted or declares entities in its XML.

    Inflates every entry once, in small pieces that are thrown away, and counts what really comes out.

    Raises:
        TooLarge: it inflates to more than we are willing to hold.
        Invalid: it is damaged, protected or built to deceive.
    """
    with open_package(path) as package:
        archive = package._archive
        entries = archive.infolist()
        _check_directory(entries, archive.start_dir)
        inflated = xml = 0
        for entry in entries:
            is_xml = None
            tail = b""
            for piece in _pieces(archive, entry):
                inflated += len(piece)
                dense = piece.replace(b"\0", b"")  # UTF-16 as well
                if is_xml is None:
                    is_xml = dense.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")
                if is_xml:
                    xml += len(piece)
                    if _DOCTYPE.search(tail + dense):
                        raise _declares_entities()
                    tail = dense[-16:]
                if inflated > MAX_INFLATED or xml > MAX_XML:
                    raise _bomb()


def _check_directory(entries: list[zipfile.ZipInfo], directory_start: int) -> None:
    """What the archive's own list of contents gives away, before anything is inflated."""
    if sum(entry.file_size for entry in entries) > MAX_INFLATED:
        raise _bomb()
    if len({entry.filename.lower() for entry in entries}) < len(entries):
        raise Invalid("The file holds two parts of the same name; programs would disagree on what it says.", hint=_SAVE_AGAIN)
    position = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.flag_bits & _ENCRYPTED_FLAG:
            raise Invalid("The file is protected with a password.", hint="Remove the password and upload it again.")
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Invalid("The file is packed in a way that Word doesn't use.", hint=_SAVE_AGAIN)
        if _escapes(entry.filename):
            raise Invalid("The file holds a part whose name points outside of it.", hint=_SAVE_AGAIN)
        if entry.header_offset < position:
            raise Invalid("Parts of the file overlap each other, as in an archive made to exhaust memory.", hint=_SAVE_AGAIN)
        position = entry.header_offset + _LOCAL_HEADER_BYTES + len(entry.orig_filename) + entry.compress_size
    if position > directory_start:
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
    return TooLarge(
        f"The file would unpack to more than it may: {MAX_INFLATED // MIB} MB in all, {MAX_XML // MIB} MB of it text.",
        hint="Shrink its pictures or split the document.",
    )


def _declares_entities() -> Invalid:
    return Invalid("The file's XML declares a document type or entities of its own, which Word never does.", hint=_SAVE_AGAIN)
