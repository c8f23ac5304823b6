"""A review as Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from tenderline.review.reports.report import OWN, STATES, ReportedFinding, ReviewReport
from tenderline.review.review_files import escaped


def markdown_report(report: ReviewReport, made_at: float) -> str:
    """The report: title, summary, checks, findings by section. Text of documents and reviewers is text in it, never markup.

    Args:
        made_at: seconds since 1970.
    """
    return "\n".join(_lines(report, made_at)).rstrip("\n") + "\n"


def _lines(report: ReviewReport, made_at: float) -> Iterator[str]:
    yield f"# Review of {escaped(report.document_name)}\n"
    yield f"{datetime.fromtimestamp(made_at, UTC):%d %B %Y, %H:%M} UTC\n"
    if report.left_out:
        yield f"{left_out(report)}\n"
    yield "## Summary\n"
    yield from _table(["Risk", *STATES, "All"], [[risk, *map(str, counts), str(sum(counts))] for risk, counts in report.summary])
    if report.coverage:
        yield "## Checks\n"
        yield from _table(["Check", "State", "Note"], [[line.check, line.state, line.note] for line in report.coverage])
    yield "## Findings\n"
    number = 0
    for title, findings in report.groups:
        yield f"### {escaped(title)}\n"
        for finding in findings:
            number += 1
            yield from _finding(number, finding)


def left_out(report: ReviewReport) -> str:
    """How many findings nobody has decided about are not in the report."""
    said = "1 finding" if report.left_out == 1 else f"{report.left_out:,} findings"
    return f"Not part of this report: {said} that nobody has decided about."


def status(finding: ReportedFinding) -> str:
    """What the reader decided, in words."""
    return f"{finding.state}, edited" if finding.edited and finding.state != OWN else finding.state


def _finding(number: int, finding: ReportedFinding) -> Iterator[str]:
    yield f"**{number}. {escaped(finding.risk)} risk, {escaped(finding.category)}** ({status(finding)})\n"
    yield f"{_block(finding.description)}\n"
    for place in finding.places:
        if len(finding.places) > 1 or place.section != finding.section:
            yield f"In “{escaped(place.title)}”:\n"
        if place.quote:
            yield "\n".join(f"> {_block(line)}" for line in place.quote.splitlines() if line.strip()) + "\n"
    if finding.suggestion:
        yield f"**Suggestion:** {_block(finding.suggestion)}\n"
    if finding.questions:
        yield "\n".join(f"- {escaped(question)}" for question in finding.questions) + "\n"
    if finding.checks:
        yield f"**Checks:** {escaped('; '.join(finding.checks))}\n"
    if finding.author:
        yield f"_{escaped(finding.author)}_\n"


def _table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(escaped(value) for value in row)} |"
    yield ""


def _block(text: str) -> str:
    """Text of several lines as it is; line breaks stay."""
    return "\\\n".join(line for line in map(escaped, text.splitlines()) if line)
