"""Ways to make documents from Markdown for the tests of the built-in reviewer, and to hear what it says of them."""

from __future__ import annotations

import re

from tenderline.review.builtin import BuiltinReviewer
from tenderline.review.builtin.remark import Rule
from tenderline.review.builtin.topics import TOPICS
from tenderline.review.builtin.view import DocumentView
from tenderline.review.document import ParsedDocument, Section
from tenderline.review.guidelines import default_guidelines
from tenderline.review.reviewer import CATEGORIES, Finding, Review, ReviewRequest
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext

_HEADING = re.compile(r"^(#{1,6}) +(.+)$", re.MULTILINE)


def document(markdown: str, kind: str = "md") -> ParsedDocument:
    """A parsed document: every ``# Heading`` starts a section; the heading lines stay in the text, without their marks."""
    text, sections, title, level, start = "", [], "Document", 0, 0
    position = 0

    def close(end: int) -> None:
        if title != "Document" or text[start:end].strip():
            sections.append(Section(len(sections), title, level, start, end))

    for heading in _HEADING.finditer(markdown):
        text += markdown[position : heading.start()]
        close(len(text))
        title, level = heading[2].strip(), len(heading[1])
        text += title + "\n"
        start = len(text)
        position = min(heading.end() + 1, len(markdown))
    text += markdown[position:]
    close(len(text))
    return ParsedDocument(kind, text, tuple(sections) or (Section(0, "Document", 0, 0, len(text)),))


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[call-arg, arg-type]


def context(**values: object) -> TaskContext:
    return TaskContext("task", "local", **values)  # type: ignore[arg-type]


FRAMES = {
    "tender": (
        "# Invitation to tender\n\nThe town invites tenders for desks. Tenders must be submitted by tenderers in writing.\n\n"
        "# Instructions to tenderers\n\nTenders must be signed. Tenderers shall ask in writing.\n\n"
        "# Award criteria\n\nPrice counts 100 %.\n\n"
    ),
    "report": (
        "# Investigation report\n\nThis is the report of the investigation.\n\n"
        "# Findings of fact\n\nThe investigation found two things.\n\n"
        "# Conclusions\n\nThe findings are set out above.\n\n"
    ),
    "contract": (
        "# Contract agreement\n\nThis agreement is made between the parties.\n\n# Termination\n\nEither party may end it.\n\n"
        "# Governing law\n\nThe law of the land applies.\n\n"
    ),
    "other": "",
}
"""What to put before a section so that the document is of that kind."""


def told(rule: Rule, text: str, *, kind: str = "other", title: str = "Terms", after: str = "") -> list[str]:
    """What a rule quotes in a section of a document of that kind; "" for a remark about something missing."""
    parsed = document(f"{FRAMES[kind]}# {title}\n{text}\n{after}")
    view = DocumentView(parsed, "document", lambda: None)
    assert view.kind == kind, view.kind
    index = next(section.index for section in parsed.sections if section.title == title)
    section = view.section(index)
    quotes = []
    for remark in rule(section):
        assert remark.category in CATEGORIES
        assert remark.topic in TOPICS
        assert remark.confidence <= 1
        quotes.append(section.text[remark.start : remark.end])
    return quotes


def review_section(reviewer: BuiltinReviewer, parsed: ParsedDocument, section: int = 0) -> Review:
    return reviewer.review(ReviewRequest(parsed, "document", section, default_guidelines()), context())


def review_all(reviewer: BuiltinReviewer, parsed: ParsedDocument) -> list[tuple[Section, Finding]]:
    """Every finding of every section, each checked to quote its section exactly."""
    found = []
    for section in parsed.sections:
        text = parsed.section_text(section.index)
        for finding in review_section(reviewer, parsed, section.index).findings:
            assert text[finding.start : finding.end] == finding.quote
            assert len(finding.quote) < 200
            found.append((section, finding))
    return found
