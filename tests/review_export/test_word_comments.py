from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from tenderline.errors import Invalid
from tenderline.review.document import ParsedDocument
from tenderline.review.parsing import inspect, parse
from tenderline.review.word_export import Line, Remark, write_comments
from tests.documents import cell, paragraph, run, table, word_file, word_parts, write_zip
from tests.word_documents import BOXED, QUOTES, commented_words, control, everything, field, part

CHANGED = {"word/document.xml", "word/comments.xml"}
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
MARKS = [W + name for name in ("commentRangeStart", "commentRangeEnd", "commentReference")]
CHANGES = [W + name for name in ("ins", "del", "moveTo", "moveFrom")]


def remark(document: ParsedDocument, quote: str, text: str = "Unclear.", note: str = "") -> Remark:
    start = document.text.index(quote)
    return Remark("Built-in reviewer", 1_790_000_000.0, (Line("High risk", text),), start, start + len(quote), note)


def export(source: Path, target: Path, *quotes: str) -> ParsedDocument:
    document = parse(source, "docx")
    write_comments(source, target, document.text, document.runs, [remark(document, quote) for quote in quotes])
    return document


def words(text: str) -> str:
    """Text without what parsing adds to it and without spaces."""
    return re.sub(r"\n\d\. |\s|\||\[\d+\]", "", text)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A file with everything, and its copy with a comment on each of ``QUOTES``."""
    folder = tmp_path_factory.mktemp("everything")
    source, target = everything(folder / "a.docx"), folder / "b.docx"
    export(source, target, *QUOTES.values())
    return source, target


def test_comments_sit_on_the_quoted_words(exported: tuple[Path, Path]) -> None:
    found = commented_words(exported[1])
    assert found.pop(4) == "An old remark"
    assert dict(zip(QUOTES, map(words, found.values()), strict=False)) == {name: words(quote) for name, quote in QUOTES.items()}


def test_untouched_parts_keep_their_packed_bytes_and_their_order(exported: tuple[Path, Path]) -> None:
    with zipfile.ZipFile(exported[0]) as before, zipfile.ZipFile(exported[1]) as after:
        assert after.namelist() == before.namelist()
        assert after.testzip() is None
        for old, new in zip(before.infolist(), after.infolist(), strict=True):
            if old.filename not in CHANGED:
                assert (new.CRC, new.date_time, new.compress_size, new.external_attr) == (
                    old.CRC, old.date_time, old.compress_size, old.external_attr,
                )  # fmt: skip
                assert before.read(old) == after.read(new)


def joined(xml: bytes, first: int) -> bytes:
    """A main part without the marks of comments from that number on, and with runs of one kind that stand side by side in one."""
    root = etree.fromstring(xml)
    marks = [element for element in root.iter(*MARKS) if int(element.get(f"{W}id")) >= first]
    for element in marks:
        gone = element.getparent() if element.tag == f"{W}commentReference" else element
        gone.getparent().remove(gone)
    for later in list(root.iter(f"{W}r")):
        before = later.getprevious()
        if before is not None and before.tag == later.tag and kind(before) == kind(later):
            before.extend(later[1:] if later[:1] and later[0].tag == f"{W}rPr" else later[:])
            later.getparent().remove(later)
    for text in list(root.iter(f"{W}t")):
        text.attrib.clear()
        before = text.getprevious()
        if before is not None and before.tag == text.tag:
            before.text += text.text or ""
            text.getparent().remove(text)
    return bytes(etree.tostring(root, method="c14n"))


def kind(run: etree._Element) -> list[bytes]:
    return [etree.tostring(child, method="c14n", with_tail=False) for child in run.iterchildren(f"{W}rPr")]


def test_the_main_part_only_gains_marks_and_cuts(exported: tuple[Path, Path]) -> None:
    old, new = (zipfile.ZipFile(path).read("word/document.xml") for path in exported)
    assert joined(old, 5) == joined(new, 5)
    at = 0
    for byte in old:  # all of them are there still, in their order
        at = new.index(byte, at) + 1


def test_the_text_is_the_same_before_and_after(exported: tuple[Path, Path]) -> None:
    before, after = (parse(path, "docx") for path in exported)
    assert inspect(exported[1], "b.docx") == "docx"
    assert (after.text, after.sections, after.warnings) == (before.text, before.sections, before.warnings)
    old, new = (docx.Document(str(path)) for path in exported)
    assert [paragraph.text for paragraph in new.paragraphs] == [paragraph.text for paragraph in old.paragraphs]
    assert [[cell.text for cell in row.cells] for row in new.tables[0].rows] == [
        [cell.text for cell in row.cells] for row in old.tables[0].rows
    ]


def test_python_docx_reads_the_comments(exported: tuple[Path, Path]) -> None:
    comments = list(docx.Document(str(exported[1])).comments)
    assert (comments[0].author, comments[0].text) == ("Bea", "Old words.")
    assert {(comment.author, comment.initials, comment.text) for comment in comments[1:]} == {
        ("Built-in reviewer", "BIR", "High risk Unclear.")
    }
    assert len({comment.comment_id for comment in comments}) == len(comments) == len(QUOTES) + 1


def test_tracked_changes_stay(exported: tuple[Path, Path]) -> None:
    def changes(path: Path) -> list[tuple[str, str]]:
        return [
            (element.tag, "".join(element.itertext())) for element in part(path).iter(f"{W}ins", f"{W}del", f"{W}moveTo", f"{W}moveFrom")
        ]

    assert changes(exported[0]) == changes(exported[1])


def test_an_export_of_an_export_keeps_the_first_comments(exported: tuple[Path, Path], tmp_path: Path) -> None:
    again = tmp_path / "c.docx"
    export(exported[1], again, "Pay in sixty", "shall deliver")
    first, second = commented_words(exported[1]), commented_words(again)
    assert {number: second[number] for number in first} == first
    assert [words(text) for number, text in second.items() if number not in first] == ["Payinsixty", "shalldeliver"]
    assert len(list(docx.Document(str(again)).comments)) == len(QUOTES) + 3


def test_a_control_that_word_fills_itself_is_commented_as_a_whole(tmp_path: Path) -> None:
    target = tmp_path / "b.docx"
    export(everything(tmp_path / "a.docx"), target, "the bound")
    assert commented_words(target)[5] == "of the bound"
    [mark] = [element for element in part(target).iter(MARKS[0]) if element.get(f"{W}id") == "5"]
    assert mark.getnext().tag == f"{W}sdt"


def test_references_stand_outside_of_links_fields_and_tracked_changes(exported: tuple[Path, Path]) -> None:
    names = {element.tag.removeprefix(W) for mark in part(exported[1]).iter(MARKS[2]) for element in mark.iterancestors()}
    assert not names & {"hyperlink", "ins", "del", "moveTo", "fldSimple", "smartTag"}


def test_words_of_a_footnote_are_commented_where_the_text_refers_to_it(tmp_path: Path) -> None:
    source, target = everything(tmp_path / "a.docx"), tmp_path / "b.docx"
    document = parse(source, "docx")
    write_comments(source, target, document.text, document.runs, [remark(document, "forty days", note="It is about a footnote.")])
    [mark] = [element for element in part(target).iter(MARKS[0]) if element.get(f"{W}id") == "5"]
    assert next(mark.getnext().iter(f"{W}footnoteReference")).get(f"{W}id") == "2"
    assert list(docx.Document(str(target)).comments)[-1].text.endswith("It is about a footnote.")


@pytest.mark.parametrize("quote", BOXED)
def test_words_of_a_text_box_are_commented_beside_the_box(tmp_path: Path, quote: str) -> None:
    source, target = everything(tmp_path / "a.docx"), tmp_path / "b.docx"
    document = parse(source, "docx")
    write_comments(source, target, document.text, document.runs, [remark(document, quote, note="It is about a box.")])
    assert commented_words(target)[5] == BOXED[quote]
    marks = [mark for mark in part(target).iter(*MARKS) if mark.get(f"{W}id") == "5"]
    assert not [mark for mark in marks if next(mark.iterancestors(f"{W}txbxContent"), None) is not None]
    assert list(docx.Document(str(target)).comments)[-1].text.endswith("It is about a box.")


def test_a_range_never_goes_into_a_text_box(tmp_path: Path) -> None:
    source, target = everything(tmp_path / "a.docx"), tmp_path / "b.docx"
    document = parse(source, "docx")
    write_comments(source, target, document.text, document.runs, [remark(document, "the box.\nInside the", note="It goes on.")])
    assert commented_words(target)[5] == "the box."
    assert list(docx.Document(str(target)).comments)[-1].text.endswith("It goes on.")


def test_more_comments_than_word_opens_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenderline.review.word_export.writing.MAX_COMMENTS", 3)
    source = everything(tmp_path / "a.docx")
    export(source, tmp_path / "b.docx", "10 days", "sixty")
    with pytest.raises(Invalid, match="more than 3 comments"):
        export(source, tmp_path / "c.docx", "10 days", "sixty", "Total")


@pytest.mark.parametrize("missing", ["comments", "links", "types for xml"])
def test_what_comments_need_is_added_only_where_it_is_missing(tmp_path: Path, missing: str) -> None:
    parts = word_parts(paragraph("One and two."))
    if missing == "links":
        del parts["word/_rels/document.xml.rels"]
    if missing == "types for xml":
        parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(
            b'<Default Extension="xml" ContentType="application/xml"/>', b""
        )
    source, target = write_zip(tmp_path / "a.docx", parts), tmp_path / "b.docx"
    export(source, target, "and two")
    assert commented_words(target) == {0: "and two"}
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target) as after:
        assert set(after.namelist()) - set(before.namelist()) == {"word/comments.xml"} | (
            {"word/_rels/document.xml.rels"} if missing == "links" else set()
        )
        assert before.read("_rels/.rels") == after.read("_rels/.rels")
    [comment] = docx.Document(str(target)).comments
    assert (comment.text, f"{comment.timestamp:%Y-%m-%d}") == ("High risk Unclear.", "2026-09-21")


def test_hostile_words_in_findings_do_no_harm(tmp_path: Path) -> None:
    source, target = everything(tmp_path / "a.docx"), tmp_path / "b.docx"
    document = parse(source, "docx")
    text = 'a\x00b\x0bc\ud800d</w:t></w:comment><!-- & ]]> "\ufffe\U0001f600\x85\r\n' + "x" * 10_000
    at = document.text.index("supplier")
    evil = Remark('<a&"\x07', 1.0, (Line('<b>&"', text), Line("", "")), at, at + 8)
    write_comments(source, target, document.text, document.runs, [evil])
    comment = list(docx.Document(str(target)).comments)[-1]
    assert comment.author == '<a&"'
    assert comment.text.startswith('<b>&" ab\ncd</w:t></w:comment><!-- & ]]> "\U0001f600')
    assert comment.text.endswith("x" * 10_000 + "\n")
    assert parse(target, "docx").text == document.text


WORDS = st.text(alphabet=st.sampled_from("ab &<>]\u00e9\u4e2d\U0001f600\u0628 "), min_size=1, max_size=8)
KINDS = st.sampled_from(["run", "ins", "link", "field", "control", "tab", "raw", "gone"])


def piece(kind: str, text: str) -> str:
    """Some words as the XML of a paragraph's part."""
    plain = run(text, "<w:b/>")
    return {
        "run": plain,
        "ins": f'<w:ins w:id="1" w:author="a">{plain}</w:ins>',
        "link": f"<w:hyperlink>{run(text[:3])}{run(text[3:])}</w:hyperlink>",
        "field": f"<w:r>{field('begin')}<w:instrText>X</w:instrText>{field('separate')}</w:r>{plain}<w:r>{field('end')}</w:r>",
        "control": control(plain),
        "tab": f"<w:r><w:tab/><w:t>{escape(text)}</w:t><w:br/></w:r>",
        "raw": f"<w:r><w:t>&#x41;<![CDATA[{text.replace(']', '')}]]>&amp;</w:t></w:r>",
        "gone": f'<w:del w:id="2" w:author="a"><w:r><w:delText>{escape(text)}</w:delText></w:r></w:del>{run("k")}',
    }[kind]


@settings(max_examples=40)
@given(data=st.data(), pieces=st.lists(st.tuples(KINDS, WORDS), min_size=1, max_size=6))
def test_comments_sit_on_any_words_however_they_are_cut_into_runs(
    tmp_path: Path, data: st.DataObject, pieces: list[tuple[str, str]]
) -> None:
    body = paragraph(run("A") + "".join(piece(*entry) for entry in pieces)) + table(["c", cell(paragraph("d") + paragraph("e"))])
    source, target = word_file(tmp_path / "a.docx", body), tmp_path / "b.docx"
    document = parse(source, "docx")
    places = st.integers(0, len(document.text) - 1)
    ranges = data.draw(st.lists(st.tuples(places, places), min_size=1, max_size=4))
    spans = [(min(pair), max(pair) + 1) for pair in ranges]
    remarks = [Remark("A", 1.0, (Line("", "x"),), start, end) for start, end in spans]
    write_comments(source, target, document.text, document.runs, remarks)
    assert parse(target, "docx").text == document.text
    found = commented_words(target)
    for number, (start, end) in enumerate(spans):
        if any(span.start < end and span.end > start for span in document.runs):
            assert words(found[number]) == words(document.text[start:end])
    old, new = (zipfile.ZipFile(path).read("word/document.xml") for path in (source, target))
    assert joined(old, 0) == joined(new, 0)
