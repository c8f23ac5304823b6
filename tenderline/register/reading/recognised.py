"""What was found out about a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from tenderline.errors import Invalid
from tenderline.register.evidence import Evidence
from tenderline.register.mapping import Guess, Options

CSV, XLSX, PARQUET, OCDS = "csv", "xlsx", "parquet", "ocds"
SAMPLE_ROWS = 20
MAX_COLUMNS = 500
MAX_HEADER = 200
"""Characters of a column's name."""


@dataclass(frozen=True)
class Sheet:
    """A sheet of a workbook and about how many rows it has."""

    name: str
    rows: int


@dataclass(frozen=True)
class Recognised:
    """A file, understood well enough to read it.

    Attributes:
        format: csv, xlsx, parquet or ocds, by its content.
        columns: their names, each once and none empty.
        rows: the first rows as text, ``SAMPLE_ROWS`` at most.
        row_estimate: about how many rows the file has.
        mapping: field -> the column that seems to hold it.
        options: how dates and figures are written, as far as they told.
        evidence: column -> what its values tell.
        columns_key: the same for files with the same columns: a corrected mapping is kept under it.
        warnings: sentences for people.
        encoding, delimiter, newline, header_line: of text files; the line that holds the column names, from 1.
        sheets: of workbooks; ``options.sheet`` says which is read.
        layout: of JSON: where its releases stand.
    """

    format: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_estimate: int
    mapping: dict[str, Guess]
    options: Options
    evidence: dict[str, Evidence]
    warnings: tuple[str, ...] = ()
    encoding: str | None = None
    delimiter: str | None = None
    newline: str = "\n"
    header_line: int = 1
    sheets: tuple[Sheet, ...] = ()
    layout: str | None = None
    columns_key: str = field(default="")

    def as_dict(self) -> dict[str, Any]:
        """As JSON; ``from_dict`` makes it whole again."""
        return asdict(self)

    @classmethod
    def unseen(cls) -> Recognised:
        """What is known of a workbook before anybody has looked at it."""
        return cls(XLSX, (), (), 0, {}, Options(), {})

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Recognised:
        """What ``as_dict`` was taken from."""
        known = dict(stored)
        known["columns"] = tuple(known["columns"])
        known["rows"] = tuple(tuple(row) for row in known["rows"])
        known["mapping"] = {name: Guess(**guess) for name, guess in known["mapping"].items()}
        known["options"] = Options(**known["options"])
        known["evidence"] = {column: Evidence(**told) for column, told in known["evidence"].items()}
        known["warnings"] = tuple(known["warnings"])
        known["sheets"] = tuple(Sheet(**sheet) for sheet in known["sheets"])
        return cls(**known)


def columns_key(columns: Iterable[str]) -> str:
    """A hash of column names, upper and lower case and their order aside."""
    return hashlib.sha256("\x1f".join(sorted(column.casefold() for column in columns)).encode()).hexdigest()[:32]


def name_columns(headers: list[str]) -> tuple[tuple[str, ...], list[str]]:
    """Names for columns: each once, none empty; and sentences about what had to be changed.

    Raises:
        Invalid: there are more columns than any register has.
    """
    if len(headers) > MAX_COLUMNS:
        raise Invalid(
            f"The file has {len(headers):,} columns; {MAX_COLUMNS} is the most that is read.",
            hint="Check that the right file was chosen, or leave out the columns that aren't needed.",
        )
    names: list[str] = []
    taken: set[str] = set()
    repeated: list[str] = []
    unnamed = 0
    for number, header in enumerate(headers, 1):
        name = " ".join(header.replace("\0", " ").split())[:MAX_HEADER]
        if not name:
            unnamed += 1
            name = f"Column {number}"
        base, times = name, 1
        while name.casefold() in taken:
            times += 1
            name = f"{base} ({times})"
        if times > 1:
            repeated.append(base)
        taken.add(name.casefold())
        names.append(name)
    warnings = []
    if repeated:
        warnings.append(f"Columns of the same name got a number: {', '.join(dict.fromkeys(repeated))[:200]}.")
    if unnamed:
        warnings.append(f"{unnamed} column{'s have' if unnamed > 1 else ' has'} no name and got one from its place.")
    return tuple(names), warnings
