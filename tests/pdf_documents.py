"""PDF files for tests, written object by object, so that each can be whole or broken in just the way a test needs."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_FONT = b"<</Type/Font/Subtype/Type1/BaseFont/%b/Encoding/WinAnsiEncoding>>"
_FONTS = b"<</F1%b/F2%b>>" % (_FONT % b"Helvetica", _FONT % b"Helvetica-Bold")
_PICTURE = b"/Type/XObject/Subtype/Image/Width 8/Height 8/BitsPerComponent 8/ColorSpace/DeviceGray"


@dataclass(frozen=True)
class Print:
    """A line of print: lower left corner in points from the page's lower left, size in points."""

    x: float
    y: float
    text: str
    size: float = 11
    bold: bool = False


def pdf_objects(objects: Sequence[bytes], trailer: bytes = b"") -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalog."""
    out, offsets = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return bytes(out + b"trailer\n<</Size %d/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start))


def pdf_stream(data: bytes, dictionary: bytes = b"") -> bytes:
    """A deflated stream object."""
    packed = zlib.compress(data, 9)
    return b"<<%b/Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (dictionary, len(packed), packed)


def pdf(pages: Sequence[Sequence[Print]], *, outline: Sequence[tuple[str, int, float]] = (), picture_pages: Iterable[int] = ()) -> bytes:
    """A PDF of A4 pages set in Helvetica.

    Args:
        outline: title, page from 0 and height of the destination in points from the page's foot.
        picture_pages: pages that bear a picture.
    """
    with_picture = set(picture_pages)
    objects: list[bytes] = [
        b"",
        b"",
        pdf_stream(b"\x80" * 64, _PICTURE),
    ]
    kids = []
    for number, lines in enumerate(pages):
        drawing = b"q 400 0 0 600 90 100 cm /P Do Q\n" if number in with_picture else b""
        content = drawing + b"".join(_draw(line) for line in lines)
        objects.append(pdf_stream(content))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font%b/XObject<</P 3 0 R>>>>/Contents %d 0 R>>"
            % (_FONTS, len(objects))
        )
        kids.append(len(objects))
    first = len(objects) + 2
    entries = [
        b"<</Title(%b)/Parent %d 0 R/Dest[%d 0 R/XYZ 0 %g null]%b>>"
        % (_literal(title), first - 1, kids[page], top, b"/Next %d 0 R" % (first + index + 1) if index + 1 < len(outline) else b"")
        for index, (title, page, top) in enumerate(outline)
    ]
    if entries:
        objects += [b"<</Type/Outlines/First %d 0 R/Last %d 0 R/Count %d>>" % (first, first + len(entries) - 1, len(entries)), *entries]
    objects[0] = b"<</Type/Catalog/Pages 2 0 R%b>>" % (b"/Outlines %d 0 R" % (first - 1) if entries else b"")
    objects[1] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    return pdf_objects(objects)


def _draw(line: Print) -> bytes:
    return b"BT /F%d %g Tf 1 0 0 1 %g %g Tm (%b) Tj ET\n" % (2 if line.bold else 1, line.size, line.x, line.y, _literal(line.text))


def _literal(text: str) -> bytes:
    return text.encode("cp1252").replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def typeset(paragraphs: Sequence[tuple[str, float, bool]], *, width: int = 80, header: str = "", footer: str = "") -> list[list[Print]]:
    """Set paragraphs (text, size, bold) on pages, in lines of about ``width`` characters; ``#`` in the footer is the page's number."""
    pages: list[list[Print]] = [[]]
    y = 760.0
    for text, size, bold in paragraphs:
        y -= size * 0.8
        lines = [""]
        for word in text.split():
            if len(lines[-1]) + len(word) > width * 11 / size:
                lines.append("")
            lines[-1] = f"{lines[-1]} {word}".strip()
        for line in lines:
            y -= size * 1.25
            if y < 80:
                pages.append([])
                y = 760 - size * 1.25
            pages[-1].append(Print(72, y, line, size, bold))
    for number, page in enumerate(pages, 1):
        page[:0] = [Print(72, 805, header, 9)] if header else []
        page += [Print(280, 30, footer.replace("#", str(number)), 9)] if footer else []
    return pages
