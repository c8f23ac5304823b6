"""Imports that are cancelled, killed, overtaken or beside each other: all of an import is in the register, or nothing, and never twice."""

from __future__ import annotations

import io
import os
import signal
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tenderline.errors import TaskCancelled
from tenderline.register import importing
from tenderline.register.importing import import_operation
from tenderline.register.pace import Pace
from tenderline.register.uploads import Uploads
from tenderline.runtime import Runtime, create_runtime
from tenderline.settings import Settings
from tenderline.tasks.models import Task
from tenderline.tasks.operation import TaskContext
from tests.register.ingestion import contracts, csv_file, imported, leftovers, uploaded, visible
from tests.services import wait_for

OWNER = "local"
PHASES = ("Reading", "Comparing with the register", "Indexing", "Publishing")


def _begun(runtime: Runtime, upload_id: str) -> str:
    """Note that this upload is being imported; its task's id."""
    task_id = str(uuid.uuid4())
    Uploads(runtime.settings, runtime.database).begin(upload_id, OWNER, task_id=task_id, on_duplicate="skip")
    return task_id


def _run(runtime: Runtime, upload_id: str, task_id: str, say: Callable[[TaskContext, str], None]) -> list[str]:
    """Run an import outside of the task system; ``say`` hears its words, which are returned."""
    words: list[str] = []

    def report(_current: int, _total: int, status: str, _partial: str | None) -> None:
        words.append(status)
        say(context, status)

    context = TaskContext(task_id, OWNER, report=report)
    import_operation(runtime.settings, runtime.database, runtime.register).run({"upload_id": upload_id}, context)
    return words


@pytest.mark.parametrize("phase", PHASES)
def test_a_cancelled_import_leaves_register_and_disk_as_they_were(app: Flask, client: FlaskClient, phase: str) -> None:
    runtime: Runtime = app.extensions["tenderline"]
    imported(client, csv_file(*contracts(5)))
    before, files = visible(app), [path for path in leftovers(app) if path.startswith("segments")]
    upload_id = uploaded(client, csv_file(*contracts(50, first=100), ("", "", "", "", "", "")))["upload_id"]

    def cancel(context: TaskContext, words: str) -> None:
        if words.startswith(phase):
            context.cancel()

    task_id = _begun(runtime, upload_id)
    with pytest.raises(TaskCancelled):
        _run(runtime, upload_id, task_id, cancel)
    assert visible(app) == before
    assert [path for path in leftovers(app) if path.startswith("segments")] == files
    assert not (runtime.register.files.staging / task_id).exists()
    assert [path.name for path in runtime.register.files.upload(upload_id).iterdir()] == ["original"]


def test_a_run_that_was_killed_is_followed_by_one_that_goes_on_from_the_staged_rows(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime: Runtime = app.extensions["tenderline"]
    upload_id = uploaded(client, csv_file(*contracts(50)))["upload_id"]
    task_id = _begun(runtime, upload_id)

    def die(context: TaskContext, words: str) -> None:
        if words.startswith("Publishing"):
            context.cancel()

    with monkeypatch.context() as patched:
        patched.setattr(importing._Import, "_discard", lambda _self: None)  # as if killed: nobody tidies up
        with pytest.raises(TaskCancelled):
            _run(runtime, upload_id, task_id, die)
    [orphan] = runtime.register.files.segments.iterdir()
    words = _run(runtime, upload_id, task_id, lambda _context, _words: None)
    assert not [word for word in words if word.startswith("Reading")]
    [segment] = runtime.register.files.segments.iterdir()
    assert segment != orphan
    assert visible(app) == []  # only the end of a task publishes


def test_an_import_that_was_overtaken_by_the_same_file_adds_nothing_twice(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = csv_file(*contracts(30))
    first = _overtaken(monkeypatch, lambda: imported(app.test_client(), content), lambda: imported(client, content))
    assert (first["imported"], first["duplicates"]) == (0, 30)
    assert len(visible(app)) == 30


def test_an_import_that_was_overtaken_by_another_loses_nothing(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    other = lambda: imported(app.test_client(), csv_file(*contracts(20, first=100)))  # noqa: E731
    first = _overtaken(monkeypatch, other, lambda: imported(client, csv_file(*contracts(30))))
    assert (first["imported"], first["version"]) == (30, 2)
    assert len(visible(app)) == 50
    assert len(leftovers(app)) - len([path for path in leftovers(app) if path.startswith("staging")]) == 2


def _overtaken(monkeypatch: pytest.MonkeyPatch, other: Callable[[], Any], first: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The result of ``first``, with ``other`` done when it is just about to publish."""
    enter, pending = Pace.enter, [other]

    def overtaking(self: Pace, words: str, begin: int, end: int) -> None:
        enter(self, words, begin, end)
        if words == "Publishing" and pending:
            pending.pop()()

    monkeypatch.setattr(Pace, "enter", overtaking)
    result = first()
    assert not pending
    return result


def test_imports_beside_each_other_all_come_in(app: Flask) -> None:
    results: list[dict[str, Any]] = []

    def run(number: int) -> None:
        results.append(imported(app.test_client(), csv_file(*contracts(40, first=30 * number))))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(result["version"] for result in results) == [1, 2, 3]
    assert len(visible(app)) == sum(result["imported"] for result in results) == 100
    assert sum(result["duplicates"] for result in results) == 20


def test_a_killed_child_costs_one_run_and_the_import_is_in_the_register_once(settings: Settings) -> None:
    values = {name: getattr(settings, name) for name in settings.model_fields_set}
    background = Settings(_env_file=None, **{**values, "task_executor": "background", "background_workers": 1, "log_level": "WARNING"})
    runtime = create_runtime(background)
    runtime.start_web()
    try:
        row = Uploads(background, runtime.database).take_in(io.BytesIO(csv_file(*contracts(30_000))), "large.csv", OWNER)
        task_id = _begun(runtime, row.id)
        runtime.tasks.submit("process_procurement_data", {"upload_id": row.id}, owner=OWNER, task_id=task_id)

        def working() -> int | None:
            with runtime.database.read() as session:
                task = session.scalars(select(Task).where(Task.id == task_id)).one()
                return task.pid if task.state == "PROGRESS" else None

        os.kill(wait_for(working, "the import to be under way", 60) or 0, signal.SIGKILL)
        status = runtime.tasks.wait(task_id, OWNER, 120)
        assert (status.state, status.attempts) == ("SUCCESS", 2)
        assert runtime.register.snapshot().rows == 30_000
        assert len(list(runtime.register.files.segments.iterdir())) == 1
    finally:
        runtime.close()


def test_somebody_elses_import_cannot_be_followed_or_cancelled(client: FlaskClient) -> None:
    path = f"/data-ingestion/progress/{uuid.uuid4()}/"
    assert client.get(path).status_code == 404
    assert client.post(f"/data-ingestion/cancel/{uuid.uuid4()}/").status_code == 404
