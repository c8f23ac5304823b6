"""What becomes of the rows of an import: new, there already, or at odds with what is there.

Two rows are about the same purchase when their identities are the same (``register.identity``). If they say the same too (amount, date,
awardee), the later one is a duplicate, in the register or in its own file; if not, it contradicts the one in the register. Within one file
only equal rows count, the first one wins: several lines of a contract may have amounts of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tenderline.register.snapshot import Snapshot
    from tenderline.register.staging import Staging

SKIP, REPLACE, KEEP = "skip", "replace", "keep"


@dataclass(frozen=True)
class Verdict:
    """What becomes of each staged row.

    Attributes:
        added: whether it comes into the register.
        repeated: rows that stand in the file before.
        duplicates: rows that were in the register already, and those of ``repeated`` that are left out.
        replaced: segment id -> its rows that are hidden because the file has them anew.
        conflicts: staged rows (their places, ascending) that contradict a row of the register; they are added, but hidden until decided.
        contradicted: the uid of that row for each of them.
    """

    added: NDArray[np.bool_]
    repeated: int
    duplicates: int
    replaced: dict[str, NDArray[np.int32]]
    conflicts: NDArray[np.int64]
    contradicted: NDArray[np.int64]

    def adds_the_same(self, other: Verdict) -> bool:
        """Whether the same rows come in by both, and the same ones wait for a decision."""
        import numpy as np

        return np.array_equal(self.added, other.added) and np.array_equal(self.conflicts, other.conflicts)


def judge(staging: Staging, snapshot: Snapshot, on_duplicate: str, check: Callable[[], None]) -> Verdict:
    """Compare the staged rows with each other and with the register as it is in ``snapshot``.

    Args:
        on_duplicate: ``skip`` leaves duplicates out, ``replace`` puts them in the place of what is there, ``keep`` adds them beside it.
        check: called between steps; raises when the work is to stop.
    """
    import numpy as np

    rows = staging.rows
    again = _repeats(staging)
    check()
    equal, odds, found = _known(staging, snapshot, check)
    added = np.ones(rows, dtype=bool)
    if on_duplicate != KEEP:
        added &= ~again
    if on_duplicate == SKIP:
        added &= ~equal
    conflicting = added & odds & ~equal
    contradicted = np.zeros(rows, dtype=np.int64)
    replaced = {}
    for match in found:
        first = match.places[::-1]  # of several rows that are contradicted the first one is told
        contradicted[first[~match.equal[::-1]]] = match.uids[::-1][~match.equal[::-1]]
        if on_duplicate == REPLACE and match.equal.any():
            replaced[match.segment] = np.unique(match.rows[match.equal & added[match.places]])
    conflicts = np.flatnonzero(conflicting)
    left_out = again | equal if on_duplicate != KEEP else np.zeros(rows, dtype=bool)
    return Verdict(added, int(again.sum()), int(left_out.sum()), replaced, conflicts, contradicted[conflicts])


@dataclass(frozen=True)
class _Match:
    """Staged rows and the rows of one segment that are about the same, pair by pair."""

    segment: str
    places: NDArray[np.int64]
    rows: NDArray[np.int32]
    uids: NDArray[np.int64]
    equal: NDArray[np.bool_]


def _repeats(staging: Staging) -> NDArray[np.bool_]:
    """Which rows say what an earlier row of the file says."""
    import numpy as np

    hi, lo, content = (staging.compared(name) for name in ("hi", "lo", "content"))
    again = np.zeros(staging.rows, dtype=bool)
    order = np.argsort(hi ^ content, kind="stable")
    before, after = order[:-1], order[1:]
    same = (hi[before] == hi[after]) & (lo[before] == lo[after]) & (content[before] == content[after])
    again[after[same]] = True
    return again


def _known(staging: Staging, snapshot: Snapshot, check: Callable[[], None]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], list[_Match]]:
    """Which staged rows the register has, which it contradicts, and where."""
    import numpy as np

    from tenderline.register.contents import contents_of_rows
    from tenderline.register.identity import HASH

    hashes: NDArray[Any] = np.empty(staging.rows, dtype=HASH)
    hashes["hi"], hashes["lo"] = staging.compared("hi"), staging.compared("lo")
    order = np.argsort(hashes["hi"], kind="stable")  # looked up in their order, neighbours are found beside each other
    hashes = hashes[order]
    content = staging.compared("content")
    equal, odds = np.zeros(staging.rows, dtype=bool), np.zeros(staging.rows, dtype=bool)
    found = []
    for view in snapshot.views:
        check()
        places, rows = view.segment.identity.matches(hashes)
        if view.hidden is not None and len(rows):
            shown = ~view.hidden[rows]
            places, rows = places[shown], rows[shown]
        if not len(rows):
            continue
        places = order[places]
        same = contents_of_rows(view.segment, rows) == content[places]
        equal[places[same]] = True
        odds[places[~same]] = True
        found.append(_Match(view.segment.id, places, rows, view.segment.uid[rows], same))
    return equal, odds, found
