"""Dates, amounts and text in the forms that real files have."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest

from tenderline.register.amounts import COMMA, POINT, parse_amount, parse_number
from tenderline.register.cleaning import clean_column
from tenderline.register.dates import DMY, MDY, Unreadable, parse_date
from tenderline.register.evidence import DATE, EMPTY, NUMBER, TEXT, YEAR, weigh
from tenderline.register.mapping import guess
from tenderline.register.plain import plain_amounts, plain_dates
from tenderline.register.schema import clean, to_days

LATEST = date(2036, 12, 31)

DATES = [
    ("14/10/2024", DMY, date(2024, 10, 14)),
    ("4/9/2024", DMY, date(2024, 9, 4)),
    ("4/9/2024", MDY, date(2024, 4, 9)),
    ("04.09.24", DMY, date(2024, 9, 4)),
    ("14-10-2024", DMY, date(2024, 10, 14)),
    ("2024-10-14", MDY, date(2024, 10, 14)),
    ("2024/1/2", DMY, date(2024, 1, 2)),
    ("2024-10-14T08:30:00Z", DMY, date(2024, 10, 14)),
    ("2024-10-14T08:30:00.123+02:00", DMY, date(2024, 10, 14)),
    ("14/10/2024 12:00 AM", DMY, date(2024, 10, 14)),
    ("2 Jan 2024", DMY, date(2024, 1, 2)),
    ("2-Jan-24", DMY, date(2024, 1, 2)),
    ("January 2, 2024", DMY, date(2024, 1, 2)),
    ("Tuesday, 2 January 2024", DMY, date(2024, 1, 2)),
    ("2nd of March 2024", DMY, date(2024, 3, 2)),
    ("14 de marzo de 2024", DMY, date(2024, 3, 14)),
    ("1er août 2024", DMY, date(2024, 8, 1)),
    ("14. März 2024", DMY, date(2024, 3, 14)),
    ("20241014", DMY, date(2024, 10, 14)),
    ("45353", DMY, date(2024, 3, 2)),
    ("45353.75", DMY, date(2024, 3, 2)),
]


@pytest.mark.parametrize(("text", "order", "day"), DATES)
def test_a_date_is_read_in_its_form(text: str, order: str, day: date) -> None:
    assert parse_date(text, order, LATEST) == (to_days(day), False)


def test_a_year_alone_is_its_first_day_and_said_to_be_a_year() -> None:
    assert parse_date("2024", DMY, LATEST) == (to_days(date(2024, 1, 1)), True)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("30/02/2024", "no day of the calendar"),
        ("31/12/2024 ", None),
        ("12/31/2024", "no month 31"),
        ("01/01/0000", "year 0 "),
        ("0000-01-01", "year 0 "),
        ("01/01/9999", "year 9999"),
        ("31/12/1899", "year 1899"),
        ("2037-01-01", "year 2037"),
        ("soon", "cannot be read"),
        ("14 Foo 2024", "no month has that name"),
        ("00/00/2024", "no day of the calendar"),
        ("99999999", "year 9999"),
        ("99999", "year 2173"),
    ],
)
def test_a_date_that_cannot_be_is_refused_with_its_reason(text: str, reason: str | None) -> None:
    if reason is None:
        assert parse_date(text, DMY, LATEST)
    else:
        with pytest.raises(Unreadable, match=reason):
            parse_date(text, DMY, LATEST)


AMOUNTS = [
    ("1,234,567.89", POINT, 123456789),
    ("1.234.567,89", COMMA, 123456789),
    ("1 234 567,89", COMMA, 123456789),
    ("1'234'567.89", POINT, 123456789),
    ("12,34,567.89", POINT, 123456789),
    ("1.234.567,89", POINT, 123456789),
    ("₱ 1,234.50", POINT, 123450),
    ("PHP1234.5", POINT, 123450),
    ("1.234,50 €", COMMA, 123450),
    ("US$ 5", POINT, 500),
    ("Rs. 5", POINT, 500),
    ("$.5", POINT, 50),
    ("5.", POINT, 500),
    ("1.5E+07", POINT, 1500000000),
    ("1234.50", COMMA, 123450),
    ("0.250", COMMA, 25),
    ("000123.5", POINT, 12350),
    ("0.125", POINT, 12),
    ("0.135", POINT, 14),
    ("1000000000000000", POINT, 10**17),
    ("90071992547409.93", POINT, 9007199254740993),
]


@pytest.mark.parametrize(("text", "decimal", "minor"), AMOUNTS)
def test_an_amount_is_read_to_the_cent(text: str, decimal: str, minor: int) -> None:
    assert parse_amount(text, decimal)[0] == minor


def test_half_cents_are_rounded_to_even_and_said() -> None:
    assert parse_amount("0.125", POINT) == (12, True)
    assert parse_amount("0.120", POINT) == (12, False)


@pytest.mark.parametrize("text", ["(1,234.50)", "-1234.50", "1,234.50-", "$-1234.50", "−1234.50", "-$1,234.50"])
def test_a_negative_number_is_known_in_all_its_forms(text: str) -> None:
    assert parse_number(text, POINT) == Decimal("-1234.50")
    with pytest.raises(Unreadable, match="negative"):
        parse_amount(text, POINT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1000000000000000.01", "larger than"),
        ("1e99", "larger than"),
        ("12,50", "decimals"),
        ("1,2,3", "cannot be read"),
        ("n.b.a.", "cannot be read"),
        ("1,234.567.890", "cannot be read"),
        ("9" * 80, "too long"),
    ],
)
def test_an_amount_that_cannot_be_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        parse_amount(text, POINT)


def test_whole_columns_are_read_as_their_values_are() -> None:
    texts = [text for text, _, _ in AMOUNTS]
    for decimal in (POINT, COMMA):
        minor, known = plain_amounts(pa.array([*texts, None, "1,00", "1.00"]), decimal)
        for text, amount, sure in zip(texts, minor.tolist(), known.tolist(), strict=False):
            assert not sure or parse_amount(text, decimal) == (amount, False)
    assert known.any()
    stamps = [*(text for text, _, _ in DATES), "30/02/2024", "29/02/2023", "29.02.2024", "01/01/1899", "31/12/2036", "1/12/20245", None]
    for order in (DMY, MDY):
        days, sure_days = plain_dates(pa.array(stamps), order, LATEST)
        assert sure_days.sum() >= (4 if order == DMY else 1)
        for text, day, sure in zip(stamps, days.tolist(), sure_days.tolist(), strict=True):
            assert not sure or parse_date(str(text), order, LATEST) == (day, False)


def test_a_column_is_cleaned_as_each_of_its_values_is() -> None:
    texts = [
        "plain",
        " ends ",
        "two  gaps",
        "NULL",
        "n/a",
        "",
        " ",
        None,
        "Mun\u0303oz",
        "tab\there",
        "a\x00b",
        "\u200bzero",
        "-",
        "Null and void",
    ]
    for some in (texts, [*texts, *["x  y"] * 100], ["a b"] * 3, [None], []):
        column = pa.array(some, pa.string())
        assert clean_column(column).to_pylist() == [clean(text) for text in some]
        assert clean_column(column.slice(1)).to_pylist() == [clean(text) for text in some[1:]]


@pytest.mark.parametrize(
    ("values", "kind", "order", "sure", "decimal"),
    [
        (["01/02/2024", "14/02/2024"], DATE, DMY, True, None),
        (["01/02/2024", "02/14/2024"], DATE, MDY, True, None),
        (["01/02/2024", "03/04/2024"], DATE, DMY, False, None),
        (["14/02/2024", "15/02/2024", "02/14/2024"], DATE, DMY, False, None),
        (["2024-02-01", "2024-02-14T00:00:00"], DATE, None, True, None),
        (["2024", "2023", ""], YEAR, None, True, None),
        (["1.234,50", "12"], NUMBER, None, True, COMMA),
        (["1,234.50", "12"], NUMBER, None, True, POINT),
        (["1,234", "1.234"], NUMBER, None, True, None),
        (["Road", "Bridge"], TEXT, None, True, None),
        (["NULL", "", None], EMPTY, None, True, None),
    ],
)
def test_the_values_of_a_column_tell_how_they_are_written(
    values: list[str | None], kind: str, order: str | None, sure: bool, decimal: str | None
) -> None:
    seen = weigh(values)
    assert (seen.kind, seen.date_order, seen.date_sure, seen.decimal) == (kind, order, sure, decimal)
    assert seen.date_sure or "reject" in seen.told or "assumed" in seen.told


NATIONAL_REGISTER = {
    "organization_name": "Procuring Entity (PE)", "reference_id": "Bid Reference No.", "contract_no": "Award Reference No.",
    "notice_title": "Notice Title", "award_title": "Award Title", "business_category": "Business Category",
    "area_of_delivery": "Area of Delivery", "item_name": "Item Name", "item_description": "Item Description", "quantity": "Quantity",
    "unit": "UOM", "contract_amount": "Contract Amount", "award_date": "Award Date", "award_status": "Award Notice Status",
    "awardee_name": "Awardee Organization Name",
}  # fmt: skip
OTHERS = (
    "Region",
    "Classification",
    "Approved Budget of the Contract",
    "Published Date",
    "Closing Date",
    "Item Budget",
    "Published Date(Award)",
)
PUBLIC_WORKS = {
    "contract_no": "ContractID", "reference_id": "ProjectID", "award_title": "ProjectDescription", "award_date": "InfraYear",
    "area_of_delivery": "Province", "business_category": "TypeofWork", "awardee_name": "Contractor", "contract_amount": "ContractCost",
    "organization_name": "DistrictEngineeringOffice",
}  # fmt: skip
SPANISH = {
    "contract_no": "Nº de contrato", "award_title": "Objeto del contrato", "awardee_name": "Adjudicatario",
    "contract_amount": "Importe de adjudicación", "award_date": "Fecha de adjudicación", "organization_name": "Órgano de contratación",
}  # fmt: skip
FRENCH = {
    "award_title": "Objet du marché", "awardee_name": "Titulaire", "contract_amount": "Montant HT", "award_date": "Date de notification",
    "organization_name": "Acheteur",
}  # fmt: skip
GERMAN = {
    "contract_no": "Auftragsnummer", "award_title": "Auftragsgegenstand", "awardee_name": "Auftragnehmer",
    "contract_amount": "Auftragswert", "award_date": "Zuschlagsdatum", "organization_name": "Auftraggeber",
    "area_of_delivery": "Ausführungsort",
}  # fmt: skip


@pytest.mark.parametrize("headers", [NATIONAL_REGISTER, PUBLIC_WORKS, SPANISH, FRENCH, GERMAN], ids=["national", "works", "es", "fr", "de"])
def test_headers_of_known_registers_are_mapped(headers: dict[str, str]) -> None:
    samples = {"contract_amount": ["1,234.50"], "award_date": ["14/10/2024"], "quantity": ["3"]}
    evidence = {column: weigh(samples.get(field, [f"some {column}", "other"])) for field, column in headers.items()}
    columns = [*headers.values(), *(OTHERS if headers is NATIONAL_REGISTER else ("Latitude",))]
    evidence |= {other: weigh(["35,250.00"] if "Budget" in other else ["21/10/2024"] if "Date" in other else ["words"]) for other in OTHERS}
    assert {field: found.column for field, found in guess(columns, evidence).items() if found.column not in OTHERS} == headers
