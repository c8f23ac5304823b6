"""Which column of a file is which field of a contract: guessed, corrected by its user, and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tenderline.errors import Invalid
from tenderline.register.amounts import DECIMALS, POINT
from tenderline.register.dates import DATE_ORDERS, DMY
from tenderline.register.evidence import DATE, EMPTY, NUMBER, TEXT, YEAR, Evidence
from tenderline.register.schema import AMOUNTS, FIELDS
from tenderline.register.synonyms import SYNONYMS, plain_header

OPTIONS = "options"
"""The key of a mapping in JSON that holds the options; all others are fields."""
NEEDED = ("award_title", "notice_title", "contract_no", "reference_id", "awardee_name")
"""At least one of these must have a column: a row without any is nobody's contract."""
_LEAST = 0.35


@dataclass(frozen=True)
class Guess:
    """A column that seems to hold a field: how sure that is (0 to 1) and why."""

    column: str
    sure: float
    why: str


@dataclass(frozen=True)
class Options:
    """How a file's values are written.

    Attributes:
        date_order: ``DMY`` or ``MDY``, for dates in figures that end in the year.
        decimal: ``.`` or ``,``, what stands before decimals.
        sheet: the sheet of a workbook that is read.
    """

    date_order: str = DMY
    decimal: str = POINT
    sheet: str | None = None


@dataclass(frozen=True)
class ColumnMapping:
    """A mapping that has been checked: field -> column, and the options."""

    fields: dict[str, str]
    options: Options = field(default_factory=Options)

    def as_dict(self) -> dict[str, Any]:
        """As JSON: ``{field: column, ..., "options": {...}}``; ``validate`` reads it."""
        return {**self.fields, OPTIONS: asdict(self.options)}


def guess(columns: Sequence[str], evidence: Mapping[str, Evidence]) -> dict[str, Guess]:
    """The best column for each field, by its name and by what its values look like; each column serves once."""
    scored = [
        (score, -place, name, column, why)
        for place, column in enumerate(columns)
        for name in FIELDS
        for score, why in [_score(name, column, evidence.get(column, Evidence(EMPTY)))]
        if score >= _LEAST
    ]
    found: dict[str, Guess] = {}
    for score, _, name, column, why in sorted(scored, reverse=True):
        if name not in found and all(column != other.column for other in found.values()):
            found[name] = Guess(column, round(score, 2), why)
    return {name: found[name] for name in FIELDS if name in found}


def options_for(fields: Mapping[str, str], evidence: Mapping[str, Evidence], sheet: str | None = None) -> Options:
    """How the mapped columns' values are written, as far as they tell."""
    told = [evidence[column] for column in fields.values() if column in evidence]
    dated = evidence.get(fields.get("award_date", ""))
    decimals = [evidence[fields[name]].decimal for name in (*AMOUNTS, "quantity") if fields.get(name, "") in evidence]
    return Options(
        date_order=(dated.date_order if dated else None) or DMY,
        decimal=next((decimal for decimal in (*decimals, *(seen.decimal for seen in told)) if decimal), POINT),
        sheet=sheet,
    )


def validate(
    mapping: Mapping[str, Any], columns: Sequence[str], sheets: Sequence[str] = (), default: Options | None = None
) -> ColumnMapping:
    """Check a mapping that came from outside.

    Args:
        mapping: ``{field: column or None, ..., "options": {...}}``; options left out are taken from ``default``.
        columns: the file's columns.
        sheets: the sheets of a workbook.

    Raises:
        Invalid: with all that is wrong in ``fields``.
    """
    wrong: dict[str, str] = {}
    fields: dict[str, str] = {}
    used: dict[str, str] = {}
    for name, column in mapping.items():
        if name == OPTIONS or column is None or column == "":
            continue
        if name not in FIELDS:
            wrong[str(name)[:100]] = "There is no such field."
        elif not isinstance(column, str) or column not in columns:
            wrong[name] = f"The file has no column “{str(column)[:100]}”."
        elif column in used:
            wrong[name] = f"The column “{column}” already stands for {used[column]}."
        else:
            used[column] = name
            fields[name] = column
    options = _options(mapping.get(OPTIONS), sheets, default or Options(), wrong)
    if not wrong and not any(name in fields for name in NEEDED):
        wrong["award_title"] = "Choose a column for at least one of title, contract number, reference and awardee."
    if wrong:
        raise Invalid("The columns don't fit: " + " ".join(wrong.values()), hint="Correct the mapping and start again.", fields=wrong)
    return ColumnMapping(fields, options)


def _options(given: Any, sheets: Sequence[str], default: Options, wrong: dict[str, str]) -> Options:
    if given is None:
        return default
    if not isinstance(given, Mapping):
        wrong[OPTIONS] = "The options must be an object."
        return default
    chosen = {name: given.get(name) or getattr(default, name) for name in ("date_order", "decimal", "sheet")}
    allowed = {"date_order": DATE_ORDERS, "decimal": DECIMALS, "sheet": (None, *sheets)}
    for name in given:
        if name not in allowed:
            wrong[f"options.{str(name)[:50]}"] = "There is no such option."
    for name, choices in allowed.items():
        if chosen[name] not in choices:
            wrong[f"options.{name}"] = f"“{str(chosen[name])[:50]}” is none of {', '.join(str(choice) for choice in choices if choice)}."
    return default if wrong else Options(**chosen)


def _score(name: str, column: str, seen: Evidence) -> tuple[float, str]:
    """How well a column fits a field, 0 to 1, and why."""
    header = plain_header(column)
    by_name, why = _by_name(name, header)
    if not by_name:
        return 0.0, ""
    by_values, doubt = _by_values(name, seen)
    return by_name * by_values, f"{why}{doubt}."


def _by_name(name: str, header: str) -> tuple[float, str]:
    if header == plain_header(name):
        return 1.0, "It has the field's own name"
    synonyms = SYNONYMS[name]
    if header in synonyms:
        return 0.95 - 0.35 * synonyms.index(header) / len(synonyms), "Its name says so"
    words = set(header.split())
    best = max((len(synonym.split()) for synonym in synonyms if len(synonym.split()) > 1 and set(synonym.split()) <= words), default=0)
    if best:
        return 0.5 - 0.03 * (len(words) - best), "Its name resembles"
    return 0.0, ""


def _by_values(name: str, seen: Evidence) -> tuple[float, str]:
    """What the values make of a name: 1 when they bear it out."""
    if seen.kind == EMPTY:
        return 0.5, ", but it is empty in the sample"
    if name == "award_date":
        if seen.kind in (DATE, YEAR):
            return (1.0, ", and it holds dates") if seen.kind == DATE else (0.9, ", and it holds years")
        return (
            (0.6, ", but it holds numbers, perhaps days as spreadsheets count them")
            if seen.kind == NUMBER
            else (0.4, ", but few of its values are dates")
        )
    if name in (*AMOUNTS, "quantity"):
        if seen.kind == NUMBER:
            return 1.0, ", and it holds figures"
        return (0.7, ", and it holds round figures") if seen.kind == YEAR else (0.4, ", but few of its values are figures")
    if seen.kind == DATE:
        return 0.3, ", but it holds dates"
    if name in ("reference_id", "contract_no"):
        return (0.5, ", but its values repeat") if seen.distinct == 1 and seen.values > 5 else (1.0, "")
    if seen.kind in (NUMBER, YEAR):
        return 0.5, ", but it holds figures"
    return 1.0, ", and it holds text" if seen.kind == TEXT else ""
