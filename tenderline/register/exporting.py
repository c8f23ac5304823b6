"""Exports: as a task that leaves a file for its owner, or straight into an answer."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tenderline.errors import TooLarge
from tenderline.register.export_query import ExportQuery
from tenderline.register.exports import Exports
from tenderline.register.files import RegisterFiles
from tenderline.register.memory import use_little
from tenderline.register.questions import EXPORT_CONTRACTS, asked, key_of, parts
from tenderline.register.wording import counted

if TYPE_CHECKING:
    import pyarrow

    from tenderline.register.register import Register
    from tenderline.register.snapshot import Snapshot
    from tenderline.tasks.operation import TaskContext

Json = dict[str, Any]

DIRECT_SHEET_ROWS = 50_000
"""Rows of an Excel file that an answer waits for: it can be sent only when it is complete."""
_SAMPLE_ROWS = 200
_FALLBACK_ROW_BYTES = 300
_SHRINKS = {"csv": 1.0, "xlsx": 0.42, "parquet": 0.33}
"""Bytes of a format for a byte of CSV, measured."""
_PIECE = 1 << 16


def export_key(query: ExportQuery, version: int, owner: str) -> str:
    """Names the file: equal exports of one owner are written once for each version of the register."""
    return key_of(EXPORT_CONTRACTS, version, [owner, *parts(query)])


def export_params(query: ExportQuery) -> Json:
    """The export as JSON, for the ledger."""
    return {"query": asked(query)}


def export_contracts(register: Register, exports: Exports, params: Json, context: TaskContext) -> Json:
    """The operation: ``{query}`` -> ``{success, data: {results, pagination, version}}``; the export is known with the task's end."""
    from tenderline.register.export_batches import export_batches
    from tenderline.register.export_files import write
    from tenderline.register.search import count

    use_little()
    query = ExportQuery.model_validate(params["query"])
    context.progress(0, 0, "Counting the contracts")
    snapshot = register.snapshot()
    total = count(snapshot, query.filters)
    exports.files.require_space(size_of(snapshot, query, total))
    export_id, path = exports.place()
    try:
        end = ", the workbook is being packed" if query.format == "xlsx" else ""
        rows = write(_told(export_batches(snapshot, query), total, context, end), query.format, path, bom=query.bom)
        context.check()
        results, effect = exports.published(export_id, context.owner, query.format, rows, path.stat().st_size)
        context.on_finish(effect)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return {"success": True, "data": {"results": results, "pagination": None, "version": snapshot.version}}


def _told(batches: Iterator[pyarrow.RecordBatch], total: int, context: TaskContext, end: str) -> Iterator[pyarrow.RecordBatch]:
    done = 0
    for batch in batches:
        # Excel takes seconds for a batch, so a cancel is looked for in between.
        for start in range(0, batch.num_rows, 2048):
            context.progress(done, total, f"{done:,} of {counted(total, 'contract')} written")
            piece = batch.slice(start, 2048)
            done += piece.num_rows
            yield piece
    context.progress(done, total, f"{counted(done, 'contract')} written{end}")


def size_of(snapshot: Snapshot, query: ExportQuery, rows: int) -> int:
    """About how many bytes an export has, judged by its first contracts."""
    from tenderline.register.export_batches import export_batches
    from tenderline.register.export_files import csv_pieces

    if not rows:
        return 0
    sample = next(export_batches(snapshot, query, _SAMPLE_ROWS), None)
    each = _FALLBACK_ROW_BYTES if sample is None else sum(map(len, csv_pieces([sample]))) / sample.num_rows
    return math.ceil(each * _SHRINKS[query.format] * rows)


def direct_export(register: Register, files: RegisterFiles, query: ExportQuery) -> Iterator[bytes]:
    """The file, piece by piece; memory stays the same whatever its size.

    Raises:
        TooLarge: an Excel file of so many rows is a task's work.
    """
    from tenderline.register.export_batches import export_batches
    from tenderline.register.export_files import csv_pieces, write
    from tenderline.register.search import count

    use_little()
    snapshot = register.snapshot()
    batches = export_batches(snapshot, query)
    if query.format == "csv":
        return csv_pieces(batches, bom=query.bom)
    if query.format == "xlsx" and (rows := count(snapshot, query.filters)) > DIRECT_SHEET_ROWS:
        raise TooLarge(
            f"An Excel file of {rows:,} contracts takes longer than an answer may.",
            hint="Export it as a task, or as CSV or Parquet.",
        )
    files.require_space()
    return _through_a_file(lambda path: write(batches, query.format, path), files.root)


def _through_a_file(write: Callable[[Path], object], folder: Path) -> Iterator[bytes]:
    """What is written to a file that has no name any more when the first piece leaves."""
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".export-") as file:
        path = Path(file.name)
        write(path)
        reader: IO[bytes] = path.open("rb")

    def pieces() -> Iterator[bytes]:
        with reader:
            while piece := reader.read(_PIECE):
                yield piece

    return pieces()
