"""From lines of print to paragraphs: page furniture left out, broken lines and words put together, table rows kept apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tenderline.review.parsing.pdf_pages import CELL, Line, Page

_MANY_LINES = 20
_MARGIN = 0.12  # share of the page's height where headers and footers stand
_PAGE_NUMBER = re.compile(r"[-–—\s]*(?:(?:page|seite|p\.)\s*)?(?:\d{1,4}|[ivxl]{1,7})(?:\s*(?:/|of|von)\s*\d{1,4})?[-–—\s]*", re.I)
_BULLET = re.compile(r"(?:[•▪◦‣●○■□\uf0b7\uf0a7\uf0d8]|[-–—*](?=\s))\s*")
_ITEM = re.compile(r"\(?(?:\d{1,3}|[a-z]|[ivxl]{1,6}|\d{1,3}(?:\.\d{1,3})+)[.)]\s|\d{1,3}(?:\.\d{1,3})+\s", re.I)
_SENTENCE_END = tuple(".!?:;")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


@dataclass(frozen=True)
class Measures:
    """What is usual in a document: font size and line distance of its body text, the right edge of its print; points.

    ``columns``: for text set in columns, place of a column's left edge (see ``_column``) -> its right edge.
    """

    size: float
    leading: float
    right: float
    columns: dict[int, float]

    def edge(self, line: Line) -> float:
        """Where a line like this one ends when it is full."""
        return self.columns.get(_column(line), self.right)


def measure(lines: Sequence[Line]) -> Measures:
    """The usual sizes, each the one that most characters or lines have."""
    sizes: Counter[float] = Counter()
    leadings: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    size = sizes.most_common(1)[0][0] if sizes else 10.0
    body = [line for line in lines if abs(line.size - size) < 0.6]
    for above, below in pairwise(body):
        if above.page == below.page and 0 < below.baseline - above.baseline < 4 * size:
            leadings[round(2 * (below.baseline - above.baseline)) / 2] += 1
    rights = sorted(line.right for line in body)
    return Measures(
        size=size,
        leading=leadings.most_common(1)[0][0] if leadings else 1.2 * size,
        right=_nearly_last(rights),
        columns=_columns(body),
    )


def _nearly_last(ordered: Sequence[float]) -> float:
    return ordered[len(ordered) * 19 // 20] if ordered else 0.0


def _column(line: Line) -> int:
    return round(line.left / 10)


def _columns(body: Sequence[Line]) -> dict[int, float]:
    """Left edges at which running text stands: many lines that nearly all are about as long as the longest."""
    by_left: dict[int, list[Line]] = {}
    for line in body:
        by_left.setdefault(_column(line), []).append(line)
    columns = {}
    for place, lines in by_left.items():
        edge = _nearly_last(sorted(line.right for line in lines))
        long = sum(line.right - line.left > 0.9 * (edge - line.left) for line in lines)
        if len(lines) >= _MANY_LINES and long > 0.6 * len(lines):
            columns[place] = edge
    return columns


def without_furniture(pages: Sequence[Page]) -> list[list[Line]]:
    """Each page's lines without running headers, footers, page numbers and stamps that every page bears."""
    size = measure([line for page in pages for line in page.lines]).size
    in_margin: dict[tuple[str, int], set[int]] = {}
    anywhere: dict[tuple[str, int], set[int]] = {}
    for number, page in enumerate(pages):
        for line in page.lines:
            for key in _keys(line, size) if _in_margin(line, page) else ():
                in_margin.setdefault(key, set()).add(number)
            anywhere.setdefault((line.text, round(line.baseline / 6)), set()).add(number)
    enough = 3 if len(pages) > 3 else 2

    def furniture(line: Line, page: Page) -> bool:
        if len(anywhere[line.text, round(line.baseline / 6)]) >= max(4, 0.6 * len(pages)):
            return True
        if not _in_margin(line, page):
            return False
        return bool(_PAGE_NUMBER.fullmatch(line.text)) or any(len(in_margin[key]) >= enough for key in _keys(line, size))

    return [[line for line in page.lines if not furniture(line, page)] for page in pages]


def _in_margin(line: Line, page: Page) -> bool:
    return not _MARGIN * page.height < line.baseline < (1 - _MARGIN) * page.height


def _keys(line: Line, size: float) -> list[tuple[str, int]]:
    """By what a running line is known again: its words and place; in small print its numbers may change from page to page."""
    place = round(line.baseline / 6)
    keys = [(line.text, place)]
    if line.size <= size and not line.bold and any(character.isdigit() for character in line.text):
        keys.append((re.sub(r"\d+", "#", line.text), place))
    return keys


def mark_rows(lines: Sequence[Line], measures: Measures) -> set[int]:
    """Indexes of the lines that are rows of a table: parted by gaps, as is the line above or below."""
    parted = [len(line.cells) > 1 for line in lines]

    def near(one: int, other: int) -> bool:
        if not 0 <= other < len(lines) or not parted[other] or lines[one].page != lines[other].page:
            return False
        return abs(lines[one].baseline - lines[other].baseline) < 3 * measures.leading

    return {index for index in range(len(lines)) if parted[index] and (near(index, index - 1) or near(index, index + 1))}


def line_text(line: Line, *, row: bool = False) -> str:
    """A line as it goes into the text: a row's cells joined, a bullet as "- "."""
    if row:
        return CELL.join(line.cells)
    text = line.text
    bullet = _BULLET.match(text)
    return f"- {text[bullet.end() :]}" if bullet and bullet.end() < len(text) else text


def paragraphs(lines: Sequence[Line], section: range, rows: set[int], measures: Measures, words: Vocabulary) -> list[str]:
    """The lines of ``section`` (indexes in ``lines``) joined into paragraphs; table rows stay lines of their own."""
    joined: list[str] = []
    above: Line | None = None
    for index in section:
        line = lines[index]
        text = line_text(line, row=index in rows)
        if above is not None and index not in rows and index - 1 not in rows and _continues(above, line, measures):
            joined[-1] = words.join(joined[-1], text, broken=above.broken)
        else:
            if above is not None and above.broken:
                joined[-1] += "-"
            joined.append(text)
        above = line
    if above is not None and above.broken:
        joined[-1] += "-"
    return joined


def _continues(above: Line, line: Line, measures: Measures) -> bool:
    """Whether a line goes on with the paragraph of the line above it."""
    if above.broken:
        return True
    if abs(above.size - line.size) > 0.6 or above.bold != line.bold or _BULLET.match(line.text) or _ITEM.match(line.text):
        return False
    ended = above.text.endswith(_SENTENCE_END)
    edge = measures.edge(above)
    room = _first_word(line) + 0.3 * line.size if ended else 0.15 * (edge - above.left)  # a sentence may end a paragraph: then look closely
    full = above.right + room > edge
    unfinished = not ended and line.text[0].islower()
    if above.page != line.page:
        return full and unfinished
    distance = line.baseline - above.baseline
    if distance <= 0:  # the next column
        return full and unfinished
    if distance > 1.35 * max(measures.leading, 1.1 * line.size):
        return False
    indented = line.left > above.left + 1.2 * line.size and not _ITEM.match(above.text) and not _BULLET.match(above.text)
    return (full and not indented) or unfinished


def _first_word(line: Line) -> float:
    """About how wide a line's first word is, in points."""
    text = line.text
    return (line.right - line.left) * len(text.split(" ", 1)[0]) / max(1, len(text))


class Vocabulary:
    """The document's own words; they tell whether a hyphen at the end of a line belongs to the word."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self._words: set[str] = set()
        for line in lines:
            found = [word.lower() for word in _WORD.findall(line.text)]
            self._words.update(found[1:-1])  # the outer ones may be halves
            if found and not line.broken:
                self._words.add(found[-1])

    def join(self, above: str, below: str, *, broken: bool) -> str:
        """Two lines as one, without the hyphen of a broken word and with the hyphen of a compound."""
        hyphen = broken or bool(re.search(r"[^\W_][-\u2010]$", above) and below[:1].isalnum())
        if not hyphen:
            return f"{above} {below}"
        above = above.rstrip("-\u2010")
        first, second = re.search(r"[^\W_]*$", above), re.match(r"[^\W_]*", below)
        head, tail = first[0].lower() if first else "", second[0].lower() if second else ""
        compound = f"{head}-{tail}" in self._words
        word = head + tail in self._words
        if not below[:1].islower() or not head.isalpha() or compound or (not word and head in self._words and tail in self._words):
            return f"{above}-{below}"
        return above + below
