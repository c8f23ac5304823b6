"""Processes that change one register at the same time, round after round: two that import, one that undoes, one that merges."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from multiprocessing.synchronize import Barrier
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.register.compaction import compact_register
from tenderline.register.models import IMPORTED, UploadRow
from tenderline.register.publication import Publication
from tenderline.register.register import Register
from tenderline.register.undo import undo_import
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext
from tests.register.contracts import build, ended, many

ROWS = 3
ROLES = ("import", "import", "undo", "merge")


def contend(settings: Settings, role: str, number: int, rounds: int, barrier: Barrier) -> None:
    """What one process does: its part of every round, begun together with the others."""
    database = Database(settings)
    register = Register(settings, database)
    chance = random.Random(number)
    act: dict[str, Callable[[int], object]] = {
        "import": lambda turn: ended(register, _import, number=10_000 * (number + 1) + turn),
        "undo": lambda _: _undo(register, chance),
        "merge": lambda _: ended(register, compact_register, fewest=2),
    }
    for turn in range(rounds):
        barrier.wait(60)
        act[role](turn)
    database.close()


def _import(register: Register, params: dict[str, Any], context: TaskContext) -> dict[str, Any]:
    """Two segments at once, so that half an import could be seen."""
    number = params["number"]
    rows = many(ROWS, seed=number)
    built = [build(register.files, rows[:1], number), build(register.files, rows[1:], number, first=1)]
    upload = {"id": str(number).rjust(36, "0"), "owner": "ann", "file_name": "a", "size": 1, "columns": [], "recognised": {}}
    seen = 0

    def prepare() -> None:
        nonlocal seen
        seen = register.snapshot().version

    def effect(session: Session) -> None:
        Publication(seen, register.database.now, add=built).effect(session)
        session.execute(insert(UploadRow), [upload | {"number": number, "state": IMPORTED, "created_at": 1.0}])

    prepare()
    context.on_finish(effect, prepare=prepare)
    return {}


def _undo(register: Register, chance: random.Random) -> None:
    with register.database.read() as session:
        done = session.scalars(select(UploadRow.id).where(UploadRow.state == IMPORTED).order_by(UploadRow.id)).all()
    if done:
        ended(register, partial(undo_import), upload_id=chance.choice(done))
