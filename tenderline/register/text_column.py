"""Columns of text in files: the values one after the other in UTF-8, and where each begins.

Cleaned text is never empty, so an empty value is a missing one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    Bytes = NDArray[np.uint8]
    Offsets = NDArray[np.int64]
    Ids = NDArray[np.int32]

SCAN_BYTES = 1 << 20
MANY_HITS = 400
"""From so many hits in a piece on, comparing arrays is cheaper than a loop over the hits."""


class Texts(Protocol):
    """A column of text: ``None`` where nothing is known."""

    def __len__(self) -> int: ...

    def __getitem__(self, row: int) -> str | None: ...

    def take(self, rows: Iterable[int]) -> list[str | None]: ...


class TextColumn:
    """Text by row.

    Args:
        utf8: the values, one after the other.
        offsets: where each begins, and at the end where the last one ends: one more than there are rows.
    """

    def __init__(self, utf8: Bytes, offsets: Offsets) -> None:
        self.utf8 = utf8
        self.offsets = offsets

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, row: int) -> str | None:
        begin, end = self.offsets[row : row + 2].tolist()
        return self.utf8[begin:end].tobytes().decode() if end > begin else None

    def take(self, rows: Iterable[int]) -> list[str | None]:
        """The values of these rows, in their order."""
        wanted = np.fromiter(rows, np.int64) if not isinstance(rows, np.ndarray) else rows.astype(np.int64)
        begins, ends = self.offsets[wanted].tolist(), self.offsets[wanted + 1].tolist()
        utf8 = self.utf8
        return [utf8[begin:end].tobytes().decode() if end > begin else None for begin, end in zip(begins, ends, strict=True)]


class Lines:
    """Distinct folded texts, sorted, searched for fragments without reading one by one.

    Args:
        blob: a newline, the texts joined by newlines, a newline; no text holds one.
        starts: where each text begins in the blob.
    """

    def __init__(self, blob: Bytes, starts: Offsets) -> None:
        self.blob = blob
        self.starts = starts

    def __len__(self) -> int:
        return len(self.starts)

    def __getitem__(self, line: int) -> str:
        begin = int(self.starts[line])
        end = int(self.starts[line + 1]) - 1 if line + 1 < len(self.starts) else len(self.blob) - 1
        return self.blob[begin:end].tobytes().decode()

    def containing(self, fragment: str) -> Ids:
        """The numbers of the texts that contain a fragment, ascending."""
        return self._lines(_encoded(fragment), 0)

    def starting(self, prefix: str) -> Ids:
        """The numbers of the texts that begin so."""
        return self._lines(b"\n" + _encoded(prefix), 1)

    def ending(self, suffix: str) -> Ids:
        """The numbers of the texts that end so."""
        return self._lines(_encoded(suffix) + b"\n", 0)

    def exact(self, text: str) -> Ids:
        """The number of the text that is this one, or none."""
        return self._lines(b"\n" + _encoded(text) + b"\n", 1)

    def _lines(self, needle: bytes, shift: int) -> Ids:
        if not needle.strip(b"\n") or needle.count(b"\n") != needle.startswith(b"\n") + needle.endswith(b"\n"):
            return np.zeros(0, np.int32)
        places = [piece for piece in self._places(needle) if len(piece)]
        if not places:
            return np.zeros(0, np.int32)
        found = np.searchsorted(self.starts, np.concatenate(places) + shift, side="right") - 1
        keep = np.ones(len(found), np.bool_)
        np.not_equal(found[1:], found[:-1], out=keep[1:])
        return found[keep].astype(np.int32)

    def _places(self, needle: bytes) -> Iterator[NDArray[np.int64]]:
        """Where the needle is found, piece by piece: the pieces are copied, which costs little, and nothing of them stays."""
        for begin in range(0, len(self.blob), SCAN_BYTES):
            piece = self.blob[begin : begin + SCAN_BYTES + len(needle) - 1]
            data = piece.tobytes()
            hits = list(islice(_each(data, needle), MANY_HITS))
            if len(hits) < MANY_HITS:
                yield np.array(hits, np.int64) + begin
            else:
                yield _compared(piece, needle) + begin


def _each(data: bytes, needle: bytes) -> Iterator[int]:
    place = data.find(needle)
    while place >= 0:
        yield place
        place = data.find(needle, place + 1)


def _compared(piece: Bytes, needle: bytes) -> NDArray[np.int64]:
    last = len(piece) - len(needle) + 1
    hits = piece[:last] == needle[0]
    if len(needle) > 1:
        hits &= piece[1 : last + 1] == needle[1]
    places = np.flatnonzero(hits)
    for distance in range(2, len(needle)):
        places = places[piece[places + distance] == needle[distance]]
    return places


def _encoded(text: str) -> bytes:
    """UTF-8; half a surrogate pair, which no column holds, stays something that is found nowhere."""
    return text.encode("utf-8", "surrogatepass")
