"""Which encoding a text file has, and its bytes as UTF-8 with one kind of line end."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path

from tenderline.errors import Invalid

UTF8, UTF8_MARK, UTF16_LE, UTF16_BE, CP1252 = "utf-8", "utf-8-sig", "utf-16-le", "utf-16-be", "cp1252"
READ_BYTES = 2 * 1024 * 1024
_BINARY_SHARE = 0.05  # of NUL and control bytes in the sample of a file
_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n\r\x0c\x1a\0")


def detect_encoding(samples: list[bytes]) -> str:
    """The encoding of a file by its beginning (the first sample) and pieces from elsewhere in it.

    A byte order mark decides; else NUL bytes in every other place mean UTF-16; else it is UTF-8 when more of the bytes that aren't ASCII
    are than are not, and Windows-1252 otherwise.

    Raises:
        Invalid: this is no text.
    """
    head = samples[0]
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise Invalid("The file is UTF-32 text, which is not read.", hint="Save it as UTF-8.")
    for mark, name in ((codecs.BOM_UTF8, UTF8_MARK), (codecs.BOM_UTF16_LE, UTF16_LE), (codecs.BOM_UTF16_BE, UTF16_BE)):
        if head.startswith(mark):
            return name
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) > 0.3 * len(head) / 2 and min(even, odd) < 0.05 * len(head):
        return UTF16_LE if odd > even else UTF16_BE
    _refuse_binary(samples)
    good = bad = 0
    for sample in samples:
        if sample.isascii():
            continue
        text = sample.decode("utf-8", errors="replace")
        wrong = text.count("\ufffd") - sample.count(b"\xef\xbf\xbd")
        bad += wrong
        good += _beyond_ascii(text) - wrong
    return UTF8 if good >= bad else CP1252


def _beyond_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", errors="ignore"))


def _refuse_binary(samples: list[bytes]) -> None:
    whole = sum(map(len, samples))
    odd = sum(len(sample) - len(sample.translate(None, _CONTROLS)) + sample.count(0) for sample in samples)
    if odd > max(8, _BINARY_SHARE * whole):
        raise Invalid(
            "The file is no table: it holds binary data.",
            hint="Upload a CSV, XLSX or Parquet file, or OCDS JSON, saved by the program it comes from.",
        )


def utf8_pieces(path: Path, encoding: str, newline: str) -> Iterator[tuple[bytes, int]]:
    """A file's text as UTF-8 without a byte order mark and with ``\\n`` ends, and how many bytes of the file are read.

    UTF-8 is passed on unchecked (``mend`` does that on whole lines); a lone ``\\r`` is an end only where ``newline`` says so, else a space.
    """
    decoder = None if encoding in (UTF8, UTF8_MARK) else codecs.getincrementaldecoder(encoding)(errors="replace")
    first, held = True, b""
    with path.open("rb") as file:
        position = 0
        while data := file.read(READ_BYTES):
            position += len(data)
            if decoder is not None:
                data = decoder.decode(data).lstrip("\ufeff" if first else "").encode("utf-8", errors="replace")
            elif first:
                data = data.removeprefix(codecs.BOM_UTF8)
            first = False
            data = held + data
            held = b"\r" if data.endswith(b"\r") else b""
            yield _line_ends(data.removesuffix(held), newline), position
        rest = held + (decoder.decode(b"", final=True).encode("utf-8", errors="replace") if decoder is not None else b"")
        if rest:
            yield _line_ends(rest, newline), position


def _line_ends(data: bytes, newline: str) -> bytes:
    if b"\r" in data:
        data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n" if newline == "\r" else b" ")
    return data


def mend(data: bytes) -> tuple[bytes, int]:
    """Whole lines as correct UTF-8 without NUL, and how many bytes were wrong: a line that is no UTF-8 is read as Windows-1252."""
    wrong = 0
    if b"\0" in data:
        wrong = data.count(0)
        data = data.replace(b"\0", b" ")
    if data.isascii():
        return data, wrong
    try:
        data.decode()
    except UnicodeDecodeError:
        lines = data.split(b"\n")
        for number, line in enumerate(lines):
            try:
                line.decode()
            except UnicodeDecodeError:
                wrong += sum(byte >= 0x80 for byte in line)
                lines[number] = line.decode("cp1252", errors="replace").encode()
        data = b"\n".join(lines)
    return data, wrong
