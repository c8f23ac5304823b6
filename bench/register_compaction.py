"""How long the largest merging of small segments takes, and in how much memory: from four and from forty to a full one."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from bench.measure import Line
from bench.register_data import prepared_batches, with_uid
from bench.register_runtime import OWNER, in_a_process, peak_megabytes, publish_segments, runtime_of
from tenderline.register.schema import SEGMENT_ROWS

MANY = (4, 40)


def run() -> list[Line]:
    """Build the segments, then merge them in a process of its own, as on a worker."""
    lines = []
    for many in MANY:
        with tempfile.TemporaryDirectory() as name:
            in_a_process("bench.register_compaction", name, many)
            told = in_a_process("bench.register_compaction", name)
        lines += [
            Line(f"{many} segments with {told['rows']:,} contracts together become one", told["seconds"], "s"),
            Line("  processor time of it", told["processor"], "s"),
            Line("  peak memory of the process", told["megabytes"], "MB", 500),
        ]
    return lines


def _build(data_dir: Path, many: int) -> dict[str, float]:
    from tenderline.register.building import build_segment

    runtime = runtime_of(data_dir)
    rows = SEGMENT_ROWS // many
    for number in range(many):
        batches = with_uid(prepared_batches(rows, first=number * rows, batch_rows=25_000), number + 1)
        build_segment(runtime.register.files, batches, check=lambda: None)
    publish_segments(runtime)
    runtime.close()
    return {}


def _measure(data_dir: Path) -> dict[str, float]:
    """In the process that merges: the task from its start to the new list."""
    runtime = runtime_of(data_dir)
    started, processor = time.perf_counter(), time.process_time()
    answer = runtime.tasks.submit("compact_register", {}, owner=OWNER)
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    rows = runtime.tasks.status(answer.task_id, OWNER).result["rows"]
    runtime.close()
    return {"seconds": seconds, "processor": processor, "megabytes": peak_megabytes(), "rows": rows}


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    print(json.dumps(_build(folder, int(sys.argv[2])) if len(sys.argv) > 2 else _measure(folder)))
