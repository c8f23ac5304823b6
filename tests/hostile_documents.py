"""Files that are broken, disguised or built to do harm."""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from pathlib import Path

from tests.documents import paragraph, word_parts, write_zip
from tests.pdf_documents import Print, pdf, pdf_objects, pdf_stream

MEGABYTE = 1024 * 1024
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HARMLESS = paragraph("Nothing to see.")
_OFFICE = "application/vnd.openxmlformats-officedocument"
_PASSWORD_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


def zip_bomb(path: Path, megabytes: int = 400) -> Path:
    """A Word file with a "picture" of zeros that takes about a thousandth of its size."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(megabytes)) + packer.flush()
    write_zip(path, word_parts(HARMLESS) | {"word/media/image1.bmp": b""})
    return _replace_entry(path, "word/media/image1.bmp", data, megabytes * MEGABYTE)


def lying_zip_bomb(path: Path, megabytes: int = 400) -> Path:
    """The same, but its list of contents says that the picture has ten bytes."""
    return _patch_sizes(zip_bomb(path, megabytes), "word/media/image1.bmp", 10)


def text_bomb(path: Path, megabytes: int = 100) -> Path:
    """A Word file whose main part inflates to more XML than a document can need."""
    parts = word_parts(HARMLESS)
    head, tail = parts["word/document.xml"].split(b"</w:body>")
    parts["word/document.xml"] = head + b" " * (megabytes * MEGABYTE) + b"</w:body>" + tail
    return write_zip(path, parts)


def overlapping_zip(path: Path, copies: int = 200) -> Path:
    """Many entries of the list of contents that all point at the same packed megabyte."""
    write_zip(path, word_parts(HARMLESS) | {"word/media/z": bytes(MEGABYTE)})
    data = bytearray(path.read_bytes())
    directory, entries = _directory(data)
    last = entries[-1]
    name_at = 46
    clones = [
        bytes(last[:name_at]) + b"word/media/%c%c" % (97 + index // 26, 97 + index % 26) + bytes(last[name_at + 12 :])
        for index in range(copies)
    ]
    clones = [clone[:28] + struct.pack("<H", 13) + clone[30:] for clone in clones]
    return _rebuild(path, bytes(data[:directory]), [bytes(entry) for entry in entries] + clones)


def crowded_zip(path: Path, count: int = 60_000) -> Path:
    """More entries than any document has."""
    return write_zip(path, word_parts(HARMLESS) | {f"x{index}": b"" for index in range(count)}, zipfile.ZIP_STORED)


def word_with(path: Path, changes: dict[str, bytes], *, without: str = "", compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """A harmless Word file with some parts replaced, added or left out."""
    parts = word_parts(HARMLESS) | changes
    parts.pop(without, None)
    return write_zip(path, parts, compression)


def with_doctype(path: Path, doctype: str, text: str, encoding: str = "utf-8") -> Path:
    """A Word file whose main part declares a document type."""
    xml = word_parts(paragraph("@@"))["word/document.xml"].decode().replace("@@", text)
    head, _, rest = xml.partition("?>")
    return word_with(path, {"word/document.xml": f"{head.replace('UTF-8', encoding)}?>{doctype}{rest}".encode(encoding)})


def laughing_entities() -> str:
    """Entities that expand to about a billion characters."""
    levels = "".join(f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10))
    return f'<!DOCTYPE d [<!ENTITY l0 "ha">{levels}]>'


def office_file(path: Path, kind: str) -> Path:
    """Another kind of Office file inside: xlsx, pptx, dotx, docm."""
    main_type = {
        "xlsx": f"{_OFFICE}.spreadsheetml.sheet.main+xml",
        "pptx": f"{_OFFICE}.presentationml.presentation.main+xml",
        "dotx": f"{_OFFICE}.wordprocessingml.template.main+xml",
        "docm": "application/vnd.ms-word.document.macroEnabled.main+xml",
    }[kind]
    return write_zip(path, word_parts(HARMLESS, main_type=main_type))


def macro_word(path: Path) -> Path:
    """A Word file that says it is plain, with a macro project in it."""
    return word_with(path, {"word/vbaProject.bin": OLE_MAGIC})


def open_document(path: Path) -> Path:
    """An OpenDocument text."""
    return write_zip(path, {"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<a/>"}, zipfile.ZIP_STORED)


def ole_file(path: Path, stream: str) -> Path:
    """One of Microsoft's older containers with a stream of this name; "EncryptedPackage" is how Word stores protected documents."""
    path.write_bytes(OLE_MAGIC + bytes(1000) + stream.encode("utf-16-le") + bytes(3000))
    return path


def nested(opening: str, closing: str, depth: int, inside: str = "") -> str:
    """XML nested to a depth."""
    return opening * depth + inside + closing * depth


def pdf_bomb(path: Path, megabytes: int = 400, *, twice: bool = False) -> Path:
    """A PDF whose one page inflates to far more than any page says; ``twice``: deflated two times, so that little is seen at first."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(MEGABYTE)) for _ in range(megabytes)) + packer.flush()
    filters = b"/FlateDecode"
    if twice:
        data, filters = zlib.compress(data, 9), b"[/FlateDecode /FlateDecode]"
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R>>"
    stream = b"<</Length %d/Filter%b>>stream\n%b\nendstream" % (len(data), filters, data)
    path.write_bytes(pdf_objects([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>", page, stream]))
    return path


def pdf_of_many_bombs(path: Path, streams: int = 6) -> Path:
    """A PDF of streams that are each just small enough, 60 MB, and too much together."""
    stream = pdf_stream(bytes(60 * MEGABYTE))
    path.write_bytes(pdf_objects([b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 0/Kids[]>>", *[stream] * streams]))
    return path


def disguised_pdf_bomb(path: Path, megabytes: int = 400) -> Path:
    """A bomb that calls itself a picture but is the page's content: only the child's limits stop it."""
    pdf_bomb(path, megabytes)
    path.write_bytes(path.read_bytes().replace(b"/Filter/FlateDecode", b"/Subtype/Image/Filter/FlateDecode"))
    return path


def cyclic_page_tree() -> bytes:
    """A page tree that is its own child."""
    return pdf_objects(
        [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Count 3/Kids[3 0 R 2 0 R]>>", b"<</Type/Pages/Count 2/Kids[2 0 R 3 0 R]>>"]
    )


def cyclic_outline() -> bytes:
    """A readable page under an outline whose entries point at each other."""
    data = pdf([[Print(72, 700, "The contract was signed in May.")]], outline=[("One", 0, 700), ("Two", 0, 600)])
    return data.replace(b"/Title(Two)/Parent", b"/Title(Two)/Next 7 0 R/First 7 0 R/Parent")  # 7 is the entry "One"


def protected_pdf(user_password: str, lines: list[str]) -> bytes:
    """A PDF under the standard security handler, revision 2 (ISO 32000-1, 7.6.3); an empty password leaves it open to readers."""
    identity = b"0123456789abcdef"
    user = (user_password.encode() + _PASSWORD_PADDING)[:32]
    owner = (b"owner" + _PASSWORD_PADDING)[:32]
    permissions = struct.pack("<i", -44)
    owner_entry = _rc4(hashlib.md5(owner).digest()[:5], user)
    key = hashlib.md5(user + owner_entry + permissions + identity).digest()[:5]
    user_entry = _rc4(key, _PASSWORD_PADDING)
    content = zlib.compress(
        b"".join(b"BT /F1 12 Tf 72 %d Td (%b) Tj ET\n" % (700 - 20 * index, line.encode()) for index, line in enumerate(lines))
    )
    content = _rc4(hashlib.md5(key + (4).to_bytes(3, "little") + bytes(2)).digest()[:10], content)
    font = b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
    return pdf_objects(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1%b>>>>/Contents 4 0 R>>" % font,
            b"<</Length %d/Filter/FlateDecode>>stream\n%b\nendstream" % (len(content), content),
            b"<</Filter/Standard/V 1/R 2/O<%b>/U<%b>/P -44>>" % (owner_entry.hex().encode(), user_entry.hex().encode()),
        ],
        trailer=b"/Encrypt 5 0 R/ID[<%b><%b>]" % (identity.hex().encode(), identity.hex().encode()),
    )


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    i = j = 0
    out = bytearray()
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)


def _directory(data: bytearray) -> tuple[int, list[bytearray]]:
    """Where a zip's list of contents starts, and its entries."""
    end = data.rindex(b"PK\x05\x06")
    count, _, start = struct.unpack_from("<HII", data, end + 10)
    entries, position = [], start
    for _ in range(count):
        length = 46 + sum(struct.unpack_from("<HHH", data, position + 28))
        entries.append(data[position : position + length])
        position += length
    return start, entries


def _rebuild(path: Path, files: bytes, entries: list[bytes]) -> Path:
    directory = b"".join(entries)
    path.write_bytes(
        files + directory + struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, len(entries), len(entries), len(directory), len(files), 0)
    )
    return path


def _replace_entry(path: Path, name: str, packed: bytes, size: int) -> Path:
    """Put packed data of a stated size in place of the last, empty entry, with a checksum of zeros of that size."""
    data = bytearray(path.read_bytes())
    start, entries = _directory(data)
    entry = next(entry for entry in entries if name.encode() in entry)
    offset = struct.unpack_from("<I", entry, 42)[0]
    checksum = 0
    for _ in range(size // MEGABYTE):
        checksum = zlib.crc32(bytes(MEGABYTE), checksum)
    for header, at in ((entry, 8), (data, offset + 6)):
        struct.pack_into("<HH", header, at, 0, 8)
        struct.pack_into("<III", header, at + 8, checksum, len(packed), size)
    header_length = 30 + len(name)
    files = bytes(data[: offset + header_length]) + packed
    assert offset + header_length <= start
    return _rebuild(path, files, [bytes(entry) for entry in entries])


def _patch_sizes(path: Path, name: str, size: int) -> Path:
    data = bytearray(path.read_bytes())
    start, entries = _directory(data)
    for entry in entries:
        if name.encode() in entry:
            struct.pack_into("<I", entry, 24, size)
            struct.pack_into("<I", data, struct.unpack_from("<I", entry, 42)[0] + 22, size)
    return _rebuild(path, bytes(data[:start]), [bytes(entry) for entry in entries])
