"""Long sections in pieces that one call can review, cut where a paragraph ends."""

from __future__ import annotations

from dataclasses import dataclass

MAX_PART_CHARS = 60_000


@dataclass(frozen=True)
class Part:
    """Characters ``start`` to ``end`` of a section."""

    start: int
    end: int


def split(text: str, limit: int = MAX_PART_CHARS) -> list[Part]:
    """Cut ``text`` into parts of at most ``limit`` characters that together hold all of it but parts of white space only.

    A part ends after a line break where the second half of it has one, else after a sentence or a space, else anywhere.
    """
    parts: list[Part] = []
    start = 0
    while start < len(text):
        end = min(len(text), start + limit)
        if end < len(text):
            end = _cut(text, start, end)
        if text[start:end].strip():
            parts.append(Part(start, end))
        start = end
    return parts


def _cut(text: str, start: int, end: int) -> int:
    earliest = start + (end - start) // 2
    for mark in ("\n", ". ", " "):
        at = text.rfind(mark, earliest, end)
        if at >= 0:
            return at + len(mark)
    return end
