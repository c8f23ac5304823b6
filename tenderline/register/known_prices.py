"""Which prices the register has: item, unit, awardee and price of a contract that counts, upper and lower case alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from tenderline.register.schema import NO_AMOUNT

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from tenderline.register.snapshot import Snapshot, View

_TEXTS = ("item_name", "unit", "awardee_name")
_PIECE_ROWS = 50_000


class KnownPrices:
    """The prices of one version of the register.

    Args:
        snapshot: that version.
        check: called several times a second; raises when the work is to stop.
    """

    def __init__(self, snapshot: Snapshot, check: Callable[[], None]) -> None:
        self._snapshot = snapshot
        self._check = check

    def new(self, prices: pa.Table) -> NDArray[np.bool_]:
        """Which of these prices (columns ``item_name``, ``unit``, ``awardee_name``, ``unit_price``) it does not have."""
        import numpy as np
        import pyarrow as pa

        new = np.ones(prices.num_rows, np.bool_)
        wanted = _folded([prices[name].combine_chunks() for name in _TEXTS], prices["unit_price"].to_numpy())
        placed = wanted.append_column("place", pa.array(np.arange(prices.num_rows)))
        for view in self._priced if prices.num_rows else []:
            for known in self._alike(view, wanted):
                found = placed.join(known, wanted.column_names, join_type="left semi", use_threads=False)
                new[found["place"].to_numpy()] = False
        return new

    def _alike(self, view: View, wanted: pa.Table) -> Iterator[pa.Table]:
        """The distinct prices of a segment's contracts that are about one of these items and have one of these amounts."""
        import numpy as np

        segment = view.segment
        prices, amounts, codes = np.unique(wanted["unit_price"].to_numpy()), segment.unit_price, segment.dimension("materials").codes
        items = _codes_of(view, wanted["item_name"])
        for begin in range(0, segment.rows, _PIECE_ROWS):
            self._check()
            piece = slice(begin, begin + _PIECE_ROWS)
            alike = items[codes[piece]]
            if view.hidden is not None:
                alike &= ~view.hidden[piece]
            rows = begin + np.flatnonzero(alike)
            told = np.asarray(amounts[piece])[alike]
            same = prices[np.minimum(np.searchsorted(prices, told), len(prices) - 1)] == told
            if same.any():
                found = _folded([segment.text_array(name, rows[same]) for name in _TEXTS], told[same])
                yield found.group_by(found.column_names, use_threads=False).aggregate([])

    @cached_property
    def _priced(self) -> list[View]:
        """The segments that have unit prices at all."""
        return [view for view in self._snapshot.views if bool((view.segment.unit_price != NO_AMOUNT).any())]


def _codes_of(view: View, items: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Of each name of an item in a segment, by its number, whether it is one of these; False at the end, which -1 stands for."""
    import numpy as np
    import pyarrow.compute as pc

    from tenderline.register.folding import fold_array, large
    from tenderline.register.source_file import taken

    names, offsets = (view.segment.array(f"materials.{part}") for part in ("names", "names.offsets"))
    folded = fold_array(large(taken(names, offsets, np.arange(len(offsets) - 1))))
    return np.append(pc.is_in(folded, value_set=items).to_numpy(zero_copy_only=False), False)


def _folded(texts: list[pa.Array], prices: NDArray[np.int64]) -> pa.Table:
    import pyarrow as pa

    from tenderline.register.folding import fold_array, large

    columns = {name: fold_array(large(values)) for name, values in zip(_TEXTS, texts, strict=True)}
    return pa.table({**columns, "unit_price": pa.array(prices)})
