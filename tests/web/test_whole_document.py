"""Reviewing a whole document: a task for each section, one for all of it, and what is shown while it runs and afterwards."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tenderline.errors import UpstreamError
from tenderline.review.models import FindingRow
from tenderline.review.reviewer import ReviewRequest, SurveyRequest
from tenderline.tasks.models import CELERY, WAITING, Task
from tests.web.conftest import MakeApp, session_of, upload
from tests.web.reviewers import CountingReviewer

FOUR = b"# One\n\nYou must pay.\n\n# Two\n\n \n\n# Three\n\nThey must deliver.\n\n# Four\n\nAll must agree.\n"


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """An application whose tasks wait for workers; ``work_off`` is the worker."""
    return make_app(task_executor="celery", redis_url="redis://127.0.0.1:1/0")


def work_off(app: Flask, *, most: int = 1000, only: Callable[[Task], bool] = lambda task: True) -> int:
    """Run what may start now, oldest first; how many tasks that were."""
    runtime = app.extensions["tenderline"]
    ran = 0
    while ran < most:
        with runtime.database.read() as session:
            due = select(Task).where(Task.state.in_(WAITING), Task.children_left == 0).order_by(Task.created_at)
            task = next((task for task in session.scalars(due) if only(task)), None)
        if task is None:
            break
        runtime.runner.run(task.id, task.operation, CELERY)
        ran += 1
    return ran


def put(client: FlaskClient, content: bytes = FOUR) -> str:
    """Upload a document and have it read; its id."""
    answer = upload(client, content)
    assert answer.status_code in (200, 202), answer.text
    return str(answer.json["session_id"])


def analyze(client: FlaskClient, session: str, **body: Any) -> Any:
    return client.post("/analyze_document", json={"session_id": session, **body})


def status(client: FlaskClient, task_id: str) -> dict[str, Any]:
    return client.get(f"/task_status/{task_id}").json


def sections(client: FlaskClient, session: str) -> list[tuple[str, str]]:
    return [(item["name"], item["state"]) for item in client.get(f"/sessions/{session}").json["sections"]]


def reviewed(reviewer: CountingReviewer) -> list[int]:
    return [call.section for call in reviewer.calls if isinstance(call, ReviewRequest)]


def test_the_sections_with_text_are_reviewed_one_by_one_and_then_the_whole(
    app: Flask, client: FlaskClient, reviewer: CountingReviewer
) -> None:
    session = put(client)
    answer = analyze(client, session)
    assert answer.status_code == 202
    task = answer.json["task_id"]
    listed = client.get(f"/sessions/{session}").json
    assert listed["document"] == {"state": "running", "task_id": task, "findings": 0, "warnings": []}
    assert {"task_id": task, "operation": "analyze_document", "state": "PENDING"} in listed["active_tasks"]
    work_off(app, most=2)
    seen = status(client, task)
    assert (seen["state"], seen["status"], seen["progress"]) == ("PROGRESS", "2 of 3 sections", 67)
    assert sections(client, session) == [("One", "done"), ("Two", "new"), ("Three", "done"), ("Four", "running")]
    work_off(app)
    done = status(client, task)
    assert (done["state"], done["progress"]) == ("SUCCESS", 100)
    result = done["result"]
    assert result["sections"] == {"done": 3, "failed": 0, "total": 3}
    assert (result["feedback_count"], result["coverage_count"], result["reviewer"]) == (1, 23, "Counting reviewer")
    assert reviewed(reviewer) == [0, 2, 3]
    survey = reviewer.calls[-1]
    assert isinstance(survey, SurveyRequest)
    assert [(known.section, known.finding.quote) for known in survey.findings] == [(0, "must"), (2, "must"), (3, "must")]


def test_what_the_whole_document_shows_is_kept_apart_from_its_sections(app: Flask, client: FlaskClient) -> None:
    session = put(client)
    before = client.get(f"/sessions/{session}/document").json
    assert (before["findings"], len(before["coverage"]), before["coverage"][0]["state"]) == ([], 23, "unclear")
    assert "analyzed_at" not in before
    analyze(client, session)
    work_off(app)
    shown = client.get(f"/sessions/{session}/document").json
    [finding] = shown["findings"]
    assert (finding["id"], finding["decision"], finding["quote"]) == ("differ", "pending", "")
    assert [(place["section"], place["title"], place["quote"]) for place in finding["places"]] == [(0, "One", "You"), (1, "Two", " \n\n")]
    assert [check["state"] for check in shown["coverage"]] == ["met"] * 23
    assert shown["coverage"][0]["places"] == finding["places"][:1]
    assert (shown["reviewer"], shown["warnings"]) == ("Counting reviewer", [])
    listed = client.get(f"/sessions/{session}").json["document"]
    assert (listed["state"], listed["findings"], listed["analyzed_at"]) == ("done", 1, shown["analyzed_at"])
    [summary] = client.get("/sessions").json["sessions"]
    assert (summary["total_sections"], summary["sections_with_words"], summary["analyzed_sections"]) == (4, 3, 3)
    rows = client.get(f"/sessions/{session}").json["sections"]
    assert [(row["state"], row["has_words"]) for row in rows] == [("done", True), ("new", False), ("done", True), ("done", True)]


def test_what_was_analysed_in_the_same_way_counts_as_done(app: Flask, client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = put(client)
    client.post("/analyze_section", json={"session_id": session, "section_name": "Three"})
    work_off(app)
    task = analyze(client, session).json["task_id"]
    assert status(client, task)["status"] == "1 of 3 sections"
    work_off(app)
    assert status(client, task)["result"]["sections"] == {"done": 3, "failed": 0, "total": 3}
    assert reviewed(reviewer) == [2, 0, 3]
    forced = analyze(client, session, force=True).json["task_id"]
    assert status(client, forced)["status"] == "0 of 3 sections"
    work_off(app)
    assert reviewed(reviewer) == [2, 0, 3, 0, 2, 3]


def test_a_finished_review_answers_until_a_section_was_reviewed_again(app: Flask, client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = put(client)
    first = analyze(client, session).json["task_id"]
    work_off(app)
    assert analyze(client, session).json["task_id"] == first
    client.post("/analyze_section", json={"session_id": session, "section_name": "Three", "force": True})
    work_off(app)
    second = analyze(client, session).json["task_id"]
    assert second != first
    work_off(app)
    assert status(client, second)["state"] == "SUCCESS"
    assert reviewed(reviewer) == [0, 2, 3, 2]
    assert sum(isinstance(call, SurveyRequest) for call in reviewer.calls) == 2


def test_a_second_press_joins_the_first(app: Flask, client: FlaskClient) -> None:
    session = put(client)
    first, second = analyze(client, session), analyze(client, session)
    assert first.json["task_id"] == second.json["task_id"]
    key = str(uuid.uuid4())
    third = client.post("/analyze_document", json={"session_id": session}, headers={"Idempotency-Key": key})
    assert third.json["task_id"] == first.json["task_id"]


def test_a_section_that_fails_stops_no_other_and_is_named(app: Flask, client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = put(client)
    task = analyze(client, session).json["task_id"]
    reviewer.fails_with = [UpstreamError("Refused.", hint="Set the key.")]
    work_off(app)
    result = status(client, task)["result"]
    assert result["sections"] == {"done": 2, "failed": 1, "total": 3}
    [failed] = result["failed"]
    assert (failed["section_index"], failed["section_name"], failed["error"]["message"]) == (0, "One", "Refused.")
    again = analyze(client, session).json["task_id"]
    assert again != task
    assert status(client, again)["status"] == "2 of 3 sections"
    work_off(app)
    assert status(client, again)["result"]["sections"] == {"done": 3, "failed": 0, "total": 3}
    assert reviewed(reviewer) == [0, 2, 3, 0]


def test_cancelling_stops_all_of_it_and_keeps_what_is_done(app: Flask, client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = put(client)
    task = analyze(client, session).json["task_id"]
    work_off(app, most=1)
    assert client.post(f"/cancel_task/{task}").json["cancelled"] is True
    assert work_off(app) == 0
    assert status(client, task)["state"] == "REVOKED"
    assert sections(client, session) == [("One", "done"), ("Two", "new"), ("Three", "new"), ("Four", "new")]
    assert client.get(f"/sessions/{session}").json["document"]["state"] == "new"


def test_its_owner_may_have_it_run_again(app: Flask, client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = put(client)
    task = analyze(client, session).json["task_id"]
    work_off(app, most=1)
    client.post(f"/cancel_task/{task}")
    again = client.post(f"/api/tasks/{task}/run_again").json["task_id"]
    assert status(client, again)["status"] == "1 of 3 sections"
    work_off(app)
    assert reviewed(reviewer) == [0, 2, 3]
    once_more = client.post(f"/api/tasks/{again}/run_again").json["task_id"]
    assert once_more != again
    work_off(app)
    assert reviewed(reviewer) == [0, 2, 3, 0, 2, 3]
    [listed] = [task for task in client.get("/api/tasks").json["tasks"] if task["task_id"] == once_more]
    assert (listed["can_run_again"], listed["document"]["name"]) == (True, "tender.md")


def test_decisions_outlive_a_new_look_at_the_whole(app: Flask, client: FlaskClient) -> None:
    session = put(client)
    analyze(client, session)
    work_off(app)
    with app.extensions["tenderline"].database.write() as database:
        database.scalars(select(FindingRow).where(FindingRow.finding_id == "differ")).one().decision = "accepted"
    analyze(client, session, force=True)
    work_off(app)
    assert [item["decision"] for item in client.get(f"/sessions/{session}/document").json["findings"]] == ["accepted"]


def test_where_work_is_only_done_in_requests_it_is_refused_with_advice(make_app: MakeApp) -> None:
    client = make_app().test_client()
    answer = analyze(client, session_of(client))
    assert answer.status_code == 409
    assert "TASK_EXECUTOR" in answer.json["error"]["hint"]


def test_a_document_that_is_not_ones_own_or_unknown_is_not_found(make_app: MakeApp) -> None:
    app = make_app(task_executor="celery", redis_url="redis://127.0.0.1:1/0", owner_per_browser=True)
    session = put(app.test_client())
    for client, name in ((app.test_client(), session), (app.test_client(), str(uuid.uuid4()))):
        assert analyze(client, name).status_code == 404
        assert client.get(f"/sessions/{name}/document").status_code == 404
