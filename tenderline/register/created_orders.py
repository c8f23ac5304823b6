"""Which purchase orders an import brings that the register did not have: where each of them is told first, and what its rows come to."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

from tenderline.register.parting import PART_ROWS, parts
from tenderline.register.schema import NO_AMOUNT

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tenderline.register.snapshot import Snapshot
    from tenderline.register.staging import Staging


class CreatedOrders:
    """The new purchase orders of one import, found part by part and kept in files, to be asked for in the order of its rows.

    Args:
        staging: the import's rows.
        snapshot: the register before them.
        counted: of each staged row, whether it counts.
        check: called between pieces; raises when the work is to stop.

    Attributes:
        count: how many there are.
    """

    def __init__(self, staging: Staging, snapshot: Snapshot, counted: NDArray[np.bool_], check: Callable[[], None]) -> None:
        import numpy as np

        self.count = 0
        self._folder = staging.directory
        self._next = 0
        self._ready = np.empty(0, _kind())
        chosen = counted.copy()
        for begin, columns in staging.pieces(("number",)):
            chosen[begin : begin + len(columns["number"])] &= columns["number"] != 0
        with ExitStack() as stack:
            files = [stack.enter_context(self._file(number).open("wb")) for number in range(-(-staging.rows // PART_ROWS))]
            for part in parts(staging, ("number", "amount"), check, chosen):
                found = _found(part, snapshot)
                self.count += len(found)
                ends = np.searchsorted(found["place"], np.arange(1, len(files)) * PART_ROWS)
                for file, belonging in zip(files, np.split(found, ends), strict=True):
                    file.write(belonging.tobytes())

    def between(self, begin: int, end: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places from ``begin`` to ``end`` (not included) where a new order is told first, and the sum of each order's amounts.

        To be asked for in ascending order, each place once.
        """
        import numpy as np

        while self._next * PART_ROWS < end:
            read = np.fromfile(self._file(self._next), _kind())
            self._ready = np.concatenate([self._ready, read[np.argsort(read["place"])]])
            self._next += 1
        ends = int(np.searchsorted(self._ready["place"], end))
        rows, self._ready = self._ready[:ends], self._ready[ends:]
        rows = rows[int(np.searchsorted(rows["place"], begin)) :]
        return rows["place"], rows["total"]

    def _file(self, number: int) -> Path:
        """Where those whose first row is of the ``number``-th ``PART_ROWS`` rows are kept."""
        return self._folder / f"orders-{number}"


def _kind() -> np.dtype[np.void]:
    import numpy as np

    return np.dtype([("place", "<i8"), ("total", "<i8")])


def _found(part: NDArray[np.void], snapshot: Snapshot) -> NDArray[np.void]:
    """The new orders among the rows of a part, by place."""
    import numpy as np

    numbers, first, belongs = np.unique(part["number"], return_index=True, return_inverse=True)
    totals = np.zeros(len(numbers), dtype=np.int64)
    np.add.at(totals, belongs, np.where(part["amount"] == NO_AMOUNT, 0, part["amount"]))
    new = np.ones(len(numbers), dtype=bool)
    for view in snapshot.views:
        known = view.segment.numbers
        if len(known):
            at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
            new &= known[at] != numbers
            view.segment.forget(("numbers",))
    found = np.empty(int(new.sum()), _kind())
    found["place"], found["total"] = part["place"][first[new]], totals[new]
    return found[np.argsort(found["place"])]
