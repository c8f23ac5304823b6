from __future__ import annotations

import threading
import uuid
from typing import Any

import pytest
from sqlalchemy import func, select

from tenderline.errors import Conflict, Invalid, NotFound
from tenderline.review import decisions as module
from tenderline.review.counting import counts
from tenderline.review.decisions import Decisions, OwnFinding, Spot
from tenderline.review.desk import Desk
from tenderline.review.findings import all_findings, replace_findings
from tenderline.review.models import ACCEPTED, REJECTED, UNDECIDED, WHOLE_DOCUMENT, Activity, DeskSession, FindingRow
from tenderline.review.undoing import Undoing
from tests.desk.conftest import finding, put, review

FIELDS = {"suggestion": "Do it.", "type": "critical", "category": "Clarity", "risk_level": "High"}


def decide(desk: Desk, row: DeskSession, name: str, decision: str, section: int = 0) -> dict[str, Any]:
    return Decisions(desk.database).decide(Spot(row.id, section, name), decision, "ann")


def edit(desk: Desk, row: DeskSession, name: str, **changes: str) -> dict[str, Any]:
    return Decisions(desk.database).edit(Spot(row.id, 0, name), changes, "ann")


def add(desk: Desk, row: DeskSession, description: str = "Mine.", section: int = 0, **fields: Any) -> dict[str, Any]:
    return Decisions(desk.database).add(row.id, section, OwnFinding(description, **{**FIELDS, **fields}), "ann")


def undo(desk: Desk, row: DeskSession) -> Any:
    return Undoing(desk.database).undo(row.id, "ann")


def listed(desk: Desk, row: DeskSession) -> list[dict[str, Any]]:
    with desk.database.read() as session:
        return all_findings(session, row.id)


def log(desk: Desk, row: DeskSession) -> list[str]:
    with desk.database.read() as session:
        return list(session.scalars(select(Activity.action).where(Activity.session_id == row.id).order_by(Activity.id)))


def states(desk: Desk, row: DeskSession) -> dict[str, tuple[str, bool]]:
    return {item["id"]: (item["decision"], item["present"]) for item in listed(desk, row)}


def test_a_decision_is_kept_with_who_and_when_and_a_line_in_the_log(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    item = decide(desk, row, "f", ACCEPTED)
    assert (item["decision"], item["decided_at"] > 1_700_000_000) == ("accepted", True)
    with desk.database.read() as session:
        kept = session.scalars(select(FindingRow)).one()
        assert (kept.decision, kept.decided_by, kept.decided_at) == ("accepted", "ann", item["decided_at"])
    assert decide(desk, row, "f", REJECTED)["decision"] == "rejected"
    reverted = decide(desk, row, "f", UNDECIDED)
    assert (reverted["decision"], reverted["decided_at"]) == ("pending", None)
    assert log(desk, row) == ["document_uploaded", "section_analyzed", "accepted", "rejected", "reverted"]


def test_deciding_the_same_again_leaves_no_line(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    first = decide(desk, row, "f", ACCEPTED)
    assert decide(desk, row, "f", ACCEPTED) == first
    assert log(desk, row).count("accepted") == 1


def test_a_decision_whose_line_cannot_be_written_is_not_made(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    row = put(desk)
    review(desk, row, finding("f"))

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("no line")

    monkeypatch.setattr(module, "record_activity", fails)
    for change in (lambda: decide(desk, row, "f", ACCEPTED), lambda: edit(desk, row, "f", description="Other."), lambda: add(desk, row)):
        with pytest.raises(RuntimeError):
            change()
    [item] = listed(desk, row)
    assert (item["decision"], item["edited"]) == ("pending", False)


def test_a_finding_that_is_not_there_is_not_found(desk: Desk) -> None:
    row, other = put(desk), put(desk)
    review(desk, row, finding("f"))
    for spot in (Spot(row.id, 1, "f"), Spot(row.id, 0, "g"), Spot(other.id, 0, "f"), Spot(row.id, WHOLE_DOCUMENT, "f")):
        with pytest.raises(NotFound):
            Decisions(desk.database).decide(spot, ACCEPTED, "ann")
    desk.delete(row.id, "ann")
    with pytest.raises(NotFound):
        decide(desk, row, "f", ACCEPTED)
    with pytest.raises(NotFound):
        undo(desk, row)


def test_findings_that_return_keep_decisions_and_the_rest_goes_unless_decided(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, *(finding(name, place, place + 1) for place, name in enumerate("abcd")))
    decide(desk, row, "a", ACCEPTED)
    decide(desk, row, "b", REJECTED)
    decide(desk, row, "c", ACCEPTED)
    review(desk, row, finding("a", 0, 1, description="Said anew."))
    assert states(desk, row) == {"a": ("accepted", True), "c": ("accepted", False)}
    assert listed(desk, row)[0]["description"] == "Said anew."
    review(desk, row, *(finding(name, place, place + 1) for place, name in enumerate("bcd")))
    assert states(desk, row) == {"a": ("accepted", False), "b": ("rejected", True), "c": ("accepted", True), "d": ("pending", True)}


def test_a_decision_taken_back_on_what_is_no_longer_found_stays_in_sight_until_the_next_review(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    decide(desk, row, "f", ACCEPTED)
    review(desk, row)
    decide(desk, row, "f", UNDECIDED)
    assert states(desk, row) == {"f": ("pending", False)}
    review(desk, row)
    assert states(desk, row) == {}


def test_an_edit_keeps_what_the_reviewer_wrote_and_setting_it_back_clears_it(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    item = edit(desk, row, "f", description="Mine.", risk_level="High")
    assert (item["description"], item["risk_level"], item["suggestion"], item["edited"]) == ("Mine.", "High", "Say it.", True)
    assert edit(desk, row, "f", description="Unclear.")["edited"] is True
    assert edit(desk, row, "f", risk_level="Low")["edited"] is False
    with desk.database.read() as session:
        assert session.scalar(select(func.count()).where(FindingRow.original.is_not(None))) == 0
    assert edit(desk, row, "f", risk_level="Low")["edited"] is False
    assert log(desk, row).count("edited") == 3


def test_edits_outlive_a_review_field_by_field(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    edit(desk, row, "f", description="Mine.")
    review(desk, row, finding("f", description="Said anew.", suggestion="Do it anew."))
    [item] = listed(desk, row)
    assert (item["description"], item["suggestion"], item["edited"]) == ("Mine.", "Do it anew.", True)
    assert edit(desk, row, "f", description="Said anew.")["edited"] is False
    edit(desk, row, "f", description="Mine again.")
    review(desk, row)
    assert states(desk, row) == {"f": ("pending", False)}


def test_an_own_finding_is_accepted_stands_in_its_place_and_outlives_reviews(desk: Desk) -> None:
    row = put(desk)
    text = desk.section(row.id, "Scope").text
    review(desk, row, finding("first", 0, 3), finding("last", 20, 23))
    item = add(desk, row, quote="must")
    assert text[item["start"] : item["end"]] == item["quote"] == "must"
    assert (item["decision"], item["source"], item["edited"], item["present"]) == ("accepted", "reader", False, True)
    assert [found["id"] for found in listed(desk, row)] == ["first", item["id"], "last"]
    review(desk, row)
    assert [found["id"] for found in listed(desk, row)] == [item["id"]]
    assert edit(desk, row, item["id"], description="Mine, better.")["edited"] is False


def test_the_quote_nearest_to_the_named_start_counts(desk: Desk) -> None:
    row = put(desk, b"# Scope\n\nno no no no\n")
    text = desk.section(row.id, "Scope").text
    places = [index for index in range(len(text)) if text.startswith("no", index)]
    assert len(places) == 4
    assert add(desk, row, quote="no")["start"] == places[0]
    for place in places:
        assert [add(desk, row, quote="no", start=place + shift)["start"] for shift in (-1, 0, 1)] == [place] * 3
    assert add(desk, row, quote="no", start=10**9)["start"] == places[-1]


@pytest.mark.parametrize(("section", "quote"), [(0, "Must"), (0, "No terms."), (WHOLE_DOCUMENT, "must")])
def test_a_quote_that_is_not_in_the_section_is_refused(desk: Desk, section: int, quote: str) -> None:
    row = put(desk)
    with pytest.raises(Invalid) as refused:
        add(desk, row, section=section, quote=quote)
    assert set(refused.value.fields or {}) == {"quote"}
    assert listed(desk, row) == []


def test_adding_with_the_same_key_adds_once(desk: Desk) -> None:
    row, key = put(desk), uuid.uuid4()
    assert add(desk, row, key=key) == add(desk, row, key=key)
    assert log(desk, row).count("added") == 1


def test_a_document_holds_so_many_own_findings_and_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_OWN", 2)
    row = put(desk)
    first = add(desk, row)
    add(desk, row, section=WHOLE_DOCUMENT)
    with pytest.raises(Conflict):
        add(desk, row)
    Decisions(desk.database).delete(Spot(row.id, 0, first["id"]), "ann")
    add(desk, row)


def test_only_own_findings_can_be_deleted(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    own = add(desk, row)
    with pytest.raises(Conflict) as refused:
        Decisions(desk.database).delete(Spot(row.id, 0, "f"), "ann")
    assert "Reject" in (refused.value.hint or "")
    Decisions(desk.database).delete(Spot(row.id, 0, own["id"]), "ann")
    assert list(states(desk, row)) == ["f"]


def test_undo_goes_back_step_by_step_to_the_beginning(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"), finding("g", 4, 7))
    seen = [listed(desk, row)]
    own = add(desk, row, quote="must")
    for change in (
        lambda: decide(desk, row, "f", ACCEPTED),
        lambda: decide(desk, row, "f", REJECTED),
        lambda: edit(desk, row, "g", description="Mine."),
        lambda: edit(desk, row, "g", description="Mine again.", risk_level="High"),
        lambda: edit(desk, row, own["id"], suggestion="Another."),
        lambda: Decisions(desk.database).delete(Spot(row.id, 0, own["id"]), "ann"),
    ):
        seen.append(listed(desk, row))
        change()
    taken = []
    while (undone := undo(desk, row)).step is not None and seen:
        taken.append((undone.step.action, undone.step.finding_id, undone.item["id"] if undone.item else None))
        assert listed(desk, row) == seen.pop()
    assert taken == [
        ("deleted", own["id"], own["id"]),
        ("edited", own["id"], own["id"]),
        ("edited", "g", "g"),
        ("edited", "g", "g"),
        ("rejected", "f", "f"),
        ("accepted", "f", "f"),
        ("added", own["id"], None),
    ]
    assert seen == []
    assert (undone.item, undone.passed_over) == (None, ())
    assert log(desk, row)[-7:] == ["undone"] * 7


def test_undo_after_a_new_change_takes_that_back_and_never_the_same_twice(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    decide(desk, row, "f", ACCEPTED)
    decide(desk, row, "f", REJECTED)
    undo(desk, row)
    edit(desk, row, "f", description="Mine.")
    assert [undo(desk, row).step.action for _ in range(2)] == ["edited", "accepted"]
    assert undo(desk, row).step is None
    assert states(desk, row) == {"f": ("pending", True)}


def test_undo_passes_over_what_a_review_took_away_and_says_so(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"), finding("g", 4, 7))
    decide(desk, row, "g", ACCEPTED)
    decide(desk, row, "f", ACCEPTED)
    decide(desk, row, "f", UNDECIDED)
    review(desk, row, finding("g", 4, 7))
    undone = undo(desk, row)
    assert (undone.step.action, undone.step.finding_id) == ("accepted", "g")
    assert [(line.action, line.finding_id) for line in undone.passed_over] == [("reverted", "f"), ("accepted", "f")]
    assert states(desk, row) == {"g": ("pending", True)}
    again = undo(desk, row)
    assert (again.step, again.passed_over) == (None, ())


def test_an_edit_undone_after_a_review_says_what_the_reviewer_writes_now(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    edit(desk, row, "f", description="Mine.")
    edit(desk, row, "f", description="Mine again.", suggestion="Mine too.")
    review(desk, row, finding("f", description="Said anew.", suggestion="Do it anew."))
    item = undo(desk, row).item
    assert (item["description"], item["suggestion"], item["edited"]) == ("Mine.", "Do it anew.", True)
    item = undo(desk, row).item
    assert (item["description"], item["suggestion"], item["edited"]) == ("Said anew.", "Do it anew.", False)


def test_counts_are_of_what_is_shown(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("a"), finding("b", 1, 4, risk_level="High"), finding("c", 2, 5, category="Evidence"))
    review(desk, row, finding("d"), section=1)
    decide(desk, row, "a", REJECTED)
    decide(desk, row, "c", REJECTED)
    review(desk, row, finding("a"), finding("b", 1, 4, risk_level="High"))
    add(desk, row, section=WHOLE_DOCUMENT, category="General")
    with desk.database.read() as session:
        assert counts(session, row.id) == {
            "total": 4,
            "pending": 2,
            "accepted": 1,
            "rejected": 1,
            "own": 1,
            "by_risk": {"High": 2, "Medium": 0, "Low": 2},
            "by_category": {"Clarity": 3, "General": 1},
        }
    assert [item.findings for item in desk.outline(row.id)] == [2, 1, None]
    [summary] = desk.sessions("ann")[0]
    assert (summary.analyzed, summary.findings) == (2, 4)


def test_findings_on_the_whole_document_come_first_with_the_titles_of_their_places_and_are_no_section(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    review(desk, row, section=WHOLE_DOCUMENT)
    places = [{"section": 2, "quote": "Again.", "start": 0, "end": 6}, {"section": 0, "quote": "The", "start": 0, "end": 3}]
    found = [finding(name, 0, 0, quote="").as_dict() | {"places": places} for name in ("w", "v")]
    with desk.database.write() as session:
        replace_findings(session, 1.0, session_id=row.id, section_index=WHOLE_DOCUMENT, found=found)
    whole = listed(desk, row)
    assert [item["id"] for item in whole] == ["w", "v", "f"]
    last = desk.outline(row.id)[2].title
    assert [(place["section"], place["title"]) for place in whole[0]["places"]] == [(2, last), (0, "Scope")]
    assert decide(desk, row, "w", ACCEPTED, WHOLE_DOCUMENT)["places"] == whole[0]["places"]
    assert desk.sessions("ann")[0][0].analyzed == 1


def test_decisions_reviews_and_undos_at_once_lose_nothing(desk: Desk) -> None:
    row = put(desk)
    names = [f"f{number}" for number in range(6)]
    found = [finding(name, place, place + 1) for place, name in enumerate(names)]
    review(desk, row, *found)
    errors: list[BaseException] = []

    def guarded(work: Any) -> None:
        try:
            work()
        except BaseException as error:
            errors.append(error)

    def decides(decision: str) -> None:
        for name in names:
            decide(desk, row, name, decision)

    def reviews() -> None:
        for _ in range(4):
            review(desk, row, *found)

    works = [lambda: decides(ACCEPTED), lambda: decides(REJECTED), reviews, lambda: [add(desk, row) for _ in names]]
    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    decided = states(desk, row)
    assert len(decided) == 12
    with desk.database.read() as session:
        lines = session.execute(
            select(Activity.finding_id, Activity.action).where(Activity.action.in_(("accepted", "rejected"))).order_by(Activity.id)
        ).all()
    for name in names:
        mine = [action for finding_id, action in lines if finding_id == name]
        assert sorted(mine) == ["accepted", "rejected"]
        assert decided[name] == (mine[-1], True)


def test_two_undos_at_once_take_back_two_steps(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f"))
    for decision in (ACCEPTED, REJECTED, UNDECIDED, ACCEPTED):
        decide(desk, row, "f", decision)
    threads = [threading.Thread(target=lambda: undo(desk, row)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert states(desk, row) == {"f": ("rejected", True)}
    with desk.database.read() as session:
        taken = session.scalars(select(Activity.action).where(Activity.undone_by.is_not(None)).order_by(Activity.id)).all()
    assert taken == ["reverted", "accepted"]


def test_an_undo_does_not_touch_another_document(desk: Desk) -> None:
    first, second = put(desk), put(desk)
    for row in (first, second):
        review(desk, row, finding("f"))
        decide(desk, row, "f", ACCEPTED)
    undo(desk, first)
    assert (states(desk, first), states(desk, second)) == ({"f": ("pending", True)}, {"f": ("accepted", True)})
