"""Which rows are about the same thing."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from tenderline.register.identity import identities
from tenderline.register.schema import prepared_schema

ROW = {
    "contract_no": "PO-7",
    "organization_name": "City of Lum",
    "awardee_name": "Ängström AB",
    "award_title": "Bridge",
    "contract_amount": 100,
    "award_date": date(2024, 2, 3),
}
ITEM = {"item_name": "Cement"}


def _batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    schema = prepared_schema()
    return pa.RecordBatch.from_pylist([{"ordinal": number, "line": number + 2, **row} for number, row in enumerate(rows)], schema=schema)


def _same(first: dict[str, Any], second: dict[str, Any]) -> tuple[bool, bool]:
    """Whether two rows are about the same thing, and whether they say the same of it."""
    told = identities(_batch(first, second))
    return bool(told.hi[0] == told.hi[1] and told.lo[0] == told.lo[1]), bool(told.content[0] == told.content[1])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (True, True)),
        ({"organization_name": "CITY OF LUM", "awardee_name": "ÄNGSTRÖM ab"}, (True, True)),
        ({"award_title": "Another title"}, (True, True)),
        ({"contract_amount": 101}, (True, False)),
        ({"contract_amount": None}, (True, False)),
        ({"award_date": None}, (True, False)),
        ({"awardee_name": "Other"}, (True, False)),
        ({"contract_no": None, "reference_id": "PO-7"}, (True, True)),
        ({"contract_no": "PO-8"}, (False, True)),
        ({"organization_name": None}, (False, True)),
        (ITEM, (False, True)),
    ],
)
def test_a_contract_is_known_by_its_number_and_its_organisation(change: dict[str, Any], expected: tuple[bool, bool]) -> None:
    assert _same(ROW, {**ROW, **change}) == expected


@pytest.mark.parametrize(("change", "expected"), [({}, True), ({"awardee_name": "Other"}, False), ({"item_name": "Sand"}, False)])
def test_a_line_of_an_order_is_known_by_its_item_and_its_awardee_too(change: dict[str, Any], expected: bool) -> None:
    assert _same({**ROW, **ITEM}, {**ROW, **ITEM, **change})[0] is expected


@pytest.mark.parametrize("change", [{"award_title": "Road"}, {"contract_amount": 101}, {"award_date": None}, {"awardee_name": "Other"}])
def test_without_a_number_everything_has_to_be_the_same(change: dict[str, Any]) -> None:
    unnumbered = {**ROW, "contract_no": None}
    assert _same(unnumbered, dict(unnumbered)) == (True, True)
    assert not _same(unnumbered, {**unnumbered, **change})[0]


@pytest.mark.parametrize(
    ("change", "expected"),
    [(ITEM, True), ({"awardee_name": "Other"}, True), ({"contract_no": "PO-8"}, False), ({"organization_name": "Other"}, False)],
)
def test_the_lines_of_an_order_belong_together(change: dict[str, Any], expected: bool) -> None:
    told = identities(_batch(ROW, {**ROW, **change}, {**ROW, "contract_no": None}))
    assert bool(told.number[0] == told.number[1]) is expected
    assert told.number[2] == 0


def test_an_identity_does_not_depend_on_the_rows_beside_it() -> None:
    unnumbered = {**ROW, "contract_no": None, "award_title": "straße"}
    together, alone = identities(_batch(ROW, unnumbered)), identities(_batch(ROW))
    assert (together.hi[0], together.lo[0], together.content[0]) == (alone.hi[0], alone.lo[0], alone.content[0])
    assert identities(_batch()).hi.size == 0
