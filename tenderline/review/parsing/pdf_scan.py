"""The look at a PDF's bytes before any PDF library sees them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from tenderline.errors import Invalid, TooLarge
from tenderline.review.parsing.limits import MAX_STREAM, MAX_STREAM_COUNT, MAX_STREAMS

_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_ENCRYPT = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_PICTURE = re.compile(rb"/Subtype\s*/Image")
_DICTIONARY_BYTES = 2048
_PIECE = 64 * 1024
_SAMPLE = 16 * 1024
_DENSE = 250 * _SAMPLE  # photographs and scans inflate 2 to 100 times, a blank page or a bomb 1000 times
_MOST_FILTERS = 4
_CHECK_SECONDS = 1.5
PRINT_AGAIN = "Open it in a PDF viewer, print it to PDF, and upload that copy."


def check_pdf(path: Path) -> None:
    """Refuse a PDF that was cut off, needs a password or holds a stream that inflates out of all proportion.

    Raises:
        TooLarge: a stream bomb.
        Invalid: cut off or protected.
    """
    data = path.read_bytes()
    if b"startxref" not in data and b"%%EOF" not in data:
        raise Invalid("The PDF is cut off: its end is missing.", hint="It may not have been copied completely; get it again.")
    _check_streams(data)
    if _ENCRYPT.search(data):  # often without a password, only with permissions: opening it tells, and a child does that
        from tenderline.review.parsing.safe import check_opens

        check_opens(path, timeout=_CHECK_SECONDS)


def _check_streams(data: bytes) -> None:
    """Inflate the streams in small pieces and count what comes out. Pictures, which nobody inflates, only when they look like bombs."""
    total = 0
    for count, match in enumerate(_STREAM.finditer(data)):
        if count >= MAX_STREAM_COUNT:
            raise Invalid(f"The PDF has more than {MAX_STREAM_COUNT:,} streams.", hint=PRINT_AGAIN)
        dictionary = data[max(0, match.start() - _DICTIONARY_BYTES) : match.start()].rpartition(b"obj")[2]
        filters = min(dictionary.count(b"/FlateDecode"), _MOST_FILTERS)
        if not filters or (_PICTURE.search(dictionary) and not _is_dense(data, match.end(), filters)):
            continue
        size = 0
        for piece in _inflated(data, match.end(), len(data), filters):
            size += len(piece)
            if size > MAX_STREAM or total + size > MAX_STREAMS:
                raise TooLarge(
                    f"The PDF would unpack to more than it may: {MAX_STREAM // 10**6} MB in one stream, {MAX_STREAMS // 10**6} MB in all.",
                    hint=PRINT_AGAIN,
                )
        total += size


def _is_dense(data: bytes, start: int, filters: int) -> bool:
    """Whether the beginning of a stream inflates as no photograph or scan does."""
    size = 0
    for piece in _inflated(data, start, start + _SAMPLE, filters):
        size += len(piece)
        if size > _DENSE:
            return True
    return False


def _inflated(data: bytes, start: int, end: int, filters: int) -> Iterable[bytes | memoryview]:
    """What comes out of ``data[start:end]`` after so many rounds of inflating, piece by piece."""
    view, end = memoryview(data), min(end, len(data))
    pieces: Iterable[bytes | memoryview] = (view[at : min(at + _PIECE, end)] for at in range(start, end, _PIECE))
    for _ in range(filters):
        pieces = _inflate(pieces)
    return pieces


def _inflate(pieces: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Inflate one zlib stream piece by piece; ends where the stream does, or where it is broken (the parser's business, not ours)."""
    inflater = zlib.decompressobj()
    for piece in pieces:
        rest: bytes | memoryview = piece
        while rest and not inflater.eof:
            try:
                inflated = inflater.decompress(rest, _PIECE)
            except zlib.error:
                return
            rest = inflater.unconsumed_tail
            if inflated:
                yield inflated
        if inflater.eof:
            return
