"""``schema.clean`` for whole columns: what is plain already is found by looking at the bytes, only the rest is cleaned one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenderline.register.schema import NULL_WORDS, clean

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_SPACE = 32
_BLANK = r"[\x00-\x1f\x7f-\x{a0}\x{1680}\x{2000}-\x{200b}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}]|  "
"""What ``schema.clean`` turns into one space, other than a single one."""
_FIRST_SIGNS = sorted({ord(sign) for word in NULL_WORDS for sign in (word[0], word[0].upper())})
_FROM_U0300 = 0xCC
"""The first byte in UTF-8 from which on characters may not be NFC: all before U+0300 are."""
_MANY = 0.1  # share of the values from which on they are treated all together
_LONGEST_NULL_WORD = max(map(len, NULL_WORDS))


def clean_column(column: pa.StringArray) -> pa.StringArray:
    """Each value as ``schema.clean`` gives it: null for what is empty or a null word."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    if not len(column):
        return column
    odd, composed, doubled, ragged = _look(column)
    if ragged:
        column = pc.ascii_trim(column, characters=" ")
    if doubled.size > _MANY * len(column):
        column = pc.replace_substring_regex(column, "  +", " ")
    else:
        odd = np.union1d(odd, doubled)
    if composed.size:
        column = _replaced(column, composed, pc.utf8_normalize(column.take(pa.array(composed)), form="NFC"))
    if odd.size:
        some = column.take(pa.array(odd))
        blank = np.flatnonzero(np.asarray(pc.fill_null(pc.match_substring_regex(some, _BLANK), False)))
        if blank.size:
            column = _replaced(column, odd[blank], _one_by_one(some.take(pa.array(blank))))
    return _without_null_words(column)


def _one_by_one(column: pa.StringArray) -> pa.StringArray:
    """Each value by ``schema.clean``, equal ones once."""
    import pyarrow as pa

    coded = column.dictionary_encode()
    return pa.array([clean(text) for text in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)


def _replaced(column: pa.StringArray, places: np.ndarray, values: pa.StringArray) -> pa.StringArray:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    mask = np.zeros(len(column), bool)
    mask[places] = True
    return pc.replace_with_mask(column, pa.array(mask), values)


def _look(column: pa.StringArray) -> tuple[np.ndarray, np.ndarray, np.ndarray, bool]:
    """The places with anything but printable ASCII; those that may not be NFC; those with doubled spaces; whether any value begins or ends
    with one."""
    import numpy as np

    offsets, data = raw_strings(column)
    text = data[offsets[0] : offsets[-1]]
    if not text.size:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.int64), False
    starts, ends = offsets[:-1] - offsets[0], offsets[1:] - offsets[0]
    filled = ends > starts
    at = np.flatnonzero((text < _SPACE) | (text > 126))
    odd = _each_once(np.searchsorted(ends, at, side="right"))
    spaces = text == _SPACE
    ragged = bool(spaces[starts[filled]].any() or spaces[ends[filled] - 1].any())
    doubled = _each_once(np.searchsorted(ends, np.flatnonzero(spaces[1:] & spaces[:-1]), side="right"))
    composed = _each_once(np.searchsorted(ends, at[text[at] >= _FROM_U0300], side="right"))
    return odd, composed, doubled, ragged


def _each_once(ascending: np.ndarray) -> np.ndarray:
    import numpy as np

    return ascending[np.diff(ascending, prepend=-1) > 0]


def raw_strings(column: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """The offsets (one more than values) and the bytes of a column of strings, where they lie."""
    import numpy as np

    _, offsets, data = column.buffers()
    lengths = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return lengths, np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)


def _without_null_words(column: pa.StringArray) -> pa.StringArray:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    offsets, data = raw_strings(column)
    lengths = np.diff(offsets)
    short = np.flatnonzero(lengths <= _LONGEST_NULL_WORD)
    begins = np.isin(data[np.minimum(offsets[short], max(0, data.size - 1))], _FIRST_SIGNS) if data.size else np.zeros(short.size, bool)
    short = short[begins | (lengths[short] == 0)]
    if not short.size:
        return column
    words = pa.array([*NULL_WORDS, ""], pa.string())
    nothing = np.asarray(pc.is_in(pc.ascii_lower(column.take(pa.array(short))), value_set=words))
    if not nothing.any():
        return column
    mask = np.zeros(len(column), bool)
    mask[short[nothing]] = True
    return pc.if_else(pa.array(mask), None, column)
