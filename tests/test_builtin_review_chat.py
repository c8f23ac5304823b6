"""Questions about the review itself, without a model."""

from __future__ import annotations

import pytest

from tenderline.review.builtin.chat.review_so_far import is_about_review, review_answer
from tenderline.review.reviewer import KnownFinding

FINDINGS = (
    KnownFinding("Price", "High", "Figures and sums", "The sum is 90, not 100.", "Correct it.", "accepted"),
    KnownFinding("Scope", "Low", "Clarity", "“promptly” can be read in two ways.", "Say when.", "rejected"),
    KnownFinding("", "High", "Completeness", "The document names no award criteria.", "Add them.", "pending"),
)


@pytest.mark.parametrize(
    "question",
    [
        "Which findings did I accept?",
        "How many findings are undecided?",
        "List the high-risk findings",
        "What findings are there so far?",
        "What did you find?",
        "Which remarks did the reviewer make?",
    ],
)
def test_a_question_about_the_review_is_known_for_one(question: str) -> None:
    assert is_about_review(question)


@pytest.mark.parametrize(
    "question",
    ["What are the findings of the audit?", "Which offers were accepted?", "What is the contract value?", "Which risks are named?"],
)
def test_a_question_about_the_document_is_not(question: str) -> None:
    assert not is_about_review(question)


def test_the_answer_counts_and_names_what_fits() -> None:
    answer = review_answer("Which high-risk findings are undecided?", FINDINGS)
    assert "3 findings so far: 1 accepted, 1 rejected, 1 undecided." in answer
    assert "1 finding fits the question." in answer
    assert "High risk, the whole document, undecided: The document names no award criteria." in answer
    assert "The sum is 90" not in answer


def test_without_findings_it_says_so() -> None:
    assert review_answer("Which findings are accepted?", ()).startswith("Nothing was found")
