"""The zip and XML side of Office files (Open Packaging Conventions, ECMA-376 part 2), opened without trusting a word they say."""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenderline.errors import Invalid, TooLarge
from tenderline.review.parsing.limits import MAX_ENTRIES, MAX_XML, MIB

if TYPE_CHECKING:
    from lxml.etree import XMLSyntaxError, _Element

_NO_MEMORY = 2  # libxml2's XML_ERR_NO_MEMORY
_CAREFUL: dict[str, Any] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False, "remove_comments": True, "remove_pis": True,
}  # fmt: skip
_CENTRAL_ENTRY = b"PK\x01\x02"
_MAX_LISTS = 2 * MIB  # of parts, of links: read by the calling process
_RELATIONSHIPS = "{http://schemas.openxmlformats.org/package/2006/relationships}"
_CONTENT_TYPES = "{http://schemas.openxmlformats.org/package/2006/content-types}"
_DAMAGED = "The file is damaged or incomplete."
SAVE_AGAIN = "Open it in Word, save it again as .docx and upload that copy."

BROKEN_ZIP = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OverflowError, RuntimeError)
"""What zipfile raises on files that are not as they should be."""


def damaged() -> Invalid:
    """The error for a file whose inside contradicts itself."""
    return Invalid(_DAMAGED, hint=SAVE_AGAIN)


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
    def archive(self) -> zipfile.ZipFile:
        """The zip archive itself."""
        return self._archive

    @property
    def names(self) -> list[str]:
        """Part names in lower case."""
        return list(self._entries)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._entries

    def xml_bytes(self) -> int:
        """Inflated size of all XML parts, as stated; ``check_package`` has made sure that the statement holds."""
        return sum(info.file_size for name, info in self._entries.items() if name.endswith((".xml", ".rels")))

    def size(self, name: str) -> int:
        """Inflated size of one part, likewise."""
        return self._entry(name, MAX_XML).file_size

    def read(self, name: str, *, limit: int = MAX_XML) -> bytes:
        """The bytes of a part. Raises ``Invalid`` when it is missing, damaged or larger than ``limit`` bytes."""
        try:
            return self._archive.read(self._entry(name, limit))
        except BROKEN_ZIP as error:
            raise damaged() from error

    def parse(self, name: str, *, limit: int = MAX_XML) -> _Element:
        """The root element of an XML part. Raises ``Invalid`` when it isn't well-formed, nests absurdly or declares a DTD."""
        from lxml import etree

        try:
            root = etree.fromstring(self.read(name, limit=limit), etree.XMLParser(**_CAREFUL))
        except etree.XMLSyntaxError as error:
            raise _syntax(error) from error
        _refuse_dtd(root)
        return root

    def stream(self, name: str, container: str, tags: tuple[str, ...]) -> Iterator[_Element]:
        """The elements of ``tags`` directly inside ``container``, a child of an XML part's root. Raises like ``parse``.

        They come one at a time, and each is forgotten after its turn: a long document never is in memory as a whole.
        """
        from lxml import etree

        try:
            with self._archive.open(self._entry(name, MAX_XML)) as source:
                for _, element in etree.iterparse(source, events=("end",), tag=tags, **_CAREFUL):
                    parent = element.getparent()
                    if parent is None or parent.tag != container or parent.getparent() is not element.getroottree().getroot():
                        continue
                    _refuse_dtd(element)
                    yield element
                    element.clear()
                    while element.getprevious() is not None:
                        del parent[0]
        except etree.XMLSyntaxError as error:
            raise _syntax(error) from error
        except BROKEN_ZIP as error:
            raise damaged() from error

    def _entry(self, name: str, limit: int) -> zipfile.ZipInfo:
        info = self._entries.get(name.lower())
        if info is None or info.file_size > limit:
            raise damaged()
        return info

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
        raise TooLarge(f"The file packs more than {MAX_ENTRIES:,} files; no document needs that many.", hint=SAVE_AGAIN)
    try:
        archive = zipfile.ZipFile(path)
    except BROKEN_ZIP as error:
        raise damaged() from error
    with archive:
        yield Package(archive)


def _refuse_dtd(element: _Element) -> None:
    if element.getroottree().docinfo.internalDTD is not None:
        raise declares_entities()


def _syntax(error: XMLSyntaxError) -> Exception:
    return MemoryError() if error.code == _NO_MEMORY else damaged()


def declares_entities() -> Invalid:
    """The error for XML with a document type: the door to entities that expand without end or name files outside."""
    return Invalid("The file's XML declares a document type or entities of its own, which Word never does.", hint=SAVE_AGAIN)
