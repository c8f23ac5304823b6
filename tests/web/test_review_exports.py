from __future__ import annotations

import io
import urllib.parse
from pathlib import Path
from typing import Any

import docx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, update

from tenderline.review.models import Activity, FindingRow, ReviewExport
from tests.documents import REPORT_SECTIONS, procurement_report
from tests.web.conftest import MakeApp, session_of, upload
from tests.web.reviewers import CountingReviewer
from tests.word_documents import commented_words


@pytest.fixture
def report(client: FlaskClient, tmp_path: Path) -> str:
    """The id of a Word report on the desk."""
    answer = upload(client, procurement_report(tmp_path / "a.docx").read_bytes(), "Grüße & Co: report.docx")
    return str(answer.json["session_id"])


def put(app: Flask, session: str, finding: str = "f1", **fields: Any) -> None:
    """Lay a finding on the desk."""
    defaults: dict[str, Any] = {
        "section_index": 4, "position": 0, "decision": "accepted", "type": "important", "category": "Consistency",
        "description": "The weights add up to 95 %.", "suggestion": "Say where the rest goes.", "questions": ["Where are 5 %?"],
        "checklist_refs": ["C01"], "risk_level": "High", "confidence": 0.9, "quote": "", "start": 0, "end": 0,
        "model": "built-in", "created_at": 1_790_000_000.0, "places": [],
    }  # fmt: skip
    with app.extensions["tenderline"].database.write() as database:
        database.add(FindingRow(session_id=session, finding_id=finding, **{**defaults, **fields}))


def quoting(client: FlaskClient, session: str, section: int, quote: str) -> dict[str, Any]:
    """The fields of a finding that quotes a section."""
    name = client.get(f"/sessions/{session}").json["sections"][section]["name"]
    text = client.post("/get_section_content", json={"session_id": session, "section_name": name}).json["content"]
    start = text.index(quote)
    return {"section_index": section, "quote": quote, "start": start, "end": start + len(quote)}


def complete(client: FlaskClient, session: str, **body: Any):
    return client.post("/complete_review", json={"session_id": session, **body})


def downloaded(client: FlaskClient, answer: Any, path: Path) -> Path:
    path.write_bytes(client.get(answer.json["download_url"]).data)
    return path


def test_a_finished_review_is_the_document_with_the_findings_at_their_words(
    app: Flask, client: FlaskClient, report: str, tmp_path: Path
) -> None:
    put(app, report, **quoting(client, report, 5, "40 % for price, 35 %"))
    put(app, report, "own", source="reader", description="Mine.", model="", questions=[], **quoting(client, report, 4, "31 April 2026"))
    put(app, report, "heading", description="Nothing about guarantees.", section_index=6)
    places = [{"section": 6, **{k: v for k, v in quoting(client, report, 6, "PHP 1,520,000").items() if k != "section_index"}}]
    places.append({"section": 1, "quote": "PHP 1,250,000", "start": 0, "end": 0})
    put(app, report, "whole", description="Two prices.", section_index=-1, places=places)
    put(app, report, "title", description="No annex on prices.", section_index=-1)
    answer = complete(client, report)
    assert answer.status_code == 200, answer.text
    told = {name: answer.json[name] for name in ("output_file", "comments_count", "left_out", "format", "warnings", "async")}
    assert told == {
        "output_file": "Grüße & Co_ report - reviewed.docx", "comments_count": 5, "left_out": 0, "format": "docx", "warnings": [],
        "async": False,
    }  # fmt: skip
    file = downloaded(client, answer, tmp_path / "b.docx")
    comments = {comment.comment_id: comment for comment in docx.Document(str(file)).comments}
    words = {comment.text.split("\n")[1]: commented_words(file)[number] for number, comment in comments.items()}
    assert words == {
        "The weights add up to 95 %.": "40 % for price, 35 %",
        "Mine.": "31 April 2026",
        "Nothing about guarantees.": REPORT_SECTIONS[5],
        "Two prices.": "PHP 1,520,000",
        "No annex on prices.": "Investigation Report on Bidding PB-2026-014",
    }
    said = {comment.text.split("\n")[1]: comment for comment in comments.values()}
    first, own, whole = said["The weights add up to 95 %."], said["Mine."], said["Two prices."]
    assert (first.author, first.initials, own.author) == ("Built-in reviewer", "BIR", "Reader")
    check = client.get(f"/sessions/{report}").json["guidelines"][0]
    assert first.text.split("\n") == [
        "High risk, Consistency", "The weights add up to 95 %.", "Suggestion: Say where the rest goes.", "Question: Where are 5 %?",
        f"Check: C01 {check['title']}",
    ]  # fmt: skip
    assert f"Also in:\n“{REPORT_SECTIONS[0]}”: PHP 1,250,000" in whole.text


def test_rejected_findings_are_in_no_export_and_undecided_ones_only_when_asked_for(
    app: Flask, client: FlaskClient, report: str, tmp_path: Path
) -> None:
    put(app, report, "yes", description="Accepted words.")
    put(app, report, "no", description="Rejected words.", decision="rejected")
    put(app, report, "own", description="Own but rejected words.", decision="rejected", source="reader")
    put(app, report, "open", description="Undecided words.", decision="pending")
    put(app, report, "gone", description="Accepted earlier words.", present=False)
    for format_ in ("docx", "md"):
        some, all_ = complete(client, report, format=format_), complete(client, report, format=format_, include_pending=True)
        assert (some.json["comments_count"], some.json["left_out"]) == (2, 1)
        assert (all_.json["comments_count"], all_.json["left_out"]) == (3, 0)
        texts = []
        for answer in (some, all_):
            file = downloaded(client, answer, tmp_path / "x")
            texts.append("\n".join(note.text for note in docx.Document(str(file)).comments) if format_ == "docx" else file.read_text())
        for text in texts:
            assert "Accepted words." in text
            assert "Accepted earlier words." in text
            assert "ejected words" not in text
        assert ["Undecided words." in text for text in texts] == [False, True]


def test_with_nothing_to_hand_in_the_answer_says_what_to_do(app: Flask, client: FlaskClient, report: str) -> None:
    answer = complete(client, report)
    assert (answer.status_code, answer.json["error"]["code"]) == (409, "conflict")
    put(app, report, decision="rejected")
    assert "Analyze" in complete(client, report).json["error"]["hint"]
    put(app, report, "open", decision="pending")
    answer = complete(client, report)
    assert answer.status_code == 409
    assert "include_pending" in answer.json["error"]["hint"]
    assert complete(client, report, include_pending=True).status_code == 200


def test_a_text_gets_a_report_in_word_and_in_markdown(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    session = session_of(client)
    evil = "# <b>*x*</b> | [a](javascript:b)\n- `y`\x07"
    put(app, session, description=evil, **quoting(client, session, 0, "must be registered.\nThe office"))
    put(app, session, "whole", section_index=-1, places=[{"section": 1, **{"quote": "3 May 2027", "start": 0, "end": 10}}])
    put(app, session, "open", decision="pending", section_index=1)
    word, markdown = complete(client, session), complete(client, session, format="md")
    assert (word.json["output_file"], markdown.json["output_file"]) == ("tender - reviewed.docx", "tender - reviewed.md")
    text = downloaded(client, markdown, tmp_path / "a.md").read_text()
    for line in (
        "# Review of tender.md", "Not part of this report: 1 finding that nobody has decided about.", "| High | 2 | 0 | 0 | 2 |",
        "### The document as a whole", "### Scope", "> must be registered.\n> The office", "**Suggestion:** Say where the rest goes.",
        "In “Deadline”:\n\n> 3 May 2027", "**2. High risk, Consistency** (Accepted)",
"\\# &lt;b&gt;\\*x\\*&lt;/b&gt; \\| \\[a\\](javascript:b)\\\n\\- \\`y\\`",
    ):  # fmt: skip
        assert line in text
    document = docx.Document(str(downloaded(client, word, tmp_path / "a.docx")))
    written = [paragraph.text for paragraph in document.paragraphs]
    assert written[0] == "Review of tender.md"
    for line in ("Summary", "Findings", "Scope", "must be registered.\nThe office", "# <b>*x*</b> | [a](javascript:b)\n- `y`"):
        assert line in written
    assert [cell.text for cell in document.tables[0].rows[1].cells] == ["High", "2", "0", "0", "2"]


def test_an_equal_request_is_answered_with_the_same_file_and_a_changed_review_with_another(
    app: Flask, client: FlaskClient, report: str
) -> None:
    put(app, report)
    first, again = complete(client, report), complete(client, report)
    assert (first.json["cached"], again.json["cached"]) == (False, True)
    assert again.json["download_url"] == first.json["download_url"]
    with app.extensions["tenderline"].database.write() as database:
        database.execute(update(FindingRow).values(suggestion="Another."))
    changed = complete(client, report)
    assert changed.json["output_file"] == "Grüße & Co_ report - reviewed (2).docx"
    assert client.get(first.json["download_url"]).status_code == client.get(changed.json["download_url"]).status_code == 200


def test_the_newest_ten_files_are_kept_and_go_with_the_document(app: Flask, client: FlaskClient, report: str) -> None:
    files = app.extensions["tenderline_desk"].files.directory(report) / "exports"
    answers = []
    for number in range(12):
        put(app, report, f"f{number}")
        answers.append(complete(client, report, format="md"))
    assert [client.get(answer.json["download_url"]).status_code for answer in answers] == [404, 404, *[200] * 10]
    assert len(list(files.iterdir())) == 10
    with app.extensions["tenderline"].database.write() as database:  # the first review as it was, whose file is gone
        for number in range(1, 12):
            database.execute(update(FindingRow).where(FindingRow.finding_id == f"f{number}").values(decision="rejected"))
    assert client.get(complete(client, report, format="md").json["download_url"]).status_code == 200
    assert client.delete(f"/sessions/{report}").status_code == 200
    assert not files.exists()
    assert client.get(answers[-1].json["download_url"]).status_code == 404


def test_a_file_is_its_owners_only(make_app: MakeApp, tmp_path: Path) -> None:
    app = make_app(owner_per_browser=True)
    mine, other = app.test_client(), app.test_client()
    session = session_of(mine)
    put(app, session, section_index=0)
    answer = complete(mine, session)
    assert mine.get(answer.json["download_url"]).status_code == 200
    assert other.get(answer.json["download_url"]).status_code == 404
    assert complete(other, session).status_code == 404
    for name in ("x.docx", "..%2Foriginal.md", "original.md", "text.gz"):
        assert mine.get(f"/download/{session}/{name}").status_code == 404


def test_a_download_has_a_safe_name_in_every_script(app: Flask, client: FlaskClient, report: str) -> None:
    put(app, report)
    answer = client.get(complete(client, report).json["download_url"])
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    encoded = disposition.split("filename*=UTF-8''")[1]
    assert urllib.parse.unquote(encoded) == "Grüße & Co_ report - reviewed.docx"
    assert answer.headers["Cache-Control"] == "no-store"
    assert docx.Document(io.BytesIO(answer.data)).paragraphs[0].text == "Investigation Report on Bidding PB-2026-014"


def test_an_export_is_in_the_log(app: Flask, client: FlaskClient, report: str) -> None:
    put(app, report)
    complete(client, report)
    with app.extensions["tenderline"].database.read() as database:
        [line] = database.scalars(select(Activity).where(Activity.action == "review_exported")).all()
    assert line.detail["text"] == "Grüße & Co_ report - reviewed.docx"


def test_a_full_disk_is_said_and_leaves_nothing_behind(
    app: Flask, client: FlaskClient, report: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    put(app, report)
    monkeypatch.setattr("tenderline.review.word_export.writing.copy_zip", full)
    answer = complete(client, report)
    assert (answer.status_code, answer.json["error"]["code"]) == (507, "disk_full")
    with app.extensions["tenderline"].database.read() as database:
        assert not database.scalars(select(ReviewExport)).all()
    assert not list((app.extensions["tenderline_desk"].files.directory(report) / "exports").iterdir())


def test_the_task_of_a_finished_review_tells_its_files_address(make_app: MakeApp, reviewer: CountingReviewer, tmp_path: Path) -> None:
    app = make_app()
    client = app.test_client()
    session = session_of(client)
    put(app, session, section_index=0)
    task = complete(client, session).json["task_id"]
    status = client.get(f"/task_status/{task}").json
    assert (status["state"], status["operation"]) == ("SUCCESS", "complete_review")
    assert status["result"]["download_url"] == f"/download/{session}/tender%20-%20reviewed.docx"
