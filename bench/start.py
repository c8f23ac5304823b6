"""How soon the page is there, and how much memory a web process takes."""

from __future__ import annotations

import tempfile
import time
import urllib.request
from pathlib import Path

from bench.measure import Line
from tests.servers import start_web
from tests.services import wait_for


def run() -> list[Line]:
    """Seconds to the page (the second start: the first makes the database), megabytes of the larger web process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start_web(folder).stop()
        started = time.perf_counter()
        server = start_web(folder)
        try:
            with urllib.request.urlopen(server.url, timeout=10) as page:
                page.read()
            took = time.perf_counter() - started
            workers = wait_for(lambda: children(server.process.pid) if len(children(server.process.pid)) == 2 else [], "both web processes")
            megabytes = max(resident(pid) for pid in workers)
        finally:
            server.stop()
    return [Line("start to the page", took, "s", 2), Line("memory of a web process", megabytes, "MB", 150)]


def children(pid: int) -> list[int]:
    """The processes that ``pid`` started."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def resident(pid: int) -> float:
    """Resident memory in megabytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc/{pid}/status has no VmRSS")
