"""Processes that change one register at the same time, round after round: two that import, one that undoes, one that merges."""

from __future__ import annotations

import io
import random
import threading
import uuid
from collections.abc import Callable
from multiprocessing.synchronize import Barrier

from sqlalchemy import select

from tenderline.database import Database
from tenderline.register import pieces
from tenderline.register.compaction import compact_register
from tenderline.register.importing import import_operation
from tenderline.register.models import IMPORTED, UploadRow
from tenderline.register.register import Register
from tenderline.register.undo import undo_import
from tenderline.register.uploads import Uploads
from tenderline.settings import Settings
from tests.register.contracts import ended
from tests.register.ingestion import contracts, csv_file

ROWS = 3
"""Contracts of its own that each import has; one more is told differently by every import."""
ROLES = ("import", "import", "undo", "merge")
PATIENCE = 300.0
OWNER = "ann"


def contend(settings: Settings, role: str, number: int, rounds: int, barrier: Barrier) -> None:
    """What one process does: its part of every round, begun together with the others."""
    pieces.SEGMENT_ROWS = 2  # several segments at once, so that half an import could be seen
    database = Database(settings)
    register = Register(settings, database)
    chance = random.Random(number)
    act: dict[str, Callable[[int], object]] = {
        "import": lambda turn: _import(settings, register, 10_000 * (number + 1) + turn),
        "undo": lambda _: _undo(register, chance),
        "merge": lambda _: ended(register, compact_register, fewest=2),
    }
    for turn in range(rounds):
        barrier.wait(PATIENCE)
        act[role](turn)
    for sweep in threading.enumerate():
        if isinstance(sweep, threading.Timer):
            sweep.join()  # what an import had staged goes a moment after it
    database.close()


def _import(settings: Settings, register: Register, number: int) -> None:
    uploads, task_id = Uploads(settings, register.database), str(uuid.uuid4())
    shared = ("PO-SHARED", "Bridge", "Builder", "City of Lum", str(number), "2024-05-06")
    content = csv_file(*contracts(ROWS, first=ROWS * number), shared)
    row = uploads.take_in(io.BytesIO(content), "contracts.csv", OWNER)
    uploads.begin(row.id, OWNER, task_id=task_id, on_duplicate="skip")
    operation = import_operation(settings, register.database, register)
    ended(register, lambda _, params, context: operation.run(params, context), owner=OWNER, task_id=task_id, upload_id=row.id)


def _undo(register: Register, chance: random.Random) -> None:
    with register.database.read() as session:
        done = session.scalars(select(UploadRow.id).where(UploadRow.state == IMPORTED).order_by(UploadRow.id)).all()
    if done:
        ended(register, undo_import, owner=OWNER, upload_id=chance.choice(done))
