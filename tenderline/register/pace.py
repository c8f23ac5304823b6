"""How far an import is, in words and figures: said at most a few times a second, however often it is asked."""

from __future__ import annotations

import json
import time

from tenderline.errors import TimeLimitExceeded
from tenderline.register.wording import counted
from tenderline.tasks.operation import TaskContext

STEPS = 1000
SAY_EVERY = 0.25
"""Seconds between two words."""


class Pace:
    """The progress of one run.

    Args:
        context: the run's; every call checks whether it is to stop.
        stall_limit: seconds without progress after which the run ends with ``TimeLimitExceeded``.
    """

    def __init__(self, context: TaskContext, stall_limit: float) -> None:
        self._context = context
        self._stall_limit = stall_limit
        self._said_at = 0.0
        self._words = ""
        self._begin, self._end = 0, STEPS
        self._share = 0.0
        self._rows = 0
        self._entered_at = self._moved_at = time.monotonic()

    def enter(self, words: str, begin: int, end: int) -> None:
        """A new phase begins, which takes the work from ``begin`` to ``end`` of ``STEPS``."""
        self._words, self._begin, self._end, self._share, self._rows = words, begin, end, 0.0, 0
        self._entered_at = self._moved_at = time.monotonic()
        self._said_at = 0.0
        self.check()

    def move(self, share: float, rows: int) -> None:
        """The phase has got to ``share`` (0 to 1) of its way, with so many rows."""
        if share > self._share or rows > self._rows:
            self._moved_at = time.monotonic()
        self._share, self._rows = min(1.0, share), rows
        self.check()

    def check(self) -> None:
        """Stop here if the run is to stop; say how far it is if nothing was said lately. Cheap to call often."""
        self._context.check()
        now = time.monotonic()
        if now - self._said_at < SAY_EVERY:
            return
        if now - self._moved_at > self._stall_limit:
            raise TimeLimitExceeded("The import did not get any further.", hint="Start it again; if it stops again, split the file.")
        self._said_at = now
        done = self._begin + (self._end - self._begin) * self._share
        self._context.progress(round(done), STEPS, self._sentence(now), json.dumps(self._figures(now)))

    def _figures(self, now: float) -> dict[str, float]:
        spent = now - self._entered_at
        figures: dict[str, float] = {"rows": self._rows}
        if self._rows and spent > SAY_EVERY:
            figures["rows_per_second"] = round(self._rows / spent)
        if self._share > 0.02 and spent > 1:
            done = self._begin + (self._end - self._begin) * self._share
            phase = spent / self._share
            left = phase * (1 - self._share) + phase * (STEPS - self._end) / (self._end - self._begin)
            figures["seconds_left"] = round(left, 1) if done < STEPS else 0.0
        return figures

    def _sentence(self, now: float) -> str:
        figures = self._figures(now)
        parts = [self._words]
        if self._rows:
            parts.append(counted(self._rows, "row"))
        if "rows_per_second" in figures:
            parts.append(f"{figures['rows_per_second']:,} a second")
        if figures.get("seconds_left", 0) >= 1:
            parts.append(f"about {figures['seconds_left']:.0f} s left")
        return parts[0] if len(parts) == 1 else f"{parts[0]}: {', '.join(parts[1:])}"
