"""Dates, steps of a procedure and periods: what the rules find, and near misses they leave alone."""

from __future__ import annotations

from datetime import date

import pytest

from tenderline.review.builtin.moments import find_moments
from tenderline.review.builtin.rules import dates, durations, steps
from tests.builtin_documents import told


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("12 March 2024", [date(2024, 3, 12)]),
        ("the 3rd of May 2023", [date(2023, 5, 3)]),
        ("March 12, 2024", [date(2024, 3, 12)]),
        ("SEPT. 5, 2023", [date(2023, 9, 5)]),
        ("2024-03-12", [date(2024, 3, 12)]),
        ("12-Mar-2024", [date(2024, 3, 12)]),
        ("25/03/2024", [date(2024, 3, 25)]),
        ("25.03.2024", [date(2024, 3, 25)]),
        ("03/04/2024", [date(2024, 4, 3), date(2024, 3, 4)]),
    ],
)
def test_dates_are_read_in_every_common_form(text: str, readings: list[date]) -> None:
    (moment,) = find_moments(f"It was signed on {text}.")
    assert list(moment.readings) == readings


@pytest.mark.parametrize("text", ["Case No. 12/34/2024", "version 10.13.2024", "MOE/12/34/2024", "may 20 people", "ref. 2024-45-12"])
def test_reference_numbers_are_not_dates(text: str) -> None:
    assert not list(find_moments(text))


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("Tenders are opened on 31 February 2024.", "31 February 2024"),
        ("He signed on the 31st of April.", "31st of April"),
        ("On June 31, 2023 the goods arrived.", "June 31, 2023"),
        ("The deadline is 2024-13-05.", "2024-13-05"),
        ("The deadline is 15/13/2024.", "15/13/2024"),
        ("It was approved on 29 February 2023.", "29 February 2023"),
    ],
)
def test_dates_that_do_not_exist_are_found(text: str, quote: str) -> None:
    assert told(dates.impossible_dates, text) == [quote]


@pytest.mark.parametrize(
    "text",
    [
        "It was approved on 29 February 2024.",
        "The register is reviewed every year on 29 February or 28 February.",
        "File 45/67/2024 was closed.",
        "See paragraph 12 of the letter; 30 June 2024 is the last day.",
        "The price is 31.12.2024-proof.",
    ],
)
def test_dates_that_exist_are_left_alone(text: str) -> None:
    assert told(dates.impossible_dates, text) == []


def test_a_weekday_that_does_not_fit_is_found() -> None:
    assert told(dates.wrong_weekdays, "They met on Monday, 12 March 2024 and on 13 March 2024 (Friday).") == [
        "Monday, 12 March 2024", "13 March 2024 (Friday)",
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["Tuesday, 12 March 2024", "Monday, 12 March", "Sunday, 03/03/2024 or Wednesday, 04/03/2024"])
def test_a_weekday_that_fits_or_cannot_be_checked_is_left_alone(text: str) -> None:
    assert told(dates.wrong_weekdays, text) == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("from 31 March 2024 to 1 March 2024", "31 March 2024 to 1 March 2024"),
        ("between 5 May 2024 and 3 May 2024", "5 May 2024 and 3 May 2024"),
        ("The period 2024-06-30 – 2024-01-01 is covered.", "2024-06-30 – 2024-01-01"),
        ("from March 2024 to January 2024", "March 2024 to January 2024"),
        ("the period 2024–2021", "2024–2021"),
        ("from 2023 to 2021", "2023 to 2021"),
        ("20 May to 3 May 2024", "20 May to 3 May 2024"),
    ],
)
def test_periods_that_run_backwards_are_found(text: str, quote: str) -> None:
    assert told(dates.reversed_ranges, text) == [quote]


@pytest.mark.parametrize(
    "text",
    [
        "from 1 March 2024 to 31 March 2024",
        "The opening was moved from 15 March 2024 to 1 March 2024.",
        "The letters of 5 May 2024 and 3 May 2024 were answered.",
        "from 1 November to 15 February 2024",
        "Prices fell from 2023 to 1987 units.",
        "Tender 2023-2021 was cancelled.",
    ],
)
def test_periods_that_run_forwards_or_are_none_are_left_alone(text: str) -> None:
    assert told(dates.reversed_ranges, text) == []


def test_numeric_dates_in_two_orders_are_found() -> None:
    assert told(dates.mixed_numeric_dates, "Sent 25/03/2024, read 26/03/2024, answered 03/27/2024.") == ["03/27/2024"]
    assert told(dates.mixed_numeric_dates, "Sent 25/03/2024, read 26/03/2024, answered 03/04/2024.") == []


TIMETABLE = "Step | Date\nPublication of the notice | {}\nDeadline for questions | {}\nDeadline for tenders | {}\nOpening of tenders | {}\n"


def test_a_deadline_before_publication_is_found_in_a_timetable() -> None:
    text = TIMETABLE.format("3 March 2025", "10 March 2025", "1 March 2025", "1 April 2025")
    assert "1 March 2025" in told(steps.order_of_steps, text, kind="tender")


@pytest.mark.parametrize(
    "text",
    [
        "The notice was published on 5 May 2025. Tenders must be received by 1 May 2025.",
        "The invitation is issued on 5 May 2025; the closing date for bids is 1 May 2025.",
        "- 5 May 2025: publication of the notice\n- 1 May 2025: deadline for proposals\n",
    ],
)
def test_a_deadline_before_publication_is_found_in_sentences(text: str) -> None:
    assert told(steps.order_of_steps, text, kind="tender") == ["1 May 2025"]


@pytest.mark.parametrize(
    "text",
    [
        TIMETABLE.format("3 March 2025", "10 March 2025", "1 April 2025", "1 April 2025"),
        "The tender closed on 1 May 2025; the decision was published on 5 June 2025.",
        "The Act was published on 5 May 2025. The deadline for tenders is 1 March 2025.",
        "Tenders were due by 1 May 2025. The deadline was extended to 20 April 2026.",
    ],
)
def test_steps_in_order_are_left_alone(text: str) -> None:
    assert told(steps.order_of_steps, text, kind="tender") == []


def test_two_deadlines_in_one_tender_document_are_found_where_the_second_stands() -> None:
    text = "The deadline for tenders is 1 April 2025."
    after = "# Annex\nTenders must be received by 3 April 2025 at noon.\n"
    assert told(steps.step_given_twice, text, kind="tender", after=after) == []
    assert told(steps.step_given_twice, "Tenders must be received by 3 April 2025.\n\n" + text, kind="tender") == ["1 April 2025"]


def test_a_very_short_period_for_tenders_is_found() -> None:
    short, fair = (
        TIMETABLE.format("3 March 2025", "4 March 2025", "7 March 2025", "7 March 2025"),
        TIMETABLE.format("3 March 2025", "14 March 2025", "7 April 2025", "7 April 2025"),
    )
    assert told(steps.short_period, short, kind="tender") == ["7 March 2025"]
    assert told(steps.short_period, fair, kind="tender") == []
    assert told(steps.short_period, short, kind="report") == []


@pytest.mark.parametrize(
    ("first", "second", "quote"),
    [
        ("Tenders remain valid for 90 days.", "The bid must be valid for 60 days.", "60 days"),
        ("The warranty is 24 months.", "The supplier gives a warranty of one year.", "one year"),
        ("The city pays within 30 days.", "Invoices are paid within 45 days of receipt.", "45 days"),
    ],
)
def test_a_period_with_two_lengths_is_found(first: str, second: str, quote: str) -> None:
    assert told(durations.period_two_lengths, f"{first} {second}", kind="tender") == [quote]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("The warranty is 12 months.", "The supplier gives a warranty of one year."),
        ("The warranty is 24 months.", "The warranty on batteries is 12 months."),
        ("Lot 1: the delivery period is 30 days.", "Lot 2: the delivery period is 60 days."),
        ("The city pays within 30 days.", "Late payments within 60 days bear no interest."),
    ],
)
def test_periods_that_agree_or_differ_for_a_reason_are_left_alone(first: str, second: str) -> None:
    assert told(durations.period_two_lengths, f"{first} {second}", kind="tender") == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("The term is 36 months, from 1 July 2025 to 30 June 2027.", "36 months"),
        ("The contract runs from 1 January 2025 to 30 June 2025 (12 months).", "12 months"),
        ("from 1 March 2025 to 10 March 2025, a period of 14 days", "14 days"),
    ],
)
def test_a_period_that_does_not_fit_its_dates_is_found(text: str, quote: str) -> None:
    assert told(durations.period_and_dates, text) == [quote]


@pytest.mark.parametrize(
    "text",
    [
        "The term is 36 months, from 1 July 2025 to 30 June 2028.",
        "The contract runs from 1 January 2025 to 31 December 2025 (one year).",
        "from 1 March 2025 to 14 March 2025 (10 working days)",
        "from 1 March 2025 to 14 March 2025. The 30 days for payment begin later.",
    ],
)
def test_a_period_that_fits_its_dates_is_left_alone(text: str) -> None:
    assert told(durations.period_and_dates, text) == []
