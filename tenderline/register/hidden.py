"""Rows that a segment holds and that don't count: a small file beside it, never changed, only replaced by another.

An entry says which row, which import hid it and why. A row may have several entries; it counts when it has none.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tenderline.register.array_files import sync

REPLACED, CONFLICT, OUTVOTED, UNDONE = 1, 2, 3, 4
"""Why a row is hidden: a newer one replaced it; it disagrees with another and waits for a decision; the other one was decided for; its
import was undone."""

HIDDEN = np.dtype([("row", "<i4"), ("by", "<i4"), ("reason", "u1")])
Entries = NDArray[np.void]


@dataclass(frozen=True)
class HiddenFile:
    """A file of entries: its name beside the segment, and how many rows it hides."""

    name: str
    rows: int


def entries(rows: NDArray[np.integer], by: int, reason: int) -> Entries:
    """Entries that hide these rows."""
    made = np.zeros(len(rows), HIDDEN)
    made["row"], made["by"], made["reason"] = rows, by, reason
    return made


def read_hidden(segment: Path, name: str | None) -> Entries:
    """The entries of a segment's file; none without one. Raises ``FileNotFoundError``."""
    if name is None:
        return np.zeros(0, HIDDEN)
    read = np.load(segment / name, allow_pickle=False)
    if read.dtype != HIDDEN:
        raise ValueError(f"{name} holds something else")
    return np.asarray(read)


def write_hidden(segment: Path, hidden: Entries) -> HiddenFile | None:
    """Write a file beside the segment, under a new name; none for no entries. Nobody reads it before a publication names it."""
    if not len(hidden):
        return None
    hidden = np.unique(hidden)
    name = f"hidden-{uuid.uuid4()}.npy"
    with (segment / name).open("xb") as file:
        np.save(file, hidden, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    sync(segment)
    return HiddenFile(name, len(np.unique(hidden["row"])))
