"""Columns of a table that belong together: where one is the product or the sum of two others in all rows but one, that row is wrong.

No header is read: the figures themselves show how they belong together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from tenderline.review.builtin.amounts import Amount, cell_amount, written
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.rules.tables import is_total_row, roles
from tenderline.review.builtin.text import Cell, Table
from tenderline.review.builtin.view import SectionView

CATEGORY = "Figures and sums"

_MOST_ROWS = 200
_MOST_COLUMNS = 8
_LEAST_HOLDING = 2
_QUOTED_CHARS = 100
# Small sums come by chance: 2 + 3 = 5.
_TELLING = 100


@dataclass(frozen=True, slots=True)
class _Relation:
    """How a column follows from two others: ``sign`` for people, ``made`` computes it, ``tells`` whether two figures prove anything."""

    sign: str
    made: Callable[[Decimal, Decimal], Decimal]
    tells: Callable[[Decimal, Decimal], bool]


_RELATIONS = (
    _Relation("times", lambda one, two: one * two, lambda one, two: abs(one) > 1 and abs(two) > 1),
    _Relation("plus", lambda one, two: one + two, lambda one, two: abs(one) >= _TELLING and abs(two) >= _TELLING),
)


def wrong_relations(section: SectionView) -> Iterator[Remark]:
    """The one row of a table where a column is not what it is in every other row; tables whose header tells their columns are left out."""
    for table in section.tables:
        section.pulse()
        if roles(table.header, table.body[:_MOST_ROWS]) is None:
            yield from _in_table(table)
        yield from _last_row(table)


def _last_row(table: Table) -> Iterator[Remark]:
    """A last row that is the sum of the rows above in all columns but one, whatever it is called."""
    *above, last = table.body[:_MOST_ROWS] or ((),)
    if len(above) < _LEAST_HOLDING or is_total_row(last):
        return
    holding, wrong = 0, []
    for column in range(1, min(len(last), _MOST_COLUMNS + 1)):
        stated = cell_amount(last[column].text)
        figures = [cell_amount(row[column].text) if len(row) > column else None for row in above]
        if stated is None or None in figures:
            continue
        made = sum((figure.value for figure in figures if figure), Decimal(0))
        if made == stated.value:
            holding += 1
        else:
            wrong.append((last[column], made))
    if holding >= _LEAST_HOLDING and len(wrong) == 1:
        ((cell, made),) = wrong
        yield Remark(
            "column-total", CATEGORY, "amounts", "critical", "High", 0.92, cell.start, cell.end,
            f"The figures above add up to {written(made)}, not {cell.text}; in the other columns the last row is their sum.",
            "Correct the sum or the figures above it.",
        )  # fmt: skip


def _in_table(table: Table) -> Iterator[Remark]:
    rows = [row for row in table.body[:_MOST_ROWS] if not is_total_row(row)]
    width = min((len(row) for row in rows), default=0)
    figures = [[cell_amount(cell.text) for cell in row[:width]] for row in rows]
    columns = [column for column in range(width) if sum(row[column] is not None for row in figures) > _LEAST_HOLDING][:_MOST_COLUMNS]
    for target in columns:
        for first, second in combinations([column for column in columns if column != target], 2):
            for relation in _RELATIONS:
                wrong = _exception(figures, relation, first, second, target)
                if wrong is not None:
                    yield _remark(rows[wrong], relation, first, second, target)
                    return


def _exception(figures: list[list[Amount | None]], relation: _Relation, first: int, second: int, target: int) -> int | None:
    """The number of the only row in which the relation does not hold, if it holds in enough others to be meant."""
    holding = 0
    wrong: list[int] = []
    for number, row in enumerate(figures):
        one, two, stated = row[first], row[second], row[target]
        if one is None or two is None or stated is None or not relation.tells(one.value, two.value):
            continue
        slack = abs(one.value) * Decimal(10) ** -two.places / 2 if two.places and relation.sign == "times" else Decimal(0)
        if abs(relation.made(one.value, two.value) - stated.value) <= slack + Decimal(10) ** -stated.places * bool(stated.places):
            holding += 1
        else:
            wrong.append(number)
    return wrong[0] if len(wrong) == 1 and holding >= _LEAST_HOLDING else None


def _remark(row: tuple[Cell, ...], relation: _Relation, first: int, second: int, target: int) -> Remark:
    one, two = cell_amount(row[first].text), cell_amount(row[second].text)
    made = relation.made(one.value, two.value) if one and two else Decimal(0)
    cell = row[target]
    places = [row[column] for column in (first, second, target)]
    start, end = min(place.start for place in places), max(place.end for place in places)
    if end - start > _QUOTED_CHARS:
        start, end = cell.start, cell.end
    return Remark(
        "line-total", CATEGORY, "amounts", "important", "High", 0.92, start, end,
        f"{row[first].text} {relation.sign} {row[second].text} is {written(made)}, not {cell.text}; in the other rows the figures fit.",
        "Correct whichever of the three figures is wrong, and the totals that include it.",
    )  # fmt: skip
