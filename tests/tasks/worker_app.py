"""A worker that knows the tests' operations: ``celery --app tests.tasks.worker_app worker``; ``python -m`` runs its keeper."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path

from celery import signals

from celery_config import create_celery
from tenderline.logs import configure_logging
from tenderline.runtime import create_runtime
from tenderline.settings import Settings
from tenderline.tasks.celery_worker import connect_worker
from tenderline.worker import child, keep
from tests.tasks.operations import operations_for_tests, spend


def wait_while(busy: Path, **_: object) -> None:
    if busy.exists():
        with busy.open("a") as notes:
            notes.write(f"{os.getpid()}\n")
    while busy.exists():
        spend(0.05)


settings = Settings()
operations = operations_for_tests(settings)

if __name__ == "__main__":
    {"keeper": keep, "child": child}[sys.argv[1]](*sys.argv[2:], operations=operations)
else:
    app = create_celery(settings)
    if named := os.environ.get("BUSY_MACHINE"):  # while there is such a file, a child that starts notes itself in it and gets no further
        signals.worker_process_init.connect(partial(wait_while, Path(named)), weak=False)
    worker = connect_worker(settings, partial(create_runtime, operations=operations), configure_logging, "tests.tasks.worker_app")
    for operation in operations:

        def run(task_id: str, name: str = operation.name) -> None:
            worker.answer(task_id, name)

        app.task(run, name=operation.name)
