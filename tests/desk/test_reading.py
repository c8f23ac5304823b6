from __future__ import annotations

import pytest

from tenderline.database import Database
from tenderline.errors import Conflict, Invalid, NotFound
from tenderline.review.desk import Desk
from tenderline.review.models import DeskSession
from tenderline.review.operations import review_operations
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext
from tests.databases import needs_sqlite
from tests.desk.conftest import put


def waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> DeskSession:
    """A document that was left to a task."""
    monkeypatch.setattr("tenderline.review.parsing.is_light", lambda *_: False)
    return put(desk)


def test_a_document_being_read_cannot_be_worked_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    row = waiting(desk, monkeypatch)
    assert (row.state, desk.outline(row.id)) == ("parsing", [])
    with pytest.raises(Conflict):
        desk.ready(row.id, "ann")


def test_the_task_that_reads_makes_the_sections_known_only_with_its_end(
    settings: Settings, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = waiting(desk, monkeypatch)
    parse = {operation.name: operation for operation in review_operations(settings, desk.database)}["parse_document"]
    context = TaskContext("t", "ann")
    result = parse.run({"session_id": row.id}, context)
    assert result["total_sections"] == 3
    assert desk.outline(row.id) == []
    with desk.database.write() as session:
        for effect in context.effects:
            effect(session)
    assert [section.title for section in desk.outline(row.id)] == ["Scope", "Terms", "Scope (2)"]
    assert desk.ready(row.id, "ann").state == "ready"


def test_a_document_deleted_while_it_is_read_stays_deleted(settings: Settings, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from tenderline.review.parsing import parse

    row = waiting(desk, monkeypatch)
    parsed = parse(desk.files.original(row.id, "md"), "md")
    effect = desk.fill(row.id, parsed)
    desk.delete(row.id, "ann")
    with pytest.raises(NotFound), desk.database.write() as session:
        effect(session)
    with pytest.raises(NotFound):
        desk.fill(row.id, parsed)
    assert not desk.files.directory(row.id).exists()


def test_a_failed_document_says_why_and_a_ready_one_cannot_fail_any_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ready = put(desk)
    row = waiting(desk, monkeypatch)
    error = {"code": "invalid", "message": "Damaged.", "hint": "Save it anew."}
    for session_id in (row.id, ready.id):
        desk.fail(session_id, error)
    with pytest.raises(Invalid, match="Damaged") as refused:
        desk.ready(row.id, "ann")
    assert refused.value.hint == "Save it anew."
    assert not desk.files.directory(row.id).exists()
    assert desk.ready(ready.id, "ann").state == "ready"
    assert desk.document(ready).text


@needs_sqlite  # PostgreSQL has a clock of its own
def test_a_document_whose_task_was_never_submitted_is_given_up_after_a_while(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000_000.0
    database = Database(settings, clock=lambda: now)
    desk = Desk(settings, database)
    row = waiting(desk, monkeypatch)
    assert desk.abandoned(row) is False
    now += 301
    assert desk.abandoned(row) is True
    database.close()
