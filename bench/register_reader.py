"""A process that reads the register: it tells how long its first answer took, then asks mixed questions for so many seconds."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from bench.register_questions import Ask
from tenderline.register.snapshot import Snapshot


def answer(snapshot: Snapshot, ask: Ask, body: dict[str, Any]) -> int:
    """Ask the register; the number of contracts that match (of those in the table, for a table)."""
    from tenderline.register.aggregates import aggregate
    from tenderline.register.queries import AggregateQuery, SearchQuery, TableQuery
    from tenderline.register.search import search
    from tenderline.register.tables import table

    if ask == "search":
        return search(snapshot, SearchQuery.model_validate(body)).total
    if ask == "table":
        return table(snapshot, TableQuery.model_validate(body)).total
    query = AggregateQuery.model_validate(body)
    return int(aggregate(snapshot, query.filters, query.top_n)["summary"]["count"])


def main(folder: Path, seed: int, seconds: float) -> None:
    started = time.perf_counter()
    from bench.register_segments import open_snapshot

    snapshot = open_snapshot(folder)
    answer(snapshot, "search", {"keywords": ["road"], "contractors": ["builders"]})
    print(json.dumps({"first": (time.perf_counter() - started) * 1000}), flush=True)
    from bench.register_questions import mixed
    from bench.register_words import names

    questions = mixed(names(), seed)
    sys.stdin.readline()
    end = time.perf_counter() + seconds
    spent = time.process_time()
    answered = 0
    while time.perf_counter() < end:
        answer(snapshot, *next(questions))
        answered += 1
    print(json.dumps({"answered": answered, "spent": time.process_time() - spent}), flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
