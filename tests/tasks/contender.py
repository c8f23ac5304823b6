"""A process that competes with others like it: ``python -m tests.tasks.contender PLAN``, where PLAN is a JSON object.

``claim``: claim every task of ``ids`` in a random order, run what was won, print one JSON line a start.
``without_lock``: take the lock out of the limits first (what the limit test must notice). It names a file in which each of the
``processes`` notes that it has counted for the first time; then each waits for the others.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
from pathlib import Path

from tenderline.runtime import create_runtime
from tenderline.settings import Settings
from tenderline.tasks.ledger import Claim, Ledger
from tenderline.tasks.limits import Refused
from tenderline.tasks.models import Grant
from tests.faults.work import note
from tests.services import wait_for
from tests.tasks.operations import operations_for_tests, spend


def take_out_the_lock(counted: Path, processes: int) -> None:
    """Count first, add the grant when the others have counted: what may happen to limits that hold no lock in between."""
    claim = Ledger.claim
    first = True

    def count_then_insert(self: Ledger, task_id: str, *, executor: str, pid: int, grant_from: str | None) -> Claim | Refused | None:
        assert grant_from is not None
        with self.database.read() as session:
            wait = self._limits.waits(session, grant_from, 1)[0]
        if wait > 0:
            return Refused(wait)
        nonlocal first
        if first:
            first = False
            note(counted, str(pid))
            wait_for(lambda: len(counted.read_text().splitlines()) >= processes, "the others to count", 120)
        claimed = claim(self, task_id, executor=executor, pid=pid, grant_from=None)
        if isinstance(claimed, Claim):
            with self.database.write() as session:
                session.add(Grant(queue=grant_from, task_id=task_id, granted_at=self.database.now(session)))
        return claimed

    Ledger.claim = count_then_insert  # type: ignore[method-assign]


def main(plan: dict) -> None:
    settings = Settings(_env_file=None, **plan["settings"])
    runtime = create_runtime(settings, operations=operations_for_tests(settings))
    print("ready", flush=True)
    sys.stdin.readline()
    remaining = list(plan["ids"])
    random.shuffle(remaining)
    deadline = time.monotonic() + plan["seconds"]
    while remaining and time.monotonic() < deadline:
        for task_id in list(remaining):
            claim = runtime.runner.start(task_id, runtime.registry.get(plan["operation"]), "background")
            if isinstance(claim, Claim):
                print(json.dumps({"task": task_id, "pid": os.getpid(), "at": time.monotonic()}), flush=True)
                runtime.runner.execute(claim)
            elif runtime.tasks.status(task_id, "anna").state in ("SUCCESS", "STARTED", "PROGRESS"):
                remaining.remove(task_id)
        spend(0.02)
    runtime.close()


if __name__ == "__main__":
    plan = json.loads(sys.argv[1])
    if plan.get("without_lock"):
        take_out_the_lock(Path(plan["without_lock"]), plan["processes"])
    main(plan)
