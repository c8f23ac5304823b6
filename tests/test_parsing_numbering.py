"""The numbers that Word draws but doesn't write are in the text: headings and lists are quoted by them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenderline.review.parsing import parse
from tenderline.review.parsing.word_numbering import formatted
from tests.documents import cell, paragraph, table, word_file


def level(index: int, form: str, text: str, more: str = "") -> str:
    return f'<w:lvl w:ilvl="{index}"><w:start w:val="1"/><w:numFmt w:val="{form}"/><w:lvlText w:val="{text}"/>{more}</w:lvl>'


def lists(*levels: str, instances: str = '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>') -> str:
    return f'<w:abstractNum w:abstractNumId="0">{"".join(levels)}</w:abstractNum>{instances}'


def item(text: str, depth: int = 0, number: int = 1, more: str = "") -> str:
    return paragraph(text, f'{more}<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')


def text(tmp_path: Path, body: str, numbering: str, styles: str = "") -> str:
    return parse(word_file(tmp_path / "a.docx", body, parts={"numbering": numbering, "styles": styles}), "docx").text


LEGAL = lists(level(0, "decimal", "%1."), level(1, "decimal", "%1.%2"), level(2, "lowerLetter", "(%3)"), level(3, "lowerRoman", "%4)"))


def test_levels_count_and_start_anew_under_the_next_one_above(tmp_path: Path) -> None:
    body = "".join([item("A"), item("B", 1), item("C", 1), item("D", 2), item("E", 2), item("F", 3), item("G"), item("H", 1), item("I", 2)])
    assert text(tmp_path, body, LEGAL) == (
        "1. A\n  1.1 B\n  1.2 C\n    (a) D\n    (b) E\n      i) F\n2. G\n  2.1 H\n    (a) I\n"
    )  # fmt: skip


def test_numbered_heading_styles_give_numbered_titles(tmp_path: Path) -> None:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{depth + 1}"><w:name w:val="heading {depth + 1}"/><w:pPr>'
        f'<w:numPr><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="{depth}"/></w:pPr></w:style>'
        for depth in range(2)
    )
    numbering = lists(
        level(0, "upperRoman", "Part %1", '<w:pStyle w:val="Heading1"/>'),
        level(1, "decimal", "%1.%2", '<w:isLgl/><w:pStyle w:val="Heading2"/>'),
    )
    body = "".join(
        paragraph(title, f'<w:pStyle w:val="Heading{depth}"/>')
        for title, depth in [("General", 1), ("Scope", 2), ("Terms", 2), ("Award", 1), ("Bids", 2)]
    )
    path = word_file(tmp_path / "a.docx", body, parts={"numbering": numbering, "styles": styles})
    document = parse(path, "docx")
    assert [section.title for section in document.sections] == ["Part I General", "1.1 Scope", "1.2 Terms", "Part II Award", "2.1 Bids"]
    assert [document.text[span.start : span.end] for span in document.runs] == ["General", "Scope", "Terms", "Award", "Bids"]


def test_bullets_are_dashes_and_number_zero_is_none(tmp_path: Path) -> None:
    numbering = lists(level(0, "bullet", "\uf0b7"), level(1, "bullet", "o"))
    assert text(tmp_path, item("A") + item("B", 1) + item("C", number=0), numbering) == "- A\n  - B\nC\n"


def test_an_instance_starts_its_list_once_where_it_says(tmp_path: Path) -> None:
    instances = (
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
        '<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
        f'<w:num w:numId="3"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0">{level(0, "upperLetter", "%1)")}</w:lvlOverride></w:num>'
    )
    body = item("A") + item("B", number=2) + item("C", number=2) + item("D") + item("E", number=3)
    assert text(tmp_path, body, lists(level(0, "decimal", "%1."), instances=instances)) == "1. A\n5. B\n6. C\n7. D\nH) E\n"


def test_a_level_that_never_restarts_counts_on(tmp_path: Path) -> None:
    numbering = lists(level(0, "decimal", "%1."), level(1, "decimal", "%2.", '<w:lvlRestart w:val="0"/>'))
    assert text(tmp_path, item("A") + item("B", 1) + item("C") + item("D", 1), numbering) == "1. A\n  1. B\n2. C\n  2. D\n"


def test_paragraphs_deleted_by_tracked_changes_are_not_counted(tmp_path: Path) -> None:
    gone = item("<w:del><w:r><w:delText>B</w:delText></w:r></w:del>", more="<w:rPr><w:del/></w:rPr>")
    assert text(tmp_path, item("A") + gone + item("C"), LEGAL) == "1. A\n2. C\n"


def test_numbers_in_table_cells_are_written(tmp_path: Path) -> None:
    assert text(tmp_path, table([cell(item("A")), "x"], [cell(item("B")), "y"]), LEGAL) == "1. A | x\n2. B | y\n"


@pytest.mark.parametrize(
    "numbering",
    [
        '<w:abstractNum w:abstractNumId="0"/><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>',
        '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>',
        '<w:num w:numId="1"/>',
        '<w:abstractNum w:abstractNumId="0"><w:numStyleLink w:val="None"/></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>',
        lists('<w:lvl w:ilvl="99999999999999999999"/><w:lvl w:ilvl="x"/>'),
        "",
    ],
)
def test_broken_list_definitions_leave_the_text_unnumbered(tmp_path: Path, numbering: str) -> None:
    assert text(tmp_path, item("A"), numbering) == "A\n"


def test_a_huge_start_makes_no_huge_number(tmp_path: Path) -> None:
    huge = '<w:lvl w:ilvl="0"><w:start w:val="2000000000"/><w:numFmt w:val="{}"/><w:lvlText w:val="%1%1%1%1%1%1%1%1"/></w:lvl>'
    for form in ("lowerRoman", "lowerLetter"):
        assert len(text(tmp_path, item("A"), lists(huge.format(form)))) < 50


@pytest.mark.parametrize(
    ("count", "form", "written"),
    [
        (4, "upperRoman", "IV"), (1994, "lowerRoman", "mcmxciv"),
        (27, "lowerLetter", "aa"), (26, "upperLetter", "Z"), (7, "decimalZero", "07"),
        (11, "ordinal", "11th"), (22, "ordinal", "22nd"), (3, "none", ""), (3, "japaneseCounting", "3"), (0, "upperRoman", "0"),
    ],
)  # fmt: skip
def test_counts_are_written_as_word_writes_them(count: int, form: str, written: str) -> None:
    assert formatted(count, form) == written
