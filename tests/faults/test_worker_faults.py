"""Workers and their parts are killed, stopped and sent home while tasks are in flight: all of them take effect, each once."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import pytest

from tests.faults.stack import SLOTS, Flight, Stack, kill_worker
from tests.faults.switches import DEAD_AFTER
from tests.services import kill_tree, signal_tree, wait_for

pytestmark = [pytest.mark.redis, pytest.mark.worker]


def test_a_worker_killed_with_all_its_processes_loses_nothing(stack: Stack) -> None:
    flight = Flight(stack).start()
    kill_worker(stack.workers[0])
    flight.landed(repeated=SLOTS)
    assert 1 <= flight.lost() <= SLOTS


def test_a_worker_whose_parent_alone_is_killed_loses_nothing(stack: Stack) -> None:
    flight = Flight(stack).start()
    stack.workers[0].kill()
    flight.landed(repeated=SLOTS)


def test_a_worker_whose_keeper_is_killed_loses_nothing(stack: Stack) -> None:
    flight = Flight(stack).start()
    os.kill(stack.keeper(stack.workers[0]), signal.SIGKILL)
    flight.landed(repeated=SLOTS)
    wait_for(lambda: not stack.workers[0].running, "the worker to end with its keeper")


def test_pool_children_killed_lose_nothing(stack: Stack) -> None:
    flight = Flight(stack).start()
    killed = 0
    for _ in range(3):
        for pid in wait_for(stack.running_pids, "runs"):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                killed += 1
        wait_for(lambda: len(stack.running_pids()) > 1, "runs in new children")
    flight.landed(repeated=killed)
    assert flight.lost() <= killed


def test_a_deploy_loses_nothing_and_counts_nothing_as_lost(stack: Stack) -> None:
    flight = Flight(stack).start()
    old = stack.workers[0]
    stack.worker()
    old.terminate()
    flight.landed()
    assert flight.lost() == 0
    wait_for(lambda: not old.running, "the old worker to end")


def test_all_workers_gone_for_10_seconds_lose_nothing(stack: Stack) -> None:
    flight = Flight(stack, seconds=1.0).start()
    gone = time.monotonic()
    for worker in stack.workers:
        kill_worker(worker)
    wait_for(lambda: time.monotonic() - gone > 10, "10 seconds to be over")
    stack.worker()
    flight.landed(repeated=2 * SLOTS)


def test_a_worker_stopped_and_continued_after_it_was_given_up_writes_nothing_that_counts(stack: Stack) -> None:
    flight = Flight(stack).start()
    worker = stack.workers[0]
    stack.stop(worker)
    wait_for(lambda: flight.lost() > 0, "the worker to be given up", 8 * DEAD_AFTER)
    signal_tree(worker.process.pid, signal.SIGCONT)
    flight.landed(repeated=2 * SLOTS)


def test_the_ticking_process_killed_while_bells_are_lost_loses_nothing(stack: Stack) -> None:
    flight = Flight(stack).start()
    ticking = stack.ticking()
    assert ticking is not None
    if ticking.kind == "web":  # another one goes on serving
        flight.goes_to(stack.web())
    kill_tree(ticking.pid)
    stack.broker.forget()
    flight.landed(repeated=3 * SLOTS)  # the runs of the killed one, and at most once those of both workers on a machine that stands still

    def another_ticks() -> bool:
        now = stack.ticking()
        return now is not None and now.id != ticking.id

    wait_for(another_ticks, "another process to take the tick")
