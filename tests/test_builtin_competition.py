"""Competition, award criteria, remedies, evidence and recommendations: what the rules find, and near misses they leave alone."""

from __future__ import annotations

import pytest

from tenderline.review.builtin.rules import competition, criteria, evidence, splitting
from tests.builtin_documents import told


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The laptops must be Lenovo ThinkPad.", "Lenovo ThinkPad"),
        ("The supplier shall deliver Toyota vehicles with air conditioning.", "Toyota"),
        ("Item | Requirement\nSwitch | Cisco, 48 ports\n", "Cisco"),
        ("Brand: Acmetron, 5 litres required.", "Acmetron"),
        ("Only genuine Kyotech spare parts are required.", "Kyotech"),
    ],
)
def test_a_brand_without_or_equivalent_is_found(text: str, quote: str) -> None:
    assert quote in told(competition.brands, text, kind="tender", title="Technical requirements")


@pytest.mark.parametrize(
    "text",
    [
        "The laptops must be Lenovo ThinkPad or equivalent.",
        "The software must be compatible with the existing Microsoft servers.",
        "Siemens AG and Philips Services Ltd must sign the form.",
        "The laptops must have 16 GB of memory.",
        "Where a brand is named in these documents, an equivalent product is accepted. The pumps must be Grundfos.",
    ],
)
def test_brands_that_leave_room_and_companies_are_left_alone(text: str) -> None:
    assert told(competition.brands, text, kind="tender", title="Technical requirements") == []


def test_a_report_about_a_brand_is_left_alone() -> None:
    assert told(competition.brands, "The specification required Cisco switches only.", kind="report") == []


@pytest.mark.parametrize(
    "text",
    [
        "The beds were bought through direct contracting.",
        "The unit awarded the contract by single-source procurement.",
        "The ministry signed the contract without competition.",
        "A sole-source contract was approved on 5 May 2024.",
    ],
)
def test_a_purchase_without_competition_and_without_reason_is_found(text: str) -> None:
    assert len(told(competition.uncompeted, text, kind="report")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "The beds were bought through direct contracting because the only manufacturer holds a patent.",
        "The unit used single-source procurement. The flood had destroyed the depot, and the need was urgent.",
        "Single-source procurement is allowed only where section 40 permits it.",
        "No single-source contract was found.",
        "The complaint alleges that a sole-source contract was signed.",
    ],
)
def test_a_purchase_without_competition_that_is_explained_or_did_not_happen_is_left_alone(text: str) -> None:
    assert told(competition.uncompeted, text, kind="report") == []


def test_a_turnover_above_twice_the_value_is_found() -> None:
    text = "The estimated value is EUR 400,000. The annual turnover must be at least EUR {}."
    assert told(competition.turnover, text.format("2,000,000"), kind="tender") == ["EUR 2,000,000"]
    assert told(competition.turnover, text.format("800,000"), kind="tender") == []


def test_amounts_just_below_a_threshold_are_questioned_unless_the_text_deals_with_it() -> None:
    text = "The threshold is EUR 10,000. Purchase | Price\n\nA | EUR 9,800\nB | EUR 9,500\nC | EUR {}\n"
    assert told(splitting.just_below_threshold, text.format("9,900"), kind="report") == ["EUR 9,800"]
    assert told(splitting.just_below_threshold, text.format("4,000"), kind="report") == []
    assert told(splitting.just_below_threshold, text.format("9,900") + "\nThe purchases were split.", kind="report") == []


@pytest.mark.parametrize(
    "text",
    [
        "Tenders are evaluated on the basis of price, quality and delivery time.",
        "The award criteria are:\n\n- quality of the design\n- experience of the team\n- price\n",
    ],
)
def test_criteria_without_weights_are_found(text: str) -> None:
    assert len(told(criteria.criteria_without_weights, text, kind="tender", title="Evaluation")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Tenders are evaluated on the basis of price (60 %), quality (30 %) and delivery time (10 %).",
        "The award criteria are, in descending order of importance, quality, price and experience.",
        "The contract goes to the lowest price among the tenders that meet the quality requirements.",
        "The award criteria price and quality are scored as Annex 4 says.",
        "The committee evaluates the tenders.",
    ],
)
def test_criteria_with_weights_or_an_order_are_left_alone(text: str) -> None:
    assert told(criteria.criteria_without_weights, text, kind="tender", title="Evaluation") == []


def test_discretion_is_found_once_with_a_count() -> None:
    text = "The award is at the sole discretion of the mayor. The town selects the most suitable tender."
    assert told(criteria.discretion, text, kind="tender") == ["at the sole discretion"]
    assert told(criteria.discretion, "The contractor chooses the tools at its discretion.", kind="tender") == []


def test_damages_without_a_limit_are_found() -> None:
    text = "Liquidated damages of 0.5 % per week are due for late delivery."
    assert told(criteria.uncapped_damages, text, kind="contract") == ["5 % per week"]
    assert told(criteria.uncapped_damages, text + " They may not exceed 10 % of the price.", kind="contract") == []


def test_remedies_for_one_side_only_are_told_once() -> None:
    text = "Liquidated damages are due for late delivery. The town pays by transfer."
    assert told(criteria.one_sided_remedies, text, kind="contract") == ["Liquidated damages"]
    assert told(criteria.one_sided_remedies, text + " Overdue invoices bear interest.", kind="contract") == []
    assert told(criteria.one_sided_remedies, "Penalties apply.", kind="contract", title="Later", after="") == []


@pytest.mark.parametrize(
    "text",
    [
        "The head of the unit accepted bribes and leaked the prices.",
        "Mr Brandt falsified the signature of his deputy.",
        "The director favoured his cousin's company.",
        "The three companies colluded.",
    ],
)
def test_blame_without_evidence_is_found(text: str) -> None:
    assert told(evidence.unsupported_allegations, text, kind="report") == [text]


def test_blame_without_evidence_is_found_on_the_sentence() -> None:
    text = "The team met in May. It was a warm day. The three companies colluded on price. Then came June. It rained."
    assert told(evidence.unsupported_allegations, text, kind="report") == ["The three companies colluded on price."]


@pytest.mark.parametrize(
    "text",
    [
        "The three companies colluded on price, as the emails in Annex 4 show.",
        "The companies colluded. Ms Varga confirmed this in her interview.",
        "The complaint alleges that the companies colluded.",
        "There is no evidence that anybody was bribed.",
        "Officials must not accept bribes.",
        "Did the companies collude and was anybody bribed?",
        "The Anti-Corruption Act was applied.",
    ],
)
def test_blame_with_evidence_or_not_asserted_is_left_alone(text: str) -> None:
    assert told(evidence.unsupported_allegations, text, kind="report") == []


def test_hearsay_is_one_finding() -> None:
    text = "It is widely believed that he left. Reportedly he sold his house. Reliable sources say so."
    assert told(evidence.hearsay, text, kind="report") == ["It is widely believed"]
    assert told(evidence.hearsay, "The press wrote about rumours, but the letter in Annex 2 confirms the date.", kind="report") == []


RECOMMENDATIONS = (
    "1. The Procurement Unit should keep a register by 30 June 2025.\n2. {}\n3. The Board shall appoint a chair within 30 days.\n"
)


@pytest.mark.parametrize(
    ("item", "quotes"),
    [
        ("Training should be provided on the rules.", 2),
        ("The Legal Department should train the staff.", 1),
        ("Training should be provided by the Legal Department.", 1),
        ("All files should be archived by 31 December 2025.", 1),
        ("The Legal Department should train the staff by the end of 2025.", 0),
        ("Training should be given by the Legal Department before the next tender.", 0),
    ],
)
def test_recommendations_without_owner_or_date_are_found(item: str, quotes: int) -> None:
    found = told(evidence.open_recommendations, RECOMMENDATIONS.format(item), kind="report", title="Recommendations")
    assert found == [item] * quotes


def test_recommendations_in_a_table_with_owner_and_date_are_complete() -> None:
    text = "No. | Recommendation | Responsible | Deadline\n1 | Keep a register of contracts | Procurement Unit | June 2025\n"
    assert told(evidence.open_recommendations, text, kind="report", title="Recommendations") == []


def test_shoulds_outside_recommendations_are_left_alone() -> None:
    assert told(evidence.open_recommendations, "Training should be provided on the rules.", kind="report", title="Facts") == []
