"""From the text of a file to contracts: cleaned, typed and checked, whole columns at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from tenderline.register.amounts import parse_amount, parse_quantity
from tenderline.register.cleaning import clean_column
from tenderline.register.dates import Unreadable, latest_day, parse_date
from tenderline.register.mapping import ColumnMapping
from tenderline.register.plain import plain_amounts, plain_dates
from tenderline.register.reading.batches import ReadBatch, Reject, clipped
from tenderline.register.schema import AMOUNTS, MAX_AMOUNT_MINOR, TEXTS, prepared_schema

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

_NUMBERS = ("reference_id", "contract_no")
_NAMED = ("reference_id", "contract_no", "award_title", "notice_title", "awardee_name")
_CURRENCY = r"^(?:[A-Z]{3}|Php|[$€£¥₱₹])\s?|\s?(?:[A-Z]{3}|[$€£¥₱₹])$"
"""The commonest ways; ``amounts`` knows the others."""

EMPTY_ROW = "The row has neither a number nor a title nor an awardee."

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Prepared:
    """A batch on its way into the register.

    Attributes:
        rows: of ``schema.prepared_schema()``.
        rejects: those that came with the batch and those found here, by ordinal.
        rounded: amounts that had more than two decimals and were rounded to the cent, half to even.
        unreadable: quantities that were no numbers and were left out; their rows stay.
    """

    rows: pa.RecordBatch
    rejects: list[Reject]
    rounded: int = 0
    unreadable: int = 0


def prepare(batch: ReadBatch, mapping: ColumnMapping, today: date | None = None) -> Prepared:
    """Clean, type and check the rows of a batch.

    A row is rejected when its amount, unit price or date cannot be believed, or when it has neither number, title nor awardee. An empty
    amount or date is no fault.

    Args:
        batch: rows as text.
        mapping: which column is which field, and how dates and figures are written.
        today: decides which dates lie too far ahead; today by UTC when left out.
    """
    import numpy as np
    import pyarrow as pa

    work = _Work(batch, mapping, latest_day(today or datetime.now(UTC).date()))
    columns: dict[str, pa.Array] = {name: work.text(name) for name in TEXTS}
    for name in AMOUNTS:
        columns[name] = work.amount(name)
    columns["quantity"] = work.quantity()
    columns["award_date"], columns["year_only"] = work.date()
    work.refuse_empty([columns[name] for name in _NAMED])
    columns["ordinal"], columns["line"] = pa.array(batch.ordinal, pa.int64()), pa.array(batch.line, pa.int64())
    columns["source"] = source_lists(batch.rows)
    schema = prepared_schema()
    rows = pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)
    if work.refused:
        kept = np.ones(rows.num_rows, bool)
        kept[list(work.refused)] = False
        rows = rows.filter(pa.array(kept))
    rejects = sorted([*batch.rejects, *work.rejects()], key=lambda reject: reject.ordinal)
    return Prepared(rows, rejects, work.rounded, work.unreadable)


def source_lists(rows: pa.RecordBatch) -> pa.ListArray:
    """All columns of each row as one list of strings."""
    import numpy as np
    import pyarrow as pa

    height, width = rows.num_rows, rows.num_columns
    offsets = pa.array(np.arange(0, height * width + 1, max(width, 1), dtype=np.int32)[: height + 1])
    if not height:
        return pa.ListArray.from_arrays(pa.array([0], pa.int32()), pa.array([], pa.string()))
    places = np.arange(height * width, dtype=np.int32).reshape(width, height).T.ravel()
    return pa.ListArray.from_arrays(offsets, pa.concat_arrays(rows.columns).take(pa.array(places)))


class _Work:
    """One batch while it is being prepared."""

    def __init__(self, batch: ReadBatch, mapping: ColumnMapping, latest: date) -> None:
        self.batch = batch
        self.fields = mapping.fields
        self.options = mapping.options
        self.latest = latest
        self.height = batch.rows.num_rows
        self.refused: dict[int, tuple[str, str, str]] = {}  # place -> column, value, reason: the first fault of a row is the one told
        self.rounded = 0
        self.unreadable = 0

    def text(self, name: str) -> pa.Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self._column(name)
        if column is None:
            return pa.nulls(self.height, pa.string())
        cleaned = clean_column(column)
        if name in _NUMBERS:  # a number of noughts is a place left empty
            noughts = pc.match_substring_regex(cleaned, "^0+$")
            cleaned = pc.if_else(pc.fill_null(noughts, False), None, cleaned)
        return cleaned

    def amount(self, name: str) -> pa.Array:
        """Minor units: plain and grouped digits, with or without a currency, as a whole; anything else value by value."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        column = self._column(name)
        if column is None:
            return pa.nulls(self.height, pa.int64())
        cleaned = clean_column(column)
        minor, known = plain_amounts(cleaned, self.options.decimal)
        left = np.flatnonzero(~known & np.asarray(cleaned.is_valid()))
        if left.size:
            bare = pc.replace_substring_regex(cleaned.take(pa.array(left)), _CURRENCY, "")
            minor[left], known[left] = plain_amounts(bare, self.options.decimal)
        known &= minor <= MAX_AMOUNT_MINOR
        left = np.flatnonzero(~known & np.asarray(cleaned.is_valid()))
        read = self._by_value(name, cleaned, left, lambda text: parse_amount(text, self.options.decimal))
        minor[read.places] = [value for value, _ in read.values]
        known[read.places] = True
        self.rounded += sum(rounded for _, rounded in read.values)
        return pa.array(minor, mask=~known)

    def quantity(self) -> pa.Array:
        """Quantities; one that is no number is left out."""
        import numpy as np
        import pyarrow as pa

        column = self._column("quantity")
        if column is None:
            return pa.nulls(self.height, pa.float64())
        cleaned = clean_column(column)
        hundredths, known = plain_amounts(cleaned, self.options.decimal)
        values = np.where(known, hundredths / 100, np.nan)
        read = self._by_value("quantity", cleaned, np.flatnonzero(~known & np.asarray(cleaned.is_valid())), self._one_quantity)
        values[read.places] = read.values
        self.unreadable += int(np.isnan(values[read.places]).sum())
        return pa.array(values, mask=np.isnan(values))

    def _one_quantity(self, text: str) -> float:
        try:
            return parse_quantity(text, self.options.decimal)
        except Unreadable:
            return float("nan")

    def date(self) -> tuple[pa.Array, pa.Array]:
        """Dates, and whether only their year is known."""
        import numpy as np
        import pyarrow as pa

        column = self._column("award_date")
        if column is None:
            return pa.nulls(self.height, pa.date32()), pa.nulls(self.height, pa.bool_())
        cleaned = clean_column(column)
        days, known = plain_dates(cleaned, self.options.date_order, self.latest)
        years = np.zeros(self.height, bool)
        left = np.flatnonzero(~known & np.asarray(cleaned.is_valid()))
        read = self._by_value("award_date", cleaned, left, lambda text: parse_date(text, self.options.date_order, self.latest))
        days[read.places] = [day for day, _ in read.values]
        years[read.places] = [year_only for _, year_only in read.values]
        known[read.places] = True
        return pa.array(days, mask=~known).cast(pa.date32()), pa.array(years, mask=~known)

    def refuse_empty(self, named: list[pa.Array]) -> None:
        """Reject the rows that have none of these."""
        import numpy as np

        some = np.zeros(self.height, bool)
        for column in named:
            some |= np.asarray(column.is_valid())
        for place in np.flatnonzero(~some).tolist():
            self.refused.setdefault(place, ("", "", EMPTY_ROW))

    def rejects(self) -> list[Reject]:
        """The rows that were refused, in full."""
        import pyarrow as pa

        places = sorted(self.refused)
        columns = [[value or "" for value in column.to_pylist()] for column in self.batch.rows.take(pa.array(places, pa.int64())).columns]
        found = []
        for number, place in enumerate(places):
            column, value, reason = self.refused[place]
            row = tuple(clipped(values[number]) for values in columns)
            found.append(Reject(int(self.batch.line[place]), column, clipped(value), reason, row, int(self.batch.ordinal[place])))
        return found

    def _column(self, name: str) -> pa.Array | None:
        column = self.fields.get(name)
        return None if column is None else self.batch.rows.column(column)

    def _by_value(self, name: str, column: pa.Array, places: np.ndarray, parse: Callable[[str], _Value]) -> _Values[_Value]:
        """Read the values at some places one by one, equal ones once, and refuse the rows whose value is ``Unreadable``."""
        import numpy as np
        import pyarrow as pa

        if not places.size:
            return _Values(places, [])
        coded = column.take(pa.array(places)).dictionary_encode()
        texts, codes = coded.dictionary.to_pylist(), np.asarray(coded.indices)
        outcome: list[_Value] = []
        wrong: dict[int, str] = {}
        place_of = np.full(len(texts), -1)
        for code, text in enumerate(texts):
            try:
                value = parse(text)
            except Unreadable as error:
                wrong[code] = str(error)
            else:
                place_of[code] = len(outcome)
                outcome.append(value)
        found = place_of[codes]
        for place, code in zip(places[found < 0].tolist(), codes[found < 0].tolist(), strict=True):
            self.refused.setdefault(place, (self.fields[name], texts[code], wrong[code]))
        return _Values(places[found >= 0], [outcome[at] for at in found[found >= 0].tolist()])


@dataclass(frozen=True)
class _Values(Generic[_Value]):
    """Places of a column, and what was read at each."""

    places: np.ndarray
    values: list[_Value]
