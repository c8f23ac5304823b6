"""Conflicts are written before their import is published, a few at a time: nobody sees them, and none stay behind if it never is."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select

from tenderline.errors import Conflict, TaskCancelled
from tenderline.register import importing, waiting
from tenderline.register.importing import import_operation
from tenderline.register.models import CANCELLED, FAILED, ConflictRow, UploadRow
from tenderline.register.tidying import clean_register
from tenderline.register.undo import undo_import
from tenderline.register.uploads import Uploads
from tenderline.register.waiting import Waiting
from tenderline.runtime import Runtime
from tenderline.tasks.operation import TaskContext
from tests.register.contracts import ended
from tests.register.ingestion import contracts, csv_file, imported, uploaded

OWNER = "local"
COUNT = 25


@pytest.fixture
def runtime(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A register of some contracts, and conflicts that are written ten at a time."""
    monkeypatch.setattr(waiting, "AT_ONCE", 10)
    imported(client, csv_file(*contracts(COUNT)))
    made: Runtime = app.extensions["tenderline"]
    return made


@pytest.fixture
def row(runtime: Runtime, client: FlaskClient) -> UploadRow:
    """An import under way that disagrees with all of them."""
    upload_id = uploaded(client, csv_file(*contracts(COUNT, amount=700)))["upload_id"]
    uploads = Uploads(runtime.settings, runtime.database)
    return uploads.begin(upload_id, OWNER, task_id=str(uuid.uuid4()), on_duplicate="skip")


def _prepared(runtime: Runtime, row: UploadRow, *, cancel: bool = False) -> TaskContext:
    """Run it up to its publication, or have it cancelled when that is about to be prepared and its conflicts are written."""

    def report(_current: int, _total: int, words: str, _partial: str | None) -> None:
        if cancel and words.startswith("Publishing") and _count(runtime):
            context.cancel()

    context = TaskContext(str(row.task_id), OWNER, report=report)
    import_operation(runtime.settings, runtime.database, runtime.register).run({"upload_id": row.id}, context)
    return context


def _count(runtime: Runtime) -> int:
    with runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(ConflictRow)) or 0


def _publish(runtime: Runtime, context: TaskContext) -> None:
    with runtime.database.write() as session:
        for effect in context.effects:
            effect(session)


def test_conflicts_are_written_before_the_publication_and_seen_after_it(runtime: Runtime, client: FlaskClient, row: UploadRow) -> None:
    written: list[tuple[str, int]] = []

    def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        if "register_conflicts" in statement and not statement.startswith("SELECT"):
            written.append((statement.split()[0], len(parameters) if many else 1))

    page = f"/data-ingestion/uploads/{row.id}/"
    event.listen(runtime.database.engine, "before_cursor_execute", note)
    context = _prepared(runtime, row)
    assert _count(runtime) == COUNT
    assert max(rows for _, rows in written) <= 10
    assert (client.get(f"{page}conflicts/").json["total_count"], client.get(page).json["open_conflicts"]) == (0, 0)
    assert client.post(f"{page}conflicts/", json={"decision": "theirs", "all": True}).status_code == 409
    written.clear()
    _publish(runtime, context)
    assert written == []
    assert (client.get(f"{page}conflicts/").json["total_count"], client.get(page).json["open_conflicts"]) == (COUNT, COUNT)


def test_a_cancelled_import_leaves_no_conflicts(runtime: Runtime, row: UploadRow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenderline.register.pace.SAY_EVERY", 0.0)
    with pytest.raises(TaskCancelled):
        _prepared(runtime, row, cancel=True)
    assert _count(runtime) == 0


def test_what_a_killed_run_wrote_is_replaced_by_the_next_and_forgotten_with_the_import(
    runtime: Runtime, row: UploadRow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing._Import, "_discard", lambda _self: None)  # as if killed
    _prepared(runtime, row)
    _prepared(runtime, row)
    assert _count(runtime) == COUNT
    Uploads(runtime.settings, runtime.database).end(row, CANCELLED, None)
    assert _count(runtime) == 0


def test_a_run_that_was_overtaken_writes_and_deletes_nothing(runtime: Runtime, row: UploadRow) -> None:
    old, new = (Waiting(runtime.database, row.number, str(row.task_id), run) for run in ("old", "new"))
    old.claim()
    new.claim()
    new.write([(1, 2)], lambda: None)
    with pytest.raises(Conflict):
        old.write([(1, 2)], lambda: None)
    old.discard()
    assert _count(runtime) == 1
    new.discard()
    assert _count(runtime) == 0


def test_an_undo_between_preparation_and_publication_leaves_no_conflict_with_what_is_gone(
    runtime: Runtime, client: FlaskClient, row: UploadRow
) -> None:
    context = _prepared(runtime, row)
    first = client.get("/data-ingestion/uploads/").json["uploads"][-1]["upload_id"]
    ended(runtime.register, undo_import, owner=OWNER, upload_id=first)
    context.prepare_again()
    _publish(runtime, context)
    assert _count(runtime) == 0
    assert runtime.register.snapshot().rows == COUNT


def test_conflicts_that_belong_to_nothing_are_swept(runtime: Runtime, row: UploadRow) -> None:
    _prepared(runtime, row)
    ended(runtime.register, clean_register)
    assert _count(runtime) == COUNT
    with runtime.database.write() as session:
        found = session.get(UploadRow, row.number)
        assert found is not None
        found.state = FAILED
    ended(runtime.register, clean_register)
    assert _count(runtime) == 0
