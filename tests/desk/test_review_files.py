"""The log, the sums and the files of a review."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from markdown_it import MarkdownIt
from sqlalchemy import event, insert

from tenderline.review.activities import record_activity
from tenderline.review.decisions import Decisions, OwnFinding, Spot
from tenderline.review.desk import Desk
from tenderline.review.findings import pattern_of, replace_findings
from tenderline.review.log_reading import Log
from tenderline.review.models import ACCEPTED, REJECTED, WHOLE_DOCUMENT, DeskSession, UsageRecord
from tenderline.review.review_files import CSV_HEAD, FinishedReview, as_csv, as_json, as_markdown, escaped, file_name, finished_review
from tenderline.review.statistics import statistics
from tests.desk.conftest import finding, put, review

DAY = 86400


def decide(desk: Desk, row: DeskSession, name: str, decision: str, section: int = 0) -> None:
    Decisions(desk.database).decide(Spot(row.id, section, name), decision, row.owner)


def add(desk: Desk, row: DeskSession, description: str, section: int = 0) -> None:
    Decisions(desk.database).add(row.id, section, OwnFinding(description, "", "important", "General", "Low"), row.owner)


def act(desk: Desk, row: DeskSession, *moments: float, action: str = "accepted") -> None:
    with desk.database.write() as session:
        for at in moments:
            record_activity(session, at, session_id=row.id, actor=row.owner, action=action)


# ---- the log ----


def test_the_log_is_read_newest_first_page_by_page(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"), section=1)
    decide(desk, row, "f", ACCEPTED, 1)
    add(desk, row, "Mine.", WHOLE_DOCUMENT)
    log = Log(desk.database)
    lines, total = log.page(row.id, "ann", 1, 3)
    assert total == 4
    assert [(line["action"], line["section"], line["detail"]) for line in lines] == [
        ("added", "Whole document", "Mine."),
        ("accepted", "Terms", "Unclear."),
        ("section_analyzed", "Terms", "1 finding by Reviewer"),
    ]
    [oldest] = log.page(row.id, "ann", 2, 3)[0]
    assert (oldest["action"], oldest["detail"], oldest["section"]) == ("document_uploaded", "a.md", None)
    assert {line["actor"] for line in lines} == {"you"}
    assert log.page(row.id, "bob", 1, 1)[0][0]["actor"] == "ann"


def test_the_whole_log_as_csv_has_every_line_once_and_nothing_that_runs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenderline.review.log_reading._PIECE", 3)
    row = put(desk, name="=cmd.md")
    for number in range(7):
        add(desk, row, f"@SUM({number})")
    rows = list(csv.DictReader(io.StringIO(b"".join(Log(desk.database).as_csv(row.id, "ann")).decode())))
    assert [line["text"] for line in rows] == [*(f"'@SUM({number})" for number in reversed(range(7))), "'=cmd.md"]
    assert len({line["id"] for line in rows}) == 8


# ---- the sums ----


def test_statistics_are_of_one_document_or_of_all_of_an_owner(desk: Desk) -> None:
    first, second, other = put(desk), put(desk), put(desk, owner="bob")
    for row in (first, second, other):
        review(desk, row, finding("a"), finding("b", 1, 4, risk_level="High"))
    review(desk, first, finding("c"), section=1)
    review(desk, first, section=WHOLE_DOCUMENT)
    decide(desk, first, "a", ACCEPTED)
    decide(desk, second, "a", REJECTED)
    add(desk, second, "Mine.")
    one, whole = statistics(desk.database, "ann", first.id), statistics(desk.database, "ann")
    assert [one[name] for name in ("documents", "sections", "sections_reviewed", "findings", "own")] == [1, 3, 2, 3, 0]
    assert [whole[name] for name in ("documents", "sections", "sections_reviewed", "findings", "own")] == [2, 6, 3, 6, 1]
    assert whole["decisions"] == {"pending": 3, "accepted": 2, "rejected": 1}
    assert whole["by_risk"] == {"High": 2, "Medium": 0, "Low": 4}
    assert (one["review_seconds"], whole["review_seconds"]) == (1.5, 2.0)


def test_an_owner_with_nothing_gets_noughts(desk: Desk) -> None:
    empty = statistics(desk.database, "nobody")
    assert (empty["documents"], empty["findings"], empty["review_seconds"], empty["reading_seconds"]) == (0, 0, 0, 0)
    assert (empty["patterns"], empty["usage"]["by_day"], empty["usage"]["cost_usd"]) == ([], [], 0)


def test_reading_time_leaves_out_long_gaps_the_reviewers_work_and_other_documents(desk: Desk) -> None:
    first, second = put(desk), put(desk)
    later = 5_000_000_000.0
    act(desk, first, later, later + 100, later + 400, later + 701)
    act(desk, first, later + 800, action="section_analyzed")
    act(desk, first, later + 801)
    act(desk, second, later + 50, later + 60)
    assert statistics(desk.database, "ann", first.id)["reading_seconds"] == 100 + 300 + 100
    assert statistics(desk.database, "ann")["reading_seconds"] == 510


def test_patterns_are_the_kinds_of_findings_that_return_most(desk: Desk) -> None:
    rows = [put(desk) for _ in range(3)] + [put(desk, owner="bob")]
    for number, row in enumerate(rows):
        review(
            desk,
            row,
            finding("a", description=f'The reference "section {number}" leads nowhere.', category="References"),
            finding("b", 1, 4, description=f"{number}2 days run backwards."),
            finding("c", 2, 5, description=f"{number}3 days run backwards."),
            finding("d", 3, 6, description="Once " + "abcd"[number]),
        )
    decide(desk, rows[0], "a", REJECTED)
    patterns = statistics(desk.database, "ann")["patterns"]
    assert patterns == [
        {"category": "Clarity", "text": "… days run backwards.", "count": 6, "documents": 3},
        {"category": "References", "text": "The reference … leads nowhere.", "count": 2, "documents": 2},
    ]


@pytest.mark.parametrize(
    ("description", "pattern"),
    [
        ("It says 31.02.2027, but “Annex 4” says 'May'.", "It says …, but … says …."),
        ("The bidder's duty isn't clear.", "The bidder's duty isn't clear."),
        ("10 000,50 EUR and 5%", "… EUR and …"),
        ("Sums: 1, 2, 3 differ", "Sums: … differ"),
        ("x" * 500, "x" * 200),
        ("", ""),
    ],
)
def test_a_pattern_is_a_description_without_what_varies(description: str, pattern: str) -> None:
    assert pattern_of(description) == pattern


def test_tokens_and_costs_are_summed_by_day_and_section(desk: Desk) -> None:
    row, other = put(desk), put(desk, owner="bob")
    base = {"operation": "analyze_section", "model": "m", "output_tokens": 1, "cache_read_tokens": 2, "cache_write_tokens": 3}

    def used(of: DeskSession, day: float, section: int | None, tokens: int, cost: int | None) -> dict[str, Any]:
        facts = {"session_id": of.id, "owner": of.owner, "task_id": "t", "created_at": day * DAY, "section_index": section}
        return {**base, **facts, "input_tokens": tokens, "cost": cost}

    with desk.database.write() as session:
        session.execute(
            insert(UsageRecord),
            [
                used(row, 20000.999, 0, 10, 1_500_000),
                used(row, 20001, 1, 20, 500_000),
                used(row, 20001.4, None, 40, 1),
                used(other, 20001, 0, 1000, None),
            ],
        )
    usage = statistics(desk.database, "ann")["usage"]
    assert (usage["input_tokens"], usage["output_tokens"], usage["cost_usd"], usage["by_section"]) == (70, 3, 2.000001, [])
    assert [(day["day"], day["input_tokens"], day["cost_usd"]) for day in usage["by_day"]] == [
        ("2024-10-04", 10, 1.5),
        ("2024-10-05", 60, 0.500001),
    ]
    sections = statistics(desk.database, "ann", row.id)["usage"]["by_section"]
    assert [(item["section_index"], item["section"], item["input_tokens"]) for item in sections] == [
        (None, None, 40),
        (0, "Scope", 10),
        (1, "Terms", 20),
    ]
    assert statistics(desk.database, "bob")["usage"]["cost_usd"] is None


def test_the_number_of_questions_does_not_grow_with_the_documents(desk: Desk) -> None:
    asked: list[str] = []

    def questions() -> int:
        asked.clear()
        statistics(desk.database, "ann")
        return len(asked)

    event.listen(desk.database.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    review(desk, put(desk), finding("a"))
    few = questions()
    for _ in range(5):
        review(desk, put(desk), finding("a"), finding("b", 1, 4))
    assert questions() == few <= 12


# ---- the files ----

HOSTILE = "# <script>alert(1)</script> [x](javascript:alert(1)) **b** `c` | ![i](http://evil/x) www.evil.de &lt; \u202e\n---\n1. a"


def full(desk: Desk) -> FinishedReview:
    row = put(desk, name="Tender & <b>annex.docx.md")
    review(
        desk,
        row,
        finding("a", description=HOSTILE, suggestion=HOSTILE, questions=(HOSTILE,), checklist_refs=("C01",)),
        finding("b", 1, 4, description="REJECTED-ONE", quote="he "),
        finding("c", 2, 5, description="=1+1", risk_level="High"),
    )
    review(desk, row, finding("d", description="On terms."), section=1)
    whole = finding("w", 0, 0, quote="", description="REJECTED-TWO").as_dict()
    kept = whole | {"id": "v", "description": "Contradiction.", "places": [{"section": 1, "quote": HOSTILE, "start": 0, "end": 2}]}
    with desk.database.write() as session:
        replace_findings(session, 1.0, session_id=row.id, section_index=WHOLE_DOCUMENT, found=[whole, kept])
    decide(desk, row, "b", REJECTED)
    decide(desk, row, "w", REJECTED, WHOLE_DOCUMENT)
    decide(desk, row, "a", ACCEPTED)
    add(desk, row, "Mine.", 2)
    return finished_review(desk.database, row)


def test_no_file_has_what_was_rejected(desk: Desk) -> None:
    made = full(desk)
    for write in (as_json, as_csv, as_markdown):
        text = write(made)
        assert "Mine." in text
        assert "REJECTED" not in text
        assert "rejected" not in text


def test_json_has_all_of_each_finding_in_the_order_of_the_document(desk: Desk) -> None:
    whole = json.loads(as_json(full(desk)))
    assert [(item["section"], item["id"][:3], item["decision"]) for item in whole["findings"]] == [
        ("Whole document", "v", "pending"),
        ("Scope", "a", "accepted"),
        ("Scope", "c", "pending"),
        ("Terms", "d", "pending"),
        ("Scope (2)", "own", "accepted"),
    ]
    assert whole["findings"][0]["places"][0]["title"] == "Terms"
    assert whole["counts"] == {"total": 5, "accepted": 2, "pending": 3, "own": 1, "by_risk": {"High": 1, "Medium": 0, "Low": 4}}
    assert whole["findings"][1]["description"] == HOSTILE


def test_csv_has_a_line_for_each_finding_and_nothing_that_runs(desk: Desk) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(full(desk)))))
    assert tuple(rows[0]) == CSV_HEAD
    assert [row["section"] for row in rows] == ["Whole document", "Scope", "Scope", "Terms", "Scope (2)"]
    assert rows[2]["description"] == "'=1+1"
    assert (rows[0]["quote"], rows[1]["checks"]) == (HOSTILE, "C01")
    assert not [value for row in rows for value in row.values() if value.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_markdown_says_the_document_the_sums_and_every_finding(desk: Desk) -> None:
    text = as_markdown(full(desk))
    tokens = MarkdownIt("commonmark").parse(text)
    headings = [tokens[place + 1].children or [] for place, token in enumerate(tokens) if token.type == "heading_open"]
    assert ["".join(part.content for part in heading) for heading in headings] == [
        "Review of Tender & <b>annex.docx.md",
        "Whole document",
        "1. Clarity, low risk",
        "Scope",
        "2. Clarity, low risk",
        "3. Clarity, high risk",
        "Terms",
        "4. Clarity, low risk",
        "Scope (2)",
        "5. General, low risk",
    ]
    assert "- Findings: 5 (1 high, 0 medium, 4 low risk)\n- Accepted: 2\n- Not decided: 3\n- Added by the reader: 1" in text
    assert "**Suggestion:**" in text
    assert "**Checks:** C01" in text


def test_what_a_document_says_is_no_markup_in_markdown(desk: Desk) -> None:
    text = as_markdown(full(desk))
    shown = MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text)
    assert "alert(1)" in shown
    for markup in ("<script", "<b>", "<a ", "<img", "<code", "<table", "<hr", "<ol", 'javascript:alert(1)"'):
        assert markup not in shown


BLOCKS = ["---", "===", "# a", "- a", "+ a", "* a", "1. a", "1) a", "> a", "```", "    code", "| a | b |", "[a]: http://x", "a\n\nb"]
SPANS = ["<b>", "&amp;", "a\\*b*", "~~x~~", "_x_", "\\", "<http://x>", "![a](b)", "`a`", "a@b.example"]


@pytest.mark.parametrize("text", BLOCKS + SPANS)
def test_escaped_text_shows_as_it_was(text: str) -> None:
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(escaped(text))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} == {"text"}
    assert "".join(child.content for child in children) == " ".join(text.split())


def test_an_empty_review_says_so() -> None:
    empty = FinishedReview("a.md", 0.0, {}, [])
    assert "There are no findings." in as_markdown(empty)
    assert as_csv(empty) == ",".join(CSV_HEAD) + "\n"
    assert json.loads(as_json(empty))["findings"] == []


@pytest.mark.parametrize(
    ("document", "name"),
    [("Tender.docx", "Tender review.md"), (".docx", ".docx review.md"), ("No. 5 of us all", "No. 5 of us all review.md")],
)
def test_a_file_is_called_after_its_document(document: str, name: str) -> None:
    assert file_name(FinishedReview(document, 0.0, {}, []), "md") == name
