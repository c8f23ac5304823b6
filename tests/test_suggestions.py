"""The questions that are suggested fit the document."""

from __future__ import annotations

from tenderline.review.document import ParsedDocument, Section
from tenderline.review.suggestions import MOST_QUESTIONS, suggested_questions


def suggested(text: str) -> list[str]:
    return suggested_questions(ParsedDocument(kind="txt", text=text, sections=(Section(0, "All", 1, 0, len(text)),)))


def test_a_tender_is_asked_for_its_deadline_and_its_criteria() -> None:
    asked = suggested("Bids must be in before the deadline of 3 May 2027. The award criteria are price (60 %) and quality (40 %).")
    assert asked[:3] == ["What is this document about?", "When must offers be in?", "How are offers judged?"]


def test_a_report_is_not_asked_when_offers_must_be_in() -> None:
    asked = suggested("The finding: the contract was awarded to a single-source supplier. We recommend an open procedure.")
    assert "When must offers be in?" not in asked
    assert "Why was there no open competition?" in asked


def test_there_are_never_too_many() -> None:
    everything = "Bid deadline. Award criteria. Conflict of interest. Penalties. Termination. Warranty. Invoice. EUR 5. 2027. Shall."
    assert len(suggested(everything)) == MOST_QUESTIONS


def test_an_empty_document_has_none() -> None:
    assert suggested(" \n ") == []
