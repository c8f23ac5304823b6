"""An import is compared with the register part by part: parts of a bounded size, and the same findings whatever their number."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tenderline.register import created, created_orders, created_prices, parting
from tenderline.register.created import PRICES, Created, file_name
from tenderline.register.duplicates import KEEP, REPLACE, SKIP, Verdict, judge
from tenderline.register.register import Register
from tenderline.register.schema import prepared_schema
from tenderline.register.staging import Staging
from tests.register.contracts import batch_of, many, publish

PART_ROWS = 40
ROWS = many(400)
FILE = [*ROWS[:300], *({**row, "contract_amount": 77} for row in ROWS[200:260]), *many(240, seed=2), *ROWS[:50]]
"""Rows of the register, some of them with another amount, new ones, and some that the file has twice."""


@pytest.fixture
def staged(tmp_path: Path) -> Staging:
    staging = Staging(tmp_path)
    for begin in range(0, len(FILE), 90):
        staging.append(batch_of(FILE[begin : begin + 90], 2, begin).select(prepared_schema().names))
    staging.close()
    return staging


def _told(verdict: Verdict) -> tuple[Any, ...]:
    replaced = {segment: rows.tolist() for segment, rows in verdict.replaced.items()}
    return verdict.added.tolist(), verdict.repeated, verdict.duplicates, replaced, verdict.conflicts.tolist(), verdict.contradicted.tolist()


def test_every_row_is_in_one_part_beside_its_equals_and_no_part_outgrows_its_bound(
    staged: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parting, "PART_ROWS", PART_ROWS)
    parts = list(parting.parts(staged, ("hi", "content"), lambda: None))
    assert sorted(np.concatenate([part["place"] for part in parts]).tolist()) == list(range(len(FILE)))
    seen = Counter(value for part in parts for value in set(part["hi"].tolist()))
    assert set(seen.values()) == {1}
    assert len(parts) == -(-len(FILE) // PART_ROWS)
    assert max(len(part) for part in parts) < 2.5 * PART_ROWS
    for part in parts:
        assert part["hi"].tolist() == staged.compared("hi")[part["place"]].tolist()
        assert part["content"].tolist() == staged.compared("content")[part["place"]].tolist()


@pytest.mark.parametrize("on_duplicate", [SKIP, REPLACE, KEEP])
def test_many_parts_are_judged_as_one(staged: Staging, register: Register, monkeypatch: pytest.MonkeyPatch, on_duplicate: str) -> None:
    publish(register, ROWS[:200])
    publish(register, ROWS[200:], import_no=3)
    snapshot = register.snapshot()
    whole = _told(judge(staged, snapshot, on_duplicate, lambda: None))
    assert all(whole[place] for place in (1, 4))  # rows that the file has twice, and conflicts
    assert bool(whole[2]) == (on_duplicate != KEEP)
    assert bool(whole[3]) == (on_duplicate == REPLACE)
    monkeypatch.setattr(parting, "PART_ROWS", PART_ROWS)
    assert _told(judge(staged, snapshot, on_duplicate, lambda: None)) == whole


def test_many_parts_bring_the_orders_and_prices_of_one(staged: Staging, register: Register, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(register, ROWS[:100])
    counted = np.arange(len(FILE)) % 7 != 0

    def brought() -> dict[str, list[str]]:
        found = Created(staged, register.snapshot(), counted, lambda: None)
        begin = 0
        for batch in staged.batches():
            found.see(begin, batch, counted[begin : begin + batch.num_rows])
            begin += batch.num_rows
        counts = found.write()
        tables = {kind: pq.read_table(staged.directory / file_name(kind)).to_pylist() for kind in created.KINDS}
        assert {kind: sum(row.get("new", True) for row in rows) for kind, rows in tables.items()} == counts
        return {kind: sorted(map(str, rows)) for kind, rows in tables.items()}

    whole = brought()
    prices = Counter(
        tuple(row[name] for name in created_prices.PRICED)
        for row, counts in zip(FILE, counted, strict=True)
        if counts and row["item_name"] and row["unit_price"]
    )
    told = pq.read_table(staged.directory / file_name(PRICES))
    assert (
        Counter({tuple(row[name] for name in ("name", "unit", "awardee", "unit_price")): row["count"] for row in told.to_pylist()})
        == prices
    )
    assert sum(told["total"].to_pylist()) == 199 * sum(prices.values())
    for module, name in (
        (parting, "PART_ROWS"),
        (created_orders, "PART_ROWS"),
        (created_prices, "_PART_ROWS"),
        (created_prices, "_WAITING"),
    ):
        monkeypatch.setattr(module, name, PART_ROWS)
    assert brought() == whole
