"""Timetables: rows or items of one list whose dates follow one another, but for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice, pairwise

from tenderline.review.builtin.moments import Moment, in_words
from tenderline.review.builtin.patterns import any_of
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import SectionView

CATEGORY = "Dates and deadlines"

# What the steps of a timetable are about; two of them show that a list of dates is one, not a list of invoices or of laws.
_STEP = any_of(
    "publication|publish\\w*|issued?|notice|questions?|enquir\\w+|clarifications?|answers?|responses?|deadline|due|clos\\w+|submission"
    "|tenders?|bids?|proposals?|opening|opened|evaluation|demonstrations?|interviews?|decision|award\\w*|approval|approved|standstill"
    "|signature|signing|start|begin\\w*|commence\\w*|go-live|completion|complete|delivery|handover|acceptance|report|draft|final"
    "|signed|paid|payment|applied|delivered|invoice|contract"
)
_LEAST_DATES = 4
_LEAST_STEPS = 2
_LEAD_CHARS, _CELL_CHARS, _ITEM_CHARS = 20, 60, 120
_MOST = 60


@dataclass(frozen=True, slots=True)
class _Entry:
    """A dated row or item: its first date, and the words that go with it."""

    moment: Moment
    day: date
    words: str


def timetable_order(section: SectionView) -> Iterator[Remark]:
    """The date that stands out of order in a list whose other dates follow one another."""
    for entries in (*_of_tables(section), *_of_lists(section)):
        if len(entries) < _LEAST_DATES or sum(_STEP.search(entry.words) is not None for entry in entries) < _LEAST_STEPS:
            continue
        odd = _odd(entries)
        if odd is None:
            continue
        entry = entries[odd]
        before = max((other for other in entries[:odd]), key=lambda other: other.day, default=None)
        if before is not None and before.day > entry.day:
            told = f"comes after {in_words(before.day)} in the list, but is earlier"
        else:
            told = f"comes before {in_words(entries[odd + 1].day)} in the list, but is later"
        yield Remark(
            "step-order", CATEGORY, "deadlines", "important", "High", 0.86, entry.moment.start, entry.moment.end,
            f"The dates of this list follow one another, but for one: {in_words(entry.day)} {told}.",
            "Correct the date, or put the entry where it belongs.",
        )  # fmt: skip


def _odd(entries: list[_Entry]) -> int | None:
    """The only entry without which the days are in order; None when they are, or when no single one disturbs them."""
    if _ordered(entries):
        return None
    without = [number for number in range(len(entries)) if _ordered(entries[:number] + entries[number + 1 :])]
    # Of two neighbours that are the wrong way round, the later one is told.
    return without[-1] if without else None


def _ordered(entries: list[_Entry]) -> bool:
    return all(one.day <= two.day for one, two in pairwise(entries))


def _of_tables(section: SectionView) -> Iterator[list[_Entry]]:
    for table in section.tables:
        found: list[_Entry] = []
        for row in table.body[:_MOST]:
            for cell in row:
                moments = [moment for moment in section.moments if cell.start <= moment.start < cell.end]
                # A cell that holds a sentence with a date is no entry of a timetable.
                if moments and moments[0].date and moments[0].start - cell.start <= _LEAD_CHARS and len(cell.text) <= _CELL_CHARS:
                    words = " ".join(other.text for other in row if other is not cell)
                    found.append(_Entry(moments[0], moments[0].date, words))
                    break
        yield found


def _of_lists(section: SectionView) -> Iterator[list[_Entry]]:
    for _, items in groupby(section.blocks, key=lambda block: (block.kind, block.marker, block.indent)):
        found: list[_Entry] = []
        for block in islice((block for block in items if block.kind == "item"), _MOST):
            moments = [moment for moment in section.moments if block.body <= moment.start < block.end]
            if not moments or moments[0].date is None:
                continue
            # "9 March: questions" and "questions: 9 March"
            led, closed = moments[0].start == block.body, block.end - moments[0].end <= _LEAD_CHARS and len(moments) == 1
            if led or (closed and block.end - block.body <= _ITEM_CHARS):
                words = section.text[moments[0].end : block.end] if led else section.text[block.body : moments[0].start]
                found.append(_Entry(moments[0], moments[0].date, words))
        yield found
