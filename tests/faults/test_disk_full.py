"""The disk is full while results are being stored: they are stored when there is room again, each once."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from tests.databases import needs_sqlite
from tests.faults.stack import SLOTS, Flight, Stack
from tests.faults.work import EFFECTS
from tests.services import wait_for

MEGABYTES = 12
RESULT = 40_000
"""Bytes of a result: all of them together don't fit into what the database has claimed of the disk when it fills."""
pytestmark = [
    pytest.mark.redis,
    pytest.mark.worker,
    needs_sqlite,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root"),
]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)], capture_output=True, text=True)
    if mounting.returncode:
        pytest.skip(f"a small disk can't be mounted here: {mounting.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def small(disk: Path, tmp_path: Path) -> Iterator[Stack]:
    """A stack whose database is on the small disk."""
    stack = Stack(tmp_path, data=disk / "data")
    stack.mend()
    yield stack
    stack.close()


def fill(disk: Path) -> Path:
    """Take all the room there is; returns the file to delete."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 12):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return filler


def is_full(stack: Stack) -> bool:
    """Whether the database can't store as much as a result."""
    try:
        with stack.database.write() as session:
            session.execute(EFFECTS.insert(), [{"task_id": "full?", "start": "x" * 36} for _ in range(2000)])
            session.execute(delete(EFFECTS).where(EFFECTS.c.task_id == "full?"))
    except OperationalError as error:
        return "full" in str(error.orig)
    return False


def test_a_disk_that_is_full_for_a_while_loses_nothing(small: Stack, disk: Path) -> None:
    flight = Flight(small, more=False, filling=RESULT).start()  # a submit may be refused while the disk is full
    filler = fill(disk)
    wait_for(lambda: is_full(small), "the database to run out of room")
    full = time.monotonic()
    wait_for(lambda: time.monotonic() - full > 3, "results to meet the full disk")
    filler.unlink()
    flight.landed(repeated=4 * SLOTS)  # who could not beat for so long gives its work up
