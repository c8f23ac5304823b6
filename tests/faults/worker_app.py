"""A worker that knows the fault suite's work: ``celery --app tests.faults.worker_app worker``; ``python -m`` runs its keeper,
and a web process's children."""

from __future__ import annotations

import sys
from functools import partial

from celery_config import create_celery
from tenderline.logs import configure_logging
from tenderline.runtime import create_runtime
from tenderline.settings import Settings
from tenderline.tasks.celery_worker import connect_worker
from tenderline.worker import child, keep
from tests.faults.switches import prepare
from tests.faults.work import fault_operations

prepare()
settings = Settings()
operations = fault_operations()

if __name__ == "__main__":
    {"keeper": keep, "child": child}[sys.argv[1]](*sys.argv[2:], operations=operations)
else:
    app = create_celery(settings)
    worker = connect_worker(settings, partial(create_runtime, operations=operations), configure_logging, "tests.faults.worker_app")
    for operation in operations:

        def run(task_id: str, name: str = operation.name) -> None:
            worker.answer(task_id, name)

        app.task(run, name=operation.name)
