"""The document in passages: sentences, list items and table rows, each with the words that give it its sense."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tenderline.review.builtin.view import DocumentView, SectionView

MOST_QUOTED = 400


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of a section that can be quoted.

    Attributes:
        section: index of the section.
        start, end: its place in the section's text.
        text: what is quoted, blanks made single.
        context: words that belong to it but stand elsewhere: the section's title, a table's header, the line that leads to a list.
        block: which paragraph it belongs to; neighbours in a paragraph share it.
    """

    section: int
    start: int
    end: int
    text: str
    context: str
    block: int


def passages(document: DocumentView) -> Iterator[Passage]:
    """All passages, in order."""
    for view in document.sections():
        yield from _of_section(view)


def _of_section(view: SectionView) -> Iterator[Passage]:
    text, sentences = view.text, iter(view.sentences)
    sentence = next(sentences, None)
    headers = {cell.start: table.header for table in view.tables for row in table.body for cell in row[:1]}
    lead = ""
    for number, block in enumerate(view.blocks):
        if number % 200 == 0:
            view.pulse()
        if block.kind == "row":
            row = view.row_at(block.body)
            if row and row[0].start in headers:
                heads = " ".join(cell.text for cell in headers[row[0].start])
                yield _passage(view, row[0].start, row[-1].end, f"{view.title} {heads}", number)
            continue
        if block.kind == "heading":
            lead = text[block.body : block.end][:200]
            if any(character.isdigit() for character in lead) or ":" in lead:
                yield _passage(view, block.body, block.end, view.title, number)
            continue
        if block.kind == "prose" and text[block.end - 1] == ":":
            lead = text[max(block.body, block.end - 200) : block.end]
        elif block.kind == "prose":
            lead = ""
        while sentence and sentence.start < block.end:
            yield _passage(view, sentence.start, sentence.end, f"{view.title} {lead if block.kind == 'item' else ''}".strip(), number)
            sentence = next(sentences, None)


def _passage(view: SectionView, start: int, end: int, context: str, block: int) -> Passage:
    if end - start > MOST_QUOTED:
        cut = view.text.rfind(" ", start + MOST_QUOTED // 2, start + MOST_QUOTED)
        end = cut if cut > start else start + MOST_QUOTED
    return Passage(view.index, start, end, " ".join(view.text[start:end].split()), context, block)
