"""PDFs: paragraphs put together again from lines of print, sections by outline or print, page furniture left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenderline.errors import TooLarge
from tenderline.review.document import ParsedDocument
from tenderline.review.parsing import inspect, is_light, parse
from tests.pdf_documents import Print, pdf, pdf_objects, pdf_stream, typeset

BODY = (
    "The supplier delivers all goods within thirty days of the notice to proceed, and replaces whatever is found to be defective within "
    "the warranty period without any cost to the procuring entity, which informs the supplier in writing."
)


def parsed(tmp_path: Path, data: bytes) -> ParsedDocument:
    path = tmp_path / "a.pdf"
    path.write_bytes(data)
    assert inspect(path, "a.pdf") == "pdf"
    assert not is_light(path, "pdf")
    return parse(path, "pdf")


def outline(document: ParsedDocument) -> list[tuple[int, str]]:
    return [(section.level, section.title) for section in document.sections]


def lines(*texts: str, top: float = 760, left: float = 72, size: float = 11) -> list[Print]:
    return [Print(left, top - 14 * index, text, size) for index, text in enumerate(texts)]


def test_larger_print_makes_sections_of_its_levels(tmp_path: Path) -> None:
    long_title = "2 Price of the goods and of all services that the supplier renders beside them"
    titles = (("Report on the award", 20), ("1 Scope", 16), ("1.1 Goods", 13), (long_title, 16))
    parts = [part for title, size in titles for part in ((title, size, True), (BODY, 11, False))]
    document = parsed(tmp_path, pdf(typeset(parts)))
    assert outline(document) == [(1, "Report on the award"), (2, "1 Scope"), (3, "1.1 Goods"), (2, long_title)]
    assert {document.section_text(index) for index in range(4)} == {f"{BODY}\n"}


def test_bold_lines_make_sections_where_all_print_is_of_one_size(tmp_path: Path) -> None:
    titles = ("Scope", "Price", "This one ends like a sentence.")
    parts = [part for title in titles for part in ((title, 11, True), (BODY, 11, False))]
    assert outline(parsed(tmp_path, pdf(typeset(parts)))) == [(1, "Scope"), (1, "Price")]


def test_typed_numbers_make_sections_where_print_tells_nothing(tmp_path: Path) -> None:
    parts = [("1. Scope", 11, False), (BODY, 11, False), ("2. Price", 11, False), (BODY, 11, False)]
    assert outline(parsed(tmp_path, pdf(typeset(parts)))) == [(1, "1. Scope"), (1, "2. Price")]


def test_the_outline_goes_before_the_print(tmp_path: Path) -> None:
    pages = [lines("Scope", "of the goods", BODY[:80], "LOUD LINE"), lines("Contents", "Price 2"), lines("1. Price", BODY[:60])]
    pages[0][3] = Print(72, 600, "LOUD LINE", 20, bold=True)
    document = parsed(tmp_path, pdf(pages, outline=[("Scope of the goods", 0, 775), ("PRICE", 2, 775), ("Never printed", 2, 755)]))
    assert outline(document) == [(1, "Scope of the goods"), (1, "1. Price"), (1, "Never printed")]
    assert document.section_text(0) == f"{BODY[:80]}\nLOUD LINE\nContents\nPrice 2\n"
    assert document.section_text(2) == BODY[:60] + "\n"


@pytest.mark.parametrize("titles", [["Page 1", "Page 2"], ["report.docx", "annex.pdf"], ["Whole report"], ["Nowhere", "To be found"]])
def test_an_outline_that_is_no_table_of_contents_is_passed_over(tmp_path: Path, titles: list[str]) -> None:
    parts = [("Scope", 16, True), (BODY, 11, False), ("Price", 16, True), (BODY, 11, False)]
    document = parsed(tmp_path, pdf(typeset(parts), outline=[(title, 0, 700) for title in titles]))
    assert outline(document) == [(1, "Scope"), (1, "Price")]


def test_running_headers_footers_and_page_numbers_are_left_out(tmp_path: Path) -> None:
    parts = [(f"{number}. {BODY}", 11, False) for number in range(60)]
    pages = typeset(parts, header="Province of San Isidro - Draft 3", footer="Report PB-2026-014, page # of 9")
    assert len(pages) > 3
    document = parsed(tmp_path, pdf(pages))
    assert "Draft 3" not in document.text
    assert "PB-2026-014" not in document.text
    numbered = parsed(tmp_path, pdf(typeset(parts, footer="- # -")))
    assert numbered.text == document.text
    assert document.text.count(BODY) == 60


def test_what_stands_once_at_the_foot_of_a_page_is_kept(tmp_path: Path) -> None:
    pages = [[*lines(BODY[:80]), Print(72, 40, "Signed: A. Cruz", 11)], lines(BODY[:80]), lines(BODY[80:])]
    assert "Signed: A. Cruz" in parsed(tmp_path, pdf(pages)).text


def test_a_paragraph_goes_on_over_the_page(tmp_path: Path) -> None:
    first = lines("The supplier delivers all of the goods and all of the services within thirty", top=100)
    document = parsed(
        tmp_path, pdf([first, lines("days of the notice to proceed and of the first payment by the entity under the", "contract.")])
    )
    assert document.text.count("\n") == 1


def test_words_broken_at_the_end_of_a_line_are_put_together_and_compounds_keep_their_hyphen(tmp_path: Path) -> None:
    document = parsed(tmp_path, pdf([lines(
        "The evaluation was found to be cost-effective, although the procure-", "ment officer did not say why. A more cost-",
        "effective way was not looked for in the financial year 2025-", "26 by the committee. It is well-", "known that a well is known.",
    )]))  # fmt: skip
    assert "procurement officer" in document.text
    assert "A more cost-effective way" in document.text
    assert "2025-26" in document.text
    assert document.text.count("\n") == 1


def test_full_lines_that_end_a_sentence_end_the_paragraph_when_another_word_had_fitted(tmp_path: Path) -> None:
    wide = "The supplier delivers all goods and all services within thirty days of the notice."
    page = lines(wide, "The lowest bid was rejected by the committee without a stated reason.", "Two members were absent.")
    assert parsed(tmp_path, pdf([page])).text == (
        f"{wide} The lowest bid was rejected by the committee without a stated reason.\nTwo members were absent.\n"
    )


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    words = ("The supplier delivers goods to the", "Provincial Hospital of San Isidro,", "which the Committee then inspects.")
    left = [Print(72, 760 - 14 * row, words[row % 3]) for row in range(30)]
    right = [Print(320, 760 - 14 * row, words[row % 3]) for row in range(30)]
    text = parsed(tmp_path, pdf([[*left, *right]])).text
    assert text.count(" ".join(words)) == 20


def test_lists_stay_lists(tmp_path: Path) -> None:
    document = parsed(
        tmp_path, pdf([lines("Three bids were received:", "• Northfield Instruments", "• Mercado Supplies", "1. First", "2. Second")])
    )
    assert document.text == "Three bids were received:\n- Northfield Instruments\n- Mercado Supplies\n1. First\n2. Second\n"


def test_rows_of_a_table_keep_their_cells_apart(tmp_path: Path) -> None:
    rows = [("Bidder", "Price", "Score"), ("Northfield", "1,250,000", "88"), ("Mercado", "1,190,000", "84")]
    page = lines("The bids were scored as follows, after they had been opened in public by the committee:")
    page += [Print(72 + 150 * column, 700 - 16 * row, word) for row, words in enumerate(rows) for column, word in enumerate(words)]
    text = parsed(tmp_path, pdf([page])).text
    assert text.endswith("committee:\nBidder | Price | Score\nNorthfield | 1,250,000 | 88\nMercado | 1,190,000 | 84\n")


def test_raised_figures_stay_on_their_line(tmp_path: Path) -> None:
    page = [Print(72, 700, "An area of 40 m"), Print(150, 705, "2", 7), Print(156, 700, "is leased.")]
    assert parsed(tmp_path, pdf([page])).text == "An area of 40 m2 is leased.\n"


def test_pages_that_are_pictures_are_named(tmp_path: Path) -> None:
    pages = [lines(BODY[:80]), [], [], lines("The end."), []]
    document = parsed(tmp_path, pdf(pages, picture_pages=[1, 2, 4]))
    assert document.warnings == ("Pages 2–3, 5 hold only pictures; text in them was not read.",)


def test_what_was_filled_into_a_form_is_read(tmp_path: Path) -> None:
    appearance = pdf_stream(
        b"BT /F1 11 Tf 2 5 Td (Filled in by hand) Tj ET", b"/Type/XObject/Subtype/Form/BBox[0 0 200 20]/Resources<</Font<</F1 7 0 R>>>>"
    )
    data = pdf_objects([
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>", b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 7 0 R>>>>/Contents 4 0 R/Annots[5 0 R]>>",
        pdf_stream(b"BT /F1 11 Tf 72 700 Td (Name of the bidder:) Tj ET"),
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/V(Filled in by hand)/F 4/Rect[72 640 272 660]/AP<</N 6 0 R>>>>", appearance,
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ])  # fmt: skip
    assert parsed(tmp_path, data).text == "Name of the bidder:\nFilled in by hand\n"


def test_text_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([lines(BODY[:80])] * 3))  # on each page the same, but not to be taken for a running header
    assert parse(path, "pdf", max_chars=250).text
    with pytest.raises(TooLarge):
        parse(path, "pdf", max_chars=200)
