"""The same questions to pandas, to DuckDB over one Parquet file and to a DuckDB file with dimension tables and indexes.

Each answers as well as its form allows with reasonable care: a page is counted and fetched, the charts' totals come from one pass over the
rows that match.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import duckdb

from bench.register_home import DIMENSION_FIELDS
from bench.register_questions import Ask
from tenderline.register.schema import DIMENSIONS

PAGE_SIZE = 50
QUARTERS = {1: ("01-01", "03-31"), 2: ("04-01", "06-30"), 3: ("07-01", "09-30"), 4: ("10-01", "12-31")}


class Rival(Protocol):
    """Answers a question; the number of contracts that match comes back."""

    def answer(self, ask: Ask, body: dict[str, Any]) -> int: ...


class Sql:
    """DuckDB: over Parquet with text in every row, or over its own tables with names by number."""

    def __init__(self, folder: Path, *, tables: bool) -> None:
        self._tables = tables
        self._sql = duckdb.connect(folder / "contracts.duckdb", read_only=True) if tables else duckdb.connect()
        self._source = "contracts" if tables else f"read_parquet('{folder / 'contracts.parquet'}')"

    def close(self) -> None:
        self._sql.close()

    def answer(self, ask: Ask, body: dict[str, Any]) -> int:
        """The number of contracts that match, after the whole answer was fetched."""
        where, values = self._where(body)
        if ask == "search":
            return self._search(where, values, body)
        if ask == "table":
            return self._table(where, values, body)
        return self._aggregate(where, values, int(body.get("topN", 10)))

    def _search(self, where: str, values: list[Any], body: dict[str, Any]) -> int:
        order = (
            "contract_amount DESC NULLS LAST, award_date DESC NULLS LAST, uid" if "sort_by" in body else "award_date DESC NULLS LAST, uid"
        )
        offset = (body.get("page", 1) - 1) * PAGE_SIZE
        names = [f"(SELECT name FROM d_{field} WHERE id = {field}_id)" if self._tables else field for field in DIMENSION_FIELDS]
        shown = ", ".join(["uid", "award_date", "contract_amount", "reference_id", "award_title", *names])
        inner = f"SELECT * FROM {self._source} WHERE {where} ORDER BY {order} LIMIT {PAGE_SIZE} OFFSET {offset}"
        self._sql.execute(f"SELECT {shown} FROM ({inner})", values).fetchall()
        return int(self._sql.execute(f"SELECT count(*) FROM {self._source} WHERE {where}", values).fetchall()[0][0])

    def _table(self, where: str, values: list[Any], body: dict[str, Any]) -> int:
        name = "awardee_name_id" if self._tables else "awardee_name"
        grouped = f"SELECT {name} AS label, count(*) AS n, sum(contract_amount) AS total FROM {self._source} WHERE {where} GROUP BY 1"
        offset = (body.get("page", 1) - 1) * PAGE_SIZE
        rows = self._sql.execute(
            f"SELECT *, count(*) OVER (), sum(n) OVER () FROM ({grouped}) ORDER BY total DESC NULLS LAST LIMIT {PAGE_SIZE} OFFSET {offset}",
            values,
        ).fetchall()
        return int(rows[0][-1]) if rows else 0

    def _aggregate(self, where: str, values: list[Any], top: int) -> int:
        fields = [f"{field}_id" if self._tables else field for field in DIMENSION_FIELDS]
        hits = f"SELECT award_date, contract_amount, {', '.join(fields)} FROM {self._source} WHERE {where}"
        parts = ["SELECT 'all', '', count(*), sum(contract_amount) FROM hits"]
        parts += [
            f"SELECT '{unit}', date_trunc('{unit}', award_date)::VARCHAR, count(*), sum(contract_amount) FROM hits GROUP BY 2"
            for unit in ("year", "month")
        ]
        parts += [
            f"SELECT * FROM (SELECT '{field}', {field}::VARCHAR, count(*), sum(contract_amount) AS total FROM hits"
            f" GROUP BY 2 ORDER BY total DESC LIMIT {top})"
            for field in fields
        ]
        rows = self._sql.execute(f"WITH hits AS MATERIALIZED ({hits}) " + " UNION ALL ".join(parts), values).fetchall()
        return int(next(row[2] for row in rows if row[0] == "all"))

    def _where(self, body: dict[str, Any]) -> tuple[str, list[Any]]:
        clauses, values = ["true"], []
        for name, field in DIMENSIONS.items():
            if chips := body.get(name):
                if self._tables:
                    matching = " OR ".join("contains(folded, ?)" for _ in chips)
                    clauses.append(f"{field}_id IN (SELECT id FROM d_{field} WHERE {matching})")
                else:
                    clauses.append("(" + " OR ".join(f"contains(lower({field}), ?)" for _ in chips) + ")")
                values += [chip.casefold() for chip in chips]
        searched = "searched" if self._tables else "lower(searched)"
        for chip in body.get("keywords", []):
            parts = [part.strip().casefold() for part in chip.split("&&")]
            clauses += [f"contains({searched}, ?)"] * len(parts)
            values += parts
        for period in body.get("time_ranges", []):
            first, last = QUARTERS[period["quarter"]] if "quarter" in period else ("01-01", "12-31")
            clauses.append("award_date BETWEEN CAST(? AS DATE) AND CAST(? AS DATE)")
            values += [f"{period['year']}-{first}", f"{period['year']}-{last}"]
            if "quarter" in period:
                clauses.append("NOT year_only")
        if "value_range" in body:
            clauses.append("contract_amount BETWEEN ? AND ?")
            values += [body["value_range"]["min"] * 100, body["value_range"]["max"] * 100]
        return " AND ".join(clauses), values


class Pandas:
    """A frame in memory, sorted newest first, names as categories, text folded beforehand."""

    def __init__(self, folder: Path) -> None:
        import pandas as pd
        import pyarrow.parquet as pq

        columns = ["uid", "award_date", "year_only", "contract_amount", "reference_id", *DIMENSION_FIELDS, "searched"]
        read = pq.read_table(folder / "contracts.parquet", columns=columns, read_dictionary=DIMENSION_FIELDS)
        frame = read.to_pandas(types_mapper=lambda kind: pd.ArrowDtype(kind) if str(kind) == "string" else None, date_as_object=False)
        frame["searched"] = frame["searched"].str.lower()
        self._frame = frame.sort_values(["award_date", "uid"], ascending=[False, True], ignore_index=True)

    def answer(self, ask: Ask, body: dict[str, Any]) -> int:
        """The number of contracts that match, after the whole answer was made."""
        frame = self._matching(body)
        begin = (body.get("page", 1) - 1) * PAGE_SIZE
        if ask == "search":
            if "sort_by" in body:
                frame = frame.sort_values("contract_amount", ascending=False, kind="stable")
            frame.iloc[begin : begin + PAGE_SIZE].to_dict("records")
        elif ask == "table":
            totals = frame.groupby("awardee_name", observed=True)["contract_amount"].agg(["count", "sum", "mean"])
            totals.sort_values("sum", ascending=False).iloc[begin : begin + PAGE_SIZE].to_dict("records")
        else:
            for unit in ("Y", "M"):
                frame.groupby(frame["award_date"].dt.to_period(unit))["contract_amount"].agg(["count", "sum"])
            for field in DIMENSION_FIELDS:
                frame.groupby(field, observed=True)["contract_amount"].agg(["count", "sum"]).nlargest(10, "sum")
        return len(frame)

    def _matching(self, body: dict[str, Any]) -> Any:
        frame = self._frame
        keep: Any = None

        def both(mask: Any) -> None:
            nonlocal keep
            keep = mask if keep is None else keep & mask

        for period in body.get("time_ranges", []):
            first, last = QUARTERS[period["quarter"]] if "quarter" in period else ("01-01", "12-31")
            both(frame["award_date"].between(f"{period['year']}-{first}", f"{period['year']}-{last}"))
            if "quarter" in period:
                both(~frame["year_only"])
        for name, field in DIMENSIONS.items():
            if chips := body.get(name):
                folded = frame[field].cat.categories.str.casefold()
                codes = [code for code, text in enumerate(folded) if any(chip.casefold() in text for chip in chips)]
                both(frame[field].cat.codes.isin(codes))
        for chip in body.get("keywords", []):
            for part in chip.split("&&"):
                both(frame["searched"].str.contains(part.strip().casefold(), regex=False).fillna(False).astype(bool))
        if "value_range" in body:
            both(frame["contract_amount"].between(body["value_range"]["min"] * 100, body["value_range"]["max"] * 100))
        return frame if keep is None else frame[keep]
