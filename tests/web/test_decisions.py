from __future__ import annotations

import csv
import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import MakeApp, session_of, upload
from tests.web.reviewers import CountingReviewer

DECISIONS = {"/accept_feedback": "accepted", "/reject_feedback": "rejected", "/revert_feedback": "pending"}


def reviewed(client: FlaskClient) -> tuple[str, list[str]]:
    """A fresh tender whose first section was analysed, and the ids of its two findings."""
    session = session_of(client)
    return session, [item["id"] for item in analyze(client, session)["feedback_items"]]


def analyze(client: FlaskClient, session: str) -> dict[str, Any]:
    return client.post("/analyze_section", json={"session_id": session, "section_name": "Scope", "force": True}).json


def send(client: FlaskClient, path: str, session: str, finding: str | None = None, **body: Any) -> Any:
    named = {"feedback_id": finding} if finding else {}
    return client.post(path, json={"session_id": session, "section_name": "Scope", **named, **body})


def all_of(client: FlaskClient, session: str) -> list[dict[str, Any]]:
    return client.get(f"/sessions/{session}/findings").json["findings"]


def log(client: FlaskClient, session: str, **query: Any) -> Any:
    return client.get("/get_activity_logs", query_string={"session_id": session, **query})


def test_a_finding_is_accepted_rejected_and_reverted(client: FlaskClient) -> None:
    session, [first, _] = reviewed(client)
    for path, decision in DECISIONS.items():
        answer = send(client, path, session, first)
        assert answer.status_code == 200
        assert (answer.json["success"], answer.json["item"]["id"], answer.json["item"]["decision"]) == (True, first, decision)
        assert {name: answer.json["counts"][name] for name in DECISIONS.values()} == {
            **dict.fromkeys(DECISIONS.values(), 0),
            "pending": 1,
        } | ({decision: 1} if decision != "pending" else {"pending": 2})
        assert ("decided_at" in answer.json["item"]) is (decision != "pending")


def test_decisions_and_edits_survive_analysing_again(client: FlaskClient, reviewer: CountingReviewer) -> None:
    session, [first, second] = reviewed(client)
    send(client, "/accept_feedback", session, first)
    send(client, "/update_user_feedback", session, second, description="Mine.")
    again = analyze(client, session)
    assert len(reviewer.calls) == 2
    assert [(item["decision"], item["description"]) for item in again["feedback_items"]] == [("accepted", "A duty."), ("pending", "Mine.")]
    shown = client.post("/get_section_content", json={"session_id": session, "section_name": "Scope"}).json["findings"]
    assert shown == again["feedback_items"] == all_of(client, session)


def test_a_finding_of_ones_own_is_added_edited_and_deleted(client: FlaskClient) -> None:
    session = session_of(client)
    added = send(client, "/add_custom_feedback", session, description="Who?", quote="must", start=80)
    assert added.status_code == 200
    item = added.json["item"]
    assert (item["source"], item["decision"], item["category"], item["type"], item["risk_level"]) == (
        "reader", "accepted", "General", "important", "Medium",
    )  # fmt: skip
    assert (added.json["counts"]["own"], added.json["counts"]["total"]) == (1, 1)
    content = client.post("/get_section_content", json={"session_id": session, "section_name": "Scope"}).json["content"]
    assert item["start"] == content.rindex("must")
    changed = send(client, "/update_user_feedback", session, item["id"], suggestion="Name them.", risk_level="High").json["item"]
    assert (changed["suggestion"], changed["risk_level"], changed["edited"]) == ("Name them.", "High", False)
    deleted = send(client, "/delete_user_feedback", session, item["id"])
    assert (deleted.json["feedback_id"], deleted.json["counts"]["total"]) == (item["id"], 0)
    assert send(client, "/delete_user_feedback", session, item["id"]).status_code == 404


@pytest.mark.parametrize("name", [{"section_name": None}, {"section_name": ""}, {}])
def test_without_a_section_it_is_about_the_whole_document(client: FlaskClient, name: dict[str, Any]) -> None:
    session = session_of(client)
    body = {"session_id": session, "description": "A part is missing.", **name}
    item = client.post("/add_custom_feedback", json=body).json["item"]
    assert item["section_index"] == -1
    rejected = client.post("/reject_feedback", json={"session_id": session, "feedback_id": item["id"], **name})
    assert rejected.json["item"]["decision"] == "rejected"
    assert [found["id"] for found in all_of(client, session)] == [item["id"]]
    assert [section["findings"] for section in client.get(f"/sessions/{session}").json["sections"]] == [0, 0]


def test_adding_with_a_repeated_key_adds_once(client: FlaskClient) -> None:
    session, headers = session_of(client), {"Idempotency-Key": str(uuid.uuid4())}
    body = {"session_id": session, "description": "Mine."}
    first, second = (client.post("/add_custom_feedback", json=body, headers=headers).json for _ in range(2))
    assert first == second
    assert len(all_of(client, session)) == 1


def test_a_reviewers_finding_is_not_deleted(client: FlaskClient) -> None:
    session, [first, _] = reviewed(client)
    refused = send(client, "/delete_user_feedback", session, first)
    assert (refused.status_code, refused.json["error"]["code"]) == (409, "conflict")
    assert "Reject it" in refused.json["error"]["hint"]
    assert len(all_of(client, session)) == 2


def test_an_edited_finding_says_what_the_reviewer_wrote(client: FlaskClient) -> None:
    session, [first, _] = reviewed(client)
    item = send(client, "/update_user_feedback", session, first, description="Mine.", suggestion="").json["item"]
    assert (item["description"], item["suggestion"], item["edited"]) == ("Mine.", "", True)
    assert item["original"]["description"] == "A duty."
    back = send(client, "/update_user_feedback", session, first, **item["original"]).json["item"]
    assert back["edited"] is False
    assert "original" not in back


def test_undo_takes_back_the_newest_step_until_there_is_none(client: FlaskClient) -> None:
    session, [first, _] = reviewed(client)
    before = all_of(client, session)
    send(client, "/accept_feedback", session, first)
    own = send(client, "/add_custom_feedback", session, description="Mine.").json["item"]["id"]
    undone = client.post("/undo_feedback", json={"session_id": session}).json
    assert undone["undone"] == {"action": "added", "section_index": 0, "feedback_id": own}
    assert "item" not in undone
    undone = client.post("/undo_feedback", json={"session_id": session}).json
    assert (undone["undone"]["action"], undone["item"]["decision"], undone["counts"]["pending"]) == ("accepted", "pending", 2)
    last = client.post("/undo_feedback", json={"session_id": session}).json
    assert "undone" not in last
    assert (last["message"], last["passed_over"]) == ("There is nothing to take back.", [])
    assert all_of(client, session) == before


def test_what_was_undone_is_done_again_until_something_else_is_changed(client: FlaskClient) -> None:
    session, [first, second] = reviewed(client)
    send(client, "/reject_feedback", session, first)
    client.post("/undo_feedback", json={"session_id": session})
    redone = client.post("/redo_feedback", json={"session_id": session}).json
    assert (redone["redone"]["action"], redone["item"]["decision"], redone["counts"]["rejected"]) == ("rejected", "rejected", 1)
    assert redone["message"] == "Done again: rejected."
    client.post("/undo_feedback", json={"session_id": session})
    send(client, "/accept_feedback", session, second)
    nothing = client.post("/redo_feedback", json={"session_id": session}).json
    assert ("redone" in nothing, nothing["message"]) == (False, "There is nothing to do again.")


def test_undo_says_when_a_finding_is_gone(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    session, [first, second] = reviewed(client)
    send(client, "/accept_feedback", session, second)
    for path in ("/reject_feedback", "/revert_feedback"):
        send(client, path, session, first)
    found = CountingReviewer.review

    def fewer(*args: Any) -> Any:
        made = found(*args)
        return type(made)(made.findings[1:], made.reviewer)

    monkeypatch.setattr(CountingReviewer, "review", fewer)
    analyze(client, session)
    undone = client.post("/undo_feedback", json={"session_id": session}).json
    assert undone["undone"]["feedback_id"] == second
    assert [step["feedback_id"] for step in undone["passed_over"]] == [first, first]
    assert "2 newer steps could not be taken back" in undone["message"]


BODIES = {
    "/accept_feedback": {"feedback_id": "f"},
    "/reject_feedback": {"feedback_id": "f"},
    "/revert_feedback": {"feedback_id": "f"},
    "/add_custom_feedback": {"description": "Mine."},
    "/update_user_feedback": {"feedback_id": "f", "description": "Mine."},
    "/delete_user_feedback": {"feedback_id": "f"},
    "/undo_feedback": {},
}
READS = ("/get_activity_logs?", "/get_activity_logs?format=csv", "/get_statistics?", "/export_review?", "/export_review?format=md")


def test_what_belongs_to_another_browser_is_not_found(make_app: MakeApp) -> None:
    app = make_app(owner_per_browser=True)
    ann, bob = app.test_client(), app.test_client()
    session, [first, _] = reviewed(ann)
    before = all_of(ann, session)
    for path, body in BODIES.items():
        if "feedback_id" in body:
            body = body | {"feedback_id": first}
        assert bob.post(path, json={"session_id": session, "section_name": "Scope", **body}).status_code == 404, path
    for path in (f"/sessions/{session}/findings?", *READS):
        assert bob.get(f"{path}&session_id={session}").status_code == 404, path
    assert bob.get("/get_statistics").json["documents"] == 0
    assert all_of(ann, session) == before
    assert log(ann, session).json["total_count"] == 2


@pytest.mark.parametrize(("path", "body"), BODIES.items())
def test_an_unknown_document_or_section_is_a_404(client: FlaskClient, path: str, body: dict[str, Any]) -> None:
    assert client.post(path, json={"session_id": str(uuid.uuid4()), **body}).status_code == 404
    if path != "/undo_feedback":
        assert client.post(path, json={"session_id": session_of(client), "section_name": "Nothing", **body}).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"description": "x" * 4001},
        {"description": "  "},
        {"description": "a\x00"},
        {"suggestion": "x" * 4001},
        {"category": "x" * 65},
        {"category": ""},
        {"type": "fatal"},
        {"risk_level": "high"},
        {"quote": "x" * 20_001},
        {"quote": "not in the section"},
        {"quote": "must", "start": -1},
        {"section_name": "x" * 301},
    ],
)
def test_what_comes_in_is_bounded(client: FlaskClient, fields: dict[str, Any]) -> None:
    session = session_of(client)
    refused = send(client, "/add_custom_feedback", session, **{"description": "Mine.", **fields})
    assert refused.status_code == 422
    assert all_of(client, session) == []
    own = send(client, "/add_custom_feedback", session, description="Mine.").json["item"]["id"]
    if "quote" not in fields:
        assert send(client, "/update_user_feedback", session, own, **fields).status_code == 422
        assert all_of(client, session)[0]["description"] == "Mine."


def test_a_long_list_is_cut_and_says_so(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    session, [first, _] = reviewed(client)
    monkeypatch.setattr("tenderline.web.decisions.MAX_FINDINGS", 1)
    listed = client.get(f"/sessions/{session}/findings").json
    assert ([item["id"] for item in listed["findings"]], listed["truncated"], listed["counts"]["total"]) == ([first], True, 2)


def test_the_log_tells_who_did_what(client: FlaskClient) -> None:
    session, [first, _] = reviewed(client)
    send(client, "/accept_feedback", session, first)
    client.post("/undo_feedback", json={"session_id": session})
    page = log(client, session, page_size=3).json
    assert (page["total_count"], page["page"], page["page_size"]) == (4, 1, 3)
    assert [(line["actor"], line["action"], line["section"], line["undone"]) for line in page["activities"]] == [
        ("you", "undone", "Scope", False),
        ("you", "accepted", "Scope", True),
        ("you", "section_analyzed", "Scope", False),
    ]
    assert page["activities"][1]["feedback_id"] == first
    [oldest] = log(client, session, page=2, page_size=3).json["activities"]
    assert (oldest["action"], oldest["detail"]) == ("document_uploaded", "tender.md")
    whole = log(client, session, format="csv")
    assert (whole.mimetype, whole.headers["Content-Disposition"]) == ("text/csv", "attachment; filename=activity-log.csv")
    assert [row["action"] for row in csv.DictReader(io.StringIO(whole.text))] == [
        "undone",
        "accepted",
        "section_analyzed",
        "document_uploaded",
    ]


def test_the_sums_of_a_document_and_of_all(client: FlaskClient) -> None:
    session, [first, _] = reviewed(client)
    reviewed(client)
    send(client, "/accept_feedback", session, first)
    one = client.get("/get_statistics", query_string={"session_id": session}).json
    whole = client.get("/get_statistics").json
    assert (one["documents"], one["sections"], one["sections_reviewed"], one["findings"]) == (1, 2, 1, 2)
    assert (whole["documents"], whole["findings"], whole["decisions"]) == (2, 4, {"pending": 3, "accepted": 1, "rejected": 0})
    assert whole["patterns"] == [{"category": "Clarity", "text": "A duty.", "count": 4, "documents": 2}]
    assert whole["usage"]["input_tokens"] == 200
    assert len(whole["usage"]["by_day"]) == 1


@pytest.mark.parametrize(("kind", "mimetype"), [("json", "application/json"), ("csv", "text/csv"), ("md", "text/markdown")])
def test_a_review_is_exported_without_what_was_rejected_and_logged(client: FlaskClient, kind: str, mimetype: str) -> None:
    session = upload(client, name="Ausschreibung für Büros.md").json["session_id"]
    [first, second] = [item["id"] for item in analyze(client, session)["feedback_items"]]
    send(client, "/update_user_feedback", session, first, description="KEPT")
    send(client, "/update_user_feedback", session, second, description="LEFT-OUT")
    send(client, "/reject_feedback", session, second)
    answer = client.get("/export_review", query_string={"session_id": session, "format": kind})
    assert (answer.status_code, answer.mimetype, answer.headers["Cache-Control"]) == (200, mimetype, "no-store")
    assert f"F%C3%BCr%20B%C3%BCros%20review.{kind}".lower() in answer.headers["Content-Disposition"].lower()
    assert "KEPT" in answer.text
    assert "LEFT-OUT" not in answer.text
    [newest] = log(client, session, page_size=1).json["activities"]
    assert (newest["action"], newest["detail"]) == ("review_exported", f"1 finding as {kind}")


def test_another_sites_page_exports_nothing(client: FlaskClient) -> None:
    session, _ = reviewed(client)
    query = {"session_id": session}
    assert client.get("/export_review", query_string=query, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert log(client, session).json["total_count"] == 2


def test_decisions_are_there_after_a_restart(tmp_path: Path, make_app: MakeApp) -> None:
    session, [first, _] = reviewed(make_app().test_client())
    send(make_app().test_client(), "/accept_feedback", session, first)
    assert all_of(make_app().test_client(), session)[0]["decision"] == "accepted"
