"""Findings as remarks beside the text: what each says, and at which words."""

from __future__ import annotations

from tenderline.review.document import ParsedDocument
from tenderline.review.models import WHOLE_DOCUMENT
from tenderline.review.reports.report import OPEN, OWN, Place, ReportedFinding, ReviewReport
from tenderline.review.word_export import Line, Remark

READER_NAME = "Reader"
_FALLBACK_AUTHOR = "Tenderline"
_MAX_PLACES = 20
_ELSEWHERE = "This is about words that cannot hold a comment themselves, such as those of a footnote or a text box: “{}”"
_GONE = "These words are not in the text any more: “{}”"


def remarks_of(report: ReviewReport, document: ParsedDocument) -> list[Remark]:
    """One remark for each finding, in order."""
    return [_remark(finding, document) for finding in report.findings]


def _remark(finding: ReportedFinding, document: ParsedDocument) -> Remark:
    place = finding.places[0] if finding.places else Place(finding.section, finding.title, "", 0, 0)
    found = _words(place, document)
    start, end = found or _heading(place.section, document)
    lines = _lines(finding, document)
    if found is None and place.quote:
        lines.append(Line("", _GONE.format(place.quote)))
    return Remark(
        READER_NAME if finding.state == OWN else finding.author or _FALLBACK_AUTHOR,
        finding.at,
        tuple(lines),
        start,
        end,
        note=_ELSEWHERE.format(place.quote) if place.quote else "",
    )


def _lines(finding: ReportedFinding, document: ParsedDocument) -> list[Line]:
    lines = [Line(f"{finding.risk} risk, {finding.category}", ""), Line("", finding.description)]
    if finding.suggestion:
        lines.append(Line("Suggestion:", finding.suggestion))
    if finding.questions:
        lines.append(Line("Questions:" if len(finding.questions) > 1 else "Question:", "\n".join(finding.questions)))
    if finding.checks:
        lines.append(Line("Checks:" if len(finding.checks) > 1 else "Check:", "; ".join(finding.checks)))
    if finding.section == WHOLE_DOCUMENT:
        others = finding.places[1:]
        lines.append(Line("About the document as a whole.", _others(others)))
    if finding.state == OPEN:
        lines.append(Line("", f"{OPEN}."))
    return lines


def _others(places: tuple[Place, ...]) -> str:
    said = [f"“{place.title}”: {place.quote}" if place.quote else f"“{place.title}”" for place in places[:_MAX_PLACES]]
    return "\n".join(["Also in:", *said]) if said else ""


def _words(place: Place, document: ParsedDocument) -> tuple[int, int] | None:
    """Where a passage's words stand in the whole text; None when they don't."""
    if not place.quote or not 0 <= place.section < len(document.sections):
        return None
    section = document.sections[place.section]
    start = section.start + place.start
    if not document.text.startswith(place.quote, start):
        start = document.text.find(place.quote, section.start, section.end)
    if start < 0:
        return None
    inner = place.quote.strip()
    start += place.quote.index(inner) if inner else 0
    return start, start + len(inner or place.quote)


def _heading(index: int, document: ParsedDocument) -> tuple[int, int]:
    """The heading of a section; the first line of its text where it has none; the document's first line for the whole."""
    at, end = 0, len(document.text)
    if 0 <= index < len(document.sections):
        section = document.sections[index]
        at = document.sections[index - 1].end if index else 0
        end = section.start if document.text[at : section.start].strip() else section.end
    while at < end:
        line_end = document.text.find("\n", at, end)
        line_end = end if line_end < 0 else line_end
        line = document.text[at:line_end]
        if line.strip():
            start = at + len(line) - len(line.lstrip())
            return start, at + len(line.rstrip())
        at = line_end + 1
    return _heading(WHOLE_DOCUMENT, document) if index != WHOLE_DOCUMENT else (0, 0)
