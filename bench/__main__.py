"""``make bench``: every benchmark, or those named: ``python -m bench start latency cancel``."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from bench import faults, latency, review, sockets, start
from bench.measure import Line, show


def register() -> list[Line]:
    """The register's figures; its libraries and data are loaded only for them."""
    from bench import register_search

    return register_search.run()


def answers() -> list[Line]:
    """The way of an answer's first words."""
    from bench import chat

    return chat.run()


def imports() -> list[Line]:
    """The figures of imports."""
    from bench import register_import

    return register_import.run()


def reviewer() -> list[Line]:
    """Precision and recall of the built-in reviewer."""
    from bench.reviewer.run import run

    return run()


def word() -> list[Line]:
    """Word files read and written."""
    from bench import word as word_files

    return word_files.measure()


def exports() -> list[Line]:
    """The figures of exports."""
    from bench import register_export

    return register_export.run()


def compaction() -> list[Line]:
    """The figures of merging small segments."""
    from bench import register_compaction

    return register_compaction.run()


def page() -> list[Line]:
    """The page's figures, in a browser."""
    from bench import page as in_a_browser

    return in_a_browser.run()


BENCHMARKS = {
    "start": ("Start", start.run),
    "latency": ("Submit, status, statistics and failover (web server, worker and Redis on this machine)", latency.run),
    "killed": ("Worker killed", latency.killed),
    "cancel": ("Cancel", latency.cancel),
    "sockets": ("Live updates", sockets.run),
    "faults": ("After faults", faults.after_faults),
    "cancels": ("Cancel, the slowest but one of twenty", faults.cancels),
    "throughput": ("Trivial tasks", faults.throughput),
    "history": ("Beside many finished tasks", faults.with_history),
    "limits": ("Limits", faults.limit_use),
    "idle": ("With nothing to do", faults.idle),
    "review": ("A whole document under review", review.run),
    "chat": ("Words of an answer, after the model has said them", answers),
    "register": ("The register", register),
    "word": ("Word files", word),
    "page": ("The page of a review", page),
    "import": ("Imports into the register", imports),
    "reviewer": ("The built-in reviewer, on documents with seeded defects and clean ones", reviewer),
    "export": ("Exports of the register", exports),
    "compaction": ("Merging small parts of the register", compaction),
}


def main(names: list[str]) -> int:
    reached = [measured(title, run) for title, run in (BENCHMARKS[name] for name in names or BENCHMARKS)]
    return 0 if all(reached) else 1


def measured(title: str, run: Callable[[], list[Line]]) -> bool:
    """Run one benchmark and print its table; whether every goal was reached. One that waits in vain says so, and the others go on."""
    try:
        lines = run()
    except pytest.fail.Exception as failure:
        print(f"\n{title}\n  MISSED: {failure.msg}", flush=True)
        return False
    return show(title, lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
