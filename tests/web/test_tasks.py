from __future__ import annotations

import time
import uuid
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete

from celery_integration import is_celery_available
from tenderline.tasks.models import Task
from tests.services import wait_for
from tests.tasks.rows import add_task, beat_as_worker
from tests.web.conftest import MakeApp, session_of
from tests.web.reviewers import CountingReviewer


def work(client: FlaskClient) -> list[str]:
    """Three finished tasks: two analyses and a question; their ids, oldest first."""
    session = session_of(client)
    bodies = [{"session_id": session, "section_name": name} for name in ("Scope", "Deadline")]
    ids = [client.post("/analyze_section", json=body).json["task_id"] for body in bodies]
    return [*ids, client.post("/chat", json={"session_id": session, "message": "Who?"}).json["task_id"]]


def test_ones_tasks_are_listed_newest_first_in_pages(client: FlaskClient) -> None:
    ids = work(client)
    first = client.get("/api/tasks?page_size=2").json
    second = client.get("/api/tasks?page_size=2&page=2").json
    assert [task["task_id"] for task in first["tasks"] + second["tasks"]] == ids[::-1]
    assert (first["total_count"], first["page"], first["page_size"]) == (3, 1, 2)
    beyond = client.get("/api/tasks?page=50").json
    assert (beyond["tasks"], beyond["total_count"]) == ([], 3)


def test_tasks_are_filtered_by_state_and_operation(client: FlaskClient) -> None:
    work(client)
    assert client.get("/api/tasks?operation=chat").json["total_count"] == 1
    assert client.get("/api/tasks?state=SUCCESS&operation=analyze_section").json["total_count"] == 2
    assert client.get("/api/tasks?state=FAILURE").json["total_count"] == 0
    assert client.get("/api/tasks?operation=nothing").json["total_count"] == 0


def test_several_states_are_asked_for_in_one_word(make_app: MakeApp, tmp_path: Path) -> None:
    client = make_app().test_client()
    path = tmp_path / "data" / "tenderline.db"
    now = time.time()
    made = {state: add_task(path, "test", state, now - 10) for state in ("PENDING", "RETRY", "STARTED", "PROGRESS", "SUCCESS")}
    for word, states in (("WAITING", ("PENDING", "RETRY")), ("RUNNING", ("STARTED", "PROGRESS"))):
        found = client.get(f"/api/tasks?state={word}").json
        assert {task["task_id"] for task in found["tasks"]} == {made[state] for state in states}
        assert found["total_count"] == 2
    assert client.get("/api/tasks?state=NONSENSE").status_code == 422


def test_a_listed_task_says_which_document_it_belongs_to(client: FlaskClient) -> None:
    session = session_of(client)
    client.post("/analyze_section", json={"session_id": session, "section_name": "Deadline"})
    client.post("/chat", json={"session_id": session, "message": "Who?"})
    client.post("/test_claude_connection")
    test, chat, analysis = client.get("/api/tasks").json["tasks"]
    assert analysis["document"] == {"session_id": session, "name": "tender.md", "section_index": 1, "section": "Deadline"}
    assert chat["document"] == {"session_id": session, "name": "tender.md"}
    assert "document" not in test
    assert all(task["can_run_again"] for task in (test, chat, analysis))


def test_a_long_list_may_be_had_without_results(client: FlaskClient) -> None:
    work(client)
    assert all("result" in task for task in client.get("/api/tasks").json["tasks"])
    assert not any("result" in task for task in client.get("/api/tasks?results=false").json["tasks"])


def test_a_finished_task_is_run_again_as_a_new_one(client: FlaskClient, reviewer: CountingReviewer) -> None:
    [first, *_] = work(client)
    before = len(reviewer.calls)
    again = str(uuid.uuid4())
    for _ in range(2):  # the second is the same request, sent again
        answer = client.post(f"/api/tasks/{first}/run_again", headers={"Idempotency-Key": again})
        assert answer.status_code in (200, 202)
        assert answer.json["task_id"] == again
    wait_for(lambda: client.get(f"/task_status/{again}").json["state"] == "SUCCESS", "the work to be done again")
    assert len(reviewer.calls) == before + 1
    assert client.get("/api/tasks").json["total_count"] == 4


def test_what_has_not_ended_or_is_unknown_is_not_run_again(make_app: MakeApp, tmp_path: Path) -> None:
    client = make_app().test_client()
    task_id = add_task(tmp_path / "data" / "tenderline.db", "test", "PROGRESS", time.time())
    refused = client.post(f"/api/tasks/{task_id}/run_again")
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "conflict")
    assert client.post(f"/api/tasks/{uuid.uuid4()}/run_again").status_code == 404
    assert client.post("/api/tasks/nonsense/run_again").status_code == 404
    [task] = client.get("/api/tasks").json["tasks"]
    assert task["can_run_again"] is False


def test_the_last_minutes_are_counted_by_outcome_and_each_past_minute_only_once(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app()
    path = tmp_path / "data" / "tenderline.db"
    now = time.time()
    minute = now // 60 * 60
    for state in ("SUCCESS", "SUCCESS", "FAILURE"):
        add_task(path, "test", state, minute - 305)
    add_task(path, "test", "REVOKED", minute - 3600)
    client = app.test_client()
    minutes = client.get("/api/tasks/history").json["minutes"]
    assert len(minutes) == 15
    assert [one["starts_at"] for one in minutes] == [minutes[0]["starts_at"] + 60 * index for index in range(15)]
    assert [one for one in minutes if one["success"]] == [{"starts_at": minute - 300, "success": 2, "failure": 1, "revoked": 0}]
    assert not any(one["revoked"] for one in minutes)
    runtime = app.extensions["tenderline"]
    with runtime.database.write() as session:
        session.execute(delete(Task))
    runtime.tasks.stats._history._answered_at = 0.0
    assert [one["success"] for one in client.get("/api/tasks/history").json["minutes"] if one["success"]] == [2]


def test_the_numbers_are_found_by_indexes(app: Flask) -> None:
    with app.extensions["tenderline"].database.read() as session:
        counted = "SELECT state, count(*) FROM tasks WHERE finished_at >= 1 AND finished_at < 2 GROUP BY state"
        plan = [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {counted}")]
    assert "USING INDEX ix_tasks_finished" in plan[0]


def test_a_worker_of_another_version_or_with_another_reviewer_is_named(make_app: MakeApp, tmp_path: Path) -> None:
    client = make_app().test_client()
    path = tmp_path / "data" / "tenderline.db"
    beat_as_worker(path, "same", ahead=2.5)
    assert client.get("/queue_stats").json["mismatch"] == []
    beat_as_worker(path, "other", version="9.9.9", provider="anthropic", ahead=2.5)
    differences = client.get("/queue_stats").json["mismatch"]
    assert [(found["what"], found["there"]) for found in differences] == [("version", "9.9.9"), ("provider", "anthropic")]
    assert differences[0]["message"] == "The worker desk:4711 runs version 9.9.9, this server 0.1.0."


def test_cancelling_what_is_unknown_is_a_404_and_what_has_ended_is_no(client: FlaskClient) -> None:
    [first, *_] = work(client)
    assert client.post(f"/cancel_task/{uuid.uuid4()}").status_code == 404
    assert client.post("/cancel_task/nonsense").status_code == 404
    assert client.post(f"/cancel_task/{first}").json["cancelled"] is False


def test_an_id_in_capitals_is_the_same_id(client: FlaskClient) -> None:
    [first, *_] = work(client)
    assert client.get(f"/task_status/{first.upper()}").json["task_id"] == first


def test_queue_stats_are_complete_without_any_queue(client: FlaskClient) -> None:
    stats = client.get("/queue_stats").json
    assert stats["success"] is True
    assert (stats["available"], stats["mode"], stats["workers"], stats["worker_details"]) == (False, "inline", 0, [])
    assert (stats["provider"], stats["reviewer"]) == ("builtin", "Built-in reviewer")
    assert {"analysis", "chat", "test", "imports"} <= set(stats["queues"])
    assert stats["queues"]["analysis"]["limit"] == 5
    assert stats["queues"]["analysis"]["pending"] == stats["queues"]["analysis"]["running"] == 0


def test_queue_stats_name_the_model_in_force(make_app: MakeApp) -> None:
    stats = make_app(ai_provider="anthropic", anthropic_api_key="k", claude_model="claude-x").test_client().get("/queue_stats").json
    assert (stats["provider"], stats["reviewer"]) == ("anthropic", "claude-x")


def test_celery_is_not_available_without_a_broker(make_app: MakeApp) -> None:
    with make_app().app_context():
        assert is_celery_available() is False
        assert is_celery_available("chat") is False
