"""The text of a Word paragraph as a reader sees it: links, insertions, fields and content controls in, deletions and field codes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenderline.review.parsing.word_styles import Styles, W, switch, value

if TYPE_CHECKING:
    from lxml.etree import _Element

MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
TEXT_BOX = f"{W}txbxContent"
_NOT_SHOWN = "pPr rPr tblPr trPr tcPr sdtPr sdtEndPr del moveFrom delText instrText delInstrText rt"  # rt: the gloss above a word
LEFT_OUT = frozenset(W + name for name in _NOT_SHOWN.split()) | {f"{COMPATIBILITY}Fallback"}

_NOTE_KINDS = {f"{W}footnoteReference": "footnote", f"{W}endnoteReference": "endnote"}
_SYMBOLS = {0xFE: "☒", 0xFD: "☒", 0xFC: "✓", 0xFB: "✗", 0xA8: "☐", 0x6F: "☐", 0xB7: "•", 0xA7: "•", 0xE0: "→"}  # Wingdings, Symbol
_CONTROLS = dict.fromkeys((*range(32), *range(0x7F, 0xA0), 0x2028, 0x2029, 0xFFFE, 0xFFFF), " ")  # as long as before: offsets must hold


@dataclass(frozen=True)
class Piece:
    """A stretch of a paragraph's text. ``run`` is its place among the paragraph's ``w:r``, ``None`` for text that we add."""

    text: str
    run: int | None = None
    bold: bool = False


@dataclass
class ParagraphText:
    """What a paragraph holds: its pieces in order, the text boxes anchored in it and the notes it refers to (kind, id)."""

    pieces: list[Piece] = field(default_factory=list)
    boxes: list[_Element] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)
    hidden: bool = False

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    @property
    def bold(self) -> bool:
        """Whether all that is printed is bold."""
        printed = [piece.bold for piece in self.pieces if piece.run is not None and piece.text.strip()]
        return bool(printed) and all(printed)


def shown(container: _Element) -> Iterator[_Element]:
    """The children of an element that a reader sees, alternatives resolved to the newer one."""
    for child in container:
        if child.tag == f"{COMPATIBILITY}AlternateContent":
            choice = child.find(f"{COMPATIBILITY}Choice")
            yield choice if choice is not None else child
        elif child.tag not in LEFT_OUT:
            yield child


def read_paragraph(paragraph: _Element, styles: Styles, mark_note: Callable[[str, str], str]) -> ParagraphText:
    """Read a paragraph.

    Args:
        mark_note: gives the mark ("[1]") for a reference to a note, from its kind (footnote, endnote) and id.
    """
    return _ParagraphReader(paragraph, styles, mark_note).result


class _ParagraphReader:
    def __init__(self, paragraph: _Element, styles: Styles, mark_note: Callable[[str, str], str]) -> None:
        style_id = value(paragraph.find(f"{W}pPr"), "pStyle") or styles.default
        self.result = ParagraphText()
        self._styles = styles
        self._mark_note = mark_note
        self._bold = bool(styles.bold(style_id))
        self._hidden = styles.hidden(style_id)
        self._in_code: list[bool] = []  # for each open field, whether we are in its code rather than its result
        self._read(paragraph)

    def _read(self, paragraph: _Element) -> None:
        places = {run: place for place, run in enumerate(paragraph.iter(f"{W}r"))}
        open_elements = [shown(paragraph)]
        while open_elements:
            element = next(open_elements[-1], None)
            if element is None:
                open_elements.pop()
            elif element.tag == f"{W}r":
                self._run(element, places[element])
                open_elements.append(child for child in shown(element) if len(child))
            elif element.tag == TEXT_BOX:
                self.result.boxes.append(element)
            elif element.tag == MATH_TEXT:
                self.result.pieces.append(Piece((element.text or "").translate(_CONTROLS)))
            else:
                open_elements.append(shown(element))

    def _run(self, run: _Element, place: int) -> None:
        """Add a run's own text as one piece (the same characters as python-docx's ``Run.text``), behind it what we say for its symbols."""
        properties = run.find(f"{W}rPr")
        if self._is_hidden(properties):
            self.result.hidden = self.result.hidden or any(child.text for child in run.iterchildren(f"{W}t"))
            return
        text, added = "", ""
        for child in run:
            if child.tag == f"{W}fldChar":
                _field(child.get(f"{W}fldCharType"), self._in_code)
            elif any(self._in_code):
                continue
            elif child.tag == f"{W}t":
                text += (child.text or "").translate(_CONTROLS)
            elif child.tag in _NOTE_KINDS:
                added += self._note(_NOTE_KINDS[child.tag], child.get(f"{W}id", ""))
            elif child.tag == f"{W}sym":
                added += _symbol(child)
            else:
                text += _white(child)
        if text:
            self.result.pieces.append(Piece(text, place, self._is_bold(properties)))
        if added:
            self.result.pieces.append(Piece(added))

    def _note(self, kind: str, key: str) -> str:
        mark = self._mark_note(kind, key)
        if mark:
            self.result.notes.append((kind, key))
        return mark

    def _is_hidden(self, properties: _Element | None) -> bool:
        own = switch(properties, "vanish")
        return own if own is not None else self._hidden or self._styles.hidden(value(properties, "rStyle"))

    def _is_bold(self, properties: _Element | None) -> bool:
        own = switch(properties, "b")
        if own is None:
            own = self._styles.bold(value(properties, "rStyle"))
        return self._bold if own is None else own


def _field(step: str | None, in_code: list[bool]) -> None:
    if step == "begin":
        in_code.append(True)
    elif step == "separate" and in_code:
        in_code[-1] = False
    elif step == "end" and in_code:
        in_code.pop()


def _white(child: _Element) -> str:
    if child.tag == f"{W}br":
        return "\n" if child.get(f"{W}type", "textWrapping") == "textWrapping" else ""
    return {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}.get(str(child.tag), "")


def _symbol(child: _Element) -> str:
    code = child.get(f"{W}char", "")
    try:
        point = int(code, 16) if len(code) <= 6 else 0
    except ValueError:
        return ""
    if 0xF000 <= point <= 0xF0FF:  # the private area where symbol fonts keep their signs
        return _SYMBOLS.get(point & 0xFF, "")
    return chr(point) if 0xA0 <= point < 0xD800 or 0x20 < point < 0x7F else ""
