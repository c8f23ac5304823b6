"""Streams the rows of any file that ``recognise`` knows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tenderline.register.mapping import Options
from tenderline.register.reading.batches import Check, ReadBatch
from tenderline.register.reading.delimited import read_delimited
from tenderline.register.reading.ocds import read_releases
from tenderline.register.reading.recognised import CSV, OCDS, Recognised
from tenderline.register.reading.tables import read_table


def read(path: Path, known: Recognised, check: Check, options: Options | None = None) -> Iterator[ReadBatch]:
    """The rows of a file, in bounded batches; every row comes exactly once, as a row or as a reject.

    Args:
        path: the file.
        known: what ``recognise`` said of it.
        check: called several times a second; what it raises ends the reading.
        options: the choices of its user, ``known.options`` when left out; only ``sheet`` matters here.

    Raises:
        Invalid: the file proves damaged on the way, or cannot be read within bounds.
    """
    if known.format == CSV:
        yield from read_delimited(path, known, check)
    elif known.format == OCDS:
        yield from read_releases(path, known, check)
    else:
        yield from read_table(path, known, (options or known.options).sheet, check)
