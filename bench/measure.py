"""Timing and printing."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One measured figure; ``goal`` (at most), ``least`` (at least) and ``naive`` are in ``unit`` too.

    ``ratio_goal`` is how many times better than naive it is to be.
    """

    name: str
    value: float
    unit: str
    goal: float | None = None
    naive: float | None = None
    ratio_goal: float | None = None
    least: float | None = None

    @property
    def has_goal(self) -> bool:
        return not (self.goal is None and self.least is None and self.ratio_goal is None)

    @property
    def reached(self) -> bool:
        within = (self.goal is None or self.value <= self.goal) and (self.least is None or self.value >= self.least)
        return within and (self.ratio_goal is None or self.naive is None or self.naive / self.value >= self.ratio_goal)


def median(action: Callable[[], object], times: int) -> float:
    """The median of ``times`` timed calls, in milliseconds."""
    return statistics.median(timed(action) for _ in range(times))


def timed(action: Callable[[], object]) -> float:
    """How long one call takes, in milliseconds."""
    started = time.perf_counter()
    action()
    return (time.perf_counter() - started) * 1000


def show(title: str, lines: list[Line]) -> bool:
    """Print a table; whether every goal was reached."""
    rows = [("what", "measured", "goal", "naive way", "times better", "")]
    for line in lines:
        better = f"{line.naive / line.value:.0f}" if line.naive else ""
        rows.append(
            (
                line.name,
                f"{line.value:.{1 if line.unit else 2}f} {line.unit}",
                _goal(line),
                f"{line.naive:.0f} {line.unit}" if line.naive else "",
                better + (f" (goal {line.ratio_goal:.0f})" if line.ratio_goal else ""),
                ("reached" if line.reached else "MISSED") if line.has_goal else "",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    print(f"\n{title}")
    for row in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), flush=True)
    return all(line.reached for line in lines)


def _goal(line: Line) -> str:
    """The goal in words; nothing where there is none. A goal of 0 is one too."""
    if line.goal is not None:
        return f"<= {line.goal:g} {line.unit}".rstrip()
    return "" if line.least is None else f">= {line.least:g} {line.unit}".rstrip()
