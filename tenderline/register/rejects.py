"""The rows that an import could not take, with the reasons: a compressed CSV file beside the upload."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from tenderline.cells import defused

if TYPE_CHECKING:
    from tenderline.register.reading import Reject

HEAD = ("line", "column", "value", "reason")


class RejectsFile:
    """Writes rejected rows: line (the header is line 1), the column to blame, its value, the reason, then the row's values."""

    def __init__(self, path: Path, columns: Sequence[str]) -> None:
        self.count = 0
        self._file = gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=3)  # noqa: SIM115 (closed by close)
        self._writer = csv.writer(self._file)
        self._writer.writerow([*HEAD, *map(defused, columns)])

    def add(self, rejects: Iterable[Reject]) -> None:
        """Append these rows."""
        for reject in rejects:
            self.count += 1
            told = (reject.column, reject.value, reject.reason, *reject.row)
            self._writer.writerow([reject.line, *map(defused, told)])

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def stream_rejects(path: Path) -> Iterator[bytes]:
    """The file as plain CSV, piece by piece."""
    with gzip.open(path, "rb") as file:
        while chunk := file.read(256 * 1024):
            yield chunk


def read_rejects(path: Path, offset: int, limit: int) -> list[dict[str, int | str]]:
    """Some of the rejected rows: ``{line, column, value, reason}`` each, with what is empty left out."""
    with gzip.open(path, "rb") as file:
        rows = csv.reader(io.TextIOWrapper(file, encoding="utf-8", newline=""))
        shown = []
        for row in islice(rows, 1 + offset, 1 + offset + limit):
            line, column, value, reason = row[: len(HEAD)]
            told: dict[str, int | str] = {"line": int(line), "reason": reason}
            told |= {name: text for name, text in (("column", column), ("value", value)) if text}
            shown.append(told)
        return shown
