"""A dimension of a segment: a code for each row, the names behind the codes, and for each name its rows and ready totals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tenderline.register.text_column import Lines, TextColumn

FoldedNames = Lines


@dataclass(frozen=True)
class DimensionColumn:
    """One dimension.

    Attributes:
        codes: for each row the number of its name, -1 where nothing is known (int32).
        names: name by code, sorted by folded name, then by name.
        folded: the folded names; ``folded.containing(fragment)`` gives codes. Several names may fold alike.
        starts: where each code's rows begin in ``rows``, and at the end how many there are (int64).
        rows: row numbers by code, ascending within each (int32).
        counts: rows by code (int64).
        sums: amounts by code (codes x 2, see ``register.sums``).
        valued: rows with an amount by code (int64).
    """

    codes: NDArray[np.int32]
    names: TextColumn
    folded: FoldedNames
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    counts: NDArray[np.int64]
    sums: NDArray[np.int64]
    valued: NDArray[np.int64]

    def __len__(self) -> int:
        """How many names there are."""
        return len(self.counts)

    def rows_of(self, code: int) -> NDArray[np.int32]:
        """The rows of one name, ascending."""
        return self.rows[int(self.starts[code]) : int(self.starts[code + 1])]


class DimensionTexts:
    """A dimension's field as a column of text."""

    def __init__(self, codes: NDArray[np.int32], names: TextColumn) -> None:
        self._codes = codes
        self._names = names

    def __len__(self) -> int:
        return len(self._codes)

    def __getitem__(self, row: int) -> str | None:
        code = int(self._codes[row])
        return self._names[code] if code >= 0 else None

    def take(self, rows: Iterable[int]) -> list[str | None]:
        """The values of these rows, in their order."""
        wanted = rows if isinstance(rows, np.ndarray) else np.fromiter(rows, np.int64)
        codes = self._codes[wanted]
        distinct, place = np.unique(codes, return_inverse=True)
        known = [self._names[code] if code >= 0 else None for code in distinct.tolist()]
        return [known[at] for at in place.tolist()]
