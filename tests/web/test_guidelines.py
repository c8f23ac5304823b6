"""Checklists over HTTP: the standing one, one read from a file, and the one of a document."""

from __future__ import annotations

import io
from pathlib import Path

import docx
from flask.testing import FlaskClient
from sqlalchemy import select

from tenderline.review.activities import GUIDELINES_CHANGED
from tenderline.review.models import Activity
from tests.web.conftest import session_of, upload

OWN = "# Ours\n\n## Delivery\n\nThe place of delivery is named.\n\n## Prices\n\nPrices are without tax.\n"


def titles(answer: dict) -> list[str]:
    return [check["title"] for check in answer["checks"]]


def test_new_documents_get_the_checklist_that_ships_until_somebody_writes_another(client: FlaskClient) -> None:
    shipped = client.get("/guidelines").json
    assert shipped["own"] is False
    before = client.get(f"/sessions/{session_of(client)}").json
    written = client.put("/guidelines", json={"markdown": OWN})
    assert written.status_code == 200
    assert titles(written.json) == ["Delivery", "Prices"]
    after = client.get(f"/sessions/{session_of(client)}").json
    assert [check["title"] for check in after["guidelines"]] == ["Delivery", "Prices"]
    assert [check["title"] for check in before["guidelines"]] == titles(shipped)
    kept = client.get(f"/sessions/{before['session_id']}").json
    assert kept["guidelines"] == before["guidelines"]
    back = client.delete("/guidelines").json
    assert (back["own"], back["markdown"]) == (False, shipped["markdown"])


def test_a_checklist_that_was_changed_elsewhere_is_not_written_over_and_both_are_there_to_choose_from(client: FlaskClient) -> None:
    theirs = {"markdown": "## Signature\n\nSomebody signs.\n", "based_on": None}
    first = client.put("/guidelines", json=theirs)
    assert first.status_code == 200
    refused = client.put("/guidelines", json={"markdown": OWN, "based_on": None})
    assert refused.status_code == 409
    assert refused.json["error"]["code"] == "conflict"
    newer = refused.json["newer"]
    assert (newer["markdown"], newer["updated_at"], titles(newer)) == (theirs["markdown"], first.json["updated_at"], ["Signature"])
    assert client.get("/guidelines").json["markdown"] == theirs["markdown"]
    assert client.put("/guidelines", json={"markdown": OWN, "based_on": newer["updated_at"]}).status_code == 200
    gone = client.delete(f"/guidelines?based_on={newer['updated_at']}")
    assert (gone.status_code, titles(gone.json["newer"])) == (409, ["Delivery", "Prices"])
    assert client.put("/guidelines", json={"markdown": theirs["markdown"]}).status_code == 200  # who says nothing is not asked
    assert client.delete("/guidelines").json["own"] is False


def test_a_document_s_own_checklist_is_deleted_and_the_standing_one_is_left(client: FlaskClient) -> None:
    path = f"/sessions/{session_of(client)}/guidelines"
    client.put(path, json={"guidelines_preference": "own_only", "markdown": OWN})
    left = client.delete(path).json
    assert left["guidelines_preference"] == "both"
    assert "own_guidelines" not in left
    assert {check["id"][0] for check in left["checks"]} == {"C"}
    assert client.delete(path).json == left
    assert client.get(path).json == left


def test_a_checklist_without_checks_is_refused_and_changes_nothing(client: FlaskClient) -> None:
    answer = client.put("/guidelines", json={"markdown": "Nothing but prose."})
    assert answer.status_code == 422
    assert "heading" in answer.json["error"]["hint"]
    assert client.get("/guidelines").json["own"] is False


def test_a_checklist_is_read_from_word_and_nothing_is_kept(client: FlaskClient, tmp_path: Path) -> None:
    written = docx.Document()
    written.add_heading("Delivery", 1)
    written.add_paragraph("The place of delivery is named.")
    written.save(str(tmp_path / "ours.docx"))
    answer = client.post("/guidelines/read", data={"guidelines": (tmp_path / "ours.docx").open("rb")})
    assert answer.status_code == 200, answer.text
    assert titles(answer.json) == ["Delivery"]
    desk = client.application.extensions["tenderline_desk"]
    assert list(desk.files.root.iterdir()) == []
    assert client.get("/guidelines").json["own"] is False


def test_what_is_no_checklist_is_refused_with_the_kinds_that_are(client: FlaskClient) -> None:
    answer = client.post("/guidelines/read", data={"guidelines": (io.BytesIO(b"%PDF-1.7\n"), "ours.pdf")})
    assert answer.status_code in (415, 422)
    assert client.post("/guidelines/read", json={}).status_code == 415


def test_a_document_changes_its_checklist_and_keeps_its_own_one(client: FlaskClient) -> None:
    session = upload(client, guidelines=(io.BytesIO(OWN.encode()), "ours.md")).json["session_id"]
    path = f"/sessions/{session}/guidelines"
    both = client.get(path).json
    assert [check["id"] for check in both["checks"]][:3] == ["O01", "O02", "C01"]
    default = client.put(path, json={"guidelines_preference": "default_only"}).json
    assert {check["id"][0] for check in default["checks"]} == {"C"}
    own = client.put(path, json={"guidelines_preference": "own_only"}).json
    assert titles(own) == ["Delivery", "Prices"]
    other = client.put(path, json={"guidelines_preference": "own_only", "markdown": "## Signature\n\nSomebody signs.\n"}).json
    assert titles(other) == ["Signature"]
    assert client.get(f"/sessions/{session}").json["guidelines"] == other["checks"]


def test_another_checklist_makes_the_analysis_new(client: FlaskClient) -> None:
    session = session_of(client)
    body = {"session_id": session, "section_name": "Scope"}
    first = client.post("/analyze_section", json=body).json
    assert client.post("/analyze_section", json=body).json["cached"] is True
    client.put(f"/sessions/{session}/guidelines", json={"guidelines_preference": "own_only", "markdown": OWN})
    again = client.post("/analyze_section", json=body).json
    assert again["cached"] is False
    assert again["task_id"] != first["task_id"]


def test_only_own_checks_without_any_is_refused(client: FlaskClient) -> None:
    answer = client.put(f"/sessions/{session_of(client)}/guidelines", json={"guidelines_preference": "own_only"})
    assert answer.status_code == 422
    assert answer.json["error"]["fields"] == {"guidelines": "missing"}


def test_the_document_of_somebody_else_is_unknown(client: FlaskClient) -> None:
    path = "/sessions/6d3a7c0e-6a52-4a0e-9d0d-2f2f3c1f8f57/guidelines"
    assert client.get(path).status_code == 404
    assert client.put(path, json={"guidelines_preference": "both"}).status_code == 404


def test_questions_are_suggested_that_fit_the_document(client: FlaskClient) -> None:
    asked = client.get(f"/sessions/{session_of(client)}/questions").json["questions"]
    assert asked[0] == "What is this document about?"
    assert "Which deadlines does it set?" in asked


def test_a_changed_checklist_stands_in_the_document_s_log(client: FlaskClient) -> None:
    session = session_of(client)
    client.put(f"/sessions/{session}/guidelines", json={"guidelines_preference": "own_only", "markdown": OWN})
    with client.application.extensions["tenderline"].database.read() as database:
        texts = [line.detail["text"] for line in database.scalars(select(Activity).where(Activity.action == GUIDELINES_CHANGED))]
    assert texts == ["2 checks"]
