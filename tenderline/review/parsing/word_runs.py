"""The text of a Word paragraph as a reader sees it: links, insertions, fields and content controls in, deletions and field codes out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenderline.review.parsing.word_styles import OFF, Styles, W, value

if TYPE_CHECKING:
    from lxml.etree import _Element

MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_COMPATIBILITY = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
ALTERNATIVES = f"{_COMPATIBILITY}AlternateContent"
TEXT_BOX = f"{W}txbxContent"
_NOT_SHOWN = "pPr rPr tblPr trPr tcPr sdtPr sdtEndPr del moveFrom delText instrText delInstrText rt"  # rt: the gloss above a word
LEFT_OUT = frozenset(W + name for name in _NOT_SHOWN.split()) | {f"{_COMPATIBILITY}Fallback"}

_R, _RPR, _RSTYLE, _BOLD, _HIDDEN, _T, _SYMBOL, _FIELD, _BREAK = (
    W + name for name in ("r", "rPr", "rStyle", "b", "vanish", "t", "sym", "fldChar", "br")
)
_WHITE = {f"{W}tab": "\t", f"{W}ptab": "\t", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
_VAL, _TYPE = f"{W}val", f"{W}type"
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


def shown(elements: Iterable[_Element]) -> Iterator[_Element]:
    """Those of some elements, or of an element's children, that a reader sees; of alternatives the newer one."""
    for element in elements:
        if element.tag == ALTERNATIVES:
            choice = element.find(f"{_COMPATIBILITY}Choice")
            yield element if choice is None else choice
        elif element.tag not in LEFT_OUT:
            yield element


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
        places = {run: place for place, run in enumerate(paragraph.iter(_R))}
        open_elements = [shown(paragraph)]
        while open_elements:
            element = next(open_elements[-1], None)
            if element is None:
                open_elements.pop()
            elif element.tag == _R:
                inner = self._run(element, places[element])
                if inner:
                    open_elements.append(shown(inner))
            elif element.tag == TEXT_BOX:
                self.result.boxes.append(element)
            elif element.tag == MATH_TEXT:
                self.result.pieces.append(Piece((element.text or "").translate(_CONTROLS)))
            else:
                open_elements.append(shown(element))

    def _run(self, run: _Element, place: int) -> list[_Element]:
        """Add a run's own text as one piece (the same characters as python-docx's ``Run.text``), behind it what we say for its symbols.

        Returns the elements inside the run that may hold more: drawings, text set in two lines.
        """
        bold, hidden = self._bold, self._hidden
        text, added, inner = "", "", []
        for child in run:
            tag = child.tag
            if tag == _RPR:
                bold, hidden = self._print(child)
            elif tag == _FIELD:
                field_step(child.get(f"{W}fldCharType"), self._in_code)
            elif hidden:
                self.result.hidden = self.result.hidden or bool(child.text)
            elif True in self._in_code:
                continue
            elif tag == _T:
                text += (child.text or "").translate(_CONTROLS)
            elif tag in _NOTE_KINDS:
                added += self._note(_NOTE_KINDS[tag], child.get(f"{W}id", ""))
            elif tag == _SYMBOL:
                added += _symbol(child)
            elif len(child):
                inner.append(child)
            else:
                text += white(tag, child.get(_TYPE))
        if text:
            self.result.pieces.append(Piece(text, place, bold))
        if added:
            self.result.pieces.append(Piece(added))
        return inner

    def _note(self, kind: str, key: str) -> str:
        mark = self._mark_note(kind, key)
        if mark:
            self.result.notes.append((kind, key))
        return mark

    def _print(self, properties: _Element) -> tuple[bool, bool]:
        """Whether a run with these properties is bold and whether it is hidden: by its own word, else its style's, else its paragraph's."""
        style, bold, hidden = None, None, None
        for child in properties:
            if child.tag == _RSTYLE:
                style = child.get(_VAL)
            elif child.tag == _BOLD:
                bold = child.get(_VAL, "true") not in OFF
            elif child.tag == _HIDDEN:
                hidden = child.get(_VAL, "true") not in OFF
        if style is not None:
            bold = self._styles.bold(style) if bold is None else bold
            hidden = self._styles.hidden(style) if hidden is None else hidden
        return self._bold if bold is None else bold, self._hidden if hidden is None else hidden


def field_step(step: str | None, in_code: list[bool]) -> None:
    """Note a field's begin, separate or end: ``in_code`` says for each open field whether we are in its code rather than its result."""
    if step == "begin":
        in_code.append(True)
    elif step == "separate" and in_code:
        in_code[-1] = False
    elif step == "end" and in_code:
        in_code.pop()


def white(tag: str, kind: str | None) -> str:
    """The character that a child of a run stands for, "" for none; ``kind`` is its ``w:type``."""
    if tag == _BREAK:  # those between pages and columns are no characters
        return "\n" if kind in (None, "textWrapping") else ""
    return _WHITE.get(tag, "")


def _symbol(child: _Element) -> str:
    code = child.get(f"{W}char", "")
    try:
        point = int(code, 16) if len(code) <= 6 else 0
    except ValueError:
        return ""
    if 0xF000 <= point <= 0xF0FF:  # the private area where symbol fonts keep their signs
        return _SYMBOLS.get(point & 0xFF, "")
    return chr(point) if 0xA0 <= point < 0xD800 or 0x20 < point < 0x7F else ""
