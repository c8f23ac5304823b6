"""The look at a PDF's bytes before any PDF library sees them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from tenderline.errors import Invalid, TooLarge
from tenderline.review.parsing.limits import MAX_STREAM, MAX_STREAM_COUNT, MAX_STREAMS, MIB

_STREAM = re.compile(rb"(?<!end)stream\r?\n")
_ENCRYPT = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_PICTURE = re.compile(rb"/Subtype\s*/Image")
_DICTIONARY_BYTES = 2048
_PIECE = 64 * 1024
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
    """Inflate all streams but pictures, which text extraction leaves alone, in small pieces, and count what comes out."""
    total = 0
    view = memoryview(data)
    for count, match in enumerate(_STREAM.finditer(data)):
        if count >= MAX_STREAM_COUNT:
            raise Invalid(f"The PDF has more than {MAX_STREAM_COUNT:,} streams.", hint=PRINT_AGAIN)
        dictionary = data[max(0, match.start() - _DICTIONARY_BYTES) : match.start()].rpartition(b" obj")[2]
        filters = dictionary.count(b"/FlateDecode")
        if not filters or _PICTURE.search(dictionary):
            continue
        pieces: Iterable[bytes | memoryview] = (view[start : start + _PIECE] for start in range(match.end(), len(data), _PIECE))
        for _ in range(min(filters, 4)):
            pieces = _inflate(pieces)
        size = 0
        for piece in pieces:
            size += len(piece)
            if size > MAX_STREAM or total + size > MAX_STREAMS:
                raise TooLarge(
                    f"The PDF would unpack to more than it may ({MAX_STREAM // MIB} MB in one stream, {MAX_STREAMS // MIB} MB in all).",
                    hint=PRINT_AGAIN,
                )
        total += size


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
