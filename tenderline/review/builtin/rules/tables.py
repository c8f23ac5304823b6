"""Tables: totals that aren't the sum of their column, rows where quantity times price isn't the line's total."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from tenderline.review.builtin.amounts import Amount, cell_amount, written
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.text import Cell, Table
from tenderline.review.builtin.view import SectionView

CATEGORY = "Figures and sums"

_TOTAL = re.compile(
    r"^\W*(?:(?:grand|sub|overall|net|gross|tender|bid|contract|estimated|project)?[\s-]?total|sum|in total|total\b.*"
    r"|[\w ,]{0,30}\btotal)\b|^\W*(?:all|overall|together)\W*$",
    re.IGNORECASE,
)
_NOT_SUMMED = re.compile(
    r"\b(?:unit|rate|price per|each|no\.?|nr|number|#|year|date|code|id|average|mean|rank|score|ratio|per cent change|cumulative|balance|"
    r"remaining|threshold|limit|phone|page|item|ref|lot|position|pos)\b",
    re.IGNORECASE,
)
_COUNTS = re.compile(r"^(?:maximum\s|max\.?\s)?(?:number|score|points|marks)\b(?!.*\bid)", re.IGNORECASE)
_QUANTITY = re.compile(r"\b(?:qty|quantit(?:y|ies)|number of|units?|pieces|pcs|count|days|months|hours)\b", re.IGNORECASE)
_UNIT_PRICE = re.compile(r"\b(?:unit (?:price|cost|rate)|price per|cost per|rate|price each|fee per|daily fee)\b", re.IGNORECASE)
_LINE_TOTAL = re.compile(r"\b(?:total|amount|sum|line value|extended price|subtotal)\b", re.IGNORECASE)
_MOST_ROWS = 2_000
_MOST_COLUMNS = 60


def wrong_column_totals(section: SectionView) -> Iterator[Remark]:
    for table in section.tables:
        section.pulse()
        width = min(max((len(row) for row in table.rows), default=0), _MOST_COLUMNS)
        for column in range(1, width):
            yield from _column(table, column)


def wrong_line_totals(section: SectionView) -> Iterator[Remark]:
    for table in section.tables:
        section.pulse()
        known = roles(table.header, table.body[:_MOST_ROWS])
        if known is None:
            continue
        quantity, price, total = known
        for row in table.body[:_MOST_ROWS]:
            if len(row) <= max(known) or _TOTAL.match(row[0].text):
                continue
            factors = cell_amount(row[quantity].text), cell_amount(row[price].text), cell_amount(row[total].text)
            if None in factors:
                continue
            first, second, product = (factor for factor in factors if factor)
            expected = first.value * second.value
            # The unit price may have been rounded to the decimals that it shows.
            slack = abs(first.value) * Decimal(10) ** -second.places / 2 + Decimal(10) ** -product.places
            if abs(expected - product.value) > slack and product.value and expected:
                cell = row[total]
                yield Remark(
                    "line-total", CATEGORY, "amounts", "important", "High", 0.93, cell.start, cell.end,
                    f"{row[quantity].text} times {row[price].text} is {written(expected)}, not {cell.text}.",
                    "Correct the quantity, the unit price or the total of this row.",
                )  # fmt: skip


def _column(table: Table, column: int) -> Iterator[Remark]:
    header = table.header[column].text if len(table.header) > column else ""
    # A column of numbers or scores is not summed, unless the row of totals says that it is.
    if header and _NOT_SUMMED.search(header) and not _LINE_TOTAL.search(header) and not (_COUNTS.search(header) and _closed(table, column)):
        return
    if is_rate_column(table, column):
        return
    everything, since_total, last_total, totals_sum = Decimal(0), Decimal(0), None, Decimal(0)
    counted = counted_since = places = 0
    for row in table.body[:_MOST_ROWS]:
        if len(row) <= column:
            continue
        cell = row[column]
        figure = cell_amount(cell.text)
        is_total = is_total_row(row[:column])
        if figure is None:
            if cell.text.strip("-–—. ") and cell.text.lower() not in ("n/a", "na", "nil", "included", "free"):
                return
            continue
        if not is_total:
            everything, since_total = everything + figure.value, since_total + figure.value
            counted, counted_since, places = counted + 1, counted_since + 1, max(places, figure.places)
            continue
        sums = {everything, since_total, totals_sum} | ({last_total + since_total} if last_total is not None else set())
        if counted >= 2 and (counted_since >= 2 or (last_total is not None and counted_since)):
            slack = _slack(figure, counted, places)
            if all(abs(figure.value - candidate) > slack for candidate in sums):
                expected = since_total if last_total is None else last_total + since_total
                yield _wrong_total(cell, figure, expected, counted_since)
        last_total, totals_sum = figure.value, totals_sum + figure.value
        since_total, counted_since = Decimal(0), 0


def _closed(table: Table, column: int) -> bool:
    """Whether the last row is one of totals, with a figure above all others in this column."""
    figures = [cell_amount(row[column].text) for row in table.body if len(row) > column]
    known = [figure.value for figure in figures if figure]
    return len(known) == len(figures) >= 3 and is_total_row(table.body[-1][:column]) and max(known[:-1]) < known[-1]


def is_rate_column(table: Table, column: int) -> bool:
    """Whether the row of totals has a percentage within the range of the others: then each row is part of another whole."""
    rows = [row for row in table.body[:_MOST_ROWS] if len(row) > column]
    figures = [(is_total_row(row[:column]), cell_amount(row[column].text)) for row in rows]
    parts = [figure.value for total, figure in figures if figure and not total]
    totals = [figure for total, figure in figures if figure and total]
    return len(totals) == 1 and len(parts) >= 2 and totals[0].currency == "%" and min(parts) <= totals[0].value <= max(parts)


def is_total_row(row: tuple[Cell, ...]) -> bool:
    """Whether one of the first three cells says that the row holds totals."""
    return any(_TOTAL.match(cell.text) for cell in row[:3] if cell.text)


def _slack(total: Amount, counted: int, places: int) -> Decimal:
    """What rounding of the parts can explain: half a unit of the last decimal each, for percentages and where decimals are shown."""
    unit = Decimal(10) ** -max(places, total.places)
    return unit * counted / 2 if total.currency == "%" or places > 0 else Decimal(0)


def _wrong_total(cell: Cell, total: Amount, expected: Decimal, counted: int) -> Remark:
    difference = abs(expected - total.value)
    return Remark(
        "column-total", CATEGORY, "amounts", "critical", "High", 0.94, cell.start, cell.end,
        f"The {counted} figures above add up to {written(expected)}, not {cell.text} (difference {written(difference)}).",
        "Correct the total or the figures, and check where else the total is used.",
    )  # fmt: skip


def roles(header: tuple[Cell, ...], body: tuple[tuple[Cell, ...], ...]) -> tuple[int, int, int] | None:
    """The columns of quantity, unit price and total as the header tells them, when there is exactly one of each."""
    price = [place for place, cell in enumerate(header) if _UNIT_PRICE.search(cell.text)]
    total = [place for place, cell in enumerate(header) if _LINE_TOTAL.search(cell.text) and place not in price]
    if len(price) != 1 or len(total) != 1:
        return None
    others = [place for place in range(1, len(header)) if place not in (price[0], total[0])]
    # "Beds | Unit price | Total": the only other column of figures is the quantity, whatever it is called; "Unit" may hold "kg".
    figures = [place for place in others if all(len(row) > place and _is_figure_or_total(row, place) for row in body)]
    named = [place for place in others if _QUANTITY.search(header[place].text)]
    named = [place for place in named if place in figures] or named
    quantity = named if named else figures
    return (quantity[0], price[0], total[0]) if len(quantity) == 1 else None


def _is_figure_or_total(row: tuple[Cell, ...], place: int) -> bool:
    return cell_amount(row[place].text) is not None or bool(_TOTAL.match(row[0].text))
