"""Opening a register of generated contracts without a database, as a search reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tenderline.register.files import RegisterFiles
from tenderline.register.hidden import HIDDEN
from tenderline.register.segment import Segment
from tenderline.register.snapshot import NamesCache, Snapshot, View


def open_snapshot(folder: Path) -> Snapshot:
    """The register below a directory, all its segments, nothing hidden."""
    segments = [Segment.open(path) for path in RegisterFiles(folder).segments.iterdir()]
    segments.sort(key=lambda segment: segment.meta["imports"])
    return Snapshot(1, tuple(View(segment, None, np.zeros(0, HIDDEN)) for segment in segments), {}, NamesCache())
