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
_LOOKED_UP = ("identity.hashes", "identity.rows", "contractors.codes", "contractors.names", "amount", "date", "uid")
"""The files of a segment in which rows of an import are looked up."""


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

    from tenderline.register.parting import parts

    added = np.ones(staging.rows, dtype=bool)
    repeated = duplicates = 0
    replaced: dict[str, list[NDArray[np.int32]]] = {}
    conflicts: list[NDArray[np.int64]] = []
    contradicted: list[NDArray[np.int64]] = []
    for part in parts(staging, ("hi", "lo", "content"), check):
        again = _repeats(part)
        equal, odds, found = _known(part, snapshot, check)
        comes = np.ones(len(part), dtype=bool)
        if on_duplicate != KEEP:
            comes &= ~again
            duplicates += int((again | equal).sum())
        if on_duplicate == SKIP:
            comes &= ~equal
        uids = np.zeros(len(part), dtype=np.int64)
        for match in found:
            first = match.places[::-1]  # of several rows that are contradicted the first one is told
            uids[first[~match.equal[::-1]]] = match.uids[::-1][~match.equal[::-1]]
            if on_duplicate == REPLACE and match.equal.any():
                replaced.setdefault(match.segment, []).append(match.rows[match.equal & comes[match.places]])
        at_odds = comes & odds & ~equal
        added[part["place"]] = comes
        repeated += int(again.sum())
        conflicts.append(part["place"][at_odds])
        contradicted.append(uids[at_odds])
    places, uids = np.concatenate(conflicts), np.concatenate(contradicted)
    order = np.argsort(places)
    hidden = {segment: np.unique(np.concatenate(rows)) for segment, rows in replaced.items()}
    return Verdict(added, repeated, duplicates, hidden, places[order], uids[order])


@dataclass(frozen=True)
class _Match:
    """Rows of a part and the rows of one segment that are about the same, pair by pair."""

    segment: str
    places: NDArray[np.int64]
    rows: NDArray[np.int32]
    uids: NDArray[np.int64]
    equal: NDArray[np.bool_]


def _repeats(part: NDArray[np.void]) -> NDArray[np.bool_]:
    """Which rows say what an earlier row of the file says."""
    import numpy as np

    again = np.zeros(len(part), dtype=bool)
    order = np.argsort(part["hi"] ^ part["content"], kind="stable")
    before, after = order[:-1], order[1:]
    same = np.ones(len(before), dtype=bool)
    for name in ("hi", "lo", "content"):
        same &= part[name][before] == part[name][after]
    again[after[same]] = True
    return again


def _known(
    part: NDArray[np.void], snapshot: Snapshot, check: Callable[[], None]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], list[_Match]]:
    """Which rows of a part the register has, which it contradicts, and where."""
    import numpy as np

    from tenderline.register.contents import contents_of_rows
    from tenderline.register.identity import HASH

    hashes: NDArray[Any] = np.empty(len(part), dtype=HASH)
    hashes["hi"], hashes["lo"] = part["hi"], part["lo"]
    order = np.argsort(hashes["hi"], kind="stable")  # looked up in their order, neighbours are found beside each other
    hashes = hashes[order]
    equal, odds = np.zeros(len(part), dtype=bool), np.zeros(len(part), dtype=bool)
    found = []
    for view in snapshot.views:
        check()
        segment = view.segment
        places, rows = segment.identity.matches(hashes)
        if view.hidden is not None and len(rows):
            shown = ~view.hidden[rows]
            places, rows = places[shown], rows[shown]
        if len(rows):
            places = order[places]
            same = contents_of_rows(segment, rows) == part["content"][places]
            equal[places[same]] = True
            odds[places[~same]] = True
            found.append(_Match(segment.id, places, rows, segment.uid[rows], same))
        segment.forget(_LOOKED_UP)
    return equal, odds, found
