from __future__ import annotations

import uuid

from flask.testing import FlaskClient

from celery_integration import is_celery_available
from tests.web.conftest import MakeApp, session_of


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
