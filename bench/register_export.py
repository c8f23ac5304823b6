"""How fast contracts are exported, and in how much memory: in every format and every order, out of a register of ``ROWS`` contracts.

A fifth of them is asked for, the newest ones: a million of five. Each export is a task in a process of its own, as on a worker.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from bench.measure import Line
from bench.register_data import FIRST_DAY, LAST_DAY
from bench.register_home import ready, rows_wanted
from bench.register_runtime import OWNER, adopt, in_a_process, peak_megabytes, runtime_of

SHARE = 0.2
SHEET_SHARE = 0.02
"""Of an Excel file: it takes ten times as long."""
ORDERS = (
    ("award_date", "desc"),
    ("award_date", "asc"),
    ("contract_amount", "desc"),
    ("contract_amount", "asc"),
    ("awardee_name", "asc"),
    ("organization_name", "desc"),
    ("area_of_delivery", "asc"),
    ("business_category", "asc"),
)
SECONDS_A_MILLION, MEGABYTES = 10.0, 300.0


def run() -> list[Line]:
    """CSV in every order, then the other formats."""
    lines = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        adopt(folder, ready(rows_wanted()))
        for order, direction in ORDERS:
            lines += _lines(folder, "csv", SHARE, order, direction)
        for order, direction in (ORDERS[0], ORDERS[2]):
            lines += _lines(folder, "parquet", SHARE, order, direction)
        lines += _lines(folder, "xlsx", SHEET_SHARE, *ORDERS[0])
    return lines


def _lines(folder: Path, kind: str, share: float, order: str, direction: str) -> list[Line]:
    told = in_a_process("bench.register_export", folder, kind, share, order, direction)
    goal = SECONDS_A_MILLION * told["rows"] / 1_000_000 if kind == "csv" else None
    return [
        Line(f"{told['rows']:,} contracts as {kind} by {order} {direction}", told["seconds"], "s", goal),
        Line("  processor time of it", told["processor"], "s"),
        Line("  peak memory of the process", told["megabytes"], "MB", MEGABYTES),
    ]


def _measure(data_dir: Path, kind: str, share: float, order: str, direction: str) -> dict[str, float]:
    """In the process that exports: the task from its start to its file."""
    first = LAST_DAY + 1 - (LAST_DAY + 1 - FIRST_DAY) * (1 - (1 - share) ** 0.5)  # the generated years grow towards the end
    begin = date(1970, 1, 1) + timedelta(days=round(first))
    asked = {"time_ranges": [{"type": "custom", "startDate": begin.isoformat(), "endDate": "2025-12-31"}]}
    query = {"filters": asked, "format": kind, "sort_by": order, "sort_direction": direction}
    runtime = runtime_of(data_dir)
    started, processor = time.perf_counter(), time.process_time()
    answer = runtime.tasks.submit("export_contracts", {"query": query}, owner=OWNER)
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    result = runtime.tasks.status(answer.task_id, OWNER).result["data"]["results"]
    runtime.register.files.export(result["export_id"]).unlink()
    runtime.close()
    return {"seconds": seconds, "processor": processor, "megabytes": peak_megabytes(), "rows": result["rows"]}


if __name__ == "__main__":
    print(json.dumps(_measure(Path(sys.argv[1]), sys.argv[2], float(sys.argv[3]), sys.argv[4], sys.argv[5])))
