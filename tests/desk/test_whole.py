"""A whole document in the database, on SQLite and on PostgreSQL: what is planned, kept and read, and what a day cost."""

from __future__ import annotations

from tenderline.review.desk import Desk
from tenderline.review.keys import analysis_key
from tenderline.review.reviewer import Coverage, DocumentFinding, Source, Survey, Usage
from tenderline.review.usage import Bill, Spending
from tenderline.review.whole.operation import WholeDocument
from tenderline.review.whole.records import document_review, is_current, sections_with_text, store_survey
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext
from tests.desk.conftest import finding, put, review
from tests.web.reviewers import CountingReviewer

TEXT = b"# One\n\nText.\n\n# Two\n\n \n\n# Three\n\nMore.\n"


def survey(*found: DocumentFinding) -> Survey:
    place = Source(0, "One", "Te\x00xt", 1, 5)
    return Survey(found, (Coverage("C01", "met", "It does.", (place,)), Coverage("C02", "unclear", "")), "Reviewer", warnings=("Long.",))


def store(desk: Desk, session_id: str, made: Survey, task: str = "t") -> None:
    with desk.database.write() as session:
        store_survey(session, desk.database, session_id=session_id, task_id=task, key="k", survey=made, duration=1.0)


def test_one_part_for_each_section_with_text_and_what_is_known_is_done(settings: Settings, desk: Desk) -> None:
    row = put(desk, TEXT)
    whole = WholeDocument(settings, desk, Spending(settings, desk.database), CountingReviewer)
    with desk.database.read() as session:
        assert sections_with_text(session, row.id) == [0, 2]
    plan = whole.plan({"session_id": row.id, "force": False})
    assert [(part.params["section_index"], part.key, part.done) for part in plan] == [
        (0, analysis_key(settings, row, 0), False),
        (2, analysis_key(settings, row, 2), False),
    ]
    review(desk, row, finding("f"), section=2, key=analysis_key(settings, row, 2))
    assert [part.done for part in whole.plan({"session_id": row.id, "force": False})] == [False, True]
    assert [part.done for part in whole.plan({"session_id": row.id, "force": True})] == [False, False]


def test_a_survey_takes_the_place_of_the_one_before_and_is_current_until_a_section_is_reviewed(desk: Desk) -> None:
    row = put(desk, TEXT)
    place = Source(2, "Three", "More", 1, 5)
    old = DocumentFinding("old", "important", "Consistency", "Old.", "", "Low", 0.9)
    new = DocumentFinding("new", "important", "Consistency", "New.", "", "Low", 0.9, (place,))
    store(desk, row.id, survey(old), "first")
    store(desk, row.id, survey(new), "second")
    with desk.database.read() as session:
        known = document_review(session, row.id)
        assert [item["id"] for item in known.findings] == ["new"]
        assert known.findings[0]["places"] == [{"section": 2, "title": "Three", "quote": "More", "start": 1, "end": 5}]
        assert known.coverage["C01"]["places"][0]["quote"] == "Te\ufffdxt"
        assert known.coverage["C02"] == {"state": "unclear", "note": "", "places": []}
        assert (is_current(session, row.id, "first"), is_current(session, row.id, "second")) == (False, True)
    review(desk, row, finding("f"))
    with desk.database.read() as session:
        assert not is_current(session, row.id, "second")


def test_a_days_use_is_added_up_by_model_and_by_day(settings: Settings, desk: Desk) -> None:
    spending = Spending(settings, desk.database)
    context = TaskContext("t", "ann")
    for model, tokens in (("claude-haiku-5-5", Usage(100_000, 0, 1, 0)), ("claude-haiku-5-5", Usage(1000, 10)), ("mystery", Usage(1, 1))):
        context.count_use(model, vars(tokens))
    with desk.database.write() as session:
        Bill(spending, context, "chat", "s", None).settle(session)
    with desk.database.read() as session:
        empty, today = spending.days(session, "ann", 2)
        assert (today.usage, today.unpriced) == (Usage(101_001, 11, 1, 0), 1)
        assert today.cost == 50_001 + 105  # the first prompt is over 100,000 tokens, the second is not
        assert (empty.usage, empty.cost, today.day - empty.day) == (Usage(), 0, 86_400)
        assert spending.spent(session) == today.cost
        assert spending.days(session, "bob", 1)[0].usage == Usage()
