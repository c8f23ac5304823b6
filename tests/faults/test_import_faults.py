"""Workers are killed in the middle of an import: another run brings it in by itself, once, and nothing is left of the first one."""

from __future__ import annotations

import io
import os
import signal
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tenderline.database import migrate
from tenderline.register.models import IMPORTED, ConflictRow, RegisterState, UploadRow
from tenderline.register.uploads import Uploads
from tenderline.runtime import Runtime, create_runtime
from tenderline.settings import Settings
from tenderline.tasks.models import CELERY
from tests.brokers import Broker, broker_environment, make_broker
from tests.databases import database_url
from tests.faults.stack import kill_worker
from tests.register.contracts import visible
from tests.register.ingestion import contracts, csv_file
from tests.services import Worker, wait_for

pytestmark = [pytest.mark.redis, pytest.mark.worker]
OWNER = "ann"
ROWS = 400
READING, BUILDING, READY = "Reading,3", "Indexing,20", "Publishing,1"
"""In the middle of reading, with a segment half built, and with everything ready but the last transaction."""


@dataclass
class Imports:
    """A broker, workers for imports, and this process as the one that submits them."""

    folder: Path
    broker: Broker
    environment: dict[str, str]
    runtime: Runtime
    workers: list[Worker] = field(default_factory=list)

    def worker(self, slots: int = 1, **environment: str) -> Worker:
        """Start a worker and wait until it listens."""
        log = self.folder / "worker.log"
        together = {**self.environment, **environment}
        self.workers.append(Worker(together, log, app="tests.faults.import_worker", slots=slots, queues="imports"))
        listening = sum(worker.running for worker in self.workers)
        wait_for(lambda: self.runtime.tasks.stats.queue_stats()["workers"] >= listening, "the worker to listen", 180)
        return self.workers[-1]

    def submit(self, content: bytes) -> str:
        """Upload a file and have it imported; the task."""
        uploads = Uploads(self.runtime.settings, self.runtime.database)
        row = uploads.take_in(io.BytesIO(content), "contracts.csv", OWNER)
        task_id = str(uuid.uuid4())
        uploads.begin(row.id, OWNER, task_id=task_id, on_duplicate="skip")
        self.runtime.tasks.submit("process_procurement_data", {"upload_id": row.id}, owner=OWNER, task_id=task_id, executor=CELERY)
        return task_id

    def ended(self, task_id: str) -> int:
        """Wait until an import has ended well; how many starts it took."""
        status = self.runtime.tasks.wait(task_id, OWNER, 120)
        assert status.state == "SUCCESS", status
        return status.attempts

    def published_once(self, rows: int, imports: int = 1) -> None:
        """The register holds so many rows of so many publications, and the disk what the list names and nothing else."""
        register = self.runtime.register
        snapshot = register.snapshot()
        assert (len(visible(register)), snapshot.version, snapshot.damaged) == (rows, imports, {})
        for view in snapshot.views:
            view.segment.verify()
        assert {path.name for path in register.files.segments.iterdir()} == {view.segment.id for view in snapshot.views}
        wait_for(lambda: not list(register.files.staging.iterdir()), "what was staged to be gone", 30)
        with self.runtime.database.read() as session:
            done = session.scalars(select(UploadRow)).all()
            assert session.scalar(select(RegisterState.version)) == imports
            assert session.scalar(select(func.count()).select_from(ConflictRow)) == 0
        assert {row.state for row in done} == {IMPORTED}
        for row in done:
            kept = {path.name for path in register.files.upload(row.id).iterdir()}
            assert kept == {"original", (row.result or {})["files"]}

    def close(self) -> None:
        for worker in self.workers:
            kill_worker(worker)
            worker.stop()
        self.broker.stop()
        self.runtime.close()


@pytest.fixture
def imports(tmp_path: Path) -> Iterator[Imports]:
    broker = make_broker(tmp_path)
    broker.start()
    environment = {"DATA_DIR": str(tmp_path / "data"), "DATABASE_URL": database_url(migrated=True), **broker_environment(broker)}
    named = {name: environment.get(name.upper(), "") for name in ("database_url", "redis_url", "celery_broker_url")}
    settings = Settings(_env_file=None, data_dir=tmp_path / "data", log_level="WARNING", **named)
    migrate(settings)
    made = Imports(tmp_path, broker, environment, create_runtime(settings))
    yield made
    made.close()


def _kill_child(_imports: Imports, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def _kill_worker(imports: Imports, _pid: int) -> None:
    kill_worker(imports.workers[0])
    imports.worker()


@pytest.mark.parametrize(
    ("kill", "place"), [(_kill_child, READING), (_kill_child, BUILDING), (_kill_child, READY), (_kill_worker, BUILDING)]
)
def test_an_import_whose_child_or_worker_is_killed_comes_in_once(
    imports: Imports, kill: Callable[[Imports, int], None], place: str
) -> None:
    held = imports.folder / "held"
    imports.worker(IMPORT_HOLD=place, IMPORT_HELD=str(held))
    task_id = imports.submit(csv_file(*contracts(ROWS)))
    pid = wait_for(lambda: held.exists() and held.read_text(), "the import to be under way", 60)
    assert imports.runtime.register.snapshot().rows == 0
    kill(imports, int(pid))
    assert imports.ended(task_id) == 2
    imports.published_once(ROWS)


def test_several_imports_at_once_on_one_worker_all_come_in(imports: Imports) -> None:
    imports.worker(slots=2)
    tasks = [imports.submit(csv_file(*contracts(100, first=80 * number))) for number in range(4)]
    assert [imports.ended(task_id) for task_id in tasks] == [1] * len(tasks)
    imports.published_once(340, imports=4)
