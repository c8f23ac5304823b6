"""The usual way to use Celery, with its default settings, to compare with: ``celery --app bench.naive worker``.

Broker and result backend come from NAIVE_BROKER; run as a program, ``python -m bench.naive delay`` times one ``delay()``.
"""

from __future__ import annotations

import os
import sys
import time

from celery import Celery

URL = os.environ.get("NAIVE_BROKER", "")
app = Celery("naive", broker=URL, backend=URL)


@app.task(name="naive.add")
def add(first: int, second: int) -> int:
    """Something trivial."""
    return first + second


@app.task(name="naive.stamp")
def stamp() -> float:
    """When it was done."""
    return time.time()


def submit() -> object:
    """Ask whether a worker is there, then publish: what an application without a ledger does before every task."""
    if not app.control.inspect().ping():
        raise RuntimeError("no worker answered")
    return add.delay(1, 2)


def stats() -> list[object]:
    """The usual queue statistics."""
    inspect = app.control.inspect()
    return [inspect.ping(), inspect.active(), inspect.reserved(), inspect.stats()]


if __name__ == "__main__" and sys.argv[1:] == ["delay"]:
    started = time.perf_counter()
    try:
        add.delay(1, 2)
    except Exception as error:
        print(type(error).__name__, file=sys.stderr)
    print(time.perf_counter() - started)
