"""How fast files come into the register, and in how much memory: a messy CSV file of a million rows, a workbook, a small file into a large
register. Each import runs in a process of its own, as on a worker.

``IMPORT_ROWS=5000000`` imports one more file of so many rows, which takes minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
import uuid
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.measure import Line
from bench.register_data import write_csv
from bench.register_home import home, rows_wanted
from bench.register_runtime import OWNER, adopt, in_a_process, peak_megabytes, runtime_of

CSV_ROWS, SHEET_ROWS, FEW_ROWS = 1_000_000, 100_000, 5_000


def run() -> list[Line]:
    """Import the files one after another; into the register of ``ROWS`` contracts only if ``make bench`` has made it before."""
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        messy = folder / "messy.csv"
        write_csv(messy, CSV_ROWS)
        told = _imported(folder / "csv", messy)
        lines += [
            Line(f"{CSV_ROWS:,} messy CSV rows to searchable", told["seconds"], "s", 30),
            Line("  processor time of it", told["processor"], "s"),
            Line("  peak memory of the process", told["megabytes"], "MB", 500),
            Line("  longest silence of its progress", told["silence"], "s", 1),
        ]
        few = folder / "few.csv"
        write_csv(few, FEW_ROWS, first=50_000_000)
        lines.append(Line(f"{FEW_ROWS:,} rows into that register", _imported(folder / "csv", few)["seconds"], "s", 2))
        rows = rows_wanted()
        if (home(rows) / "register" / "segments").is_dir():
            adopt(folder / "large", home(rows))
            lines.append(Line(f"{FEW_ROWS:,} rows into a register of {rows:,}", _imported(folder / "large", few)["seconds"], "s", 2))
        book = folder / "book.xlsx"
        _write_workbook(book, SHEET_ROWS)
        told = _imported(folder / "xlsx", book)
        lines.append(Line(f"a workbook of {SHEET_ROWS:,} rows", told["seconds"], "s", 10))
        lines.append(Line("  peak memory of the process", told["megabytes"], "MB", 500))
        if more := int(os.environ.get("IMPORT_ROWS", "0")):
            messy.unlink()
            shutil.rmtree(folder / "csv")
            write_csv(messy, more)
            told = _imported(folder / "long", messy)
            lines += [
                Line(f"{more:,} messy CSV rows to searchable", told["seconds"], "s", 30 * more / CSV_ROWS),
                Line("  processor time of it", told["processor"], "s"),
                Line("  peak memory of the process", told["megabytes"], "MB", 500),
            ]
    return lines


def _imported(data_dir: Path, file: Path) -> dict[str, float]:
    """Import a file in a process of its own; seconds, megabytes."""
    return in_a_process("bench.register_import", data_dir, file)


def _write_workbook(path: Path, rows: int) -> None:
    import csv

    import xlsxwriter

    source = path.with_suffix(".csv")
    write_csv(source, rows)
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("Awards")
    with source.open(newline="", encoding="utf-8") as file:
        for number, cells in enumerate(csv.reader(file)):
            sheet.write_row(number, 0, cells)
    book.close()


def _measure(data_dir: Path, file: Path) -> dict[str, float]:
    """In the process that imports: the time from the start of the task until its contracts can be searched."""
    from tenderline.register.uploads import Uploads
    from tenderline.tasks.ledger import Ledger

    runtime = runtime_of(data_dir)
    uploads = Uploads(runtime.settings, runtime.database)
    with file.open("rb") as stream:
        row = uploads.take_in(stream, file.name, OWNER)
    task_id = str(uuid.uuid4())
    uploads.begin(row.id, OWNER, task_id=task_id, on_duplicate="skip")
    said: list[float] = []
    write = Ledger.progress

    def progress(*args: Any) -> Any:
        said.append(time.perf_counter())
        return write(*args)

    Ledger.progress = progress  # type: ignore[method-assign]
    started, processor = time.perf_counter(), time.process_time()
    runtime.tasks.submit("process_procurement_data", {"upload_id": row.id}, owner=OWNER, task_id=task_id)
    ended = time.perf_counter()
    rows = runtime.register.snapshot().rows
    runtime.close()
    moments = [started, *said, ended]
    return {
        "seconds": ended - started,
        "processor": time.process_time() - processor,
        "megabytes": peak_megabytes(),
        "silence": max(after - before for before, after in pairwise(moments)),
        "rows": rows,
    }


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]), Path(sys.argv[2]))))
