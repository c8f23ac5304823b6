"""What was undone is done again."""

from __future__ import annotations

from typing import Any

from tenderline.review.decisions import Decisions, OwnFinding, Spot
from tenderline.review.desk import Desk
from tenderline.review.models import ACCEPTED, REJECTED, DeskSession
from tenderline.review.undoing import Undoing
from tests.desk.conftest import finding, put, review


def undo(desk: Desk, row: DeskSession) -> Any:
    return Undoing(desk.database).undo(row.id, "ann")


def redo(desk: Desk, row: DeskSession) -> Any:
    return Undoing(desk.database).redo(row.id, "ann")


def test_redo_does_again_all_that_was_undone_and_can_be_undone_itself(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    decisions, spot = Decisions(desk.database), Spot(row.id, 0, "f")
    decisions.decide(spot, ACCEPTED, "ann")
    decisions.edit(spot, {"description": "Mine.", "risk_level": "High"}, "ann")
    kept = decisions.add(row.id, 0, OwnFinding("Added.", "", "important", "General", "Low", quote="The"), "ann")
    gone = decisions.add(row.id, 0, OwnFinding("Deleted.", "", "important", "General", "Low"), "ann")
    decisions.delete(Spot(row.id, 0, gone["id"]), "ann")

    def shown() -> list[tuple[Any, ...]]:
        found = desk.review(row.id, 0)[1]
        return [tuple(item[name] for name in ("id", "decision", "decided_at", "description", "risk_level", "quote")) for item in found]

    after = shown()
    for _ in range(2):  # there and back, and once more
        undone = [undo(desk, row).step.action for _ in range(5)]
        assert undone == ["deleted", "added", "added", "edited", "accepted"]
        assert shown() == [("f", "pending", None, "Unclear.", "Low", "The")]
        redone = [redo(desk, row).step.action for _ in range(5)]
        assert redone == undone[::-1]
        assert shown() == after
        assert redo(desk, row).step is None
    assert kept["id"] in [item[0] for item in after]


def test_a_new_change_ends_what_can_be_redone(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"), finding("g", start=4, end=7))
    decisions = Decisions(desk.database)
    decisions.decide(Spot(row.id, 0, "f"), ACCEPTED, "ann")
    undo(desk, row)
    decisions.decide(Spot(row.id, 0, "g"), REJECTED, "ann")
    assert redo(desk, row).step is None
    assert [item["decision"] for item in desk.review(row.id, 0)[1]] == ["pending", "rejected"]


def test_redo_passes_over_what_a_review_took_away(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"), finding("g", start=4, end=7))
    decisions = Decisions(desk.database)
    decisions.decide(Spot(row.id, 0, "f"), ACCEPTED, "ann")
    decisions.decide(Spot(row.id, 0, "g"), ACCEPTED, "ann")
    undo(desk, row)
    undo(desk, row)
    review(desk, row, finding("g", start=4, end=7))
    redone = redo(desk, row)
    assert (redone.step.finding_id, redone.item["decision"]) == ("g", "accepted")
    assert [line.finding_id for line in redone.passed_over] == ["f"]
