"""Damage of any kind to a file ends in a document or in an error for people, never in anything else."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tenderline.errors import TenderlineError
from tenderline.review.parsing import inspect, parse
from tests.documents import paragraph, run, table, word_file, word_parts, write_zip
from tests.hostile_documents import protected_pdf
from tests.pdf_documents import Print, pdf
from tests.test_parsing_numbering import LEGAL, item
from tests.test_parsing_word import HEADING_1, STYLES

BODY = paragraph("Scope", HEADING_1) + table(["a", "b"], ["c", "d"]) + item("one") + paragraph(f"<w:ins>{run('new')}</w:ins>")
NOTES = f'<w:footnote w:id="2">{paragraph("note")}</w:footnote>'
PARTS = {"styles": STYLES, "numbering": LEGAL, "footnotes": NOTES}
PIECES = st.sampled_from(
    [b"", b"\0", b"<", b">", b'"', b"/", b"w:p", b"w:val", b"99999999999999999999", b"-1", b"obj", b"stream\n", b"endstream", b"<<", b"R"]
)
DAMAGE = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 40), PIECES), min_size=1, max_size=4)
Damage = list[tuple[int, int, bytes]]


def damaged(data: bytes, damage: Damage) -> bytes:
    for position, length, piece in damage:
        at = position % (len(data) + 1)
        data = data[:at] + piece + data[at + length :]
    return data


def take_in(data: bytes, kind: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.{kind}"
        path.write_bytes(data)
        refusal: TenderlineError | None = None
        try:
            parse(path, inspect(path, path.name))
        except TenderlineError as error:
            refusal = error
        assert refusal is None or (refusal.status < 500 and refusal.hint)


def _word_file() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return word_file(Path(folder) / "a.docx", BODY, parts=PARTS).read_bytes()


WORD = _word_file()
PRINTED = pdf(
    [[Print(72, 700, "Scope", 16, True), Print(72, 680, "The supplier delivers.")]], outline=[("Scope", 0, 720), ("Price", 0, 600)]
)


@settings(max_examples=150)
@given(damage=DAMAGE)
def test_a_damaged_word_file(damage: Damage) -> None:
    take_in(damaged(WORD, damage), "docx")


@pytest.mark.parametrize("part", ["document", "styles", "numbering", "footnotes", "_rels/document.xml.rels"])
@settings(max_examples=60)
@given(damage=DAMAGE)
def test_a_damaged_part_of_a_word_file(part: str, damage: Damage) -> None:
    parts = word_parts(BODY, parts=PARTS)
    name = f"word/{part}" if "." in part else f"word/{part}.xml"
    parts[name] = damaged(parts[name], damage)
    with tempfile.TemporaryDirectory() as folder:
        take_in(write_zip(Path(folder) / "a.docx", parts).read_bytes(), "docx")


@settings(max_examples=150)
@given(damage=DAMAGE)
@example(damage=[(PRINTED.index(b"/Count"), 8, b"/Count 99999999")])
def test_a_damaged_pdf(damage: Damage) -> None:
    take_in(damaged(PRINTED, damage), "pdf")


@settings(max_examples=20)
@given(damage=DAMAGE)
def test_a_damaged_protected_pdf(damage: Damage) -> None:
    take_in(damaged(protected_pdf("", ["The supplier delivers."]), damage), "pdf")


@pytest.mark.parametrize("kind", ["docx", "pdf", "md", "txt"])
@settings(max_examples=60)
@given(
    head=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06", b"%PDF-1.7\n", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xff\xfe", b"# "]),
    data=st.binary(),
)
def test_noise(kind: str, head: bytes, data: bytes) -> None:
    take_in(head + data, kind)
