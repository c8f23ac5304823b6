"""Few contracts with all that is hard to search (odd characters, equal dates and amounts, gaps, huge sums), and the same rows in DuckDB."""

from __future__ import annotations

import random
from datetime import date
from typing import Any

import duckdb
import pyarrow as pa

from tenderline.register import schema

WORDS = (
    "road",
    "Bridge",
    "STRASSE",
    "Straße",
    "İstanbul",
    "ılıca",
    "100%",
    "a_b",
    "axb",
    "O'Brien",
    '"quoted"',
    "ñandú",
    "ÑANDÚ",
    "🚧",
    "ﬁne",
    "ΣΊΣΥΦΟΣ",
    "farm-to-market",
    "a",
    "I",
    "&",
    "back\\slash",
    "北京",
    "x" * 40,
)
NAMES = tuple(f"{first} {second}" for first in WORDS[:14] for second in ("Builders", "builders", "& Sons, Inc.", "Ltd%"))
DATES = (
    None,
    date(1, 1, 1),
    date(2019, 12, 31),
    date(2020, 1, 1),
    date(2020, 2, 29),
    date(2020, 3, 31),
    date(2020, 4, 1),
    date(9999, 12, 31),
)
AMOUNTS = (None, 0, 1, -1, 29, 10**17, -(10**17), 10**17 - 1, 12_345_678)


def odd_rows(seed: int, rows: int, import_no: int) -> list[dict[str, Any]]:
    """Rows as dictionaries of the prepared columns, with ``uid``."""
    chance = random.Random(seed)

    def text(most: int) -> str:
        return schema.clean(" ".join(chance.choices(WORDS, k=chance.randint(1, most)))) or "road"

    def maybe(value: Any, share: float = 0.85) -> Any:
        return value if chance.random() < share else None

    def day() -> tuple[date | None, bool]:
        if chance.random() < 0.1:
            return date(chance.choice((2019, 2020, 2021)), 1, 1), True
        if chance.random() < 0.5:
            return chance.choice(DATES), False
        return date(2018 + chance.randint(0, 4), chance.randint(1, 12), chance.randint(1, 28)), False

    made = []
    for ordinal in range(rows):
        title, (award_date, year_only) = text(5), day()
        made.append(
            {
                "uid": schema.uid_of(import_no, ordinal),
                "ordinal": ordinal,
                "line": ordinal + 2,
                **dict.fromkeys(schema.TEXTS),
                "reference_id": f"{import_no}-{ordinal}",
                "award_title": maybe(title),
                "notice_title": maybe(title) if chance.random() < 0.5 else text(4),
                "item_name": maybe(chance.choice(NAMES), 0.4),
                "item_description": maybe(text(3), 0.3),
                "awardee_name": maybe(chance.choice(NAMES)),
                "organization_name": maybe(text(2)),
                "area_of_delivery": maybe(chance.choice(WORDS)),
                "business_category": maybe(chance.choice(NAMES[:5])),
                "contract_amount": chance.choice(AMOUNTS) if chance.random() < 0.5 else chance.randint(1, 10**9),
                "unit_price": maybe(chance.randint(1, 10**6), 0.3),
                "quantity": maybe(chance.choice((1.0, 2.5)), 0.3),
                "award_date": award_date,
                "year_only": year_only,
                "source": ["as", "it", "was", str(ordinal)],
            }
        )
    return made


def batch_of(rows: list[dict[str, Any]]) -> pa.RecordBatch:
    """The rows as a batch that a segment is built of."""
    wanted = pa.schema([pa.field("uid", pa.int64(), nullable=False), *schema.prepared_schema()])
    return pa.RecordBatch.from_pylist(rows, schema=wanted)


def oracle(rows: list[dict[str, Any]]) -> duckdb.DuckDBPyConnection:
    """The rows in a table ``contracts``: fields, ``f_<field>`` folded, ``searched`` the folded searched text, amounts in minor units."""
    folded = {field: f"f_{field}" for field in schema.DIMENSIONS.values()}
    told = [
        {
            **{name: row[name] for name in ("uid", "award_date", "year_only", "contract_amount", *folded)},
            **{into: None if row[field] is None else schema.fold(row[field]) for field, into in folded.items()},
            "searched": schema.fold("\n".join(dict.fromkeys(row[name] for name in schema.SEARCHED if row[name] is not None))),
        }
        for row in rows
    ]
    columns = {"uid": pa.int64(), "award_date": pa.date32(), "year_only": pa.bool_(), "contract_amount": pa.int64()}
    fields = [pa.field(name, columns.get(name, pa.string())) for name in told[0]]
    connection = duckdb.connect()
    connection.register("given", pa.Table.from_pylist(told, schema=pa.schema(fields)))
    connection.execute("CREATE TABLE contracts AS SELECT * FROM given")
    connection.execute("SET threads = 1")
    return connection
