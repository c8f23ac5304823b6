"""How good a file's data is, in points and words."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from tenderline.register.quality import Quality
from tenderline.register.schema import prepared_schema

GOOD: dict[str, Any] = {
    "contract_no": "PO-1", "award_title": "Bridge", "awardee_name": "A", "organization_name": "B", "contract_amount": 100,
    "award_date": date(2024, 1, 1), "year_only": False,
}  # fmt: skip


def _score(*changes: dict[str, Any], **further: int) -> tuple[int, list[str]]:
    rows = [{"ordinal": number, "line": number + 2, **GOOD, **change} for number, change in enumerate(changes)]
    quality = Quality()
    quality.see(pa.RecordBatch.from_pylist(rows, schema=prepared_schema()))
    told = Quality(**quality.as_dict()).score(**further)
    return told["score"], [reason["text"] for reason in told["reasons"]]


def test_a_file_without_a_fault_has_the_full_score() -> None:
    assert _score({}, {}) == (100, [])


def test_every_fault_is_told_and_costs_its_share() -> None:
    score, reasons = _score({}, {"contract_amount": None}, {"awardee_name": None, "contract_amount": None}, {"year_only": True})
    assert reasons == ["2 rows have no amount.", "1 row names no awardee.", "1 row has only a year for a date."]
    assert score == round(100 - 30 / 2 - 25 / 4 - 5 / 4)
    assert _score({}, rejected=1, repeated=1)[1] == [
        "1 row could not be read and was rejected.",
        "1 row stands in the file more than once.",
    ]


def test_a_single_fault_among_many_rows_is_not_rounded_away() -> None:
    assert _score(*[{}] * 999, {"contract_amount": 0})[0] == 99
