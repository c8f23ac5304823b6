"""The work of the fault suite. It notes its own starts and effects, so that nothing lost and nothing done twice goes unseen."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

from sqlalchemy import Column, Integer, MetaData, String, Table, insert
from sqlalchemy.orm import Session

from tenderline.tasks.operation import Json, Operation, TaskContext
from tests.tasks.operations import spend

STEPS = 5
FREE_STARTS = 10
"""So many tasks of a flight work at once; the others wait at its gate."""
METADATA = MetaData()
EFFECTS = Table(
    "fault_effects", METADATA, Column("id", Integer, primary_key=True), Column("task_id", String(36)), Column("start", String(36))
)
"""A row for every time a task took effect. Nothing in the table forbids two."""


def work(params: Json, context: TaskContext) -> Json:
    """Note the start in the file ``params["starts"]``, wait at the gate, work for ``seconds`` in a few steps, leave an effect.

    The gate is a file that is there from the beginning of the fault on, so that most tasks are unfinished then, however slow the machine.
    ``quiet`` work reports no progress.
    """
    quiet = params.get("quiet", False)
    start = str(uuid.uuid4())
    starts = Path(params["starts"])
    note(starts, f"{context.task_id} {start} {os.getpid()}")
    if len(starts.read_bytes().splitlines()) > FREE_STARTS:
        while not Path(params["gate"]).exists():
            if not quiet:
                context.progress(0, STEPS, "Waiting")
            spend(0.05)

    def take_effect(session: Session) -> None:
        session.execute(insert(EFFECTS).values(task_id=context.task_id, start=start))

    for step in range(STEPS):
        if not quiet:
            context.progress(step, STEPS, "Working")
        spend(params["seconds"] / STEPS)
    context.on_finish(take_effect)
    return {"start": start, "filling": "x" * params.get("filling", 0)}


def note(path: Path, line: str) -> None:
    """Append a line in one write, so that lines of several processes don't mix."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.write(descriptor, f"{line}\n".encode())
    finally:
        os.close(descriptor)


def fault_operations() -> list[Operation]:
    """Light work, and the same as heavy work."""
    return [Operation("work", "analysis", work), Operation("heavy_work", "imports", work, heavy=True)]
