from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tenderline.errors import TaskCancelled
from tenderline.register import sums
from tenderline.register.building import build_segment
from tenderline.register.files import RegisterFiles
from tenderline.register.identity import identities, numbers_of
from tenderline.register.schema import DIMENSIONS, NO_AMOUNT, TEXTS, YEAR, fold, to_days, uid_of
from tenderline.register.segment import Damaged, Segment
from tests.register.contracts import SCHEMA, batch_of, build, many, opened

COUNT = 500
ROWS = many(COUNT)


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    return opened(tmp_path_factory.mktemp("data"), ROWS, import_no=3)


def _day(row: dict[str, Any]) -> float:
    return -to_days(row["award_date"]) if row["award_date"] else math.inf


IN_ORDER = sorted(range(COUNT), key=lambda number: (_day(ROWS[number]), number))


def test_rows_stand_newest_first_undated_last_then_by_uid(segment: Segment) -> None:
    assert segment.uid.tolist() == [uid_of(3, number) for number in IN_ORDER]
    assert segment.date[: segment.dated].tolist() == [-_day(ROWS[number]) for number in IN_ORDER[: segment.dated]]
    assert segment.meta["imports"] == [3]


def test_everything_a_row_had_comes_back(segment: Segment) -> None:
    batch = segment.prepared(np.arange(COUNT))
    batch.validate(full=True)
    expected = batch_of(ROWS, import_no=3).to_pylist()
    for row, number in zip(batch.to_pylist(), IN_ORDER, strict=True):
        expected_row = expected[number]
        if not expected_row["award_date"]:
            expected_row["year_only"] = False
        assert row == expected_row
    assert batch.schema == SCHEMA
    assert [segment.source(row)[0] for row in (0, 77, COUNT - 1)] == [f"s{IN_ORDER[row]}" for row in (0, 77, COUNT - 1)]
    assert segment.prepared(np.zeros(0, np.int32)).num_rows == 0


@pytest.mark.parametrize("name", TEXTS)
def test_a_text_is_read_one_by_one_and_many_at_once(segment: Segment, name: str) -> None:
    wanted = random.Random(5).choices(range(COUNT), k=40)
    column = segment.text(name)
    assert [column[row] for row in wanted] == column.take(wanted) == [ROWS[IN_ORDER[row]][name] for row in wanted]
    assert len(column) == COUNT


@pytest.mark.parametrize("name", DIMENSIONS)
def test_a_dimension_knows_its_names_rows_and_totals(segment: Segment, name: str) -> None:
    dimension, field = segment.dimension(name), DIMENSIONS[name]
    names = [dimension.names[code] for code in range(len(dimension))]
    assert names == sorted({row[field] for row in ROWS if row[field]}, key=lambda text: (fold(text), text))
    assert [dimension.folded[code] for code in range(len(dimension))] == [fold(text or "") for text in names]
    for code, text in enumerate(names):
        rows = [row for row in range(COUNT) if ROWS[IN_ORDER[row]][field] == text]
        amounts = [ROWS[IN_ORDER[row]]["contract_amount"] for row in rows]
        assert dimension.rows_of(code).tolist() == rows == np.flatnonzero(dimension.codes == code).tolist()
        assert dimension.counts[code] == len(rows)
        assert sums.exact(dimension.sums[code]) == sum(amount or 0 for amount in amounts)
        assert dimension.valued[code] == sum(amount is not None for amount in amounts)


def test_rows_by_amount_keep_the_default_order_among_equals(segment: Segment) -> None:
    amount = segment.amount.tolist()
    known = [row for row in range(COUNT) if amount[row] != NO_AMOUNT]
    unknown = [row for row in range(COUNT) if amount[row] == NO_AMOUNT]
    assert segment.amount_order.tolist() == sorted(known, key=lambda row: (amount[row], row)) + unknown
    assert segment.amount_order_down.tolist() == sorted(known, key=lambda row: (-amount[row], row)) + unknown
    assert segment.meta["valued"] == len(known)


def test_totals_by_month_tell_years_and_no_dates_apart(segment: Segment) -> None:
    expected: dict[int, list[int]] = {}
    for row in ROWS:
        day, amount = row["award_date"], row["contract_amount"]
        period = 0 if day is None else day.year * 100 + (0 if row["year_only"] else day.month)
        entry = expected.setdefault(period, [0, 0, 0])
        entry[0] += 1
        entry[1] += amount is not None
        entry[2] += amount or 0
    found = {int(month["period"]): [int(month["rows"]), int(month["valued"])] for month in segment.months}
    pairs = np.stack([segment.months["upper"], segment.months["lower"]], axis=1)
    assert found == {period: entry[:2] for period, entry in expected.items()}
    assert sums.totals(pairs) == [expected[period][2] for period in sorted(expected)]
    assert segment.months["period"].tolist() == sorted(expected)


def test_precision_is_told_only_where_it_is_needed(segment: Segment, tmp_path: Path) -> None:
    assert segment.precision is not None
    assert (segment.precision == YEAR).tolist() == [bool(ROWS[n]["year_only"] and ROWS[n]["award_date"]) for n in IN_ORDER]
    assert opened(tmp_path, [row | {"year_only": False} for row in ROWS[:5]]).precision is None


def test_identities_find_the_same_contract_in_any_case(segment: Segment) -> None:
    changed = [row | {name: row[name].swapcase() for name in ("contract_no", "reference_id") if row[name]} for row in ROWS]
    hashes = identities(batch_of(changed))
    place, rows = segment.identity.matches(hashes)
    pairs = set(zip(place.tolist(), rows.tolist(), strict=True))
    assert {(number, row) for row, number in enumerate(IN_ORDER)} <= pairs
    same = {(a, IN_ORDER.index(b)) for a in range(COUNT) for b in range(COUNT) if hashes[a] == hashes[b]}
    assert pairs == same


def test_a_row_without_a_number_goes_by_all_that_it_tells() -> None:
    row = {"award_title": "Works", "organization_name": "City", "contract_amount": 5}
    numbered = row | {"reference_id": "7"}
    itemised = numbered | {"item_name": "Sand", "awardee_name": "A"}
    rows = [row, row | {"notice_title": "Roads"}, numbered, numbered | {"award_title": "x", "contract_amount": 6, "awardee_name": "B"}]
    hashes = identities(batch_of([*rows, itemised, itemised | {"awardee_name": "B"}, itemised | {"contract_amount": 9}]))
    assert hashes[0] != hashes[1]
    assert hashes[2] == hashes[3]
    assert len({hashes[2].tobytes(), hashes[4].tobytes(), hashes[5].tobytes()}) == 3
    assert hashes[4] == hashes[6]


def test_a_segment_lists_the_numbers_of_its_purchase_orders(segment: Segment) -> None:
    numbers = numbers_of(batch_of(ROWS))
    numbered = [bool(row["contract_no"] or row["reference_id"]) for row in ROWS]
    assert (numbers != 0).tolist() == numbered
    assert segment.numbers.tolist() == sorted(set(numbers[numbers != 0].tolist()))


def test_hashes_that_come_along_are_taken(tmp_path: Path, segment: Segment) -> None:
    batch = batch_of(ROWS, import_no=3)
    hashes = identities(batch)
    for name, values in (("hi", hashes["hi"]), ("lo", hashes["lo"]), ("number", numbers_of(batch))):
        batch = batch.append_column(name, pa.array(values))
    files = RegisterFiles(tmp_path)
    built = build_segment(files, [batch.slice(0, 100), batch.slice(100)], check=lambda: None)
    written = Segment.open(files.segment(built.id)).meta["files"]
    for name in ("identity.hashes.npy", "identity.rows.npy", "numbers.npy"):
        assert written[name] == segment.meta["files"][name]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    files = RegisterFiles(tmp_path)
    path = files.segment(build(files, ROWS[:20]).id)
    file = path / "words.rows.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(Damaged, match=r"words\.rows\.npy"):
        Segment.open(path).verify()
    file.write_bytes(content[:-4])
    with pytest.raises(Damaged, match=r"words\.rows\.npy"):
        Segment.open(path)
    file.unlink()
    with pytest.raises(Damaged, match="missing"):
        Segment.open(path)
    (path / "meta.json").write_bytes(b"{")
    with pytest.raises(Damaged, match=r"meta\.json"):
        Segment.open(path)


def test_a_segment_as_it_was_written_verifies(segment: Segment) -> None:
    segment.verify()
    assert {file.name for file in segment.path.iterdir()} == {"meta.json", *segment.meta["files"]}


def test_a_cancelled_build_leaves_nothing_behind(tmp_path: Path) -> None:
    files = RegisterFiles(tmp_path)
    calls = 0

    def count() -> None:
        nonlocal calls
        calls += 1

    build_segment(files, [batch_of(ROWS[:50])], check=count)
    before = set(files.segments.iterdir())
    for stop_at in range(1, calls + 1):
        left = stop_at

        def stop() -> None:
            nonlocal left
            left -= 1
            if not left:
                raise TaskCancelled

        with pytest.raises(TaskCancelled):
            build_segment(files, [batch_of(ROWS[:50])], check=stop)
        assert not list(files.staging.iterdir())
        assert set(files.segments.iterdir()) == before


def test_rows_with_nothing_but_their_number_make_a_segment(tmp_path: Path) -> None:
    segment = opened(tmp_path, [{}, {}])
    assert segment.rows == 2
    assert segment.meta["first_date"] is None
    assert segment.words.match("a").tolist() == []
    assert segment.text("award_title").take([0, 1]) == [None, None]
    assert len(segment.dimension("contractors")) == 0
