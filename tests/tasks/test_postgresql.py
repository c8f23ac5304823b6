"""PostgreSQL hangs, or the cable to it is cut: every request is answered, nobody waits for ever, and all is well once it is back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import make_url, select, text, update
from sqlalchemy.exc import OperationalError

from tenderline.database import Database
from tenderline.runtime import Runtime
from tenderline.settings import Settings
from tenderline.tasks.models import Task
from tests.cable import Cable
from tests.databases import Postgres, needs_postgresql, postgres
from tests.http_client import Caller
from tests.servers import web_server
from tests.services import wait_for
from tests.tasks.conftest import Desk

pytestmark = needs_postgresql
ANSWERED = 60
"""Seconds within which every request has been answered, on a slow machine; without bounds none ever is."""


@pytest.fixture
def server() -> Iterator[Postgres]:
    """A PostgreSQL of the test's own."""
    own = Postgres()
    own.start()
    yield own
    own.stop()


@pytest.fixture
def cable(tmp_path: Path) -> Iterator[Cable]:
    (tmp_path / "cable").mkdir()
    cable = Cable(tmp_path / "cable", postgres().socket)
    yield cable
    cable.close()


def test_requests_to_a_stopped_postgresql_are_answered_503_and_it_is_used_again_when_it_goes_on(tmp_path: Path, server: Postgres) -> None:
    with web_server(tmp_path, DATABASE_URL=server.create_database(), WEB_WORKERS="1", USE_CELERY="false") as web:
        caller = Caller(web.url)
        with ThreadPoolExecutor(40) as people:
            asked = ["/queue_stats", "/api/tasks", f"/task_status/{uuid.uuid4()}", "/ready"] * 10
            assert {status for status, _ in people.map(caller.get, asked)} == {200, 404}
            with server.stopped():
                answers = list(people.map(caller.get, asked, timeout=ANSWERED))
                answers.append(people.submit(caller.post, "/test_claude_connection").result(timeout=ANSWERED))
                assert caller.get("/health")[0] == 200
        assert {status for status, _ in answers} == {503}
        for _, body in answers:
            assert body["error"]["code"] == "unavailable"
            assert body["error"]["retry_after"] >= 1
        wait_for(lambda: caller.get("/ready")[0] == 200, "the server to find its database again")
        status, body = caller.post("/test_claude_connection")
        assert status == 200, body


def test_no_statement_waits_for_ever_for_a_lock(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    with runtime.database.write() as holder:
        holder.execute(text("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(OperationalError, match="lock timeout"), runtime.database.write() as session:
            session.execute(update(Task).values(moves=1))


def test_a_client_that_was_stopped_in_a_transaction_does_not_keep_its_locks(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    with runtime.database.read() as stopped:
        stopped.execute(text("LOCK TABLE tasks IN ACCESS EXCLUSIVE MODE"))
        wait_for(lambda: _readable(runtime), "the lock to be given up")
        with pytest.raises(OperationalError):
            stopped.execute(text("SELECT 1"))


def _readable(runtime: Runtime) -> bool:
    try:
        with runtime.database.read() as session:
            session.execute(text("SELECT 1 FROM tasks"))
    except OperationalError:
        return False
    return True


def test_a_statement_whose_answer_is_lost_is_given_up_and_the_next_goes_over_a_new_connection(
    cable: Cable, desk: Desk, tmp_path: Path
) -> None:
    runtime = desk.runtime(keeper=False)
    database = Database(Settings(_env_file=None, data_dir=tmp_path, database_url=_over(tmp_path, runtime)))
    cable.cut_answer_to(b"pg_backend_pid")
    with pytest.raises(OperationalError, match="no answer"), database.read() as session:
        session.execute(text("SELECT pg_backend_pid()"))
    with pytest.raises(OperationalError), database.read() as session:
        session.execute(text("SELECT 1"))
    cable.mend()
    with database.read() as session:
        assert session.execute(text("SELECT 1")).scalar_one() == 1
    database.close()


@pytest.mark.parametrize(("executor", "state"), [("background", "SUCCESS"), ("inline", "FAILURE")])
def test_a_start_that_nobody_confirmed_is_not_left_lying(cable: Cable, desk: Desk, tmp_path: Path, executor: str, state: str) -> None:
    there = desk.runtime(keeper=False)
    runtime = desk.runtime(keeper=False, database_url=_over(tmp_path, there))
    task_id = str(uuid.uuid4())
    with there.database.write() as session:
        now = there.database.now(session)
        shape = {"operation": "echo", "queue": "analysis", "owner": "anna", "params": {}, "executor": executor}
        session.add(Task(id=task_id, created_at=now, updated_at=now, process=runtime.process_id, **shape))
    cable.cut_answer_to(b"COMMIT")
    with pytest.raises(OperationalError):
        runtime.runner.start(task_id, runtime.registry.get("echo"), executor)
    assert _state(there, task_id) == "STARTED"
    cable.mend()
    runtime.start_web()
    wait_for(lambda: _state(there, task_id) == state, "the run that nobody makes to be put back")


def test_a_submit_that_nobody_confirmed_is_not_left_lying(cable: Cable, desk: Desk, tmp_path: Path) -> None:
    there = desk.runtime(keeper=False)
    runtime = desk.runtime(keeper=False, database_url=_over(tmp_path, there))
    task_id = str(uuid.uuid4())
    cable.cut_answer_to(b"COMMIT")
    with pytest.raises(OperationalError):
        runtime.tasks.submit("echo", {}, owner="anna", task_id=task_id)
    assert _state(there, task_id) == "PENDING"
    cable.mend()
    runtime.start_web()
    wait_for(lambda: _state(there, task_id) == "FAILURE", "the task that no request waits for to end")


def _over(folder: Path, runtime: Runtime) -> str:
    """The address of a runtime's database over the cable in that folder."""
    url = make_url(runtime.settings.database_url)
    return url.update_query_dict({"host": str(folder / "cable")}).render_as_string(hide_password=False)


def _state(runtime: Runtime, task_id: str) -> str | None:
    with runtime.database.read() as session:
        return session.scalar(select(Task.state).where(Task.id == task_id))
