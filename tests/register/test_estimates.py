"""What a question will cost is told before it is worked on, with the reason."""

from __future__ import annotations

from pathlib import Path

from tenderline.register.estimate import estimate
from tenderline.register.filters import Filters
from tests.register.odd_contracts import odd_rows
from tests.register.snapshots import snapshot_of


def test_an_estimate_counts_the_rows_and_says_why(tmp_path: Path) -> None:
    snapshot = snapshot_of(tmp_path, [odd_rows(1, 200, 1), odd_rows(2, 100, 2)], [set(), set()])
    everything = estimate(snapshot, Filters())
    assert (everything.rows, everything.exact, everything.recommended) == (300, True, "sync")
    assert everything.sentence().startswith("300 contracts, about ")
    assert estimate(snapshot, Filters(keywords=["nothing has this"])).rows == 0
    assert estimate(snapshot, Filters(), "export").milliseconds > everything.milliseconds
    quick = estimate(snapshot, Filters(keywords=["road"]), counted=False)
    assert (quick.exact, quick.recommended) == (False, "sync")
    assert quick.sentence().startswith("At most 300 contracts")
    assert estimate(snapshot, Filters(keywords=["road"]), counted=False, direct_milliseconds=1.0).recommended == "async"
    slow = estimate(snapshot, Filters(), direct_milliseconds=1.0)
    assert slow.recommended == "async"
    assert "in the background" in slow.sentence()
    assert slow.as_dict()["reason"] == slow.sentence()
