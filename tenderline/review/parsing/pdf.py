"""PDF to document. Runs in the child process: see ``safe``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tenderline.errors import Invalid
from tenderline.review.document import ParsedDocument
from tenderline.review.parsing.pdf_headings import Mark, headings_by_outline, headings_by_print
from tenderline.review.parsing.pdf_layout import Measures, Vocabulary, mark_rows, measure, paragraphs, without_furniture
from tenderline.review.parsing.pdf_pages import Line, Page, open_pdf, read_outline, read_pages
from tenderline.review.parsing.plain import text_headings
from tenderline.review.parsing.sections import Heading, assemble, check_length

_SCAN = Invalid(
    "The PDF looks like a scan: it holds pictures of pages, but no text.",
    hint="Run text recognition (OCR) on it and upload the result.",
)


def parse_pdf(path: Path, max_chars: int) -> ParsedDocument:
    """Read a PDF: its text in paragraphs, its sections by the outline or, without one, by larger and bold print.

    Raises:
        Invalid: it is damaged, protected, or holds no text.
        TooLarge: its text is longer than ``max_chars``.
    """
    document = open_pdf(path)
    pages: list[Page] = []
    chars = 0
    for page in read_pages(document):
        pages.append(page)
        chars += sum(len(line.text) for line in page.lines)
        check_length(chars, max_chars)
    kept = without_furniture(pages)
    if not any(kept) and not any(page.pictures for page in pages):  # the same few lines on every page are all there is
        kept = [page.lines for page in pages]
    bare = [number for number, (page, lines) in enumerate(zip(pages, kept, strict=True)) if page.pictures and not lines]
    lines = [line for page_lines in kept for line in page_lines]
    measures = measure(lines)
    rows = mark_rows(lines, measures)
    marks = headings_by_outline(lines, read_outline(document)) or headings_by_print(lines, rows, measures)
    text, headings = _compose(lines, rows, marks, measures)
    if not marks:  # print tells nothing
        headings = text_headings(text, spaced=False)
    return assemble(
        "pdf", text, headings, max_chars=max_chars, warnings=_warnings(bare, len(pages)), when_empty=_SCAN if bare else None
    )  # fmt: skip


def _compose(lines: Sequence[Line], rows: set[int], marks: Sequence[Mark], measures: Measures) -> tuple[str, list[Heading]]:
    """The text, and the headings' places in it."""
    words = Vocabulary(lines)
    parts: list[str] = []
    headings: list[Heading] = []
    position = done = 0

    def put(paragraph: str) -> None:
        nonlocal position
        parts.append(paragraph + "\n")
        position += len(paragraph) + 1

    def put_lines(behind: int) -> None:
        for paragraph in paragraphs(lines, range(done, behind), rows, measures, words):
            put(paragraph)

    for mark in marks:
        put_lines(mark.first)
        start = position
        if mark.behind > mark.first:
            put(" ".join(paragraphs(lines, range(mark.first, mark.behind), rows, measures, words)))
        headings.append(Heading(start, position, mark.title if mark.behind == mark.first else parts[-1], mark.level))
        done = mark.behind
    put_lines(len(lines))
    return "".join(parts), headings


def _warnings(bare: Sequence[int], pages: int) -> list[str]:
    if not bare or len(bare) == pages:
        return []
    runs: list[list[int]] = []
    for number in bare:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    named = [f"{first + 1}" if first == last else f"{first + 1}–{last + 1}" for first, last in runs[:20]]
    names = ", ".join(named) + (" and others" if len(runs) > 20 else "")
    several = len(bare) > 1
    return [f"{'Pages' if several else 'Page'} {names} {'hold' if several else 'holds'} only pictures; text in them was not read."]
