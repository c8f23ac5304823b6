"""A look at a text file: encoding, line ends, delimiter, header, and rows from all over it. Reads a few hundred kilobytes of any size."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from tenderline.errors import Invalid
from tenderline.register.reading.encoding import UTF8, UTF8_MARK, UTF16_BE, UTF16_LE, detect_encoding
from tenderline.register.reading.records import MAX_RECORD_BYTES, cut, values_of
from tenderline.register.wording import counted

DELIMITERS = (",", ";", "\t", "|")
HEAD_BYTES = 512 * 1024
PIECES, PIECE_BYTES = 24, 64 * 1024
"""How many samples are read beyond the beginning, spread over the file, and how large each is."""
_TRIED_ROWS = 200
_HEADER_SEARCH = 20


@dataclass(frozen=True)
class Sniffed:
    """A text file at a first look.

    Attributes:
        header: the column names as they stand.
        header_line: the line they begin in, from 1.
        head: the first rows after it.
        sample: rows from all over the file, those of ``head`` among them; each with as many values as there are columns.
        row_estimate: about how many rows there are.
        warnings: sentences for people.
    """

    encoding: str
    newline: str
    delimiter: str
    header: list[str]
    header_line: int
    head: list[list[str]]
    sample: list[list[str]]
    row_estimate: int
    warnings: list[str]


def sniff(path: Path) -> Sniffed:
    """Raises ``Invalid`` when the file is no text, or no table."""
    size = path.stat().st_size
    head, pieces = _read(path, size)
    whole = [_whole_lines(head, size > len(head)), *pieces]
    encoding = detect_encoding(whole)
    text = _text(head, encoding, whole=size <= len(head))
    newline = "\r" if text.count("\r") > text.count("\n") and text.count("\r\n") < text.count("\r") // 2 else "\n"
    text = _lines(text, newline)
    if "\n" not in text and size > len(head):
        text = _long_first_line(path, encoding, newline)
    if not text.strip(" \n\t,;|\0"):
        raise Invalid("The file holds no text.", hint="Check that the right file was chosen and that it was saved completely.")
    skipped, announced = _announced(text)
    delimiter = announced or _delimiter(text[skipped:])
    rows, lines = _rows(text, delimiter, complete=size <= len(head))
    place = header_row(rows, skipped)
    header = rows[place]
    body = [row for row in rows[place + 1 :] if row]
    others = [row for piece in pieces for row in _rows(_lines(_text(piece, encoding, whole=False), newline), delimiter, complete=True)[0]]
    sample = [row for row in (*body, *others) if len(row) == len(header)]
    return Sniffed(
        encoding=encoding,
        newline=newline,
        delimiter=delimiter,
        header=header,
        header_line=lines[place],
        head=body,
        sample=sample,
        row_estimate=_estimate(size, len(head), body, text, others, pieces),
        warnings=[*(_mixed(whole) if encoding in (UTF8, UTF8_MARK) else []), *_warnings(header, body, place - (1 if announced else 0))],
    )


def _read(path: Path, size: int) -> tuple[bytes, list[bytes]]:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        pieces = []
        beyond = size - len(head)
        if beyond > PIECES * PIECE_BYTES:
            for number in range(PIECES):
                file.seek((len(head) + (beyond - PIECE_BYTES) * number // (PIECES - 1)) & ~1)
                pieces.append(_whole_lines(file.read(PIECE_BYTES), True, True))
        elif beyond:
            pieces.append(_whole_lines(file.read(beyond), False, True))
    return head, [piece for piece in pieces if piece]


def _whole_lines(data: bytes, cut_end: bool, cut_start: bool = False) -> bytes:
    """Without the half lines at its ends. UTF-16 keeps its pairs: a line end there is two bytes."""
    wide = data[:2000].count(0) > 300
    mark, step = (b"\n\0" if data[1:2000:2].count(0) > data[0:2000:2].count(0) else b"\0\n", 2) if wide else (b"\n", 1)

    def find(backwards: bool) -> int:
        at = data.rfind(mark) if backwards else data.find(mark)
        while at >= 0 and at % step:
            at = data.rfind(mark, 0, at) if backwards else data.find(mark, at + 1)
        return at

    end = find(True) if cut_end else -1
    start = find(False) if cut_start else -1
    return data[start + step if start >= 0 else 0 : end + step if end >= 0 else len(data)]


def _text(data: bytes, encoding: str, *, whole: bool) -> str:
    if encoding in (UTF8, UTF8_MARK):
        try:
            return data.decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError:
            lines = []
            for line in data.split(b"\n"):
                try:
                    lines.append(line.decode())
                except UnicodeDecodeError:
                    lines.append(line.decode("cp1252", errors="replace"))
            return "\n".join(lines).removeprefix("\ufeff")
    if encoding in (UTF16_LE, UTF16_BE) and not whole:
        data = data[: len(data) & ~1]
    return data.decode(encoding, errors="replace").removeprefix("\ufeff")


def _lines(text: str, newline: str) -> str:
    return text.replace("\0", " ").replace("\r\n", "\n").replace("\r", "\n" if newline == "\r" else " ")


def _mixed(samples: list[bytes]) -> list[str]:
    """A sentence when a UTF-8 file has lines in another encoding, with the first of them where that is known."""
    for number, sample in enumerate(samples):
        try:
            sample.decode()
        except UnicodeDecodeError as error:
            line = sample.count(b"\n", 0, error.start) + 1
            where = "A line further on in" if number else f"Line {line:,} of"
            return [f"{where} the file is not UTF-8 as the others are; such lines are read as Windows-1252 and counted."]
    return []


def _long_first_line(path: Path, encoding: str, newline: str) -> str:
    """The beginning of a file whose first line is longer than the usual sample. Raises ``Invalid`` when it is longer than any header."""
    with path.open("rb") as file:
        text = _lines(_text(file.read(MAX_RECORD_BYTES), encoding, whole=False), newline)
    if "\n" not in text:
        raise Invalid(
            f"The file's first line is longer than {MAX_RECORD_BYTES // 1024 // 1024} MB, so that no column names can be told.",
            hint="Check that the right file was chosen; a table has a line for each row.",
        )
    return text


def _announced(text: str) -> tuple[int, str | None]:
    """Excel's first line ``sep=;`` and where the text begins after it."""
    first = text.partition("\n")[0].strip().strip('"')
    if first.casefold().startswith("sep=") and len(first) == 5:
        return text.index("\n") + 1 if "\n" in text else len(text), first[4]
    return 0, None


def _delimiter(text: str) -> str:
    """The delimiter that gives most of the first rows the same number of columns, and more than one."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        rows = [row for row in _rows(text[:HEAD_BYTES], delimiter, complete=False, most=_TRIED_ROWS)[0] if row]
        if not rows:
            continue
        width, times = Counter(map(len, rows)).most_common(1)[0]
        score = (times / len(rows)) * (1 - 1 / width)
        if len(rows[0]) != width:
            score *= 0.8
        if score > best_score + 1e-9:
            best, best_score = delimiter, score
    return best


def _rows(text: str, delimiter: str, *, complete: bool, most: int | None = None) -> tuple[list[list[str]], list[int]]:
    """Rows, and the line that each begins in, from 1; those with astray quotation marks are left out. So is the last where the text breaks
    off in it."""
    data = text.encode("utf-8", errors="replace")
    found = cut(data, delimiter, last=complete)
    rows: list[list[str]] = []
    lines: list[int] = []
    broken = set(found.broken)
    for place, (start, end, line) in enumerate(zip(found.starts.tolist(), found.ends.tolist(), found.lines.tolist(), strict=True)):
        if place in broken or end - start > MAX_RECORD_BYTES:
            continue
        rows.append(values_of(data[start:end].decode(), delimiter))
        lines.append(line + 1)
        if len(rows) == most:
            break
    return rows, lines


def header_row(rows: list[list[str]], skipped: int) -> int:
    """Which row has the column names: the first that has as many values as most rows do. Titles may stand above it."""
    begin = 1 if skipped else 0
    filled = [len(row) for row in rows[begin : begin + _TRIED_ROWS] if row]
    if not filled:
        raise Invalid("The file holds no table.", hint="Its first line must hold the names of its columns.")
    width = Counter(filled).most_common(1)[0][0]
    first = next(place for place, row in enumerate(rows) if place >= begin and row)
    if width == 1:
        return first
    for place in range(first, min(len(rows), first + _HEADER_SEARCH)):
        if len(rows[place]) >= max(2, width) and sum(bool(value.strip()) for value in rows[place]) > len(rows[place]) / 2:
            return place
    return first


def _estimate(size: int, head_size: int, body: list[list[str]], text: str, others: list[list[str]], pieces: list[bytes]) -> int:
    if size <= head_size:
        return len(body)
    lines = len(body) + len(others)
    seen = head_size + sum(map(len, pieces))
    return max(len(body), round(size * lines / seen)) if seen and text else len(body)


def _warnings(header: list[str], body: list[list[str]], above: int) -> list[str]:
    warnings = []
    if above > 0:
        warnings.append(f"{above} line{'s' if above > 1 else ''} above the column names {'are' if above > 1 else 'is'} left out.")
    if len(header) == 1:
        warnings.append("Only one column was found; the file may have a delimiter that isn't known.")
    if sum(any(letter.isalpha() for letter in value) for value in header) < len(header) / 2:
        warnings.append("The first line doesn't look like column names; the file may have none.")
    uneven = sum(len(row) != len(header) for row in body)
    if body and uneven:
        warnings.append(
            f"{uneven:,} of the first {counted(len(body), 'row')} {'has' if uneven == 1 else 'have'} more or fewer values than there are "
            "columns; such rows are rejected."
        )
    return warnings
