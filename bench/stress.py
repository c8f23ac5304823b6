"""Load on any running instance: ``python -m bench.stress --url http://127.0.0.1:8000 --operation test -n 500 -c 20``.

Submits N times from C callers at once, follows every accepted task to its end, and prints what became of them. The exit code is 1 when
anything that was accepted was lost or done twice, 2 when the server can't be used at all.
"""

from __future__ import annotations

import argparse
import http.client
import math
import os
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench.load import Client, Plan, Refused, Work, changed_since, follow, plan, submit

PERCENTILES = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0))


@dataclass
class Report:
    """What became of all submits."""

    submitted: int
    accepted: int
    cached: int
    refused: Counter[int]
    unanswered: int
    done: int
    failed: int
    cancelled: int
    lost: int
    duplicates: int
    seconds: float
    waiting: list[float]
    running: list[float]

    @property
    def well(self) -> bool:
        """Whether everything that was accepted was done once, or ended in a way that is said."""
        return not self.lost and not self.duplicates


class Progress:
    """One line that is written over; without a terminal, a line every tenth."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._terminal = sys.stderr.isatty()
        self._lock = threading.Lock()

    def step(self) -> None:
        """One more has ended."""
        with self._lock:
            self._done += 1
            if self._terminal:
                filled = 40 * self._done // self._total
                print(f"\r[{'#' * filled}{'.' * (40 - filled)}] {self._done}/{self._total}", end="", file=sys.stderr, flush=True)
                if self._done == self._total:
                    print(file=sys.stderr)
            elif self._done % max(1, self._total // 10) == 0:
                print(f"{self._done}/{self._total}", file=sys.stderr, flush=True)


def run(client: Client, planned: Plan, concurrency: int, timeout: float) -> Report:
    """Submit everything and follow it. ``timeout``: seconds that a task is looked at before it counts as lost."""
    progress = Progress(len(planned.works))

    def handle(work: Work) -> None:
        try:
            submit(client, work)
        except (OSError, http.client.HTTPException, ValueError):
            work.refused = -1
        if work.task_id:
            lookers.submit(look, work)
        else:
            progress.step()

    def look(work: Work) -> None:
        follow(client, work, time.monotonic() + timeout)
        progress.step()

    started = time.monotonic()
    with ThreadPoolExecutor(max(8, 2 * concurrency)) as lookers, ThreadPoolExecutor(concurrency) as callers:
        list(callers.map(handle, planned.works))
        callers.shutdown(wait=True)
    return report(client, planned, time.monotonic() - started)


def report(client: Client, planned: Plan, seconds: float) -> Report:
    """Count."""
    works = planned.works
    accepted = [work for work in works if work.task_id]
    unique = {work.task_id: work for work in accepted}
    states = Counter(work.final["state"] if work.final else "LOST" for work in unique.values())
    twice, missing = planned.check()
    again = len(list(changed_since(client, list(unique.values()))))
    times = [work.final for work in unique.values() if work.final and work.final.get("started_at") and work.final.get("finished_at")]
    return Report(
        submitted=len(works),
        accepted=len(accepted),
        cached=sum(work.cached for work in works),
        refused=Counter(work.refused for work in works if work.refused > 0 and not work.task_id),
        unanswered=sum(work.refused < 0 for work in works),
        done=states["SUCCESS"],
        failed=states["FAILURE"],
        cancelled=states["REVOKED"],
        lost=states["LOST"] + missing,
        duplicates=twice + again,
        seconds=seconds,
        waiting=sorted(status["started_at"] - status["created_at"] for status in times),
        running=sorted(status["finished_at"] - status["started_at"] for status in times),
    )


def show(found: Report) -> None:
    """The table."""
    rows: list[tuple[str, object]] = [
        ("submitted", found.submitted),
        ("accepted", found.accepted),
        ("answered from an earlier task (cached)", found.cached),
        ("refused with 429", found.refused.pop(429, 0)),
        ("refused with 503", found.refused.pop(503, 0)),
        *((f"refused with {status}", count) for status, count in sorted(found.refused.items())),
        ("nobody answered", found.unanswered),
        ("done", found.done),
        ("failed", found.failed),
        ("cancelled", found.cancelled),
        ("LOST", found.lost),
        ("DUPLICATES", found.duplicates),
        ("seconds in all", f"{found.seconds:.1f}"),
        ("tasks per second", f"{found.done / found.seconds:.1f}" if found.seconds else "-"),
    ]
    for name, value in rows:
        print(f"{name:<40}{value!s:>10}")
    print(f"\n{'seconds':<10}" + "".join(f"{name:>10}" for name, _ in PERCENTILES))
    for name, values in (("waiting", found.waiting), ("running", found.running)):
        print(f"{name:<10}" + "".join(f"{percentile(values, part):>10.2f}" if values else f"{'-':>10}" for _, part in PERCENTILES))


def percentile(values: list[float], part: float) -> float:
    """The value that ``part`` of the sorted values do not exceed."""
    return values[max(1, math.ceil(part * len(values))) - 1]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.stress", description="Load on a running Tenderline.")
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--operation", choices=["test", "chat", "analyze"], default="test")
    parser.add_argument("-n", "--number", type=int, default=100, help="submits in all")
    parser.add_argument("-c", "--concurrency", type=int, default=10, help="callers at once")
    parser.add_argument("--timeout", type=float, default=300, help="seconds to wait for a task's end before it counts as lost")
    parser.add_argument("--password", default=os.environ.get("ACCESS_PASSWORD", ""), help="of the login; by default ACCESS_PASSWORD")
    parser.add_argument("--keep", action="store_true", help="keep the documents that were uploaded")
    given = parser.parse_args(arguments)
    if given.number < 1 or given.concurrency < 1:
        parser.error("-n and -c must be at least 1")
    client = Client(given.url)
    try:
        if given.password:
            client.login(given.password)
        planned = plan(client, given.operation, given.number)
    except (Refused, OSError, http.client.HTTPException, ValueError) as error:
        print(f"{given.url} can't be used: {error}", file=sys.stderr)
        return 2
    try:
        found = run(client, planned, given.concurrency, given.timeout)
    finally:
        if not given.keep:
            planned.clear()
    show(found)
    return 0 if found.well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
