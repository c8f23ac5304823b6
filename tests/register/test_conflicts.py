"""Contracts that a file tells differently from what the register has."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tests.register.ingestion import Json, contracts, csv_file, imported, visible


def _listed(client: FlaskClient, upload_id: str, **query: Any) -> Json:
    answer = client.get(f"/data-ingestion/uploads/{upload_id}/conflicts/", query_string=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


def _decide(client: FlaskClient, upload_id: str, **body: Any) -> Any:
    return client.post(f"/data-ingestion/uploads/{upload_id}/conflicts/", json=body)


def test_another_amount_for_the_same_number_waits_for_a_decision(app: Flask, client: FlaskClient) -> None:
    imported(client, csv_file(*contracts(4)))
    before = visible(app)
    result = imported(client, csv_file(*contracts(3, amount=700), *contracts(2, first=10)))
    assert (result["imported"], result["duplicates"], result["conflicts"]) == (5, 0, 3)
    assert visible(app) == sorted([*before, *[(f"PO-{n}", f"Builder {n % 7}", 100 + n + 0.25) for n in (10, 11)]], key=str)
    upload_id = result["upload_id"]
    listed = _listed(client, upload_id, page_size=2)
    assert (listed["total_count"], listed["open"], len(listed["conflicts"])) == (3, 3, 2)
    first = listed["conflicts"][0]
    assert (first["ours"]["contract_amount"], first["theirs"]["contract_amount"], first["differences"]) == (
        100.25,
        700.25,
        ["contract_amount"],
    )
    assert client.get(f"/data-ingestion/uploads/{upload_id}/").json["open_conflicts"] == 3


def test_conflicts_are_decided_one_by_one_or_all(app: Flask, client: FlaskClient) -> None:
    imported(client, csv_file(*contracts(4)))
    upload_id = imported(client, csv_file(*contracts(4, amount=700)))["upload_id"]
    ids = [conflict["conflict_id"] for conflict in _listed(client, upload_id)["conflicts"]]
    decided = _decide(client, upload_id, decision="theirs", conflict_ids=ids[:1]).json
    assert (decided["decided"], decided["open"]) == (1, 3)
    assert [amount for _, _, amount in visible(app)] == [700.25, 101.25, 102.25, 103.25]
    assert _decide(client, upload_id, decision="ours", conflict_ids=ids[:2]).json["decided"] == 1
    assert _decide(client, upload_id, decision="theirs", all=True).json["decided"] == 2
    assert [amount for _, _, amount in visible(app)] == [700.25, 101.25, 702.25, 703.25]
    assert [conflict["state"] for conflict in _listed(client, upload_id)["conflicts"]] == ["theirs", "ours", "theirs", "theirs"]
    assert _listed(client, upload_id, state="ours")["total_count"] == 1


def test_a_decision_names_conflicts_that_exist(client: FlaskClient) -> None:
    imported(client, csv_file(*contracts(1)))
    upload_id = imported(client, csv_file(*contracts(1, amount=700)))["upload_id"]
    assert _decide(client, upload_id, decision="theirs").status_code == 422
    assert _decide(client, upload_id, decision="theirs", conflict_ids=[99]).status_code == 404
    assert _decide(client, upload_id, decision="nobody's", all=True).status_code == 422
    assert _listed(client, upload_id)["open"] == 1


def test_lines_of_one_contract_are_no_conflict_in_their_own_file(app: Flask, client: FlaskClient) -> None:
    lines = [("PO-1", "Road", "B", "City of Lum", amount, "2024-01-01") for amount in ("10", "20", "30")]
    assert imported(client, csv_file(*lines))["conflicts"] == 0
    again = imported(client, csv_file(*lines[:2], ("PO-1", "Road", "B", "City of Lum", "35", "2024-01-01")))
    assert (again["duplicates"], again["conflicts"]) == (2, 1)
    assert [amount for _, _, amount in visible(app)] == [10, 20, 30]
