"""Headings in text that has none marked: numbered lines, lines in capitals, underlined lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tenderline.review.parsing.sections import Heading

_MAX_CHARS = 100
_MAX_WORDS = 14
_DECIMAL = re.compile(r"(?P<number>\d{1,3}(?:\.\d{1,3}){0,5})(?P<mark>[.)]?)\s+(?P<title>\S.*)")
_ROMAN = re.compile(r"(?P<number>[IVXL]{1,7}|[A-Z])\.\s+(?P<title>\S.*)")
_KEYWORD = re.compile(
    r"(?:section|article|chapter|part|annex|appendix|clause|schedule|attachment|volume)\s+"
    r"(?:\d{1,3}|[ivxl]{1,7}|[a-z])\b[.:]?(?P<title>.*)",
    re.I,
)
_UNDERLINE = re.compile(r"(=|-|~|\*|_|#)\1{2,}")
_COLUMNS = re.compile(r"\t|\s{3,}|\|")
_LEADER = re.compile(r"(?:\.\s?){4,}|…|\s\d+$")
_NO_HEADING_END = tuple(".,;:?!")


@dataclass(frozen=True)
class _Candidate:
    index: int
    lines: int  # how many lines the heading takes, the underline included
    level: int
    style: str


def number_depth(title: str) -> int | None:
    """How deep a typed number goes: "2.1 Scope" is 2, "3) Price" is 1; ``None`` without a number."""
    match = _DECIMAL.fullmatch(title.strip())
    return match["number"].count(".") + 1 if match else None


def find_headings(lines: Sequence[str], *, spaced: bool = True) -> list[tuple[int, int, int]]:
    """Lines that are headings, as ``(first line, number of lines, level)`` in order.

    Args:
        lines: without their line ends.
        spaced: whether blank lines part the paragraphs, as in a text file; else each line is a paragraph of its own.
    """
    candidates: list[_Candidate] = []
    index = 0
    while index < len(lines):
        found = _candidate(lines, index, spaced)
        if found is not None:
            candidates.append(found)
        index += found.lines if found is not None else 1
    return [(found.index, found.lines, found.level) for found in _without_lists(lines, candidates)]


def text_headings(text: str, *, spaced: bool = True) -> list[Heading]:
    """The headings of a text; ``spaced`` as in ``find_headings``."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    headings = []
    for index, count, level in find_headings(lines, spaced=spaced):
        title = next(line for line in lines[index : index + count] if not _UNDERLINE.fullmatch(line.strip()))
        headings.append(Heading(starts[index], min(starts[index + count], len(text)), title, level))
    return headings


def _candidate(lines: Sequence[str], index: int, spaced: bool) -> _Candidate | None:
    line = lines[index].strip()
    if not line or not _stands_apart(lines, index, spaced):
        return None
    if _UNDERLINE.fullmatch(line):  # a rule above the title and one below
        below = _underlined(lines, index + 1) if index + 1 < len(lines) else None
        return _Candidate(index, 3, below, "underlined") if below and lines[index + 2].strip()[0] == line[0] else None
    level = _underlined(lines, index)
    if level:
        return _Candidate(index, 2, level, "underlined")
    if len(line) > _MAX_CHARS or len(line.split()) > _MAX_WORDS or _COLUMNS.search(line):
        return None
    if spaced and _goes_on(lines, index):
        return None
    return _numbered(line, index) or _capitals(line, lines, index, spaced)


def _stands_apart(lines: Sequence[str], index: int, spaced: bool) -> bool:
    if index == 0 or not spaced:
        return True
    above = lines[index - 1].strip()
    return not above or bool(_UNDERLINE.fullmatch(above))


def _goes_on(lines: Sequence[str], index: int) -> bool:
    """Whether the line is the first of a paragraph or of a list that continues below."""
    below = lines[index + 1].strip() if index + 1 < len(lines) else ""
    if not below:
        return False
    both_numbered = bool(_DECIMAL.fullmatch(lines[index].strip())) and bool(_DECIMAL.fullmatch(below))
    return both_numbered or not (below[0].isupper() or below[0].isdigit() or below[0] in "-*•\"“'(")


def _underlined(lines: Sequence[str], index: int) -> int | None:
    """The level of a title at ``index`` with a rule under it."""
    title = lines[index].strip()
    below = lines[index + 1].strip() if index + 1 < len(lines) else ""
    if not _UNDERLINE.fullmatch(below) or len(below) * 3 < len(title) or len(title) > _MAX_CHARS:
        return None
    if not any(character.isalpha() for character in title) or _COLUMNS.search(title):
        return None
    return 1 if below[0] in "=#*" else 2


def _numbered(line: str, index: int) -> _Candidate | None:
    if line.endswith(_NO_HEADING_END) or _LEADER.search(line):
        return None
    decimal = _DECIMAL.fullmatch(line)
    if decimal and decimal["title"][0].isupper() and _wordy(decimal["title"]) and _may_number(decimal):
        depth = decimal["number"].count(".")
        return _Candidate(index, 1, depth + 1, f"decimal {depth}")
    roman = _ROMAN.fullmatch(line)
    if roman and roman["title"][0].isupper() and _wordy(roman["title"]):
        return _Candidate(index, 1, 1, "roman")
    keyword = _KEYWORD.fullmatch(line)
    if keyword and line[0].isupper() and len(line.split()) <= 10 and not re.match(r"\s+[a-z]", keyword["title"]):
        return _Candidate(index, 1, 1, "keyword")
    return None


def _may_number(match: re.Match[str]) -> bool:
    """Whether the number of a line may be a heading's: not a quantity such as in "120 Chairs"."""
    return bool(match["mark"]) or "." in match["number"] or len(match["number"]) < 3


def _capitals(line: str, lines: Sequence[str], index: int, spaced: bool) -> _Candidate | None:
    letters = sum(character.isalpha() for character in line)
    if not line.isupper() or letters < 4 or letters * 2 < len(line) or len(line.split()) > 10 or line.endswith((".", ",", ";")):
        return None
    below = lines[index + 1].strip() if index + 1 < len(lines) else ""
    if spaced and below.isupper():  # an address, a cover, a shouted paragraph
        return None
    return _Candidate(index, 1, 1, "capitals")


def _wordy(title: str) -> bool:
    return sum(character.isalpha() for character in title) >= 3


def _without_lists(lines: Sequence[str], candidates: list[_Candidate]) -> list[_Candidate]:
    """Leave out numbered lines that follow each other with nothing between: three or more are a list or a table of contents."""
    kept: list[_Candidate] = []
    chain: list[_Candidate] = []
    for candidate in candidates:
        if chain and not (candidate.style == chain[-1].style and _adjacent(lines, chain[-1], candidate)):
            kept += chain if len(chain) < 3 else []
            chain = []
        chain.append(candidate)
    if len(chain) < 3 or chain[0].style in ("underlined", "capitals"):
        kept += chain
    return kept


def _adjacent(lines: Sequence[str], first: _Candidate, second: _Candidate) -> bool:
    if first.style in ("underlined", "capitals"):
        return False
    return not any(line.strip() for line in lines[first.index + first.lines : second.index])
