"""Snapshots without a database: segments built of rows, and which of their rows are hidden."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from tenderline.register.building import build_segment
from tenderline.register.files import RegisterFiles
from tenderline.register.hidden import HIDDEN, UNDONE
from tenderline.register.segment import Segment
from tenderline.register.snapshot import NamesCache, Snapshot, View
from tests.register.odd_contracts import batch_of


def snapshot_of(folder: Path, parts: list[list[dict[str, Any]]], hidden: list[Collection[int]]) -> Snapshot:
    """A snapshot with one segment for each part; ``hidden`` are the uids of each that don't count."""
    files = RegisterFiles(folder, min_free=0)
    views = []
    for rows, gone in zip(parts, hidden, strict=True):
        segment = Segment.open(files.segment(build_segment(files, [batch_of(rows)], check=lambda: None).id))
        entries = np.zeros(len(gone), HIDDEN)
        entries["row"] = np.flatnonzero(np.isin(segment.uid, list(gone)))
        entries["reason"] = UNDONE
        views.append(View(segment, None, entries))
    return Snapshot(1, tuple(views), {}, NamesCache())
