"""Who may read /metrics."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.web.conftest import MakeApp

TOKEN = "a-token-of-our-own"


def read(client: FlaskClient, **headers: str) -> int:
    return client.get("/metrics", headers=headers).status_code


def test_the_metrics_are_text_that_prometheus_reads(client: FlaskClient) -> None:
    client.post("/test_claude_connection")
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'tenderline_tasks_total{executor="inline",operation="test",state="SUCCESS"} 1.0' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"


def test_with_a_password_the_metrics_want_the_login_or_the_token(make_app: MakeApp) -> None:
    client = make_app(access_password="secret", metrics_token=TOKEN).test_client()
    assert read(client) == 401
    for wrong in ("Bearer", "Bearer ", "Bearer nonsense", f"Basic {TOKEN}", TOKEN, "Bearer secret"):
        assert read(client, Authorization=wrong) == 401
    assert read(client, Authorization=f"Bearer {TOKEN}") == 200
    client.post("/login", data={"password": "secret"})
    assert read(client) == 200


def test_the_token_opens_the_metrics_and_nothing_else(make_app: MakeApp) -> None:
    client = make_app(access_password="secret", metrics_token=TOKEN).test_client()
    for path in ("/queue_stats", "/api/tasks", "/sessions", "/metrics/", "/"):
        assert client.get(path, headers={"Authorization": f"Bearer {TOKEN}"}).status_code in (401, 404)


def test_without_a_token_set_none_opens_the_metrics(make_app: MakeApp) -> None:
    client = make_app(access_password="secret").test_client()
    assert read(client, Authorization="Bearer ") == 401
    assert read(client, Authorization="Bearer None") == 401


def test_a_foreign_host_name_gets_no_metrics(make_app: MakeApp) -> None:
    client = make_app(metrics_token=TOKEN).test_client()
    assert read(client, Host="evil.example", Authorization=f"Bearer {TOKEN}") == 400
