"""How fast files come into the register, and in how much memory: a messy CSV file of a million rows, a workbook, a small file into a large
register. Each import runs in a process of its own, as on a worker.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
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

CSV_ROWS, SHEET_ROWS, FEW_ROWS = 1_000_000, 100_000, 5_000
OWNER = "local"


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
            _adopt(folder / "large", home(rows))
            lines.append(Line(f"{FEW_ROWS:,} rows into a register of {rows:,}", _imported(folder / "large", few)["seconds"], "s", 2))
        book = folder / "book.xlsx"
        _write_workbook(book, SHEET_ROWS)
        told = _imported(folder / "xlsx", book)
        lines.append(Line(f"a workbook of {SHEET_ROWS:,} rows", told["seconds"], "s", 10))
        lines.append(Line("  peak memory of the process", told["megabytes"], "MB", 500))
    return lines


def _imported(data_dir: Path, file: Path) -> dict[str, float]:
    """Import a file in a process of its own; seconds, megabytes."""
    command = [sys.executable, "-m", "bench.register_import", str(data_dir), str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def _adopt(data_dir: Path, made: Path) -> None:
    """Publish the segments that lie in another folder, without copying them."""
    from tenderline.register.building import BuiltSegment
    from tenderline.register.publication import Publication
    from tenderline.register.segment import Segment

    runtime = _runtime(data_dir)
    files = runtime.register.files
    shutil.copytree(made / "register" / "segments", files.segments, copy_function=os.link)
    segments = [Segment.open(path) for path in sorted(files.segments.iterdir())]
    built = [BuiltSegment(segment.id, segment.rows, 0, segment.meta["imports"]) for segment in segments]
    with runtime.database.write() as session:
        Publication(runtime.register.snapshot().version, runtime.database.now, add=built).effect(session)
    runtime.close()


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


def _runtime(data_dir: Path) -> Any:
    from tenderline.database import migrate
    from tenderline.runtime import create_runtime
    from tenderline.settings import Settings

    data_dir.mkdir(parents=True, exist_ok=True)
    settings = Settings(_env_file=None, data_dir=data_dir, task_executor="inline", log_level="WARNING", inline_timeout=3600)
    migrate(settings)
    return create_runtime(settings)


def _measure(data_dir: Path, file: Path) -> dict[str, float]:
    """In the process that imports: the time from the start of the task until its contracts can be searched."""
    from tenderline.register.uploads import Uploads
    from tenderline.tasks.ledger import Ledger

    runtime = _runtime(data_dir)
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
        "megabytes": int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024,
        "silence": max(after - before for before, after in pairwise(moments)),
        "rows": rows,
    }


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]), Path(sys.argv[2]))))
