"""The same faults with the recovery taken out: they do harm then, so the other tests show that it is the recovery that helps."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from tests.faults.stack import Flight, Stack, kill_web, kill_worker, ring
from tests.faults.switches import DEAD_AFTER
from tests.services import signal_tree, wait_for

pytestmark = [pytest.mark.redis, pytest.mark.worker]
TASKS = 40


@pytest.fixture(scope="module")
def helpless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Nothing is rung for again, put back or handed over, and outcomes are written once or not at all."""
    stack = Stack(tmp_path_factory.mktemp("helpless"), "ring_again", "put_back", "hand_over", "patience")
    yield stack
    stack.close()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Whoever hears a bell works, and every run may write."""
    stack = Stack(tmp_path_factory.mktemp("trusting"), "claim", "fence")
    yield stack
    stack.close()


@pytest.fixture(scope="module")
def fenceless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Every run may write, also one that was given up."""
    stack = Stack(tmp_path_factory.mktemp("fenceless"), "fence")
    yield stack
    stack.close()


def begun(stack: Stack, **how: object) -> Flight:
    stack.mend()
    return Flight(stack, tasks=TASKS, more=False, **how).start()  # type: ignore[arg-type]


def test_a_flush_strands_what_was_rung_for(helpless: Stack) -> None:
    flight = begun(helpless)
    helpless.broker.forget()
    assert flight.stuck()


def test_a_killed_worker_takes_its_tasks_along(helpless: Stack) -> None:
    flight = begun(helpless)
    kill_worker(helpless.workers[0])
    assert flight.stuck(DEAD_AFTER + 3)


def test_an_outcome_that_meets_a_locked_database_is_gone(helpless: Stack) -> None:
    flight = begun(helpless, quiet=True)
    with helpless.locked():
        locked = time.monotonic()
        wait_for(lambda: time.monotonic() - locked > 8, "the time to be over")
    assert flight.stuck() or flight.states() != {"SUCCESS": TASKS}


def test_broker_and_workers_gone_for_good_strand_everything(helpless: Stack) -> None:
    flight = begun(helpless)
    helpless.broker.kill()
    for worker in helpless.workers:
        kill_worker(worker)
    assert flight.stuck(DEAD_AFTER + 3)


def test_a_killed_web_server_takes_its_background_tasks_along(helpless: Stack) -> None:
    helpless.mend(workers=0, webs=2)
    flight = Flight(helpless, tasks=TASKS, seconds=2.0, executor="background", more=False).start()
    kill_web(helpless.webs[0])
    assert flight.stuck(DEAD_AFTER + 3)


def test_messages_that_come_twice_start_twice(trusting: Stack) -> None:
    flight = begun(trusting)
    ring(trusting, flight.ids)
    flight.ended()
    wait_for(lambda: max(flight.starts().values()) > 1, "a second start")


def test_a_worker_that_was_given_up_takes_effect_a_second_time(fenceless: Stack) -> None:
    flight = begun(fenceless, seconds=1.0)  # it is busy when it stops, however long that takes
    worker = fenceless.workers[0]
    fenceless.stop(worker)
    wait_for(lambda: flight.lost() > 0, "the worker to be given up", 8 * DEAD_AFTER)
    flight.ended()
    signal_tree(worker.process.pid, signal.SIGCONT)
    wait_for(lambda: max(fenceless.effects().values()) > 1, "a second effect")
