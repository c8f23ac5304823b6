"""What comes out of a file, piece by piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

BATCH_ROWS = 65_536
BATCH_BYTES = 8 * 1024 * 1024
"""About how much text a batch holds at most."""
VALUE_SHOWN = 200
"""Characters of a rejected value that are kept."""

Check = Callable[[], None]
"""Called between pieces; raises when the work is to stop."""


@dataclass(frozen=True)
class Reject:
    """A row that cannot be taken.

    Attributes:
        line: where it begins in the file; its header is line 1.
        column: the column that is to blame, "" for the row as a whole.
        value: what stands there, clipped to ``VALUE_SHOWN`` characters.
        reason: a sentence for people.
        row: all values of the row as far as they could be told apart, clipped likewise.
        ordinal: the row's place in the file from 0.
    """

    line: int
    column: str
    value: str
    reason: str
    row: tuple[str, ...]
    ordinal: int


def clipped(value: str) -> str:
    """A value, cut where it is too long to be shown."""
    return value if len(value) <= VALUE_SHOWN else value[: VALUE_SHOWN - 1] + "…"


@dataclass
class ReadBatch:
    """Rows of a file as text.

    Attributes:
        rows: the source's columns in the file's order, all of type string; null where a cell is empty in sources that tell.
        ordinal: int64 for each row: its place in the file from 0, rejected rows counted too.
        line: int64 for each row: where it begins in the file.
        rejects: rows that could not be told apart into columns.
        position: bytes of the file read so far.
        repaired: characters that were no text in the file's encoding and were read as Windows-1252, or NUL and dropped.
    """

    rows: pa.RecordBatch
    ordinal: np.ndarray
    line: np.ndarray
    rejects: list[Reject] = field(default_factory=list)
    position: int = 0
    repaired: int = 0
