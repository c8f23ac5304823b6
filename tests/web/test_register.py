from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tenderline.register.schema import uid_of
from tenderline.web.register_answers import (
    AggregatesAnswer,
    ChartsAnswer,
    ContractAnswer,
    LookupAnswer,
    OptionsAnswer,
    OverviewAnswer,
    SearchAnswer,
    TableAnswer,
)
from tests.register.contracts import many
from tests.web.conftest import MakeApp
from tests.web.register_data import CONTRACTS, TASKS, ask, publish

ROWS = [
    {
        "contract_no": "C-1",
        "reference_id": "R-1",
        "award_title": "Road repair 100%",
        "awardee_name": "Acme Builders",
        "organization_name": "Roads Office",
        "area_of_delivery": "Ñandú",
        "business_category": "Works",
        "contract_amount": 123_456,
        "award_date": date(2024, 3, 31),
        "source": ["R-1", "NULL"],
    },
    {"contract_no": "c-2", "award_title": "Bridge", "awardee_name": "Bolt & Co", "contract_amount": 50, "award_date": date(2023, 7, 1)},
    {"award_title": "Road && bridge", "awardee_name": "Acme Builders", "award_date": date(2022, 1, 1), "year_only": True},
    {"award_title": "Nothing known", "contract_amount": -5_00},
]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    publish(app, ROWS)
    return app.test_client()


def test_a_search_finds_contracts_newest_first_with_what_is_missing_as_null(client: FlaskClient) -> None:
    found = ask(client, CONTRACTS + "chip-search/")
    SearchAnswer.model_validate(found)
    assert [row["award_title"] for row in found["data"]] == [row["award_title"] for row in ROWS]
    assert found["pagination"] == {"page": 1, "page_size": 50, "total_count": 4, "total_pages": 1}
    first = found["data"][0]
    assert first["id"] == str(uid_of(1, 0))
    assert first["contract_amount"] == 1234.56
    assert first["award_date"] == "2024-03-31"
    assert first["item_name"] is None
    assert found["data"][2]["award_date"] == "2022"
    assert found["sentence"] == "all contracts"


@pytest.mark.parametrize("nested", [True, False])
def test_filters_stand_at_top_level_or_in_filters_and_paging_inside_or_beside(client: FlaskClient, nested: bool) -> None:
    wanted = {"contractors": ["acme"], "page": 2, "page_size": 1}
    found = ask(client, CONTRACTS + "chip-search/", **({"filters": wanted} if nested else wanted))
    assert found["pagination"] == {"page": 2, "page_size": 1, "total_count": 2, "total_pages": 2}
    assert [row["award_title"] for row in found["data"]] == ["Road && bridge"]
    assert "acme" in found["sentence"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"keywords": ["road", " "]}, "keywords.1"),
        ({"filters": {"time_ranges": [{"type": "quarterly", "year": 2024, "quarter": 5}]}}, "quarter"),
        ({"value_range": {"min": 5, "max": 1}}, "value_range"),
        ({"colour": ["red"]}, "colour"),
        ({"page_size": 201}, "page_size"),
        ({"page": 0}, "page"),
        ({"sort_by": "award_date; DROP TABLE"}, "sort_by"),
        ({"sort_direction": "up"}, "sort_direction"),
        ({"contractors": "Acme"}, "contractors"),
        ({"contractors": ["x"] * 51}, "contractors"),
        ({"keywords": ["x" * 201]}, "keywords"),
    ],
)
@pytest.mark.parametrize("path", [CONTRACTS + "chip-search/", TASKS + "search/"])
def test_what_is_invalid_is_named_and_never_ignored(client: FlaskClient, path: str, body: dict[str, Any], field: str) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == 422
    assert any(field in name for name in answer.json["error"]["fields"])


def test_one_filter_told_twice_is_refused(client: FlaskClient) -> None:
    answer = client.post(CONTRACTS + "chip-search/", json={"keywords": ["road"], "filters": {"keywords": ["bridge"]}})
    assert answer.status_code == 422
    assert "keywords" in answer.text


def test_totals_add_up_over_all_lists(client: FlaskClient) -> None:
    found = ask(client, CONTRACTS + "chip-aggregates/", topN=1)
    AggregatesAnswer.model_validate(found)
    assert (found["summary"]["count"], found["summary"]["total_value"]) == (4, 1230.06)
    assert [row["label"] for row in found["by_year"]] == ["2022", "2023", "2024"]
    assert [(row["label"], row["count"], row["total_value"]) for row in found["by_contractor"]] == [("Acme Builders", 2, 1234.56)]


@pytest.mark.parametrize("name", ["dimension", "entity_type"])
def test_a_table_is_asked_for_by_either_name(client: FlaskClient, name: str) -> None:
    body = {name: "contractor", "page_size": 1, "sort_by": "label", "sort_direction": "asc"}
    found = ask(client, CONTRACTS + "chip-aggregates-paginated/", **body)
    TableAnswer.model_validate(found)
    assert [(row["label"], row["count"], row["avg_value"]) for row in found["data"]] == [("Acme Builders", 2, 1234.56)]
    assert found["pagination"]["total_count"] == 2
    assert client.post(CONTRACTS + "chip-aggregates-paginated/", json={name: "colour"}).status_code == 422
    assert client.post(CONTRACTS + "chip-aggregates-paginated/", json={}).status_code == 422


def test_names_are_offered_with_their_counts(client: FlaskClient) -> None:
    found = client.get(CONTRACTS + "filter-options/?dimension=contractors&q=AC").json
    OptionsAnswer.model_validate(found)
    assert found["options"] == [{"name": "Acme Builders", "count": 2}]
    within = ask(client, CONTRACTS + "filter-options/", dimension="contractors", keywords=["bridge"])
    assert within["options"] == [{"name": "Acme Builders", "count": 1}, {"name": "Bolt & Co", "count": 1}]
    refused = client.get(CONTRACTS + "filter-options/?dimension=colours&limit=1000")
    assert refused.status_code == 422
    assert set(refused.json["error"]["fields"]) == {"dimension", "limit"}


def test_a_contract_has_every_source_column_and_its_import(client: FlaskClient) -> None:
    found = client.get(f"{CONTRACTS}{uid_of(1, 0)}/").json
    ContractAnswer.model_validate(found)
    assert found["contract"]["award_title"] == "Road repair 100%"
    assert found["source"] == [{"column": "Reference", "value": "R-1"}, {"column": "Remarks", "value": "NULL"}]
    assert found["import"]["file_name"] == "contracts-1.csv"
    assert found["import"]["line"] == 2


@pytest.mark.parametrize("name", ["0", "-1", "abc", "99999999999", "9" * 40, "１", str(uid_of(1, 99))])
def test_a_contract_that_is_not_there_is_a_404(client: FlaskClient, name: str) -> None:
    answer = client.get(f"{CONTRACTS}{name}/")
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "not_found"


def test_a_contract_is_found_by_its_whole_number_in_upper_or_lower_case(client: FlaskClient) -> None:
    found = client.get(CONTRACTS + "lookup/?number=C-2").json
    LookupAnswer.model_validate(found)
    assert [row["contract_no"] for row in found["data"]] == ["c-2"]
    assert client.get(CONTRACTS + "lookup/?number=r-1").json["total"] == 1
    assert client.get(CONTRACTS + "lookup/?number=C-").json["total"] == 0
    assert client.get(CONTRACTS + "lookup/?number=-").json["total"] == 0
    assert client.get(CONTRACTS + "lookup/").status_code == 422


@pytest.mark.parametrize(
    ("number", "asked"),
    [("AbC-7", "aBc-7"), ("Nº Ñandú-Straße 9", "nº ñANDÚ-STRASSE 9"), ("\N{KELVIN SIGN}-1", "k-1"), ("Ωμέγας 3", "ΩΜΈΓΑΣ 3"), ("Ab", "ab")],
)
def test_a_number_is_found_however_its_letters_are_written(app: Flask, number: str, asked: str) -> None:
    publish(app, [{"contract_no": f"{number}0"}, {"contract_no": number}, {"reference_id": f"0{number}"}, {"reference_id": "é"}])
    client = app.test_client()
    for text in (asked, number, asked.upper(), asked.lower()):
        found = client.get(CONTRACTS + "lookup/", query_string={"number": text}).json
        assert [row["contract_no"] for row in found["data"]] == [number]


def test_every_number_is_found_among_many(app: Flask) -> None:
    rows = many(300)
    publish(app, rows)
    client = app.test_client()
    for row in rows[:40]:
        for number in {row["contract_no"], row["reference_id"]} - {None}:
            expected = sum(number in (other["contract_no"], other["reference_id"]) for other in rows)
            assert client.get(CONTRACTS + "lookup/", query_string={"number": number.lower()}).json["total"] == expected


def test_the_overview_tells_what_there_is(client: FlaskClient) -> None:
    found = client.get(CONTRACTS + "overview/").json
    OverviewAnswer.model_validate(found)
    assert (found["rows"], found["version"], found["imports"]) == (4, 1, 1)
    assert (found["first_date"], found["last_date"]) == ("2022-01-01", "2024-03-31")


def test_charts_come_with_their_tables_and_words(client: FlaskClient) -> None:
    names = [chart["chart"] for chart in client.get(CONTRACTS + "charts/").json["charts"]]
    found = ask(client, CONTRACTS + "charts/", theme="dark", measure="count")
    ChartsAnswer.model_validate(found)
    assert [chart["chart"] for chart in found["charts"]] == names
    years = next(chart for chart in found["charts"] if chart["chart"] == "trend_year")
    assert [(row["label"], row["count"]) for row in years["table"]["rows"]] == [("2022", 1), ("2023", 1), ("2024", 1)]


def test_a_click_on_a_bar_finds_what_the_bar_counts(client: FlaskClient) -> None:
    for chart in ask(client, CONTRACTS + "charts/")["charts"]:
        for row in chart["table"]["rows"]:
            found = ask(client, CONTRACTS + "chip-search/", filters=row["filter"])
            assert found["pagination"]["total_count"] == row["count"], (chart["chart"], row)


def test_only_the_charts_asked_for_are_made(client: FlaskClient) -> None:
    found = ask(client, CONTRACTS + "charts/", charts=["contractors", "contractors"], contractors=["acme"])
    assert [chart["chart"] for chart in found["charts"]] == ["contractors"]
    assert client.post(CONTRACTS + "charts/", json={"charts": ["pie"]}).status_code == 422


def test_an_empty_register_answers_everything(make_app: MakeApp) -> None:
    client = make_app().test_client()
    assert ask(client, CONTRACTS + "chip-search/")["pagination"]["total_count"] == 0
    assert ask(client, CONTRACTS + "chip-aggregates/")["summary"]["count"] == 0
    assert ask(client, CONTRACTS + "chip-aggregates-paginated/", dimension="month")["data"] == []
    assert client.get(CONTRACTS + "filter-options/?dimension=areas").json["options"] == []
    assert client.get(CONTRACTS + "overview/").json["first_date"] is None
    assert len(ask(client, CONTRACTS + "charts/")["charts"]) == 8
    assert client.post(CONTRACTS + "chip-export/", json={}).data.count(b"\n") == 1
