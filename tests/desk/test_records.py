from __future__ import annotations

import pytest
from sqlalchemy import select

from tenderline.errors import NotFound
from tenderline.review.desk import Desk, guidelines_of
from tenderline.review.keys import analysis_key
from tenderline.review.models import ChatMessage, FindingRow, UsageRecord
from tenderline.review.operations import review_operations
from tenderline.review.records import store_answer
from tenderline.review.reviewer import Answer, Source, Usage
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext
from tests.desk.conftest import finding, put, review
from tests.web.reviewers import CountingReviewer


def test_a_new_review_takes_the_place_of_the_old_and_keeps_decisions(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("same"), finding("old", 4, 7))
    with desk.database.write() as session:
        for found in session.scalars(select(FindingRow)):
            found.decision = "accepted"
    review(desk, row, finding("same"), finding("new", 8, 9), dropped=3, warnings=("Cut short.",))
    made, found = desk.review(row.id, 0)
    assert [(item["id"], item["decision"]) for item in found] == [("same", "accepted"), ("old", "accepted"), ("new", "pending")]
    assert made is not None
    assert (made.dropped, made.warnings, made.duration) == (3, ["Cut short."], 0.5)


def test_findings_that_the_reader_added_outlive_a_review(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("theirs"))
    with desk.database.write() as session:
        own = session.scalars(select(FindingRow)).one()
        own.source, own.finding_id = "reader", "mine"
    review(desk, row, finding("theirs"), finding("mine"))
    assert sorted((item["id"], item["source"]) for item in desk.review(row.id, 0)[1]) == [("mine", "reader"), ("theirs", "reviewer")]


def test_a_finding_named_twice_is_kept_once(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("twice"), finding("twice"))
    assert [item["id"] for item in desk.review(row.id, 0)[1]] == ["twice"]


def test_a_finding_comes_back_with_all_it_says(desk: Desk) -> None:
    row = put(desk)
    full = finding("f", 1, 4, questions=("Who?", "When?"), checklist_refs=("C01",), model="m" * 300, description="NUL \x00 here")
    review(desk, row, full)
    [item] = desk.review(row.id, 0)[1]
    assert item == {
        "id": "f",
        "type": "important",
        "category": "Clarity",
        "description": "NUL \ufffd here",
        "suggestion": "Say it.",
        "questions": ["Who?", "When?"],
        "checklist_refs": ["C01"],
        "risk_level": "Low",
        "confidence": 0.9,
        "quote": "The",
        "start": 1,
        "end": 4,
        "model": "m" * 200,
        "decision": "pending",
        "source": "reviewer",
        "section_index": 0,
        "places": [],
        "edited": False,
        "original": None,
        "present": True,
        "decided_at": None,
    }


def test_a_review_of_a_deleted_document_is_refused_whole(desk: Desk) -> None:
    row = put(desk)
    desk.delete(row.id, "ann")
    with pytest.raises(NotFound):
        review(desk, row, finding("f"), usage=Usage(1, 1))
    with desk.database.read() as session:
        assert session.scalars(select(UsageRecord)).all() == []


def test_a_conversation_is_kept_in_order_and_its_newest_part_can_be_asked_for(desk: Desk) -> None:
    row = put(desk)
    for number in range(12):
        source = Source(0, "Scope", "The\x00bidder", 0, 10)
        answer = Answer(f"answer {number}", (source,), True, "Reviewer", Usage(3, 1))
        with desk.database.write() as session:
            store_answer(session, desk.database, session_id=row.id, task_id="t", question=f"question {number}", answer=answer)
    whole = desk.conversation(row.id)
    assert [turn.text for turn in whole[:2]] == ["question 0", "answer 0"]
    assert len(whole) == 24
    newest = desk.conversation(row.id, 4)
    assert [turn.text for turn in newest] == ["question 10", "answer 10", "question 11", "answer 11"]
    assert newest[1].sources[0]["quote"] == "The\ufffdbidder"
    with desk.database.read() as session:
        assert len(session.scalars(select(ChatMessage).where(ChatMessage.role == "user")).all()) == 12


def test_an_analysis_gets_the_document_the_guidelines_and_the_section(settings: Settings, desk: Desk) -> None:
    made: list[CountingReviewer] = []

    def create(_: Settings) -> CountingReviewer:
        made.append(CountingReviewer())
        return made[-1]

    operations = {operation.name: operation for operation in review_operations(settings, desk.database, create)}
    assert made == []
    row = put(desk)
    analyze = operations["analyze_section"]
    context = TaskContext("t", "ann")
    result = analyze.run({"session_id": row.id, "section_index": 0}, context)
    analyze.run({"session_id": row.id, "section_index": 1}, TaskContext("u", "ann"))
    assert len(made) == 1
    request = made[0].calls[0]
    assert request.document.text == desk.document(row).text  # type: ignore[union-attr]
    assert request.guidelines == guidelines_of(row)  # type: ignore[union-attr]
    assert (result["section_name"], result["feedback_count"]) == ("Scope", 1)
    assert desk.review(row.id, 0) == (None, [])
    with desk.database.write() as session:
        for effect in context.effects:
            effect(session)
    assert desk.review(row.id, 0)[1] == result["result"]["feedback_items"]


def test_an_analysis_of_somebody_elses_document_or_of_no_section_is_not_found(settings: Settings, desk: Desk) -> None:
    analyze = review_operations(settings, desk.database, lambda _: CountingReviewer())[0]
    row = put(desk)
    for owner, index in (("bob", 0), ("ann", 3), ("ann", -1)):
        with pytest.raises(NotFound):
            analyze.run({"session_id": row.id, "section_index": index}, TaskContext("t", owner))


def test_the_key_of_an_analysis_names_all_its_findings_depend_on(settings: Settings, desk: Desk) -> None:
    row, other = put(desk), put(desk)
    claude = {"ai_provider": "anthropic", "anthropic_api_key": "k"}

    def with_(**values: object) -> Settings:
        return Settings(_env_file=None, data_dir=settings.data_dir, **values)  # type: ignore[arg-type]

    keys = [
        analysis_key(settings, row, 0),
        analysis_key(settings, row, 1),
        analysis_key(settings, other, 0),
        analysis_key(with_(feedback_min_confidence=0.5), row, 0),
        analysis_key(with_(**claude), row, 0),
        analysis_key(with_(**claude, claude_model="another"), row, 0),
    ]
    assert len(set(keys)) == len(keys)
    assert analysis_key(with_(claude_model="another"), row, 0) == keys[0]
    assert all(len(key) <= 128 for key in keys)


def test_only_work_that_costs_money_counts_against_the_limits(settings: Settings, desk: Desk) -> None:
    paid = Settings(_env_file=None, data_dir=settings.data_dir, ai_provider="anthropic", anthropic_api_key="k")
    costly = {"analyze_section", "chat", "test", "analyze_document"}
    for chosen, expected in ((settings, set()), (paid, costly)):
        operations = review_operations(chosen, desk.database)
        assert {operation.name for operation in operations if operation.needs_grant()} == expected
        queues = {operation.name: operation.queue for operation in operations}
        assert [queues[name] for name in ("analyze_section", "analyze_document", "chat", "test")] == [
            "analysis",
            "analysis",
            "chat",
            "test",
        ]
