"""Says what the tests of the task system run on: ``TEST_DATABASE=postgresql`` and ``TEST_BROKER=rabbitmq`` choose other than the usual.
Begins with the files that take longest, so that all processes end at about the same time. Examples are the same in every run and have no
time limit of their own, so that a run says something of the code, not of chance or the machine; ``--hypothesis-profile=search`` looks
for new ones."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

from tests.brokers import RABBITMQ
from tests.databases import POSTGRESQL, postgres

pytest.register_assert_rewrite("tests.faults.stack")
settings.register_profile(
    "search", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.register_profile("suite", settings.get_profile("search"), derandomize=True)
settings.load_profile("suite")

SLOWEST_FIRST = ("worker", "redis", "browser")
"""Marks of tests with many processes."""


def pytest_report_header() -> str:
    return f"task system: {'PostgreSQL' if POSTGRESQL else 'SQLite'}, {'RabbitMQ' if RABBITMQ else 'Redis'}"


def pytest_sessionfinish() -> None:
    """Not at the exit of the process: one of several that test in parallel is given no time for that."""
    if postgres.cache_info().currsize:
        postgres().stop()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places: dict[str, int] = {}
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        place = next((place for place, mark in enumerate(SLOWEST_FIRST) if mark in marks), len(SLOWEST_FIRST))
        places[_file(item)] = min(place, places.get(_file(item), place))
    items.sort(key=lambda item: places[_file(item)])  # a stable sort: within a file nothing moves


def _file(item: pytest.Item) -> str:
    return item.nodeid.split("::")[0]
