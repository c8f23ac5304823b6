"""A review as a Word file of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tenderline.review.reports.markdown import left_out, status
from tenderline.review.reports.report import STATES, ReportedFinding, ReviewReport
from tenderline.review.word_export.xml_edit import plain

if TYPE_CHECKING:
    from docx.document import Document


def write_word_report(report: ReviewReport, path: Path, made_at: float) -> None:
    """Write the report: title, summary, checks, findings by section.

    Args:
        path: the file; it is replaced.
        made_at: seconds since 1970.

    Raises:
        OSError: it can't be written.
    """
    import docx

    moment = datetime.fromtimestamp(made_at, UTC)
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author = plain(f"Review of {report.document_name}")[:255], "Tenderline"
    properties.created = properties.modified = moment
    properties.comments = ""
    document.add_heading(plain(f"Review of {report.document_name}"), level=0)
    document.add_paragraph(f"{moment:%d %B %Y, %H:%M} UTC")
    if report.left_out:
        document.add_paragraph(left_out(report))
    document.add_heading("Summary", level=1)
    _table(document, ["Risk", *STATES, "All"], [[risk, *map(str, counts), str(sum(counts))] for risk, counts in report.summary])
    if report.coverage:
        document.add_heading("Checks", level=1)
        _table(document, ["Check", "State", "Note"], [[line.check, line.state, line.note] for line in report.coverage])
    document.add_heading("Findings", level=1)
    number = 0
    for title, findings in report.groups:
        document.add_heading(plain(title), level=2)
        for finding in findings:
            number += 1
            _finding(document, number, finding)
    document.save(str(path))


def _finding(document: Document, number: int, finding: ReportedFinding) -> None:
    head = document.add_paragraph()
    head.paragraph_format.keep_with_next = True
    head.add_run(plain(f"{number}. {finding.risk} risk, {finding.category}")).bold = True
    head.add_run(f" ({status(finding)})")
    document.add_paragraph(plain(finding.description))
    for place in finding.places:
        if len(finding.places) > 1 or place.section != finding.section:
            document.add_paragraph(plain(f"In “{place.title}”:"))
        if place.quote:
            document.add_paragraph(plain(place.quote.strip("\n")), style="Intense Quote")
    if finding.suggestion:
        _labelled(document, "Suggestion:", finding.suggestion)
    for question in finding.questions:
        document.add_paragraph(plain(question), style="List Bullet")
    if finding.checks:
        _labelled(document, "Checks:", "; ".join(finding.checks))
    if finding.author:
        document.add_paragraph().add_run(plain(finding.author)).italic = True


def _labelled(document: Document, label: str, text: str) -> None:
    paragraph = document.add_paragraph()
    paragraph.add_run(label).bold = True
    paragraph.add_run(plain(f" {text}"))


def _table(document: Document, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=1, cols=len(head), style="Table Grid")
    for cell, text in zip(table.rows[0].cells, head, strict=True):
        cell.paragraphs[0].add_run(text).bold = True
    for row in rows:
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = plain(text)
    document.add_paragraph()
