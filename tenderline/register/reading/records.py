"""Where the records of delimited text end: quotation marks may hold line ends, and some are never closed."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

MAX_RECORD_BYTES = 4 * 1024 * 1024
"""The longest record that is taken."""
MAX_QUOTED_LINES = 500
"""A quotation that goes on for more lines than this was opened by mistake."""
_QUOTE, _NEWLINE = 34, 10

NEVER_CLOSED = "A quotation mark is opened in this line and never properly closed."


@dataclass
class Cut:
    """Records of a piece of text.

    Attributes:
        starts, ends: int64, where each record begins and the line end behind it.
        lines: int64, the line of the piece, from 0, in which each record begins.
        broken: int64, places in ``starts`` of records whose quotation marks are astray: single lines, to be rejected.
        rest: where the text begins that may go on beyond the piece.
        newlines: how many lines end before ``rest``.
    """

    starts: np.ndarray
    ends: np.ndarray
    lines: np.ndarray
    broken: list[int]
    rest: int
    newlines: int


def cut(data: bytes, delimiter: str, *, last: bool) -> Cut:
    """Tell the records of a piece of text apart. The piece begins with a record; ``last`` says that nothing follows.

    Goes by whole arrays while every quotation mark stands where the rules (RFC 4180) have it, else mark by mark.
    """
    import numpy as np

    if last and not data.endswith(b"\n"):
        data += b"\n"
    text = np.frombuffer(data, np.uint8)
    newlines = np.flatnonzero(text == _NEWLINE)
    quotes = np.flatnonzero(text == _QUOTE) if b'"' in data else np.empty(0, np.int64)
    broken: list[int] = []
    if not quotes.size:
        ends = newlines
    elif _regular(text, quotes, ord(delimiter), last) and not _too_long(newlines, quotes, data, last):
        ends = newlines[np.searchsorted(quotes, newlines) % 2 == 0]
    else:
        ends, broken_at = _mark_by_mark(data, quotes, newlines, ord(delimiter), last)
        broken = np.searchsorted(ends, np.array(broken_at, np.int64)).tolist()
    starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64) if ends.size else np.empty(0, np.int64)
    rest = int(ends[-1]) + 1 if ends.size else 0
    return Cut(starts, ends.astype(np.int64), np.searchsorted(newlines, starts), broken, rest, int(np.searchsorted(newlines, rest)))


def _regular(text: np.ndarray, quotes: np.ndarray, delimiter: int, last: bool) -> bool:
    """Whether quotation marks open only at the beginning of a value and close only at its end; a doubled one closes and opens."""
    import numpy as np

    before = np.where(quotes > 0, text[quotes - 1], _NEWLINE)[0::2]
    after = text[np.minimum(quotes + 1, text.size - 1)]
    if quotes[-1] == text.size - 1:
        after[-1] = _NEWLINE
    after = after[1::2]
    adjacent = np.diff(quotes) == 1
    opens = (before == delimiter) | (before == _NEWLINE)
    opens[1:] |= adjacent[1::2][: opens.size - 1]
    closes = (after == delimiter) | (after == _NEWLINE)
    if adjacent[1::2].size:
        closes[: adjacent[1::2].size] |= adjacent[1::2]
    return bool(opens.all() and closes.all()) and not (last and quotes.size % 2)


def _too_long(newlines: np.ndarray, quotes: np.ndarray, data: bytes, last: bool) -> bool:
    """Whether a quotation has more lines than any value, the open one at the end of the piece included."""
    import numpy as np

    bounds = np.append(quotes, len(data)) if quotes.size % 2 else quotes
    seen = np.searchsorted(newlines, bounds)
    return bool((seen[1::2] - seen[0::2]).max(initial=0) > MAX_QUOTED_LINES)


def _mark_by_mark(data: bytes, marks: np.ndarray, newlines: np.ndarray, delimiter: int, last: bool) -> tuple[np.ndarray, list[int]]:
    """Ends of records, and positions of marks that open what is never closed: those are taken for nothing, and their line is broken."""
    import numpy as np

    quotes = marks.tolist()
    lines_before = np.searchsorted(newlines, marks).tolist()
    size = len(data)
    structural = (delimiter, _NEWLINE)
    inside: list[tuple[int, int]] = []
    broken: list[int] = []
    index, stop = 0, size
    while index < len(quotes):
        opening = quotes[index]
        if opening and data[opening - 1] not in structural:
            index += 1  # in the middle of a value it is a sign like any other
            continue
        closing = index + 1
        while closing + 1 < len(quotes) and quotes[closing + 1] == quotes[closing] + 1:
            closing += 2
        if closing >= len(quotes):
            unfinished = data.count(b"\n", opening)
            if not last and unfinished <= MAX_QUOTED_LINES:
                stop = opening
                break
            end, until, astray = size, newlines.size, True
        else:
            end = quotes[closing]
            until = lines_before[closing]
            astray = end + 1 < size and data[end + 1] not in structural
        lines = until - lines_before[index]
        if (astray and lines) or lines > MAX_QUOTED_LINES:
            broken.append(opening)
            line_end = int(newlines[lines_before[index]])
            while index < len(quotes) and quotes[index] < line_end:
                index += 1
            continue
        if lines:
            inside.append((lines_before[index], until))
        index = closing + 1
    outside = np.ones(newlines.size, bool)
    for first, until in inside:
        outside[first:until] = False
    outside &= newlines < stop
    return newlines[outside], broken


def values_of(record: str, delimiter: str) -> list[str]:
    """The values of one record, however long they are."""
    if '"' not in record:
        return record.split(delimiter) if record else []
    rows = csv.reader(io.StringIO(record, newline=""), delimiter=delimiter)
    try:
        return next(rows, [])
    except csv.Error:  # longer than that module's limit: its quotation marks stay
        return record.split(delimiter)
