"""Walks the body of a Word document and writes its text: paragraphs and table rows as lines, with the place of every run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenderline.errors import Invalid
from tenderline.review.document import RunSpan
from tenderline.review.parsing.limits import MAX_NESTING
from tenderline.review.parsing.sections import check_length
from tenderline.review.parsing.word_notes import Notes
from tenderline.review.parsing.word_numbering import Label, Numbering
from tenderline.review.parsing.word_runs import ALTERNATIVES, ParagraphText, read_paragraph, shown
from tenderline.review.parsing.word_styles import Styles, W, number, value

if TYPE_CHECKING:
    from lxml.etree import _Element

BLOCKS = (*(W + name for name in ("p", "tbl", "sdt", "customXml", "ins", "moveTo", "altChunk")), ALTERNATIVES)
CELL = " | "
_INDENT = "  "
_MAX_SPAN = 63  # columns of a table, by Word's own limit
_IN_CELL = {ord("\n"): " ", ord("\t"): " "}  # as long as before: run offsets must hold
_TRACKED = tuple(W + name for name in ("ins", "del", "moveFrom", "moveTo"))
_P, _TBL, _TR, _TC = (W + name for name in ("p", "tbl", "tr", "tc"))


@dataclass(frozen=True)
class TextLine:
    """A line that was written: ``text[start:end]``, without its line break.

    Attributes:
        level: 1 to 9 for a paragraph of a heading style.
        label: the automatic number before it.
        free: a paragraph outside of tables of several columns and of text boxes, which may be a heading.
    """

    start: int
    end: int
    level: int | None
    label: Label | None
    bold: bool
    free: bool


class BodyReader:
    """Gathers ``text``, ``lines`` and ``runs`` from the blocks of a body, given to ``read`` one by one in order."""

    def __init__(self, styles: Styles, numbering: Numbering, notes: Notes, max_chars: int) -> None:
        self.lines: list[TextLine] = []
        self.runs: list[RunSpan] = []
        self.hidden = self.tracked = self.inserted_files = False
        self._parts: list[str] = []
        self._length = 0
        self._styles = styles
        self._numbering = numbering
        self._notes = notes
        self._max_chars = max_chars
        self._paragraphs = 0
        self._places: dict[_Element, int] = {}

    def read(self, block: _Element) -> None:
        """Read a child of the body. It is not needed any more afterwards.

        Raises:
            Invalid: it nests too deeply.
            TooLarge: the text has become longer than it may.
        """
        if block.tag == _P and not len(block):
            self._paragraphs += 1
            return
        self._places = {paragraph: place for place, paragraph in enumerate(block.iter(_P), self._paragraphs)}
        self._paragraphs += len(self._places)
        self.tracked = self.tracked or next(block.iter(*_TRACKED), None) is not None
        self.inserted_files = self.inserted_files or next(block.iter(f"{W}altChunk"), None) is not None
        self._blocks([block], 0, free=True)

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def _blocks(self, container: Iterable[_Element], depth: int, *, free: bool) -> None:
        for block in _inside(container, (_P, _TBL)):
            if block.tag == _TBL:
                self._table(block, depth + 1, free=free)
            else:
                self._paragraph(block, depth, free=free)

    def _paragraph(self, paragraph: _Element, depth: int, *, free: bool) -> None:
        content = self._read(paragraph)
        label = None if _deleted(paragraph, content) else self._numbering.label(paragraph)
        if content.text.strip():
            level = self._styles.heading_level(paragraph) if free else None
            start = self._length
            self._write(_lead(label, heading=level is not None))
            self._write_pieces(paragraph, content)
            self.lines.append(TextLine(start, self._length, level, label, content.bold, free))
            self._write("\n")
        self._write_notes(content)
        self._boxes(content, depth)

    def _table(self, table: _Element, depth: int, *, free: bool) -> None:
        if depth > MAX_NESTING:
            raise _too_deep()
        rows = [
            [cell for cell in _inside(row, (_TC,)) if cell.find(f"{W}tcPr/{W}cellDel") is None]
            for row in _inside(table, (_TR,)) if row.find(f"{W}trPr/{W}del") is None
        ]  # fmt: skip
        frame = all(len(cells) == 1 for cells in rows)  # around text, rather than a table
        for cells in rows:
            if len(cells) == 1:
                self._blocks(cells[0], depth, free=free and frame)
            else:
                self._row(cells, depth)

    def _row(self, cells: list[_Element], depth: int) -> None:
        """Write a row as one line, then what doesn't fit into a line: notes, text boxes and tables inside its cells."""
        read = [[] if _continues_merge(cell) else self._cell(cell) for cell in cells]
        paragraphs = [entry for content in read for entry in content]
        if any(content.text.strip() for _, content, _ in paragraphs):
            start = self._length
            for position, (cell, cell_paragraphs) in enumerate(zip(cells, read, strict=True)):
                self._write(CELL if position else "")
                written = False
                for paragraph, content, label in cell_paragraphs:
                    if not content.text.strip():
                        continue
                    self._write((" " if written else "") + _lead(label, heading=True))
                    self._write_pieces(paragraph, content, in_cell=True)
                    written = True
                span = number(value(cell, "tcPr/gridSpan")) or 1
                self._write(CELL * (min(span, _MAX_SPAN) - 1))
            self.lines.append(TextLine(start, self._length, None, None, bold=False, free=False))
            self._write("\n")
        for _, content, _ in paragraphs:
            self._write_notes(content)
            self._boxes(content, depth)
        for cell in cells:
            for table in _inside(cell, (_TBL,)):
                self._table(table, depth + 1, free=False)

    def _cell(self, cell: _Element) -> list[tuple[_Element, ParagraphText, Label | None]]:
        found = []
        for paragraph in _inside(cell, (_P,)):
            content = self._read(paragraph)
            found.append((paragraph, content, None if _deleted(paragraph, content) else self._numbering.label(paragraph)))
        return found

    def _boxes(self, content: ParagraphText, depth: int) -> None:
        if content.boxes and depth >= MAX_NESTING:
            raise _too_deep()
        for box in content.boxes:
            self._blocks(box, depth + 1, free=False)

    def _read(self, paragraph: _Element) -> ParagraphText:
        content = read_paragraph(paragraph, self._styles, self._notes.mark)
        self.hidden = self.hidden or content.hidden
        return content

    def _write_pieces(self, paragraph: _Element, content: ParagraphText, *, in_cell: bool = False) -> None:
        place = self._places[paragraph]
        for piece in content.pieces:
            start = self._length
            self._write(piece.text.translate(_IN_CELL) if in_cell else piece.text)
            if piece.run is not None:
                self.runs.append(RunSpan(start, self._length, place, piece.run))

    def _write_notes(self, content: ParagraphText) -> None:
        for kind, key in content.notes:
            note = self._notes.take(kind, key)
            if note:
                start = self._length
                self._write(f"{self._notes.mark(kind, key)} {note}")
                self.lines.append(TextLine(start, self._length, None, None, bold=False, free=False))
                self._write("\n")

    def _write(self, text: str) -> None:
        if text:
            self._parts.append(text)
            self._length += len(text)
            check_length(self._length, self._max_chars)


def _inside(container: Iterable[_Element], tags: tuple[str, ...]) -> Iterator[_Element]:
    """Those of some elements, or of an element's children, that have one of the tags.

    Looks through content controls, tracked insertions and the like, but not into blocks of other tags.
    """
    open_elements = [shown(container)]
    while open_elements:
        element = next(open_elements[-1], None)
        if element is None:
            open_elements.pop()
        elif element.tag in tags:
            yield element
        elif element.tag not in (_P, _TBL, _TR, _TC):
            open_elements.append(shown(element))


def _too_deep() -> Invalid:
    return Invalid("The document nests tables or text boxes too deeply.", hint="Save it again in Word, or export it as PDF.")


def _lead(label: Label | None, *, heading: bool) -> str:
    """What is written before a paragraph: its number or bullet, list items indented by their level."""
    if label is None or not label.text:
        return ""
    return f"{'' if heading else _INDENT * label.level}{label.text} "


def _deleted(paragraph: _Element, content: ParagraphText) -> bool:
    """Whether a tracked change took the whole paragraph out; then it isn't counted either."""
    return not content.pieces and paragraph.find(f"{W}pPr/{W}rPr/{W}del") is not None


def _continues_merge(cell: _Element) -> bool:
    """Whether a cell is the covered part of one merged with the cell above."""
    merge = cell.find(f"{W}tcPr/{W}vMerge")
    return merge is not None and merge.get(f"{W}val", "continue") != "restart"
