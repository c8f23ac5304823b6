"""How fast the register answers, beside pandas, DuckDB over Parquet and a DuckDB file with dimension tables.

``ROWS`` says over how many contracts, ``RIVALS=0`` leaves the others out. No question is asked twice.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bench.measure import Line, timed
from bench.register_home import ready, rows_wanted
from bench.register_questions import Ask, Kind, kinds
from bench.register_reader import answer
from bench.register_rivals import Pandas, Rival, Sql
from bench.register_segments import open_snapshot
from bench.register_words import names
from tenderline.register.snapshot import Snapshot

READERS, SECONDS = 4, 20.0
SLOWER_BY = 10.0
"""Milliseconds by which the register may be slower than the best rival."""
FEW = 3
"""How many questions of each kind the others are asked: they are slow."""


def run() -> list[Line]:
    """Every kind of question at ``ROWS`` contracts, then four processes at once."""
    rows = rows_wanted()
    folder = ready(rows)
    asked = kinds(names())
    ours = _ours(folder, asked)
    theirs = _rivals(folder, asked) if os.environ.get("RIVALS", "1") != "0" else {}
    _show(asked, ours, theirs, rows)
    lines = []
    for kind in asked:
        parquet, tables = (theirs.get(name, {}).get(kind.name) for name in ("parquet", "tables"))
        goal = kind.goal if tables is None else min(kind.goal, tables + SLOWER_BY)
        lines.append(Line(kind.name, ours[kind.name], "ms", goal, parquet, 30 if kind.is_keyword and parquet else None))
    return [*lines, *readers(folder)]


def _ours(folder: Path, asked: list[Kind]) -> dict[str, float]:
    snapshot = open_snapshot(folder)
    answer(snapshot, "search", {"keywords": ["warm up"], "contractors": ["warm"], "areas": ["up"], "sort_by": "awardee_name"})
    answer(snapshot, "table", {"dimension": "organization", "keywords": ["warm"], "business_categories": ["up"]})
    return {kind.name: _median(lambda ask, body: answer(snapshot, ask, body), kind, len(kind.bodies)) for kind in asked}


def _rivals(folder: Path, asked: list[Kind]) -> dict[str, dict[str, float]]:
    makers: dict[str, Callable[[], Rival]] = {
        "parquet": lambda: Sql(folder, tables=False),
        "tables": lambda: Sql(folder, tables=True),
        "pandas": lambda: Pandas(folder),
    }
    return {name: _one_rival(make(), open_snapshot(folder), asked) for name, make in makers.items()}


def _one_rival(rival: Rival, snapshot: Snapshot, asked: list[Kind]) -> dict[str, float]:
    """Milliseconds by kind. Raises ``RuntimeError`` when it finds another number of contracts than the register."""
    measured = {kind.name: _median(rival.answer, kind, FEW) for kind in asked}
    for kind in asked:
        if kind.ask != "table" and rival.answer(kind.ask, kind.bodies[0]) != answer(snapshot, kind.ask, kind.bodies[0]):
            raise RuntimeError(f"{type(rival).__name__} finds another number of contracts for {kind.bodies[0]}")
    return measured


def _median(answer_to: Callable[[Ask, dict[str, Any]], int], kind: Kind, many: int) -> float:
    return statistics.median(timed(partial(answer_to, kind.ask, body)) for body in kind.bodies[:many])


def _show(asked: list[Kind], ours: dict[str, float], theirs: dict[str, dict[str, float]], rows: int) -> None:
    print(f"\nThe register at {rows:,} contracts, milliseconds, medians", flush=True)
    print(f"  {'':32}{'register':>10}{'pandas':>10}{'Parquet':>10}{'tables':>10}")
    for kind in asked:
        others = [theirs.get(name, {}).get(kind.name) for name in ("pandas", "parquet", "tables")]
        print(
            f"  {kind.name:32}{ours[kind.name]:10.1f}" + "".join(f"{value:10.1f}" if value is not None else f"{'':10}" for value in others)
        )


def readers(folder: Path) -> list[Line]:
    """Four processes with mixed questions: how many answers a second, how much memory together; and the first answer after a start."""
    command = [sys.executable, "-m", "bench.register_reader", str(folder)]
    processes = [
        subprocess.Popen([*command, str(seed), str(SECONDS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for seed in range(READERS)
    ]
    try:
        first = max(json.loads(process.stdout.readline())["first"] for process in processes if process.stdout)
        _tell(processes)
        told = [json.loads(process.stdout.readline()) for process in processes if process.stdout]
        answered = sum(each["answered"] for each in told)
        memory = sum(proportional(process.pid) for process in processes)
        _tell(processes)
    finally:
        for process in processes:
            process.communicate(timeout=60)
    alone = subprocess.run([*command, "0", "0"], input="\n\n", capture_output=True, text=True, check=True, timeout=120)
    return [
        Line("first answer after a start, imports included", json.loads(alone.stdout.splitlines()[0])["first"], "ms", 1000),
        Line("the same in four processes at once", first, "ms"),
        Line(f"a question's share of the time, {READERS} processes", SECONDS * 1000 / answered, "ms", 10),
        Line("processor time of an answer meanwhile", 1000 * sum(each["spent"] for each in told) / answered, "ms"),
        Line(f"memory of {READERS} processes together (PSS)", memory, "MB", 700),
    ]


def _tell(processes: list[subprocess.Popen[str]]) -> None:
    for process in processes:
        if process.stdin:
            process.stdin.write("\n")
            process.stdin.flush()


def proportional(pid: int) -> float:
    """Memory in megabytes, what is shared counted in shares."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/{pid}/smaps_rollup has no Pss")
