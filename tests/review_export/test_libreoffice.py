"""What another program makes of a Word file with comments in it: LibreOffice reads one that holds everything, once."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from lxml import etree

from tenderline.review.parsing import parse
from tenderline.review.word_export import Line, Remark, write_comments
from tests.word_documents import BOXED, QUOTES, everything

QUOTED = QUOTES | dict(zip(BOXED, BOXED, strict=True))
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> etree._Element:
    """A file with everything and a comment on each of ``QUOTED``, each named in its comment, as LibreOffice understands it."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("needs LibreOffice: apt-get install libreoffice-writer-nogui")
    folder = tmp_path_factory.mktemp("libreoffice")
    source, target = everything(folder / "a.docx"), folder / "b.docx"
    document = parse(source, "docx")
    remarks = []
    for name, quote in QUOTED.items():
        start = document.text.index(quote)
        remarks.append(Remark("Built-in reviewer", 1_790_000_000.0, (Line("", name),), start, start + len(quote)))
    write_comments(source, target, document.text, document.runs, remarks)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", "fodt", "--outdir", str(folder), str(target)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return etree.parse(str(folder / "b.fodt")).getroot()


def said(note: etree._Element) -> str:
    return "".join("".join(paragraph.itertext()) for paragraph in note.iterchildren("{*}p"))


def words_of(note: etree._Element) -> str | None:
    """What stands between a comment's beginning and its end, if both are in one paragraph."""
    words, name = [note.tail or ""], note.get(f"{OFFICE}name")
    for element in note.itersiblings():
        if element.tag == f"{OFFICE}annotation-end" and element.get(f"{OFFICE}name") == name:
            return "".join(words)
        words += [*([] if element.tag == f"{OFFICE}annotation" else element.itertext()), element.tail or ""]
    return None


def test_libreoffice_shows_every_comment(converted: etree._Element) -> None:
    assert sorted(said(note) for note in converted.iter(f"{OFFICE}annotation")) == sorted([*QUOTED, "Old words."])


def test_libreoffice_shows_comments_at_their_words(converted: etree._Element) -> None:
    found = {said(note): words_of(note) for note in converted.iter(f"{OFFICE}annotation")}
    wanted = ("one run", "across runs", "part of a run", "an insertion", "a cell", "a merged cell", "a list", "right to left", "entities")
    assert {name: found[name] for name in wanted} == {name: QUOTES[name] for name in wanted}
