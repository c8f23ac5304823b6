"""Word documents: what a reader sees is what is reviewed, in sections, with the place of every run."""

from __future__ import annotations

from pathlib import Path

import docx
import pytest
from docx.text.run import Run

from tenderline.review.document import ParsedDocument
from tenderline.review.parsing import parse
from tests.documents import REPORT_DEFECTS, REPORT_SECTIONS, W, cell, paragraph, procurement_report, run, table, word_file

HEADING_1 = '<w:pStyle w:val="Heading1"/>'
STYLES = (
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Mine"><w:name w:val="House title"/><w:basedOn w:val="Heading1"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="Überschrift 2"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="TOCHeading"><w:name w:val="TOC Heading"/><w:basedOn w:val="Heading1"/>'
    '<w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="LoopA"><w:name w:val="a"/><w:basedOn w:val="LoopB"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="LoopB"><w:name w:val="b"/><w:basedOn w:val="LoopA"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Strong"><w:name w:val="strong text"/><w:rPr><w:b/></w:rPr></w:style>'
    '<w:style w:type="character" w:styleId="Quiet"><w:name w:val="quiet"/><w:rPr><w:vanish/></w:rPr></w:style>'
)  # fmt: skip


def parsed(tmp_path: Path, body: str, **parts: str) -> ParsedDocument:
    return parse(word_file(tmp_path / "a.docx", body, parts=parts), "docx")


def text(tmp_path: Path, body: str, **parts: str) -> str:
    return parsed(tmp_path, body, **parts).text


def outline(document: ParsedDocument) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in document.sections]


def test_a_report_written_with_heading_styles_has_its_sections_tables_and_lists(tmp_path: Path) -> None:
    document = parse(procurement_report(tmp_path / "report.docx"), "docx")
    assert [section.title for section in document.sections] == ["Introduction", *REPORT_SECTIONS]
    assert document.section_text(0) == "Investigation Report on Bidding PB-2026-014\n"
    titles = {section.title: section.index for section in document.sections}
    assert document.section_text(titles["3. Procurement Process"]) == ""
    assert "Bidder | Price | Score\nNorthfield Instruments Inc. | 1,250,000 | 88\n" in document.section_text(
        titles["4. Evaluation of Bids"]
    )
    assert "\n- The market survey was made after the award.\n" in document.section_text(titles["6. Findings"])
    assert [words for words in REPORT_DEFECTS.values() if words not in document.text] == []
    assert document.warnings == ()


@pytest.mark.parametrize(
    ("properties", "level"),
    [
        (HEADING_1, 1), ('<w:pStyle w:val="Mine"/>', 1), ('<w:pStyle w:val="berschrift2"/>', 2), ('<w:outlineLvl w:val="3"/>', 4),
        (f'{HEADING_1}<w:outlineLvl w:val="1"/>', 2),
    ],
)  # fmt: skip
def test_a_heading_is_known_by_its_style_its_base_its_name_or_its_outline_level(tmp_path: Path, properties: str, level: int) -> None:
    document = parsed(tmp_path, paragraph("Scope", properties) + paragraph("The supplier delivers."), styles=STYLES)
    assert outline(document) == [(level, "Scope")]
    assert document.section_text(0) == "The supplier delivers.\n"


@pytest.mark.parametrize(
    "properties",
    ['<w:pStyle w:val="TOCHeading"/>', f'{HEADING_1}<w:outlineLvl w:val="9"/>', '<w:pStyle w:val="LoopA"/>', '<w:pStyle w:val="?"/>'],
)
def test_body_text_stays_body_text(tmp_path: Path, properties: str) -> None:
    document = parsed(tmp_path, paragraph("Contents", properties) + paragraph("The supplier delivers."), styles=STYLES)
    assert outline(document) == [(0, "Document")]


def test_without_heading_styles_short_bold_lines_above_text_are_headings(tmp_path: Path) -> None:
    bold = "<w:b/>"
    body = (
        paragraph(run("INVESTIGATION", bold)) + paragraph(run("1. Facts", bold)) + paragraph(run("1.1 The bids", bold))
        + paragraph("Three bids came in.") + paragraph(run("All were late.", bold)) + paragraph("They were opened.")
        + paragraph(run("Note", bold) + run(" that none was complete"))
        + paragraph("Award", '<w:pStyle w:val="Strong"/>') + table([cell(paragraph(run("Bidder", bold))), "Price"], ["A", "1"])
        + paragraph(run("Signed by the committee", bold))
    )  # fmt: skip
    document = parsed(tmp_path, body, styles=STYLES)
    assert outline(document) == [(0, "Introduction"), (1, "1. Facts"), (2, "1.1 The bids"), (1, "Award")]
    assert document.section_text(2).endswith("All were late.\nThey were opened.\nNote that none was complete\n")


def test_a_document_all_in_bold_has_no_bold_headings(tmp_path: Path) -> None:
    body = "".join(paragraph(run(words, "<w:b/>")) for words in ("One line", "Another line", "A third line"))
    assert outline(parsed(tmp_path, body)) == [(0, "Document")]


def test_without_styles_and_bold_typed_numbers_tell_the_headings(tmp_path: Path) -> None:
    body = "".join(paragraph(words) for words in ("1. Scope", "The supplier delivers.", "2. Price", "The price is fixed."))
    assert outline(parsed(tmp_path, body)) == [(1, "1. Scope"), (1, "2. Price")]


def test_a_heading_too_long_for_a_title_loses_no_word(tmp_path: Path) -> None:
    clause = "The supplier shall deliver the goods " * 12
    document = parsed(tmp_path, paragraph(clause, HEADING_1) + paragraph("Within 30 days."), styles=STYLES)
    assert len(document.sections[0].title) <= 200
    assert document.section_text(0) == f"{clause}\nWithin 30 days.\n"


def test_text_in_links_insertions_fields_and_content_controls_is_read_and_deletions_are_not(tmp_path: Path) -> None:
    body = paragraph(
        f'<w:hyperlink r:id="x">{run("linked ")}</w:hyperlink><w:ins>{run("inserted ")}</w:ins>'
        "<w:del><w:r><w:delText>deleted </w:delText></w:r></w:del>"
        f"<w:moveFrom>{run('moved away ')}</w:moveFrom><w:moveTo>{run('moved here ')}</w:moveTo>"
        f'<w:fldSimple w:instr=" DATE ">{run("1 May ")}</w:fldSimple>'
        f'<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> REF x </w:instrText></w:r>{run("code ")}'
        f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("section 4 ")}<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        f"<w:smartTag>{run('tagged ')}</w:smartTag><w:sdt><w:sdtPr/><w:sdtContent>{run('controlled ')}</w:sdtContent></w:sdt>"
        f'<w:r><w:t>{"a"}</w:t><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:br w:type="page"/><w:noBreakHyphen/><w:t>d</w:t></w:r>'
    )
    document = parsed(tmp_path, body)
    assert document.text == "linked inserted moved here 1 May section 4 tagged controlled a\tb\nc-d\n"
    assert document.warnings == ("The document has tracked changes; it was read as if all of them were accepted.",)


def test_blocks_in_content_controls_and_rows_in_them_are_read(tmp_path: Path) -> None:
    body = (
        f"<w:sdt><w:sdtContent>{paragraph('First.')}<w:sdt><w:sdtContent>{table(['A', 'B'])}</w:sdtContent></w:sdt></w:sdtContent></w:sdt>"
        f"<w:tbl><w:sdt><w:sdtContent><w:tr>{cell('C')}<w:sdt><w:sdtContent>{cell('D')}</w:sdtContent></w:sdt></w:tr></w:sdtContent></w:sdt></w:tbl>"
        f"<w:customXml>{paragraph('Last.')}</w:customXml>"
    )
    assert text(tmp_path, body) == "First.\nA | B\nC | D\nLast.\n"


def test_merged_cells_are_read_once_and_columns_stay_in_line(tmp_path: Path) -> None:
    body = table(
        ["Item", "Qty", "Price"],
        [cell("Bolts", '<w:vMerge w:val="restart"/>'), "1", "10"],
        [cell("", "<w:vMerge/>"), "2", "20"],
        [cell("Total", '<w:gridSpan w:val="2"/>'), "30"],
        ["", "", ""],
    )
    assert text(tmp_path, body) == "Item | Qty | Price\nBolts | 1 | 10\n | 2 | 20\nTotal |  | 30\n"


def test_cells_of_several_paragraphs_stay_on_their_row_and_inner_tables_follow_it(tmp_path: Path) -> None:
    breaking = paragraph("<w:r><w:t>b</w:t><w:br/><w:t>c</w:t></w:r>")
    body = table([cell(paragraph("a") + breaking), cell(paragraph("d") + table(["x", "y"]))], ["e", "f"])
    assert text(tmp_path, body) == "a b c | d\nx | y\ne | f\n"


def test_a_frame_around_text_is_read_as_text_with_its_headings(tmp_path: Path) -> None:
    body = table([cell(paragraph("Scope", HEADING_1) + paragraph("The supplier delivers.") + paragraph("On time."))])
    document = parsed(tmp_path, body, styles=STYLES)
    assert outline(document) == [(1, "Scope")]
    assert document.section_text(0) == "The supplier delivers.\nOn time.\n"


def test_deleted_rows_are_left_out(tmp_path: Path) -> None:
    kept = f"<w:tr>{cell('A')}{cell('B')}</w:tr>"
    gone = f"<w:tr><w:trPr><w:del/></w:trPr>{cell('C')}{cell('D')}</w:tr>"
    assert text(tmp_path, f"<w:tbl>{kept}{gone}</w:tbl>") == "A | B\n"


def test_text_boxes_are_read_once_after_their_paragraph(tmp_path: Path) -> None:
    box = f"<w:txbxContent>{paragraph('In the box.')}</w:txbxContent>"
    body = paragraph(
        run("Outside.")
        + f'<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>{box}</wps:txbx></wps:wsp></w:drawing>'
        f"</mc:Choice><mc:Fallback><w:pict><v:textbox>{box}</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
    )
    assert text(tmp_path, body) == "Outside.\nIn the box.\n"


def test_notes_stand_below_the_paragraph_that_refers_to_them(tmp_path: Path) -> None:
    body = paragraph(run("Paid late.") + '<w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:endnoteReference w:id="1"/></w:r>') + table(
        [cell(paragraph(run("A") + '<w:r><w:footnoteReference w:id="3"/></w:r>')), "B"]
    )
    document = parsed(
        tmp_path, body,
        footnotes=f'<w:footnote w:id="0" w:type="separator">{paragraph("-")}</w:footnote>'
        f'<w:footnote w:id="2">{paragraph("By 40 days.")}</w:footnote>'
        f'<w:footnote w:id="3">{paragraph("Annex A.")}</w:footnote>',
        endnotes=f'<w:endnote w:id="1">{paragraph("See the ledger.")}</w:endnote>',
    )  # fmt: skip
    assert document.text == "Paid late.[1][i]\n[1] By 40 days.\n[i] See the ledger.\nA[2] | B\n[2] Annex A.\n"


def test_symbols_and_formulas_are_read(tmp_path: Path) -> None:
    tick = '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>'
    formula = "<m:oMath><m:r><m:t>a=b</m:t></m:r></m:oMath>"
    assert text(tmp_path, paragraph(tick + run(" complete, ") + formula)) == "☒ complete, a=b\n"


def test_hidden_text_is_left_out_and_said_to_be(tmp_path: Path) -> None:
    body = paragraph(
        run("Seen.") + run("Hidden.", "<w:vanish/>") + run("Quiet.", '<w:rStyle w:val="Quiet"/>') + run("On.", '<w:vanish w:val="0"/>')
    )
    document = parsed(tmp_path, body, styles=STYLES)
    assert document.text == "Seen.On.\n"
    assert document.warnings == ("Hidden text was left out.",)


def test_page_headers_are_named_and_bare_page_numbers_are_not(tmp_path: Path) -> None:
    document = parsed(tmp_path, paragraph("Text."), header1=paragraph("Draft of 1 May"), footer1=paragraph("Page 1 of 9"))
    assert document.warnings == ("Page headers and footers were not read; they say: “Draft of 1 May”",)


def spans_agree_with_python_docx(path: Path, document: ParsedDocument) -> int:
    """Check every run span against python-docx's own view of the file; returns how many runs with text the body has."""
    body = docx.Document(str(path)).element.body
    paragraphs = list(body.iter(f"{{{W}}}p"))
    for span in document.runs:
        element = list(paragraphs[span.paragraph].iter(f"{{{W}}}r"))[span.run]
        words = Run(element, None).text
        read = document.text[span.start : span.end]
        assert read in (words, words.replace("\n", " ").replace("\t", " "))  # a table's row stays on its line
    starts = [span.start for span in document.runs]
    assert starts == sorted(starts)
    assert all(one.end <= other.start for one, other in zip(document.runs, document.runs[1:], strict=False))
    return sum(1 for element in body.iter(f"{{{W}}}r") if Run(element, None).text)


def test_every_run_is_found_again_by_its_span(tmp_path: Path) -> None:
    body = (
        paragraph("Scope", HEADING_1)
        + paragraph(run("One ") + run("two ", "<w:b/>") + f'<w:hyperlink r:id="x">{run("three")}</w:hyperlink>')
        + table(["A", cell(paragraph(run("B1")) + paragraph("<w:r><w:t>B2</w:t><w:br/><w:t>B3</w:t><w:tab/></w:r>") + table(["x", "y"]))])
        + paragraph(f"<w:ins>{run('new')}</w:ins><w:del><w:r><w:delText>old</w:delText></w:r></w:del>{run(' kept')}")
        + f"<w:sdt><w:sdtContent>{paragraph(run('controlled'))}</w:sdtContent></w:sdt><w:p/>"
        + paragraph(f'<w:fldSimple w:instr="DATE">{run("1 May")}</w:fldSimple><w:smartTag>{run(" tagged")}</w:smartTag>')
        + paragraph(run("box: ") + f"<w:r><w:pict><w:txbxContent>{paragraph('inside')}</w:txbxContent></w:pict></w:r>" + run("after"))
        + paragraph("<w:r><w:t>tab</w:t><w:tab/><w:t>and more</w:t></w:r>")
        + "".join(paragraph(f"Item {number}", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>') for number in range(3))
    )  # fmt: skip
    numbering = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    path = word_file(tmp_path / "a.docx", body, parts={"styles": STYLES, "numbering": numbering})
    document = parse(path, "docx")
    assert spans_agree_with_python_docx(path, document) == len(document.runs)
    assert "1. Item 0\n2. Item 1\n" in document.text
    report = procurement_report(tmp_path / "report.docx")
    spans_agree_with_python_docx(report, parse(report, "docx"))


def test_control_characters_keep_the_runs_in_place(tmp_path: Path) -> None:
    document = parsed(tmp_path, paragraph("<w:r><w:t>a&#x85;b&#x2028;c&#13;d</w:t></w:r>"))
    assert document.text == "a b c d\n"
    assert [(span.start, span.end) for span in document.runs] == [(0, 7)]
