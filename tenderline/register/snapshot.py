"""The register as it was at one version: its segments and which of their rows count. It never changes."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tenderline.register.hidden import Entries
from tenderline.register.names import GlobalNames, global_names
from tenderline.register.schema import import_of
from tenderline.register.segment import Segment


@dataclass(frozen=True)
class View:
    """A segment and which of its rows don't count.

    Attributes:
        segment: the segment.
        hidden_file: the file that says which rows are hidden; None without any.
        entries: what it says (``hidden.HIDDEN``), several entries for a row possible.
    """

    segment: Segment
    hidden_file: str | None
    entries: Entries

    @cached_property
    def hidden_rows(self) -> NDArray[np.int32]:
        """The rows that don't count, ascending."""
        return np.unique(self.entries["row"]).astype(np.int32)

    @cached_property
    def hidden(self) -> NDArray[np.bool_] | None:
        """The same as a mask over all rows; None without any."""
        if not len(self.entries):
            return None
        mask = np.zeros(self.segment.rows, np.bool_)
        mask[self.entries["row"]] = True
        return mask

    @property
    def rows(self) -> int:
        """How many rows count."""
        return self.segment.rows - len(self.hidden_rows)


class NamesCache:
    """The names over all segments, made once for each set of segments. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[tuple[str, ...], GlobalNames]] = {}

    def get(self, dimension: str, views: tuple[View, ...]) -> GlobalNames:
        """The names of a dimension over these views."""
        segments = tuple(view.segment.id for view in views)
        with self._lock:
            known = self._known.get(dimension)
            if known is None or known[0] != segments:
                known = (segments, global_names([view.segment.dimension(dimension) for view in views]))
                self._known[dimension] = known
            return known[1]


class Snapshot:
    """What a search reads.

    Args:
        version: of the published list; it goes up with every change.
        views: the segments, oldest first.
        damaged: segments that are left out -> what is wrong with each.
        names: shared by the snapshots of a process.
    """

    def __init__(self, version: int, views: tuple[View, ...], damaged: Mapping[str, str], names: NamesCache) -> None:
        self.version = version
        self.views = views
        self.damaged = damaged
        self._names_cache = names
        self._names: dict[str, GlobalNames] = {}

    @cached_property
    def rows(self) -> int:
        """How many contracts count."""
        return sum(view.rows for view in self.views)

    def names(self, dimension: str) -> GlobalNames:
        """The distinct names of a dimension over all segments, those of hidden rows included."""
        if dimension not in self._names:
            self._names[dimension] = self._names_cache.get(dimension, self.views)
        return self._names[dimension]

    def find(self, uid: int) -> tuple[View, int] | None:
        """The view and row of a contract, hidden or not; None when no segment has it."""
        for view in self.views:
            if import_of(uid) in view.segment.meta["imports"]:
                found = np.flatnonzero(view.segment.uid == uid)
                if len(found):
                    return view, int(found[0])
        return None
