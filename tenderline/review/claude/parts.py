"""Long sections in pieces that one call can review, cut where a paragraph ends."""

from __future__ import annotations

from dataclasses import dataclass

MAX_PART_CHARS = 60_000


OVERLAP_SHARE = 20
"""A part repeats at most this fraction (1/20) of the text before it: what stands at a seam is seen whole by one of the two."""


@dataclass(frozen=True)
class Part:
    """Characters ``start`` to ``end`` of a section; up to ``fresh`` the part before it has them too."""

    start: int
    end: int
    fresh: int


def split(text: str, limit: int = MAX_PART_CHARS, overlap: int = 0) -> list[Part]:
    """Cut ``text`` into parts of at most ``limit`` characters that together hold all of it but parts of white space only.

    A part ends after a line break where the second half of it has one, else after a sentence or a space, else anywhere. The next one begins
    up to ``overlap`` characters before that, where a paragraph or a sentence begins; where none does, it repeats nothing.
    """
    parts: list[Part] = []
    start = fresh = 0
    while fresh < len(text):
        end = min(len(text), start + limit)
        if end < len(text):
            end = _cut(text, start, end)
        if text[start:end].strip():
            parts.append(Part(start, end, fresh))
        start, fresh = _repeated(text, max(start + 1, end - min(overlap, limit // 4)), end), end
    return parts


def _repeated(text: str, earliest: int, end: int) -> int:
    """Where the part after ``end`` begins: the first paragraph, else the first sentence, that begins in what may be repeated."""
    for mark in ("\n", ". "):
        at = text.find(mark, earliest, end)
        if at >= 0 and at + len(mark) < end:
            return at + len(mark)
    return end


def _cut(text: str, start: int, end: int) -> int:
    earliest = start + (end - start) // 2
    for mark in ("\n", ". ", " "):
        at = text.rfind(mark, earliest, end)
        if at >= 0:
            return at + len(mark)
    return end
