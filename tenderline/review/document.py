"""A parsed document: one text, its sections in order, and where the text came from."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class RunSpan:
    """Where a stretch of the document's text stands in a docx: characters ``start`` to ``end`` are run ``run`` of paragraph ``paragraph``.

    ``paragraph`` counts every ``w:p`` of the body in document order, those inside tables included; ``run`` counts every ``w:r`` inside that
    paragraph in document order, those inside hyperlinks, fields and insertions included. Text that we add (list markers, cell separators)
    has no span.
    """

    start: int
    end: int
    paragraph: int
    run: int


@dataclass(frozen=True)
class Section:
    """A part of the document under one heading.

    Attributes:
        index: position, from 0.
        title: unique in the document; equal titles get a number, "Scope (2)".
        level: heading depth from 1; 0 for text before the first heading or a document without headings.
        start, end: the section's text is ``document.text[start:end]``, its heading line excluded.
    """

    index: int
    title: str
    level: int
    start: int
    end: int


@dataclass(frozen=True)
class ParsedDocument:
    """What parsing gives.

    Attributes:
        kind: docx, pdf, md or txt.
        text: all text; paragraphs end in a newline, table rows are lines with cells joined by `` | ``.
        sections: in order, never empty.
        runs: for docx, in order of ``start``; else empty.
        warnings: sentences for people about what could not be read.
    """

    kind: str
    text: str
    sections: tuple[Section, ...]
    runs: tuple[RunSpan, ...] = ()
    warnings: tuple[str, ...] = field(default=())

    def section_text(self, index: int) -> str:
        section = self.sections[index]
        return self.text[section.start : section.end]
