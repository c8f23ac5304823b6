from __future__ import annotations

import uuid
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tenderline.register import questions
from tenderline.register.estimate import Estimate
from tenderline.tasks.models import Task
from tests.services import wait_for
from tests.web.conftest import MakeApp
from tests.web.register_data import CONTRACTS, TASKS, ask, publish

ROWS = [{"award_title": f"Road {number}", "contract_amount": 100 * number, "award_date": date(2024, 1, 1)} for number in range(5)]
KINDS = [("search/", {}), ("analytics/", {}), ("analytics-paginated/", {"entity_type": "year"})]


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    app = make_app()
    publish(app, ROWS)
    return app


def task_rows(app: Flask) -> int:
    with app.extensions["tenderline"].database.read() as session:
        return session.scalar(select(func.count()).select_from(Task)) or 0


@pytest.mark.parametrize(("path", "body"), KINDS)
def test_a_quick_question_is_answered_at_once_and_leaves_no_task(app: Flask, path: str, body: dict[str, Any]) -> None:
    client = app.test_client()
    first = ask(client, TASKS + path, keywords=["road"], **body)
    assert first["status"] == "completed"
    again = ask(client, TASKS + path, filters={"keywords": ["ROAD"], **body})
    assert again["status"] == "cached"
    assert again["cache_key"] == first["cache_key"]
    assert again["data"]["results"] == first["data"]["results"]
    assert task_rows(app) == 0
    kept = client.get(TASKS + "result/", query_string={"cache_key": first["cache_key"]}).json
    assert kept["status"] == "success"
    assert kept["data"]["results"] == first["data"]["results"]


@pytest.mark.parametrize(("path", "body"), KINDS)
def test_every_process_has_the_answer_for_a_key_that_one_of_them_gave(make_app: MakeApp, path: str, body: dict[str, Any]) -> None:
    asked, other = make_app(), make_app()
    publish(asked, ROWS)
    answer = ask(asked.test_client(), TASKS + path, keywords=["road"], **body)
    for app in (other, make_app()):
        kept = app.test_client().get(TASKS + "result/", query_string={"cache_key": answer["cache_key"]}).json
        assert kept["status"] == "success"
        assert kept["data"]["results"] == answer["data"]["results"]
    publish(asked, [{"award_title": "New road"}], import_no=2)
    old = other.test_client().get(TASKS + "result/", query_string={"cache_key": answer["cache_key"]}).json
    assert (old["status"], old["outdated"]) == ("not_ready", True)
    assert "data" not in old


@pytest.mark.parametrize(("path", "body"), KINDS)
def test_a_queued_question_has_the_same_answer_as_a_direct_one(app: Flask, path: str, body: dict[str, Any]) -> None:
    client = app.test_client()
    queued = ask(client, TASKS + path, keywords=["road"], mode="async", **body)
    assert task_rows(app) == 1
    direct = ask(client, TASKS + path, keywords=["road"], mode="sync", **body)
    assert direct["data"] == queued["data"]
    assert direct["cache_key"] == queued["cache_key"]


def test_equal_questions_are_worked_on_once(app: Flask) -> None:
    client = app.test_client()
    first = ask(client, TASKS + "search/", keywords=["road", "bridge"], mode="async")
    second = ask(client, TASKS + "search/", filters={"keywords": ["Bridge", "road"]}, mode="async")
    assert (first["status"], second["status"]) == ("completed", "cached")
    assert task_rows(app) == 1
    other = ask(client, TASKS + "search/", keywords=["road"], page=2, mode="async")
    assert other["status"] == "completed"
    assert task_rows(app) == 2


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_a_new_import_makes_old_answers_invisible(app: Flask, mode: str) -> None:
    client = app.test_client()
    before = ask(client, TASKS + "search/", keywords=["road"], mode=mode)
    publish(app, [{"award_title": "New road"}], import_no=2)
    after = ask(client, TASKS + "search/", keywords=["road"], mode=mode)
    assert after["status"] == "completed"
    assert after["data"]["pagination"]["total_count"] == before["data"]["pagination"]["total_count"] + 1
    assert after["cache_key"] != before["cache_key"]
    old = client.get(TASKS + "result/", query_string={"cache_key": before["cache_key"]})
    assert "data" not in old.json
    assert (old.json["status"], old.json["outdated"]) == ("not_ready", True)


def test_the_estimate_decides(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "estimated", lambda *_args, **_named: Estimate(5, True, 10_000, "async"))
    client = app.test_client()
    assert ask(client, TASKS + "search/")["status"] == "completed"
    assert task_rows(app) == 1


def test_the_estimate_is_explained(app: Flask) -> None:
    client = app.test_client()
    for kind in ("search", "analytics", "analytics-paginated", "export"):
        found = ask(client, TASKS + "estimate/", kind=kind, keywords=["road"])
        assert (found["rows"], found["recommended"]) == (5, "sync")
        assert "5 contracts" in found["reason"]
    assert client.post(TASKS + "estimate/", json={"kind": "guess"}).status_code == 422


@pytest.mark.parametrize("executor", ["inline", "hybrid"])
def test_a_queued_question_is_followed_to_its_answer(make_app: MakeApp, executor: str) -> None:
    app = make_app(task_executor=executor)
    publish(app, ROWS)
    client = app.test_client()
    key = str(uuid.uuid4())
    answer = client.post(TASKS + "search/", json={"keywords": ["road"], "mode": "async"}, headers={"Idempotency-Key": key})
    cache_key = answer.json["cache_key"]
    if executor == "hybrid":
        assert (answer.status_code, answer.json["status"], answer.json["task_id"]) == (202, "queued", key)

    def status() -> Any:
        return client.get(TASKS + "status/", query_string={"task_id": key}).json

    wait_for(lambda: status()["ready"], "the search to end")
    told = status()
    assert (told["state"], told["meta"]["progress"], told["cache_key"]) == ("SUCCESS", 100, cache_key)
    found = client.get(TASKS + "result/", query_string={"cache_key": cache_key}).json
    assert found["status"] == "success"
    assert found["data"]["pagination"]["total_count"] == 5
    assert told["result"]["data"]["results"] == found["data"]["results"]


def test_what_is_not_ready_is_said_to_be_so(app: Flask) -> None:
    client = app.test_client()
    made = ask(client, TASKS + "search/", mode="async")
    with app.extensions["tenderline"].database.write() as session:
        [task] = session.scalars(select(Task))
        task.state, task.result = "PENDING", None
    waiting = client.get(TASKS + "result/", query_string={"cache_key": made["cache_key"]}).json
    assert waiting["status"] == "not_ready"
    assert "data" not in waiting
    with app.extensions["tenderline"].database.write() as session:
        [task] = session.scalars(select(Task))
        task.state, task.error = "FAILURE", {"code": "internal_error", "message": "It broke."}
    failed = client.get(TASKS + "result/", query_string={"cache_key": made["cache_key"]}).json
    assert (failed["status"], failed["error"]["message"]) == ("failed", "It broke.")


UNKNOWN_KEYS = ("nothing", "search_register:1:" + "0" * 64, "search_register:x:" + "0" * 64, "tasks:1:" + "0" * 64)
HOSTILE_KEY = "search_register:1:" + "../" * 21 + "x"


@pytest.mark.parametrize("key", [*UNKNOWN_KEYS, HOSTILE_KEY])
def test_an_unknown_key_is_a_404(app: Flask, key: str) -> None:
    assert app.test_client().get(TASKS + "result/", query_string={"cache_key": key}).status_code == 404


def test_a_request_without_a_key_or_task_is_refused(app: Flask) -> None:
    client = app.test_client()
    assert client.get(TASKS + "result/").status_code == 422
    assert client.get(TASKS + "status/").status_code == 422
    assert client.get(TASKS + "status/", query_string={"task_id": str(uuid.uuid4())}).status_code == 404


def test_another_owner_follows_no_task_of_mine(make_app: MakeApp) -> None:
    app = make_app(owner_per_browser=True)
    publish(app, ROWS)
    mine, other = app.test_client(), app.test_client()
    key = str(uuid.uuid4())
    made = mine.post(TASKS + "search/", json={"mode": "async"}, headers={"Idempotency-Key": key}).json
    assert mine.get(TASKS + "status/", query_string={"task_id": key}).status_code == 200
    assert other.get(TASKS + "status/", query_string={"task_id": key}).status_code == 404
    assert other.get(TASKS + "result/", query_string={"cache_key": made["cache_key"]}).status_code == 404
    joined = other.post(TASKS + "search/", json={"mode": "async"}).json  # the register is everybody's: equal work is shared
    assert joined["status"] == "cached"


def test_sync_answers_and_tasks_agree(app: Flask) -> None:
    client: FlaskClient = app.test_client()
    page = ask(client, CONTRACTS + "chip-search/", keywords=["road"], page_size=2)
    task = ask(client, TASKS + "search/", keywords=["road"], page_size=2)
    assert page["data"] == task["data"]["results"]
    assert page["pagination"] == task["data"]["pagination"]


def test_an_answer_that_is_too_large_for_the_ledger_says_so(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenderline.register import answering

    monkeypatch.setattr(answering, "MAX_RESULT_BYTES", 100)
    answer = app.test_client().post(TASKS + "search/", json={"mode": "async"})
    assert answer.status_code == 413
