"""A worker with the real operations whose first import stops at a place of the test's choice, until it is killed there.

``celery --app tests.faults.import_worker worker``; ``python -m`` runs its keeper. ``IMPORT_HOLD`` names the place: the first words of a
phase and, after a comma, at which look around in that phase. ``IMPORT_HELD`` names a file that says who stopped: there is but one.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from celery_config import create_celery
from tenderline.logs import configure_logging
from tenderline.register import pace
from tenderline.register.operation_names import PROCESS
from tenderline.runtime import create_runtime
from tenderline.settings import Settings
from tenderline.tasks.celery_worker import connect_worker
from tenderline.worker import keep
from tests.faults.switches import prepare


def _hold(words: str, look: int, held: Path) -> None:
    check, seen = pace.Pace.check, [0]

    def checked(self: pace.Pace) -> None:
        check(self)
        if not self._words.startswith(words):
            return
        seen[0] += 1
        if seen[0] == look:
            try:
                descriptor = os.open(held, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
            except FileExistsError:
                return
            os.write(descriptor, str(os.getpid()).encode())
            threading.Event().wait()

    pace.Pace.check = checked  # type: ignore[method-assign]


prepare()
if place := os.environ.get("IMPORT_HOLD"):
    phase, at = place.split(",")
    _hold(phase, int(at), Path(os.environ["IMPORT_HELD"]))
settings = Settings()

if __name__ == "__main__":
    keep(*sys.argv[2:])
else:
    app = create_celery(settings)
    worker = connect_worker(settings, create_runtime, configure_logging, "tests.faults.import_worker")

    def run(task_id: str) -> None:
        """The only kind of work it takes."""
        worker.answer(task_id, PROCESS)

    app.task(run, name=PROCESS)
