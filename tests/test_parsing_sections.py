"""Sections: they tile the text in order, and each has a title of its own. Found out on documents that hypothesis thinks up."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderline.errors import Invalid, TooLarge
from tenderline.review.document import ParsedDocument
from tenderline.review.parsing import parse
from tenderline.review.parsing.limits import MAX_SECTIONS, MAX_TITLE_CHARS
from tenderline.review.parsing.sections import Heading, assemble, split
from tests.documents import cell, paragraph, run, table, word_file
from tests.test_parsing_word import HEADING_1, STYLES, spans_agree_with_python_docx

WORDS = st.text(alphabet="abcAB Ä.,:|#-=1\u00a0\u202e", min_size=1, max_size=20)
TITLES = st.sampled_from(["Scope", "scope", "Scope (2)", "Scope (3)", "1. Scope", "PRICE", "2.1 Award", "x" * 300, "\u202e", "Scope "])


def check(document: ParsedDocument) -> None:
    """What holds of every parsed document."""
    assert document.sections
    assert [section.index for section in document.sections] == list(range(len(document.sections)))
    titles = [section.title for section in document.sections]
    assert len(set(titles)) == len(titles)
    position = 0
    for section in document.sections:
        assert position <= section.start <= section.end <= len(document.text)
        between = document.text[position : section.start]
        assert between.strip() == "" or section.level > 0  # a heading's own line
        assert section.title == " ".join(section.title.split())
        assert 0 < len(section.title) <= MAX_TITLE_CHARS
        position = section.end
    assert position == len(document.text)
    assert (document.sections[0].title in ("Document", "Introduction", "Before the first heading")) >= (document.sections[0].level == 0)


def parse_bytes(data: bytes, kind: str) -> ParsedDocument | None:
    with tempfile.NamedTemporaryFile(suffix=f".{kind}") as file:
        file.write(data)
        file.flush()
        with contextlib.suppress(Invalid):  # no text at all
            return parse(Path(file.name), kind)
    return None


@pytest.mark.parametrize("kind", ["md", "txt"])
@settings(max_examples=150)
@given(
    lines=st.lists(
        st.one_of(WORDS, TITLES, st.just(""), TITLES.map("# {}".format), st.sampled_from(["---", "===", "```", "> ", "- "])), max_size=25
    )
)
def test_sections_tile_any_text(kind: str, lines: list[str]) -> None:
    document = parse_bytes("\n".join(lines).encode(), kind)
    if document is not None:
        check(document)
        assert document.text == "\n".join(lines).replace("\ufeff", "")


def _block(kind: str, words: str) -> str:
    return {
        "heading": lambda: paragraph(run(words), HEADING_1),
        "bold": lambda: paragraph(run(words, "<w:b/>")),
        "text": lambda: paragraph(run(words) + f"<w:ins>{run('new')}</w:ins>"),
        "table": lambda: table([words, cell(paragraph(words, HEADING_1) + paragraph("in cell"))], ["a", "b"]),
        "frame": lambda: table([cell(paragraph(words, HEADING_1) + table(["x", "y"]))]),
        "control": lambda: f"<w:sdt><w:sdtContent>{paragraph(words)}</w:sdtContent></w:sdt>",
        "empty": lambda: "<w:p/>",
    }[kind]()


@settings(max_examples=100)
@given(
    blocks=st.lists(
        st.tuples(st.sampled_from(["heading", "bold", "text", "table", "frame", "control", "empty"]), TITLES | WORDS), max_size=12
    ),
    styled=st.booleans(),
)
def test_sections_tile_any_word_document(blocks: list[tuple[str, str]], styled: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        body = "".join(_block(kind, words) for kind, words in blocks)
        path = word_file(Path(folder) / "a.docx", body, parts={"styles": STYLES} if styled else {})
        document = parse_bytes(path.read_bytes(), "docx")
        if document is not None:
            check(document)
            spans_agree_with_python_docx(path, document)


@given(headings=st.lists(st.tuples(TITLES, st.integers(0, 3), st.integers(1, 12)), max_size=30))
def test_titles_are_unique_whatever_they_are(headings: list[tuple[str, int, int]]) -> None:
    text, marks = "Before.\n", []
    for title, lines, level in headings:
        marks.append(Heading(len(text), len(text) + len(title) + 1, title, level))
        text += f"{title}\n" + "line\n" * lines
    check(assemble("txt", text, marks, max_chars=10**6))


def test_equal_titles_get_the_next_free_number() -> None:
    text = "Scope\nScope (2)\nScope\nScope\n"
    marks = [Heading(0, 6, "Scope", 1), Heading(6, 16, "Scope (2)", 1), Heading(16, 22, "Scope", 1), Heading(22, 28, "Scope", 1)]
    assert [section.title for section in split(text, marks)[0]] == ["Scope", "Scope (2)", "Scope (3)", "Scope (4)"]


def test_a_title_that_has_a_number_already_keeps_it() -> None:
    marks = [Heading(0, 6, "Scope", 1), Heading(6, 12, "Scope", 1), Heading(12, 22, "Scope (2)", 1)]
    assert [section.title for section in split("Scope\nScope\nScope (2)\n", marks)[0]] == ["Scope", "Scope (3)", "Scope (2)"]


def test_text_before_the_first_heading_is_an_introduction_unless_it_is_blank() -> None:
    assert [section.title for section in split("Dear all,\nScope\n", [Heading(10, 16, "Scope", 1)])[0]] == ["Introduction", "Scope"]
    assert [section.title for section in split(" \n\nScope\n", [Heading(3, 9, "Scope", 1)])[0]] == ["Scope"]
    for own in ("Introduction", "1. Introduction", "Section I. INTRODUCTION"):
        titles = [section.title for section in split(f"a\n{own}\n", [Heading(2, 3 + len(own), own, 1)])[0]]
        assert titles == ["Before the first heading", own]
    reference = "Introduction to bidders"
    titles = [section.title for section in split(f"a\n{reference}\n", [Heading(2, 26, reference, 1)])[0]]
    assert titles == ["Introduction", reference]


def test_long_titles_are_cut_at_a_word_and_stay_unique() -> None:
    title = "word " * 100
    sections, _ = split(f"{title}\n{title}\n", [Heading(0, 501, title, 1), Heading(501, 1002, title, 1)])
    assert sections[0].title == "word " * 38 + "word…"
    assert sections[1].title.endswith("word… (2)")
    assert len(sections[1].title) <= MAX_TITLE_CHARS


def test_more_headings_than_can_be_listed_leave_out_the_minor_ones() -> None:
    text = "H\n" * (MAX_SECTIONS + 10)
    marks = [Heading(2 * index, 2 * index + 2, "H", 1 if index % 10 == 0 else 2) for index in range(MAX_SECTIONS + 10)]
    sections, notes = split(text, marks)
    assert len(sections) == len(marks) // 10
    assert {section.level for section in sections} == {1}
    assert "2,010 headings" in notes[0]
    flat, _ = split(text, [Heading(mark.start, mark.end, "H", 1) for mark in marks])
    assert len(flat) < MAX_SECTIONS
    assert flat[-1].end == len(text)


def test_too_long_a_text_is_refused_and_one_just_short_enough_is_not() -> None:
    assert assemble("txt", "x" * 10, [], max_chars=10).text == "x" * 10
    with pytest.raises(TooLarge):
        assemble("txt", "x" * 11, [], max_chars=10)
