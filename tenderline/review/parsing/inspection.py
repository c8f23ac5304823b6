"""The look at a file before anything parses it: is it what its name says, whole, and of a size that we can take?"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tenderline.errors import Invalid, TooLarge, UnsupportedType
from tenderline.review.parsing.encoding import decode
from tenderline.review.parsing.limits import MIB
from tenderline.review.parsing.package import Package, Relationship, open_package
from tenderline.review.parsing.package_check import check_package
from tenderline.review.parsing.pdf_scan import check_pdf
from tenderline.review.parsing.sections import check_length

KINDS = {".docx": "docx", ".pdf": "pdf", ".md": "md", ".markdown": "md", ".txt": "txt", ".text": "txt"}
SUPPORTED = "Upload a Word document (.docx), a PDF, Markdown (.md) or plain text (.txt)."

_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
_HEAD = 1024

_EXPORT = "Export it as PDF or .docx and upload that."
_AS_DOCX = "Open it in Word, choose Save As, Word Document (.docx), and upload that copy."
_OCR = "Run text recognition (OCR) on it and upload the resulting PDF or Word file."
_NO_MACROS = "Open it in Word, choose Save As, Word Document (.docx), which leaves the macros out, and upload that copy."

_BY_NAME = {
    ".doc": _AS_DOCX, ".dot": _AS_DOCX, ".dotx": _AS_DOCX, ".rtf": _AS_DOCX, ".odt": _AS_DOCX, ".docm": _NO_MACROS, ".dotm": _NO_MACROS,
    ".pages": _EXPORT, ".wps": _EXPORT, ".html": _EXPORT, ".htm": _EXPORT, ".xlsx": _EXPORT, ".xls": _EXPORT, ".ods": _EXPORT,
    ".csv": _EXPORT, ".pptx": _EXPORT, ".ppt": _EXPORT, ".odp": _EXPORT, ".epub": _EXPORT,
    ".jpg": _OCR, ".jpeg": _OCR, ".png": _OCR, ".tif": _OCR, ".tiff": _OCR, ".bmp": _OCR, ".heic": _OCR,
    ".zip": "Unpack it and upload the documents one by one.", ".7z": "Unpack it and upload the documents one by one.",
}  # fmt: skip


@dataclass(frozen=True)
class _Found:
    """What a file's bytes say it is: in words, and what to do about it."""

    name: str
    hint: str


_MAGIC = (
    (b"{\\rtf", _Found("an RTF document", _AS_DOCX)),
    (b"\x89PNG\r\n\x1a\n", _Found("a picture (PNG)", _OCR)),
    (b"\xff\xd8\xff", _Found("a picture (JPEG)", _OCR)),
    (b"GIF8", _Found("a picture (GIF)", _OCR)),
    (b"II*\0", _Found("a picture (TIFF)", _OCR)),
    (b"MM\0*", _Found("a picture (TIFF)", _OCR)),
    (b"7z\xbc\xaf\x27\x1c", _Found("a 7-Zip archive", _BY_NAME[".zip"])),
    (b"Rar!", _Found("a RAR archive", _BY_NAME[".zip"])),
    (b"\x1f\x8b", _Found("a gzip archive", _BY_NAME[".zip"])),
    (b"MZ", _Found("a Windows program", SUPPORTED)),
    (b"\x7fELF", _Found("a program", SUPPORTED)),
)
_PDF = _Found("a PDF", "Rename it so that it ends in .pdf and upload it again.")
_ZIP = _Found("a zip archive", _BY_NAME[".zip"])
_STRICT = _Found("a Word document of the rare kind Strict Open XML", _AS_DOCX)
_OFFICE_TYPES = (
    ("spreadsheetml", _Found("an Excel workbook", _EXPORT)),
    ("ms-excel", _Found("an Excel workbook", _EXPORT)),
    ("presentationml", _Found("a PowerPoint presentation", _EXPORT)),
    ("wordprocessingml.template", _Found("a Word template", _AS_DOCX)),
)
_WORD = _Found("a Word document", "Rename it so that it ends in .docx and upload it again.")


def inspect(path: Path, filename: str) -> str:
    """The kind of a file, decided from its name and its content: docx, pdf, md or txt.

    Takes well under two seconds and reads bombs only in small pieces, so that it may run inside a request.

    Args:
        path: where the file lies.
        filename: what its user calls it; only its ending matters.

    Raises:
        UnsupportedType: it is of a type that cannot be reviewed, or not what its name says.
        TooLarge: it is, or would unpack to be, too large.
        Invalid: it is empty, damaged, protected, or built to do harm.
    """
    from tenderline.settings import MAX_DOCUMENT_CHARS, MAX_UPLOAD_BYTES

    kind = _kind(filename)
    size = path.stat().st_size
    if size > MAX_UPLOAD_BYTES:
        raise TooLarge(f"The file is larger than {MAX_UPLOAD_BYTES // MIB} MB.", hint="Shrink its pictures or split the document.")
    if size == 0:
        raise Invalid("The file is empty.", hint="It may not have been saved or copied completely; check the original.")
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if kind == "docx":
        _inspect_word(path, head)
    elif kind == "pdf":
        if b"%PDF-" not in head:
            raise _wrong(kind, _identify(path, head))
        check_pdf(path)
    else:
        found = _identify(path, head, text_expected=True)
        if found is not None:
            raise _wrong(kind, found)
        text, _ = decode(path.read_bytes())
        check_length(len(text), MAX_DOCUMENT_CHARS)
        if not text.strip():
            raise Invalid("The file holds no text.", hint="Check that the right file was chosen.")
    return kind


def _kind(filename: str) -> str:
    ending = PurePosixPath(filename.replace("\\", "/").rstrip()).suffix.lower()
    if ending in KINDS:
        return KINDS[ending]
    if ending in _BY_NAME:
        raise UnsupportedType(f"Files that end in {ending} cannot be reviewed.", hint=_BY_NAME[ending])
    if ending[1:].isalnum() and len(ending) <= 8:
        raise UnsupportedType(f"Files that end in {ending} cannot be reviewed.", hint=SUPPORTED)
    raise UnsupportedType("The file's name doesn't say what type it is.", hint=SUPPORTED)


def _wrong(kind: str, found: _Found | None) -> UnsupportedType:
    claim = {"docx": "a Word document", "pdf": "a PDF", "md": "Markdown", "txt": "plain text"}[kind]
    if found is None:
        return UnsupportedType(f"The file's name says it is {claim}, but its content isn't.", hint="Check the original; it may be damaged.")
    return UnsupportedType(f"The file's name says it is {claim}, but it is {found.name}.", hint=found.hint)


def _identify(path: Path, head: bytes, *, text_expected: bool = False) -> _Found | None:
    """What the content is, when it is something that we know and that isn't text."""
    if head.startswith(b"%PDF-") or (not text_expected and b"%PDF-" in head):
        return _PDF
    if head.startswith(_ZIP_MAGIC):
        return _identify_zip(path)
    if head.startswith(_OLE):
        return _identify_ole(path)
    if text_expected and len(head) > 1 and head[:2].isalpha() and b"\0" not in head:
        return None  # "MZ" may well begin a sentence
    return next((found for magic, found in _MAGIC if head.startswith(magic)), None)


def _identify_zip(path: Path) -> _Found | None:
    """What a zip archive is; ``_WORD`` for a plain Word document. Raises like ``check_package``."""
    check_package(path)
    with open_package(path) as package:
        if "mimetype" in package and b"opendocument" in package.read("mimetype", limit=MIB):
            return _Found("an OpenDocument file", _AS_DOCX)
        return _office(package) if "[Content_Types].xml" in package else _ZIP


def _office(package: Package) -> _Found | None:
    link = main_link(package)
    if link is None:
        raise Invalid("The file is damaged: its main part is missing.", hint="Ask for the document again, or open and save it in Word.")
    media_type = package.content_type(link.target).lower()
    if "macroenabled" in media_type or any(name.endswith("vbaproject.bin") for name in package.names):
        return _Found("an Office document with macros", _NO_MACROS)
    if media_type == _WORD_TYPE:
        return _STRICT if link.strict else _WORD
    for word, found in _OFFICE_TYPES:
        if word in media_type:
            return found
    return None


def main_link(package: Package) -> Relationship | None:
    """The link to the part that an Office package is about, or ``None`` when no such part is there."""
    return next((link for link in package.relationships() if link.kind == "officeDocument" and link.target in package), None)


def _identify_ole(path: Path) -> _Found:
    """What one of Microsoft's older containers holds, by the names of its streams (UTF-16)."""
    data = path.read_bytes()
    for stream, found in (
        ("WordDocument", _Found("a document of an old Word version (.doc)", _AS_DOCX)),
        ("Workbook", _Found("an Excel workbook of an old version (.xls)", _EXPORT)),
        ("PowerPoint Document", _Found("a presentation of an old PowerPoint version (.ppt)", _EXPORT)),
    ):
        if stream.encode("utf-16-le") in data:
            return found
    return _Found("a file of an old Office version", _AS_DOCX)


def _inspect_word(path: Path, head: bytes) -> None:
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
            raise Invalid(
                "The document is protected with a password.",
                hint="Open it in Word, remove the password under File, Info, Protect Document, and upload it again.",
            )
        found = _identify_ole(path)
        raise UnsupportedType(
            f"The file is {found.name} or protected with a password.",
            hint="Open it in Word, remove any password, choose Save As, Word Document (.docx), and upload that copy.",
        )
    if not head.startswith(_ZIP_MAGIC):
        raise _wrong("docx", _identify(path, head))
    inside = _identify_zip(path)
    if inside is not _WORD:
        raise _wrong("docx", inside)
