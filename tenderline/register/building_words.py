"""Writing a segment's word index (``register.word_index``) in bounded memory: words in steps of rows, occurrences in ranges of words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tenderline.register.array_files import ArrayFiles
from tenderline.register.building_columns import STEP_ROWS, SortedTexts, write_lines
from tenderline.register.folding import fold_array
from tenderline.register.memory import give_back
from tenderline.register.text_column import Lines

if TYPE_CHECKING:
    import pyarrow

Check = Callable[[], None]

LETTERS = 64
"""Of how many characters the rows are written ready; rarer ones are looked up through the words."""
RANGE_TOKENS = 1_500_000
"""Occurrences that are sorted at once."""


def write_words(out: ArrayFiles, staging: Path, fields: list[SortedTexts], rows: int, check: Check) -> dict[str, Any]:
    """Write the index of the searched fields; what ``meta.json`` tells of it."""
    raw = staging / "tokens"
    lengths, dictionaries = _spool_tokens(raw, fields, rows, check)
    vocabulary, number_of = _vocabulary(dictionaries)
    check()
    starts = np.ones(rows + 1, np.int64)  # the stream begins with a -1
    np.cumsum(lengths, out=starts[1:])
    starts[1:] += 1
    counts = np.zeros(len(vocabulary), np.int64)
    out.stream("words.tokens", np.int32, (int(starts[-1]),), _numbered(raw, lengths, dictionaries, number_of, counts, check))
    raw.unlink()
    del dictionaries, number_of
    out.write("words.row_starts", starts)
    write_lines(out, "words", "words.starts", vocabulary)
    del vocabulary
    give_back()
    _write_postings(out, starts, counts, check)
    return {"letters": _write_letters(out, starts, counts, check), "tokens": int(counts.sum())}


def _spool_tokens(path: Path, fields: list[SortedTexts], rows: int, check: Check) -> tuple[NDArray[np.int32], list[pyarrow.Array]]:
    """Write the stream with the word numbers of each step's own dictionary; how much each row has of it, and the dictionaries."""
    lengths = np.zeros(rows, np.int32)
    dictionaries = []
    with path.open("wb") as file:
        for begin in range(0, rows, STEP_ROWS):
            check()
            end = min(begin + STEP_ROWS, rows)
            tokens, lengths[begin:end], words = _step(_distinct([field.texts(begin, end) for field in fields]), check)
            file.write(tokens.data)
            dictionaries.append(words)
            give_back()
    return lengths, dictionaries


def _distinct(fields: list[pyarrow.Array]) -> list[pyarrow.Array]:
    """The fields with what an earlier one says already left out."""
    import pyarrow as pa
    import pyarrow.compute as pc

    nothing = pa.scalar(None, pa.large_string())
    left: list[pyarrow.Array] = []
    for field in fields:
        known = pc.equal(field, "")
        for earlier in fields[: len(left)]:
            known = pc.or_(known, pc.equal(field, earlier))
        left.append(pc.if_else(known, nothing, field))
    return left


def _step(fields: list[pyarrow.Array], check: Check) -> tuple[NDArray[np.int32], NDArray[np.int32], pyarrow.Array]:
    """The stream of some rows, its length for each row, and the words that it numbers."""
    import pyarrow as pa
    import pyarrow.compute as pc

    counts, words = np.zeros((len(fields[0]), len(fields)), np.int64), []
    for place, field in enumerate(fields):
        split = pc.split_pattern(field, " ")
        counts[:, place] = np.asarray(pc.fill_null(pc.list_value_length(split), 0))
        words.append(split.flatten())
        check()
    encoded = pa.concat_arrays(words).dictionary_encode()
    check()
    numbers = np.asarray(encoded.indices)
    sizes = counts + (counts > 0)  # a -1 after every field
    begins = (np.cumsum(sizes) - sizes.ravel()).reshape(sizes.shape)
    tokens = np.full(int(sizes.sum()), -1, np.int32)
    used = 0
    for place in range(len(fields)):
        count = counts[:, place]
        here = int(count.sum())
        tokens[np.arange(here) + np.repeat(begins[:, place] - (np.cumsum(count) - count), count)] = numbers[used : used + here]
        used += here
    return tokens, sizes.sum(axis=1).astype(np.int32), encoded.dictionary


def _vocabulary(dictionaries: list[pyarrow.Array]) -> tuple[pyarrow.Array, NDArray[np.int32]]:
    """The distinct folded words, sorted, and the number of each word of the dictionaries, one after the other."""
    import pyarrow as pa
    import pyarrow.compute as pc

    raw = pa.concat_arrays(dictionaries).dictionary_encode()
    folded = fold_array(raw.dictionary).dictionary_encode()
    order = pc.sort_indices(folded.dictionary).to_numpy()
    number = np.empty(len(order), np.int32)
    number[order] = np.arange(len(order), dtype=np.int32)
    return folded.dictionary.take(pa.array(order)), number[np.asarray(folded.indices)][np.asarray(raw.indices)]


def _numbered(
    path: Path,
    lengths: NDArray[np.int32],
    dictionaries: list[pyarrow.Array],
    number_of: NDArray[np.int32],
    counts: NDArray[np.int64],
    check: Check,
) -> Iterator[NDArray[np.int32]]:
    """The stream with the final word numbers; counts each word in passing."""
    yield np.full(1, -1, np.int32)
    used = 0
    with path.open("rb") as file:
        for step, begin in enumerate(range(0, len(lengths), STEP_ROWS)):
            check()
            tokens = np.fromfile(file, np.int32, int(lengths[begin : begin + STEP_ROWS].sum()))
            numbers = np.append(number_of[used : used + len(dictionaries[step])], np.int32(-1))[tokens]
            used += len(dictionaries[step])
            counts += np.bincount(numbers + 1, minlength=len(counts) + 1)[1:]
            yield numbers


def _tokens(out: ArrayFiles, starts: NDArray[np.int64], check: Check) -> Iterator[tuple[int, int, NDArray[np.int32]]]:
    """The stream in steps of rows: first row, row after the last, their words."""
    for begin in range(0, len(starts) - 1, STEP_ROWS):
        check()
        end = min(begin + STEP_ROWS, len(starts) - 1)
        stream = np.load(out.path / "words.tokens.npy", mmap_mode="r")
        yield begin, end, np.array(stream[starts[begin] : starts[end]])


def _write_postings(out: ArrayFiles, starts: NDArray[np.int64], counts: NDArray[np.int64], check: Check) -> None:
    """Write rows and positions of every word's occurrences."""
    longest = int(np.diff(starts).max())
    position_type = np.dtype(np.uint16 if longest <= 2**16 else np.uint32)
    position_bits, row_bits = longest.bit_length(), (len(starts) - 1).bit_length()
    begins = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=begins[1:])
    out.write("words.postings", begins)
    total = int(begins[-1])
    positions = out.path / "positions"

    def rows() -> Iterator[NDArray[np.int32]]:
        with positions.open("wb") as file:
            for first, after in _word_ranges(begins, 63 - position_bits - row_bits):
                keys = np.empty(int(begins[after] - begins[first]), np.int64)
                _fill(keys, out, starts, first, after, position_bits, row_bits, check)
                file.write((keys & ((1 << position_bits) - 1)).astype(position_type).data)
                yield ((keys >> position_bits) & ((1 << row_bits) - 1)).astype(np.int32)
                del keys
                give_back()

    def copied() -> Iterator[NDArray[np.unsignedinteger]]:
        with positions.open("rb") as file:
            for _ in range(0, total, RANGE_TOKENS):
                check()
                yield np.fromfile(file, position_type, RANGE_TOKENS)

    out.stream("words.rows", np.int32, (total,), rows())
    out.stream("words.positions", position_type, (total,), copied())
    positions.unlink()


def _word_ranges(begins: NDArray[np.int64], word_bits: int) -> Iterator[tuple[int, int]]:
    """Ranges of words with about ``RANGE_TOKENS`` occurrences each, at least one word, and so few that their number fits the bits."""
    first, words = 0, len(begins) - 1
    while first < words:
        after = int(np.searchsorted(begins, begins[first] + RANGE_TOKENS, side="right")) - 1
        after = min(max(after, first + 1), first + (1 << word_bits), words)
        yield first, after
        first = after


def _fill(
    keys: NDArray[np.int64],
    out: ArrayFiles,
    starts: NDArray[np.int64],
    first: int,
    after: int,
    position_bits: int,
    row_bits: int,
    check: Check,
) -> None:
    """Put the occurrences of a range of words into ``keys`` as sorted numbers: word, row, position."""
    used = 0
    for begin, end, tokens in _tokens(out, starts, check):
        places = np.flatnonzero((tokens - np.int32(first)).view(np.uint32) < after - first)
        within = starts[begin : end + 1] - starts[begin]
        rows = np.searchsorted(within, places, side="right") - 1
        word = tokens[places].astype(np.int64) - first
        keys[used : used + len(places)] = (word << (position_bits + row_bits)) | ((rows + begin) << position_bits) | (places - within[rows])
        used += len(places)
    keys.sort()
    check()


def _write_letters(out: ArrayFiles, starts: NDArray[np.int64], counts: NDArray[np.int64], check: Check) -> str:
    """Write the rows of the most frequent characters; which they are."""
    lines = Lines(np.load(out.path / "words.npy", mmap_mode="r"), np.load(out.path / "words.starts.npy", mmap_mode="r"))
    characters = _frequent(lines, counts)
    has = np.zeros(len(counts) + 1, np.uint64)  # the last one answers for -1
    for bit, character in enumerate(characters):
        check()
        has[lines.containing(character)] |= np.uint64(1 << bit)
    row_has = np.zeros(len(starts) - 1, np.uint64)
    for begin, end, tokens in _tokens(out, starts, check):
        filled = np.flatnonzero(np.diff(starts[begin : end + 1]))
        if len(filled):
            row_has[begin + filled] = np.bitwise_or.reduceat(has[tokens], starts[begin:end][filled] - starts[begin])
    bits = ((row_has >> np.uint64(bit)) & np.uint64(1) for bit in range(len(characters)))
    packed = (np.packbits(mask.astype(np.bool_)) for mask in bits)
    out.stream("letters", np.uint8, (len(characters), (len(row_has) + 7) // 8), packed)
    return characters


def _frequent(lines: Lines, counts: NDArray[np.int64]) -> str:
    """The characters of the most occurrences of words."""
    weights = np.zeros(0x110000)
    for first in range(0, len(lines), STEP_ROWS):
        begin = int(lines.starts[first])
        end = int(lines.starts[first + STEP_ROWS]) if first + STEP_ROWS < len(lines) else len(lines.blob)
        codepoints = np.frombuffer(lines.blob[begin:end].tobytes().decode().encode("utf-32-le"), np.uint32)
        breaks = codepoints == ord("\n")
        word = np.cumsum(breaks)[~breaks] + first
        weights += np.bincount(codepoints[~breaks], weights=counts[word], minlength=len(weights))
    frequent = np.argsort(-weights, kind="stable")[:LETTERS]
    return "".join(map(chr, sorted(frequent[weights[frequent] > 0].tolist())))
