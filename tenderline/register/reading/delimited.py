"""CSV and its like, streamed: bounded pieces of whole records, each read by pyarrow as text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tenderline.register.reading.batches import BATCH_BYTES, BATCH_ROWS, Check, ReadBatch, Reject, clipped
from tenderline.register.reading.encoding import mend, utf8_pieces
from tenderline.register.reading.recognised import Recognised
from tenderline.register.reading.records import MAX_RECORD_BYTES, NEVER_CLOSED, Cut, cut, values_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

PIECE_BYTES = BATCH_BYTES // 4
"""About how much text is told apart into records at a time."""
_TOO_LONG = f"The row is longer than {MAX_RECORD_BYTES // 1024 // 1024} MB."


@dataclass
class _Records:
    """A piece of whole records, where it stands in the file, and what was wrong with its bytes."""

    data: bytes
    cut: Cut
    line: int
    position: int
    repaired: int


def read_delimited(path: Path, known: Recognised, check: Check) -> Iterator[ReadBatch]:
    """The rows of a delimited text file, in batches. Rows with more or fewer values than columns, or astray quotation marks, are rejects.

    Args:
        path: the file.
        known: what ``recognise`` said of it: encoding, delimiter, columns.
        check: called for each piece, several times a second.
    """
    ordinal = position = 0
    for piece in _pieces(path, known, check):
        if isinstance(piece, Reject):
            yield _only(known, replace(piece, ordinal=ordinal), position)
            ordinal += 1
            continue
        position = piece.position
        for batch in _batches(piece, known, ordinal):
            check()
            yield batch
            ordinal += batch.rows.num_rows + len(batch.rejects)


def _pieces(path: Path, known: Recognised, check: Check) -> Iterator[_Records | Reject]:
    """Pieces of whole records, and a reject for each that is too long to be held."""
    delimiter = known.delimiter or ","
    pending, line, overlong, position = b"", 1, False, 0

    def tell(data: bytes, last: bool) -> Iterator[_Records | Reject]:
        nonlocal pending, line
        whole, repaired = mend(data[: data.rfind(b"\n") + 1]) if not last else mend(data)
        tail = b"" if last else data[data.rfind(b"\n") + 1 :]
        found = cut(whole, delimiter, last=last)
        if found.ends.size:
            yield _Records(whole, found, line, position, repaired)
        line += found.newlines
        pending = whole[found.rest :] + tail

    for data, position in utf8_pieces(path, known.encoding or "utf-8", known.newline):  # noqa: B007 (position is read in tell)
        check()
        if overlong:
            end = data.find(b"\n")
            if end < 0:
                continue
            data, overlong, line = data[end + 1 :], False, line + 1
        pending += data
        if len(pending) < PIECE_BYTES:
            continue
        yield from tell(pending, last=False)
        while len(pending) > MAX_RECORD_BYTES:
            check()
            end = pending.find(b"\n")
            yield Reject(line, "", clipped(pending[:1000].decode(errors="replace")), _TOO_LONG if end < 0 else NEVER_CLOSED, (), 0)
            if end < 0:
                pending, overlong = b"", True
                break
            pending, line = pending[end + 1 :], line + 1
            yield from tell(pending, last=False)
    if pending:
        yield from tell(pending, last=True)


def _batches(piece: _Records, known: Recognised, ordinal: int) -> Iterator[ReadBatch]:
    """A piece as batches of at most ``BATCH_ROWS`` rows, without the lines up to the header and without empty ones."""
    import numpy as np

    found = piece.cut
    lines = found.lines + piece.line
    astray = np.zeros(lines.size, bool)
    astray[found.broken] = True
    places = np.flatnonzero((lines > known.header_line) & (found.ends > found.starts))
    repaired = piece.repaired
    for begin in range(0, places.size, BATCH_ROWS):
        chosen = places[begin : begin + BATCH_ROWS]
        ordinals = np.arange(ordinal + begin, ordinal + begin + chosen.size)
        bad = astray[chosen]
        rejects = [
            Reject(int(lines[place]), "", clipped(_text(piece, place)), NEVER_CLOSED, (clipped(_text(piece, place)),), int(number))
            for place, number in zip(chosen[bad].tolist(), ordinals[bad].tolist(), strict=True)
        ]
        chosen, ordinals = chosen[~bad], ordinals[~bad]
        rows, good, wrong = _parse(piece, chosen, whole=not bad.any(), known=known)
        rejects += [
            Reject(int(lines[chosen[place]]), "", clipped(" ".join(values)), reason, tuple(map(clipped, values)), int(ordinals[place]))
            for place, values, reason in wrong
        ]
        rejects.sort(key=lambda reject: reject.ordinal)
        yield ReadBatch(rows, ordinals[good], lines[chosen][good], rejects, piece.position, repaired)
        repaired = 0


def _text(piece: _Records, place: int) -> str:
    return piece.data[piece.cut.starts[place] : piece.cut.ends[place]].decode(errors="replace")


def _parse(
    piece: _Records, chosen: np.ndarray, *, whole: bool, known: Recognised
) -> tuple[pa.RecordBatch, np.ndarray, list[tuple[int, list[str], str]]]:
    """Records to columns.

    Returns:
        The rows that have as many values as there are columns, which of ``chosen`` they are, and (place in ``chosen``, values, reason) of
        the others.
    """
    import numpy as np
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    names = list(known.columns)
    if not chosen.size:
        return _table(names, [[] for _ in names]), np.zeros(0, bool), []
    if whole:
        body = piece.data[piece.cut.starts[chosen[0]] : piece.cut.ends[chosen[-1]]]
    else:
        body = b"\n".join(piece.data[piece.cut.starts[place] : piece.cut.ends[place]] for place in chosen.tolist())
    wrong: list[tuple[int, int, str]] = []

    def refuse(row: arrow_csv.InvalidRow) -> str:
        wrong.append((row.number - 1, row.actual_columns, row.text))
        return "skip"

    table = arrow_csv.read_csv(
        pa.py_buffer(body + b"\n"),
        read_options=arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(body) + 1024),
        parse_options=arrow_csv.ParseOptions(delimiter=known.delimiter or ",", newlines_in_values=True, invalid_row_handler=refuse),
        convert_options=arrow_csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
        ),
    )
    if table.num_rows + len(wrong) != chosen.size:  # it sees other records than we do: then each record by itself
        return _one_by_one(piece, chosen, known)
    good = np.ones(chosen.size, bool)
    good[[place for place, _, _ in wrong]] = False
    rows = table.combine_chunks().to_batches()
    told = [(place, values_of(text, known.delimiter or ","), _count_reason(actual, len(names))) for place, actual, text in wrong]
    return rows[0] if rows else _table(names, [[] for _ in names]), good, told


def _one_by_one(
    piece: _Records, chosen: np.ndarray, known: Recognised
) -> tuple[pa.RecordBatch, np.ndarray, list[tuple[int, list[str], str]]]:
    import numpy as np

    names = list(known.columns)
    good = np.zeros(chosen.size, bool)
    columns: list[list[str]] = [[] for _ in names]
    wrong: list[tuple[int, list[str], str]] = []
    for number, place in enumerate(chosen.tolist()):
        text = _text(piece, place)
        values = values_of(text, known.delimiter or ",")
        if len(values) != len(names):
            wrong.append((number, values, _count_reason(len(values), len(names))))
            continue
        good[number] = True
        for column, value in zip(columns, values, strict=True):
            column.append(value)
    return _table(names, columns), good, wrong


def _count_reason(actual: int, expected: int) -> str:
    return f"The row has {actual:,} value{'s' if actual != 1 else ''} where {expected:,} columns are."


def _table(names: list[str], columns: list[list[str]]) -> pa.RecordBatch:
    import pyarrow as pa

    return pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in columns], names=names)


def _only(known: Recognised, reject: Reject, position: int) -> ReadBatch:
    """A batch with a reject and no row."""
    import numpy as np

    nothing = np.empty(0, np.int64)
    return ReadBatch(_table(list(known.columns), [[] for _ in known.columns]), nothing, nothing, [reject], position)
