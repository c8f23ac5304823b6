from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tenderline.register import saved_filters
from tests.web.conftest import MakeApp
from tests.web.register_data import CONTRACTS, ask

SETS = CONTRACTS + "filters/"
WANTED = {"keywords": ["Road && repair"], "time_ranges": [{"type": "yearly", "year": 2024}], "value_range": {"min": 10.5, "max": 1000}}


def test_filters_are_saved_listed_by_name_and_forgotten(client: FlaskClient) -> None:
    second = ask(client, SETS, name="b  roads", filters=WANTED)["saved"]
    first = ask(client, SETS, name="A", filters={})["saved"]
    assert second["name"] == "b roads"
    assert second["filters"] == WANTED
    assert "2024" in second["sentence"]
    assert client.get(SETS).json["saved"] == [first, second]
    assert client.delete(f"{SETS}{first['id']}/").json["id"] == first["id"]
    assert client.get(SETS).json["saved"] == [second]
    assert client.delete(f"{SETS}{first['id']}/").status_code == 404


def test_saving_under_a_known_name_replaces_what_it_had(client: FlaskClient) -> None:
    first = ask(client, SETS, name="roads", filters=WANTED)["saved"]
    again = ask(client, SETS, name="roads", filters={"areas": ["x"]})["saved"]
    assert again["id"] == first["id"]
    assert [saved["filters"] for saved in client.get(SETS).json["saved"]] == [{"areas": ["x"]}]


def test_what_was_saved_can_be_asked_for(client: FlaskClient) -> None:
    saved = ask(client, SETS, name="roads", filters=WANTED)["saved"]
    assert ask(client, CONTRACTS + "chip-search/", filters=saved["filters"])["sentence"] == saved["sentence"]


def test_each_owner_has_their_own(make_app: MakeApp) -> None:
    app: Flask = make_app(owner_per_browser=True)
    mine, other = app.test_client(), app.test_client()
    saved = ask(mine, SETS, name="roads", filters=WANTED)["saved"]
    assert other.get(SETS).json["saved"] == []
    assert other.delete(f"{SETS}{saved['id']}/").status_code == 404
    ask(other, SETS, name="roads", filters={})
    assert [kept["filters"] for kept in mine.get(SETS).json["saved"]] == [WANTED]


@pytest.mark.parametrize(
    "body",
    [{"name": " ", "filters": {}}, {"name": "x" * 101, "filters": {}}, {"name": "x"}, {"name": "x", "filters": {"keywords": [""]}}],
)
def test_what_cannot_be_saved_is_refused(client: FlaskClient, body: dict[str, object]) -> None:
    assert client.post(SETS, json=body).status_code == 422


def test_one_owner_saves_a_bounded_number(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved_filters, "MAX_SAVED", 2)
    for name in ("a", "b"):
        ask(client, SETS, name=name, filters={})
    assert client.post(SETS, json={"name": "c", "filters": {}}).status_code == 409
    ask(client, SETS, name="a", filters=WANTED)
