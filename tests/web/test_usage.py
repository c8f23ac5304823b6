"""What reviews cost, and the day's budget."""

from __future__ import annotations

import time
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tenderline.errors import TransientError, UpstreamError
from tenderline.review.models import UsageRecord
from tenderline.review.reviewer import ChatRequest, Review, ReviewRequest, SurveyRequest
from tenderline.review.usage import HELD, Spending
from tenderline.tasks.operation import TaskContext
from tests.web.conftest import MakeApp, session_of
from tests.web.reviewers import Call, CountingReviewer
from tests.web.test_whole_document import put, work_off

PAID = {"ai_provider": "anthropic", "anthropic_api_key": "k", "analysis_rate_limit": 0, "chat_rate_limit": 0}
QUEUE = {"task_executor": "celery", "redis_url": "redis://127.0.0.1:1/0"}


def analyze(client: FlaskClient, session: str, **body: Any) -> Any:
    return client.post("/analyze_section", json={"session_id": session, "section_name": "Scope", **body})


def records(app: Flask) -> list[UsageRecord]:
    with app.extensions["tenderline"].database.read() as session:
        return list(session.scalars(select(UsageRecord).order_by(UsageRecord.id)))


@pytest.fixture
def make_app(make_app: MakeApp) -> MakeApp:
    """Applications by whose clock it was noon when the test began: no day ends while it goes on."""
    ahead = 43_200 - time.time() % 86_400

    def make(**values: Any) -> Flask:
        app = make_app(**values)
        app.extensions["tenderline"].database._clock = lambda: time.time() + ahead
        return app

    return make


@pytest.fixture
def sonnet(reviewer: CountingReviewer) -> CountingReviewer:
    """A reviewer that says it is a model with a price: 100 and 20 tokens a section are 400 millionths of a dollar."""
    reviewer.name = "claude-sonnet-5-5"
    return reviewer


def test_every_task_notes_its_tokens_its_section_and_its_cost(make_app: MakeApp, sonnet: CountingReviewer) -> None:
    app = make_app(**PAID)
    client = app.test_client()
    session = session_of(client)
    task = analyze(client, session).json["task_id"]
    client.post("/chat", json={"session_id": session, "message": "Who?"})
    section, chat = records(app)
    assert (section.operation, section.session_id, section.task_id, section.section_index) == ("analyze_section", session, task, 0)
    assert (section.model, section.input_tokens, section.output_tokens, section.cost) == ("claude-sonnet-5-5", 100, 20, 400)
    assert (chat.operation, chat.section_index, chat.cost) == ("chat", None, 150)
    told = client.get("/usage").json
    assert (told["today"]["input_tokens"], told["today"]["output_tokens"], told["today"]["cost_usd"]) == (150, 25, 0.00055)
    assert [day["input_tokens"] for day in told["days"]] == [0] * 6 + [150]
    assert told["today"] == told["days"][-1]
    assert "budget_usd" not in told


def test_the_pass_over_the_whole_document_is_billed_with_its_cached_tokens(make_app: MakeApp, sonnet: CountingReviewer) -> None:
    app = make_app(**PAID, **QUEUE)
    client = app.test_client()
    session = put(client, b"# One\n\nYou must pay.\n")
    client.post("/analyze_document", json={"session_id": session})
    work_off(app)
    section, whole = records(app)
    assert (section.operation, section.section_index) == ("analyze_section", 0)
    assert (whole.operation, whole.section_index, whole.cache_read_tokens, whole.cost) == ("analyze_document", -1, 200, 600 + 400 + 20 + 25)
    assert client.get("/usage").json["today"]["cache_read_tokens"] == 200


def test_a_model_without_a_price_is_counted_and_said_to_be(make_app: MakeApp, reviewer: CountingReviewer) -> None:
    client = make_app(**PAID).test_client()
    analyze(client, session_of(client))
    today = client.get("/usage?days=1").json["today"]
    assert (today["input_tokens"], today["unpriced"]) == (100, 1)
    assert "cost_usd" not in today


def test_what_a_failing_task_used_is_on_the_bill_too(
    make_app: MakeApp, reviewer: CountingReviewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(**PAID, retry_attempts=2, retry_base=0.01)
    client = app.test_client()
    tokens = {"input_tokens": 10, "output_tokens": 0, "cache_read_tokens": 0, "cache_write_tokens": 0}
    errors = [TransientError("Busy."), UpstreamError("Refused.")]

    def fails(request: ReviewRequest, context: TaskContext) -> Review:
        context.count_use("claude-haiku-5-5", tokens)
        context.count_use("claude-sonnet-5-5", tokens)
        raise errors.pop(0)

    monkeypatch.setattr(reviewer, "review", fails)
    assert analyze(client, session_of(client)).status_code == 502
    assert [(record.model, record.cost) for record in records(app)] == [("claude-haiku-5-5", 1), ("claude-sonnet-5-5", 20)] * 2


def spend(app: Flask, cost: int) -> None:
    """Somebody else spends so many millionths of a dollar."""
    tokens = dict.fromkeys(("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"), 1)
    common = {"owner": "bob", "session_id": "s", "task_id": "t", "operation": "chat", "model": "m"}
    database = app.extensions["tenderline"].database
    with database.write() as session:
        session.add(UsageRecord(**common, **tokens, cost=cost, created_at=database.now(session)))


def test_over_the_days_budget_new_paid_work_is_refused_and_says_when_it_goes_on(make_app: MakeApp, sonnet: CountingReviewer) -> None:
    app = make_app(**PAID, ai_daily_budget=0.01)
    client = app.test_client()
    session = session_of(client)
    assert analyze(client, session).status_code == 200
    told = client.get("/usage").json
    assert (told["budget_usd"], told["spent_usd"], told["remaining_usd"]) == (0.01, 0.0004, 0.0096)
    spend(app, 9_600)
    refused = analyze(client, session, force=True)
    assert refused.status_code == 429
    error = refused.json["error"]
    assert (error["code"], error["message"]) == ("budget_spent", "Today's budget for Claude is spent: $0.01 of $0.01.")
    assert 1 < error["retry_after"] <= 86400  # until midnight
    assert "midnight UTC" in error["hint"]
    assert "AI_DAILY_BUDGET" in error["hint"]
    assert client.post("/chat", json={"session_id": session, "message": "Who?"}).status_code == 429
    assert client.post("/test_claude_connection").status_code == 429
    assert analyze(client, session).json["cached"] is True  # what is known costs nothing
    assert client.get("/usage").json["remaining_usd"] == 0
    with app.extensions["tenderline"].database.write() as database:
        database.execute(update(UsageRecord).values(created_at=UsageRecord.created_at - 86_400))
    assert analyze(client, session, force=True).status_code == 200


def test_the_budget_is_looked_at_again_when_a_task_begins_and_running_work_finishes(make_app: MakeApp, sonnet: CountingReviewer) -> None:
    app = make_app(**PAID, **QUEUE, ai_daily_budget=0.0004)
    client = app.test_client()
    session = put(client, b"# One\n\nYou must pay.\n\n# Two\n\nYou must go.\n")
    task = client.post("/analyze_document", json={"session_id": session}).json["task_id"]
    work_off(app)
    assert [type(call) for call in sonnet.calls] == [ReviewRequest]
    status = client.get(f"/task_status/{task}").json
    assert (status["state"], status["error"]["code"]) == ("FAILURE", "budget_spent")
    states = [section["state"] for section in client.get(f"/sessions/{session}").json["sections"]]
    assert states == ["done", "new"]
    assert client.post("/analyze_document", json={"session_id": session}).status_code == 429


def test_the_built_in_reviewer_is_never_refused(make_app: MakeApp, reviewer: CountingReviewer) -> None:
    app = make_app(ai_daily_budget=0)
    client = app.test_client()
    assert analyze(client, session_of(client)).status_code == 200
    assert "budget_usd" not in client.get("/usage").json
    calls: list[type[Call]] = [ReviewRequest, ChatRequest, SurveyRequest]
    assert type(reviewer.calls[0]) in calls


def test_ones_own_use_is_shown_and_nobody_elses(make_app: MakeApp, sonnet: CountingReviewer) -> None:
    app = make_app(**PAID, ai_daily_budget=1, owner_per_browser=True)
    client, other = app.test_client(), app.test_client()
    analyze(client, session_of(client))
    assert client.get("/usage").json["today"]["input_tokens"] == 100
    told = other.get("/usage").json
    assert told["today"]["input_tokens"] == 0
    assert told["spent_usd"] == 0.0004
    assert other.get("/usage?days=0").status_code == 422


def test_work_under_way_holds_what_it_may_cost_so_that_no_more_is_begun_than_the_budget_bears(
    make_app: MakeApp, sonnet: CountingReviewer
) -> None:
    app = make_app(**PAID, ai_daily_budget=0.0012)
    client = app.test_client()
    session = session_of(client)
    assert analyze(client, session).status_code == 200  # 400 of 1,200 millionths: so much the next ones are taken to cost
    spending = Spending(app.extensions["tenderline"].settings, app.extensions["tenderline"].database)
    running = [spending.billed(TaskContext(name, "bob"), "analyze_section", "s") for name in ("t1", "t2")]
    for one in running:
        one.__enter__()
    refused = analyze(client, session, force=True)
    assert (refused.status_code, refused.json["error"]["code"], refused.json["error"]["retry_after"]) == (429, "budget_spent", 30)
    assert "the rest is kept for work under way" in refused.json["error"]["message"]
    told = client.get("/usage").json
    assert (told["spent_usd"], told["today"]["unpriced"]) == (0.0004, 0)
    assert client.get("/get_statistics").json["usage"]["cost_usd"] == 0.0004
    with pytest.raises(UpstreamError):
        running[0].gen.throw(UpstreamError("Refused."))  # it fails and has used nothing
    assert analyze(client, session, force=True).status_code == 200
    with app.extensions["tenderline"].database.write() as database:
        database.execute(update(UsageRecord).where(UsageRecord.model == HELD).values(created_at=time.time() - 901))
    assert analyze(client, session, force=True).status_code == 200  # the other one was lost long ago
