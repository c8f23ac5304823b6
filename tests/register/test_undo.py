"""Undo takes an import's contracts out and brings back what it had hidden; compaction changes nothing that anybody sees."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import select

from tenderline.errors import Conflict, NotFound
from tenderline.register.compaction import compact_register
from tenderline.register.hidden import CONFLICT, OUTVOTED, REPLACED, UNDONE, entries, write_hidden
from tenderline.register.models import OPEN, OURS, THEIRS, ConflictRow, SegmentRow, UploadRow
from tenderline.register.models import UNDONE as UPLOAD_UNDONE
from tenderline.register.register import Register
from tenderline.register.schema import uid_of
from tenderline.register.undo import undo_import
from tenderline.tasks.operation import TaskContext
from tests.register.contracts import build, change, ended, many, publish, uploaded, visible

ROWS = many(20)


def _imported(register: Register, rows: int) -> UploadRow:
    upload = uploaded(register.database)
    publish(register, ROWS[:rows], upload.number)
    return upload


def _hide(register: Register, uid: int, by: int, reason: int) -> None:
    found = register.snapshot().find(uid)
    assert found is not None
    view, row = found
    file = write_hidden(view.segment.path, np.concatenate([view.entries, entries(np.array([row]), by=by, reason=reason)]))
    change(register, hide={view.segment.id: file})


def _conflict(register: Register, new_uid: int, old_uid: int, state: str) -> None:
    with register.database.write() as session:
        session.add(ConflictRow(import_no=new_uid >> 32, new_uid=new_uid, old_uid=old_uid, state=state))


def _uids(upload: UploadRow, rows: int) -> list[int]:
    return [uid_of(upload.number, ordinal) for ordinal in range(rows)]


def test_an_undone_import_leaves_and_what_it_hid_comes_back(register: Register) -> None:
    first, second = _imported(register, 6), _imported(register, 4)
    _hide(register, uid_of(first.number, 2), by=second.number, reason=REPLACED)
    _hide(register, uid_of(first.number, 3), by=second.number, reason=OUTVOTED)
    _hide(register, uid_of(first.number, 4), by=first.number, reason=CONFLICT)
    assert len(visible(register)) == 7
    assert ended(register, undo_import, upload_id=second.id)["removed_rows"] == 4
    assert visible(register) == [uid for uid in _uids(first, 6) if uid != uid_of(first.number, 4)]
    with register.database.read() as session:
        assert session.get(UploadRow, second.number).state == UPLOAD_UNDONE  # type: ignore[union-attr]
        retired = session.scalars(select(SegmentRow).where(SegmentRow.retired_at.is_not(None))).all()
    assert [row.imports for row in retired] == [[second.number]]


def test_only_the_owner_undoes_an_import_and_only_once(register: Register) -> None:
    upload = _imported(register, 3)
    with pytest.raises(NotFound):
        ended(register, undo_import, owner="bob", upload_id=upload.id)
    with pytest.raises(NotFound):
        ended(register, undo_import, upload_id="nothing")
    ended(register, undo_import, upload_id=upload.id)
    with pytest.raises(Conflict):
        ended(register, undo_import, upload_id=upload.id)
    assert visible(register) == []


def test_two_undos_at_once_take_effect_once(register: Register) -> None:
    upload = _imported(register, 3)
    late = TaskContext("late", "ann")
    undo_import(register, {"upload_id": upload.id}, late)
    ended(register, undo_import, upload_id=upload.id)
    with pytest.raises(Conflict):
        late.prepare_again()


def test_a_contract_that_only_contradicted_the_undone_import_counts(register: Register) -> None:
    old, new, other = _imported(register, 4), _imported(register, 4), _imported(register, 1)
    for ordinal, state in enumerate((OPEN, OURS, THEIRS)):
        _conflict(register, uid_of(new.number, ordinal), uid_of(old.number, ordinal), state)
        if state != THEIRS:
            _hide(register, uid_of(new.number, ordinal), by=new.number, reason=CONFLICT)
    _hide(register, uid_of(new.number, 3), by=new.number, reason=CONFLICT)
    _conflict(register, uid_of(new.number, 3), uid_of(other.number, 0), OPEN)
    ended(register, undo_import, upload_id=old.id)
    assert visible(register) == [*_uids(new, 3), *_uids(other, 1)]
    with register.database.read() as session:
        assert [row.new_uid for row in session.scalars(select(ConflictRow))] == [uid_of(new.number, 3)]
    ended(register, undo_import, upload_id=new.id)
    with register.database.read() as session:
        assert not session.scalars(select(ConflictRow)).all()


def test_small_segments_become_one_with_all_they_had(register: Register) -> None:
    uploads = [_imported(register, rows) for rows in (3, 5, 20, 1)]
    _hide(register, uid_of(uploads[2].number, 7), by=uploads[3].number, reason=REPLACED)
    before = visible(register)
    sources = {uid: register.snapshot().find(uid)[0].segment.prepared(np.array([register.snapshot().find(uid)[1]])) for uid in before}  # type: ignore[index]
    result = ended(register, compact_register)
    assert (result["merged"], result["rows"], result["dropped_rows"]) == (4, 29, 0)
    [view] = register.snapshot().views
    assert visible(register) == before
    assert view.segment.meta["imports"] == [upload.number for upload in uploads]
    assert view.segment.uid[view.entries["row"]].tolist() == [uid_of(uploads[2].number, 7)]
    assert view.entries["by"].tolist() == [uploads[3].number]
    for uid, prepared in sources.items():
        _, row = register.snapshot().find(uid)  # type: ignore[misc]
        assert view.segment.prepared(np.array([row])).equals(prepared)
    view.segment.verify()
    assert ended(register, compact_register)["merged"] == 0


def test_an_import_within_a_larger_segment_is_undone_and_compaction_forgets_its_rows(register: Register) -> None:
    uploads = [_imported(register, 5) for _ in range(4)]
    _hide(register, uid_of(uploads[0].number, 1), by=uploads[1].number, reason=REPLACED)
    ended(register, compact_register)
    for upload in uploads[1:3]:
        assert ended(register, undo_import, upload_id=upload.id)["removed_rows"] == 5
    assert visible(register) == [*_uids(uploads[0], 5), *_uids(uploads[3], 5)]
    [view] = register.snapshot().views
    assert set(view.entries["reason"].tolist()) == {UNDONE}
    assert ended(register, compact_register)["dropped_rows"] == 10
    [view] = register.snapshot().views
    assert view.segment.rows == 10
    assert view.hidden is None
    for upload in (uploads[0], uploads[3]):
        ended(register, undo_import, upload_id=upload.id)
    assert visible(register) == []
    ended(register, compact_register)
    assert register.snapshot().views == ()


def test_rows_hidden_while_segments_are_merged_stay_hidden(register: Register) -> None:
    uploads = [_imported(register, 5) for _ in range(4)]
    late = TaskContext("late", "ann")
    compact_register(register, {}, late)
    _hide(register, uid_of(uploads[1].number, 1), by=uploads[3].number, reason=REPLACED)
    before = visible(register)
    late.prepare_again()
    with register.database.write() as session:
        late.effects[0](session)
    assert visible(register) == before
    assert len(register.snapshot().views) == 1


def test_a_merge_whose_segment_has_left_is_given_up_and_leaves_nothing(register: Register) -> None:
    uploads = [_imported(register, 5) for _ in range(4)]
    late = TaskContext("late", "ann")
    result = compact_register(register, {}, late)
    ended(register, undo_import, upload_id=uploads[2].id)
    files = len(list(register.files.segments.iterdir()))
    late.prepare_again()
    with register.database.write() as session:
        late.effects[0](session)
    assert result["merged"] == 0
    assert len(visible(register)) == 15
    assert len(list(register.files.segments.iterdir())) == files - 1


def test_a_reader_of_the_version_before_reads_on(register: Register) -> None:
    uploads = [_imported(register, 5) for _ in range(4)]
    before = register.snapshot()
    ended(register, undo_import, upload_id=uploads[0].id)
    ended(register, compact_register, fewest=2)
    publish(register, ROWS, 99)
    assert before.rows == 20
    for view in before.views:
        assert len(view.segment.sources(range(5))) == 5
        view.segment.words.match("road")
        view.segment.verify()


def test_a_damaged_segment_of_the_import_alone_can_be_undone_unread(register: Register) -> None:
    lost, kept = _imported(register, 5), _imported(register, 3)
    [view, _] = register.snapshot().views
    (view.segment.path / "uid.npy").unlink()
    fresh = Register.__new__(Register)
    fresh.__dict__.update(register.__dict__, _current=None)
    assert set(fresh.snapshot().damaged) == {view.segment.id}
    ended(fresh, undo_import, upload_id=lost.id)
    assert fresh.snapshot().damaged == {}
    assert visible(fresh) == _uids(kept, 3)


def test_a_segment_is_merged_only_with_its_like(register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenderline.register.compaction.SMALL_ROWS", 10)
    monkeypatch.setattr("tenderline.register.compaction.SEGMENT_ROWS", 12)
    for rows in (3, 15, 4, 5, 2):
        _imported(register, rows)
    assert ended(register, compact_register)["merged"] == 0
    assert ended(register, compact_register, fewest=3)["merged"] == 3
    assert sorted(view.segment.rows for view in register.snapshot().views) == [2, 12, 15]
    assert build(register.files, ROWS[:1]).rows == 1
