"""What was damaged while nothing ran is named and left out by every process that starts, and the rest works."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tenderline.database import Database
from tenderline.register.register import Register
from tenderline.register.segment import Segment
from tenderline.runtime import create_runtime
from tenderline.settings import Settings
from tests.register.contracts import many, publish, visible
from tests.services import wait_for

ROWS = many(10)


@pytest.fixture
def segments(register: Register) -> list[str]:
    """Four parts of a register, ten contracts each."""
    return [publish(register, ROWS, number).id for number in range(1, 5)]


def _truncate(path: Path) -> None:
    file = path / "words.rows.npy"
    file.write_bytes(file.read_bytes()[:-4])


def _lose_a_file(path: Path) -> None:
    (path / "source.arrow").unlink()


def _flip_a_byte(path: Path) -> None:
    """As a program does that writes where it should not."""
    content = bytearray((path / "amount.npy").read_bytes())
    content[len(content) // 2] ^= 64
    (path / "amount.npy").write_bytes(content)


def _rot(path: Path) -> None:
    """As a disk does: no time tells of it."""
    before = (path / "amount.npy").stat()
    _flip_a_byte(path)
    os.utime(path / "amount.npy", ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_is_gone_or_cut_off_is_named_when_it_is_opened(
    settings: Settings, database: Database, register: Register, segments: list[str], app: Flask, client: FlaskClient
) -> None:
    for segment, damage in zip(segments, (_truncate, _lose_a_file, shutil.rmtree), strict=False):
        damage(register.files.segment(segment))
    for process in (Register(settings, database), Register(settings, database)):
        damaged = process.snapshot().damaged
        assert damaged.keys() == set(segments[:3])
        assert "words.rows.npy has" in damaged[segments[0]]
        assert damaged[segments[1]] == "source.arrow is missing"
        assert len(visible(process)) == 10
    told = client.get("/api/v1/contracts/overview/").json
    assert {part["segment"] for part in told["damaged"]} == set(segments[:3])
    assert told["rows"] == 10
    assert client.post("/api/v1/contracts/chip-search/", json={}).json["pagination"]["total_count"] == 10


def test_a_file_that_was_written_to_later_is_compared_before_anything_of_it_is_read(
    settings: Settings, database: Database, register: Register, segments: list[str]
) -> None:
    _flip_a_byte(register.files.segment(segments[0]))
    for process in (Register(settings, database), Register(settings, database)):
        assert process.snapshot().damaged == {segments[0]: "amount.npy is not as it was written"}
        assert len(visible(process)) == 30


def test_files_that_were_put_back_from_a_copy_are_compared_at_every_opening_until_they_were_checked(
    register: Register, segments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = register.files.segment(segments[0])
    for file in path.glob("*.npy"):
        file.touch()
    Segment.open(path).verify()

    def unwanted(path: Path, check: object) -> str:
        raise AssertionError(f"{path} is read though it was checked")

    monkeypatch.setattr("tenderline.register.segment.checksum", unwanted)
    assert Segment.open(path).rows == 10
    (path / "uid.npy").touch()
    with pytest.raises(AssertionError, match=r"uid\.npy"):
        Segment.open(path)


def test_a_byte_that_rotted_is_found_soon_after_the_start_by_one_check_for_all_processes(
    settings: Settings, database: Database, register: Register, segments: list[str], client: FlaskClient
) -> None:
    _rot(register.files.segment(segments[0]))
    other = Register(settings, database)
    assert other.snapshot().damaged == {}
    values = {name: getattr(settings, name) for name in settings.model_fields_set}
    background = Settings(_env_file=None, **{**values, "task_executor": "background", "background_workers": 1, "log_level": "WARNING"})
    runtime = create_runtime(background)
    runtime.start_web()
    try:
        found = wait_for(lambda: other.snapshot().damaged, "the check to find it", 60)
    finally:
        runtime.close()
    assert found == {segments[0]: "amount.npy is not as it was written"}
    assert len(visible(other)) == 30
    assert [part["segment"] for part in client.get("/api/v1/contracts/overview/").json["damaged"]] == segments[:1]


def test_several_processes_that_start_together_have_one_check_done(settings: Settings, segments: list[str]) -> None:
    runtime = create_runtime(settings)
    try:
        assert runtime.schedule.start_now("check_register") == runtime.schedule.start_now("check_register") is not None
    finally:
        runtime.close()
    assert segments
