"""Gaps in numbering: a list or a series of clauses that leaves a number out or has one twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.text import Block, listed
from tenderline.review.builtin.view import DocumentView, SectionView

CATEGORY = "References"

_COLUMNS = re.compile(r"\S {3,}\S")
_NUMBER = re.compile(r"(?P<open>\(?)(?P<number>\d{1,3})(?P<close>[.)])")
_LETTER = re.compile(r"(?P<open>\(?)(?P<letter>[a-z]|[ivx]{2,5})(?P<close>[.)])")
_CLAUSE = re.compile(r"(?P<parent>\d{1,2}(?:\.\d{1,2}){0,2})\.(?P<number>\d{1,2})\.?$")
# "(h), (i), (j)": a letter that may as well be a Roman numeral.
_ROMAN = {
    numeral: value for value, numeral in enumerate(listed("i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"), 1)
}


@dataclass(frozen=True, slots=True)
class _Mark:
    """The number of an item: ``series`` tells apart lists of different look and depth; ``roman``: it may be one."""

    series: str
    value: int
    written: str
    block: Block
    roman: bool = False


def numbering_gaps(section: SectionView) -> Iterator[Remark]:
    """One finding for each series that jumps or repeats."""
    extract = section.document.once("extract", lambda: _extract(section.document))
    last: dict[str, _Mark] = {}
    told: set[str] = set()
    before: _Mark | None = None
    for block in section.blocks:
        if block.kind == "heading":
            last = {series: mark for series, mark in last.items() if series.startswith("clause")}
        mark = _mark(section.text, block)
        if mark is None:
            # Running text may stand between the items of one list, a plain bullet list too.
            continue
        previous = last.get(mark.series)
        if mark.roman and not (previous and mark.value == previous.value + 1):
            mark = _as_roman(mark)
            previous = last.get(mark.series)
        # Numerals may be set flush right: then the indentation of one list varies.
        follows = before is not None and before.value == mark.value - 1 and before.series.partition("|")[2] == mark.series.partition("|")[2]
        last[mark.series] = before = mark
        deeper = [series for series in last if series != mark.series and series.partition("|")[0] > mark.series.partition("|")[0]]
        for series in deeper:
            del last[series]
        if previous is None or follows or mark.value == previous.value + 1 or mark.series in told:
            continue
        # A new list begins at its first number.
        if mark.value <= 1:
            continue
        if extract and mark.block.marker == "clause":
            continue
        jump = mark.value - previous.value
        if not (2 <= jump <= 3 or jump == 0):
            continue
        told.add(mark.series)
        yield _remark(previous, mark, repeated=jump == 0)


def _extract(document: DocumentView) -> bool:
    """Whether the clauses are a selection from a longer text: most of the numbers before the point that they reach up to are not there."""
    tops = {
        int(view.text[block.start : block.body].strip().split(".")[0])
        for view in document.sections()
        for block in view.blocks
        if block.marker == "clause"
    }
    return bool(tops) and max(tops) - min(tops) + 1 >= 2 * len(tops)


def _mark(text: str, block: Block) -> _Mark | None:
    # Columns of figures set with blanks look like clauses.
    if block.kind != "item" or block.marker not in ("number", "letter", "clause") or _COLUMNS.search(text, block.body, block.end):
        return None
    written = text[block.start + _blanks(text, block) : block.body].strip()
    if block.marker == "clause":
        clause = _CLAUSE.match(written)
        return _Mark(f"clause {clause['parent']}|", int(clause["number"]), written, block) if clause else None
    number = _NUMBER.match(written)
    if number:
        return _Mark(f"{block.indent:03}|number{number['open']}{number['close']}", int(number["number"]), written, block)
    letter = _LETTER.match(written)
    if letter is None:
        return None
    series, name = f"{block.indent:03}|letter{letter['open']}{letter['close']}", letter["letter"]
    if len(name) > 1:
        return _as_roman(_Mark(series, 0, written, block)) if name in _ROMAN else None
    return _Mark(series, ord(name) - ord("a") + 1, written, block, roman=name in _ROMAN)


def _as_roman(mark: _Mark) -> _Mark:
    """A letter mark read as a Roman numeral."""
    return replace(mark, series=mark.series.replace("letter", "roman"), value=_ROMAN[mark.written.strip("().")])


def _blanks(text: str, block: Block) -> int:
    line = text[block.start : block.body]
    return len(line) - len(line.lstrip())


def _remark(previous: _Mark, mark: _Mark, *, repeated: bool) -> Remark:
    what = f"The number {mark.written} comes twice" if repeated else f"The numbering jumps from {previous.written} to {mark.written}"
    return Remark(
        "numbering", CATEGORY, "references", "suggestion", "Low", 0.86, mark.block.start, mark.block.end,
        f"{what}.",
        "Check whether something was left out or added, correct the numbers, and check the references to them.",
    )  # fmt: skip
