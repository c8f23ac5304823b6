"""Equal work is done once for all who want it, and large work in parts: in every mode."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from tenderline.errors import Conflict, NotFound
from tenderline.runtime import Runtime
from tenderline.tasks.models import Task
from tenderline.tasks.status import TaskStatus
from tests.services import wait_for
from tests.tasks.conftest import Desk

ANNA, BEN = "anna", "ben"


def key() -> str:
    return str(uuid.uuid4())


def follow(runtime: Runtime, task_id: str, owner: str = ANNA) -> TaskStatus:
    return runtime.tasks.wait(task_id, owner, 60)


def under_way(runtime: Runtime, task_id: str) -> None:
    wait_for(lambda: runtime.tasks.status(task_id, ANNA).state == "PROGRESS", "the work to be under way")


def both(runtime: Runtime, **params: object) -> str:
    """Anna's task, joined by Ben while it runs."""
    shared = key()
    first = runtime.tasks.submit("patient", {"seconds": 60, **params}, owner=ANNA, key=shared, wait=False)
    under_way(runtime, first.task_id)
    second = runtime.tasks.submit("patient", {"seconds": 60, **params}, owner=BEN, key=shared, wait=False)
    assert second.task_id == first.task_id
    return first.task_id


def test_an_owner_joins_anothers_equal_task_and_sees_its_result(runtime: Runtime, tmp_path: Path) -> None:
    joined = tmp_path / "joined"
    task_id = both(runtime, until=str(joined))
    joined.touch()
    assert follow(runtime, task_id, BEN).result == follow(runtime, task_id).result
    assert task_id in [status.task_id for status in runtime.tasks.list(BEN)[0]]


def test_a_finished_task_answers_another_owner_until_its_result_is_forgotten(runtime: Runtime) -> None:
    shared = key()
    done = follow(runtime, runtime.tasks.submit("echo", {"n": 1}, owner=ANNA, key=shared, wait=False).task_id)
    again = runtime.tasks.submit("echo", {"n": 1}, owner=BEN, key=shared)
    assert (again.cached, again.task_id, again.result) == (True, done.task_id, done.result)
    assert runtime.tasks.submit("echo", {"n": 1}, owner=BEN, key=shared, force=True, wait=False).task_id != done.task_id


def test_the_last_waiting_owners_cancel_is_what_stops_a_joined_task(runtime: Runtime) -> None:
    task_id = both(runtime)
    assert runtime.tasks.cancel(task_id, ANNA)
    assert runtime.tasks.status(task_id, ANNA).state == "REVOKED"
    assert not runtime.tasks.cancel(task_id, ANNA)
    assert runtime.tasks.status(task_id, BEN).state == "PROGRESS"
    assert runtime.tasks.cancel(task_id, BEN)
    assert follow(runtime, task_id, BEN).state == "REVOKED"


def test_at_no_moment_of_a_cancel_is_running_work_said_to_have_stopped(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    task_id = runtime.tasks.submit("patient", {"seconds": 30}, owner=ANNA, wait=False).task_id
    under_way(runtime, task_id)
    seen: list[tuple[TaskStatus, str]] = []
    stop = runtime.ledger.request_cancel

    def in_between(task: str) -> str | None:
        said = runtime.tasks.status(task, ANNA)
        with runtime.database.read() as session:
            seen.append((said, session.get_one(Task, task).state))
        return stop(task)

    monkeypatch.setattr(runtime.ledger, "request_cancel", in_between)
    assert runtime.tasks.cancel(task_id, ANNA)
    [(said, is_so)] = seen
    # A keeper that was quick may have stopped it by then.
    assert (said.state, said.cancelling) == ("PROGRESS", True) or (said.state, is_so) == ("REVOKED", "REVOKED")
    assert follow(runtime, task_id).state == "REVOKED"


def test_what_is_being_stopped_is_not_joined(runtime: Runtime) -> None:
    shared = key()
    first = runtime.tasks.submit("stubborn", {"seconds": 30}, owner=ANNA, key=shared, wait=False)
    under_way(runtime, first.task_id)
    runtime.tasks.cancel(first.task_id, ANNA)
    second = runtime.tasks.submit("stubborn", {"seconds": 0}, owner=ANNA, key=shared, wait=False)
    assert second.task_id != first.task_id
    assert follow(runtime, second.task_id).state == "SUCCESS"


def test_a_task_is_nobody_elses(runtime: Runtime) -> None:
    task_id = runtime.tasks.submit("echo", {}, owner=ANNA, wait=False).task_id
    for call in (runtime.tasks.status, runtime.tasks.cancel, runtime.tasks.run_again):
        with pytest.raises(NotFound):
            call(task_id, BEN)


def test_a_finished_task_is_run_again_as_a_new_one(runtime: Runtime) -> None:
    done = follow(runtime, runtime.tasks.submit("echo", {"n": 2}, owner=ANNA, wait=False).task_id)
    again = runtime.tasks.run_again(done.task_id, ANNA)
    assert again.task_id != done.task_id
    assert follow(runtime, again.task_id).result == {**(done.result or {}), "pid": follow(runtime, again.task_id).result["pid"]}
    running = runtime.tasks.submit("patient", {"seconds": 30}, owner=ANNA, wait=False).task_id
    with pytest.raises(Conflict):
        runtime.tasks.run_again(running, ANNA)
    runtime.tasks.cancel(running, ANNA)


def test_a_parent_counts_its_children_and_sums_them_up(runtime: Runtime, tmp_path: Path) -> None:
    counted = tmp_path / "counted"
    children = [*[{"seconds": 0}] * 5, {"seconds": 60, "until": str(counted)}]
    parent = runtime.tasks.submit("many", {"children": children}, owner=ANNA)
    assert not parent.direct
    wait_for(lambda: runtime.tasks.status(parent.task_id, ANNA).status == "5 of 6 sections", "all children but one to be counted")
    counted.touch()
    done = follow(runtime, parent.task_id)
    assert (done.state, done.progress, done.result) == ("SUCCESS", 100, {"states": ["SUCCESS"] * 6})
    assert runtime.tasks.list(ANNA)[0][0].task_id == parent.task_id  # and not one of its children


def test_a_failing_child_does_not_stop_the_rest(runtime: Runtime) -> None:
    parent = runtime.tasks.submit("many_broken", {"children": [{}, {"broken": True}, {}]}, owner=ANNA)
    assert follow(runtime, parent.task_id).result == {"states": ["SUCCESS", "FAILURE", "SUCCESS"]}


def test_a_parent_without_children_ends_at_once(runtime: Runtime) -> None:
    assert follow(runtime, runtime.tasks.submit("many", {"children": []}, owner=ANNA).task_id).result == {"states": []}


def test_cancelling_a_parent_stops_all_its_children(runtime: Runtime) -> None:
    parent = runtime.tasks.submit("many", {"children": [{"seconds": 30}] * 40}, owner=ANNA, session_key="cancelled")
    wait_for(lambda: any(status.state == "PROGRESS" for status in runtime.tasks.active(ANNA, "cancelled")), "a child to be under way")
    assert runtime.tasks.cancel(parent.task_id, ANNA)
    assert follow(runtime, parent.task_id).state == "REVOKED"
    assert runtime.tasks.active(ANNA, "cancelled") == []


def test_equal_parents_are_one(runtime: Runtime) -> None:
    shared = key()
    params = {"children": [{"seconds": 30}] * 3}
    first = runtime.tasks.submit("many", params, owner=ANNA, key=shared)
    second = runtime.tasks.submit("many", params, owner=BEN, key=shared)
    assert first.task_id == second.task_id
    runtime.tasks.cancel(first.task_id, ANNA)
    assert not runtime.tasks.status(first.task_id, BEN).ready
    runtime.tasks.cancel(first.task_id, BEN)
    assert follow(runtime, first.task_id, BEN).state == "REVOKED"


def test_a_click_does_not_wait_behind_a_batch(runtime: Runtime) -> None:
    parent = runtime.tasks.submit("many", {"children": [{"seconds": 0.1}] * 100}, owner=ANNA)
    click = runtime.tasks.submit("patient", {"seconds": 0}, owner=ANNA, wait=False)
    assert follow(runtime, click.task_id).state == "SUCCESS"
    assert not runtime.tasks.status(parent.task_id, ANNA).ready
    runtime.tasks.cancel(parent.task_id, ANNA)
    assert follow(runtime, parent.task_id).state == "REVOKED"


def test_a_server_that_only_works_in_requests_refuses_work_in_parts(desk: Desk) -> None:
    runtime = desk.runtime(task_executor="inline")
    with pytest.raises(Conflict):
        runtime.tasks.submit("many", {"children": [{"seconds": 0}]}, owner=ANNA)
    assert runtime.tasks.list(ANNA)[1] == 0
