"""Damage is found and told, and what nobody needs is deleted, never anything else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
from sqlalchemy import select, update

from tenderline.register.hidden import REPLACED, entries, write_hidden
from tenderline.register.integrity import check_register
from tenderline.register.models import SegmentRow
from tenderline.register.queries import SearchQuery
from tenderline.register.questions import Question
from tenderline.register.register import Register
from tenderline.register.routing import Router
from tenderline.register.tidying import clean_register
from tests.register.contracts import build, change, ended, many, publish, visible

ROWS = many(10)
NOTHING = {"success": True, "segments": 0, "hidden_files": 0, "staging": 0, "exports": 0, "questions": 0}


def _age(*paths: Path) -> None:
    """Let files and directories be two days old."""
    for path in paths:
        for file in [*path.rglob("*"), path]:
            os.utime(file, times=(time.time() - 2 * 86400,) * 2)


def test_a_flipped_byte_is_found_and_a_restored_file_taken_in_again(register: Register) -> None:
    publish(register, ROWS)
    bad = publish(register, ROWS, 2)
    file = register.files.segment(bad.id) / "award_title.npy"
    content, written = file.read_bytes(), file.stat()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 32]))
    os.utime(file, ns=(written.st_atime_ns, written.st_mtime_ns))  # as when a disk loses it: no time tells
    assert register.snapshot().rows == 20
    result = ended(register, check_register)
    assert (result["checked"], set(result["damaged"])) == (2, {bad.id})
    assert "award_title" in register.snapshot().damaged[bad.id]
    assert register.snapshot().rows == 10
    file.write_bytes(content)
    assert ended(register, check_register)["mended"] == [bad.id]
    assert register.snapshot().rows == 20
    assert ended(register, check_register) == {"success": True, "checked": 2, "damaged": {}, "mended": []}


def test_files_of_a_segment_go_only_some_time_after_it_left(register: Register) -> None:
    old = publish(register, ROWS)
    change(register, remove=[old.id])
    _age(register.files.segment(old.id))
    assert ended(register, clean_register)["segments"] == 0
    with register.database.write() as session:
        session.execute(update(SegmentRow).values(retired_at=SegmentRow.retired_at - 601))
    assert ended(register, clean_register)["segments"] == 1
    assert not register.files.segment(old.id).exists()
    with register.database.read() as session:
        assert not session.scalars(select(SegmentRow)).all()


def test_what_no_list_names_goes_when_it_is_old(register: Register) -> None:
    kept = publish(register, ROWS)
    path = register.files.segment(kept.id)
    named, unnamed, fresh = (write_hidden(path, entries(np.array([row]), by=1, reason=REPLACED)) for row in range(3))
    assert named
    assert unnamed
    assert fresh
    change(register, hide={kept.id: named})
    orphan, new = build(register.files, ROWS), build(register.files, ROWS)
    half_done, under_way = register.files.staging / "a", register.files.staging / "b"
    for staging in (half_done, under_way):
        staging.mkdir(parents=True)
        (staging / "rows").write_bytes(b"x")
    _age(path / named.name, path / unnamed.name, register.files.segment(orphan.id), half_done, under_way)
    os.utime(under_way / "rows")
    assert ended(register, clean_register) == NOTHING | {"segments": 1, "hidden_files": 1, "staging": 1}
    assert {file.name for file in path.glob("hidden-*")} == {named.name, fresh.name}
    assert {file.name for file in register.files.segments.iterdir()} == {kept.id, new.id}
    assert [staging.name for staging in register.files.staging.iterdir()] == ["b"]
    assert len(visible(register)) == 9
    assert ended(register, clean_register) == NOTHING


def test_a_question_is_forgotten_when_nobody_has_asked_it_for_long(register: Register) -> None:
    publish(register, ROWS)
    router = Router(register)
    kept, forgotten = (router.route(Question("search", SearchQuery(page=page)), "sync").key for page in (1, 2))
    _age(*register.files.questions.iterdir())
    router.route(Question("search", SearchQuery(page=1)), "sync")
    assert ended(register, clean_register)["questions"] == 1
    assert (router.was_asked(kept), router.was_asked(forgotten)) == (True, False)
    assert Router(register).answer_again(kept)
    assert Router(register).answer_again(forgotten) is None


def test_an_empty_register_is_clean_and_sound(register: Register) -> None:
    assert ended(register, clean_register) == NOTHING
    assert ended(register, check_register)["checked"] == 0
