"""Workbooks and Parquet files, opened in a process of its own (``table_child``) with limits on its memory."""

from __future__ import annotations

import io
import json
import os
import select
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tenderline.confined import Limits, start
from tenderline.errors import Invalid, TenderlineError, TooLarge, UnsupportedType
from tenderline.register.reading.archive import Told
from tenderline.register.reading.batches import Check, ReadBatch
from tenderline.register.reading.recognised import Recognised

READING = Limits(memory=3 * 1024**3)
"""Enough for a sheet of a million rows of twenty columns."""
LOOKING = Limits(memory=1024**3, seconds=60)
"""Somebody waits for it."""
_LOOK_EVERY = 0.2  # seconds between looks whether to stop
_ERRORS: dict[str, type[TenderlineError]] = {error.code: error for error in (Invalid, TooLarge, UnsupportedType)}
_BUFFER = 1024 * 1024
_SIMPLER = "Save it as CSV and upload that, or split it into several files."


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    answer: IO[bytes]
    errors: IO[bytes]


def look_at_table(path: Path, kind: str, sheet: str | None, told: Told) -> dict[str, Any]:
    """What ``workbook.look`` or ``columnar.look`` finds; ``told`` as in ``recognise``.

    Raises:
        Invalid: it is damaged, or cannot be opened within the limits.
        TooLarge: it would unpack to too much.
        UnsupportedType: it is another kind of archive.
    """
    with _child({"path": str(path.resolve()), "format": kind, "sheet": sheet, "look": True}) as child:
        shares = [0.0]
        found: dict[str, Any] = {}
        for line in io.BufferedReader(_Watched(child.answer.fileno(), lambda: told(shares[-1])), _BUFFER):
            found = json.loads(line)
            if "share" in found:
                shares.append(found["share"])
        _end(child)
    return found


def read_table(path: Path, known: Recognised, sheet: str | None, check: Check) -> Iterator[ReadBatch]:
    """The rows of a workbook's sheet or of a Parquet file. Raises like ``look_at_table``."""
    import numpy as np
    import pyarrow as pa

    request = {
        "path": str(path.resolve()), "format": known.format, "sheet": sheet, "look": False, "columns": list(known.columns),
        "header_line": known.header_line,
    }  # fmt: skip
    size, ordinal, estimate = path.stat().st_size, 0, max(1, known.row_estimate)
    with _child(request) as child:
        source = io.BufferedReader(_Watched(child.answer.fileno(), check), _BUFFER)
        try:
            for batch in pa.ipc.open_stream(source):
                check()
                rows = pa.RecordBatch.from_arrays(batch.columns[1:], names=list(known.columns))
                ordinals = np.arange(ordinal, ordinal + rows.num_rows)
                ordinal += rows.num_rows
                position = min(size, size * ordinal // max(estimate, ordinal))
                yield ReadBatch(rows, ordinals, np.asarray(batch.column(0)), position=position)
        except (pa.ArrowException, OSError) as error:
            _end(child)
            raise Invalid("The file cannot be read to its end; it is probably damaged.", hint=_SIMPLER) from error
        _end(child)


class _Watched(io.RawIOBase):
    """The child's answer; asks whether to stop while it waits."""

    def __init__(self, descriptor: int, check: Check) -> None:
        self._descriptor = descriptor
        self._check = check

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not select.select([self._descriptor], [], [], _LOOK_EVERY)[0]:
            self._check()
        data = os.read(self._descriptor, len(buffer))
        buffer[: len(data)] = data
        return len(data)


@contextmanager
def _child(request: dict[str, Any]) -> Iterator[_Child]:
    limits = LOOKING if request["look"] else READING
    with tempfile.TemporaryFile() as errors:
        libraries = {"OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
        module = "tenderline.register.reading.table_child"
        process = start(module, request, limits, stdout=subprocess.PIPE, stderr=errors, **libraries)
        try:
            assert process.stdout is not None  # noqa: S101 - it is, as a pipe was asked for
            yield _Child(process, process.stdout, errors)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


def _end(child: _Child) -> None:
    """Wait for the child's end. Raises what went wrong in it."""
    if child.process.wait() == 0:
        return
    child.errors.seek(0)
    last = child.errors.read()[-4096:].strip().rpartition(b"\n")[2]
    try:
        error: dict[str, Any] = json.loads(last)
    except ValueError:
        error = {}
    if error.get("code") in _ERRORS:
        raise _ERRORS[error["code"]](error["message"], hint=error.get("hint"))
    _log(error, child.process.returncode)
    if child.process.returncode == -signal.SIGXCPU:
        raise Invalid(f"Looking at the file took longer than {LOOKING.seconds} seconds.", hint=_SIMPLER)
    if error.get("code") == "failed":
        raise Invalid("The file cannot be read; it is probably damaged.", hint=_SIMPLER)
    raise Invalid("The file needs more memory to open than it may take.", hint=_SIMPLER)


def _log(error: dict[str, Any], returncode: int) -> None:
    import structlog

    told = {"reason": error.get("code", f"exit {returncode}"), "type": error.get("message"), "where": error.get("where")}
    structlog.get_logger(__name__).warning("register_table_failed", **told)
