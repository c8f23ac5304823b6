"""How a section is taken apart: blocks, sentences, lists, tables, pieces."""

from __future__ import annotations

import pytest

from tenderline.review.builtin.kind import document_kind
from tenderline.review.builtin.text import clip, pieces, split_blocks, split_lists, split_rows, split_sentences
from tenderline.review.builtin.view import DocumentView
from tests.builtin_documents import document
from tests.builtin_texts import CLEAN_CONTRACT, CLEAN_REPORT, CLEAN_TENDER


def sentences(text: str) -> list[str]:
    return [text[span.start : span.end] for span in split_sentences(text, 0, len(text))]


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Smith and Dr. J. K. Brown of Alder Ltd. paid EUR 1.5 million.",
        "See Art. 12 para. 3 of the Act, e.g. on p. 7, etc. and so on.",
        "The version 2.1. of the file is here.",
        "It was signed by J. Brown in the U.S. market.",
    ],
)
def test_abbreviations_and_initials_do_not_end_a_sentence(text: str) -> None:
    assert sentences(text) == [text]


def test_sentences_end_at_stops_quotes_and_lettered_annexes() -> None:
    assert sentences("He said “no.” She left! See Annex B. The end? Yes.") == [
        "He said “no.”",
        "She left!",
        "See Annex B.",
        "The end?",
        "Yes.",
    ]


def test_an_endless_sentence_is_cut_so_that_no_rule_runs_long_on_it() -> None:
    text = "word " * 2_000
    assert max(span.end - span.start for span in split_sentences(text, 0, len(text))) <= 2_500


def test_hard_wrapped_paragraphs_are_joined_and_list_items_are_not() -> None:
    text = "The committee met on the fifth day of the month and decided\nthat Alder Ltd wins.\n\n- one\n- two\n  and more\n"
    blocks = split_blocks(text)
    assert [(block.kind, text[block.body : block.end]) for block in blocks] == [
        ("prose", "The committee met on the fifth day of the month and decided\nthat Alder Ltd wins."),
        ("item", "one"),
        ("item", "two\n  and more"),
    ]


def test_lists_pass_over_nested_items() -> None:
    blocks = split_blocks("Steps:\n1. opening\n   - of tenders\n   - of samples\n2. scoring\n3. award\n\nDone.\n")
    (steps,) = (items for items in split_lists(blocks) if len(items.items) == 3)
    assert steps.lead == 0


@pytest.mark.parametrize("text", ["A | B\nx | 1\ny | 2\n", "| A | B |\n|---|---|\n| x | 1 |\n| y | 2 |\n"])
def test_tables_have_a_header_and_cells_with_their_places(text: str) -> None:
    (table,) = split_rows(text, split_blocks(text))
    assert [[cell.text for cell in row] for row in table.rows] == [["A", "B"], ["x", "1"], ["y", "2"]]
    assert [cell.text for cell in table.header] == ["A", "B"]
    assert all(text[cell.start : cell.end] == cell.text for row in table.rows for cell in row)


@pytest.mark.parametrize("text", ["a" * 50_000, "a b " * 12_000, "line\n" * 10_000, "", "x"])
def test_pieces_cover_the_text_without_gap_or_overlap(text: str) -> None:
    cut = list(pieces(text))
    assert "".join(text[start:end] for start, end in cut) == text
    assert all(end - start <= 16_000 for start, end in cut)


def test_a_long_quote_is_cut_at_a_space() -> None:
    text = "  " + "word " * 100
    span = clip(text, 0, len(text))
    assert text[span.start : span.end].split() == ["word"] * len(text[span.start : span.end].split())
    assert span.end - span.start < 200


@pytest.mark.parametrize(("text", "kind"), [(CLEAN_REPORT, "report"), (CLEAN_TENDER, "tender"), (CLEAN_CONTRACT, "contract")])
def test_the_kind_of_a_document_is_recognised(text: str, kind: str) -> None:
    assert DocumentView(document(text), "file", lambda: None).kind == kind


@pytest.mark.parametrize("text", ["", "Dear Anna, thank you for the flowers.", "Protokoll der Sitzung vom 5. Mai. Alle waren da."])
def test_a_document_of_no_such_kind_is_called_other(text: str) -> None:
    assert document_kind("file", text, ["Document"]) == "other"
