"""Progress of the runs of one process: written a few times a second at most, and not at all for a run that is over before it could be read.

What an operation says is written at once if nothing was written lately, or else a moment later by a thread: the last word before a long
silence must be seen too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tenderline.tasks.ledger import Claim, RunLost
from tenderline.tasks.operation import TaskContext

PROGRESS_EVERY = 0.2
"""Seconds from the start of a run to its first progress, and between two writes of it."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Said:
    """The progress of a run; see ``TaskContext.progress``."""

    current: int
    total: int
    status: str
    partial: str | None


Write = Callable[[Claim, Said], None]
"""Writes progress to the ledger; raises ``RunLost``."""


class Reports:
    """The reports of one process; ``write`` is called in the thread of a run, or in one of ours."""

    def __init__(self, write: Write) -> None:
        self.write = write
        self._waiting: set[Report] = set()
        self._lock = threading.Lock()
        self._some_wait = threading.Event()
        self._thread: threading.Thread | None = None

    def expect(self, report: Report) -> None:
        """Something is to be written in a moment."""
        with self._lock:
            self._waiting.add(report)
            if self._thread is None:  # not before it is needed: by then this process is one that forks no more
                self._thread = threading.Thread(target=self._work, name="reports", daemon=True)
                self._thread.start()
        self._some_wait.set()

    def _work(self) -> None:
        while True:
            self._some_wait.wait()
            self._some_wait.clear()
            while reports := self._take():
                time.sleep(PROGRESS_EVERY / 4)
                for report in reports:
                    if report.look():
                        with self._lock:
                            self._waiting.add(report)

    def _take(self) -> list[Report]:
        with self._lock:
            reports = list(self._waiting)
            self._waiting.clear()
        return reports


class Report:
    """The progress of one run, which begins now; ``context`` is the run's, to be set before it says anything."""

    context: TaskContext

    def __init__(self, reports: Reports, claim: Claim) -> None:
        self._reports = reports
        self._claim = claim
        self._written_at = time.monotonic()
        self._unwritten: Said | None = None
        self._lock = threading.Lock()

    def __call__(self, current: int, total: int, status: str, partial: str | None) -> None:
        with self._lock:
            if partial is None and self._unwritten is not None:
                partial = self._unwritten.partial
            self._unwritten = Said(current, total, status, partial)
            if self._due:
                self._write()
                return
        self._reports.expect(self)

    def look(self) -> bool:
        """Write what has waited long enough; whether there still is something to write."""
        with self._lock:
            if self._unwritten is not None and self.context.cancelled:
                self._unwritten = None  # it is to stop: its own next word would not be written either
            if self._unwritten is not None and self._due:
                try:
                    self._write()
                except RunLost:
                    self.context.cancel(RunLost)
            return self._unwritten is not None

    def close(self) -> None:
        """The run is over: its end says all there is to say."""
        with self._lock:
            self._unwritten = None

    @property
    def _due(self) -> bool:
        return time.monotonic() - self._written_at >= PROGRESS_EVERY

    def _write(self) -> None:
        said, self._unwritten = self._unwritten, None
        self._written_at = time.monotonic()
        if said is None:
            return
        try:
            self._reports.write(self._claim, said)
        except SQLAlchemyError as error:
            log.warning("progress_not_written", task_id=self._claim.task_id, reason=type(error).__name__)
