"""What a task costs the database: as few writing transactions as its promises allow, and no progress that nobody could have read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from sqlalchemy import event, select
from sqlalchemy.engine import Connection

from tenderline.runtime import Runtime
from tenderline.tasks.celery_worker import EVENTS_EVERY, Consumer
from tenderline.tasks.dispatcher import BELLS_PER_SLOT, MOST_BELLS_PER_SLOT, Bell, Look
from tenderline.tasks.keeper import ProcessInfo
from tenderline.tasks.ledger import Claim
from tenderline.tasks.models import FINISHED, PROGRESS, SUCCESS, Follower, Task
from tenderline.tasks.operation import TaskContext
from tenderline.tasks.reports import PROGRESS_EVERY, Report, Reports, Said
from tests.services import wait_for
from tests.tasks.conftest import Desk
from tests.tasks.test_ledger import OWNER, row, submitted


@pytest.fixture
def still(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """A runtime without a keeper, whose bells are noted, that believes in a worker with two slots, however long ago it beat."""
    monkeypatch.setattr("tenderline.tasks.availability.STALE_AFTER", 600.0)
    runtime = desk.runtime(keeper=False)
    beat(runtime)
    return runtime


def beat(runtime: Runtime) -> None:
    """The worker is still there."""
    runtime.keeper(ProcessInfo("worker-1", "worker", 1, ("analysis",), 2, "builtin")).beat()


@contextmanager
def writes(runtime: Runtime) -> Iterator[list[str]]:
    """What begins a writing transaction meanwhile."""
    begun: list[str] = []

    def begin(connection: Connection) -> None:
        if connection.get_execution_options().get("tenderline_writes"):
            begun.append("write")

    event.listen(runtime.database.engine, "begin", begin)
    yield begun
    event.remove(runtime.database.engine, "begin", begin)


@contextmanager
def statements(runtime: Runtime) -> Iterator[list[str]]:
    """What is executed meanwhile."""
    executed: list[str] = []

    def execute(_connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        executed.append(statement)

    event.listen(runtime.database.engine, "before_cursor_execute", execute)
    yield executed
    event.remove(runtime.database.engine, "before_cursor_execute", execute)


@pytest.mark.usefixtures("clock")
def test_a_task_is_accepted_in_one_transaction_and_a_short_run_takes_two(still: Runtime) -> None:
    with writes(still) as begun:
        task_id = still.tasks.submit("echo", {}, owner=OWNER, executor="celery").task_id
        assert len(begun) == 1
        still.runner.run(task_id, "echo", "celery")
        assert len(begun) == 3
    assert (row(still, task_id).state, row(still, task_id).revision) == (SUCCESS, 2)


def test_a_backlog_is_worked_off_by_those_who_end_runs(still: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    bells: list[Bell] = []
    monkeypatch.setattr(still.dispatcher, "_ring", bells.extend)
    monkeypatch.setattr(still.availability, "broker_up", lambda: True)
    tasks = [submitted(still) for _ in range(8 * BELLS_PER_SLOT)]
    still.dispatcher.dispatch("analysis")
    while bells:
        bell = bells.pop(0)
        still.runner.run(bell.task_id, bell.operation, "celery")
    assert {row(still, task_id).state for task_id in tasks} <= set(FINISHED)


def test_many_bells_are_out_only_while_runs_are_short() -> None:
    assert Look(at=100.0, runs=7).bells_per_slot(100.05) == MOST_BELLS_PER_SLOT
    assert Look(at=100.0, runs=7).bells_per_slot(100.1) == 7
    assert Look(at=100.0, runs=1).bells_per_slot(100.001) == BELLS_PER_SLOT
    assert Look(at=100.0, runs=7).bells_per_slot(120.0) == BELLS_PER_SLOT


def test_a_keeper_asks_nothing_about_tasks_while_none_is_unfinished(still: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    keeper = still.keeper(ProcessInfo("web-1", "web", 1, (), 2, "builtin"))
    keeper.round()
    assert keeper.idle
    keeper.tick()
    monkeypatch.setattr("tenderline.tasks.keeper.RECOVER_EVERY", 3600.0)
    with statements(still) as asked:
        keeper.beat()
        keeper.tick()
    assert len([statement for statement in asked if "tasks" in statement.lower()]) == 1
    submitted(still)
    keeper.round()
    assert not keeper.idle


def test_dead_processes_are_looked_for_seldom_while_none_can_hold_a_task(still: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenderline.tasks.keeper.RECOVER_EVERY", 0.0)
    monkeypatch.setattr("tenderline.tasks.keeper.IDLE_RECOVER_EVERY", 3600.0)
    looks: list[str] = []
    monkeypatch.setattr("tenderline.tasks.recovery.Recovery.recover", lambda self: looks.append("look"))
    keeper = still.keeper(ProcessInfo("web-1", "web", 1, (), 2, "builtin"))
    for _ in range(3):
        keeper.beat()
        keeper.tick()
    assert len(looks) == 1
    submitted(still)
    for _ in range(3):
        keeper.beat()
        keeper.tick()
    assert len(looks) == 4


def test_events_for_those_who_look_on_leave_together(monkeypatch: pytest.MonkeyPatch) -> None:
    consumer, timers, clock = Consumer.__new__(Consumer), [], [100.0]
    consumer.hub = SimpleNamespace(call_later=lambda seconds, action: timers.append(action))
    monkeypatch.setattr("tenderline.tasks.celery_worker.time", SimpleNamespace(monotonic=lambda: clock[0]))
    for _ in range(5):
        consumer.on_send_event_buffered()
    assert timers == [consumer._flush_events]
    clock[0] += EVENTS_EVERY
    consumer.on_send_event_buffered()
    assert len(timers) == 2


def test_parts_are_marked_among_what_an_owner_follows(still: Runtime) -> None:
    whole = still.tasks.submit("many", {"children": [{"seconds": 0}, {"seconds": 0}]}, owner=OWNER, executor="celery").task_id
    with still.database.read() as session:
        followed = session.execute(select(Follower.part, Task.parent_id).join(Task, Task.id == Follower.task_id)).all()
    assert sorted((part, parent) for part, parent in followed if part) == [(True, whole)] * 2
    assert [parent for part, parent in followed if not part] == [None]
    shown, total = still.tasks.list(OWNER)
    assert ([status.task_id for status in shown], total) == ([whole], 1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The clock by which progress is written: it goes on when the test says so, so that no pause of the machine comes between."""
    now = [100.0]
    monkeypatch.setattr("tenderline.tasks.reports.time", SimpleNamespace(monotonic=lambda: now[0], sleep=time.sleep))
    return now


class Written:
    """A report of a run whose writes are noted."""

    def __init__(self) -> None:
        self.said: list[Said] = []
        self.report = Report(Reports(lambda claim, said: self.said.append(said)), Claim("a", 1, "echo", OWNER, {}, 0, "celery"))
        self.report.context = self.context = TaskContext("a", OWNER)


def test_the_last_word_before_a_silence_is_written_with_the_text_so_far(clock: list[float]) -> None:
    written = Written()
    written.report(1, 3, "Reading", "What was read")
    written.report(2, 3, "Thinking", None)
    assert written.said == []
    clock[0] += PROGRESS_EVERY
    wait_for(lambda: written.said, "the word to be written")
    assert written.said == [Said(2, 3, "Thinking", "What was read")]


def test_nothing_is_written_of_a_run_that_has_ended_or_is_to_stop(clock: list[float]) -> None:
    ended, stopping, goes_on = Written(), Written(), Written()
    for written in (ended, stopping, goes_on):
        written.report(1, 2, "Working", None)
    ended.report.close()
    stopping.context.cancel()
    clock[0] += PROGRESS_EVERY
    wait_for(lambda: goes_on.said, "what goes on to be written")
    assert not ended.report.look()
    assert not stopping.report.look()
    assert ended.said == stopping.said == []


def test_progress_of_a_run_that_is_not_the_current_one_stops_it(still: Runtime) -> None:
    task_id = submitted(still)
    first = still.ledger.claim(task_id, executor="celery", pid=1, grant_from=None)
    assert isinstance(first, Claim)
    assert still.ledger.release_run(task_id, first.run) == 1
    report = Report(still.runner._reports, first)
    report.context = TaskContext(task_id, OWNER)
    report(1, 2, "Working", None)
    wait_for(lambda: report.context.cancelled, "the run to be stopped")
    assert row(still, task_id).state != PROGRESS
