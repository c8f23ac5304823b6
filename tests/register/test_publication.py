"""Readers see every published change at once and whole, and no change is made on top of one that it does not know."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest

from tenderline.errors import Unavailable
from tenderline.register.hidden import CONFLICT, REPLACED, entries, write_hidden
from tenderline.register.publication import Publication
from tenderline.register.register import Register
from tenderline.register.schema import fold, uid_of
from tenderline.register.segment import Damaged
from tenderline.settings import Settings
from tenderline.tasks.operation import Outdated
from tests.register.contracts import build, change, many, publish

ROWS = many(30)


def _titles(register: Register) -> list[Any]:
    snapshot = register.snapshot()
    rows = [
        (uid, title)
        for view in snapshot.views
        for row, (uid, title) in enumerate(
            zip(view.segment.uid.tolist(), view.segment.text("award_title").take(range(view.segment.rows)), strict=True)
        )
        if view.hidden is None or not view.hidden[row]
    ]
    assert len(rows) == snapshot.rows
    return sorted(rows)


def test_an_empty_register_has_no_rows(register: Register) -> None:
    snapshot = register.snapshot()
    assert (snapshot.version, snapshot.rows, snapshot.views, snapshot.damaged) == (0, 0, (), {})
    assert len(snapshot.names("contractors")) == 0


def test_another_process_sees_a_publication_without_restart(register: Register, settings: Settings) -> None:
    other = Register(settings, register.database)
    before = other.snapshot()
    publish(register, ROWS)
    assert other.snapshot().rows == 30
    assert other.snapshot() is other.snapshot()
    assert before.rows == 0


def test_segments_stay_open_from_version_to_version(register: Register) -> None:
    publish(register, ROWS)
    first = register.snapshot().views[0]
    publish(register, ROWS, import_no=2)
    assert register.snapshot().views[0] is first
    file = write_hidden(first.segment.path, entries(np.array([3, 5, 3]), by=2, reason=REPLACED))
    change(register, hide={first.segment.id: file})
    view = register.snapshot().views[0]
    assert view.segment is first.segment
    assert view.hidden_rows.tolist() == [3, 5]
    assert register.snapshot().rows == 58
    assert first.hidden is None
    change(register, hide={first.segment.id: None})
    assert register.snapshot().rows == 60


def test_a_segment_may_join_with_rows_hidden_while_others_leave(register: Register) -> None:
    old = publish(register, ROWS)
    before = _titles(register)
    new = build(register.files, ROWS, import_no=2)
    file = write_hidden(register.files.segment(new.id), entries(np.arange(29), by=2, reason=CONFLICT))
    change(register, add=[new], remove=[old.id], hide={new.id: file})
    assert [view.segment.id for view in register.snapshot().views] == [new.id]
    assert len(_titles(register)) == 1
    assert len(before) == 30


def test_a_change_prepared_against_an_older_version_changes_nothing(register: Register) -> None:
    old = publish(register, ROWS)
    late = Publication(register.snapshot().version, register.database.now, add=[build(register.files, ROWS, 3)], remove=[old.id])
    publish(register, ROWS, import_no=2)
    before = _titles(register)
    with pytest.raises(Outdated), register.database.write() as session:
        late.effect(session)
    assert _titles(register) == before


def test_a_change_that_names_what_is_not_there_is_refused(register: Register) -> None:
    publish(register, ROWS)
    version = register.snapshot().version
    for wrong in ({"remove": ["nothing"]}, {"hide": {"nothing": None}}):
        with pytest.raises(RuntimeError):
            change(register, **wrong)
    assert register.snapshot().version == version


def test_a_damaged_segment_is_named_and_left_out_and_the_rest_works(register: Register, settings: Settings) -> None:
    bad, missing, good = publish(register, ROWS), publish(register, ROWS, import_no=2), publish(register, ROWS[:7], import_no=3)
    file = register.files.segment(bad.id) / "amount.npy"
    file.write_bytes(file.read_bytes()[:-8])
    shutil.rmtree(register.files.segment(missing.id))
    gone = publish(register, ROWS, import_no=4)
    register.snapshot()
    shutil.rmtree(register.files.segment(gone.id))
    snapshot = Register(settings, register.database).snapshot()
    assert [view.segment.id for view in snapshot.views] == [good.id]
    assert set(snapshot.damaged) == {bad.id, missing.id, gone.id}
    assert "amount.npy" in snapshot.damaged[bad.id]
    assert snapshot.rows == 7


def test_damage_found_later_is_told_to_every_process(register: Register, settings: Settings) -> None:
    built = publish(register, ROWS)
    other = Register(settings, register.database)
    assert other.snapshot().rows == 30
    register.leave_out(Damaged(built.id, "flipped"))
    register.leave_out(Damaged(built.id, "flipped again"))
    assert other.snapshot().rows == 0
    assert other.snapshot().damaged == {built.id: "flipped"}


def test_a_hidden_file_that_is_not_readable_damages_its_segment_only(register: Register, settings: Settings) -> None:
    first, second = publish(register, ROWS), publish(register, ROWS, import_no=2)
    for built, content in ((first, b"nothing"), (second, None)):
        path = register.files.segment(built.id)
        file = write_hidden(path, entries(np.array([1]), by=1, reason=REPLACED))
        assert file is not None
        change(register, hide={built.id: file})
        register.snapshot()
        if content is None:
            (path / file.name).unlink()
        else:
            (path / file.name).write_bytes(content)
    assert set(Register(settings, register.database).snapshot().damaged) == {first.id, second.id}


def test_a_reader_of_a_segment_that_was_deleted_is_told_to_try_again(register: Register) -> None:
    built = publish(register, ROWS)
    [view] = register.snapshot().views
    shutil.rmtree(register.files.segment(built.id))
    with pytest.raises(Unavailable, match="changed"):
        view.segment.words.match("road")


def test_a_contract_is_found_by_its_id_wherever_it_is(register: Register) -> None:
    publish(register, ROWS[:9])
    publish(register, ROWS, import_no=2)
    snapshot = register.snapshot()
    for import_no, count in ((1, 9), (2, 30)):
        for ordinal in range(count):
            found = snapshot.find(uid_of(import_no, ordinal))
            assert found is not None
            view, row = found
            assert view.segment.source(row)[0] == f"s{ordinal}"
            assert view.segment.meta["imports"] == [import_no]
    assert snapshot.find(uid_of(1, 9)) is None
    assert snapshot.find(uid_of(7, 0)) is None


def test_names_of_all_segments_have_one_code_each_in_order(register: Register) -> None:
    rows = [ROWS, many(40, seed=9), many(3, seed=4)]
    for import_no, some in enumerate(rows, 1):
        publish(register, some, import_no)
        snapshot = register.snapshot()
        names = snapshot.names("contractors")
        known = {row["awardee_name"] for each in rows[:import_no] for row in each if row["awardee_name"]}
        assert names.names.take(range(len(names))) == sorted(known, key=lambda name: (fold(name), name))
        assert [names.folded[code] for code in range(len(names))] == [fold(name or "") for name in names.names.take(range(len(names)))]
        for view, codes in zip(snapshot.views, names.codes, strict=True):
            local = view.segment.dimension("contractors")
            assert [names.names[code] for code in codes.tolist()] == [local.names[code] for code in range(len(local))]
        assert snapshot.names("contractors") is names
