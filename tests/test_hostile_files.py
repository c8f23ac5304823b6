"""Hostile and broken files: each is refused with an error that says what is wrong and what to do, before it can do harm."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tenderline.errors import Invalid, TenderlineError, TooLarge, UnsupportedType
from tenderline.review.document import ParsedDocument
from tenderline.review.parsing import inspect, is_light, parse, parse_safely
from tests import hostile_documents as hostile
from tests.documents import paragraph, procurement_report, run, word_file, word_parts, write_zip
from tests.hostile_documents import HARMLESS, nested
from tests.pdf_documents import Print, pdf

ROOT = Path(__file__).parent.parent
PAGE = [Print(72, 700, "The contract was signed in May.")]


def take_in(path: Path) -> ParsedDocument:
    """What happens to an uploaded file."""
    kind = inspect(path, path.name)
    return parse(path, kind) if is_light(path, kind) else parse_safely(path, kind, timeout=60)


def refused(path: Path, error: type[TenderlineError], words: str, hint: str) -> None:
    with pytest.raises(error) as caught:
        take_in(path)
    assert words in caught.value.message
    assert caught.value.hint is not None
    assert hint in caught.value.hint
    assert caught.value.status in (413, 415, 422)


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


Case = tuple[str, Callable[[Path], object], type[TenderlineError], str, str]

WORD: list[Case] = [
    ("a picture that inflates to 400 MB", hostile.zip_bomb, TooLarge, "unpack to more than 200 MB", "Shrink its pictures"),
    ("a picture whose size is a lie", hostile.lying_zip_bomb, Invalid, "damaged", "save it again"),
    ("text that inflates to 100 MB", hostile.text_bomb, TooLarge, "MB of text", "Split"),
    ("entries that overlap", hostile.overlapping_zip, TooLarge, "unpack to more", "split"),
    ("few entries that overlap", lambda p: hostile.overlapping_zip(p, copies=20), Invalid, "overlap", "save it again"),
    ("sixty thousand entries", hostile.crowded_zip, TooLarge, "4,096 files", "save it again"),
    (
        "entities that expand without end", lambda p: hostile.with_doctype(p, hostile.laughing_entities(), "&l9;"),
        Invalid, "entities", "save it",
    ),
    (
        "an entity that names a file", lambda p: hostile.with_doctype(p, '<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
        Invalid, "entities", "save it",
    ),
    (
        "a document type elsewhere", lambda p: hostile.with_doctype(p, '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd">', "text"),
        Invalid, "document type", "save it",
    ),
    (
        "a document type in UTF-16", lambda p: hostile.with_doctype(p, '<!DOCTYPE d SYSTEM "http://127.0.0.1:9/d.dtd">', "text", "utf-16"),
        Invalid, "document type", "save it",
    ),
    (
        "a document type in EBCDIC", lambda p: hostile.with_doctype(p, "<!DOCTYPE d [<!ENTITY x 'y'>]>", "&x;", "cp037"),
        Invalid, "", "save it",
    ),
    (
        "a document type in the styles", lambda p: hostile.word_with(p, {"word/styles.xml": b"<!DOCTYPE s [<!ENTITY a 'b'>]><s/>"}),
        Invalid, "document type", "save it",
    ),
    ("a password", lambda p: hostile.ole_file(p, "EncryptedPackage"), Invalid, "protected with a password", "remove the password"),
    ("an old .doc", lambda p: hostile.ole_file(p, "WordDocument"), UnsupportedType, "old Word version", "Save As"),
    ("an old workbook", lambda p: hostile.ole_file(p, "Workbook"), UnsupportedType, "Excel workbook of an old version", "Save As"),
    ("macros by content type", lambda p: hostile.office_file(p, "docm"), UnsupportedType, "macros", "leaves the macros out"),
    ("macros beside plain text", hostile.macro_word, UnsupportedType, "macros", "leaves the macros out"),
    ("a workbook", lambda p: hostile.office_file(p, "xlsx"), UnsupportedType, "an Excel workbook", "Export it as PDF"),
    ("a presentation", lambda p: hostile.office_file(p, "pptx"), UnsupportedType, "a PowerPoint presentation", "Export it as PDF"),
    ("a template", lambda p: hostile.office_file(p, "dotx"), UnsupportedType, "a Word template", "Save As"),
    ("an OpenDocument text", hostile.open_document, UnsupportedType, "an OpenDocument file", "Save As"),
    ("any zip archive", lambda p: write_zip(p, {"a.txt": b"a"}), UnsupportedType, "a zip archive", "Unpack it"),
    ("a PDF", lambda p: write(p, pdf([PAGE])), UnsupportedType, "it is a PDF", "ends in .pdf"),
    ("plain text", lambda p: write(p, b"The contract."), UnsupportedType, "its content isn't", "Check the original"),
    ("a picture", lambda p: write(p, b"\xff\xd8\xff\xe0" + bytes(200)), UnsupportedType, "a picture (JPEG)", "OCR"),
    ("RTF", lambda p: write(p, b"{\\rtf1 The contract.}"), UnsupportedType, "an RTF document", "Save As"),
    ("nothing", lambda p: write(p, b""), Invalid, "empty", "check the original"),
    ("half of itself", lambda p: write(p, procurement_report(p).read_bytes()[:9000]), Invalid, "damaged or incomplete", "save it again"),
    ("no main part", lambda p: hostile.word_with(p, {}, without="word/document.xml"), Invalid, "main part is missing", "again"),
    ("no list of links", lambda p: hostile.word_with(p, {}, without="_rels/.rels"), Invalid, "main part is missing", "again"),
    ("broken XML", lambda p: hostile.word_with(p, {"word/document.xml": b"<w:document><w:body>"}), Invalid, "damaged", "save it again"),
    ("broken styles", lambda p: word_file(p, HARMLESS, parts={"styles": "<w:style>"}), Invalid, "damaged", "save it again"),
    ("a part outside of it", lambda p: hostile.word_with(p, {"../../etc/cron.d/x": b"x"}), Invalid, "points outside", "save it again"),
    ("an absolute part", lambda p: hostile.word_with(p, {"/etc/cron.d/x": b"x"}), Invalid, "points outside", "save it again"),
    ("a part named twice", lambda p: hostile.word_with(p, {"WORD/document.xml": b"x"}), Invalid, "the same name", "save it again"),
    ("LZMA", lambda p: hostile.word_with(p, {}, compression=zipfile.ZIP_LZMA), Invalid, "packed in a way", "save it again"),
    ("deep elements", lambda p: word_file(p, nested("<w:ins>", "</w:ins>", 100_000, run("x"))), Invalid, "damaged", "save it again"),
    (
        "tables in tables", lambda p: word_file(p, nested("<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>", 80, HARMLESS)),
        Invalid, "nests tables", "export it as PDF",
    ),
    (
        "text boxes in text boxes",
        lambda p: word_file(p, nested("<w:p><w:r><w:txbxContent>", "</w:txbxContent></w:r></w:p>", 60, HARMLESS)),
        Invalid, "nests tables or text boxes", "export it as PDF",
    ),
    ("pictures only", lambda p: write_zip(p, word_parts("<w:p/>") | {"word/media/image1.png": b"x"}), Invalid, "scan", "OCR"),
    ("no text", lambda p: word_file(p, "<w:p/>"), Invalid, "no text", "right file"),
]  # fmt: skip


PDF: list[Case] = [
    ("a stream that inflates to 400 MB", hostile.pdf_bomb, TooLarge, "75 MB in one stream", "print it to PDF"),
    ("a stream that inflates to 100 MB", lambda p: hostile.pdf_bomb(p, 100), TooLarge, "75 MB in one stream", "print it to PDF"),
    ("streams that together inflate to 360 MB", hostile.pdf_of_many_bombs, TooLarge, "300 MB in all", "print it to PDF"),
    ("a stream deflated twice", lambda p: hostile.pdf_bomb(p, twice=True), TooLarge, "75 MB in one stream", "print it to PDF"),
    ("a bomb that says it is a picture", hostile.disguised_pdf_bomb, TooLarge, "75 MB in one stream", "print it to PDF"),
    ("a password", lambda p: write(p, hostile.protected_pdf("secret", ["Hidden."])), Invalid, "protected with a password", "Remove"),
    ("half of itself", lambda p: write(p, pdf([PAGE])[:400]), Invalid, "its end is missing", "get it again"),
    ("rubbish", lambda p: write(p, b"%PDF-1.7\nrubbish\n%%EOF"), Invalid, "damaged", "print it to PDF"),
    ("a page tree that is its own child", lambda p: write(p, hostile.cyclic_page_tree()), Invalid, "", ""),
    ("pictures only", lambda p: write(p, pdf([[], []], picture_pages=[0, 1])), Invalid, "looks like a scan", "OCR"),
    (
        "pictures and page numbers only",
        lambda p: write(p, pdf([[Print(290, 30, f"{number}", 9)] for number in range(1, 6)], picture_pages=range(5))),
        Invalid, "looks like a scan", "OCR",
    ),
    ("no text", lambda p: write(p, pdf([[], []])), Invalid, "no text", "right file"),
    ("nothing", lambda p: write(p, b""), Invalid, "empty", "check the original"),
    ("a Word document", lambda p: word_file(p, HARMLESS), UnsupportedType, "it is a Word document", "ends in .docx"),
    ("an old .doc", lambda p: hostile.ole_file(p, "WordDocument"), UnsupportedType, "old Word version", "Save As"),
    ("a broken zip archive", lambda p: write(p, word_file(p, HARMLESS).read_bytes()[:500]), Invalid, "damaged", ""),
    ("text", lambda p: write(p, b"The contract."), UnsupportedType, "its content isn't", "Check the original"),
]  # fmt: skip

TEXT: list[Case] = [
    ("binary data", lambda p: write(p, b"The contract\0was signed."), Invalid, "binary data", "UTF-8"),
    ("noise", lambda p: write(p, bytes(range(1, 32)) * 20), Invalid, "binary data", "UTF-8"),
    ("UTF-16 cut off", lambda p: write(p, "The contract".encode("utf-16")[:-1]), Invalid, "UTF-16", "UTF-8"),
    ("a PDF", lambda p: write(p, pdf([PAGE])), UnsupportedType, "it is a PDF", "ends in .pdf"),
    ("a picture", lambda p: write(p, b"\x89PNG\r\n\x1a\n" + bytes(50)), UnsupportedType, "a picture (PNG)", "OCR"),
    ("a Word document", lambda p: word_file(p, HARMLESS), UnsupportedType, "it is a Word document", "ends in .docx"),
    ("too much text", lambda p: write(p, b"x " * 1_000_001), TooLarge, "2,000,000 characters", "Split"),
    ("blanks only", lambda p: write(p, b" \n\t\n"), Invalid, "no text", "right file"),
]


def _cases(kind: str, cases: list[Case]) -> list[object]:
    return [pytest.param(kind, *case[1:], id=f"{kind} {case[0]}") for case in cases]


@pytest.mark.parametrize(
    ("kind", "make", "error", "words", "hint"), [*_cases("docx", WORD), *_cases("pdf", PDF), *_cases("txt", TEXT), *_cases("md", TEXT)]
)
def test_is_refused_and_says_why(
    tmp_path: Path, kind: str, make: Callable[[Path], object], error: type[TenderlineError], words: str, hint: str
) -> None:
    path = tmp_path / f"file.{kind}"
    make(path)
    refused(path, error, words, hint)


@pytest.mark.parametrize(
    ("name", "words", "hint"),
    [
        ("report.doc", ".doc cannot be reviewed", "Save As"), ("report.docm", ".docm cannot be reviewed", "leaves the macros out"),
        ("prices.XLSX", ".xlsx cannot be reviewed", "Export it as PDF"), ("scan.jpg", ".jpg cannot be reviewed", "OCR"),
        ("setup.exe", ".exe cannot be reviewed", ".docx"), ("report", "doesn't say what type", ".docx"), ("", "doesn't say", ".docx"),
        ("report.docx/..", "doesn't say", ".docx"), ("a.<script>", "doesn't say", ".docx"),
    ],
)  # fmt: skip
def test_a_name_of_another_type_is_refused_whatever_the_content(tmp_path: Path, name: str, words: str, hint: str) -> None:
    with pytest.raises(UnsupportedType) as caught:
        inspect(word_file(tmp_path / "stored", HARMLESS), name)
    assert words in caught.value.message
    assert hint in (caught.value.hint or "")


def test_a_file_over_25_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.docx"
    with path.open("wb") as file:
        file.truncate(25 * 1024 * 1024 + 1)
    refused(path, TooLarge, "larger than 25 MB", "split")


@pytest.mark.parametrize("path", ["../../etc/passwd.txt", "C:\\Documents\\report.TXT", "\u202etxt.report .txt "])
def test_only_the_ending_of_the_users_name_counts(tmp_path: Path, path: str) -> None:
    assert inspect(write(tmp_path / "stored", b"The contract."), path) == "txt"


def test_a_pdf_that_asks_for_no_password_is_read_although_it_is_encrypted(tmp_path: Path) -> None:
    document = take_in(write(tmp_path / "a.pdf", hostile.protected_pdf("", ["The contract was signed", "in May."])))
    assert document.text == "The contract was signed in May.\n"


def test_a_cyclic_outline_does_no_harm(tmp_path: Path) -> None:
    assert take_in(write(tmp_path / "a.pdf", hostile.cyclic_outline())).text == "The contract was signed in May.\n"


def test_deep_nesting_that_word_itself_allows_is_read(tmp_path: Path) -> None:
    deep = nested("<w:ins>", "</w:ins>", 200, run("Deep."))
    assert parse(word_file(tmp_path / "a.docx", paragraph(deep)), "docx").text == "Deep.\n"


def test_nothing_outside_is_fetched_for_a_linked_template(tmp_path: Path) -> None:
    links = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" TargetMode="External" '
        'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="file:///etc/passwd"/></Relationships>'
    )
    path = hostile.word_with(tmp_path / "a.docx", {"word/_rels/document.xml.rels": links.encode()})
    assert take_in(path).text == "Nothing to see.\n"


_MEASURE = """
import json, resource, sys
from pathlib import Path
from tenderline.errors import TenderlineError
from tenderline.review.parsing import inspect, is_light, parse, parse_safely
import tenderline.settings, structlog, lxml.etree
path = Path(sys.argv[1])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    kind = inspect(path, path.name)
    parse(path, kind) if is_light(path, kind) else parse_safely(path, kind)
    code = "read"
except TenderlineError as error:
    code = error.code
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([code, (after - before) // 1024, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024]))
"""


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.docx", hostile.zip_bomb), ("b.docx", hostile.lying_zip_bomb), ("c.docx", hostile.text_bomb),
        ("d.docx", hostile.overlapping_zip),
        ("e.docx", lambda p: hostile.crowded_zip(p, 200_000)),
        ("f.docx", lambda p: hostile.with_doctype(p, hostile.laughing_entities(), "&l9;")),
        ("g.docx", lambda p: word_file(p, "<w:p/>" * 400_000)),
        ("h.docx", lambda p: word_file(p, f"<w:p>{'<w:r/>' * 400_000}</w:p>")),
        ("a.pdf", hostile.pdf_bomb), ("b.pdf", lambda p: hostile.pdf_bomb(p, twice=True)), ("c.pdf", hostile.disguised_pdf_bomb),
        ("d.pdf", lambda p: write(p, b"%PDF-1.7\n" + b"1 0 obj\n" * 3_000_000 + b"%%EOF")),
        ("a.md", lambda p: write(p, b"# a\n" * 30_000)), ("b.md", lambda p: write(p, b">" * 130_000)),
        ("a.txt", lambda p: write(p, b"A A\n\n" * 400_000)),
    ],
)  # fmt: skip
def test_a_bomb_takes_less_than_300_megabytes(tmp_path: Path, name: str, make: Callable[[Path], object]) -> None:
    make(tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, tmp_path / name], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    code, own, childs = json.loads(done.stdout.splitlines()[-1])
    assert own < 300
    assert childs < 300
    assert code == "read" if name in ("a.md", "b.md", "a.txt") else code in ("too_large", "invalid")
