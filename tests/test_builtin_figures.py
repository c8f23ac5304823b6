"""Figures: reading them, sums, shares, words and digits, counts, ranges, currencies, and the same figure given two ways."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tenderline.review.builtin.amounts import cell_amount, find_money
from tenderline.review.builtin.numerals import parse_numeral
from tenderline.review.builtin.rules import consistency, counts, money, names, shares, tables, totals
from tests.builtin_documents import told


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("EUR 1,250,000.50", "1250000.50", "EUR"),
        ("USD1.5 million", "1500000", "USD"),
        ("€ 1.250.000,00", "1250000", "EUR"),
        ("12 500 euros", "12500", "EUR"),
        ("EUR 1 250 000", "1250000", "EUR"),
        ("£5k", "5000", "GBP"),
        ("Rs. 1,25,000", "125000", "INR"),
        ("$2.4m", "2400000", "USD"),
        ("1’250’000 CHF", "1250000", "CHF"),
        ("1,000 US dollars", "1000", "USD"),
    ],
)
def test_amounts_are_read_as_they_are_written(text: str, value: str, currency: str) -> None:
    (amount,) = find_money(f"It cost {text} in all.")
    assert (amount.value, amount.currency) == (Decimal(value), currency)


@pytest.mark.parametrize("text", ["1,200 laptops", "section 12", "N 5", "ALL 5 members", "12 March 2024", "page 1,234"])
def test_plain_numbers_are_not_money(text: str) -> None:
    assert list(find_money(text)) == []


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("fifteen thousand five hundred", 15_500),
        ("one million two hundred thousand", 1_200_000),
        ("two hundred fifty", 250),
        ("nine hundred ninety-nine thousand nine hundred and ninety-nine", 999_999),
        ("one lakh fifty thousand", 150_000),
        ("one point five million", 1_500_000),
    ],
)
def test_numbers_in_words_are_read(words: str, value: int) -> None:
    assert parse_numeral(words) == value


@pytest.mark.parametrize("words", ["two three", "twenty eleven", "two million million", "hundred hundred"])
def test_words_that_make_no_number_have_no_value(words: str) -> None:
    assert parse_numeral(words) is None


def test_a_cell_holds_a_figure_or_it_does_not() -> None:
    held = {text: cell_amount(text) for text in ("1,200", "(120)", "12 %", "EUR 5.50", "n/a", "3.5 kg", "2024-01-01", "")}
    assert {text: figure.value for text, figure in held.items() if figure} == {
        "1,200": 1200, "(120)": -120, "12 %": 12, "EUR 5.50": Decimal("5.50"),
    }  # fmt: skip


def test_a_column_total_that_is_wrong_is_found_at_the_total() -> None:
    text = "Item | Price (EUR)\nDesks | 1,000\nChairs | 2,500\nLamps | 300\nTotal | 3,900\n"
    assert told(tables.wrong_column_totals, text) == ["3,900"]


@pytest.mark.parametrize(
    "text",
    [
        "Item | Price (EUR)\nDesks | 1,000\nChairs | 2,500\nTotal | 3,500\n",
        "Item | Price\nDesks | 1,000\nChairs | 2,500\nSubtotal | 3,500\nLamps | 300\nScreens | 200\nSubtotal | 500\nTotal | 4,000\n",
        "Item | Price\nDesks | 1,000\nChairs | 2,500\nTotal excluding VAT | 3,500\nVAT 20 % | 700\nTotal including VAT | 4,200\n",
        "Item | Unit price | Quantity\nDesks | 100 | 3\nChairs | 50 | 7\nTotal | | 10\n",
        "Year | Share (%)\nA | 33.3\nB | 33.3\nC | 33.3\nTotal | 100.0\n",
        "Name | Age\nAnna | 31\nBen | 42\n",
        "Item | Price\nDesks | 1,000\nChairs | on request\nTotal | 5,000\n",
    ],
)
def test_totals_that_are_right_or_none_are_left_alone(text: str) -> None:
    assert told(tables.wrong_column_totals, text) == []


@pytest.mark.parametrize("heads", ["Beds | Unit price (EUR) | Total (EUR)", "Quantity | Rate | Amount", "No. of days | Daily fee | Total"])
def test_a_line_whose_product_is_wrong_is_found(heads: str) -> None:
    assert told(tables.wrong_line_totals, f"Item | {heads}\nWard A | 120 | 970 | 116,400\nWard B | 230 | 970 | 232,100\n") == ["232,100"]


def test_a_rounded_unit_price_explains_a_small_difference() -> None:
    assert told(tables.wrong_line_totals, "Item | Quantity | Unit price | Total\nBolts | 3,000 | 0.33 | 1,000.00\n") == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The weights are:\n\n- price: 60 %\n- quality: 30 %\n- delivery: 20 %\n", "60 %\n- quality: 30 %\n- delivery: 20 %"),
        ("Criterion | Weight\nPrice | 50%\nQuality | 40%\n", "50%\nQuality | 40%"),
        ("Criterion | Weight (%)\nPrice | 50\nQuality | 45\nTotal | 95\n", "50\nQuality | 45"),
        ("Tenders are scored on price (60 %) and quality (50 %).", "60 %) and quality (50 %"),
        (
            "The costs are divided as follows: 40 percent state, 30 percent city, 20 percent users.",
            "40 percent state, 30 percent city, 20 percent",
        ),
        (
            "Payment schedule:\n1. 30% on signature\n2. 40% on delivery\n3. 20% on acceptance\n",
            "30% on signature\n2. 40% on delivery\n3. 20%",
        ),
    ],
)
def test_shares_that_do_not_make_100_are_found(text: str, quote: str) -> None:
    assert told(shares.shares_not_100, text) == [quote]


@pytest.mark.parametrize(
    "text",
    [
        "The weights are:\n\n- price: 60 %\n- quality: 30 %\n- delivery: 10 %\n",
        "Criterion | Weight (%)\nPrice | 60\nQuality | 40\nTotal | 100\n",
        "The shares were 33.3 %, 33.3 % and 33.3 %, distributed evenly.",
        "Payments:\n- performance security of 10 %\n- retention of 5 %\n- advance payment of 30 %\n",
        "The weight of price rose from 40 % to 50 %.",
        "Damages are 0.5 % a week, up to 10 % of the price allocated to the part.",
        "The criteria require an uptime of 99 % and a pass mark of 60 %.",
        "Region | Growth (%)\nNorth | 3\nSouth | 5\n",
    ],
)
def test_percentages_that_are_complete_or_no_shares_are_left_alone(text: str) -> None:
    assert told(shares.shares_not_100, text) == []


def test_points_that_do_not_make_their_stated_total_are_found() -> None:
    text = "Proposals are scored out of a total of 100 points:\n\n- approach: 40 points\n- team: {} points\n- price: 30 points\n"
    assert told(shares.points_not_total, text.format(20)) == ["40 points\n- team: 20 points\n- price: 30 points"]
    assert told(shares.points_not_total, text.format(30)) == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("He paid EUR 10,000, EUR 20,000 and EUR 30,000, a total of EUR 70,000.", "EUR 70,000"),
        ("Three payments of $1,000, $2,000 and $3,000 add up to $7,000.", "$7,000"),
        ("In total EUR 500,000 was spent: EUR 200,000 on desks and EUR 250,000 on chairs.", "EUR 500,000"),
        ("They bought 12 desks at EUR 500 each, EUR 6,500 in total.", "EUR 6,500"),
    ],
)
def test_a_total_in_a_sentence_that_is_wrong_is_found(text: str, quote: str) -> None:
    assert told(totals.wrong_totals, text) == [quote]


@pytest.mark.parametrize(
    "text",
    [
        "He paid EUR 10,000, EUR 20,000 and EUR 30,000, a total of EUR 60,000.",
        "Of the total of EUR 70,000, EUR 10,000 and EUR 20,000 remain.",
        "The total price of EUR 70,000 exceeds the budget of EUR 50,000 by EUR 20,000.",
        "They bought 12 desks at EUR 500 each, EUR 6,000 in total.",
        "Payments of EUR 10,000 and USD 20,000 add up to EUR 28,000.",
    ],
)
def test_totals_that_are_right_or_of_another_kind_are_left_alone(text: str) -> None:
    assert told(totals.wrong_totals, text) == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("within thirty (60) days", "thirty (60"),
        ("within 60 (thirty) days", "60 (thirty"),
        ("EUR 15,500 (fifteen thousand euros)", "15,500 (fifteen thousand"),
        ("a sum of two hundred thousand dollars (USD 250,000)", "two hundred thousand dollars (USD 250,000"),
        ("24 months (one year)", "24 months (one"),
    ],
)
def test_words_and_digits_that_disagree_are_found(text: str, quote: str) -> None:
    assert told(totals.words_and_digits, f"It is {text} here.") == [quote]


@pytest.mark.parametrize(
    "text",
    [
        "within thirty (30) days",
        "EUR 15,500 (fifteen thousand five hundred euros)",
        "12 months (one year)",
        "five members (2 women)",
        "phase two (3 months)",
        "in chapter two (2020)",
        "Table 4 (one of three)",
        "half (50 %) of the twenty (20) rooms",
        "EUR 1.5 million (one million five hundred thousand euros)",
    ],
)
def test_words_and_digits_that_agree_or_count_other_things_are_left_alone(text: str) -> None:
    assert told(totals.words_and_digits, f"It is {text} here.") == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("There were five reasons for the choice:\n\n- price\n- quality\n- time\n- warranty\n", "five reasons"),
        ("The following three documents are needed:\n1. the form\n2. the price\n3. the bond\n4. the plan\n", "three documents"),
        ("The tender has two lots: (a) desks; (b) chairs; (c) lamps.", "two lots"),
        ("Four companies submitted tenders: Alder, Brook and Cedar.", "Four companies"),
        ("The committee has 5 members:\n- Anna\n- Ben\n- Carl\n- Dora\n", "5 members"),
    ],
)
def test_a_count_that_does_not_fit_its_list_is_found(text: str, quote: str) -> None:
    assert told(counts.wrong_counts, text) == [quote]


@pytest.mark.parametrize(
    "text",
    [
        "There were four reasons for the choice:\n\n- price\n- quality\n- time\n- warranty\n",
        "At least two references are needed, such as:\n- schools\n- offices\n- courts\n",
        "The two members checked that each tender holds:\n- the form\n- the price\n- the bond\n",
        "Three steps follow:\n1. opening\n   - of tenders\n   - of samples\n2. scoring\n3. award\n",
        "The tender has three lots: (a) desks; (b) chairs; (c) lamps.",
        "Within two days:\n- call\n- write\n- go\n",
        "Two companies: Alder, a subsidiary of Brook, and Cedar.",
    ],
)
def test_counts_that_fit_or_do_not_announce_the_list_are_left_alone(text: str) -> None:
    assert told(counts.wrong_counts, text) == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("between EUR 500,000 and EUR 200,000", "EUR 500,000 and EUR 200,000"),
        ("ranging from USD 90 to USD 50", "USD 90 to USD 50"),
        ("between 50 and 20 employees", "50 and 20"),
        ("EUR 900–EUR 500", "EUR 900–EUR 500"),
    ],
)
def test_ranges_that_run_backwards_are_found(text: str, quote: str) -> None:
    assert told(money.reversed_amounts, f"The company is {text}.") == [quote]


@pytest.mark.parametrize(
    "text",
    ["between EUR 200,000 and EUR 500,000", "cut from EUR 500,000 to EUR 200,000", "EUR 500,000 and EUR 200,000", "between 2024 and 2020"],
)
def test_ranges_that_run_forwards_or_are_changes_are_left_alone(text: str) -> None:
    assert told(money.reversed_amounts, f"The price was {text}.") == []


def test_amounts_without_currency_are_one_finding() -> None:
    text = "The contract price of 1,250,000 was approved. The amount paid was 250,000. The value is EUR 5,000."
    assert told(money.missing_currency, text) == ["1,250,000"]


@pytest.mark.parametrize(
    "text",
    [
        "The price was EUR 1,250,000.",
        "All amounts are in euros. The contract price of 1,250,000 was approved.",
        "The amount of 1,250,000 bricks was delivered.",
        "There are 12,500 inhabitants.",
        "Item | Price\nDesks | 12,500\n",
    ],
)
def test_figures_with_a_currency_or_of_other_things_are_left_alone(text: str) -> None:
    assert told(money.missing_currency, text) == []


def test_a_stray_currency_is_questioned_unless_a_rate_is_given() -> None:
    text = "It cost EUR 5,000, EUR 6,000, EUR 7,000 and EUR 8,000. The freight was USD 900."
    assert told(money.second_currency, text) == ["USD 900"]
    assert told(money.second_currency, text + " The exchange rate was 1.10.") == []


@pytest.mark.parametrize(
    ("first", "second", "quote"),
    [
        ("The contract price is EUR 485,000.", "The Contractor receives the contract price of EUR 458,000.", "EUR 458,000"),
        ("The estimated value is EUR 90,000.", "On the basis of the estimated cost of EUR 900,000 a notice was published.", "EUR 900,000"),
        ("A bid security of USD 5,000 is required.", "The tender security is USD 6,000.", "USD 6,000"),
    ],
)
def test_a_figure_given_two_ways_is_found_where_the_second_stands(first: str, second: str, quote: str) -> None:
    assert told(consistency.same_figure_two_ways, f"{first}\n\n{second}", kind="tender") == [quote]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The contract price is EUR 485,000.", "The revised contract price is EUR 458,000."),
        ("The contract price is EUR 485,000 excluding VAT.", "The contract price is EUR 577,150 including VAT."),
        ("The budget for lot 1 is EUR 5,000.", "The budget for lot 2 is EUR 6,000."),
        ("The contract price is EUR 485,000.", "The contract price of EUR 485,000 is fixed."),
    ],
)
def test_figures_that_agree_or_differ_for_a_reason_are_left_alone(first: str, second: str) -> None:
    assert told(consistency.same_figure_two_ways, f"{first}\n\n{second}", kind="tender") == []


def test_two_swapped_digits_are_questioned_once() -> None:
    text = "Alder offered EUR 890,400. The award of EUR 890,400 was published.\n\nThe invoice was for EUR 894,000."
    assert told(consistency.same_figure_two_ways, text) == ["EUR 894,000"]
    assert told(consistency.same_figure_two_ways, text.replace("894,000", "890,500")) == []


def test_a_paragraph_that_comes_twice_is_found_at_the_second_place() -> None:
    paragraph = (
        "The contractor shall inspect every light twice a year, replace failed lamps within three working days and keep a record of it."
    )
    assert told(consistency.repeated_paragraphs, f"{paragraph}\n\nSomething else.\n\n{paragraph}") == [paragraph]
    assert told(consistency.repeated_paragraphs, f"{paragraph}\n\n{paragraph[:-3]} all.") == []


def test_a_name_spelled_two_ways_is_questioned() -> None:
    text = "Mr Achterberg chaired it. Ms Varga wrote to Mr Achterberg. Mr Achtenberg signed. Delmore Medical Ltd won."
    assert told(names.misspelled_names, text) == ["Achtenberg"]
    assert told(names.misspelled_names, "Mr Hansen met Mr Hanson. Ms Lee met Ms Leo. Lot 1 Ltd and Lot 2 Ltd.") == []
