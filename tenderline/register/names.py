"""The names of a dimension over all segments: one code for each distinct name, in the order of the folded names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tenderline.register.dimension_column import DimensionColumn
from tenderline.register.text_column import Lines, TextColumn

_BETWEEN = "\0"
"""Stands in no cleaned text and comes before every character: joined by it, pairs compare as pairs do."""


@dataclass(frozen=True)
class GlobalNames:
    """Names over all views of a snapshot.

    Attributes:
        names: name by global code, sorted by folded name, then by name: a code is its rank.
        folded: the folded names in the same order; several may be alike.
        codes: for each view, local code -> global code (int32, ascending).
    """

    names: TextColumn
    folded: Lines
    codes: tuple[NDArray[np.int32], ...]

    def __len__(self) -> int:
        return len(self.names)


def global_names(columns: Sequence[DimensionColumn]) -> GlobalNames:
    """The names of these columns as one. A single column's are taken as they are."""
    if len(columns) == 1:
        [column] = columns
        return GlobalNames(column.names, column.folded, (np.arange(len(column), dtype=np.int32),))
    keys = [_keys(column) for column in columns]
    everything = sorted(key for each in keys for key in each)  # a merge: each of them is sorted
    distinct = list(dict.fromkeys(everything))
    place = {key: code for code, key in enumerate(distinct)}
    codes = tuple(np.fromiter(map(place.__getitem__, each), np.int32, len(each)) for each in keys)
    folded, names = zip(*(key.split(_BETWEEN) for key in distinct), strict=True) if distinct else ((), ())
    return GlobalNames(text_column(names), lines(folded), codes)


def text_column(texts: Iterable[str]) -> TextColumn:
    """A column of text in memory."""
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int64)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    return TextColumn(np.frombuffer(b"".join(encoded), np.uint8), offsets)


def lines(texts: Sequence[str]) -> Lines:
    """Searchable texts in memory."""
    column = text_column(texts)
    starts = column.offsets[:-1] + np.arange(1, len(texts) + 1)
    blob = "".join(["\n", *(f"{text}\n" for text in texts)]).encode()
    return Lines(np.frombuffer(blob, np.uint8), starts)


def _keys(column: DimensionColumn) -> list[str]:
    folded = column.folded.blob.tobytes().decode().split("\n")[1:-1]
    utf8, ends = column.names.utf8.tobytes(), column.names.offsets.tolist()
    names = [utf8[begin:end].decode() for begin, end in pairwise(ends)]
    return [f"{folding}{_BETWEEN}{name}" for folding, name in zip(folded, names, strict=True)]
