"""Markdown and plain text: encodings, headings, and the text as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenderline.review.document import ParsedDocument
from tenderline.review.parsing import inspect, is_light, parse
from tests.documents import REPORT_SECTIONS, plain_report_markdown


def parsed(tmp_path: Path, content: str | bytes, kind: str = "txt") -> ParsedDocument:
    path = tmp_path / f"a.{kind}"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert inspect(path, path.name) == kind
    assert is_light(path, kind)
    return parse(path, kind)


def outline(document: ParsedDocument) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in document.sections]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
def test_the_usual_encodings_are_read(tmp_path: Path, encoding: str) -> None:
    words = "Größe “of” the café – 5 €"
    assert parsed(tmp_path, words.encode(encoding)).text == words


def test_bytes_that_no_encoding_knows_are_marked_and_said(tmp_path: Path) -> None:
    document = parsed(tmp_path, b"Pr\x81fung \xe9")
    assert document.text == "Pr\ufffdfung é"
    assert "could not be read" in document.warnings[0]


def test_line_ends_become_newlines_and_control_characters_go(tmp_path: Path) -> None:
    assert parsed(tmp_path, "a\r\nb\rc\vd\u2028e\ff\x1bg\u009bh\ti").text == "a\nb\nc\nd\nefgh\ti"


def test_markdown_headings_of_both_kinds_make_sections(tmp_path: Path) -> None:
    source = "Preface.\n\n# One #\n\nText *of* one.\n\nTwo\nlines\n---\n\n- item\n\n###### Deep\n"
    document = parsed(tmp_path, source, "md")
    assert outline(document) == [(0, "Introduction"), (1, "One"), (2, "Two lines"), (6, "Deep")]
    assert [document.section_text(index) for index in range(4)] == ["Preface.\n\n", "\nText *of* one.\n\n", "\n- item\n\n", ""]
    assert document.text == source


@pytest.mark.parametrize(
    "source",
    [
        "```\n# not a heading\n```\n", "    # not a heading\n", "> # quoted\n", "- # in a list\n", "#not\n", "<!--\n# not\n-->\n",
        "\\# not\n",
        "---\ntitle: a report\n---\nText.\n", "| a |\n|---|\n| # b |\n",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_markdown_heading_is_text(tmp_path: Path, source: str) -> None:
    document = parsed(tmp_path, source, "md")
    assert outline(document) == [(0, "Document")]
    assert document.text == source


def test_markdown_titles_are_plain_words(tmp_path: Path) -> None:
    assert outline(parsed(tmp_path, "# The **scope** of [work](http://x) `code` &amp; \\* ![pic](a.png) <b>x</b>\n", "md")) == [
        (1, "The scope of work code & * pic x")
    ]


def test_the_report_in_markdown_has_its_sections(tmp_path: Path) -> None:
    assert tuple(section.title for section in parsed(tmp_path, plain_report_markdown(), "md").sections) == REPORT_SECTIONS


def test_text_headings_are_numbered_in_capitals_or_underlined(tmp_path: Path) -> None:
    source = (
        "Report on lot 4\n===============\n\nBy the committee.\n\n1. INTRODUCTION\n\nThis is about bids.\n\n"
        "1.1 Scope of work\nAll goods.\n\n"
        "II. Evaluation\n\nThree bids came.\n\nANNEX A\n\nA list.\n\nSECTION 7. AWARD\n\nIt was awarded.\n\nRECOMMENDATIONS\n\nPay.\n\n"
        "------\nLast words\n------\nEnd.\n"
    )
    document = parsed(tmp_path, source)
    assert outline(document) == [
        (1, "Report on lot 4"), (1, "1. INTRODUCTION"), (2, "1.1 Scope of work"), (1, "II. Evaluation"), (1, "ANNEX A"),
        (1, "SECTION 7. AWARD"), (1, "RECOMMENDATIONS"), (2, "Last words"),
    ]  # fmt: skip
    assert document.section_text(2) == "All goods.\n\n"
    assert document.section_text(7) == "End.\n"


@pytest.mark.parametrize(
    "source",
    [
        "Buy:\n\n1. Apples\n2. Pears\n3. Plums\n", "Buy:\n\n1. Apples\n\n2. Pears\n\n3. Plums\n",
        "1. The contractor shall deliver the goods.\n",
        "He wrote\n1. Scope of the work\nto the buyer.\n", "2026 Budget of the province was approved\n", "120 Chairs\n", "Signed\n\nUSD\n",
        "1. Introduction ........ 3\n\n2. Scope ........ 5\n",
        "Item   Price\n------------\nBolt   4\n",
        "THE HEAD OF THE ENTITY\nPROVINCIAL CAPITOL\nSAN ISIDRO\n\nDear Sir,\n", "---\n---\n---\n", "a\n---b\n",
        "1. scope of the work\n\nText.\n",
    ],
)  # fmt: skip
def test_lists_sentences_tables_and_addresses_are_no_headings(tmp_path: Path, source: str) -> None:
    assert outline(parsed(tmp_path, source)) == [(0, "Document")]


def test_a_large_markdown_file_is_not_read_in_a_request(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("word " * 50_000)
    assert not is_light(path, "md")
