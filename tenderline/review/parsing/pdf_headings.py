"""Where a PDF's headings are: told by its outline, else by larger or bold print."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tenderline.review.parsing.pdf_layout import Measures
from tenderline.review.parsing.pdf_pages import Bookmark, Line
from tenderline.review.parsing.plain import number_depth

_MAX_LINES = 4
_MAX_CHARS = 200
_MAX_BOLD_CHARS = 120
_NO_TITLE = re.compile(r"(?:page|slide|seite|folie)\s*\d+|.*\.(?:docx?|pdf|pptx?)", re.I)
_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Mark:
    """A heading that takes the lines ``first`` up to ``behind`` (none when its title isn't printed)."""

    first: int
    behind: int
    title: str
    level: int


def headings_by_outline(lines: Sequence[Line], outline: Sequence[Bookmark]) -> list[Mark]:
    """The outline's entries at their lines; nothing when the outline is no table of contents."""
    entries = [entry for entry in outline if not _NO_TITLE.fullmatch(entry.title.strip())]
    if len(entries) < 2:
        return []
    page_start: dict[int, int] = {}
    for index, line in enumerate(lines):
        page_start.setdefault(line.page, index)
    marks = [_locate(lines, page_start, entry) for entry in entries]
    if sum(mark.behind > mark.first for mark in marks) * 2 < len(marks):
        return []
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: mark.first):
        if not kept or mark.first >= kept[-1].behind:
            kept.append(mark)
    return kept


def _locate(lines: Sequence[Line], page_start: dict[int, int], entry: Bookmark) -> Mark:
    """The printed lines of an outline entry: on its page, or the one after when the destination is a page's foot."""
    start = page_start.get(entry.page)
    if start is None:
        later = [index for page, index in page_start.items() if page > entry.page]
        first = min(later, default=len(lines))
        return Mark(first, first, entry.title, entry.level)
    wanted = _letters(entry.title)
    best: tuple[float, int, int] | None = None
    for first in range(start, len(lines)):
        line = lines[first]
        if line.page > entry.page + 1:
            break
        behind = _matching(lines, first, wanted)
        if behind:
            distance = 0.0 if entry.top is None else abs(line.baseline - entry.top)
            distance += 10_000.0 * (line.page - entry.page)
            if best is None or distance < best[0]:
                best = (distance, first, behind)
    if best:
        return Mark(best[1], best[2], entry.title, entry.level)
    first = start
    while first < len(lines) and lines[first].page == entry.page and entry.top is not None and lines[first].baseline < entry.top:
        first += 1
    return Mark(first, first, entry.title, entry.level)


def _matching(lines: Sequence[Line], first: int, wanted: str) -> int:
    """The index behind the lines from ``first`` that together read like the title, 0 when they don't."""
    text = ""
    for index in range(first, min(first + _MAX_LINES, len(lines))):
        text += _letters(lines[index].text)
        if len(text) > len(wanted) + 12:
            return 0
        if text and (text == wanted or _but_number(text, wanted) or _but_number(wanted, text)):
            return index + 1
    return 0


def _but_number(longer: str, shorter: str) -> bool:
    """Whether two titles differ only by the number before one of them."""
    return len(shorter) > 2 and longer.endswith(shorter) and longer[: -len(shorter)].isdigit()


def _letters(text: str) -> str:
    return _NOT_WORDS.sub("", text).casefold()


def headings_by_print(lines: Sequence[Line], rows: set[int], measures: Measures) -> list[Mark]:
    """Lines in larger print, and bold lines of their own where larger print doesn't tell the sections apart."""
    groups = [group for group in _groups(lines, rows) if _may_be_title(lines, group) and not _heads_table(lines, group, rows, measures)]
    larger = [group for group in groups if lines[group.start].size >= max(measures.size + 0.9, 1.08 * measures.size)]
    bold = [group for group in groups if group not in larger and _stands_out(lines, group, measures)]
    if len([group for group in larger if lines[group.start].page > 0 or group.start > 0]) >= 2:
        bold = [group for group in bold if number_depth(_joined(lines, group)) is not None]
    sizes = sorted({round(lines[group.start].size) for group in larger}, reverse=True)
    marks = [Mark(group.start, group.stop, _joined(lines, group), sizes.index(round(lines[group.start].size)) + 1) for group in larger] + [
        Mark(group.start, group.stop, _joined(lines, group), len(sizes) + _bold_depth(lines, group)) for group in bold
    ]
    return sorted(marks, key=lambda mark: mark.first)


def _bold_depth(lines: Sequence[Line], group: range) -> int:
    return number_depth(_joined(lines, group)) or 1


def _groups(lines: Sequence[Line], rows: set[int]) -> list[range]:
    """Lines of the same print that follow each other closely."""
    groups: list[range] = []
    for index, line in enumerate(lines):
        above = lines[index - 1] if index else None
        if (
            above is not None and index not in rows and index - 1 not in rows
            and above.page == line.page and above.size == line.size and above.bold == line.bold
            and 0 < line.baseline - above.baseline < 1.6 * line.size
        ):  # fmt: skip
            groups[-1] = range(groups[-1].start, index + 1)
        else:
            groups.append(range(index, index + 1))
    return [group for group in groups if group.start not in rows]


def _may_be_title(lines: Sequence[Line], group: range) -> bool:
    text = _joined(lines, group)
    return len(group) <= _MAX_LINES and len(text) <= _MAX_CHARS and sum(character.isalpha() for character in text) >= 2


def _heads_table(lines: Sequence[Line], group: range, rows: set[int], measures: Measures) -> bool:
    """Whether a group is a table's first row, its cells too close to be told apart: in the table's size, right above its rows."""
    last, below = lines[group.stop - 1], lines[min(group.stop, len(lines) - 1)]
    close = 0 < below.baseline - last.baseline < 2.2 * measures.leading
    return group.stop in rows and close and last.page == below.page and abs(last.size - below.size) < 0.6


def _stands_out(lines: Sequence[Line], group: range, measures: Measures) -> bool:
    """Whether a group is a bold line over body text."""
    line, text = lines[group.start], _joined(lines, group)
    if not line.bold or line.size < measures.size - 0.6 or len(group) > 2 or len(text) > _MAX_BOLD_CHARS or text.endswith((".", ",", ";")):
        return False
    if group.stop >= len(lines):
        return False
    return not lines[group.stop].bold or number_depth(text) is not None


def _joined(lines: Sequence[Line], group: range) -> str:
    text = ""
    for index in group:
        text += lines[index].text + ("" if lines[index].broken else " ")
    return text.strip()
