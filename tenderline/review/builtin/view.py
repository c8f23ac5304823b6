"""What the rules look at: the section under review, prepared once, and the document around it.

Everything is computed when a rule first asks for it and lives as long as one review. Every walk over the text calls ``pulse`` now and then,
which raises when the review is cancelled or its time is over.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar, cast

from tenderline.review.builtin.amounts import Amount, find_money, find_percentages
from tenderline.review.builtin.kind import DocumentKind, document_kind
from tenderline.review.builtin.moments import Moment, find_moments, numeric_order
from tenderline.review.builtin.text import (
    Block,
    Cell,
    ItemList,
    Span,
    Table,
    clip,
    pieces,
    split_blocks,
    split_lists,
    split_rows,
    split_sentences,
)  # fmt: skip
from tenderline.review.document import ParsedDocument

Pulse = Callable[[], None]

T = TypeVar("T")

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_PULSE_CHARS = 10_000


class Stretch:
    """A part of the document's text that rules can search: offsets are into ``text``."""

    def __init__(self, text: str, pulse: Pulse) -> None:
        self.text = text
        self.pulse = pulse

    def search(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """All matches, found piece by piece, so that no single call runs long."""
        for start, end in pieces(self.text):
            self.pulse()
            yield from pattern.finditer(self.text, start, end)

    def has(self, pattern: re.Pattern[str]) -> bool:
        return next(self.search(pattern), None) is not None

    @cached_property
    def word_count(self) -> int:
        return sum(1 for _ in self.search(_WORD))


class SectionView(Stretch):
    """The section under review."""

    def __init__(self, document: DocumentView, index: int) -> None:
        super().__init__(document.parsed.section_text(index), document.pulse)
        self.document = document
        self.index = index
        self.title = document.parsed.sections[index].title
        self.notes: list[str] = []
        """Sentences for people about what could not be checked."""

    @cached_property
    def blocks(self) -> list[Block]:
        self.pulse()
        return split_blocks(self.text)

    @cached_property
    def sentences(self) -> list[Span]:
        """The sentences of paragraphs and list items, without list markers. Table rows and headings have none."""
        found: list[Span] = []
        pulsed = 0
        for block in self.blocks:
            if block.end - pulsed > _PULSE_CHARS:
                self.pulse()
                pulsed = block.end
            if block.kind in ("prose", "item"):
                found.extend(split_sentences(self.text, block.body, block.end))
        return found

    @cached_property
    def tables(self) -> list[Table]:
        return split_rows(self.text, self.blocks)

    @cached_property
    def lists(self) -> list[ItemList]:
        return split_lists(self.blocks)

    @cached_property
    def moments(self) -> list[Moment]:
        return [
            moment for start, end in self._pieces() for moment in find_moments(self.text, start, end, day_first=self.document.day_first)
        ]

    @cached_property
    def money(self) -> list[Amount]:
        return [amount for start, end in self._pieces() for amount in find_money(self.text, start, end)]

    @cached_property
    def percentages(self) -> list[Amount]:
        return [amount for start, end in self._pieces() for amount in find_percentages(self.text, start, end)]

    def each_sentence(self) -> Iterator[tuple[Span, str]]:
        """The sentences with their text; in hard-wrapped documents it holds line ends, so patterns must take any blank for a space."""
        pulsed = 0
        for sentence in self.sentences:
            if sentence.end - pulsed > _PULSE_CHARS:
                self.pulse()
                pulsed = sentence.end
            yield sentence, self.text[sentence.start : sentence.end]

    def sentence_at(self, position: int) -> int:
        """The index of the sentence that holds ``position`` or follows it; ``len(sentences)`` after the last one."""
        return bisect_right(self.sentences, position, key=lambda sentence: sentence.end)

    def block_at(self, position: int) -> Block | None:
        """The block that ``position`` stands in, or the last one before it."""
        place = bisect_right(self.blocks, position, key=lambda block: block.start) - 1
        return self.blocks[place] if place >= 0 else None

    def row_at(self, position: int) -> tuple[Cell, ...] | None:
        """The table row that ``position`` stands in."""
        rows = self._rows
        place = bisect_right(rows, position, key=lambda row: row[0].start) - 1
        return rows[place] if place >= 0 and position <= rows[place][-1].end else None

    @cached_property
    def _rows(self) -> list[tuple[Cell, ...]]:
        return [row for table in self.tables for row in table.rows]

    def around(self, position: int, before: int = 1, after: int = 1) -> str:
        """The text of the sentence at ``position`` with some sentences before and after it; outside sentences, its line."""
        index = self.sentence_at(position)
        if index == len(self.sentences) or self.sentences[index].start > position:
            start = self.text.rfind("\n", max(0, position - 500), position) + 1
            end = self.text.find("\n", position, position + 500)
            return self.text[start : end if end >= 0 else position + 500]
        first = self.sentences[max(0, index - before)]
        last = self.sentences[min(len(self.sentences) - 1, index + after)]
        return self.text[max(first.start, position - 3_000) : min(last.end, position + 3_000)]

    def quote(self, start: int, end: int) -> Span:
        """The part of a span that a finding may quote."""
        return clip(self.text, start, end)

    def _pieces(self) -> Iterator[tuple[int, int]]:
        for piece in pieces(self.text):
            self.pulse()
            yield piece


@dataclass(frozen=True, slots=True)
class Heading:
    """A section's title taken apart: number ("4.2", "" for none), words, level and index of the section."""

    number: str
    words: str
    level: int
    index: int


_NUMBERED = re.compile(
    r"^(?:(?:section|chapter|part|article|clause)\s+)?(\d{1,3}(?:\.\d{1,3}){0,4})\.?(?:[\s:)–—-]+|$)(.*)$", re.IGNORECASE | re.DOTALL
)


class DocumentView(Stretch):
    """The whole document; its sections are prepared when asked for."""

    def __init__(self, parsed: ParsedDocument, name: str, pulse: Pulse) -> None:
        super().__init__(parsed.text, pulse)
        self.parsed = parsed
        self.name = name
        self._sections: dict[int, SectionView] = {}
        self._known: dict[str, object] = {}

    def once(self, name: str, compute: Callable[[], T]) -> T:
        """What ``compute`` returns, computed once a review: facts about the whole document that several rules need."""
        if name not in self._known:
            self._known[name] = compute()
        return cast(T, self._known[name])

    def section(self, index: int) -> SectionView:
        if index not in self._sections:
            self._sections[index] = SectionView(self, index)
        return self._sections[index]

    def anew(self, index: int) -> SectionView:
        """A section without the notes that an earlier review may have left."""
        self.section(index).notes.clear()
        return self.section(index)

    def sections(self) -> Iterator[SectionView]:
        for index in range(len(self.parsed.sections)):
            yield self.section(index)

    @cached_property
    def headings(self) -> list[Heading]:
        found = []
        for section in self.parsed.sections:
            numbered = _NUMBERED.match(section.title)
            number, rest = (numbered[1], numbered[2]) if numbered else ("", section.title)
            found.append(Heading(number, rest.strip() or section.title, section.level, section.index))
        return found

    @cached_property
    def kind(self) -> DocumentKind:
        return document_kind(self.name, self.text, [heading.words for heading in self.headings])

    @cached_property
    def day_first(self) -> bool | None:
        """How this document writes numeric dates: day first, month first, or None when its dates do not tell."""
        day_first = month_first = 0
        for start, end in pieces(self.text):
            self.pulse()
            days, months = numeric_order(self.text, start, end)
            day_first, month_first = day_first + days, month_first + months
        return None if day_first == month_first else day_first > month_first

    @cached_property
    def has_text(self) -> list[int]:
        """Indices of the sections that hold more than blanks."""
        return [section.index for section in self.parsed.sections if self.parsed.text[section.start : section.end].strip()]

    @property
    def first(self) -> int:
        """The section that carries what is missing from the beginning."""
        return self.has_text[0] if self.has_text else 0

    @property
    def last(self) -> int:
        """The section that carries what is missing from the end."""
        return self.has_text[-1] if self.has_text else len(self.parsed.sections) - 1

    def where(self, position: int) -> int:
        """The index of the section that ``position`` of the document's text belongs to; a heading belongs to the section it opens."""
        sections = self.parsed.sections
        return min(bisect_right(sections, position, key=lambda section: section.end), len(sections) - 1)

    def section_offset(self, index: int) -> int:
        """Where the section's text begins in the document's."""
        return self.parsed.sections[index].start
