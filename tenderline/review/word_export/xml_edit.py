"""Edits XML as the bytes it is: what is not touched stays as its author's program wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.parsers import expat
from xml.sax.saxutils import escape

from tenderline.review.parsing.package import damaged

if TYPE_CHECKING:
    from collections.abc import Mapping

TAG = re.compile(rb"<[^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*>")
"""A whole start tag, also one whose attributes hold ``>``."""

_ILLEGAL = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]|[\x7f-\x84\x86-\x9f\ufdd0-\ufdef]")
_DECLARATION = re.compile(rb"\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Insertion:
    """Bytes to put in before position ``at``; ``rank`` orders those of the same position."""

    at: int
    data: bytes
    rank: int = 0


def splice(data: bytes, insertions: Iterable[Insertion]) -> bytes:
    """The data with the insertions made; all else stays the same."""
    pieces, done = [], 0
    for insertion in sorted(insertions, key=lambda insertion: (insertion.at, insertion.rank)):
        pieces += [data[done : insertion.at], insertion.data]
        done = insertion.at
    return b"".join([*pieces, data[done:]])


def plain(text: str) -> str:
    """The text without the characters that XML cannot hold: replaced by a space where they separate, left out where they are controls."""
    return _ILLEGAL.sub("", text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0b", "\n").replace("\x0c", "\n"))


def escaped(text: str) -> str:
    """The text fit to stand in an element or in an attribute between double quotes."""
    return escape(plain(text), {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})


def utf8(data: bytes) -> bytes:
    """The XML in UTF-8: as it is when it says so, which all but a few programs do; else written anew."""
    declared = _DECLARATION.match(data.removeprefix(_BOM))
    name = declared[1].lower() if declared else b"utf-8"
    if name in (b"utf-8", b"utf8", b"us-ascii") and not data.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00", b"<\x00")):
        return data
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        return bytes(etree.tostring(etree.fromstring(data, parser), xml_declaration=True, encoding="UTF-8", standalone=True))
    except etree.XMLSyntaxError as error:
        raise damaged() from error


def declare_in(elements: str, prefix: str, uri: str) -> str:
    """The elements with the prefix ("" for none) declared on each that has it."""
    name, opening = (f":{prefix}", f"{prefix}:") if prefix else ("", "")
    return re.sub(rf"<({opening}\w+)(?=[ >/])", rf'<\1 xmlns{name}="{uri}"', elements)


def append_children(data: bytes, children: str, namespaces: Mapping[str, str]) -> bytes:
    """Put elements in at the end of the root.

    Args:
        data: XML in UTF-8.
        children: XML that uses the prefixes.
        namespaces: prefix ("" for none) -> namespace. Where the root means the same by them nothing is declared anew.

    Raises:
        Invalid: the data isn't well-formed.
    """
    declared: dict[str, str] = {}
    depth, end, root = 0, 0, 0
    parser = expat.ParserCreate(namespace_separator=" ")

    def declare(prefix: str | None, uri: str | None) -> None:
        if depth == 0:
            declared[prefix or ""] = uri or ""

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth, root
        if depth == 0:
            root = parser.CurrentByteIndex
        depth += 1

    def finish(_name: str) -> None:
        nonlocal depth, end
        depth -= 1
        if depth == 0:
            end = parser.CurrentByteIndex

    parser.StartNamespaceDeclHandler, parser.StartElementHandler, parser.EndElementHandler = declare, start, finish
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise damaged() from error
    for prefix, uri in namespaces.items():
        if declared.get(prefix) != uri:
            children = declare_in(children, prefix, uri)
    tag = TAG.match(data, root)
    if tag is None:
        raise damaged()
    new = children.encode()
    if tag[0].endswith(b"/>"):
        qualified = re.split(rb"[\s/>]", tag[0][1:], maxsplit=1)[0]
        return data[: tag.end() - 2] + b">" + new + b"</" + qualified + b">" + data[tag.end() :]
    return splice(data, [Insertion(end, new)])
