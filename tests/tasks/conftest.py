"""Fixtures for the task system: a runtime per test on a database of its own, and the same promises inline and on Celery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tenderline.database import migrate
from tenderline.runtime import Runtime, create_runtime
from tenderline.settings import Settings
from tests.brokers import broker_environment, make_broker
from tests.databases import database_url
from tests.services import Worker, wait_for
from tests.tasks.operations import operations_for_tests

QUICK = {"retry_base": 0.05, "rate_limit_window": 2.0, "inline_max_wait": 4.0}


class Desk:
    """A folder with its own database, broker (``redis``, whichever it is), workers and web runtimes, all ended with the test or module."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.redis = make_broker(folder)
        self.database_url = database_url()
        self._runtimes: list[Runtime] = []
        self.workers: list[Worker] = []

    def runtime(self, *, keeper: bool = True, **values: object) -> Runtime:
        """A web process's runtime, with its keeper unless told otherwise."""
        settings = Settings(_env_file=None, **{**QUICK, "data_dir": self.folder / "data", "database_url": self.database_url, **values})
        migrate(settings)
        runtime = create_runtime(settings, operations=operations_for_tests(settings), child_module="tests.tasks.worker_app")
        if keeper:
            runtime.start_web()
        self._runtimes.append(runtime)
        return runtime

    def worker(self, slots: int = 2, **environment: str) -> Worker:
        """A worker on this folder's Redis and database."""
        variables = {name.upper(): str(value) for name, value in QUICK.items()}
        variables |= {
            "DATA_DIR": str(self.folder / "data"),
            "DATABASE_URL": self.database_url,
            **broker_environment(self.redis),
            **environment,
        }
        self.workers.append(Worker(variables, self.folder / "worker.log", slots=slots))
        return self.workers[-1]

    def mend(self) -> None:
        """Make sure that the broker runs and one worker lives."""
        if not self.redis.running:
            self.redis.start()
        if not any(worker.running for worker in self.workers):
            self.worker()

    def close(self) -> None:
        for runtime in self._runtimes:
            runtime.close()
        for worker in self.workers:
            worker.stop()
        self.redis.stop()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk of the test's own."""
    desk = Desk(tmp_path)
    yield desk
    desk.close()


def listening(runtime: Runtime, workers: int = 1) -> None:
    """Wait until that many workers listen."""
    wait_for(
        lambda: runtime.tasks.queue_stats()["workers"] == workers and runtime.availability.broker == "up",
        f"{workers} workers to listen",
        seconds=180,
    )


@pytest.fixture(scope="module", params=["inline", pytest.param("celery", marks=[pytest.mark.redis, pytest.mark.worker])])
def runtime(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A runtime for promises that hold in every mode: once without a broker, once with a real worker."""
    with closing(Desk(tmp_path_factory.mktemp("desk"))) as desk:
        if request.param == "inline":
            runtime = desk.runtime()
        else:
            desk.redis.start()
            runtime = desk.runtime(redis_url=desk.redis.url)
            desk.worker()
            listening(runtime)
        yield runtime
