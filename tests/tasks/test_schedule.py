"""Periodic tasks start at their times, once each, whoever notices."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from celery.schedules import crontab
from sqlalchemy.orm import Session

import celery_config
from tenderline.database import Database
from tenderline.runtime import Runtime, create_runtime
from tenderline.tasks.schedule import SYSTEM, Schedule
from tests.services import wait_for
from tests.tasks.conftest import Desk

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()


class Clock(Database):
    """A database whose clock is set by hand, on PostgreSQL too."""

    def __init__(self, runtime: Runtime, now: float) -> None:
        super().__init__(runtime.settings)
        self.time = now

    def now(self, session: Session) -> float:
        return self.time


@pytest.fixture
def hourly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(celery_config, "SCHEDULE", {"hourly": ("heavy_echo", crontab(minute=0))})
    return


def looker(runtime: Runtime, clock: Clock) -> Schedule:
    """Somebody who looks at that time."""
    return Schedule(clock, runtime.tasks, celery_config.schedule_entries())


@pytest.mark.usefixtures("hourly")
def test_a_due_time_starts_one_task_however_many_look(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    clock = Clock(runtime, NOON + 60)
    lookers = [looker(runtime, clock) for _ in range(4)]
    assert lookers[0].start_due() == []  # what was due before anybody looked is not made up for
    clock.time = NOON + 3600 + 5
    threads = [threading.Thread(target=each.start_due) for each in lookers for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert runtime.tasks.list(SYSTEM)[1] == 1
    assert lookers[3].start_due() == []


@pytest.mark.usefixtures("hourly")
def test_after_a_pause_an_entry_starts_once(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    clock = Clock(runtime, NOON)
    schedule = looker(runtime, clock)
    schedule.start_due()
    clock.time = NOON + 50 * 3600 + 5
    assert len(schedule.start_due()) == 1
    assert schedule.start_due() == []
    clock.time += 3600
    assert len(schedule.start_due()) == 1


@pytest.mark.usefixtures("hourly")
def test_a_clock_that_was_wrong_is_forgiven(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    clock = Clock(runtime, NOON + 10 * 86400)
    schedule = looker(runtime, clock)
    schedule.start_due()
    clock.time = NOON + 60
    schedule.start_due()
    clock.time = NOON + 3600
    assert len(schedule.start_due()) == 1


def test_the_tick_starts_what_is_due_and_it_is_done(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    every_second = lambda moment: datetime.fromtimestamp(int(moment.timestamp()) + 1, UTC)  # noqa: E731
    monkeypatch.setattr("celery_config._following", lambda _when, moment: every_second(moment))
    monkeypatch.setattr(celery_config, "SCHEDULE", {"often": ("heavy_echo", crontab())})
    runtime = desk.runtime()
    wait_for(lambda: any(status.state == "SUCCESS" for status in runtime.tasks.list(SYSTEM)[0]), "a periodic task to be done")


def test_the_schedule_is_beats_too() -> None:
    from tenderline.settings import Settings

    app = celery_config.create_celery(Settings(_env_file=None))
    assert set(app.conf.beat_schedule) == set(celery_config.SCHEDULE)
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} == {celery_config.START_PERIODIC}


def test_every_scheduled_operation_exists(desk: Desk) -> None:
    settings = desk.runtime(keeper=False).settings
    runtime = create_runtime(settings)
    known = set(runtime.registry.operations)
    runtime.close()
    assert {operation for operation, _ in celery_config.SCHEDULE.values()} <= known
