from __future__ import annotations

import io
import shutil
import threading
import uuid
from collections import namedtuple
from pathlib import Path

import pytest
from docx import Document
from flask import Flask
from flask.testing import FlaskClient

from tenderline.settings import MAX_UPLOAD_BYTES
from tests import documents, hostile_documents
from tests.pdf_documents import pdf, typeset
from tests.services import wait_for
from tests.web import conftest
from tests.web.conftest import MakeApp, session_of, upload

Usage = namedtuple("Usage", "total used free")

PDF = pdf(
    typeset([("1. Scope", 16, True), ("The bidder must be registered. " * 8, 10, False), ("2. Terms", 16, True), ("Pay. " * 40, 10, False)])
)


def stored(tmp_path: Path) -> list[str]:
    return sorted(str(path.relative_to(tmp_path / "data" / "documents")) for path in (tmp_path / "data" / "documents").rglob("*"))


def test_a_light_document_is_read_at_once(client: FlaskClient, tmp_path: Path) -> None:
    answer = upload(client)
    assert answer.status_code == 200
    session = answer.json["session_id"]
    assert answer.json == {
        "success": True,
        "session_id": session,
        "document_name": "tender.md",
        "sections": ["Scope", "Deadline"],
        "total_sections": 2,
        "warnings": [],
    }
    assert stored(tmp_path) == [session, *(f"{session}/{name}" for name in ("original.md", "runs.json.gz", "text.gz"))]


def test_a_word_file_keeps_its_sections(client: FlaskClient, tmp_path: Path) -> None:
    content = documents.procurement_report(tmp_path / "report.docx").read_bytes()
    answer = upload(client, content, "report.docx")
    assert tuple(answer.json["sections"]) == ("Introduction", *documents.REPORT_SECTIONS)


def test_a_pdf_is_read_by_a_task_in_the_background_of_this_process(client: FlaskClient) -> None:
    answer = upload(client, PDF, "terms.pdf")
    assert answer.status_code == 200, answer.text
    session = answer.json["session_id"]
    assert answer.json["sections"] == ["1. Scope", "2. Terms"]
    [task] = client.get("/api/tasks").json["tasks"]
    assert (task["operation"], task["state"], task["executor"]) == ("parse_document", "SUCCESS", "background")
    assert client.get(f"/sessions/{session}").json["state"] == "ready"


def test_a_document_that_takes_longer_is_followed_by_its_task(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()
    hold(monkeypatch, gate)
    monkeypatch.setattr("tenderline.web.uploads.PARSE_WAIT", 0.05)
    answer = upload(client, PDF, "terms.pdf")
    assert answer.status_code == 202
    session, task = answer.json["session_id"], answer.json["task_id"]
    assert (answer.json["async"], answer.json["status"]) == (True, "processing")
    waiting = client.get(f"/sessions/{session}").json
    assert (waiting["state"], waiting["sections"]) == ("parsing", [])
    assert [active["task_id"] for active in waiting["active_tasks"]] == [task]
    assert client.post("/get_section_content", json={"session_id": session, "section_name": "1. Scope"}).status_code == 409
    gate.set()
    wait_for(lambda: client.get(f"/task_status/{task}").json["ready"], "the document to be read")
    assert [section["name"] for section in client.get(f"/sessions/{session}").json["sections"]] == ["1. Scope", "2. Terms"]


def hold(monkeypatch: pytest.MonkeyPatch, gate: threading.Event, error: BaseException | None = None) -> None:
    """Keep the reading of documents at its start until the gate is opened; then let it fail, if told so."""
    import tenderline.review.parsing as parsing

    really = parsing.parse_safely

    def held(path, kind, *, cancelled):
        while not gate.wait(0.02):
            cancelled()
        if error is not None:
            raise error
        return really(path, kind, cancelled=cancelled)

    monkeypatch.setattr(parsing, "parse_safely", held)


def test_a_document_that_fails_later_says_why_and_its_files_go(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tenderline.errors import Invalid

    gate = threading.Event()
    hold(monkeypatch, gate, Invalid("The document is damaged.", hint="Save it anew."))
    monkeypatch.setattr("tenderline.web.uploads.PARSE_WAIT", 0.05)
    answer = upload(client, PDF, "terms.pdf").json
    gate.set()
    wait_for(lambda: client.get(f"/task_status/{answer['task_id']}").json["ready"], "the reading to fail")
    session = client.get(f"/sessions/{answer['session_id']}").json
    assert session["state"] == "failed"
    assert session["error"] == {"code": "invalid", "message": "The document is damaged.", "hint": "Save it anew."}
    assert stored(tmp_path) == []
    [listed] = client.get("/sessions").json["sessions"]
    assert listed["state"] == "failed"
    refused = client.post("/analyze_section", json={"session_id": answer["session_id"], "section_name": "Scope"})
    assert (refused.status_code, refused.json["error"]["message"]) == (422, "The document is damaged.")
    assert client.delete(f"/sessions/{answer['session_id']}").status_code == 200


def test_reading_can_be_cancelled(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    hold(monkeypatch, threading.Event())
    monkeypatch.setattr("tenderline.web.uploads.PARSE_WAIT", 0.05)
    answer = upload(client, PDF, "terms.pdf").json
    assert client.post(f"/cancel_task/{answer['task_id']}").json["cancelled"] is True
    wait_for(lambda: client.get(f"/task_status/{answer['task_id']}").json["state"] == "REVOKED", "the task to stop")
    session = client.get(f"/sessions/{answer['session_id']}").json
    assert session["state"] == "failed"
    assert "cancelled" in session["error"]["message"]


def test_deleting_a_document_that_is_being_read_stops_the_reading(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hold(monkeypatch, threading.Event())
    monkeypatch.setattr("tenderline.web.uploads.PARSE_WAIT", 0.05)
    answer = upload(client, PDF, "terms.pdf").json
    assert client.delete(f"/sessions/{answer['session_id']}").json["cancelled_tasks"] == 1
    wait_for(lambda: client.get(f"/task_status/{answer['task_id']}").json["state"] == "REVOKED", "the task to stop")
    assert stored(tmp_path) == []


def hostile(tmp_path: Path) -> dict[str, tuple[bytes, str, int]]:
    """What is uploaded, under which name, and the status it gets. (``tests/test_parsing*`` has all hostile files.)"""
    word = documents.word_file(tmp_path / "word.docx", documents.paragraph(documents.run("Text"))).read_bytes()
    return {
        "empty": (b"", "a.md", 422),
        "blank": (b" \n\n ", "a.txt", 422),
        "old word": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.doc", 415),
        "no ending": (b"text", "a", 415),
        "renamed": (word, "a.pdf", 415),
        "excel": (hostile_documents.office_file(tmp_path / "excel.docx", "xlsx").read_bytes(), "a.docx", 415),
        "truncated": (word[: len(word) // 2], "a.docx", 422),
        "bomb": (hostile_documents.zip_bomb(tmp_path / "bomb.docx", 300).read_bytes(), "a.docx", 413),
        "locked pdf": (hostile_documents.protected_pdf("user", ["Text"]), "a.pdf", 422),
    }


@pytest.mark.parametrize("name", ["empty", "blank", "old word", "no ending", "renamed", "excel", "truncated", "bomb", "locked pdf"])
def test_a_hostile_file_is_refused_with_a_hint_and_leaves_nothing(client: FlaskClient, tmp_path: Path, name: str) -> None:
    content, filename, status = hostile(tmp_path)[name]
    answer = upload(client, content, filename)
    assert answer.status_code == status, answer.text
    assert answer.json["error"]["message"]
    assert answer.json["error"]["hint"]
    assert client.get("/sessions").json["total_count"] == 0
    assert stored(tmp_path) == []


def test_a_file_one_byte_over_the_limit_is_a_413_in_json(client: FlaskClient, tmp_path: Path) -> None:
    answer = upload(client, b"x" * (MAX_UPLOAD_BYTES + 1), "a.txt")
    assert answer.status_code == 413
    assert "25 MB" in answer.json["error"]["message"]
    assert stored(tmp_path) == []


def test_a_form_far_over_the_limit_is_refused_before_it_is_read(client: FlaskClient, tmp_path: Path) -> None:
    body = io.BytesIO(b"")
    length = {"CONTENT_LENGTH": str(200 * 1024 * 1024)}
    answer = client.post("/upload", input_stream=body, content_type="multipart/form-data; boundary=x", environ_overrides=length)
    assert answer.status_code == 413
    assert "25 MB" in answer.json["error"]["hint"]


@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({}, "document"),
        ({"document": "just text"}, "document"),
        ({"document": (io.BytesIO(b"x"), "")}, "document"),
        ({"document": (io.BytesIO(b"x"), "a.md"), "guidelines": "text"}, "guidelines"),
        ({"document": (io.BytesIO(b"x"), "a.md"), "guidelines_preference": "mine"}, "guidelines_preference"),
    ],
)
def test_a_form_with_something_else_than_files_is_a_422(client: FlaskClient, form: dict, field: str) -> None:
    answer = client.post("/upload", data=form, content_type="multipart/form-data")
    assert answer.status_code == 422
    assert field in answer.json["error"]["fields"]


def test_a_full_disk_is_a_507_before_anything_is_stored(client: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1, 1, 100 * 1024 * 1024))
    answer = upload(client)
    assert answer.status_code == 507
    assert answer.json["error"]["code"] == "disk_full"
    assert stored(tmp_path) == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/pass wd.md", "pass wd.md"),
        ("<img src=x onerror=alert(1)>.md", "<img src=x onerror=alert(1)>.md"),
        ("evil\u202egnp.md", "evilgnp.md"),
        ("n" * 300 + ".md", "n" * 197 + ".md"),
        ("Vergabe – Straße №7.md", "Vergabe – Straße №7.md"),
    ],
)
def test_a_files_name_is_only_ever_shown(client: FlaskClient, tmp_path: Path, given: str, shown: str) -> None:
    answer = upload(client, name=given)
    assert answer.json["document_name"] == shown
    assert sorted(path.name for path in (tmp_path / "data" / "documents").rglob("original*")) == ["original.md"]


def test_an_upload_repeated_with_its_key_is_the_same_document(client: FlaskClient) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first, second = upload(client, headers=headers), upload(client, headers=headers)
    assert first.json == second.json
    assert client.get("/sessions").json["total_count"] == 1
    assert upload(client).json["session_id"] != first.json["session_id"]


def test_a_refused_upload_can_be_repeated_with_its_key(client: FlaskClient) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    assert upload(client, b"", headers=headers).status_code == 422
    assert upload(client, headers=headers).status_code == 200


def test_the_key_of_a_pdf_becomes_its_tasks_id(client: FlaskClient) -> None:
    key = str(uuid.uuid4())
    assert upload(client, PDF, "a.pdf", headers={"Idempotency-Key": key}).status_code == 200
    assert client.get(f"/task_status/{key}").json["operation"] == "parse_document"
    assert upload(client, PDF, "a.pdf", headers={"Idempotency-Key": key}).status_code == 200
    assert client.get("/api/tasks").json["total_count"] == 1


def guidelines(content: bytes = b"- Price: Prices are net.\n- Dates: Dates are full.\n", name: str = "own.md") -> tuple[io.BytesIO, str]:
    return io.BytesIO(content), name


@pytest.mark.parametrize(("preference", "own", "default"), [("both", True, True), ("own_only", True, False), ("default_only", False, True)])
def test_ones_own_guidelines_apply_as_wished(client: FlaskClient, preference: str, own: bool, default: bool) -> None:
    session = upload(client, guidelines=guidelines(), guidelines_preference=preference).json["session_id"]
    ids = [check["id"] for check in client.get(f"/sessions/{session}").json["guidelines"]]
    assert ("O01" in ids) is own
    assert ("C01" in ids) is default


def test_guidelines_may_be_a_word_file(client: FlaskClient, tmp_path: Path) -> None:
    made = Document()
    for title, text in (("Prices", "All prices are net of tax."), ("Dates", "All dates name the year.")):
        made.add_heading(title)
        made.add_paragraph(text)
    made.save(str(tmp_path / "own.docx"))
    content = (tmp_path / "own.docx").read_bytes()
    session = upload(client, guidelines=guidelines(content, "own.docx"), guidelines_preference="own_only").json["session_id"]
    checks = client.get(f"/sessions/{session}").json["guidelines"]
    assert [(check["title"], check["text"]) for check in checks] == [
        ("Prices", "All prices are net of tax."),
        ("Dates", "All dates name the year."),
    ]


@pytest.mark.parametrize(
    ("content", "name", "status"),
    [(b"", "own.md", 422), (PDF, "own.pdf", 415), (b"x" * (1024 * 1024 + 1), "own.md", 413), (b"no checks here", "own.md", 422)],
)
def test_guidelines_that_cannot_be_used_refuse_the_upload(
    client: FlaskClient, tmp_path: Path, content: bytes, name: str, status: int
) -> None:
    answer = upload(client, guidelines=guidelines(content, name))
    assert answer.status_code == status, answer.text
    assert client.get("/sessions").json["total_count"] == 0
    assert stored(tmp_path) == []


def test_own_guidelines_only_without_any_is_a_422(client: FlaskClient, tmp_path: Path) -> None:
    answer = upload(client, guidelines_preference="own_only")
    assert answer.status_code == 422
    assert "guidelines" in answer.json["error"]["fields"]
    assert stored(tmp_path) == []


def test_an_upload_that_cannot_be_put_on_record_leaves_no_files(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("no database")

    app.extensions["tenderline_desk"].add = fails
    assert upload(client).status_code == 500
    assert stored(tmp_path) == []


def test_documents_are_listed_newest_first_in_pages(client: FlaskClient) -> None:
    names = [f"{number}.md" for number in range(5)]
    for name in names:
        upload(client, name=name)
    first = client.get("/sessions?page_size=2").json
    last = client.get("/sessions?page_size=2&page=3").json
    assert [item["document_name"] for item in first["sessions"] + last["sessions"]] == ["4.md", "3.md", "0.md"]
    assert first["total_count"] == last["total_count"] == 5
    assert client.get("/sessions?page=9").json["sessions"] == []


def test_deleting_a_document_deletes_all_it_holds(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app()
    client = app.test_client()
    session = session_of(client)
    client.post("/analyze_section", json={"session_id": session, "section_name": "Scope"})
    client.post("/chat", json={"session_id": session, "message": "Who is the bidder?"})
    assert client.delete(f"/sessions/{session}").json == {"success": True, "session_id": session, "cancelled_tasks": 0}
    assert client.get(f"/sessions/{session}").status_code == 404
    assert client.delete(f"/sessions/{session}").status_code == 404
    assert stored(tmp_path) == []
    from sqlalchemy import func, select

    from tenderline.review import models

    with app.extensions["tenderline"].database.read() as rows:
        for model in (models.DeskSession, models.DocumentSection, models.SectionReview, models.FindingRow, models.ChatMessage):
            assert rows.scalar(select(func.count()).select_from(model)) == 0, model.__name__
        assert rows.scalar(select(func.count()).select_from(models.UsageRecord)) == 2  # what was paid for stays on record


def test_the_tender_of_these_tests_has_the_text_they_expect() -> None:
    assert conftest.TENDER.count(b"must") == 2
