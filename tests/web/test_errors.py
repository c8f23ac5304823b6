from __future__ import annotations

import json
import logging
import uuid

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tenderline.errors import DiskFull, RateLimited, TransientError, UpstreamError
from tests.web.conftest import MakeApp, session_of
from tests.web.reviewers import CountingReviewer


def analyze(client: FlaskClient, session: str, **headers: str):
    return client.post("/analyze_section", json={"session_id": session, "section_name": "Scope"}, headers=headers)


def test_an_unknown_address_is_a_404_in_json(client: FlaskClient) -> None:
    answer = client.get("/nothing/here", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.json["success"] is False
    assert answer.json["error"]["code"] == "not_found"


def test_a_wrong_method_is_a_405_that_says_which_are_allowed(client: FlaskClient) -> None:
    answer = client.delete("/chat")
    assert answer.status_code == 405
    assert answer.json["error"]["code"] == "method_not_allowed"
    assert set(answer.headers["Allow"].replace(" ", "").split(",")) == {"POST", "OPTIONS"}


@pytest.mark.parametrize("body", ["{", "", "{'a': 1}", "\xff", "[" * 100_000])
def test_malformed_json_is_a_400(client: FlaskClient, body: str) -> None:
    answer = client.post("/chat", data=body.encode("latin-1"), content_type="application/json")
    assert answer.status_code == 400
    assert answer.json["error"]["code"] == "malformed_request"


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_a_body_that_is_not_json_is_a_415(client: FlaskClient, content_type: str | None) -> None:
    answer = client.post("/chat", data='{"session_id": "x"}', content_type=content_type)
    assert answer.status_code == 415
    assert answer.json["error"]["code"] == "unsupported_type"


def test_an_upload_that_is_not_a_form_is_a_415(client: FlaskClient) -> None:
    answer = client.post("/upload", json={"document": "text"})
    assert answer.status_code == 415
    assert "multipart/form-data" in answer.json["error"]["hint"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"session_id": "is missing", "message": "is missing"}),
        ({"session_id": "x", "message": " \n"}, {"message": "must not be blank"}),
        ({"session_id": "x", "message": 7}, {"message": "must be text"}),
        ({"session_id": "x", "message": "a\x00b"}, {"message": "must not contain NUL or broken Unicode characters"}),
        ({"session_id": "x" * 65, "message": "a"}, {"session_id": "should have at most 64 characters"}),
        ({"session_id": "x", "message": "a" * 4001}, {"message": "should have at most 4000 characters"}),
        ({"session_id": "x", "message": "a", "current_section": "s" * 301}, {"current_section": "should have at most 300 characters"}),
        (["a"], {"body": "should be a valid dictionary or instance of ChatBody"}),
    ],
)
def test_an_invalid_body_is_a_422_that_names_each_field(client: FlaskClient, body: object, fields: dict[str, str]) -> None:
    answer = client.post("/chat", json=body)
    assert answer.status_code == 422
    assert answer.json["error"]["code"] == "invalid"
    assert answer.json["error"]["fields"] == fields


def test_text_with_half_a_surrogate_pair_is_a_422(client: FlaskClient) -> None:
    answer = client.post("/chat", data=b'{"session_id": "x", "message": "\\ud800"}', content_type="application/json")
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page_size=201", "page_size=-1", "state=DONE", "operation=a%20b", "page=99999999999"]
)
def test_an_invalid_query_is_a_422(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/api/tasks?{query}")
    assert answer.status_code == 422
    assert list(answer.json["error"]["fields"]) == [query.partition("=")[0]]


@pytest.mark.parametrize("path", ["/analyze_section", "/chat", "/upload", "/test_claude_connection"])
def test_an_idempotency_key_that_is_no_uuid_is_a_400(client: FlaskClient, path: str) -> None:
    send = {"data": {}, "content_type": "multipart/form-data"} if path == "/upload" else {"json": {}}
    answer = client.post(path, **send, headers={"Idempotency-Key": "once"})
    assert answer.status_code == 400
    assert list(answer.json["error"]["fields"]) == ["Idempotency-Key"]


@pytest.mark.parametrize("path", ["/sessions/{}", "/task_status/{}", "/api/tasks/{}/status"])
@pytest.mark.parametrize("name", ["x", "%00", "..%2f..%2fetc", "2f8f5a1e-6c0b-4b57-9f3e-0d9b6f2f7c11", "a" * 3000, "é"])
def test_an_id_that_names_nothing_is_a_404(client: FlaskClient, path: str, name: str) -> None:
    answer = client.get(path.format(name))
    assert answer.status_code == 404
    assert answer.json["success"] is False


def test_a_large_json_body_is_a_413(client: FlaskClient) -> None:
    answer = client.post("/chat", json={"session_id": "x", "message": "a" * 300_000})
    assert answer.status_code == 413
    assert answer.json["error"]["code"] == "too_large"


def test_a_refusal_for_now_says_when_to_come_back(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = session_of(client)
    reviewer.fails_with = [RateLimited("The model has no room.", retry_after=6.2)]
    answer = analyze(client, session)
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "7"
    assert answer.json["error"] == {"code": "rate_limited", "message": "The model has no room.", "retry_after": 6.2}


def test_a_failing_service_is_a_502_with_a_hint(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = session_of(client)
    reviewer.fails_with = [UpstreamError("The key is refused.", hint="Set ANTHROPIC_API_KEY.")]
    answer = analyze(client, session)
    assert answer.status_code == 502
    assert answer.json["error"]["hint"] == "Set ANTHROPIC_API_KEY."


def test_a_failure_that_passes_is_tried_again_within_the_request(make_app: MakeApp, reviewer: CountingReviewer) -> None:
    client = make_app(retry_base=0.01).test_client()
    session = session_of(client)
    reviewer.fails_with = [TransientError("Overloaded."), TransientError("Overloaded.")]
    assert analyze(client, session).json["feedback_count"] == 2
    assert len(reviewer.calls) == 3


def test_a_failure_told_once_is_told_again_for_the_same_key(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session, key = session_of(client), str(uuid.uuid4())
    reviewer.fails_with = [DiskFull("No room.")]
    first, second = (analyze(client, session, **{"Idempotency-Key": key}) for _ in range(2))
    assert first.status_code == second.status_code == 507
    assert first.json == second.json
    assert len(reviewer.calls) == 1


def test_a_fault_of_ours_tells_nothing_but_the_request_to_look_for(
    client: FlaskClient, reviewer: CountingReviewer, capsys: pytest.CaptureFixture[str]
) -> None:
    session = session_of(client)
    reviewer.fails_with = [RuntimeError("the secret of the house")]
    answer = analyze(client, session, **{"X-Request-ID": "find-me-12345"})
    assert answer.status_code == 500
    assert "secret of the house" not in answer.text
    assert answer.headers["X-Request-ID"] == "find-me-12345"
    log = capsys.readouterr().err
    assert "secret of the house" in log
    assert "request_id=find-me-12345" in log
    assert "task_id=" in log


def test_a_fault_in_a_view_is_a_500_without_details(app: Flask, client: FlaskClient) -> None:
    def broken(*_: object) -> None:
        raise KeyError("innards")

    app.extensions["tenderline_desk"].sessions = broken
    answer = client.get("/sessions", headers={"X-Request-ID": "find-me-12345"})
    assert answer.status_code == 500
    assert answer.json["error"]["code"] == "internal_error"
    assert "find-me-12345" in answer.json["error"]["hint"]
    assert "innards" not in answer.text


def test_a_database_that_is_busy_is_a_503_with_retry_after(app: Flask, client: FlaskClient) -> None:
    def busy(*_: object) -> None:
        raise OperationalError("SELECT secret", {"text": "document"}, Exception("database is locked"))

    app.extensions["tenderline_desk"].sessions = busy
    answer = client.get("/sessions")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert "secret" not in answer.text


def test_an_error_of_the_database_is_logged_without_what_users_wrote(
    app: Flask, client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    private = uuid.uuid4().hex

    def fails(*_: object) -> None:
        with app.extensions["tenderline"].database.write() as session:
            session.execute(text("INSERT INTO desk_sessions (id, document_name) VALUES ('x', :name)"), {"name": private})

    app.extensions["tenderline_desk"].sessions = fails
    assert client.get("/sessions").status_code == 500
    log = capsys.readouterr().err
    assert "IntegrityError" in log
    assert private not in log


def test_log_lines_are_json_when_asked_and_hold_no_text_of_a_user(make_app: MakeApp, capsys: pytest.CaptureFixture[str]) -> None:
    client = make_app(log_format="json", log_level="DEBUG", access_password="swordfish").test_client()
    client.post("/login?next=/whisper", data={"password": "swordfish"})
    session = session_of(client)
    client.post("/chat?whisper=1", json={"session_id": session, "message": "Who is the bidder, pray?"})
    client.get(f"/sessions/{session}?whisper=2")
    logging.getLogger("somebody").warning("a library's line")
    log = capsys.readouterr().err
    lines = [json.loads(line) for line in log.splitlines()]
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["path"], line["status"]) for line in requests] == [
        ("POST", "/login", 200),
        ("POST", "/upload", 200),
        ("POST", "/chat", 200),
        ("GET", "/sessions/<session_id>", 200),
    ]
    assert all(line["ms"] >= 0 and line["request_id"] for line in requests)
    [ran] = [line for line in lines if line["event"] == "task_run"]
    assert ran["task_id"]
    assert ran["request_id"] == requests[2]["request_id"]
    assert "a library's line" in {line["event"] for line in lines}
    for private in ("swordfish", "pray", "whisper", "registered", "tender.md"):
        assert private not in log
