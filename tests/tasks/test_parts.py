"""Small parts whose promises need no process: the retry policy, waits for a limit, what a failed publish means, what a signal means."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenderline.errors import Invalid, RateLimited, TaskCancelled, TenderlineError, TimeLimitExceeded, from_dict
from tenderline.tasks.availability import PROBE_EVERY, Availability
from tenderline.tasks.child_signals import ASK, RAISE, ChildSignals, name_runs
from tenderline.tasks.ledger import Claim
from tenderline.tasks.operation import Operation, Registry, TaskContext
from tenderline.tasks.retry import RetryPolicy
from tests.tasks.conftest import Desk

POLICY = RetryPolicy(attempts=4, base=1.0, maximum=8.0)


def test_waits_grow_and_stay_under_their_cap() -> None:
    waits = [POLICY.wait(failures, None) or 0.0 for failures in (1, 2, 3)]
    assert 0.75 <= waits[0] <= 1.25
    assert 1.5 <= waits[1] <= 2.5
    assert 3 <= waits[2] <= 5
    assert (RetryPolicy(99, 1.0, 8.0).wait(50, None) or 0.0) <= 10


def test_a_named_wait_is_kept_but_not_without_bound() -> None:
    assert POLICY.wait(1, 30.0) == 30.0
    assert POLICY.wait(1, 1e9) == 80.0


def test_the_last_attempt_is_the_last() -> None:
    assert POLICY.wait(4, 1.0) is None


def test_the_waits_for_a_limit_are_those_of_its_window(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False, analysis_rate_limit=2, rate_limit_window=60.0)
    began = time.monotonic()
    with runtime.database.write() as session:
        assert runtime.limits.grant(session, "analysis", "one") is None
        assert runtime.limits.grant(session, "analysis", "two") is None
        refused = runtime.limits.grant(session, "analysis", "three")
        waits = runtime.limits.waits(session, "analysis", 3)
    assert refused is not None
    assert 60.59 - (time.monotonic() - began) < refused.wait < 60.61
    assert waits[2] == pytest.approx(waits[0] + 60.6, abs=0.5)
    assert runtime.limits.of("imports") is None


def test_a_failed_publish_outweighs_a_probe_that_began_before_it(desk: Desk) -> None:
    clock, availability = [100.0], None

    def probe() -> bool:
        clock[0] += 0.1
        assert availability is not None
        availability.mark_down()
        clock[0] += 0.1
        return True

    runtime = desk.runtime(keeper=False)
    availability = Availability(runtime.database, probe, clock=lambda: clock[0])
    availability.refresh()
    assert availability.broker == "down"


def test_the_broker_is_asked_at_most_every_other_second(desk: Desk) -> None:
    clock, asked = [0.0], []
    runtime = desk.runtime(keeper=False)
    availability = Availability(runtime.database, lambda: bool(asked.append(clock[0])) or True, clock=lambda: clock[0])
    for clock[0] in (0.0, 0.5, PROBE_EVERY - 0.1, PROBE_EVERY, PROBE_EVERY + 1):
        availability.refresh_if_due()
    assert asked == [0.0, PROBE_EVERY]
    clock[0] = 50.0
    availability.mark_down()
    clock[0] = 57.0
    assert availability.broker_down_for() == 7.0


@pytest.fixture
def child(tmp_path: Path) -> Iterator[ChildSignals]:
    before = signal.getsignal(signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    yield ChildSignals(tmp_path / "worker.stop")
    signal.signal(signal.SIGUSR1, before)


CLAIM = Claim("task-1", 3, "echo", "anna", {}, 0, "celery")


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGUSR1)


def test_a_signal_for_another_run_is_ignored(child: ChildSignals) -> None:
    context = TaskContext("task-1", "anna")
    child.watch(CLAIM, context)
    name_runs(child.path, {("task-1", 2): RAISE, ("task-2", 3): RAISE})
    interrupt()
    assert not context.cancelled


def test_a_signal_between_runs_is_ignored(child: ChildSignals) -> None:
    child.watch(CLAIM, TaskContext("task-1", "anna"))
    child.watch(None, None)
    name_runs(child.path, {("task-1", 3): RAISE})
    interrupt()


def test_the_first_signal_asks_and_the_second_interrupts(child: ChildSignals) -> None:
    context = TaskContext("task-1", "anna")
    child.watch(CLAIM, context)
    name_runs(child.path, {("task-1", 3): ASK})
    interrupt()
    assert context.cancelled
    name_runs(child.path, {("task-1", 3): RAISE})
    with pytest.raises(TaskCancelled):
        interrupt()


def test_inside_a_shield_a_signal_is_noted_and_raised_at_its_end(child: ChildSignals) -> None:
    context = TaskContext("task-1", "anna")
    child.watch(CLAIM, context)
    name_runs(child.path, {("task-1", 3): RAISE})
    done = False
    with pytest.raises(TaskCancelled), context.shield():  # noqa: PT012 (both lines are the point)
        interrupt()
        done = True
    assert done


def test_a_signal_at_the_time_limit_says_so(child: ChildSignals) -> None:
    child.watch(CLAIM, TaskContext("task-1", "anna", time_limit=0.1))
    with pytest.raises(TimeLimitExceeded):
        interrupt()


def test_a_context_ends_what_takes_too_long_or_asks_too_often() -> None:
    clock = [0.0]
    context = TaskContext("task-1", "anna", time_limit=10, max_calls=2, clock=lambda: clock[0])
    context.check()
    clock[0] = 10.1
    with pytest.raises(TimeLimitExceeded):
        context.check()
    assert context.remaining() == 0
    context.count_call()
    context.count_call()
    with pytest.raises(TenderlineError):
        context.count_call()


def test_an_operation_has_one_name() -> None:
    registry, operation = Registry(), Operation("echo", "chat", lambda params, context: {})
    registry.add(operation)
    with pytest.raises(ValueError, match="twice"):
        registry.add(operation)
    with pytest.raises(Invalid):
        registry.get("unknown")


def test_a_stored_error_is_raised_as_what_it_was() -> None:
    error = from_dict(RateLimited("Wait.", hint="A little.", retry_after=3).as_dict())
    assert isinstance(error, RateLimited)
    assert (error.message, error.hint, error.retry_after, error.status) == ("Wait.", "A little.", 3, 429)
    assert from_dict({"code": "of another version", "message": "Odd."}).status == 500
