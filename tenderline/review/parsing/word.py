"""Word document (.docx) to document, straight from its XML: python-docx passes over insertions, fields and content controls."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from tenderline.errors import Invalid
from tenderline.review.document import ParsedDocument
from tenderline.review.parsing.inspection import main_link
from tenderline.review.parsing.package import Package, damaged, open_package
from tenderline.review.parsing.plain import find_headings, number_depth
from tenderline.review.parsing.sections import Heading, assemble
from tenderline.review.parsing.word_body import BLOCKS, BodyReader, TextLine
from tenderline.review.parsing.word_notes import Notes
from tenderline.review.parsing.word_numbering import Numbering
from tenderline.review.parsing.word_styles import Styles, W

if TYPE_CHECKING:
    from lxml.etree import _Element

_MAX_BOLD_CHARS = 120
_MAX_BOLD_WORDS = 14
_EXCERPT = 100
_PICTURES = re.compile(r"word/media/.*\.(?:png|jpe?g|tiff?|bmp|gif|emf|wmf)")
_SCAN = Invalid(
    "The document holds pictures, but no text; it looks like a scan.", hint="Run text recognition (OCR) on it and upload the result."
)


def parse_word(path: Path, max_chars: int) -> ParsedDocument:
    """Read a Word document: its text, the places of its runs, and its sections by heading styles, else by bold or numbered lines.

    Raises:
        Invalid: it is damaged or holds no text.
        TooLarge: its text is longer than ``max_chars``.
    """
    with open_package(path) as package:
        link = main_link(package)
        if link is None:
            raise damaged()
        parts = _parts(package, link.target)
        styles = Styles(parts.get("styles"))
        notes = Notes(parts.get("footnotes"), parts.get("endnotes"), styles)
        reader = BodyReader(styles, Numbering(parts.get("numbering"), styles), notes, max_chars)
        for block in package.stream(link.target, f"{W}body", BLOCKS):
            reader.read(block)
        text = reader.text
        return assemble(
            "docx", text, _headings(text, reader.lines), max_chars=max_chars, runs=reader.runs,
            warnings=_warnings(package, link.target, reader),
            when_empty=_SCAN if any(_PICTURES.fullmatch(name) for name in package.names) else None,
        )  # fmt: skip


def _parts(package: Package, main: str) -> dict[str, _Element]:
    """The roots of the parts beside the main one, by the kind of their link."""
    wanted = ("styles", "numbering", "footnotes", "endnotes")
    return {link.kind: package.parse(link.target) for link in package.relationships(main) if link.kind in wanted and link.target in package}


def _headings(text: str, lines: Sequence[TextLine]) -> list[Heading]:
    """Headings by style; where no paragraph has one, short bold lines above body text; where there are none either, numbered lines."""
    styled = [_heading(text, line, line.level) for line in lines if line.level is not None]
    if styled:
        return styled
    bold = [
        _heading(text, line, number_depth(text[line.start : line.end]) or 1)
        for line, below in pairwise(lines)
        if _bold_title(text, line) and (not _bold_title(text, below) or _deeper(text, line, below))
    ]
    if bold and len(bold) * 2 <= len(lines):
        return bold
    free = [line for line in lines if line.free and not (line.label is not None and line.label.bullet)]
    typed = find_headings([text[line.start : line.end] for line in free], spaced=False)
    return [_heading(text, free[index], level) for index, count, level in typed if count == 1]


def _heading(text: str, line: TextLine, level: int) -> Heading:
    return Heading(line.start, line.end + 1, text[line.start : line.end], level)


def _bold_title(text: str, line: TextLine) -> bool:
    title = text[line.start : line.end].strip()
    return (
        line.bold and line.free and not (line.label is not None and line.label.bullet)
        and len(title) <= _MAX_BOLD_CHARS and len(title.split()) <= _MAX_BOLD_WORDS
        and not title.endswith((".", ",", ";")) and any(character.isalpha() for character in title)
    )  # fmt: skip


def _deeper(text: str, line: TextLine, below: TextLine) -> bool:
    """Whether a bold line right under another one is its sub-heading, by their numbers."""
    depth, depth_below = number_depth(text[line.start : line.end]), number_depth(text[below.start : below.end])
    return depth is not None and depth_below is not None and depth_below > depth


def _warnings(package: Package, main: str, reader: BodyReader) -> list[str]:
    """What a reader of the file would see and we don't read, and what we read that they may see otherwise."""
    warnings = []
    if reader.tracked:
        warnings.append("The document has tracked changes; it was read as if all of them were accepted.")
    if reader.hidden:
        warnings.append("Hidden text was left out.")
    if reader.inserted_files:
        warnings.append("Parts that are inserted from other files were not read.")
    if any(name.startswith(("word/charts/", "word/diagrams/", "word/embeddings/")) for name in package.names):
        warnings.append("Charts, diagrams and embedded files were not read.")
    margins = _margin_text(package, main)
    if margins:
        warnings.append(f"Page headers and footers were not read; they say: “{margins}”")
    return warnings


def _margin_text(package: Package, main: str) -> str:
    """The beginning of what page headers and footers say, "" when that is no more than page numbers."""
    said: list[str] = []
    for link in package.relationships(main):
        if link.kind in ("header", "footer") and link.target in package:
            words = " ".join("".join(node.text or "" for node in package.parse(link.target).iter(f"{W}t")).split())
            if re.sub(r"(?i)\bpage\b|\bof\b|[\W\d_]+", "", words) and words not in said:
                said.append(words)
    text = " · ".join(said)
    return text if len(text) <= _EXCERPT else text[: _EXCERPT - 1].rstrip() + "…"
