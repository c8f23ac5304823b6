"""Says what the tests of the task system run on: ``TEST_DATABASE=postgresql`` and ``TEST_BROKER=rabbitmq`` choose other than the usual."""

from __future__ import annotations

from tests.brokers import RABBITMQ
from tests.databases import POSTGRESQL


def pytest_report_header() -> str:
    return f"task system: {'PostgreSQL' if POSTGRESQL else 'SQLite'}, {'RabbitMQ' if RABBITMQ else 'Redis'}"
