"""Word files as other programs write them: other prefixes and encodings, archives made as a stream, parts spelled otherwise."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest

from tenderline.errors import Invalid
from tenderline.review.parsing import parse
from tenderline.review.word_export import Line, Remark, write_comments
from tests.documents import paragraph, run, word_parts, write_zip
from tests.word_documents import commented_words, part

BODY = paragraph(run("The bidder ") + run("shall deliver", "<w:b/>") + run(" the goods."))
MAIN = "word/document.xml"


def exported(source: Path) -> Path:
    """A copy of the file with a comment on "bidder shall"."""
    document = parse(source, "docx")
    start = document.text.index("bidder shall")
    target = source.with_name("out.docx")
    write_comments(source, target, document.text, document.runs, [Remark("A B", 1.0, (Line("", "Who?"),), start, start + 12)])
    assert parse(target, "docx").text == document.text
    return target


def with_main(change: str, by: str) -> dict[str, bytes]:
    parts = word_parts(BODY)
    return parts | {MAIN: parts[MAIN].replace(change.encode(), by.encode())}


def test_a_file_may_call_its_namespace_as_it_likes(tmp_path: Path) -> None:
    parts = with_main("w:", "x:")
    parts[MAIN] = parts[MAIN].replace(b"xmlns:w=", b"xmlns:x=")
    target = exported(write_zip(tmp_path / "a.docx", parts))
    assert list(commented_words(target).values()) == ["bidder shall"]
    assert docx.Document(str(target)).paragraphs[0].text == "The bidder shall deliver the goods."


def test_a_prefix_that_means_something_else_further_in_does_no_harm(tmp_path: Path) -> None:
    parts = with_main("<w:p>", '<w:customXml xmlns:x="urn:x"><x:y xmlns:w="urn:w"><w:z/></x:y></w:customXml><w:p>')
    assert list(commented_words(exported(write_zip(tmp_path / "a.docx", parts))).values()) == ["bidder shall"]


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8-sig"])
def test_a_main_part_may_be_in_another_encoding(tmp_path: Path, encoding: str) -> None:
    text = word_parts(BODY.replace("goods", "göods"))[MAIN].decode().replace("UTF-8", encoding.removesuffix("-sig"))
    target = exported(write_zip(tmp_path / "a.docx", word_parts(BODY) | {MAIN: text.encode(encoding)}))
    assert list(commented_words(target).values()) == ["bidder shall"]
    assert "göods" in "".join(part(target).itertext())


def test_an_archive_that_was_written_as_a_stream_is_copied_as_it_is(tmp_path: Path) -> None:
    class Pipe(io.RawIOBase):
        """A file that can't go back, so that zipfile writes sizes behind the data."""

        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: object) -> int:
            self.data += bytes(data)  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:  # type: ignore[arg-type]
        archive.comment = b"made elsewhere"
        for name, data in (word_parts(BODY) | {"word/media/a.bin": bytes(range(256)) * 40}).items():
            info = zipfile.ZipInfo(name, (2020, 2, 3, 4, 5, 6))
            info.comment, info.extra, info.external_attr = b"note", b"\x99\x99\x02\x00ab", 0o100644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w") as entry:
                entry.write(data)
    source = tmp_path / "a.docx"
    source.write_bytes(pipe.data)
    target = exported(source)
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target) as after:
        assert after.testzip() is None
        assert after.comment == b"made elsewhere"
        old, new = before.getinfo("word/media/a.bin"), after.getinfo("word/media/a.bin")
        assert (new.comment, new.extra, new.flag_bits, new.date_time) == (old.comment, old.extra, old.flag_bits, old.date_time)
        packed = [path.read_bytes()[info.header_offset :][: info.compress_size + 40] for path, info in ((source, old), (target, new))]
        assert packed[0] == packed[1]
    assert list(commented_words(target).values()) == ["bidder shall"]


def test_parts_may_be_spelled_in_other_letters_than_the_links_to_them(tmp_path: Path) -> None:
    parts = word_parts(BODY, parts={"styles": ""})
    parts["word/Comments.xml"] = b'<x:comments xmlns:x="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'
    links = "word/_rels/document.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
    parts[links] = parts[links].replace(b"</Rel", f'<Relationship Id="rId9" Type="{kind}" Target="comments.xml"/></Rel'.encode())
    target = exported(write_zip(tmp_path / "a.docx", parts))
    with zipfile.ZipFile(target) as archive:
        assert archive.namelist() == list(parts)
        assert archive.read(links) == parts[links]
    assert [element.get(element.keys()[0]) for element in part(target, "word/Comments.xml")] == ["0"]


def test_a_part_that_no_link_leads_to_is_not_taken_for_the_comments(tmp_path: Path) -> None:
    parts = word_parts(BODY) | {"word/comments.xml": b"<left-over/>"}
    target = exported(write_zip(tmp_path / "a.docx", parts))
    with zipfile.ZipFile(target) as archive:
        assert archive.read("word/comments.xml") == b"<left-over/>"
        assert set(archive.namelist()) - set(parts) == {"word/comments1.xml"}
    assert [comment.text for comment in docx.Document(str(target)).comments] == ["Who?"]


def test_a_signed_document_says_that_its_signature_is_broken(tmp_path: Path) -> None:
    source = write_zip(tmp_path / "a.docx", word_parts(BODY) | {"_xmlsignatures/sig1.xml": b"<s/>"})
    document = parse(source, "docx")
    written = write_comments(source, tmp_path / "b.docx", document.text, document.runs, [])
    assert len(written.warnings) == 1
    assert "signature" in written.warnings[0]


def test_a_text_that_is_all_formula_still_gets_its_comment(tmp_path: Path) -> None:
    formula = "<w:p/><w:p><m:oMath><m:r><m:t>a=b</m:t></m:r></m:oMath></w:p>"
    source = write_zip(tmp_path / "a.docx", word_parts(formula))
    document = parse(source, "docx")
    written = write_comments(source, tmp_path / "b.docx", document.text, document.runs, [Remark("A", 1.0, (Line("", "x"),), 0, 3)])
    assert written.comments == 1
    [reference] = list(part(tmp_path / "b.docx").iter("{*}commentReference"))
    assert next(reference.iterancestors("{*}p")).find(".//{*}t").text == "a=b"


def test_a_file_that_is_damaged_by_now_is_said_to_be(tmp_path: Path) -> None:
    source = write_zip(tmp_path / "a.docx", word_parts(BODY))
    document = parse(source, "docx")
    write_zip(source, word_parts(BODY) | {MAIN: b"<w:document"})
    with pytest.raises(Invalid):
        write_comments(source, tmp_path / "b.docx", document.text, document.runs, [])
    source.write_bytes(b"PK\x03\x04")
    with pytest.raises(Invalid):
        write_comments(source, tmp_path / "b.docx", document.text, document.runs, [])


def test_runs_that_no_longer_fit_the_file_are_commented_as_a_whole(tmp_path: Path) -> None:
    source = write_zip(tmp_path / "a.docx", word_parts(BODY))
    document = parse(source, "docx")
    write_zip(source, word_parts(BODY.replace("The bidder", "A tenderer who")))
    remark = Remark("A", 1.0, (Line("", "x"),), 4, 10)
    write_comments(source, tmp_path / "b.docx", document.text, document.runs, [remark])
    assert list(commented_words(tmp_path / "b.docx").values()) == ["A tenderer who"]
