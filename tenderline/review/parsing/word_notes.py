"""Footnotes and endnotes: marks in the text, and their own text for the line below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenderline.review.parsing.word_numbering import formatted
from tenderline.review.parsing.word_runs import read_paragraph
from tenderline.review.parsing.word_styles import Styles, W

if TYPE_CHECKING:
    from lxml.etree import _Element


class Notes:
    """The notes of a document, numbered in the order in which the text refers to them: [1] for footnotes, [i] for endnotes."""

    def __init__(self, footnotes: _Element | None, endnotes: _Element | None, styles: Styles) -> None:
        self._texts: dict[tuple[str, str], str] = {}
        self._marks: dict[tuple[str, str], str] = {}
        self._taken: set[tuple[str, str]] = set()
        self._counts = {"footnote": 0, "endnote": 0}
        for kind, root in (("footnote", footnotes), ("endnote", endnotes)):
            for note in root.iterchildren(W + kind) if root is not None else ():
                if note.get(f"{W}type", "normal") == "normal":
                    paragraphs = (read_paragraph(paragraph, styles, _no_mark).text for paragraph in note.iter(f"{W}p"))
                    self._texts[kind, note.get(f"{W}id", "")] = " ".join(" ".join(paragraphs).split())

    def mark(self, kind: str, key: str) -> str:
        """The mark of a note; it gets its number when it is first asked for. "" for a note without text."""
        if not self._texts.get((kind, key)):
            return ""
        if (kind, key) not in self._marks:
            self._counts[kind] += 1
            self._marks[kind, key] = f"[{formatted(self._counts[kind], 'decimal' if kind == 'footnote' else 'lowerRoman')}]"
        return self._marks[kind, key]

    def take(self, kind: str, key: str) -> str:
        """What a note says, on one line, for the first place that refers to it; "" for later ones."""
        if (kind, key) in self._taken:
            return ""
        self._taken.add((kind, key))
        return self._texts.get((kind, key), "")


def _no_mark(kind: str, key: str) -> str:
    return ""
