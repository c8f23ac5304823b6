"""The broker dies, forgets, hangs and repeats itself while tasks are in flight: all of them take effect, each once."""

from __future__ import annotations

import time

import pytest

from tests.faults.stack import SLOTS, Flight, Stack, kill_worker, ring
from tests.services import wait_for

pytestmark = [pytest.mark.redis, pytest.mark.worker]


def test_redis_killed_without_persistence_loses_nothing(stack: Stack) -> None:
    flight = Flight(stack).start()
    stack.broker.kill()
    stack.broker.start()
    flight.landed()


def test_redis_flushed_loses_nothing(stack: Stack) -> None:
    flight = Flight(stack).start()
    stack.broker.forget()
    flight.landed()


def test_redis_gone_for_a_while_and_back_empty_loses_nothing(stack: Stack) -> None:
    flight = Flight(stack).start()
    stack.broker.kill()
    before = len(flight.ids)
    wait_for(lambda: len(flight.ids) > before + 3, "people to go on without the broker")
    stack.broker.start()
    flight.landed()


def test_redis_stopped_for_5_seconds_loses_nothing(stack: Stack) -> None:
    flight = Flight(stack, tasks=140).start()
    stopped = time.monotonic()
    stack.broker.pause()
    wait_for(lambda: time.monotonic() - stopped > 5, "5 seconds to be over")
    stack.broker.resume()
    flight.landed()


def test_messages_that_come_twice_or_late_start_nothing(stack: Stack) -> None:
    flight = Flight(stack).start()
    ring(stack, flight.ids)
    flight.landed()
    ring(stack, flight.ids)
    wait_for(lambda: stack.broker.waiting("analysis") == 0, "the late messages to be taken")
    again = Flight(stack, tasks=8, more=False)
    again.run()
    flight.ids += again.ids
    assert set(flight.starts().values()) == {1}


def test_broker_and_workers_gone_for_good_leave_their_tasks_to_the_web_processes(stack: Stack) -> None:
    flight = Flight(stack).start()
    stack.broker.kill()
    for worker in stack.workers:
        kill_worker(worker)
    flight.landed(repeated=4 * SLOTS)  # the runs of the workers, and at most once those of the web processes on a machine that stands still
