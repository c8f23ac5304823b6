"""Which rows contain a keyword: the words of the searched texts, where each occurs, and the stream of all words for phrases.

A text is folded and split at spaces into words, which are sorted and numbered. The stream ``tokens`` has the word numbers of all rows one
after the other; -1 stands at its beginning and after every field, so no phrase reaches from one field into the next. ``postings`` lists
for each word its occurrences by row: the row and the place within the row. A keyword is a literal fragment of the folded text: without a
space it lies within one word, so it is looked for in the vocabulary; with spaces its first part ends a word, its last begins one and
those between are whole words, one after the other, which the stream tells around the occurrences of the rarest of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tenderline.register.text_column import Lines

Rows: TypeAlias = NDArray[np.int32] | NDArray[np.bool_]
"""Rows that match: ascending row numbers (int32) where few do, a mask over all rows (bool) where many do."""
Ids: TypeAlias = NDArray[np.int32]
Number = TypeVar("Number", bound=np.generic)

DENSE = 24
"""A mask is answered when more than one row in so many may match."""
FEW_RANGES, LONG = 200, 256


@dataclass(frozen=True)
class Letters:
    """The rows of every character that occurs in many.

    Attributes:
        characters: which characters.
        bits: for each of them a bit a row, as ``numpy.packbits`` packs them.
        rows: how many rows there are.
    """

    characters: str
    bits: NDArray[np.uint8]
    rows: int

    def mask(self, character: str) -> NDArray[np.bool_] | None:
        """The rows of a character; None when it is not among these."""
        place = self.characters.find(character)
        return None if place < 0 else np.unpackbits(self.bits[place], count=self.rows).view(np.bool_)


@dataclass(frozen=True)
class WordIndex:
    """The word index of a segment.

    Attributes:
        vocabulary: the distinct folded words, sorted.
        starts: where each word's occurrences begin in ``rows`` and ``positions``, and at the end how many there are (int64).
        rows: the row of each occurrence (int32), ascending within a word.
        positions: its place within the row's words (unsigned).
        tokens: the stream of word numbers (int32).
        row_starts: where each row's words begin in the stream.
        letters: the rows of frequent characters.
    """

    vocabulary: Lines
    starts: NDArray[np.int64]
    rows: NDArray[np.int32]
    positions: NDArray[np.unsignedinteger]
    tokens: NDArray[np.int32]
    row_starts: NDArray[np.int64]
    letters: Letters

    def match(self, keyword: str) -> Rows:
        """The rows whose searched text contains the keyword, which is cleaned and folded."""
        parts = keyword.split(" ")
        if len(parts) > 1:
            return self.phrase(parts)
        if len(keyword) == 1 and (mask := self.letters.mask(keyword)) is not None:
            return mask
        return self.rows_of(self.vocabulary.containing(keyword))

    def frequency(self, words: Ids) -> int:
        """How often these words occur, all together: never below the number of rows they occur in."""
        return int((self.starts[words.astype(np.int64) + 1] - self.starts[words]).sum())

    def rows_of(self, words: Ids) -> Rows:
        """The rows in which any of these words (ascending) occurs."""
        return self._answer(_pieces(self.rows, *self._ranges(words)), ascending=len(words) == 1)

    def phrase(self, parts: list[str]) -> Rows:
        """The rows in which these parts stand one after the other: the first ends a word, the last begins one, the others are words."""
        choices = [self.vocabulary.ending(parts[0]), *map(self.vocabulary.exact, parts[1:-1]), self.vocabulary.starting(parts[-1])]
        if not all(map(len, choices)):
            return np.zeros(0, np.int32)
        anchor = min(range(len(choices)), key=lambda part: self.frequency(choices[part]))
        begins, ends = self._ranges(choices[anchor])
        rows = _joined(_pieces(self.rows, begins, ends))
        places = self.row_starts[rows] + _joined(_pieces(self.positions, begins, ends))
        neighbours = sorted((part for part in range(len(choices)) if part != anchor), key=lambda part: abs(part - anchor))
        for part in neighbours:
            fits = self._among(places + (part - anchor), choices[part])
            rows, places = rows[fits], places[fits]
        return self._answer([rows], ascending=False)

    def _among(self, places: NDArray[np.int64], words: Ids) -> NDArray[np.bool_]:
        """Whether the words at these places of the stream are among these. A -1 stands at either end of it, for places outside."""
        tokens = self.tokens.take(places, mode="clip")
        among: NDArray[np.bool_]
        if words[-1] - words[0] == len(words) - 1:
            among = (tokens - words[0]).view(np.uint32) < len(words)
            return among
        wanted = np.zeros(len(self.vocabulary) + 1, np.bool_)  # the last one answers for -1
        wanted[words] = True
        among = wanted[tokens]
        return among

    def _ranges(self, words: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return self.starts[words], self.starts[words.astype(np.int64) + 1]

    def _answer(self, pieces: list[NDArray[np.int32]], *, ascending: bool) -> Rows:
        """The rows of occurrences as the answer; ``ascending`` when they come so already."""
        rows = len(self.row_starts) - 1
        if sum(map(len, pieces)) * DENSE > rows:
            mask = np.zeros(rows, np.bool_)
            for piece in pieces:
                mask[piece] = True
            return mask
        found = _joined(pieces)
        if not ascending:
            found = np.sort(found)
        keep = np.ones(len(found), np.bool_)
        np.not_equal(found[1:], found[:-1], out=keep[1:])
        return found[keep]


def _pieces(values: NDArray[Number], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> list[NDArray[Number]]:
    """The values of ascending ranges: long ones as they lie there, the short ones gathered into one piece."""
    if not len(begins):
        return [values[:0]]
    apart = begins[1:] != ends[:-1]
    begins, ends = begins[np.append(True, apart)], ends[np.append(apart, True)]
    lengths = ends - begins
    long = lengths >= LONG if len(lengths) > FEW_RANGES else np.ones(len(lengths), np.bool_)
    pieces = [values[begin:end] for begin, end in zip(begins[long].tolist(), ends[long].tolist(), strict=True)]
    begins, lengths = begins[~long], lengths[~long]
    before = np.cumsum(lengths) - lengths
    pieces.append(values[np.arange(int(lengths.sum())) + np.repeat(begins - before, lengths)])
    return pieces


def _joined(pieces: list[NDArray[Number]]) -> NDArray[Number]:
    filled = [piece for piece in pieces if len(piece)]
    return filled[0] if len(filled) == 1 else np.concatenate(filled or pieces)
