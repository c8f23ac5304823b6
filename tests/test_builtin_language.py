"""Missing parts, wording, grammar and spelling."""

from __future__ import annotations

from functools import partial

import pytest

from tenderline.review.builtin.english import dialect_of, is_english
from tenderline.review.builtin.linters import Linters
from tenderline.review.builtin.rules import completeness, wording
from tenderline.review.builtin.rules.language import MOST, language
from tenderline.review.builtin.rules.sifting import SURE
from tenderline.review.builtin.view import DocumentView
from tests.builtin_documents import document, told
from tests.builtin_texts import CLEAN_REPORT, CLEAN_TENDER

LINTERS = Linters()
lint = partial(language, LINTERS)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The evaluation commitee met in the town hall on Monday.", "commitee"),
        ("The unit has recieved the documents from the supplier.", "recieved"),
        ("They sent it to the the office of the auditor in the town.", "the the"),
        ("The supplier did not delivered the goods that were ordered.", "delivered"),
        ("It was an contract that the mayor and the supplier signed.", "an"),
        ("The informations was sent to the members of the committee.", "informations"),
        ("The bidder could of submitted the form to the office in time.", "could of"),
        ("The goods was delivered to the school in the month of May.", "The goods was"),
        ("There is several reasons for which the tender was rejected.", "There is several"),
        ("The principle investigator wrote this report for the board.", "principle investigator"),
        ("He was responsible of the file that the auditors asked for.", "responsible of"),
        ("The payments where made by the bank on the first of May.", "payments where made"),
        ("At this point in time the committee has not yet decided on it.", "this point in time"),
    ],
)
def test_mistakes_are_found_on_the_right_words(text: str, quote: str) -> None:
    assert any(quote in found for found in told(lint, text))


@pytest.mark.parametrize(
    "text",
    [
        "Ms Lindqvist of Brightwater Computing wrote to Mr Achterberg in Oyelaran on the same day.",
        "The tenderers were prequalified, and the subcontractors were debarred by the agency.",
        "The file MOE/T/2023/08 and the code qzxv-77 were sent to j.brown@example.org by the unit.",
        "The price of EUR 1,250,000.00 is for 120 lm/W and 60,000 h, as the annex says.",
        "The price of the goods was high, and one of the bidders has left; (a) any file is here.",
        "Its members declare that they had had no conflict; an MOE letter and a EUR 5 fee were sent.",
        "IAU STAFF MUST NOT SIGN. The IAU is the unit of the ministry that the auditors work for.",
    ],
)
def test_names_codes_terms_and_right_sentences_are_left_alone(text: str) -> None:
    assert told(lint, text) == []


def test_a_word_misspelled_many_times_is_one_finding_with_a_count() -> None:
    (remark,) = list(language(LINTERS, DocumentView(document("The commitee met and the commitee left."), "", lambda: None).section(0)))
    assert "2 times" in remark.description


def test_a_word_the_author_uses_throughout_is_a_term() -> None:
    assert told(lint, "The geocell was laid. " * 5 + "The geocell is good for the road of the town.") == []


def test_advice_offers_no_word_twice() -> None:
    view = DocumentView(document("# Terms\nThe contractor shall shall deliver the units in March.\n"), "document", lambda: None)
    remarks = list(lint(view.section(0)))
    assert [remark.suggestion for remark in remarks] == ["Write “shall”."]


def test_at_most_eight_language_findings_come_from_a_section_and_the_surest_first() -> None:
    wrong = (
        "recieve",
        "commitee",
        "seperate",
        "occured",
        "untill",
        "wich",
        "adress",
        "goverment",
        "enviroment",
        "existance",
        "neccessary",
        "publically",
    )
    text = " ".join(f"The member of the board was told that the {word} is in the town." for word in wrong)
    assert 6 <= len(told(lint, text)) <= MOST


@pytest.mark.parametrize(("text", "dialect"), [(CLEAN_REPORT, "british"), (CLEAN_TENDER, "american")])
def test_the_dialect_is_recognised(text: str, dialect: str) -> None:
    assert dialect_of(DocumentView(document(text), "", lambda: None)) == dialect


def test_both_dialects_are_right_in_their_documents_and_a_mixture_is_told() -> None:
    british = "The organisation of the labour and the colour of the programme were analysed by the centre. "
    american = "The organization of the labor and the color of the program were analyzed by the center. "
    assert told(lint, british) == []
    assert told(lint, american) == []
    assert told(lint, british + british + "The favor was small for the labour of the day.") == ["favor"]


def test_a_lone_surrogate_does_not_stop_the_linter() -> None:
    assert told(lint, "The evaluation commitee met in the \ud800 town hall on Monday.") == ["commitee"]


@pytest.mark.parametrize(
    "text", ["La commission a examiné les offres reçues et a rejeté celle de la société.", "采购委员会审查了投标文件。"]
)
def test_other_languages_are_not_linted(text: str) -> None:
    assert not is_english(text)
    assert told(lint, text) == []


def test_every_rule_of_the_linter_that_is_trusted_exists() -> None:
    from harper import get_default_lint_config

    assert set(SURE) <= set(get_default_lint_config())


def test_many_passive_sentences_are_one_finding() -> None:
    text = (
        "The file was checked. The tender was then rejected. The letter was not answered. The goods were ordered. "
        "The price was paid on Monday. "
    )
    assert told(wording.passive_voice, text * 2) == ["was then rejected"]
    assert told(wording.passive_voice, text + "The board met. " * 3 + "The auditors read all the files again. " * 9) == []
    assert told(wording.passive_voice, "The file was checked by the board of the town. " * 9) == []


def test_very_long_sentences_are_one_finding_on_the_longest() -> None:
    long = "The committee " + "and the members of the board of the town " * 10 + "met."
    (quote,) = told(wording.long_sentences, f"{long} {long[:-1]} again. Short.")
    assert quote.endswith("again.")
    assert told(wording.long_sentences, "The board met. " * 40) == []


def test_a_cluster_of_vague_words_is_one_finding() -> None:
    text = (
        "The contractor shall deliver sufficient goods of good quality as soon as possible and provide adequate staff where necessary. "
        "It must repair faults promptly and replace parts from time to time as appropriate, etc."
    )
    assert told(wording.vague_words, text) == ["sufficient"]
    assert told(wording.vague_words, CLEAN_TENDER.split("## 3.")[1].split("## 4.")[0]) == []


def parts(text: str, section: int) -> list[str]:
    view = DocumentView(document(text), "", lambda: None).section(section)
    return [remark.description for rule in (completeness.missing_parts, completeness.missing_signature) for remark in rule(view)]


def test_missing_parts_are_told_once_where_a_reader_looks_for_them() -> None:
    text = CLEAN_REPORT[: CLEAN_REPORT.index("## 5. Conclusions")] + "## 6. Next\n\nThe board will meet again in July. " * 3
    text = text.replace("Prepared for", "For")
    sections = len(document(text).sections)
    last = parts(text, sections - 1)
    assert any("a conclusion" in description for description in last)
    assert any("signed, prepared or approved" in description for description in last)
    assert [parts(text, section) for section in range(1, sections - 1)] == [[]] * (sections - 2)


def test_a_document_that_is_only_a_part_of_a_tender_lacks_nothing() -> None:
    text = "# Tender form\n\nThe tenderer must sign. Tenderers shall fill in all fields. " + "Tenders must be clear. " * 60
    assert parts(text, 0) == []


def test_a_short_text_misses_nothing() -> None:
    assert parts("# Report of the audit\n\nThe auditors found nothing.", 0) == []


def test_an_empty_section_is_told_but_not_a_heading_above_others() -> None:
    parsed = document("# Report\n## 1. Facts\n### 1.1 People\nThey met.\n## 2. Result\n## 3. End\nThe end.\n")
    view = DocumentView(parsed, "", lambda: None)
    empty = {section.title for section in parsed.sections if list(completeness.empty_sections(view.section(section.index)))}
    assert empty == {"2. Result"}
