from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from tenderline.errors import NotFound
from tenderline.review.desk import Desk
from tenderline.review.review_exports import KEPT, ReviewExports, safe_stem
from tests.desk.conftest import put


def wrote(path: Path) -> int:
    path.write_text("done")
    return 1


def test_an_export_of_a_document_that_is_deleted_meanwhile_leaves_nothing(desk: Desk) -> None:
    row = put(desk)
    exports = ReviewExports(desk.database, desk.files)

    def deleting(path: Path) -> int:
        desk.delete(row.id, "ann")
        return wrote(path)

    with pytest.raises(NotFound):
        exports.write(row, "md", deleting)
    with pytest.raises(NotFound):
        exports.write(row, "md", wrote)
    assert not desk.files.directory(row.id).exists()
    other = put(desk)
    made = exports.write(other, "md", wrote)
    desk.delete(other.id, "ann")
    with pytest.raises(NotFound), desk.database.write() as session:
        exports.effect(other.id, made)(session)


def test_an_export_is_there_with_the_end_of_its_task_and_not_before(desk: Desk) -> None:
    row = put(desk)
    exports = ReviewExports(desk.database, desk.files)
    made = exports.write(row, "md", wrote)
    with pytest.raises(NotFound):
        exports.find(row.id, made.name)
    with desk.database.write() as session:
        exports.effect(row.id, made)(session)
    path = exports.find(row.id, made.name)
    assert path.read_text() == "done"
    assert path.stat().st_mode & 0o077 == 0


def test_what_a_run_left_that_died_goes_with_a_later_export(desk: Desk) -> None:
    row = put(desk)
    exports = ReviewExports(desk.database, desk.files)
    folder = desk.files.export(row.id, exports.write(row, "md", wrote).id).parent
    [left] = folder.iterdir()
    young = folder / str(uuid.uuid4())
    young.touch()
    os.utime(left, (1, 1))
    made = exports.write(row, "md", wrote)
    assert {path.name for path in folder.iterdir()} == {young.name, made.id}


def test_names_count_on_though_the_oldest_are_gone(desk: Desk) -> None:
    row = put(desk)
    exports = ReviewExports(desk.database, desk.files)
    names = []
    for _ in range(KEPT + 2):
        made = exports.write(row, "md", wrote)
        with desk.database.write() as session:
            exports.effect(row.id, made)(session)
        names.append(made.name)
    assert (names[0], names[1], names[-1]) == ("a - reviewed.md", "a - reviewed (2).md", f"a - reviewed ({KEPT + 2}).md")
    assert len(set(names)) == KEPT + 2


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("tender.docx", "tender"),
        ("v1.2 of May", "v1.2 of May"),
        ('a<b>:"c|?*.PDF', "a_b___c___"),
        ("...docx", "document"),
        (".md", "md"),
    ],
)
def test_a_file_is_called_so_that_any_system_takes_it(name: str, stem: str) -> None:
    assert safe_stem(name) == stem
