"""Compaction: many small segments become one, so that a register of many imports is searched as fast as one of few.

What the new segment holds is what the old ones hold, but for rows of undone imports; entries that hide rows go with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from tenderline.register.building import BuiltSegment, build_segment, discard_segment
from tenderline.register.hidden import UNDONE, Entries, write_hidden
from tenderline.register.memory import use_little
from tenderline.register.publication import Publication
from tenderline.register.register import Register
from tenderline.register.schema import SEGMENT_ROWS
from tenderline.register.segment import Segment
from tenderline.register.snapshot import Snapshot, View
from tenderline.tasks.operation import Json, TaskContext

if TYPE_CHECKING:
    import pyarrow

SMALL_ROWS = SEGMENT_ROWS // 2
"""A segment below this is small."""
FEWEST = 4
"""So many small segments are worth the work."""
WASTE = 0.3
"""A segment of whose rows so many belong to undone imports is written anew."""
PIECE_ROWS = 20_000


@dataclass
class _Compaction:
    """A compaction on its way. ``built`` stays what it is when the list changes; only what is hidden of it is found out anew."""

    register: Register
    context: TaskContext
    merged: Sequence[str]
    built: BuiltSegment | None = None
    result: Json = field(default_factory=dict)
    publication: Publication | None = None

    def build(self, snapshot: Snapshot) -> None:
        """Write the new segment; none when nothing of the old ones is left."""
        views = [view for view in snapshot.views if view.segment.id in self.merged]
        total = sum(view.segment.rows for view in views)
        left = total - sum(len(_undone(view)) for view in views)
        self.result.update(success=True, merged=len(views), rows=left, dropped_rows=total - left)
        if left:
            self.built = build_segment(self.register.files, self._batches(views, total), check=self.context.check)

    def _batches(self, views: list[View], total: int) -> Iterator[pyarrow.RecordBatch]:
        done = 0
        for view in views:
            rows = view.segment.in_source_order()
            rows = rows[~np.isin(rows, _undone(view))]
            for begin in range(0, len(rows), PIECE_ROWS):
                self.context.progress(done, total, "Merging small parts of the register")
                yield view.segment.prepared(rows[begin : begin + PIECE_ROWS])
                done += PIECE_ROWS

    def prepare(self) -> None:
        """Find out what the list is to become. When one of the old segments has left it, the work was for nothing."""
        snapshot = self.register.snapshot()
        views = [view for view in snapshot.views if view.segment.id in self.merged]
        if len(views) < len(self.merged):
            if self.built is not None:
                discard_segment(self.register.files, self.built.id)
            self.publication, self.built = None, None
            self.result.update(merged=0, rows=0, dropped_rows=0)
            return
        hide = {}
        if self.built is not None:
            segment = Segment.open(self.register.files.segment(self.built.id))
            hide[segment.id] = write_hidden(segment.path, _carried(segment, views))
        add = [self.built] if self.built is not None else []
        self.publication = Publication(snapshot.version, self.register.database.now, add=add, remove=self.merged, hide=hide)

    def effect(self, session: Session) -> None:
        """Put the new segment in the place of the old ones. Raises ``Outdated``."""
        if self.publication is not None:
            self.publication.effect(session)


def compact_register(register: Register, params: Json, context: TaskContext) -> Json:
    """``{fewest?}`` -> how many segments became one (``merged``), with how many rows, and how many rows of undone imports went."""
    use_little()
    context.progress(0, 1, "Looking for small parts of the register")
    snapshot = register.snapshot()
    merged = worth_merging(snapshot, int(params.get("fewest", FEWEST)))
    if not merged:
        return {"success": True, "merged": 0, "rows": 0, "dropped_rows": 0}
    compaction = _Compaction(register, context, merged)
    try:
        compaction.build(snapshot)
        compaction.prepare()
    except BaseException:
        if compaction.built is not None:
            discard_segment(register.files, compaction.built.id)
        raise
    context.on_finish(compaction.effect, prepare=compaction.prepare)
    return compaction.result


def worth_merging(snapshot: Snapshot, fewest: int = FEWEST) -> list[str]:
    """The segments that should become one now: small ones in a row by age, or a single one with much waste."""
    group: list[str] = []
    rows = 0
    for view in snapshot.views:
        count = view.segment.rows - len(_undone(view))
        if count >= SMALL_ROWS:
            continue
        if rows + count > SEGMENT_ROWS:
            break
        group.append(view.segment.id)
        rows += count
    if len(group) >= max(fewest, 2):
        return group
    return next(([view.segment.id] for view in snapshot.views if len(_undone(view)) > WASTE * view.segment.rows), [])


def _undone(view: View) -> NDArray[np.int32]:
    """The rows of undone imports."""
    return np.unique(view.entries["row"][view.entries["reason"] == UNDONE])


def _carried(segment: Segment, views: list[View]) -> Entries:
    """The entries of the old segments that are about rows of the new one."""
    by_uid = np.argsort(segment.uid)
    uids = np.asarray(segment.uid)[by_uid]
    carried = []
    for view in views:
        wanted = np.asarray(view.segment.uid)[view.entries["row"]]
        place = np.minimum(np.searchsorted(uids, wanted), len(uids) - 1)
        there = uids[place] == wanted
        moved = view.entries[there]
        moved["row"] = by_uid[place[there]]
        carried.append(moved)
    return np.concatenate(carried)
