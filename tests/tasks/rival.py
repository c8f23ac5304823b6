"""A process that changes many rows beside others that do: ``python -m tests.tasks.rival PLAN``, where PLAN is a JSON object.

``ring`` marks waiting rows to be rung for, ``move`` gives them to another executor and back, ``end`` finishes the running children of
``parents`` one by one, ``cancel`` cancels these parents, ``give_back`` puts back what the process of the runs held.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable

from sqlalchemy import select, update

from tenderline.runtime import Runtime, create_runtime
from tenderline.settings import Settings
from tenderline.tasks.ledger import Claim, RunLost
from tenderline.tasks.models import BACKGROUND, CELERY, RUNNING, SUCCESS, Process, Task
from tests.tasks.operations import operations_for_tests


def ring(runtime: Runtime, plan: dict) -> None:
    with runtime.database.write() as session:
        session.execute(update(Process).values(beat_at=runtime.database.now(session)))
    with runtime.database.write() as session:
        runtime.dispatcher.choose(session, "analysis")


def move(runtime: Runtime, plan: dict) -> None:
    for executor, other in ((CELERY, BACKGROUND), (BACKGROUND, CELERY)):
        with runtime.database.write() as session:
            runtime.ledger.move(session, Task.executor == executor, other)


def end(runtime: Runtime, plan: dict) -> None:
    with runtime.database.read() as session:
        running = select(Task.id, Task.run).where(Task.parent_id.in_(plan["parents"]), Task.state.in_(RUNNING))
        found = session.execute(running).all()
    random.shuffle(found)  # type: ignore[arg-type]
    for task_id, run in found:
        try:
            runtime.ledger.finish(Claim(task_id, run, "echo", "anna", {}, 0, CELERY), SUCCESS, result={})
        except RunLost:
            continue


def cancel(runtime: Runtime, plan: dict) -> None:
    for parent in plan["parents"]:
        runtime.ledger.request_cancel(parent)


def give_back(runtime: Runtime, plan: dict) -> None:
    runtime.ledger.release(Task.process == runtime.process_id, counts_as_lost=False)


ROLES: dict[str, Callable[[Runtime, dict], None]] = {f.__name__: f for f in (ring, move, end, cancel, give_back)}


def main(plan: dict) -> None:
    settings = Settings(_env_file=None, **plan["settings"])
    runtime = create_runtime(settings, process_id=plan["process"], operations=operations_for_tests(settings))
    print("ready", flush=True)
    sys.stdin.readline()
    until = time.monotonic() + plan["seconds"]
    while True:
        ROLES[plan["role"]](runtime, plan)
        if time.monotonic() > until:
            break
    runtime.close()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
