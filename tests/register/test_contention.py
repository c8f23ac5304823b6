"""Imports, an undo and a compaction that publish at once lose nothing, and nobody ever sees a part of any of them."""

from __future__ import annotations

import multiprocessing
import os
from collections import Counter

from sqlalchemy import func, select

from tenderline.register.models import IMPORTED, UNDONE, ConflictRow, RegisterState, UploadRow
from tenderline.register.register import Register
from tenderline.settings import Settings
from tests.register.contenders import ROLES, ROWS, contend
from tests.register.contracts import visible

ROUNDS = int(os.environ.get("REGISTER_ROUNDS", "6"))


def test_changes_from_four_processes_at_once_lose_nothing(register: Register, settings: Settings) -> None:
    spawning = multiprocessing.get_context("spawn")
    barrier = spawning.Barrier(len(ROLES))
    processes = [
        spawning.Process(target=contend, args=(settings, role, number, ROUNDS, barrier), daemon=True) for number, role in enumerate(ROLES)
    ]
    for process in processes:
        process.start()
    versions: set[int] = set()
    while any(process.is_alive() for process in processes):
        seen = Counter(uid >> 32 for uid in visible(register))
        assert set(seen.values()) <= {ROWS, ROWS + 1}, seen
        versions.add(register.snapshot().version)
        processes[0].join(0.05)
    assert [process.exitcode for process in processes] == [0] * len(processes)
    with register.database.read() as session:
        states = dict(session.execute(select(UploadRow.state, func.count()).group_by(UploadRow.state)).all())  # type: ignore[arg-type]
        kept = session.scalars(select(UploadRow.number).where(UploadRow.state == IMPORTED)).all()
        version = session.scalars(select(RegisterState.version)).one()
        conflicts = session.scalars(select(ConflictRow)).all()
    assert states[IMPORTED] + states[UNDONE] == 2 * ROUNDS
    assert states[UNDONE] >= ROUNDS // 2
    assert version >= 2 * ROUNDS + states[UNDONE]
    waiting = {row.import_no for row in conflicts}
    assert Counter(uid >> 32 for uid in visible(register)) == {number: ROWS + (number not in waiting) for number in kept}
    assert {row.old_uid >> 32 for row in conflicts} | waiting <= set(kept)
    assert len(conflicts) == len(waiting)
    assert len(versions) > 3
    for view in register.snapshot().views:
        view.segment.verify()
    assert not list(register.files.staging.iterdir())
