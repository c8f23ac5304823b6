"""What an import adds, cut into pieces that become one segment each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tenderline.register.pace import Pace
from tenderline.register.schema import SEGMENT_ROWS, UID_BITS
from tenderline.register.staging import Staging

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from tenderline.register.created import Created


class Pieces:
    """The rows to be added, a segment's worth at a time: iterate over the pieces, and over the batches of each before the next."""

    def __init__(
        self,
        staging: Staging,
        added: NDArray[np.bool_],
        counted: NDArray[np.bool_],
        number: int,
        created: Created,
        pace: Pace,
        total: int,
    ) -> None:
        self._staging = staging
        self._batches = staging.batches()
        self._added, self._counted, self._number = added, counted, number
        self._created, self._pace, self._total = created, pace, total
        self._place = 0
        self._done = 0
        self._left: list[pa.RecordBatch] = []

    def __iter__(self) -> Iterator[Iterator[pa.RecordBatch]]:
        while (first := self._next()) is not None:
            yield self._piece(first)

    def built(self, rows: int) -> None:
        """A segment of so many rows is ready."""
        self._done += rows
        self._pace.move(self._done / max(1, self._total), self._done)

    def _piece(self, batch: pa.RecordBatch | None) -> Iterator[pa.RecordBatch]:
        room = SEGMENT_ROWS
        while batch is not None:
            if batch.num_rows > room:
                self._left.append(batch.slice(room))
                batch = batch.slice(0, room)
            room -= batch.num_rows
            fed = SEGMENT_ROWS - room
            self._pace.move((self._done + 0.3 * fed) / max(1, self._total), self._done)
            yield batch
            batch = self._next() if room else None

    def _next(self) -> pa.RecordBatch | None:
        """The next batch with rows to be added, their uids before its columns."""
        import numpy as np
        import pyarrow as pa

        from tenderline.register.spool import HASHES

        if self._left:
            return self._left.pop()
        for batch in self._batches:
            rows = slice(self._place, self._place + batch.num_rows)
            self._created.see(self._place, batch, self._counted[rows])
            self._place += batch.num_rows
            added = self._added[rows]
            kept = batch if added.all() else batch.filter(pa.array(added))
            if kept.num_rows:
                uids = (np.int64(self._number) << UID_BITS) | np.asarray(kept.column("ordinal"))
                hashes = {name: pa.array(self._staging.compared(name)[rows][added]) for name in HASHES}
                return pa.RecordBatch.from_arrays(
                    [pa.array(uids), *kept.columns, *hashes.values()], names=["uid", *kept.schema.names, *hashes]
                )
        return None
