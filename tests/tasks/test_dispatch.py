"""Whom the bell is rung for: in fair order, never more than may start, and again only when it was lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from tenderline.runtime import Runtime
from tenderline.tasks.dispatcher import BELLS_PER_SLOT, LOST_AFTER, RING_AGAIN_EVERY
from tenderline.tasks.keeper import ProcessInfo
from tenderline.tasks.models import STARTED, Task
from tests.tasks.conftest import Desk
from tests.tasks.test_ledger import submitted


@pytest.fixture
def rung(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A runtime that believes in a worker with two slots, however long ago it beat."""
    monkeypatch.setattr("tenderline.tasks.availability.STALE_AFTER", 600.0)
    runtime = desk.runtime(keeper=False, rate_limit_window=60.0, analysis_rate_limit=3)
    worker = ProcessInfo("worker-1", "worker", 1, ("analysis",), 2, "builtin")
    runtime.keeper(worker).beat()
    return runtime


def ring(rung: Runtime) -> list[str]:
    """One dispatch; the ids rung for, in order."""
    with rung.database.write() as session:
        return [bell.task_id for bell in rung.dispatcher.choose(session, "analysis")]


def belongs(runtime: Runtime, task_id: str, **values: object) -> str:
    with runtime.database.write() as session:
        session.execute(update(Task).where(Task.id == task_id).values(**values))
    return task_id


def rung_ago(runtime: Runtime, seconds: float) -> None:
    with runtime.database.write() as session:
        session.execute(update(Task).where(Task.rung_at.is_not(None)).values(rung_at=Task.rung_at - seconds))


def test_a_backlog_is_rung_for_a_few_at_a_time_and_never_twice(rung: Runtime) -> None:
    for _ in range(30):
        submitted(rung)
    first = ring(rung)
    assert len(first) == 2 * BELLS_PER_SLOT
    assert ring(rung) == []


def test_never_more_than_the_limit_allows_are_rung_for(rung: Runtime) -> None:
    for _ in range(10):
        submitted(rung, operation="limited_echo")
    free = submitted(rung)
    chosen = ring(rung)
    assert len(chosen) == 3 + 1
    assert free in chosen


def test_owners_and_documents_take_turns(rung: Runtime) -> None:
    many = [belongs(rung, submitted(rung), owner="anna", session_key="one") for _ in range(20)]
    one = belongs(rung, submitted(rung), owner="ben", session_key="two")
    assert ring(rung)[:3] == [many[0], one, many[1]]


def test_a_click_comes_before_the_children_of_a_batch(rung: Runtime) -> None:
    parent = belongs(rung, submitted(rung), state=STARTED)
    for _ in range(20):
        belongs(rung, submitted(rung), parent_id=parent)
    click = submitted(rung)
    assert ring(rung)[0] == click


def test_a_lost_bell_is_rung_again_after_2_then_5_seconds(rung: Runtime) -> None:
    task_id = submitted(rung)
    assert ring(rung) == [task_id]
    rung_ago(rung, LOST_AFTER + 0.1)
    assert ring(rung) == [task_id]
    rung_ago(rung, LOST_AFTER + 0.1)
    assert ring(rung) == []
    rung_ago(rung, RING_AGAIN_EVERY)
    assert ring(rung) == [task_id]


def test_a_bell_is_not_lost_while_all_slots_are_taken(rung: Runtime) -> None:
    for _ in range(2):
        belongs(rung, submitted(rung), state=STARTED, process="worker-1")
    submitted(rung)
    assert len(ring(rung)) == 1
    rung_ago(rung, 60)
    assert ring(rung) == []


def test_an_operation_that_no_worker_knows_waits_and_takes_no_ones_place(rung: Runtime) -> None:
    unknown = [belongs(rung, submitted(rung), operation="from_a_newer_version") for _ in range(3 * BELLS_PER_SLOT)]
    known = submitted(rung)
    assert ring(rung) == [known]
    with rung.database.read() as session:
        rows = [session.get_one(Task, task_id) for task_id in unknown]
        assert not rung.dispatcher.waiting(session, "analysis")
    assert {(task.state, task.rings) for task in rows} == {("PENDING", 0)}

    newer = ProcessInfo("worker-2", "worker", 2, ("analysis",), 2, "builtin")
    keeper = rung.keeper(newer)
    keeper.info = replace(keeper.info, operations={"analysis": ["from_a_newer_version"]})
    keeper.beat()
    assert ring(rung) == unknown


def test_a_task_that_no_worker_knows_goes_the_way_it_would_go_without_workers(rung: Runtime) -> None:
    with rung.database.read() as session:
        newer = replace(rung.registry.get("echo"), name="from_a_newer_version")
        assert rung.availability.listeners(session, "analysis", "echo")
        assert not rung.availability.listeners(session, newer.queue, newer.name)


def test_nothing_is_rung_for_without_a_live_worker(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    submitted(runtime)
    with runtime.database.write() as session:
        assert runtime.dispatcher.choose(session, "analysis") == []
