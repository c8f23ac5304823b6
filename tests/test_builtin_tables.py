"""What figures and dates of a table or list show by themselves, whatever its header says, and near misses that are left alone."""

from __future__ import annotations

import pytest

from tenderline.review.builtin.rules import changes, completeness, counts, definitions, relations, sides, timetables
from tenderline.review.builtin.view import DocumentView, SectionView
from tests.builtin_documents import document, told

PRICES = "Part | Each | Pieces | EUR\nA | 12.50 | 40 | 500.00\nB | 8.00 | 25 | 200.00\nC | 3.20 | 10 | {}\nD | 6.00 | 15 | 90.00\n"
SUMS = "Firm | Main | Side | Both\nA | 1,200 | 300 | 1,500\nB | 1,450 | 250 | 1,700\nC | 1,300 | 400 | {}\n"
POINTS = "Aspect | X | Y | Z\nDesign | 30 | 25 | 35\nCare | 20 | 30 | 25\nResult | 50 | 55 | {}\n"
TIMES = "Step | Day\nNotice | 4 May 2026\nQuestions | 18 May 2026\nOffers | {}\nDecision | 29 June 2026\nStart | 3 August 2026\n"


@pytest.mark.parametrize(("table", "right", "wrong"), [(PRICES, "32.00", "23.00"), (SUMS, "1,700", "1,600"), (POINTS, "60", "66")])
def test_a_figure_that_breaks_what_all_other_rows_or_columns_follow_is_found(table: str, right: str, wrong: str) -> None:
    assert told(relations.wrong_relations, table.format(right)) == []
    (quote,) = told(relations.wrong_relations, table.format(wrong))
    assert quote.endswith(wrong)


def test_columns_that_have_nothing_to_do_with_one_another_are_left_alone() -> None:
    assert told(relations.wrong_relations, "A | B | C\n2 | 31 | 62\n7 | 12 | 5\n9 | 4 | 8\n3 | 40 | 11\n") == []


def test_one_date_out_of_order_in_a_timetable_is_found() -> None:
    assert told(timetables.timetable_order, TIMES.format("8 June 2026")) == []
    assert told(timetables.timetable_order, TIMES.format("8 May 2026")) == ["8 May 2026"]
    listed = "- 4 May 2026: notice\n- 18 May 2026: questions\n- 8 June 2026: offers\n- 2 June 2026: opening\n- 29 June 2026: decision\n"
    assert told(timetables.timetable_order, listed) == ["2 June 2026"]


def test_dates_in_no_order_at_all_are_no_timetable() -> None:
    assert told(timetables.timetable_order, TIMES.format("8 May 2027").replace("18 May 2026", "18 May 2028")) == []


@pytest.mark.parametrize(("share", "found"), [("25", []), ("20", []), ("31", ["31 %"])])
def test_a_percentage_between_two_amounts_fits_one_of_them_as_its_base(share: str, found: list[str]) -> None:
    text = f"The price of EUR 500,000 is {share} % above the EUR 400,000 of the year before."
    assert told(changes.wrong_changes, text) == found


def test_a_count_before_a_table_is_compared_with_its_rows() -> None:
    table = "Firm | Offer\nAlder | 1\nBrook | 2\nCedar | 3\n"
    assert told(counts.wrong_counts, f"Four firms sent an offer:\n\n{table}") == ["Four firms"]
    assert told(counts.wrong_counts, f"Three firms sent an offer:\n\n{table}") == []


def test_an_abbreviation_of_the_trade_is_not_asked_for_but_a_name_of_the_documents_own_is() -> None:
    assert told(definitions.undefined_acronyms, "Bars of TMT steel and OPC 43 cement are used; firms registered with NSIC pay less.") == []
    assert told(definitions.undefined_acronyms, "The claim goes to the QRVB.") == ["QRVB"]


def last_section(text: str) -> SectionView:
    view = DocumentView(document(text), "document", lambda: None)
    return view.section(view.last)


def test_what_a_contract_calls_its_parties_is_known_from_its_beginning() -> None:
    text = "# Agreement\n\nMade between Alder plc (the “Board”) and Brook plc (the “Operator”).\n\n## End\n\n"
    text += "The Board may terminate this contract at any time without giving notice. {}\n"
    assert len(list(sides.one_sided(last_section(text.format(""))))) == 1
    assert list(sides.one_sided(last_section(text.format("The Operator may terminate it at any time too.")))) == []


def test_one_empty_line_to_sign_on_beside_a_date_is_a_missing_signature() -> None:
    text = "# Report of the audit\n\n" + "The auditors looked at all files and found them in order. " * 20
    text += "\n\nSigned by A. Alder, 3 May 2026\n\nApproved by: {}\n"
    assert list(completeness.missing_signature(last_section(text.format("B. Brook")))) == []
    assert len(list(completeness.missing_signature(last_section(text.format("____________"))))) == 1
