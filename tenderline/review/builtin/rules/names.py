"""Names of persons and companies that are spelled two ways."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import DocumentView, SectionView

_PERSON = re.compile(
    r"\b(?:Mr|Mrs|Ms|Miss|Dr|Prof|Eng|Hon|Sir"
    r"|Madam)\b\.?\s((?:[A-Z][\w’'-]*\.?\s){0,2}?)(?P<name>[A-Z][a-z][\w’'-]{3,30})\b(?!\s[A-Z][a-z])"
)
_COMPANY = re.compile(
    r"\b(?P<name>[A-Z][\w&’'-]{2,30}(?:\s[A-Z&][\w&’'-]{0,30}){0,4})\s(?:Ltd|Limited|Inc|LLC|GmbH|AG|Corp|Corporation|plc|PLC|Pty"
    r"|Company|Enterprises?)\b"
)
_MOST = 3_000


def misspelled_names(section: SectionView) -> Iterator[Remark]:
    """A name that differs by one letter from one that comes more often."""
    counts = section.document.once("names", lambda: _names(section.document))
    repeated = section.document.once("repeated names", lambda: _by_beginning(counts))
    told: set[str] = set()
    for pattern in (_PERSON, _COMPANY):
        for match in section.search(pattern):
            name = " ".join(match["name"].split())
            if name in told or counts.get(name, 0) != 1:
                continue
            other = next((known for known in repeated.get(name[:2], ()) if _one_letter_apart(name, known)), None)
            if other:
                told.add(name)
                yield Remark(
                    "name-twice", "Consistency", "completeness", "question", "Medium", 0.84, match.start("name"), match.end("name"),
                    f"“{name}” is written “{other}” elsewhere ({counts[other]} times).",
                    "Check the name against the source and write it the same way everywhere.",
                    (f"Are “{name}” and “{other}” the same?",),
                    detail=name,
                )  # fmt: skip


def _by_beginning(counts: dict[str, int]) -> dict[str, list[str]]:
    """The names that come twice or more, by their first two letters."""
    found: dict[str, list[str]] = {}
    for name, count in counts.items():
        if count >= 2:
            found.setdefault(name[:2], []).append(name)
    return found


def _names(document: DocumentView) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for pattern in (_PERSON, _COMPANY):
        for match in document.search(pattern):
            counts[" ".join(match["name"].split())] += 1
            if len(counts) >= _MOST:
                return dict(counts)
    return dict(counts)


def _one_letter_apart(first: str, second: str) -> bool:
    """Whether one letter is changed, added, left out or swapped with its neighbour; first letters and short names must agree."""
    if first == second or first[:2] != second[:2] or abs(len(first) - len(second)) > 1 or min(len(first), len(second)) < 5:
        return False
    if first.lower() == second.lower() or any(character.isdigit() for character in first + second):
        return False
    place = next((index for index, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second)))
    one, two = first[place:], second[place:]
    return one[1:] == two[1:] or one == two[1:] or one[1:] == two or (one[1::-1] == two[:2] and one[2:] == two[2:])
