"""Looking at a long workbook finds what looking at all of it would find, and reads only parts of it."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from tenderline.errors import Invalid
from tenderline.register.reading import excerpt as excerpts
from tenderline.register.reading import workbook
from tenderline.register.reading.archive import inspected
from tests.register.hostile_tables import workbook as crafted

HEADER = ["Contract No", "Award Title", "Contractor", "Contract Amount", "Award Date"]
ROWS = 4000
KINDS = ("shared", "inline", "prefixed", "unnumbered")


def values(number: int) -> list[str | float]:
    return [f"C-{number}", f"Road {number % 50} <Ñ & 水>", f"Builder {number % 700}", number + 0.25, f"{number % 12 + 1:02d}/03/2024"]


def written(path: Path, kind: str) -> Path:
    """A workbook of ``ROWS`` rows below a title, and a short second sheet."""
    from xlsxwriter import Workbook

    with Workbook(path, {"constant_memory": kind == "inline"}) as book:
        sheet = book.add_worksheet("Awards")
        sheet.write(0, 0, "Awards of the year")
        for number, row in enumerate([HEADER, *map(values, range(ROWS))], 1):
            sheet.write_row(number, 0, row)
        book.add_worksheet("Notes").write(0, 0, "Remark")
    if kind == "prefixed":
        changed(path, "sheet1.xml|sharedStrings.xml", rb"<(/?)([a-zA-Z])", rb"<\1x:\2", rb"xmlns=", rb"xmlns:x=")
    if kind == "unnumbered":
        changed(path, "sheet1.xml", rb'<(row|c) r="[A-Z]*\d+"', rb"<\1")
    return path


def changed(path: Path, parts: str, *replacements: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    for name in contents:
        if re.search(parts, name):
            for old, new in zip(replacements[::2], replacements[1::2], strict=True):
                contents[name] = re.sub(old, new, contents[name])
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in contents.items():
            archive.writestr(name, content)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What counts as long is short here."""
    for name, size in (("SHORT", 30_000), ("_HEAD", 20_000), ("_PIECE", 10_000), ("_STEP", 7_000)):
        monkeypatch.setattr(excerpts, name, size)


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("kind", KINDS)
def test_the_excerpt_of_a_workbook_tells_the_same(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "awards.xlsx", kind)
    found = workbook.look(path, None)
    monkeypatch.setattr(workbook, "excerpt", lambda _path: None)
    whole = workbook.look(path, None)
    for part in ("sheets", "sheet", "header", "header_line", "row_estimate", "warnings"):
        assert found[part] == whole[part], part
    assert found["head"] == whole["head"]
    assert found["row_estimate"] == ROWS
    rows = {tuple(row) for row in whole["sample"]}
    assert {tuple(row) for row in found["sample"]} <= rows
    numbers = [int(row[0].removeprefix("C-")) for row in found["sample"]]
    assert numbers == sorted(set(numbers))
    assert 100 < len(numbers) < ROWS / 2
    assert all(any(low <= number < low + ROWS / 4 for number in numbers) for low in range(0, ROWS, ROWS // 4))


@pytest.mark.usefixtures("_small")
def test_an_excerpt_is_a_small_part_of_a_workbook(tmp_path: Path) -> None:
    path = written(tmp_path / "awards.xlsx", "shared")
    with inspected(path) as inspection:
        found = excerpts.excerpt(inspection)
    assert found is not None
    with zipfile.ZipFile(path) as archive:
        whole = sum(entry.file_size for entry in archive.infolist() if "sheet1" in entry.filename)
    with zipfile.ZipFile(found.book) as archive:
        assert sum(entry.file_size for entry in archive.infolist() if "sheet1" in entry.filename) < whole / 4


def test_a_short_workbook_needs_no_excerpt(tmp_path: Path) -> None:
    with inspected(written(tmp_path / "awards.xlsx", "shared")) as inspection:
        assert excerpts.excerpt(inspection) is None


@pytest.mark.usefixtures("_small")
def test_a_row_that_never_ends_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "endless.xlsx"
    path.write_bytes(crafted('<row r="1">' + '<c r="A1" t="inlineStr"><is><t>x</t></is></c>' * 2000))
    with pytest.raises(Invalid) as refused:
        workbook.look(path, None)
    assert refused.value.hint


@pytest.mark.usefixtures("_small")
@pytest.mark.parametrize("kind", KINDS)
def test_a_workbook_is_inflated_once(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path / "awards.xlsx", kind)
    shares: list[float] = []
    workbook.look(path, None, shares.append)
    assert shares == sorted(shares)
    assert len(set(shares)) == len(shares)
    assert shares[-1] == 1.0


@pytest.mark.usefixtures("_small")
def test_what_begins_in_one_piece_and_ends_in_the_next_is_seen(tmp_path: Path) -> None:
    for place in range(excerpts._HEAD - 12, excerpts._HEAD + 3):
        path = tmp_path / "awards.xlsx"
        begin = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        row = '<row r="1"><c r="A1"><v>1</v></c></row>'
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("xl/workbook.xml", "<workbook/>")
            archive.writestr("xl/worksheets/sheet1.xml", (begin + row * 200)[:place] + "<!DOCTYPE x>" + row * 900)
        with pytest.raises(Invalid, match="entities"):
            workbook.look(path, None)
