"""Answers by quoting: exact sources, honest refusals, and odd questions and documents."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tenderline.errors import TaskCancelled
from tenderline.review.builtin import BuiltinReviewer
from tenderline.review.builtin.chat.answering import MOST_PASSAGES, NO_TEXT, NOT_FOUND
from tenderline.review.builtin.chat.ranking import holds, wanted
from tenderline.review.builtin.chat.terms import relatives, stem, terms
from tenderline.review.document import ParsedDocument, Section
from tenderline.review.reviewer import Answer, ChatRequest
from tests.builtin_documents import context, document, settings
from tests.builtin_texts import CLEAN_REPORT, CLEAN_TENDER

REPORT, TENDER = document(CLEAN_REPORT), document(CLEAN_TENDER)


@pytest.fixture(scope="module")
def reviewer() -> BuiltinReviewer:
    return BuiltinReviewer(settings())


def ask(reviewer: BuiltinReviewer, parsed: ParsedDocument, question: str, **request: object) -> Answer:
    return reviewer.answer(ChatRequest(parsed, "document", question, **request), context())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "question", ["When was the contract signed?", "What is the total price of Brightwater?", "What is the legal basis?", "deadline", "IAU"]
)
def test_sources_are_exact_and_the_response_says_that_it_quotes(reviewer: BuiltinReviewer, question: str) -> None:
    answer = ask(reviewer, REPORT, question)
    assert answer.found
    assert answer.reviewer == "Built-in reviewer"
    assert 1 <= len(answer.sources) <= MOST_PASSAGES
    for source in answer.sources:
        assert REPORT.section_text(source.section)[source.start : source.end] == source.quote
        assert REPORT.sections[source.section].title == source.title
        assert f"From “{source.title}”: “{' '.join(source.quote.split())}”" in answer.response
    assert answer.response.startswith("Here is what the document says.")


@pytest.mark.parametrize("question", ["What is the capital of France?", "How tall is the Eiffel Tower?", "?", "!!!", "the of and", "Hi"])
def test_what_the_document_does_not_tell_is_said_honestly(reviewer: BuiltinReviewer, question: str) -> None:
    assert ask(reviewer, REPORT, question) == Answer(NOT_FOUND, (), False, "Built-in reviewer")


@pytest.mark.parametrize("text", ["", "   \n\n  "])
def test_an_empty_document_has_no_answers(reviewer: BuiltinReviewer, text: str) -> None:
    empty = ParsedDocument("txt", text, (Section(0, "Document", 0, 0, len(text)),))
    assert ask(reviewer, empty, "When was it signed?") == Answer(NO_TEXT, (), False, "Built-in reviewer")


def test_a_question_of_four_thousand_characters_is_read(reviewer: BuiltinReviewer) -> None:
    padding = "Please tell me about it, if you can. " * 100
    assert ask(reviewer, REPORT, f"When was the contract signed? {padding}"[:4_000]).found


def test_the_text_grows_passage_by_passage(reviewer: BuiltinReviewer) -> None:
    seen: list[str] = []
    answer = reviewer.answer(ChatRequest(REPORT, "document", "When was the contract signed?"), context(), seen.append)
    assert len(seen) == len(answer.sources) > 1
    assert all(later.startswith(earlier) for earlier, later in pairwise(seen))
    assert seen[-1] == answer.response


def test_a_refusal_is_told_to_the_listener_too(reviewer: BuiltinReviewer) -> None:
    seen: list[str] = []
    reviewer.answer(ChatRequest(REPORT, "document", "How tall is the Eiffel Tower?"), context(), seen.append)
    assert seen == [NOT_FOUND]


def test_of_two_equal_passages_the_readers_section_comes_first(reviewer: BuiltinReviewer) -> None:
    parsed = document("# North\nThe warranty is 24 months.\n\n# South\nThe warranty is 36 months.\n")
    for section, months in ((0, "24"), (1, "36")):
        assert months in ask(reviewer, parsed, "How long is the warranty?", section=section).sources[0].quote


def test_a_short_follow_up_is_read_with_the_question_before(reviewer: BuiltinReviewer) -> None:
    history = (("user", "What is the warranty on replaced parts?"), ("assistant", "24 months."))
    answer = ask(reviewer, TENDER, "And how long?", history=history)
    assert any("24 months" in source.quote for source in answer.sources)


def test_what_a_document_is_about_is_answered_from_its_purpose(reviewer: BuiltinReviewer) -> None:
    answer = ask(reviewer, REPORT, "What is this document about?")
    assert answer.sources[0].title == "1. Purpose and scope"


def test_its_sections_are_listed_on_request(reviewer: BuiltinReviewer) -> None:
    answer = ask(reviewer, REPORT, "Which sections does it have?")
    assert answer.found
    assert all(section.title in answer.response for section in REPORT.sections)


def test_a_table_row_is_found_by_its_heading_and_quoted_whole(reviewer: BuiltinReviewer) -> None:
    (source, *_) = ask(reviewer, TENDER, "What weight does the price have?").sources
    assert source.quote == "Price | 60"


def test_a_cancelled_question_stops(reviewer: BuiltinReviewer) -> None:
    stopped = context()
    stopped.cancel()
    with pytest.raises(TaskCancelled):
        reviewer.answer(ChatRequest(REPORT, "document", "When?"), stopped)


@pytest.mark.parametrize("seed", ["9", ".", " ", "(", "a ", "采购", "\u202e", "\x00", "A. B", "x | 1\n", "\ud800 "])
def test_hostile_documents_and_questions_do_no_harm(reviewer: BuiltinReviewer, seed: str) -> None:
    text = (seed * 50_000)[:50_000]
    parsed = ParsedDocument("txt", text, (Section(0, "Document", 0, 0, len(text)),))
    for question in ("When was the contract signed?", (seed * 4_000)[:4_000] or "?"):
        for source in ask(reviewer, parsed, question).sources:
            assert text[source.start : source.end] == source.quote


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How much does it cost?", "money"),
        ("What is the total amount?", "money"),
        ("When does it start?", "date"),
        ("How long is it valid?", "length"),
        ("How often are they cleaned?", "frequency"),
        ("Who signed it?", "name"),
        ("How many lots are there?", "count"),
        ("What weight has the price?", "share"),
        ("Is a bond required?", ""),
    ],
)
def test_the_kind_of_answer_wanted_is_recognised(question: str, kind: str) -> None:
    assert wanted(question) == kind


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("money", "It costs EUR 5."),
        ("date", "on 5 May 2024"),
        ("length", "for 30 days"),
        ("name", "by the committee"),
        ("count", "seven people"),
    ],
)
def test_a_text_holds_the_kind_of_answer_or_not(kind: str, text: str) -> None:
    assert holds(kind, text)
    assert not holds(kind, "nothing of the sort")


def test_words_are_reduced_to_stems_and_know_their_relatives() -> None:
    assert stem("tenderers") == stem("tenderer")
    assert stem("890,400") == "890400"
    assert "the" not in terms("The price of the goods")
    assert stem("cost") in relatives(stem("price"))
