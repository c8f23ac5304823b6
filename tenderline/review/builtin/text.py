"""How a section's text is laid out: lines, blocks, sentences, lists and tables, each with its place in the text.

Everything here is one pass over the text: a section may have two million characters, and none of them need be friendly.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["heading", "prose", "item", "row"]
MarkerKind = Literal["bullet", "number", "letter", "clause", ""]

PIECE_CHARS = 16_000
SENTENCE_CHARS = 2_500
QUOTE_CHARS = 190

_MARKER = re.compile(
    r"(?P<bullet>[-*•‣▪◦–·●])[ \t]+"
    r"|(?P<clause>\d{1,2}(?:\.\d{1,2}){1,3}\.?)[ \t]+"
    r"|\(?(?P<number>\d{1,3})[.)][ \t]+"
    r"|\(?(?P<letter>[a-zA-Z]|[ivxIVX]{2,5})[.)][ \t]+"
)
_STOP = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’)\]]{0,4}(?=\s)")
_LAST_WORD = re.compile(r"([\w.&-]{1,24})$")
_LETTERED = re.compile(r"(?i:annex|appendix|schedule|exhibit|table|section|lot|part|attachment|grade|class|option)\s\w$")
_OPENING = "“‘\"'(["


_SURROGATE = re.compile("[\ud800-\udfff]")


def encodable(text: str) -> str:
    """The text with lone surrogates replaced, of the same length: libraries written in other languages refuse them."""
    return _SURROGATE.sub("\ufffd", text)


def listed(*lines: str) -> list[str]:
    """The words of some lines, in order."""
    return " ".join(lines).split()


def words(*lines: str) -> frozenset[str]:
    """The words of some lines, as a set."""
    return frozenset(listed(*lines))


_ABBREVIATIONS = words(
    "mr mrs ms dr prof eng hon st no nos art arts sec sect para paras par cl ch vol fig figs tab app ref refs approx est",
    "incl excl max min e.g i.e cf vs etc al viz ltd inc co corp bros dept gov govt jan feb mar apr jun jul aug sep sept",
    "oct nov dec mon tue wed thu fri sat sun p pp ed eds rev tel fax ext a.m p.m u.s u.k u.n n.b s ss reg regs",
)
_MAY_END = frozenset({"etc", "ltd", "inc", "co", "corp", "a.m", "p.m", "u.s", "u.k", "u.n", "al", "excl", "incl"})


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, list item, table row or line that reads like a heading.

    Attributes:
        start, end: the whole block, marker and indentation included, its last newline excluded.
        body: where the words begin, after a list marker.
        indent: columns before the marker.
        marker: the kind of list marker, "" for none.
        gap: whether a blank line stands before it.
    """

    kind: Kind
    start: int
    end: int
    body: int
    indent: int = 0
    marker: MarkerKind = ""
    gap: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the section's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table row; ``text`` is stripped, the span covers exactly it."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Table:
    """Consecutive table rows; the first is taken for the header when it holds no figures."""

    rows: tuple[tuple[Cell, ...], ...]

    @property
    def header(self) -> tuple[Cell, ...]:
        first = self.rows[0]
        return first if len(self.rows) > 1 and not any(_FIGURE_ONLY.match(cell.text) for cell in first) else ()

    @property
    def body(self) -> tuple[tuple[Cell, ...], ...]:
        return self.rows[1:] if self.header else self.rows


@dataclass(frozen=True, slots=True)
class ItemList:
    """The items of one list at its outermost level, and the index of the block that leads to it (-1 for none)."""

    items: tuple[Block, ...]
    lead: int


_FIGURE_ONLY = re.compile(r"^[^A-Za-z]{0,4}\d[\d.,' \u00a0\u202f%-]{0,24}$")


def pieces(text: str, start: int = 0, end: int | None = None, size: int = PIECE_CHARS) -> Iterator[tuple[int, int]]:
    """Cut a text into stretches of at most ``size`` characters, at line ends where there are any, else at spaces, else anywhere."""
    end = len(text) if end is None else end
    while start < end:
        stop = min(start + size, end)
        if stop < end:
            cut = text.rfind("\n", start, stop)
            if cut <= start:
                cut = text.rfind(" ", start + size // 2, stop)
            if cut > start:
                stop = cut + 1
        yield start, stop
        start = stop


def split_blocks(text: str) -> list[Block]:
    """The blocks of a text in order. Lines that only continue a hard-wrapped paragraph or item are joined to it."""
    blocks: list[Block] = []
    position, gap = 0, False
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        body = line.strip()
        if not body:
            gap = True
            continue
        indent = len(line) - len(line.lstrip())
        end = start + len(line.rstrip())
        block = _block(line, start, indent, end, gap)
        if blocks and not gap and _continues(text, blocks[-1], block):
            last = blocks[-1]
            kind: Kind = "prose" if last.kind == "heading" else last.kind
            blocks[-1] = Block(kind, last.start, end, last.body, last.indent, last.marker, last.gap)
        else:
            blocks.append(block)
        gap = False
    return blocks


def _block(line: str, start: int, indent: int, end: int, gap: bool) -> Block:
    marker = _MARKER.match(line, indent)
    if " | " in line or (line.startswith("|", indent) and line.count("|") > 1):
        return Block("row", start, end, start + indent, indent, "", gap)
    if marker and start + marker.end() < end:
        kind: MarkerKind = marker.lastgroup if marker.lastgroup in ("bullet", "clause", "number", "letter") else ""  # type: ignore[assignment]
        return Block("item", start, end, start + marker.end(), indent, kind, gap)
    body = line.strip()
    leads_on = body[-1] == ":" and body.count(" ") > 1
    heading = len(body) <= 90 and body[-1] not in ".;,?!" and not leads_on and (body[0].isupper() or body[0].isdigit() or body[0] == "#")
    return Block("heading" if heading else "prose", start, end, start + indent, indent, "", gap)


def _continues(text: str, last: Block, block: Block) -> bool:
    """Whether ``block`` is only the next line of ``last``."""
    if "row" in (last.kind, block.kind) or block.kind == "item":
        return False
    first = text[block.body]
    if text[last.end - 1] in ".!?:" and not first.islower():
        return last.kind == "item" and block.indent > last.indent
    if first.islower() or first in "(–—&$€£" or (last.kind == "item" and block.indent > last.indent):
        return True
    # A line that stops in mid-sentence near the right margin was wrapped there, whatever the next one starts with.
    newline = text.rfind("\n", last.start, last.end)
    return last.kind != "heading" and last.end - max(newline, last.start) >= 60 and text[last.end - 1] not in ".!?:;"


def split_sentences(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentences of ``text[start:end]``; abbreviations, initials and numbers do not end one."""
    begin = start
    for stop in _STOP.finditer(text, start, end):
        following = stop.end()
        limit = min(end, following + 40)
        while following < limit and text[following].isspace():
            following += 1
        if following >= end or not _ends_sentence(text, begin, stop.start(), following):
            continue
        yield from _bounded(text, begin, stop.end())
        begin = following
    while begin < end and text[begin].isspace():
        begin += 1
    if begin < end:
        yield from _bounded(text, begin, end)


def _bounded(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentence, in several spans when it is endless: rules may then look at a whole sentence without taking long."""
    if end - start <= SENTENCE_CHARS:
        yield Span(start, end)
        return
    for piece_start, piece_end in pieces(text, start, end, SENTENCE_CHARS):
        span = clip(text, piece_start, piece_end, SENTENCE_CHARS)
        if span.start < span.end:
            yield span


def _ends_sentence(text: str, begin: int, stop: int, following: int) -> bool:
    first = text[following]
    if first in _OPENING and following + 1 < len(text):
        first = text[following + 1]
    if not (first.isupper() or first.isdigit() or not first.isascii()):
        return False
    if text[stop] != ".":
        return True
    word = _LAST_WORD.search(text, max(begin, stop - 24), stop)
    if word is None:
        return True
    last = word[1].lower().strip(".")
    if last in ("no", "nos"):
        return not first.isdigit()
    if len(last) == 1 and last.isalpha() and word[1][0].isupper():
        # "J. Smith" goes on; "see Annex B. The" ends.
        return bool(_LETTERED.search(text, max(begin, stop - 16), stop))
    if last in _ABBREVIATIONS:
        return last in _MAY_END and first.isupper() and not text[following:].startswith(("Ltd", "Limited"))
    return True


def split_rows(text: str, blocks: list[Block]) -> list[Table]:
    """The tables: runs of rows without anything between them."""
    tables: list[list[tuple[Cell, ...]]] = []
    previous = -2
    for index, block in enumerate(blocks):
        if block.kind != "row":
            continue
        cells = _cells(text, block)
        if all(set(cell.text) <= set("-: ") for cell in cells):
            previous = index if previous == index - 1 else previous
            continue
        if previous != index - 1 or block.gap:
            tables.append([])
        tables[-1].append(cells)
        previous = index
    return [Table(tuple(rows)) for rows in tables]


def _cells(text: str, block: Block) -> tuple[Cell, ...]:
    start, end = block.body, block.end
    if text[start] == "|":
        start += 1
        end -= text[end - 1] == "|"
    cells = []
    while start <= end:
        cut = text.find("|", start, end)
        stop = end if cut < 0 else cut
        left, right = start, stop
        while left < right and text[left].isspace():
            left += 1
        while right > left and text[right - 1].isspace():
            right -= 1
        cells.append(Cell(text[left:right], left, right))
        if cut < 0:
            break
        start = cut + 1
    return tuple(cells)


def split_lists(blocks: list[Block]) -> list[ItemList]:
    """The lists: items of one kind of marker and depth, with nested items and continuation lines passed over."""
    lists: list[ItemList] = []
    items: list[Block] = []
    lead = -1
    for index, block in enumerate(blocks):
        if block.kind != "item":
            nested_text = block.kind == "prose" and items and block.indent > items[0].indent and not block.gap
            if items and not nested_text:
                lists.append(ItemList(tuple(items), lead))
                items = []
            continue
        if not items:
            items, lead = [block], index - 1
        elif block.marker == items[0].marker and block.indent <= items[0].indent + 1:
            items.append(block)
        elif block.indent < items[0].indent:
            lists.append(ItemList(tuple(items), lead))
            items, lead = [block], -1
    if items:
        lists.append(ItemList(tuple(items), lead))
    return lists


def clip(text: str, start: int, end: int, limit: int = QUOTE_CHARS) -> Span:
    """The span without blanks at its ends, cut at a space when it is longer than ``limit``: what a finding may quote."""
    while start < end and text[start].isspace():
        start += 1
    if end - start > limit:
        cut = text.rfind(" ", start + limit // 2, start + limit)
        end = cut if cut > start else start + limit
    while end > start and text[end - 1].isspace():
        end -= 1
    return Span(start, end)
