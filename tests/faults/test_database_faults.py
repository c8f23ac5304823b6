"""The database is locked, full, or its clock jumps while tasks are in flight: all of them take effect, each once."""

from __future__ import annotations

import time

import pytest

from tests.databases import needs_postgresql, needs_sqlite, postgres
from tests.faults.stack import SLOTS, Flight, Stack
from tests.faults.switches import FENCE_AFTER
from tests.services import wait_for

pytestmark = [pytest.mark.redis, pytest.mark.worker]


@pytest.mark.parametrize("seconds", [3, 8])
def test_a_locked_database_loses_nothing(stack: Stack, seconds: int) -> None:
    flight = Flight(stack, more=seconds < 5).start()  # a submit may be refused when the lock is held for longer than one waits for it
    with stack.locked():
        locked = time.monotonic()
        wait_for(lambda: time.monotonic() - locked > seconds, "the time to be over")
    # Who could not beat for so long gives its work up, as it would count as dead to the others.
    flight.landed(repeated=0 if seconds < FENCE_AFTER else 4 * SLOTS)


@needs_postgresql
def test_a_postgresql_that_hangs_for_a_while_loses_nothing(stack: Stack) -> None:
    flight = Flight(stack, more=False).start()
    with postgres().stopped():
        stopped = time.monotonic()
        wait_for(lambda: time.monotonic() - stopped > 9, "the time to be over")
    flight.ended()
    assert {status for _, status, _ in flight.refused} == {503}
    flight.refused.clear()
    # Whoever could not beat for so long has given its work up, and what was running is run again.
    flight.landed(repeated=4 * SLOTS)


@needs_sqlite  # PostgreSQL's clock is its machine's
@pytest.mark.parametrize("jump", [3600, -3600])
def test_a_clock_that_jumps_an_hour_loses_nothing(stack: Stack, jump: int) -> None:
    flight = Flight(stack).start()
    stack.set_clock(jump)
    stack.broker.forget()  # what was rung for before is rung for again all the same
    flight.landed()
