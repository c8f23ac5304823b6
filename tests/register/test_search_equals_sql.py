"""Every answer equals plain SQL over the same rows: counts, exact sums, order and every page, over several segments with hidden rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenderline.register import schema
from tenderline.register.aggregates import BY_NAME, aggregate
from tenderline.register.estimate import estimate
from tenderline.register.filters import Filters, read_filters
from tenderline.register.options import options
from tenderline.register.queries import OptionsQuery, SearchQuery, TableQuery
from tenderline.register.search import search
from tenderline.register.snapshot import Snapshot
from tenderline.register.tables import DIMENSION_OF, table
from tests.register.odd_contracts import NAMES, WORDS, odd_rows, oracle
from tests.register.snapshots import snapshot_of

ROWS = 500
FIELD_OF = dict(schema.DIMENSIONS)


@dataclass
class Both:
    """The same contracts twice: in segments and in DuckDB."""

    snapshot: Snapshot
    sql: duckdb.DuckDBPyConnection


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    folder: Path = tmp_path_factory.mktemp("register")
    parts = [odd_rows(seed, ROWS * seed // 2 + 1, import_no=seed) for seed in (1, 2, 3)]
    chance = np.random.default_rng(5)
    hidden: list[set[int]] = [
        set(),
        {row["uid"] for row in parts[1] if chance.random() < 0.1},
        {row["uid"] for row in parts[2] if chance.random() < 0.7},
    ]
    counting = [row for part, gone in zip(parts, hidden, strict=True) for row in part if row["uid"] not in gone]
    connection = oracle(counting)
    yield Both(snapshot_of(folder, parts, hidden), connection)
    connection.close()


# ---- Filters, and what they mean in SQL ----

_fragments = st.sampled_from(
    sorted({*WORDS, *NAMES, "nothing has this", "a", "b", "%", "_", "'", '"', "\\", "ß", "ss", "i", "İ", "ı", "ñ", "-", "&", "🚧"})
)


@st.composite
def _part(draw: st.DrawFn) -> str:
    text = draw(_fragments)
    if draw(st.booleans()):
        text = f"{text} {draw(_fragments)}"
    begin = draw(st.integers(0, len(text) - 1))
    cut = text[begin : draw(st.integers(begin + 1, len(text)))] if draw(st.booleans()) else text
    cut = draw(st.sampled_from([cut, cut.upper(), cut.lower()]))
    return cut if schema.plain(cut).replace("&", "") else "road"


_chip = st.lists(_part(), min_size=1, max_size=2).map(" && ".join)
_chips = st.one_of(st.just([]), st.just([]), st.just([]), st.lists(_chip, min_size=1, max_size=3))
_years = st.sampled_from([1, 2018, 2019, 2020, 2021, 9999])
_days = st.dates(min_value=schema.EPOCH.replace(year=2018), max_value=schema.EPOCH.replace(year=2023))
_period = st.one_of(
    st.builds(lambda year: {"type": "yearly", "year": year}, _years),
    st.builds(lambda year, quarter: {"type": "quarterly", "year": year, "quarter": quarter}, _years, st.integers(1, 4)),
    st.builds(
        lambda one, two: {"type": "custom", "startDate": min(one, two).isoformat(), "endDate": max(one, two).isoformat()}, _days, _days
    ),
)
_bound = st.one_of(
    st.none(),
    st.sampled_from([0, 0.01, 0.29, 0.295, 10**15, -(10**15), 123456.78]),
    st.floats(-100, 1e7).map(lambda value: round(value, 6)),
)


@st.composite
def _filters(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {name: draw(_chips) for name in (*schema.CHIP_DIMENSIONS, "keywords")}
    found["time_ranges"] = draw(st.one_of(st.just([]), st.lists(_period, max_size=3)))
    low, high = draw(_bound), draw(_bound)
    if low is not None and high is not None and low > high:
        low, high = high, low
    found["value_range"] = draw(st.sampled_from([None, {"min": low, "max": high}]))
    return found


def _where(filters: dict[str, Any]) -> tuple[str, list[Any]]:
    """The condition of one filter after the other, written down anew from what API.md says."""
    clauses, values = ["true"], []
    for name in (*schema.CHIP_DIMENSIONS, "keywords"):
        column = "searched" if name == "keywords" else f"f_{FIELD_OF[name]}"
        alternatives = []
        for chip in filters[name]:
            parts = [schema.fold(schema.plain(part)) for part in chip.split("&&")]
            alternatives.append(" AND ".join(f"coalesce(contains({column}, ?), false)" for _ in parts))
            values += parts
        if alternatives:
            clauses.append("(" + " OR ".join(f"({one})" for one in alternatives) + ")")
    periods = []
    for period in filters["time_ranges"]:
        first, last = _first_and_last(period)
        periods.append(
            "(award_date BETWEEN CAST(? AS DATE) AND CAST(? AS DATE) AND (NOT year_only OR "
            "(make_date(year(award_date), 1, 1) >= CAST(? AS DATE) AND make_date(year(award_date), 12, 31) <= CAST(? AS DATE))))"
        )
        values += [first, last, first, last]
    if periods:
        clauses.append("coalesce(" + " OR ".join(periods) + ", false)")
    for bound, sign in (("min", ">="), ("max", "<=")):
        value = (filters["value_range"] or {}).get(bound)
        if value is not None:
            clauses.append(f"coalesce(CAST(contract_amount AS DECIMAL(38, 15)) {sign} CAST(? AS DECIMAL(38, 15)), false)")
            values.append(f"{Decimal(str(value)) * 100:.15f}")
    return " AND ".join(clauses), values


def _first_and_last(period: dict[str, Any]) -> tuple[str, str]:
    if period["type"] == "custom":
        return period["startDate"], period["endDate"]
    year = f"{period['year']:04d}"
    if period["type"] == "yearly":
        return f"{year}-01-01", f"{year}-12-31"
    ends = {1: ("01-01", "03-31"), 2: ("04-01", "06-30"), 3: ("07-01", "09-30"), 4: ("10-01", "12-31")}[period["quarter"]]
    return f"{year}-{ends[0]}", f"{year}-{ends[1]}"


def _order(sort_by: str, direction: str) -> str:
    tail = "award_date DESC NULLS LAST, uid"
    if sort_by in schema.DIMENSIONS.values():
        return f"f_{sort_by} {direction} NULLS LAST, {sort_by} {direction} NULLS LAST, {tail}"
    return f"{sort_by} {direction} NULLS LAST, {tail}"


# ---- The comparison ----

_exhaustive = settings(max_examples=200, suppress_health_check=list(HealthCheck))
_SORTS = ("award_date", "contract_amount", "awardee_name", "organization_name", "area_of_delivery", "business_category")


@_exhaustive
@given(
    filters=_filters(),
    sort_by=st.sampled_from(_SORTS),
    direction=st.sampled_from(["asc", "desc"]),
    page_size=st.sampled_from([23, 100, 200]),
)
def test_every_page_in_every_order_is_what_sql_gives(
    both: Both, filters: dict[str, Any], sort_by: str, direction: str, page_size: int
) -> None:
    where, values = _where(filters)
    expected = [
        str(uid)
        for (uid,) in both.sql.execute(f"SELECT uid FROM contracts WHERE {where} ORDER BY {_order(sort_by, direction)}", values).fetchall()
    ]
    read_filters(filters)
    found: list[str] = []
    for page in range(1, len(expected) // page_size + 3):
        answer = search(
            both.snapshot,
            SearchQuery.model_validate(
                {"filters": filters, "page": page, "page_size": page_size, "sort_by": sort_by, "sort_direction": direction}
            ),
        )
        assert answer.total == len(expected)
        found += [row["id"] for row in answer.rows]
    assert found == expected
    assert estimate(both.snapshot, read_filters(filters)).rows == len(expected)


@settings(_exhaustive, max_examples=100)
@given(filters=_filters(), top=st.sampled_from([1, 10, 100]))
def test_every_figure_of_the_charts_is_what_sql_gives(both: Both, filters: dict[str, Any], top: int) -> None:
    where, values = _where(filters)
    answer = aggregate(both.snapshot, read_filters(filters), top)
    sums = "count(*), count(contract_amount), coalesce(sum(CAST(contract_amount AS HUGEINT)), 0)"
    count, valued, minor = _one(both.sql, f"SELECT {sums} FROM contracts WHERE {where}", values)
    undated, vague = _one(
        both.sql, f"SELECT count(*) FILTER (award_date IS NULL), count(*) FILTER (year_only) FROM contracts WHERE {where}", values
    )
    told = answer["summary"]
    assert (told["count"], told["with_amount"], told["without_amount"]) == (count, valued, count - valued)
    assert (told["without_date"], told["without_month"]) == (undated, vague)
    assert _minor(told) == minor
    assert told["avg_value"] == _mean(minor, valued)
    for name, label, also in (
        ("year", "year(award_date)", "true"),
        ("quarter", "year(award_date) * 10 + quarter(award_date)", "NOT year_only"),
        ("month", "year(award_date) * 100 + month(award_date)", "NOT year_only"),
    ):
        rows = both.sql.execute(
            f"SELECT {label} AS label, {sums} FROM contracts WHERE {where} AND {also} AND award_date IS NOT NULL GROUP BY 1 ORDER BY 1",
            values,
        ).fetchall()
        assert [(int(row["label"].replace("-", "").replace("Q", "")), row["count"], _minor(row)) for row in answer[f"by_{name}"]] == [
            (label, count, minor) for label, count, _, minor in rows
        ]
    for name, dimension in BY_NAME.items():
        field = FIELD_OF[dimension]
        rows = both.sql.execute(
            f"SELECT {field}, {sums} AS minor FROM contracts WHERE {where} AND {field} IS NOT NULL"
            f" GROUP BY {field}, f_{field} ORDER BY minor DESC, f_{field}, {field} LIMIT {top}",
            values,
        ).fetchall()
        assert [(row["label"], row["count"], _minor(row)) for row in answer[f"by_{name}"]] == [
            (label, count, minor) for label, count, _, minor in rows
        ]


@settings(_exhaustive, max_examples=100)
@given(
    filters=_filters(),
    dimension=st.sampled_from(sorted(DIMENSION_OF)),
    sort_by=st.sampled_from(["label", "count", "total_value", "avg_value"]),
    direction=st.sampled_from(["asc", "desc"]),
    q=st.one_of(st.none(), _part()),
)
def test_every_table_is_what_sql_gives(
    both: Both, filters: dict[str, Any], dimension: str, sort_by: str, direction: str, q: str | None
) -> None:
    where, values = _where(filters)
    field = FIELD_OF[DIMENSION_OF[dimension]]
    also = "true" if q is None else f"contains(f_{field}, ?)"
    rows = both.sql.execute(
        f"SELECT {field}, count(*), count(contract_amount), coalesce(sum(CAST(contract_amount AS HUGEINT)), 0) FROM contracts"
        f" WHERE {where} AND {field} IS NOT NULL AND {also} GROUP BY {field}, f_{field} ORDER BY f_{field}, {field}",
        values + ([] if q is None else [schema.fold(schema.plain(q))]),
    ).fetchall()
    sign = -1 if direction == "desc" else 1
    if sort_by == "label":
        rows = rows[::sign]
    elif sort_by == "avg_value":
        rows.sort(key=lambda row: (not row[2], row[2] and sign * ((2 * row[3] + row[2]) // (2 * row[2]))))
    else:
        rows.sort(key=lambda row: sign * row[{"count": 1, "total_value": 3}[sort_by]])
    found: list[Any] = []
    for page in range(1, len(rows) // 30 + 3):
        body = {
            "filters": filters,
            "dimension": dimension,
            "sort_by": sort_by,
            "sort_direction": direction,
            "q": q,
            "page": page,
            "page_size": 30,
        }
        answer = table(both.snapshot, TableQuery.model_validate(body))
        assert answer.total == len(rows)
        found += [(row["label"], row["count"], _minor(row), row["avg_value"]) for row in answer.rows]
    assert found == [(label, count, minor, _mean(minor, valued)) for label, count, valued, minor in rows]


@settings(_exhaustive, max_examples=60)
@given(filters=st.one_of(st.just(None), _filters()), dimension=st.sampled_from(sorted(FIELD_OF)), q=st.one_of(st.just(""), _part()))
def test_every_suggestion_is_what_sql_gives(both: Both, filters: dict[str, Any] | None, dimension: str, q: str) -> None:
    where, values = _where(filters) if filters else ("true", [])
    field = FIELD_OF[dimension]
    rows = both.sql.execute(
        f"SELECT {field}, count(*) FROM contracts WHERE {where} AND {field} IS NOT NULL AND contains(f_{field}, ?)"
        f" GROUP BY {field}, f_{field} ORDER BY 2 DESC, f_{field}, {field} LIMIT 7",
        [*values, schema.fold(schema.plain(q))],
    ).fetchall()
    found = options(both.snapshot, OptionsQuery.model_validate({"filters": filters, "dimension": dimension, "q": q, "limit": 7}))
    assert [(row["name"], row["count"]) for row in found] == rows


def test_time_tables_are_sorted_and_paged_like_the_others(both: Both) -> None:
    rows = both.sql.execute(
        "SELECT strftime(award_date, '%Y-%m'), count(*) AS n FROM contracts WHERE NOT year_only AND award_date IS NOT NULL"
        " GROUP BY 1 ORDER BY n DESC, 1"
    ).fetchall()
    pages = [table(both.snapshot, TableQuery(dimension="month", sort_by="count", page=page, page_size=20)) for page in (1, 2, 3, 4, 5)]
    assert [(row["label"], row["count"]) for page in pages for row in page.rows] == [(f"{label:0>7}", count) for label, count in rows]
    assert {page.total for page in pages} == {len(rows)}
    only = table(both.snapshot, TableQuery(dimension="month", q="2020-0"))
    assert [row["label"] for row in only.rows]
    assert all(row["label"].startswith("2020-0") for row in only.rows)


def test_a_row_has_every_field_as_it_was_imported(both: Both) -> None:
    known = {str(row["uid"]): row for seed in (1, 2, 3) for row in odd_rows(seed, ROWS * seed // 2 + 1, import_no=seed)}
    for row in search(both.snapshot, SearchQuery(page_size=200)).rows:
        given_row = known[row["id"]]
        assert {name: row[name] for name in schema.TEXTS} == {name: given_row[name] for name in schema.TEXTS}
        assert row["quantity"] == given_row["quantity"]
        assert row["import_no"] == given_row["uid"] >> 32
        amount = given_row["contract_amount"]
        assert row["contract_amount"] == (None if amount is None else float(Decimal(amount) / 100))
        day = given_row["award_date"]
        assert row["award_date"] == (day and (f"{day.year:04d}" if given_row["year_only"] else day.isoformat()))


def _one(sql: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> tuple[Any, ...]:
    found = sql.execute(query, values).fetchone()
    assert found is not None
    return found


def _minor(told: dict[str, Any]) -> int:
    """The exact total of an answer in minor units: the text where the number can't carry it."""
    return int(Decimal(told.get("total_value_text") or str(told["total_value"])) * 100)


def _mean(minor: int, valued: int) -> Any:
    return schema.amount_number((2 * minor + valued) // (2 * valued)) if valued else None


def test_no_filters_find_every_contract_that_counts(both: Both) -> None:
    assert search(both.snapshot, SearchQuery()).total == _one(both.sql, "SELECT count(*) FROM contracts", [])[0] == both.snapshot.rows
    assert not Filters()
