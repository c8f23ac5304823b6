"""Whole imports, through the web interface: what came in, what was rejected, what was there already."""

from __future__ import annotations

import csv
import io
import json
import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.register.ingestion import HEADER, PLAIN, contracts, csv_file, imported, leftovers, uploaded, visible


def test_a_file_is_recognised_and_then_imported(app: Flask, client: FlaskClient) -> None:
    upload = uploaded(client, csv_file(PLAIN))
    assert (upload["format"], upload["state"], upload["columns"]) == ("csv", "recognised", list(HEADER))
    assert upload["mapping"]["contract_amount"] == "Contract Amount"
    assert upload["preview"] == [list(PLAIN)]
    assert {field["name"] for field in upload["fields"] if field["required"]} >= {"contract_no", "award_title"}
    assert visible(app) == []
    answer = client.post(f"/data-ingestion/process/{upload['upload_id']}/", json={})
    result = answer.json["result"]
    assert (result["processed"], result["imported"], result["rejected"], result["duplicates"]) == (1, 1, 0, 0)
    assert visible(app) == [("PO-1", "Ängström AB", 1250.5)]
    listed = client.get("/data-ingestion/uploads/").json["uploads"]
    assert [(item["upload_id"], item["state"], item["result"]["imported"]) for item in listed] == [(upload["upload_id"], "imported", 1)]
    assert client.post(f"/data-ingestion/process/{upload['upload_id']}/", json={}).status_code == 409


def test_rejected_rows_are_told_with_line_and_reason_and_formulas_are_defused(client: FlaskClient) -> None:
    rows = [PLAIN, ("PO-2", "=1+1", "B", "C", "12,5O0", "2024-01-01"), ("PO-3", "T", "B", "C", "5", "2024-02-30")]
    result = imported(client, csv_file(*rows))
    assert (result["processed"], result["imported"], result["rejected"]) == (3, 1, 2)
    path = f"/data-ingestion/uploads/{result['upload_id']}"
    told = list(csv.DictReader(io.StringIO(client.get(f"{path}/errors.csv").text)))
    assert [(row["line"], row["column"], row["value"]) for row in told] == [
        ("3", "Contract Amount", "12,5O0"),
        ("4", "Award Date", "2024-02-30"),
    ]
    assert all(row["reason"].endswith(".") for row in told)
    assert told[0]["Award Title"] == "'=1+1"
    page = client.get(f"{path}/rejects/?page=2&page_size=1").json
    assert (page["total_count"], [reject["line"] for reject in page["rejects"]]) == (2, [4])
    assert result["quality"]["score"] < 100
    assert "rejected" in result["quality"]["reasons"][0]["text"]


@pytest.mark.parametrize(("on_duplicate", "expected"), [("skip", (0, 1, 0)), ("replace", (1, 1, 1)), ("keep", (1, 0, 0))])
def test_a_row_that_is_there_already_is_treated_as_asked(
    app: Flask, client: FlaskClient, on_duplicate: str, expected: tuple[int, int, int]
) -> None:
    imported(client, csv_file(PLAIN))
    result = imported(client, csv_file(tuple(cell.upper() for cell in PLAIN)), on_duplicate=on_duplicate)
    assert (result["imported"], result["duplicates"], result["replaced"]) == expected
    awardees = [awardee for _, awardee, _ in visible(app)]
    assert awardees == {"skip": ["Ängström AB"], "replace": ["ÄNGSTRÖM AB"], "keep": ["ÄNGSTRÖM AB", "Ängström AB"]}[on_duplicate]


def test_a_row_twice_in_a_file_comes_in_once(app: Flask, client: FlaskClient) -> None:
    result = imported(client, csv_file(PLAIN, PLAIN, *contracts(3, first=5)))
    assert (result["processed"], result["imported"], result["duplicates"]) == (5, 4, 1)
    assert len(visible(app)) == 4
    assert imported(client, csv_file(PLAIN, PLAIN), on_duplicate="keep")["imported"] == 2


def test_a_corrected_mapping_is_used_and_remembered(app: Flask, client: FlaskClient) -> None:
    content = csv_file(PLAIN)
    mapping = {"contract_no": "Contract No.", "award_title": "Awardee", "awardee_name": "Award Title"}
    imported(client, content, mapping=mapping)
    assert visible(app) == [("PO-1", "Bridge at Lum", None)]
    again = uploaded(client, content)
    assert (again["mapping"], again["saved_mapping"]) == (mapping, True)
    wrong = client.post(f"/data-ingestion/process/{again['upload_id']}/", json={"mapping": {"award_title": "Nothing", "x": "Awardee"}})
    assert (wrong.status_code, set(wrong.json["error"]["fields"])) == (422, {"award_title", "x"})
    assert client.get(f"/data-ingestion/uploads/{again['upload_id']}/").json["state"] == "recognised"


def test_a_file_with_nothing_but_a_header_fails_and_leaves_nothing(app: Flask, client: FlaskClient) -> None:
    upload = uploaded(client, csv_file(PLAIN))
    original = app.extensions["tenderline"].settings.data_dir / "register" / "uploads" / upload["upload_id"] / "original"
    original.write_bytes(csv_file())
    answer = client.post(f"/data-ingestion/process/{upload['upload_id']}/", json={})
    assert (answer.status_code, answer.json["error"]["code"]) == (422, "invalid")
    assert client.get(f"/data-ingestion/uploads/{upload['upload_id']}/").json["state"] == "failed"
    assert leftovers(app) == []
    original.write_bytes(csv_file(PLAIN))
    assert client.post(f"/data-ingestion/process/{upload['upload_id']}/", json={}).status_code == 200


def test_an_upload_is_deleted_unless_its_contracts_are_in_the_register(client: FlaskClient) -> None:
    upload = uploaded(client, csv_file(PLAIN))
    path = f"/data-ingestion/uploads/{upload['upload_id']}/"
    assert client.delete(path).json["deleted"] is True
    assert client.get(path).status_code == 404
    result = imported(client, csv_file(PLAIN))
    assert client.delete(f"/data-ingestion/uploads/{result['upload_id']}/").status_code == 409


def test_the_sample_register_is_imported_like_any_file(app: Flask, client: FlaskClient) -> None:
    result = client.post("/data-ingestion/sample/").json["result"]
    assert result["imported"] > 1900
    assert (result["rejected"], result["duplicates"]) == (5, 2)
    assert len(visible(app)) == result["imported"]
    assert client.post("/data-ingestion/sample/").json["result"]["imported"] == 0


def test_a_repeated_request_imports_once(app: Flask, client: FlaskClient) -> None:
    upload = uploaded(client, csv_file(PLAIN))
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first = client.post(f"/data-ingestion/process/{upload['upload_id']}/", json={}, headers=headers)
    assert first.json["task_id"] == headers["Idempotency-Key"]
    progress = client.get(f"/data-ingestion/progress/{first.json['task_id']}/").json
    assert (progress["state"], progress["progress"], progress["upload_id"]) == ("SUCCESS", 100, upload["upload_id"])
    assert progress["result"]["imported"] == 1
    assert json.dumps(visible(app)) == json.dumps([["PO-1", "Ängström AB", 1250.5]])


def test_an_import_tells_what_is_new(client: FlaskClient) -> None:
    header = (*HEADER, "Item Name", "Unit", "Unit Price", "Quantity")
    first = imported(client, csv_file((*PLAIN, "Cement", "bag", "5.50", "10"), (*PLAIN, "Sand", "m3", "7", "2"), header=header))
    assert [first[f"created_{kind}"] for kind in ("suppliers", "materials", "pos", "prices")] == [1, 2, 1, 2]
    more = ("PO-1", "More", "Other Ltd.", *PLAIN[3:], "CEMENT", "bag", "6", "10")
    second = imported(client, csv_file(more, header=header))
    assert [second[f"created_{kind}"] for kind in ("suppliers", "materials", "pos", "prices")] == [1, 0, 0, 1]

    def created(kind: str, **query: str) -> list[dict[str, Any]]:
        answer = client.get(f"/data-ingestion/uploads/{first['upload_id']}/created/", query_string={"kind": kind, **query})
        return list(answer.json["rows"])

    assert created("suppliers") == [{"name": "Ängström AB", "count": 2, "total_value": 2501}]
    assert [row["name"] for row in created("materials", q="CEM")] == ["Cement"]
    assert created("purchase_orders")[0] == {
        "number": "PO-1", "organization": "City of Lum", "name": "Bridge at Lum", "award_date": "2024-03-31", "total_value": 2501,
    }  # fmt: skip
    assert {(row["name"], row["unit_price"]) for row in created("prices")} == {("Cement", 5.5), ("Sand", 7)}
    prices = client.get("/data-ingestion/lists/?kind=prices&sort_by=total_value").json
    assert ([row["unit_price"] for row in prices["rows"]], prices["total_count"]) == ([7, 6, 5.5], 3)
    suppliers = client.get("/data-ingestion/lists/?kind=suppliers&q=other").json
    assert [(row["name"], row["count"]) for row in suppliers["rows"]] == [("Other Ltd.", 1)]


def test_a_price_that_the_register_has_is_not_new(client: FlaskClient) -> None:
    header = (*HEADER, "Item Name", "Unit", "Unit Price", "Quantity")
    imported(client, csv_file((*PLAIN, "Cement", "bag", "5.50", "10"), header=header))
    rest = ("Bridge", "ängström ab", *PLAIN[3:])
    lines = [("cement", "Bag", "5.50"), ("Cement", "bag", "6"), ("Cement", "t", "5.50"), ("Sand", "", "5.50")]
    told = [(f"PO-{number}", *rest, *line, "1") for number, line in enumerate(lines, 10)]
    second = imported(client, csv_file(*told, header=header))
    assert second["created_prices"] == 3
    listed = client.get(f"/data-ingestion/uploads/{second['upload_id']}/created/?kind=prices").json
    assert sorted((row["name"], row.get("unit"), row["unit_price"]) for row in listed["rows"]) == [
        ("Cement", "bag", 6), ("Cement", "t", 5.5), ("Sand", None, 5.5),
    ]  # fmt: skip
    assert client.get("/data-ingestion/lists/?kind=prices").json["total_count"] == 5
    third = imported(client, csv_file(*told, header=header), on_duplicate="keep")
    assert third["created_prices"] == 0


def test_what_a_later_import_skipped_comes_in_when_it_is_imported_again_after_the_undo(app: Flask, client: FlaskClient) -> None:
    first = imported(client, csv_file(*contracts(3)))
    both = csv_file(*contracts(5))
    second = imported(client, both)
    assert (second["duplicates"], len(visible(app))) == (3, 5)
    undone = client.post(f"/data-ingestion/uploads/{first['upload_id']}/undo/").json["result"]
    assert (undone["removed_rows"], undone["later_imports_that_skipped"], "import that file again" in undone["hint"]) == (3, 1, True)
    assert len(visible(app)) == 2
    assert imported(client, both)["duplicates"] == 2
    assert len(visible(app)) == 5
    last = client.post(f"/data-ingestion/uploads/{second['upload_id']}/undo/").json["result"]
    assert last["later_imports_that_skipped"] == 1


def test_an_undo_takes_the_contracts_back_and_brings_back_what_they_replaced(app: Flask, client: FlaskClient) -> None:
    imported(client, csv_file(PLAIN))
    before = visible(app)
    result = imported(client, csv_file(tuple(cell.upper() for cell in PLAIN), *contracts(3, first=5)), on_duplicate="replace")
    assert len(visible(app)) == 4
    undone = client.post(f"/data-ingestion/uploads/{result['upload_id']}/undo/")
    assert undone.status_code == 200, undone.text
    assert visible(app) == before
    assert client.get(f"/data-ingestion/uploads/{result['upload_id']}/").json["state"] == "undone"
    assert client.post(f"/data-ingestion/process/{result['upload_id']}/", json={}).status_code == 409
