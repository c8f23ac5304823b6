"""Long work in child processes of a web process: it can be watched, cancelled, limited and killed as on a worker."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from tenderline.errors import Unavailable
from tenderline.runtime import Runtime
from tenderline.tasks.models import Process, Task
from tenderline.tasks.turns import Line
from tests.services import wait_for
from tests.tasks.conftest import Desk

OWNER = "anna"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A web process whose background has one child."""
    desk = Desk(tmp_path_factory.mktemp("background"))
    yield desk.runtime(background_workers=1, background_queue=3)
    desk.close()


def begin(web: Runtime, operation: str, **params: object) -> str:
    return web.tasks.submit(operation, params, owner=OWNER).task_id


def row(web: Runtime, task_id: str) -> Task:
    with web.database.read() as session:
        return session.get_one(Task, task_id)


def under_way(web: Runtime, task_id: str) -> Task:
    return wait_for(lambda: found if (found := row(web, task_id)).state == "PROGRESS" else None, "the work to be under way")


def ended(web: Runtime, task_id: str) -> tuple[str, int]:
    status = web.tasks.wait(task_id, OWNER, 60)
    return status.state, status.attempts


def test_long_work_runs_in_a_child_that_stays_warm(web: Runtime) -> None:
    first, second = (web.tasks.wait(begin(web, "heavy_echo"), OWNER, 60).result["pid"] for _ in range(2))
    assert first != os.getpid()
    assert second == first


@pytest.mark.parametrize("operation", ["heavy_patient", "heavy_stubborn", "heavy_deaf"])
def test_long_work_is_cancelled(web: Runtime, operation: str) -> None:
    task_id = begin(web, operation, seconds=60)
    under_way(web, task_id)
    assert web.tasks.cancel(task_id, OWNER)
    assert ended(web, task_id)[0] == "REVOKED"
    assert ended(web, begin(web, "heavy_patient", seconds=0)) == ("SUCCESS", 1)


def test_a_killed_child_costs_one_run(web: Runtime, tmp_path: Path) -> None:
    assert ended(web, begin(web, "heavy_deadly", log=str(tmp_path / "starts"), times=1)) == ("SUCCESS", 2)


def test_what_always_kills_its_child_fails_after_three_losses(web: Runtime, tmp_path: Path) -> None:
    task_id = begin(web, "heavy_deadly", log=str(tmp_path / "starts"), times=99)
    assert ended(web, task_id) == ("FAILURE", 3)
    assert "lost 3 times" in web.tasks.status(task_id, OWNER).error["message"]


def test_a_run_whose_childs_end_went_unheard_is_put_back(web: Runtime) -> None:
    """The word of the child's end never came: the row alone says that somebody holds it."""
    gone = wait_for(lambda: _pid_that_is_gone(), "a process to end")
    task_id = str(uuid.uuid4())
    with web.database.write() as session:
        now = web.database.now(session)
        held = {"state": "STARTED", "process": web.process_id, "pid": gone, "run": 1, "started_at": now}
        times = {"created_at": now, "updated_at": now}
        session.add(
            Task(id=task_id, operation="echo", queue="analysis", owner=OWNER, params={}, executor="background", total=0, **held, **times)
        )
    wait_for(lambda: row(web, task_id).state == "SUCCESS", "the run to be put back and done")
    again = row(web, task_id)
    assert (again.run, again.lost) == (2, 1)
    assert again.result["pid"] != os.getpid(), "what was lost with its process, perhaps by its own fault, is tried again in a child"


def _pid_that_is_gone() -> int:
    pid = os.posix_spawn("/bin/true", ["true"], {})
    os.waitpid(pid, 0)
    return pid


def test_the_soft_and_the_hard_limit_stop_long_work(web: Runtime) -> None:
    soft, hard = begin(web, "heavy_short", seconds=30), begin(web, "heavy_hard", seconds=30)
    for task_id in (soft, hard):
        assert ended(web, task_id) == ("FAILURE", 1)
        assert web.tasks.status(task_id, OWNER).error["code"] == "time_limit"


def test_a_full_background_says_when_to_try_again(web: Runtime) -> None:
    tasks = [begin(web, "heavy_patient", seconds=30)]
    under_way(web, tasks[0])
    tasks += [begin(web, "heavy_patient", seconds=30) for _ in range(3)]
    before = web.tasks.list(OWNER)[1]
    with pytest.raises(Unavailable) as refused:
        begin(web, "heavy_patient", seconds=30)
    assert refused.value.retry_after
    assert web.tasks.list(OWNER)[1] == before
    for task_id in tasks:
        web.tasks.cancel(task_id, OWNER)
    assert {ended(web, task_id)[0] for task_id in tasks} == {"REVOKED"}


def test_a_click_does_not_wait_behind_long_work(web: Runtime) -> None:
    long = begin(web, "heavy_patient", seconds=60)
    under_way(web, long)
    with web.database.write() as session:
        now = web.database.now(session)
        values = {"operation": "echo", "queue": "analysis", "owner": OWNER, "params": {}, "executor": "background"}
        session.add(Task(id="click", **values, created_at=now, updated_at=now))
    wait_for(lambda: row(web, "click").state == "SUCCESS", "the click to be answered")
    assert row(web, long).state == "PROGRESS"
    web.tasks.cancel(long, OWNER)
    assert ended(web, long)[0] == "REVOKED"


def test_an_orderly_stop_gives_long_work_to_another_web_process(desk: Desk) -> None:
    first, second = desk.runtime(shutdown_grace=0.1), desk.runtime(keeper=False)
    task_id = begin(first, "heavy_patient", seconds=60)
    under_way(first, task_id)
    first.close()
    assert (row(second, task_id).state, row(second, task_id).lost) == ("PENDING", 0)
    with second.database.write() as session:
        session.get_one(Task, task_id).params = {"seconds": 0}
    second.start_web()
    assert ended(second, task_id) == ("SUCCESS", 2)


def test_an_orderly_stop_lets_long_work_finish_within_the_grace(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = desk.runtime(shutdown_grace=20), desk.runtime(keeper=False)
    stopping, take_nothing_new = desk.folder / "stopping", first.background.stop
    monkeypatch.setattr(first.background, "stop", lambda: (take_nothing_new(), stopping.touch()))
    task_id = begin(first, "heavy_patient", seconds=60, until=str(stopping))
    under_way(first, task_id)
    first.close()
    assert (row(second, task_id).state, row(second, task_id).run) == ("SUCCESS", 1)


def test_children_end_with_their_web_process(desk: Desk) -> None:
    web = desk.runtime(shutdown_grace=0)
    pid = under_way(web, begin(web, "heavy_patient", seconds=60)).pid
    web.close()
    wait_for(lambda: _has_ended(pid), "the child to end")


def _has_ended(pid: int | None) -> bool:
    try:
        return "Z" in Path(f"/proc/{pid}/stat").read_text().split()[2]
    except (FileNotFoundError, ProcessLookupError):
        return True


def test_a_web_process_that_could_not_beat_gives_its_work_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    web = desk.runtime()
    task_id = begin(web, "heavy_patient", seconds=60)
    pid = under_way(web, task_id).pid
    beat = web.keeper_thread._keeper.beat

    def away() -> bool:
        raise OperationalError("the heartbeat", {}, ConnectionError("the database is away"))

    monkeypatch.setattr(web.keeper_thread._keeper, "beat", away)
    monkeypatch.setattr("tenderline.tasks.web_keeper.FENCE_AFTER", 1.0)
    wait_for(lambda: not _runs(pid), "the child to be stopped")
    monkeypatch.setattr("tenderline.tasks.web_keeper.FENCE_AFTER", 60.0)
    monkeypatch.setattr(web.keeper_thread._keeper, "beat", beat)
    wait_for(lambda: row(web, task_id).run == 2, "the work to start anew")
    again = under_way(web, task_id)
    assert (again.lost, again.pid != pid) == (1, True)
    web.tasks.cancel(task_id, OWNER)


def _runs(pid: int | None) -> bool:
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return False
    return True


def test_another_web_process_takes_what_a_dead_one_held(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenderline.tasks.recovery.DEAD_AFTER", 1.0)
    first, second = desk.runtime(keeper=False), desk.runtime()
    task_id = str(uuid.uuid4())
    with first.database.write() as session:
        now = first.database.now(session)
        dead = {"kind": "web", "host": "h", "pid": 1, "queues": [], "slots": 1, "listening": False, "provider": "builtin", "version": "0"}
        session.add(Process(id=first.process_id, **dead, broker="none", counter=1, started_at=now, beat_at=now))
        values = {"operation": "heavy_patient", "queue": "imports", "owner": OWNER, "params": {"seconds": 0}, "executor": "background"}
        held = {"state": "PROGRESS", "process": first.process_id, "pid": os.getpid(), "run": 1}
        session.add(Task(id=task_id, **values, **held, created_at=now, updated_at=now))
    wait_for(lambda: row(second, task_id).state == "SUCCESS", "the other process to do the work")
    assert (row(second, task_id).run, row(second, task_id).lost) == (2, 1)


def test_the_heartbeat_does_not_wait_for_who_looks_for_work(web: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, gate, first = threading.Semaphore(0), threading.Event(), Line.first

    def slow(line: Line, *which: Any, **params: Any) -> Any:
        looks.release()
        assert gate.wait(60)
        return first(line, *which, **params)

    def beats() -> int:
        with web.database.read() as session:
            return sum(session.scalars(select(Process.counter).where(Process.kind == "web")))

    monkeypatch.setattr(Line, "first", slow)
    task_id = begin(web, "heavy_patient", seconds=0)
    try:
        assert looks.acquire(timeout=30)
        before = beats()
        wait_for(lambda: beats() > before + 2, "further heartbeats")
    finally:
        gate.set()
    assert ended(web, task_id) == ("SUCCESS", 1)


def test_a_batch_is_begun_at_once_while_the_first_child_is_only_starting(desk: Desk) -> None:
    web = desk.runtime(task_executor="background", background_workers=1, analysis_rate_limit=0)
    parent = web.tasks.submit("many_limited", {"children": [{"n": number} for number in range(4)]}, owner=OWNER).task_id
    assert ended(web, parent)[0] == "SUCCESS"
    with web.database.read() as session:
        where = [result["pid"] for result in session.scalars(select(Task.result).where(Task.parent_id == parent).order_by(Task.created_at))]
    assert where[0] == os.getpid()
    wait_for(lambda: not web.background.busy, "the child to be heard to have ended")
    second = web.tasks.submit("many_limited", {"children": [{"n": number} for number in range(3)]}, owner=OWNER).task_id
    assert ended(web, second)[0] == "SUCCESS"
    with web.database.read() as session:
        later = {result["pid"] for result in session.scalars(select(Task.result).where(Task.parent_id == second))}
    assert os.getpid() not in later
