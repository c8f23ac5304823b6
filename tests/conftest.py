"""Says what the tests of the task system run on (``TEST_DATABASE=postgresql`` and ``TEST_BROKER=rabbitmq`` choose other than the usual), and
begins with the files that take longest, so that two processes end at about the same time."""

from __future__ import annotations

import pytest

from tests.brokers import RABBITMQ
from tests.databases import POSTGRESQL

SLOWEST_FIRST = ("worker", "redis", "browser")
"""Marks of tests with many processes."""


def pytest_report_header() -> str:
    return f"task system: {'PostgreSQL' if POSTGRESQL else 'SQLite'}, {'RabbitMQ' if RABBITMQ else 'Redis'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    files: dict[str, int] = {}
    for item in items:
        place = min(
            (SLOWEST_FIRST.index(mark.name) for mark in item.iter_markers() if mark.name in SLOWEST_FIRST), default=len(SLOWEST_FIRST)
        )
        files[item.nodeid.split("::")[0]] = min(place, files.get(item.nodeid.split("::")[0], place))
    items.sort(key=lambda item: files[item.nodeid.split("::")[0]])  # a stable sort: within a file nothing moves
