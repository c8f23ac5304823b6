"""How much work a question is, before it is done: from what the indexes tell, and what a row costs (``bench/register_search.py``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tenderline.register.filters import Filters
from tenderline.register.search import count
from tenderline.register.selecting import select
from tenderline.register.wording import counted

if TYPE_CHECKING:
    from tenderline.register.snapshot import Snapshot

Kind = Literal["search", "analytics", "table", "export"]

DIRECT_MILLISECONDS = 500.0
"""Longer work goes through the queue unless the caller says otherwise."""
COUNTED_MILLISECONDS = 100.0
"""Matching that takes no longer than this is simply done, and the rows told are the true ones."""

# Nanoseconds on one core of an ordinary server; medians of the benchmark, rounded up.
_MATCH_ROW = 6.0
_WORD_OCCURRENCE = 30.0
_SORT_ROW = 8.0
_ROW = {"search": 1.0, "analytics": 80.0, "table": 20.0, "export": 8_000.0}
_BASE_MILLISECONDS = {"search": 3.0, "analytics": 16.0, "table": 6.0, "export": 20.0}


@dataclass(frozen=True)
class Estimate:
    """What a question will cost.

    Attributes:
        rows: contracts that match; at most so many when ``exact`` is False.
        exact: whether the rows were counted.
        milliseconds: about how long the answer takes.
        recommended: ``sync`` for an answer at once, ``async`` for the queue.
    """

    rows: int
    exact: bool
    milliseconds: float
    recommended: Literal["sync", "async"]

    def sentence(self) -> str:
        """The choice in words."""
        rows = f"{'' if self.exact else 'at most '}{counted(self.rows, 'contract')}"
        how = "answered at once" if self.recommended == "sync" else "worked on in the background"
        return f"{rows.capitalize()}, about {max(1, round(self.milliseconds)):,} ms: {how}."

    def as_dict(self) -> dict[str, Any]:
        """As the HTTP interface tells it."""
        return {
            "rows": self.rows,
            "exact": self.exact,
            "milliseconds": round(self.milliseconds, 1),
            "recommended": self.recommended,
            "reason": self.sentence(),
        }


def estimate(
    snapshot: Snapshot,
    filters: Filters,
    kind: Kind = "search",
    *,
    sorted_by_default: bool = True,
    direct_milliseconds: float = DIRECT_MILLISECONDS,
    counted: bool = True,
) -> Estimate:
    """What an answer costs.

    Args:
        kind: what is asked for.
        sorted_by_default: whether a search is in the default order; every other order looks at each row that matches.
        direct_milliseconds: from how much work on the queue is better.
        counted: whether the rows are to be counted when that is quick; without it, no more is looked at than the choice needs.
    """

    def told(rows: int, matching: float, exact: bool) -> Estimate:
        milliseconds = _BASE_MILLISECONDS[kind] + matching + _answering(snapshot, rows, exact, kind, sorted_by_default)
        return Estimate(rows, exact, milliseconds, "sync" if milliseconds <= direct_milliseconds else "async")

    if not counted:
        words = sum(len(part.split(" ")) for parts in filters.chips("keywords") for part in parts)
        worst = told(snapshot.rows, snapshot.rows * (_MATCH_ROW + words * _WORD_OCCURRENCE) / 1e6, exact=False)
        if worst.recommended == "sync":
            return worst
    rows, matching = _most(snapshot, filters)
    exact = not filters.keywords
    if counted and not exact and matching <= COUNTED_MILLISECONDS:
        rows, exact = count(snapshot, filters), True
    return told(rows, matching, exact)


def _answering(snapshot: Snapshot, rows: int, exact: bool, kind: Kind, sorted_by_default: bool) -> float:
    """Milliseconds from the rows that match to the answer."""
    if kind in ("analytics", "table"):
        # Of most of the register the totals are the ready ones less the rest: half of it is the most to be looked at.
        rows = min(rows, snapshot.rows - rows if exact else snapshot.rows // 2)
    per_row = _ROW[kind] + (_SORT_ROW if kind == "search" and not sorted_by_default else 0.0)
    return rows * per_row / 1e6


def _most(snapshot: Snapshot, filters: Filters) -> tuple[int, float]:
    """At most how many rows match, and how many milliseconds it takes to find out."""
    if not filters:
        return snapshot.rows, 0.0
    rows = sum(selection.count for selection in select(snapshot, filters.model_copy(update={"keywords": []})))
    milliseconds = rows * _MATCH_ROW / 1e6
    chips = filters.chips("keywords")
    if chips and rows:
        occurrences = [[_occurrences(snapshot, part) for part in parts] for parts in chips]
        words = max(len(part.split(" ")) for parts in chips for part in parts)
        milliseconds += sum(map(sum, occurrences)) * words * _WORD_OCCURRENCE / 1e6
        rows = min(rows, sum(map(min, occurrences)))
    return rows, milliseconds


def _occurrences(snapshot: Snapshot, keyword: str) -> int:
    """At most in how many rows a keyword occurs: those of the longest of its words."""
    longest = max(keyword.split(" "), key=len)
    if len(longest) == 1:
        return snapshot.rows
    found: int = 0
    for view in snapshot.views:
        words = view.segment.words
        matching = words.vocabulary.containing(longest)
        found += min(view.segment.rows, words.frequency(matching)) if len(matching) else 0
    return found
