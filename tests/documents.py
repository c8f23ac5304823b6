"""Documents for tests, made here: the project ships no binaries. PDFs are in ``pdf_documents``, hostile files in ``hostile_documents``."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NAMESPACES = (
    f'xmlns:w="{W}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml"'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"

REPORT_DEFECTS = {
    "impossible date": "31 April 2026",
    "reversed period": "15 March 2026 to 1 March 2026",
    "shares that don't add up": "40 % for price, 35 % for technical quality and 20 % for delivery time",
    "wrong total": "Total | 1,265,000",
    "figure given two ways": "PHP 1,520,000",
    "appendix that isn't there": "see Appendix C",
    "acronym never defined": "TWGE",
    "fewer reasons than announced": "for five reasons",
    "left to be determined": "TBD",
}
"""What is wrong in ``procurement_report`` and ``plain_report_markdown``: kind of defect -> words in the text."""

REPORT_SECTIONS = (
    "1. Executive Summary", "2. Background", "3. Procurement Process", "3.1 Advertisement and Bid Opening", "4. Evaluation of Bids",
    "5. Contract Award", "6. Findings", "7. Recommendations", "8. Annexes",
)  # fmt: skip

_REPORT: tuple[tuple[str, tuple[str | tuple[str, ...], ...]], ...] = (
    ("# 1. Executive Summary", (
        "This report reviews the procurement of laboratory equipment for the Provincial Hospital of San Isidro under bidding number "
        "PB-2026-014. The contract was awarded to Northfield Instruments Inc. for PHP 1,250,000.",
        "The review team concludes that the award should be suspended until the matters described in section 6 are settled.",
    )),
    ("# 2. Background", (
        "The Provincial Hospital of San Isidro (PHSI) requested the equipment on 12 January 2026. The approved budget of the contract was "
        "PHP 1,300,000, to be paid from the hospital's own income.",
        "The need was confirmed by the TWGE in a memorandum that is not attached to the file.",
    )),
    ("# 3. Procurement Process", ()),
    ("## 3.1 Advertisement and Bid Opening", (
        "The invitation to bid was published on 2 February 2026. Bids were accepted from 15 March 2026 to 1 March 2026 and opened on "
        "31 April 2026 in the presence of the bidders' representatives.",
        "Three bids were received:",
        ("- Northfield Instruments Inc.", "- Mercado Scientific Supplies", "- Bayani Medical Trading"),
        "The minutes of the opening are reproduced in full, see Appendix C.",
    )),
    ("# 4. Evaluation of Bids", (
        "Bids were scored with 40 % for price, 35 % for technical quality and 20 % for delivery time. The scoring sheets were signed by "
        "all members of the committee.",
        ("Bidder | Price | Score", "Northfield Instruments Inc. | 1,250,000 | 88", "Mercado Scientific Supplies | 1,190,000 | 84",
         "Bayani Medical Trading | 1,298,000 | 71"),
        "The lowest bid was passed over. The committee's reasons are recorded as TBD in the abstract of bids.",
    )),
    ("# 5. Contract Award", (
        "The contract was signed on 4 May 2026 for PHP 1,520,000 and covers the following items:",
        ("Item | Amount (PHP)", "Centrifuge | 480,000", "Microscopes | 360,000", "Incubator | 410,000", "Total | 1,265,000"),
        "Delivery is due within 60 calendar days of the notice to proceed.",
    )),
    ("# 6. Findings", (
        "The evaluation was not carried out as the bidding documents require, for five reasons:",
        ("- The weights of the criteria were changed after the bids had been opened.",
         "- The lowest bid was rejected without a stated reason.",
         "- Two members of the committee had worked for the winning bidder.", "- The market survey was made after the award."),
        "The contractor was allegedly informed about the budget beforehand. No document in the file supports this.",
    )),
    ("# 7. Recommendations", (
        "The head of the procuring entity should suspend the award, order a new evaluation by another committee and report the outcome "
        "within 30 days.",
    )),
    ("# 8. Annexes", ("Annex A: Invitation to bid.", "Annex B: Abstract of bids as read.")),
)  # fmt: skip


def plain_report_markdown() -> str:
    """The report of ``procurement_report`` as Markdown: the same words, the same headings, tables as lines with " | "."""
    parts = []
    for heading, blocks in _REPORT:
        parts.append(heading)
        parts += ["\n".join(block) if isinstance(block, tuple) else block for block in blocks]
    return "\n\n".join(parts) + "\n"


def procurement_report(path: Path) -> Path:
    """Write a realistic Word report: nine sections, two tables, two lists, and the defects of ``REPORT_DEFECTS``."""
    import docx

    document = docx.Document()
    document.add_paragraph("Investigation Report on Bidding PB-2026-014", style="Title")
    for heading, blocks in _REPORT:
        marks, _, title = heading.partition(" ")
        document.add_heading(title, level=len(marks))
        for block in blocks:
            if isinstance(block, str):
                document.add_paragraph(block)
            elif block[0].startswith("- "):
                for item in block:
                    document.add_paragraph(item[2:], style="List Bullet")
            else:
                rows = [line.split(" | ") for line in block]
                table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
                for row, values in zip(table.rows, rows, strict=True):
                    for cell, value in zip(row.cells, values, strict=True):
                        cell.text = value
    document.save(str(path))
    return path


def run(text: str, properties: str = "") -> str:
    """A ``w:r``; ``properties`` is the inside of its ``w:rPr``."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(content: str, properties: str = "") -> str:
    """A ``w:p``: text, or the XML of its runs; ``properties`` is the inside of its ``w:pPr``."""
    return f"<w:p><w:pPr>{properties}</w:pPr>{content if content.startswith('<') else run(content)}</w:p>"


def cell(content: str, properties: str = "") -> str:
    """A ``w:tc`` around text or blocks."""
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{content if content.startswith('<') else paragraph(content)}</w:tc>"


def table(*rows: Iterable[str]) -> str:
    """A ``w:tbl`` of rows of cells, each text or a ``w:tc``."""
    made = ("".join(entry if entry.startswith("<w:tc>") else cell(entry) for entry in row) for row in rows)
    return f"<w:tbl><w:tblPr/>{''.join(f'<w:tr>{row}</w:tr>' for row in made)}</w:tbl>"


def word_parts(body: str, *, parts: Mapping[str, str] | None = None, main_type: str = WORD_TYPE) -> dict[str, bytes]:
    """The parts of a Word file by name.

    Args:
        body: the inside of ``w:body``.
        parts: the inside of further parts' root element: styles, numbering, footnotes, endnotes, header1, footer1.
    """
    roots = {
        "styles": "styles",
        "numbering": "numbering",
        "footnotes": "footnotes",
        "endnotes": "endnotes",
        "header1": "hdr",
        "footer1": "ftr",
    }
    made = {f"word/{name}.xml": f"<w:{roots[name]} {_NAMESPACES}>{inside}</w:{roots[name]}>" for name, inside in (parts or {}).items()}
    made |= {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{main_type}"/></Types>'
        ),
        "_rels/.rels": _links([("officeDocument", "word/document.xml")]),
        "word/_rels/document.xml.rels": _links([(name.rstrip("1"), f"{name}.xml") for name in parts or {}]),
        "word/document.xml": f"<w:document {_NAMESPACES}><w:body>{body}<w:sectPr/></w:body></w:document>",
    }
    return {name: f'<?xml version="1.0" encoding="UTF-8"?>{text}'.encode() for name, text in made.items()}


def _links(links: Iterable[tuple[str, str]]) -> str:
    entries = (f'<Relationship Id="rId{index}" Type="{_OFFICE}/{kind}" Target="{name}"/>' for index, (kind, name) in enumerate(links, 1))
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(entries)}</Relationships>'


def write_zip(path: Path, parts: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    """Write parts as a zip archive."""
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def word_file(path: Path, body: str, *, parts: Mapping[str, str] | None = None) -> Path:
    """Write a Word file from the XML of its body; see ``word_parts``."""
    return write_zip(path, word_parts(body, parts=parts))
