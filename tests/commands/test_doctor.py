"""What `flask tasks doctor` says of each kind of trouble."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text, update

from tenderline.commands import doctor
from tenderline.runtime import Runtime
from tenderline.settings import QUEUES
from tenderline.tasks.keeper import ProcessInfo
from tenderline.tasks.models import PENDING, STARTED, Process
from tests.commands.conftest import Flask, add, of_json
from tests.servers import free_port
from tests.services import Redis


@pytest.fixture
def web(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """With one live web process: it has beaten once, which counts for longer here than the commands take on a busy machine."""
    monkeypatch.setattr("tenderline.tasks.availability.STALE_AFTER", 600.0)
    runtime.keeper(ProcessInfo.web(runtime.process_id, runtime.settings)).beat()
    return runtime


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    server.start()
    yield server
    server.stop()


def worker(runtime: Runtime, **said: object) -> str:
    """A live worker that says such things of itself."""
    process_id = str(uuid.uuid4())
    runtime.keeper(ProcessInfo(process_id, "worker", 77, QUEUES, 2, "builtin")).beat()
    with runtime.database.write() as session:
        session.execute(update(Process).where(Process.id == process_id).values(**{"host": "elsewhere", **said}))
    return process_id


def found(flask: Flask, level: str) -> str:
    """The words of that level, with their hints."""
    return "\n".join(
        f"{finding['words']} {finding['hint']}" for finding in of_json(flask("tasks", "doctor", "--json")) if finding["level"] == level
    )


def test_all_is_well(web: Runtime, flask: Flask) -> None:
    told = flask("tasks", "doctor")
    assert (told.exit_code, "look" in told.stdout, "BAD" in told.stdout) == (0, False, False), told.stdout
    for subject in ("settings", "disk", "database", "broker", "processes", "queues", "limits", "tasks"):
        assert f"ok    {subject}" in told.stdout


def test_without_a_live_process_nothing_works(runtime: Runtime, flask: Flask) -> None:
    told = flask("tasks", "doctor")
    assert told.exit_code == 2
    assert "None is alive" in told.stdout


def test_another_version_reviewer_or_set_of_operations_is_named(web: Runtime, flask: Flask) -> None:
    worker(web, version="0.0.9", provider="anthropic", queues={queue: ["chat"] for queue in QUEUES})
    told = flask("tasks", "doctor")
    assert told.exit_code == 1
    assert "0.0.9 at worker" in told.stdout
    assert "anthropic at worker" in told.stdout
    assert "(version 0.0.9) doesn't know analyze_" in told.stdout


def test_a_task_of_an_operation_that_nobody_knows_is_bad_and_one_that_a_newer_worker_knows_is_not(web: Runtime, flask: Flask) -> None:
    add(web, operation="from_the_future", executor="background")
    assert "from_the_future" in found(flask, "BAD")
    names = [name for names in web.registry.by_queue.values() for name in names]
    worker(web, queues={queue: [*names, "from_the_future"] for queue in QUEUES})
    assert "A newer worker runs them" in found(flask, "look")
    assert found(flask, "BAD") == ""


def test_tasks_that_wait_where_nobody_listens_are_counted(web: Runtime, flask: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    add(web)
    assert "1 tasks wait in chat, and no worker listens there; a web process takes them over." in found(flask, "look")
    monkeypatch.setenv("TASK_EXECUTOR", "celery")
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{free_port()}")
    bad = found(flask, "BAD")
    assert "1 tasks wait in chat" in bad
    assert "redis does not answer; tasks wait until it is back" in bad


def test_a_process_whose_heart_stopped_is_named(web: Runtime, flask: Flask) -> None:
    gone = worker(web)
    with web.database.write() as session:
        session.execute(update(Process).where(Process.id == gone).values(beat_at=Process.beat_at - 700))
    assert "No heartbeat any more: worker" in found(flask, "look")


def test_tasks_that_should_have_moved_are_named(web: Runtime, flask: Flask) -> None:
    with web.database.read() as session:
        now = web.database.now(session)
    orphan = add(web, state=STARTED, process="nobody", started_at=now)
    late = add(web, state=STARTED, process=web.process_id, started_at=now - 5000)
    deaf = add(web, state=STARTED, process=web.process_id, started_at=now, cancel_requested_at=now - 60)
    stuck = add(web, ago=500, executor="background", state=PENDING)
    words = found(flask, "look")
    assert f"1 run in processes that are not alive: {orphan}" in words
    assert f"1 run longer than their time limit: {late}" in words
    assert f"1 were cancelled and still run: {deaf}" in words
    assert f"1 have been due for over 2 minutes: {stuck}" in words


def test_a_broker_that_is_away_is_no_catastrophe_in_hybrid_mode(web: Runtime, flask: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{free_port()}")
    assert flask("tasks", "doctor").exit_code == 1
    words = found(flask, "look")
    assert "redis does not answer; web processes work without it" in words
    assert "These use no broker: web" in words


@pytest.mark.redis
def test_a_redis_that_drops_messages_is_told_of(web: Runtime, flask: Flask, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", redis.url)
    assert "drops messages" not in found(flask, "look")
    redis.client().config_set("maxmemory", "64mb")
    redis.client().config_set("maxmemory-policy", "allkeys-lru")
    assert "maxmemory-policy noeviction" in found(flask, "look")


def test_wrong_settings_are_said_in_a_sentence(flask: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "eighty")
    told = flask("tasks", "doctor")
    assert told.exit_code == 2
    assert "PORT=eighty" in told.stdout
    monkeypatch.setenv("PORT", "80")
    monkeypatch.setenv("HOST", "0.0.0.0")
    assert "without a password" in found(flask, "BAD")


def test_a_database_that_is_no_database_is_bad(web: Runtime, data_dir: Path, flask: Flask) -> None:
    web.database.close()
    for file in data_dir.glob("tenderline.db*"):
        file.unlink()
    (data_dir / "tenderline.db").write_bytes(b"not a database " * 1000)
    told = flask("tasks", "doctor")
    assert told.exit_code == 2
    assert "SQLite can't be used: file is not a database" in told.stdout
    assert "Traceback" not in told.output


def test_a_database_of_an_older_version_is_named(web: Runtime, flask: Flask) -> None:
    with web.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert "The database has schema 0001" in found(flask, "BAD")


def test_a_disk_that_fills_is_told_before_it_is_full(web: Runtime, flask: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "COMFORTABLE_BYTES", 1 << 62)
    assert "GB free" in found(flask, "look")
    monkeypatch.setattr(doctor, "MIN_FREE_BYTES", 1 << 62)
    assert "no document is taken any more" in found(flask, "BAD")
