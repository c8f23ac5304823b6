from __future__ import annotations

import errno
import io
import os
import shutil
import threading
import uuid
from collections import namedtuple
from pathlib import Path

import pytest
from sqlalchemy import select

from tenderline.errors import Conflict, DiskFull, NotFound, TooLarge
from tenderline.review import files
from tenderline.review.desk import ORPHAN_AGE, Desk
from tenderline.review.document import RunSpan
from tenderline.review.files import Upload, display_name, storable
from tenderline.review.intake import session_id_of, take_in
from tenderline.review.models import FindingRow, UsageRecord
from tenderline.review.reviewer import Usage
from tests import documents
from tests.desk.conftest import TEXT, finding, put, review

Disk = namedtuple("Disk", "total used free")


def test_a_document_comes_back_as_it_was_parsed(desk: Desk, tmp_path: Path) -> None:
    from tenderline.review.parsing import parse

    path = documents.procurement_report(tmp_path / "report.docx")
    parsed = parse(path, "docx")
    row = put(desk, path.read_bytes(), "report.docx")
    again = desk.document(row)
    assert (again.kind, again.text, again.sections) == (parsed.kind, parsed.text, parsed.sections)
    assert desk.files.read_runs(row.id) == parsed.runs
    assert parsed.runs
    assert isinstance(parsed.runs[0], RunSpan)
    assert row.characters == len(parsed.text)


def test_every_section_has_its_own_text_at_its_offsets(desk: Desk) -> None:
    row = put(desk)
    document = desk.document(row)
    assert [section.title for section in desk.outline(row.id)] == ["Scope", "Terms", "Scope (2)"]
    for section in document.sections:
        view = desk.section(row.id, section.title)
        assert view.text == document.section_text(section.index)
        assert (view.index, view.level) == (section.index, section.level)
    assert desk.section_index(row.id, "Scope (2)") == 2


def test_somebody_elses_document_does_not_exist(desk: Desk) -> None:
    row = put(desk, owner="ann")
    unknown = str(uuid.uuid4())
    for call in (desk.session, desk.ready, desk.delete):
        messages = set()
        for session_id in (row.id, unknown, "no id at all", ""):
            with pytest.raises(NotFound) as refused:
                call(session_id, "bob")
            messages.add(refused.value.message)
        assert len(messages) == 1
    assert desk.find(row.id, "bob") is None
    assert desk.sessions("bob") == ([], 0)
    assert desk.session(row.id.upper(), "ann").id == row.id


def test_an_unknown_section_is_not_found(desk: Desk) -> None:
    row = put(desk)
    with pytest.raises(NotFound):
        desk.section(row.id, "Nothing")
    with pytest.raises(NotFound):
        desk.section_index(row.id, "scope")


def test_the_list_counts_sections_analyses_and_findings(desk: Desk) -> None:
    first, second = put(desk, name="first.md"), put(desk, name="second.md")
    review(desk, first, finding("f1"), finding("f2"))
    review(desk, first, section=1)
    listed, total = desk.sessions("ann")
    assert [(item.row.document_name, item.sections, item.analyzed, item.findings) for item in listed] == [
        ("second.md", 3, 0, 0),
        ("first.md", 3, 2, 2),
    ]
    assert total == 2
    assert [item.findings for item in desk.outline(first.id)] == [2, 0, None]
    assert desk.sessions("ann", page=2, page_size=1)[0][0].row.id == first.id
    assert second.id != first.id


def test_a_deleted_document_leaves_only_what_was_paid_for(desk: Desk) -> None:
    row = put(desk)
    review(desk, row, finding("f1"), usage=Usage(10, 2))
    desk.delete(row.id, "ann")
    assert not desk.files.directory(row.id).exists()
    with desk.database.read() as session:
        assert session.scalars(select(FindingRow)).all() == []
        [used] = session.scalars(select(UsageRecord)).all()
        assert (used.owner, used.operation, used.input_tokens, used.output_tokens) == ("ann", "analyze_section", 10, 2)


def test_text_that_no_database_keeps_is_replaced_one_for_one() -> None:
    assert storable("a\x00b\ud800c\U0001f600") == "a\ufffdb\ufffdc\U0001f600"
    assert len(storable("\x00\udfff")) == 2


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("C:\\Users\\me\\Tender.docx", "Tender.docx"),
        ("/etc/passwd", "passwd"),
        ("..", ".."),
        ("", "document"),
        (None, "document"),
        ("\x00\x1f\u202e", "document"),
        ("a\nb\tc.md", "abc.md"),
        ("two  spaces .md", "two spaces .md"),
        ("x" * 500, "x" * 200),
        ("x" * 500 + ".docx", "x" * 195 + ".docx"),
    ],
)
def test_display_names_are_harmless_and_short(given: str | None, shown: str) -> None:
    assert display_name(given) == shown


def test_an_id_that_is_no_uuid_never_becomes_a_path(desk: Desk) -> None:
    for name in ("../../etc", "a", "", "/"):
        with pytest.raises(ValueError, match="UUID"):
            desk.files.directory(name)


def test_the_same_key_means_the_same_document_for_its_owner_only() -> None:
    key = str(uuid.uuid4())
    assert session_id_of("ann", key) == session_id_of("ann", key)
    assert session_id_of("bob", key) != session_id_of("ann", key)
    assert session_id_of("ann", None) != session_id_of("ann", None)


def test_two_uploads_of_one_session_at_once_are_one(desk: Desk) -> None:
    session_id = str(uuid.uuid4())
    gate, entered = threading.Event(), threading.Event()

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            entered.set()
            assert gate.wait(20)
            return super().read(size)

    first = threading.Thread(target=lambda: take_in(desk, "ann", session_id, Upload(Slow(TEXT), "a.md"), None, "both", task_id="t"))
    first.start()
    assert entered.wait(20)
    with pytest.raises(Conflict):
        put(desk, session_id=session_id)
    gate.set()
    first.join(20)
    assert desk.session(session_id, "ann").state == "ready"


class Breaks(io.BytesIO):
    """A file whose sender goes away, or whose disk is full, after the first piece."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(b"x" * 1000)
        self._error = error

    def read(self, size: int | None = -1) -> bytes:
        return super().read(size) or self._fail()

    def _fail(self) -> bytes:
        raise self._error


@pytest.mark.parametrize(
    ("error", "raised"),
    [(ConnectionResetError(), ConnectionResetError), (OSError(errno.ENOSPC, "full"), DiskFull), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_an_upload_that_breaks_off_leaves_nothing(desk: Desk, error: BaseException, raised: type[BaseException]) -> None:
    with pytest.raises(raised):
        take_in(desk, "ann", str(uuid.uuid4()), Upload(Breaks(error), "a.md"), None, "both", task_id="t")
    assert list(desk.files.root.iterdir()) == []
    assert desk.sessions("ann") == ([], 0)


def test_a_stream_that_does_not_end_is_cut_at_the_limit(desk: Desk) -> None:
    class Endless(io.BytesIO):
        given = 0

        def read(self, size: int | None = -1) -> bytes:
            Endless.given += size or 0
            return b"x" * (size or 0)

    with pytest.raises(TooLarge):
        take_in(desk, "ann", str(uuid.uuid4()), Upload(Endless(), "a.txt"), None, "both", task_id="t")
    assert Endless.given < 26 * 1024 * 1024
    assert list(desk.files.root.iterdir()) == []


def test_nothing_is_taken_in_when_the_disk_is_nearly_full(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(1, 1, files.MIN_FREE_BYTES - 1))
    with pytest.raises(DiskFull):
        put(desk)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Disk(1, 1, files.MIN_FREE_BYTES))
    assert put(desk).state == "ready"


def test_files_are_readable_by_nobody_else(desk: Desk) -> None:
    row = put(desk)
    directory = desk.files.directory(row.id)
    assert directory.stat().st_mode & 0o077 == 0
    assert (directory / "original.md").stat().st_mode & 0o077 == 0


def test_only_old_files_without_a_document_are_swept(desk: Desk) -> None:
    kept = put(desk)
    orphan, fresh = (desk.files.root / str(uuid.uuid4()) for _ in range(2))
    strange = desk.files.root / "not-ours"
    for directory in (orphan, fresh, strange):
        directory.mkdir()
        (directory / "original").write_text("half")
    for directory in (orphan, strange, desk.files.directory(kept.id)):
        os.utime(directory, (0, 0))
    assert ORPHAN_AGE > 300
    assert desk.sweep() == 1
    assert not orphan.exists()
    assert all(directory.exists() for directory in (fresh, strange, desk.files.directory(kept.id)))
