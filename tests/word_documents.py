"""A Word file with everything in it that a comment can meet, and a reader of comments that shares no code with the writer."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

from lxml import etree

from tests.documents import cell, paragraph, run, table, word_parts, write_zip

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_TYPES = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)

HEADING = '<w:pStyle w:val="Heading1"/>'
STYLES = (
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>'
    '<w:style w:type="character" w:styleId="CommentReference"><w:name w:val="annotation reference"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="CommentText"><w:name w:val="annotation text"/></w:style>'
)
NUMBERING = (
    '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
)
_ITEM = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
_CHANGE = 'w:id="90" w:author="Ann" w:date="2026-01-01T00:00:00Z"'


def field(step: str) -> str:
    return f'<w:fldChar w:fldCharType="{step}"/>'


def control(content: str, properties: str = "") -> str:
    """A content control, around runs or blocks."""
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def text_box(content: str) -> str:
    """A run with a text box, and what old programs read in its place."""
    shape = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
    drawing = (
        '<w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" distT="0" distB="0" '
        'distL="0" distR="0"><wp:extent cx="1800000" cy="720000"/><wp:docPr id="5" name="Box"/>'
        f'<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><a:graphicData uri="{shape}"><wps:wsp><wps:cNvSpPr '
        'txBox="1"/><wps:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="1800000" cy="720000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
        f"</a:prstGeom></wps:spPr><wps:txbx><w:txbxContent>{content}</w:txbxContent></wps:txbx><wps:bodyPr/></wps:wsp></a:graphicData>"
        "</a:graphic></wp:inline></w:drawing>"
    )
    fallback = (
        f'<w:pict><v:rect style="width:140pt;height:56pt"><v:textbox><w:txbxContent>{content}</w:txbxContent></v:textbox></v:rect></w:pict>'
    )
    return (
        f'<w:r><mc:AlternateContent><mc:Choice Requires="wps">{drawing}</mc:Choice><mc:Fallback>{fallback}</mc:Fallback>'
        "</mc:AlternateContent></w:r>"
    )


def _body() -> str:
    underlined = '<w:u w:val="single"/>'
    link = f'<w:hyperlink r:id="rIdLink" w:history="1">{run("the linked ", underlined)}{run("annex")}</w:hyperlink>'
    bound = control(run(" of the bound"), '<w:dataBinding w:xpath="/a" w:storeItemID="{1}"/>')
    complex_field = (
        f"<w:r>{field('begin')}</w:r><w:r><w:instrText> REF a </w:instrText></w:r><w:r>{field('separate')}</w:r>"
        f"{run('clause ')}{run('seven', '<w:b/>')}<w:r>{field('end')}</w:r>"
    )
    one_run_field = (
        f"<w:r>{field('begin')}<w:instrText>DATE</w:instrText>{field('separate')}<w:t>3 May</w:t>{field('end')}<w:t> at noon</w:t></w:r>"
    )
    gone = '<w:r><w:rPr><w:b/></w:rPr><w:delText xml:space="preserve">thirty </w:delText></w:r>'
    changed = f"<w:del {_CHANGE}>{gone}</w:del><w:ins {_CHANGE}>{run('sixty ')}</w:ins>"
    ruby = f"<w:r><w:ruby><w:rubyPr/><w:rt>{run('kan')}</w:rt><w:rubyBase>{run('漢')}</w:rubyBase></w:ruby></w:r>"
    white = "<w:t>Columns</w:t><w:tab/><w:t>and</w:t><w:br/><w:t>lines</w:t><w:noBreakHyphen/><w:t>end</w:t>"
    formula = "<m:oMath><m:r><m:t>a=b</m:t></m:r></m:oMath>"
    old_comment = (
        f'<w:commentRangeStart w:id="4"/>{run("An old remark")}<w:commentRangeEnd w:id="4"/><w:r><w:commentReference w:id="4"/></w:r>'
    )
    moved = f"<w:moveFrom {_CHANGE}>{run('Moved away.')}</w:moveFrom><w:moveTo {_CHANGE}>{run('Moved here.')}</w:moveTo>"
    old_box = f"<w:pict><v:rect><v:textbox><w:txbxContent>{paragraph('very old words')}</w:txbxContent></v:textbox></v:rect></w:pict>"
    nested = table(["inner left", "inner right"])
    return "".join(
        (
            paragraph("Tender for road works", '<w:jc w:val="center"/>'),
            paragraph("Scope", HEADING),
            paragraph(run("The supplier ") + run("shall ", "<w:b/>") + run("deliver", "<w:i/>") + run(" within 10 days.")),
            paragraph(run("See ") + link + run(" for the terms.")),
            paragraph(run("By ") + complex_field + run(", on ") + one_run_field + run(".")),
            paragraph(f'<w:fldSimple w:instr="AUTHOR">{run("Ann Author")}</w:fldSimple>{run(" wrote it.")}'),
            paragraph(f"{run('Pay in ')}{changed}{run('days at the latest.')}"),
            paragraph(moved + run(" Stayed.")),
            paragraph(
                f'{run("In ")}<w:smartTag w:uri="x" w:element="place">{run("San Isidro")}</w:smartTag>'
                f"{control(run(' the province'))}{bound}{run(' control.')}"
            ),
            control(paragraph("In a block control.") + paragraph("It has two paragraphs.")),
            paragraph(old_comment + run(" stays.")),
            table(
                ["Item", "Amount"],
                [cell(paragraph("First lot") + paragraph("with bolts")), cell(paragraph(run("4,1") + run("00")) + nested)],
                [cell("Total", '<w:gridSpan w:val="2"/>')],
            ),
            paragraph("Terms", HEADING),
            paragraph("One listed duty", _ITEM),
            paragraph("Another listed duty", _ITEM),
            paragraph(run("Paid late") + '<w:r><w:footnoteReference w:id="2"/></w:r>' + run(" again.")),
            paragraph(run("Beside the box.") + text_box(paragraph(run("Inside ") + run("the box.", "<w:b/>")))),
            paragraph(f"{run('Old box: ')}<w:r>{old_box}</w:r>"),
            paragraph(run("يجب على ", "<w:rtl/>") + run("المورد التسليم", "<w:b/><w:rtl/>"), "<w:bidi/>"),
            paragraph(ruby + run("字 is read, ") + formula + run(" holds.")),
            paragraph(f'<w:r w:rsidR="00A1">{white}</w:r>'),
            paragraph("<w:r><w:t>Ben &amp; Co &lt;Ltd&gt; &#8364;5 <![CDATA[in <raw> & text]]> 😀 done</w:t></w:r>"),
            paragraph('<w:r><w:rPr><w:rFonts w:ascii="A>B"/></w:rPr><w:t>no preserved space at the cut</w:t></w:r>'),
            '<w:p/><w:bookmarkStart w:id="3" w:name="a"/><w:bookmarkEnd w:id="3"/>',
            paragraph("First of two paragraphs") + paragraph("that belong together."),
            '<w:p><w:r><w:drawing/></w:r></w:p>',
        )
    )  # fmt: skip


QUOTES = {
    "one run": "The supplier",
    "across runs": "supplier shall deliver within",
    "part of a run": "10 days",
    "in a link": "linked annex",
    "into a link": "See the link",
    "out of a link": "nnex for the",
    "in a field": "ause sev",
    "around a field": "By clause seven, on 3 May",
    "behind a field in its run": "at noon",
    "a simple field": "Ann Author wrote",
    "a tracked change": "Pay in sixty days",
    "an insertion": "sixty",
    "a move": "Moved here. Stay",
    "a smart tag": "San Isidro the prov",
    "a block control": "block control.\nIt has two",
    "an old comment": "old remark stays",
    "a cell": "4,100",
    "across cells": "with bolts | 4,1",
    "paragraphs of a cell": "lot with",
    "a merged cell": "Total",
    "a nested table": "inner right",
    "a list": "listed duty",
    "across items": "duty\n2. Another",
    "around a note": "late[1] again",
    "right to left": "على المورد",
    "ruby": "漢字 is",
    "white space": "and\nlines-e",
    "entities": "& Co <Lt",
    "raw text": "raw> & t",
    "behind a sign of two units": "done",
    "a cut before a space": "no preserved",
    "two paragraphs": "two paragraphs\nthat belong",
}
"""What the comments are to sit on: words of the text of ``everything``, by what is special about them."""


BOXED = {"Inside the bo": "Inside the box.", "very old": "very old words"}
"""Words in text boxes, where Word shows no comment -> all that is in their box."""


def everything_parts() -> dict[str, bytes]:
    """The parts of the file; see ``everything``."""
    note = f'<w:footnote w:id="2">{paragraph("By forty days, says the ledger.")}</w:footnote>'
    separator = f'<w:footnote w:id="0" w:type="separator">{paragraph("-")}</w:footnote>'
    parts = word_parts(
        _body(),
        parts={
            "styles": STYLES, "numbering": NUMBERING, "footnotes": separator + note, "header1": paragraph("Confidential draft"),
            "footer1": paragraph("Page 1"),
        },
    )  # fmt: skip
    namespaces = f'xmlns:w="{_W[1:-1]}" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml"'
    old = f'<w:comment w:id="4" w:author="Bea" w:date="2025-01-01T00:00:00Z" w:initials="B">{paragraph("Old words.")}</w:comment>'
    parts["word/comments.xml"] = f"<w:comments {namespaces}>{old}</w:comments>".encode()
    parts["word/commentsExtended.xml"] = b'<w15:commentsEx xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"/>'
    parts["word/people.xml"] = b'<w15:people xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"/>'
    parts["word/media/image1.png"] = _PIXEL
    parts["customXml/item1.xml"] = b"<a>bound</a>"
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_TYPES}.{kind}+xml"/>'
        for name, kind in {
            "styles": "styles", "numbering": "numbering", "footnotes": "footnotes", "header1": "header", "footer1": "footer",
            "comments": "comments", "commentsExtended": "commentsExtended", "people": "people",
        }.items()
    )  # fmt: skip
    types += '<Default Extension="png" ContentType="image/png"/>'
    links = (
        f'<Relationship Id="rIdOld" Type="{_LINKS}/comments" Target="/word/comments.xml"/>'
        f'<Relationship Id="rIdLink" Type="{_LINKS}/hyperlink" Target="https://example.org/?a=1&amp;b=2" TargetMode="External"/>'
        f'<Relationship Id="rIdImage" Type="{_LINKS}/image" Target="media/image1.png"/>'
    )
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", types.encode() + b"</Types>")
    name = "word/_rels/document.xml.rels"
    parts[name] = parts[name].replace(b"</Relationships>", links.encode() + b"</Relationships>")
    margins = b'<w:sectPr><w:headerReference w:type="default" r:id="rId4"/><w:footerReference w:type="default" r:id="rId5"/></w:sectPr>'
    parts["word/document.xml"] = parts["word/document.xml"].replace(b"<w:sectPr/>", margins)
    return parts


def everything(path: Path) -> Path:
    """A Word file with runs, links, fields, tracked changes, controls, tables, lists, notes, text boxes, signs, comments and margins."""
    return write_zip(path, everything_parts())


def part(path: Path, name: str = "word/document.xml") -> etree._Element:
    """The root of a part."""
    with zipfile.ZipFile(path) as archive:
        return etree.fromstring(archive.read(name))


def commented_words(path: Path) -> dict[int, str]:
    """The id of each comment whose range the document has -> the words in that range, a space for whatever separates words."""
    said: dict[int, list[str]] = {}
    begun: set[int] = set()
    ended: dict[int, str] = {}
    codes: list[bool] = []

    def say(text: str) -> None:
        for number in begun:
            said[number].append(text)

    def mark(element: etree._Element) -> None:
        number = int(element.get(f"{_W}id"))
        if element.tag == f"{_W}commentRangeStart":
            begun.add(number)
            said[number] = []
        elif number in begun:
            begun.discard(number)
            ended[number] = " ".join("".join(said[number]).split())

    def read(element: etree._Element) -> None:
        name = element.tag.removeprefix(_W) if isinstance(element.tag, str) else ""
        if name in ("del", "moveFrom", "rt", "pPr", "rPr") or element.tag == f"{_MC}Fallback":
            return
        if name in ("commentRangeStart", "commentRangeEnd"):
            mark(element)
        elif name == "fldChar":
            _step(element.get(f"{_W}fldCharType"), codes)
        elif name == "t" and True not in codes:
            say(element.text or "")
        elif name in ("tab", "br", "cr", "p", "tc"):
            say(" ")
        elif name == "noBreakHyphen":
            say("-")
        for child in element:
            read(child)

    read(part(path))
    return dict(sorted(ended.items()))


def _step(step: str, codes: list[bool]) -> None:
    changes: dict[str, Callable[[], object]] = {
        "begin": lambda: codes.append(True),
        "separate": lambda: codes.__setitem__(-1, False),
        "end": codes.pop,
    }
    changes[step]()
