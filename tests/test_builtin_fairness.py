"""Rules of the built-in reviewer for what is unfair: conditions for one side only, needs cut into pieces, choices left open."""

from __future__ import annotations

import pytest

from tenderline.review.builtin.rules import competition, criteria, money, shares, sides, splitting
from tests.builtin_documents import told

WITHOUT_CAUSE = "The Purchaser may cancel this agreement at any time without cause."


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (WITHOUT_CAUSE, 1),
        ("Either side may cancel this agreement at any time without cause.", 0),
        ("The Purchaser may cancel this agreement without cause with 60 days' notice.", 0),
        (WITHOUT_CAUSE + " The Supplier may cancel it too.", 0),
        ("The Supplier owes damages for every late day, whereas the Purchaser is not liable for late payment.", 1),
        ("The Supplier shall indemnify the Purchaser against any and all losses, regardless of who caused them.", 1),
        ("The Supplier shall indemnify the Purchaser against all losses that its negligence has caused.", 0),
        ("The Supplier may not assign the agreement without the consent of the Purchaser.", 0),
        ("In no event shall the Supplier be liable for any loss whatever its cause.", 0),
        ("Rates may be altered by the Purchaser unilaterally.", 1),
    ],
)
def test_a_condition_binds_both_sides(text: str, count: int) -> None:
    frame = "# Supply agreement\n\nThis agreement is made between a buyer and a seller.\n\n# Warranty\n\nOne year.\n\n"
    frame += "# Governing law\n\nThe law of the land applies.\n\n"
    assert len(told_in(frame, text)) == count


def told_in(frame: str, text: str) -> list[str]:
    """What the rule says of a contract that holds no other word on ending it."""
    from tenderline.review.builtin.view import DocumentView
    from tests.builtin_documents import document

    parsed = document(f"{frame}# Conditions\n{text}\n")
    view = DocumentView(parsed, "document", lambda: None)
    assert view.kind == "contract"
    return [remark.description for remark in sides.one_sided(view.section(3))]


def test_a_report_may_tell_of_one_sided_conditions() -> None:
    assert told(sides.one_sided, WITHOUT_CAUSE, kind="report") == []


def test_a_need_is_not_cut_into_pieces_below_a_threshold() -> None:
    text = "The paving is bought by three contracts, so that none of which exceeds and all remain under the limit for open tenders."
    assert told(splitting.divided_need, text, kind="tender") == [text]
    assert told(splitting.divided_need, "A need must not be divided in order to stay below the threshold.", kind="tender") == []


def test_amounts_of_a_column_are_held_against_a_threshold_told_in_other_words() -> None:
    rows = "Invoice | Sum in EUR\nA-1 | 2,900\nA-2 | 2,940\nA-3 | 2,815\n"
    rule = "Orders up to EUR 3,000 require no quotations.\n\n"
    assert told(splitting.just_below_threshold, rule + rows, kind="report") == ["2,900"]
    assert told(splitting.just_below_threshold, "Fines up to EUR 3,000 were imposed.\n\n" + rows, kind="report") == []


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("Tractors must be of the make Ferrox with 90 kW.", ["Ferrox"]),
        ("The vehicles required are Turano GX-400 with four seats.", ["Turano GX-400"]),
        ("Concrete must be of Grade C30 and steel of Class B500.", []),
        ("Screens must be Samsung or equivalent. Phones must be Nokia.", ["Nokia"]),
        ("Phones must be Nokia. Equivalent products of any maker are accepted.", []),
    ],
)
def test_a_brand_needs_its_own_equivalent(text: str, quotes: list[str]) -> None:
    assert told(competition.brands, text, kind="tender", title="Technical requirements") == quotes


@pytest.mark.parametrize(
    "text",
    [
        "The winner is whoever the panel thinks is the best.",
        "Points are given in the evaluators' opinion.",
        "Any other considerations that the mayor regards as important are taken into account.",
    ],
)
def test_words_that_leave_the_award_open_are_told(text: str) -> None:
    assert len(told(criteria.discretion, text, kind="tender", title="Evaluation of bids")) == 1


def test_criteria_below_their_heading_need_weights() -> None:
    text = "The panel looks at delivery and cost."
    assert told(criteria.criteria_without_weights, text, kind="tender", title="Evaluation of bids") == [text]
    assert told(criteria.criteria_without_weights, text + " Cost weighs 60 %.", kind="tender", title="Evaluation of bids") == []


def test_one_amount_of_several_in_another_currency_is_a_question() -> None:
    assert told(money.second_currency, "The bids were USD 81,000, USD 79,500 and CAD 80,200.") == ["CAD 80,200"]
    assert told(money.second_currency, "All fees are quoted in pounds. The visa costs €80.") == ["€80"]
    assert told(money.second_currency, "The bids were USD 81,000, USD 79,500 and CAD 80,200 at the exchange rate of 1.4.") == []


def test_enumerated_shares_near_a_whole_must_be_a_whole() -> None:
    assert told(shares.shares_not_100, "Girls make 45 % of the pupils, boys 40 % and others 10 %.") != []
    assert told(shares.shares_not_100, "Attendance was 45 % in May, 70 % in June and 75 % in July.") == []
    assert told(shares.shares_not_100, "Results:\n\n* wool: 45 %\n* cotton: 40 %\n* silk: 10 %\n") != []


def test_a_range_with_units_runs_forwards() -> None:
    assert told(money.reversed_amounts, "Humidity is kept between 60 % and 40 %.") == ["60 % and 40"]
    assert told(money.reversed_amounts, "Pipes range from 300 mm to 80 mm.") != []
    assert told(money.reversed_amounts, "Between 60 guests and 40 dogs there was no room.") == []
