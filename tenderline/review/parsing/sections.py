"""Cuts a text into sections at its headings. Every format ends here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tenderline.errors import Invalid, TooLarge
from tenderline.review.document import ParsedDocument, RunSpan, Section
from tenderline.review.parsing.limits import MAX_SECTIONS, MAX_TITLE_CHARS

WHOLE = "Document"
PREFACE = "Introduction"
UNNAMED_PREFACE = "Before the first heading"
"""What stands before the first heading, where the document has an introduction of its own."""
_INTRODUCTION = re.compile(
    r"(?:(?:section|part|chapter|article)\s+)?(?:[\dIVX]+(?:\.\d+)*[.):]?\s*)?[-–—]?\s*introduction\W*", re.IGNORECASE
)
_INVISIBLE = frozenset("\u00ad\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


@dataclass(frozen=True)
class Heading:
    """A heading line at ``text[start:end]``, its line break included; ``start == end`` when the title isn't part of the text."""

    start: int
    end: int
    title: str
    level: int


def clean_title(raw: str) -> str:
    """One line without control characters, invisible marks and doubled spaces. Not yet cut to length."""
    kept = "".join(" " if character.isspace() else character for character in raw if character not in _INVISIBLE)
    return " ".join("".join(character for character in kept if unicodedata.category(character) != "Cc").split())


def assemble(
    kind: str,
    text: str,
    headings: Iterable[Heading],
    *,
    max_chars: int,
    runs: Sequence[RunSpan] = (),
    warnings: Sequence[str] = (),
    when_empty: Invalid | None = None,
) -> ParsedDocument:
    """Make the parsed document.

    Args:
        headings: in order of place, not overlapping.
        when_empty: the error for a document without any text, where there is more to say than that.

    Raises:
        Invalid: there is no text.
        TooLarge: the text is longer than ``max_chars``.
    """
    check_length(len(text), max_chars)
    if not text.strip():
        raise when_empty or Invalid("The document holds no text.", hint="Check that the right file was chosen.")
    sections, notes = split(text, headings)
    return ParsedDocument(kind=kind, text=text, sections=sections, runs=tuple(runs), warnings=(*warnings, *notes))


def check_length(chars: int, max_chars: int) -> None:
    """Raise ``TooLarge`` when a text is longer than a document may be."""
    if chars > max_chars:
        raise TooLarge(
            f"The document holds more than {max_chars:,} characters of text.", hint="Split it into several documents and review each."
        )


def split(text: str, headings: Iterable[Heading]) -> tuple[tuple[Section, ...], list[str]]:
    """Sections in order, and sentences for people about headings that were passed over.

    Sections never overlap; between one's end and the next one's start stands the next heading's line and nothing else. A heading too long
    for a title keeps its line in its section's text, so that no word of it is lost.
    """
    usable = [(heading, title) for heading in headings if (title := clean_title(heading.title))]
    usable, notes = _limit(usable)
    if not usable:
        return (Section(index=0, title=WHOLE, level=0, start=0, end=len(text)),), notes

    first = usable[0][0].start
    pieces: list[tuple[str, int, int, int]] = []
    if text[:first].strip():
        pieces.append((UNNAMED_PREFACE if any(_introduces(title) for _, title in usable) else PREFACE, 0, 0, first))
    for position, (heading, title) in enumerate(usable):
        end = usable[position + 1][0].start if position + 1 < len(usable) else len(text)
        start = heading.end if len(title) <= MAX_TITLE_CHARS else heading.start
        pieces.append((title, max(1, heading.level), start, end))

    titles = _unique([title for title, *_ in pieces])
    return tuple(
        Section(index=index, title=titles[index], level=level, start=start, end=end) for index, (_, level, start, end) in enumerate(pieces)
    ), notes


def _introduces(title: str) -> bool:
    """Whether a title is "Introduction", numbered or not."""
    return bool(_INTRODUCTION.fullmatch(title))


def _limit(headings: list[tuple[Heading, str]]) -> tuple[list[tuple[Heading, str]], list[str]]:
    if len(headings) < MAX_SECTIONS:
        return headings, []
    note = f"The document has {len(headings):,} headings, more than can be listed; minor ones were read as text."
    for deepest in range(max(heading.level for heading, _ in headings) - 1, 0, -1):
        kept = [pair for pair in headings if pair[0].level <= deepest]
        if 0 < len(kept) < MAX_SECTIONS:
            return kept, [note]
    return headings[: MAX_SECTIONS - 1], [note]


def _unique(titles: Sequence[str]) -> list[str]:
    """Titles cut to length and numbered where they repeat; a number never makes a title that the document has already."""
    cut = [_cut(title, MAX_TITLE_CHARS) for title in titles]
    taken = set(cut)
    used: set[str] = set()
    next_number: dict[str, int] = {}
    unique: list[str] = []
    for title in cut:
        candidate = title
        number = next_number.get(title, 2)
        if candidate in used:
            while (candidate := _numbered(title, number)) in taken or candidate in used:
                number += 1
            next_number[title] = number + 1
        used.add(candidate)
        unique.append(candidate)
    return unique


def _numbered(title: str, number: int) -> str:
    suffix = f" ({number})"
    return _cut(title, MAX_TITLE_CHARS - len(suffix)) + suffix


def _cut(title: str, length: int) -> str:
    if len(title) <= length:
        return title
    short = title[: length - 1]
    at_word = short.rfind(" ")
    return (short[:at_word] if at_word > length // 2 else short).rstrip() + "…"
