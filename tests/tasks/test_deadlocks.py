"""Processes that change many rows never each hold what the other waits for, and a deadlock that comes all the same is survived."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import uuid
from collections.abc import Sequence

import pytest
from sqlalchemy import text

from tenderline.database import survives_deadlocks
from tenderline.runtime import Runtime
from tenderline.tasks.models import CELERY, STARTED, Process, Task
from tests.databases import needs_postgresql
from tests.services import ROOT
from tests.tasks.conftest import Desk

pytestmark = needs_postgresql  # SQLite has one writer at a time
HOLDER = str(uuid.uuid4())


def test_ringing_and_moving_at_once_end_in_no_deadlock(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    with runtime.database.write() as session:
        now = runtime.database.now(session)
        shape = {
            "kind": "worker",
            "host": "desk",
            "pid": 1,
            "queues": {"analysis": ["echo"]},
            "slots": 50,
            "listening": True,
            "provider": "builtin",
        }
        session.add(Process(id=HOLDER, **shape, version="0", broker="up", counter=0, started_at=now, beat_at=now))
        session.add_all(_task(now, queue="analysis", owner=f"owner {number % 7}") for number in range(200))
    _together(runtime, ["ring", "move", "ring", "move"])
    assert _deadlocks(runtime) == 0


@pytest.mark.parametrize("other", ["cancel", "give_back"])
def test_children_that_end_while_all_are_stopped_end_in_no_deadlock(desk: Desk, other: str) -> None:
    runtime = desk.runtime(keeper=False)
    parents = [str(uuid.uuid4()) for _ in range(12)]
    children = 21
    with runtime.database.write() as session:
        now = runtime.database.now(session)
        session.add_all(_task(now, id=parent, children_left=children, total=children) for parent in parents)
        session.flush()
        for parent in parents:
            running = {"state": STARTED, "run": 1, "process": HOLDER, "pid": 1, "started_at": now}
            kinds = ({}, running, {**running, "cancel_requested_at": now})
            session.add_all(_task(now, parent_id=parent, **kinds[number % 3]) for number in range(children))
    _together(runtime, ["end", other, "end", other], parents=parents, seconds=0)
    assert _deadlocks(runtime) == 0


def test_who_is_undone_to_end_a_deadlock_tries_again(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    first, second = str(uuid.uuid4()), str(uuid.uuid4())
    with runtime.database.write() as session:
        session.add_all([_task(runtime.database.now(session), id=task_id) for task_id in (first, second)])
    meeting = threading.Barrier(2)
    tries: list[str] = []

    @survives_deadlocks
    def cross(one: str, other: str) -> None:
        tries.append(one)
        with runtime.database.write() as session:
            for task_id in (one, other):
                session.execute(text("UPDATE tasks SET moves = moves + 1 WHERE id = :id"), {"id": task_id})
                if task_id == one and len(tries) <= 2:
                    meeting.wait(timeout=30)

    threads = [threading.Thread(target=cross, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with runtime.database.read() as session:
        assert {session.get_one(Task, task_id).moves for task_id in (first, second)} == {2}
    assert len(tries) == 3


def _task(now: float, **values: object) -> Task:
    shape = {"id": str(uuid.uuid4()), "operation": "echo", "queue": "analysis", "owner": "anna", "params": {}, "executor": CELERY}
    return Task(**{**shape, "created_at": now, "updated_at": now, **values})


def _together(runtime: Runtime, roles: Sequence[str], *, seconds: float = 4, **plan: object) -> None:
    """Start a rival for each role, let them begin at the same moment, and see them end well."""
    settings = {"data_dir": str(runtime.settings.data_dir), "database_url": runtime.settings.database_url}
    rivals = []
    for role in roles:
        words = json.dumps({"settings": settings, "process": HOLDER, "role": role, "seconds": seconds, **plan})
        command = [sys.executable, "-m", "tests.tasks.rival", words]
        rivals.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT))
    for rival in rivals:
        assert rival.stdout is not None
        assert rival.stdout.readline() == "ready\n"
    for rival in rivals:
        assert rival.stdin is not None
        rival.stdin.write("go\n")
        rival.stdin.flush()
    for rival in rivals:
        rival.communicate(timeout=120)
    assert [rival.returncode for rival in rivals] == [0] * len(roles)


def _deadlocks(runtime: Runtime) -> int:
    """How many deadlocks the server has ended in this database; those of processes that have gone are counted for sure."""
    with runtime.database.read() as session:
        return int(session.execute(text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")).scalar_one())
