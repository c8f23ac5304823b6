from __future__ import annotations

import json
import threading
import uuid

import pytest
from flask.testing import FlaskClient

from tenderline.errors import TransientError, UpstreamError
from tests.services import wait_for
from tests.web.conftest import MakeApp, session_of, upload
from tests.web.reviewers import CountingReviewer

STREAM = {"Accept": "text/event-stream"}


def analyze(client: FlaskClient, session: str, name: str = "Scope", *, key: str | None = None, **body: object):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/analyze_section", json={"session_id": session, "section_name": name, **body}, headers=headers)


def section(client: FlaskClient, session: str, name: str = "Scope") -> dict:
    return client.post("/get_section_content", json={"session_id": session, "section_name": name}).json


def aside(call) -> tuple[threading.Thread, list]:
    """Make a call in a thread of its own; what it answers is put into the list."""
    answers: list = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    return thread, answers


def test_a_section_is_shown_with_its_text(client: FlaskClient) -> None:
    shown = section(client, session_of(client))
    assert shown["content"].strip() == "The bidder must be registered.\nThe office must answer within ten days."
    assert (shown["title"], shown["section_name"], shown["index"], shown["level"]) == ("Scope", "Scope", 0, 1)
    assert shown["findings"] == []
    assert "analyzed_at" not in shown
    assert "active_task_id" not in shown


def test_an_unknown_section_is_a_404(client: FlaskClient) -> None:
    session = session_of(client)
    for path in ("/get_section_content", "/analyze_section"):
        assert client.post(path, json={"session_id": session, "section_name": "Nothing"}).status_code == 404
    body = {"session_id": session, "message": "Who?", "current_section": "Nothing"}
    assert client.post("/chat", json=body).status_code == 404


def test_a_direct_analysis_answers_with_its_findings_and_keeps_them(client: FlaskClient) -> None:
    session = session_of(client)
    answer = analyze(client, session)
    assert answer.status_code == 200
    body = answer.json
    assert (body["success"], body["async"], body["cached"]) == (True, False, False)
    assert (body["reviewer"], body["dropped"], body["warnings"], body["feedback_count"]) == ("Counting reviewer", 1, ["Counted only."], 2)
    shown = section(client, session)
    for finding in body["feedback_items"]:
        assert shown["content"][finding["start"] : finding["end"]] == finding["quote"] == "must"
        assert (finding["decision"], finding["source"]) == ("pending", "reviewer")
    assert shown["findings"] == body["feedback_items"]
    assert shown["analyzed_at"] > 1_700_000_000
    assert (shown["reviewer"], shown["dropped"], shown["warnings"]) == ("Counting reviewer", 1, ["Counted only."])
    listed = client.get(f"/sessions/{session}").json
    assert [(item["name"], item["state"], item["findings"]) for item in listed["sections"]] == [
        ("Scope", "done", 2),
        ("Deadline", "new", 0),
    ]
    [summary] = client.get("/sessions").json["sessions"]
    assert (summary["total_sections"], summary["analyzed_sections"], summary["findings"]) == (2, 1, 2)
    assert summary["decisions"] == {"pending": 2, "accepted": 0, "rejected": 0, "own": 0}


def test_the_status_of_an_analysis_has_the_agreed_shape(client: FlaskClient) -> None:
    task = analyze(client, session_of(client)).json["task_id"]
    status = client.get(f"/task_status/{task}").json
    assert (status["state"], status["progress"], status["ready"], status["successful"]) == ("SUCCESS", 100, True, True)
    assert (status["operation"], status["executor"]) == ("analyze_section", "inline")
    result = status["result"]
    assert {"success", "feedback_count", "duration", "reviewer", "result"} <= set(result)
    assert [item["quote"] for item in result["result"]["feedback_items"]] == ["must", "must"]
    assert client.get(f"/api/tasks/{task}/status").json == status


def test_analysing_again_answers_from_before_unless_forced(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = session_of(client)
    first, again = analyze(client, session).json, analyze(client, session).json
    assert again["cached"] is True
    assert again["task_id"] == first["task_id"]
    assert len(reviewer.calls) == 1
    forced = analyze(client, session, force=True).json
    assert forced["cached"] is False
    assert forced["feedback_items"] == first["feedback_items"]
    assert len(reviewer.calls) == 2


def test_findings_of_another_reviewer_in_between_are_not_taken_for_the_old_ones(make_app: MakeApp, reviewer: CountingReviewer) -> None:
    first, other = make_app().test_client(), make_app(feedback_min_confidence=0.5).test_client()
    session = session_of(first)
    analyze(first, session)
    reviewer.name = "Another reviewer"
    assert analyze(other, session).json["cached"] is False
    reviewer.name = "The first again"
    back = analyze(first, session).json
    assert back["cached"] is False
    assert back["reviewer"] == "The first again"
    assert section(first, session)["reviewer"] == "The first again"


def test_pressing_twice_joins_the_analysis_under_way(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session, key = session_of(client), str(uuid.uuid4())
    reviewer.gate.clear()
    thread, answers = aside(lambda: analyze(client.application.test_client(), session, key=key))
    wait_for(lambda: section(client, session).get("active_task_id") == key, "the analysis to be under way")
    assert [item["state"] for item in client.get(f"/sessions/{session}").json["sections"]] == ["running", "new"]
    joined = analyze(client, session)
    assert joined.status_code == 202
    assert (joined.json["task_id"], joined.json["async"], joined.json["status"]) == (key, True, "processing")
    reviewer.gate.set()
    thread.join(20)
    assert answers[0].json["feedback_count"] == 2
    assert len(reviewer.calls) == 1


def test_a_repeated_key_works_once_and_answers_the_same(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session, key = session_of(client), str(uuid.uuid4())
    first, second = (analyze(client, session, key=key).json for _ in range(2))
    assert first["task_id"] == second["task_id"] == key
    assert first["feedback_items"] == second["feedback_items"]
    assert len(reviewer.calls) == 1
    other = client.post("/chat", json={"session_id": session, "message": "Who?"}, headers={"Idempotency-Key": key})
    assert other.status_code == 409


def test_a_running_analysis_is_cancelled_from_another_request(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session, key = session_of(client), str(uuid.uuid4())
    reviewer.gate.clear()
    thread, answers = aside(lambda: analyze(client.application.test_client(), session, key=key))
    wait_for(lambda: reviewer.calls, "the analysis to be under way")
    assert client.post(f"/cancel_task/{key}").json == {"success": True, "task_id": key, "cancelled": True}
    thread.join(20)
    assert answers[0].status_code == 409
    assert client.get(f"/task_status/{key}").json["state"] == "REVOKED"
    assert "analyzed_at" not in section(client, session)
    assert client.post(f"/api/tasks/{key}/cancel").json["cancelled"] is False


def test_an_analysis_whose_document_is_deleted_stores_nothing(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session, key = session_of(client), str(uuid.uuid4())
    reviewer.gate.clear()
    thread, answers = aside(lambda: analyze(client.application.test_client(), session, key=key))
    wait_for(lambda: reviewer.calls, "the analysis to be under way")
    assert client.delete(f"/sessions/{session}").json["cancelled_tasks"] == 1
    reviewer.gate.set()
    thread.join(20)
    assert answers[0].status_code in (404, 409)


def test_starts_beyond_the_limit_are_refused_with_the_time_to_wait(make_app: MakeApp) -> None:
    client = make_app(ai_provider="anthropic", anthropic_api_key="key", analysis_rate_limit=1, inline_max_wait=0).test_client()
    session = session_of(client)
    assert analyze(client, session).status_code == 200
    refused = analyze(client, session, "Deadline")
    assert refused.status_code == 429
    assert 1 <= int(refused.headers["Retry-After"]) <= 61


def test_the_built_in_reviewer_is_never_limited(make_app: MakeApp) -> None:
    client = make_app(analysis_rate_limit=1, inline_max_wait=0).test_client()
    session = session_of(client)
    assert [analyze(client, session, force=True).status_code for _ in range(3)] == [200] * 3


def test_a_question_is_answered_with_its_sources_and_remembered(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = session_of(client)
    answer = client.post("/chat", json={"session_id": session, "message": "Who is the bidder?", "current_section": "Deadline"})
    assert answer.status_code == 200
    body = answer.json
    assert body["response"] == "The bidder must be registered."
    assert (body["async"], body["found"], body["reviewer"]) == (False, True, "Counting reviewer")
    [source] = body["sources"]
    assert section(client, session)["content"][source["start"] : source["end"]] == source["quote"]
    assert reviewer.calls[0].section == 1
    assert reviewer.calls[0].history == ()
    client.post("/chat", json={"session_id": session, "message": "Any sunshine?"})
    assert reviewer.calls[1].history == (("user", "Who is the bidder?"), ("assistant", "The bidder must be registered."))
    chat = client.get(f"/sessions/{session}").json["chat"]
    assert [(turn["role"], turn["text"]) for turn in chat] == [
        ("user", "Who is the bidder?"),
        ("assistant", "The bidder must be registered."),
        ("user", "Any sunshine?"),
        ("assistant", "The document doesn't tell."),
    ]
    assert chat[1]["sources"] == body["sources"]
    assert chat[3]["sources"] == []


def test_a_question_that_fails_is_not_remembered(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = session_of(client)
    reviewer.fails_with = [UpstreamError("Refused.")]
    assert client.post("/chat", json={"session_id": session, "message": "Who?"}).status_code == 502
    assert client.get(f"/sessions/{session}").json["chat"] == []


def events(text: str) -> list[tuple[str, dict]]:
    """The events of a stream: name and data."""
    found = []
    for block in text.strip().split("\n\n"):
        if not block.startswith(":"):
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_an_answer_streams_as_tokens_sources_and_done(client: FlaskClient) -> None:
    session, key = session_of(client), str(uuid.uuid4())
    headers = {**STREAM, "Idempotency-Key": key}
    answer = client.post("/chat", json={"session_id": session, "message": "Who is the bidder?"}, headers=headers)
    assert answer.mimetype == "text/event-stream"
    found = events(answer.text)
    assert found[0] == ("task", {"task_id": key})
    assert "".join(data["text"] for name, data in found if name == "token") == "The bidder must be registered."
    assert [name for name, _ in found][-2:] == ["sources", "done"]
    done = found[-1][1]
    assert (done["response"], done["task_id"]) == ("The bidder must be registered.", key)
    assert dict(found)["sources"]["sources"] == done["sources"]
    again = client.post("/chat", json={"session_id": session, "message": "Who is the bidder?"}, headers=headers)
    assert events(again.text)[-1] == found[-1]
    assert len(client.get(f"/sessions/{session}").json["chat"]) == 2


def test_a_stream_sends_text_before_the_answer_is_complete(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = session_of(client)
    reviewer.gate.clear()
    answer = client.post("/chat", json={"session_id": session, "message": "Who is the bidder?"}, headers=STREAM, buffered=False)
    read = ""
    for chunk in answer.response:
        read += chunk.decode() if isinstance(chunk, bytes) else chunk
        if "event: token" in read:
            break
    token = next(data for name, data in events(read) if name == "token")
    assert token == {"text": "The bidder must"}
    assert not reviewer.gate.is_set()
    reviewer.gate.set()
    rest = "".join(chunk.decode() if isinstance(chunk, bytes) else chunk for chunk in answer.response)
    assert ("token", {"text": " be registered."}) in events(read + rest)


def test_a_cancelled_stream_ends_with_an_error(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session, key = session_of(client), str(uuid.uuid4())
    reviewer.gate.clear()
    other = client.application.test_client()
    headers = {**STREAM, "Idempotency-Key": key}
    thread, answers = aside(lambda: other.post("/chat", json={"session_id": session, "message": "Who?"}, headers=headers).text)
    wait_for(lambda: reviewer.calls, "the answer to be under way")
    assert client.post(f"/cancel_task/{key}").json["cancelled"] is True
    thread.join(20)
    assert events(answers[0])[-1] == ("error", {"code": "cancelled", "message": "The question was cancelled.", "task_id": key})


def test_a_failing_stream_ends_with_the_error(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session = session_of(client)
    reviewer.fails_with = [UpstreamError("Refused.", hint="Set the key.")]
    name, data = events(client.post("/chat", json={"session_id": session, "message": "Who?"}, headers=STREAM).text)[-1]
    assert name == "error"
    assert (data["code"], data["message"], data["hint"]) == ("upstream_error", "Refused.", "Set the key.")


def test_a_stream_says_that_it_tries_again(make_app: MakeApp, reviewer: CountingReviewer) -> None:
    client = make_app(retry_base=8).test_client()
    session, key = session_of(client), str(uuid.uuid4())
    reviewer.fails_with = [TransientError("Overloaded.")]
    question = {"session_id": session, "message": "Who is the bidder?"}
    answer = client.post("/chat", json=question, headers={**STREAM, "Idempotency-Key": key}, buffered=False)
    read = ""
    for chunk in answer.response:
        read += chunk.decode() if isinstance(chunk, bytes) else chunk
        if "RETRY" in read:
            client.post(f"/cancel_task/{key}")  # nobody needs to wait for it
    found = events(read)
    assert any(name == "status" and data["state"] == "RETRY" and "Overloaded" in data["status"] for name, data in found)
    assert (found[-1][0], found[-1][1]["code"]) == ("error", "cancelled")


def test_an_invalid_question_is_no_stream(client: FlaskClient) -> None:
    answer = client.post("/chat", json={"session_id": "x", "message": "Who?"}, headers=STREAM)
    assert (answer.status_code, answer.mimetype) == (404, "application/json")


def test_streams_take_half_of_the_threads_at_most(make_app: MakeApp, reviewer: CountingReviewer) -> None:
    client = make_app(web_threads=2).test_client()
    session = session_of(client)
    reviewer.gate.clear()
    first = client.post("/chat", json={"session_id": session, "message": "Who?"}, headers=STREAM, buffered=False)
    next(iter(first.response))
    second = client.post("/chat", json={"session_id": session, "message": "Who else?"}, headers=STREAM)
    assert (second.status_code, second.mimetype) == (202, "application/json")
    reviewer.gate.set()
    wait_for(lambda: client.get(f"/task_status/{second.json['task_id']}").json["ready"], "the second answer")
    first.close()
    first.close()
    third = client.post("/chat", json={"session_id": session, "message": "Who now?"}, headers=STREAM)
    assert third.mimetype == "text/event-stream"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_connection_test_says_what_answered(client: FlaskClient, method: str) -> None:
    answer = client.open("/test_claude_connection", method=method)
    assert answer.status_code == 200
    body = answer.json
    assert body.pop("task_id")
    assert body == {
        "success": True,
        "async": False,
        "connected": True,
        "provider": "test",
        "model": "counting",
        "latency_ms": 1.2,
        "message": "It answers.",
    }


def test_text_that_looks_like_markup_comes_back_as_it_was(client: FlaskClient) -> None:
    hostile = b'# <script>alert(1)</script>\n\n</script><img src=x onerror=alert(1)> must & "must"\n'
    session = upload(client, hostile).json["session_id"]
    [name] = [item["name"] for item in client.get(f"/sessions/{session}").json["sections"]]
    shown = section(client, session, name)
    assert '<img src=x onerror=alert(1)> must & "must"' in shown["content"]
    answer = analyze(client, session, name)
    assert answer.mimetype == "application/json"
    assert answer.json["feedback_count"] == 2
