"""Workbooks, Parquet files and OCDS give the same rows as delimited text; types are kept."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tenderline.errors import Invalid
from tenderline.register.mapping import validate
from tenderline.register.preparing import prepare
from tenderline.register.reading import Recognised, read, recognise

HEADER = ["Contract No", "Award Title", "Contractor", "Contract Amount", "Award Date", "Qty"]


def taken(path: Path, sheet: str | None = None) -> tuple[Recognised, list[dict[str, Any]]]:
    found = recognise(path, path.name, sheet)
    fields = {field: guess.column for field, guess in found.mapping.items()}
    mapping = validate(fields, found.columns, [one.name for one in found.sheets], default=found.options)
    rows = []
    for batch in read(path, found, lambda: None, mapping.options):
        prepared = prepare(batch, mapping)
        assert not prepared.rejects
        rows += prepared.rows.to_pylist()
    return found, rows


@pytest.fixture
def workbook(tmp_path: Path) -> Path:
    """A table with a title above it on the second sheet, shifted by a column."""
    from xlsxwriter import Workbook

    path = tmp_path / "awards.xlsx"
    with Workbook(path) as book:
        notes = book.add_worksheet("Notes")
        notes.write_row(0, 0, ["Remark"])
        sheet = book.add_worksheet("Awards 2024")
        day = book.add_format({"num_format": "mm/dd/yyyy"})
        sheet.write(0, 1, "Awards of the year")
        sheet.write_row(2, 1, HEADER)
        sheet.write_row(3, 1, ["A-1", "Road", "Alba", 0.1 + 0.2, "", 1.234])
        sheet.write_datetime(3, 5, date(2024, 3, 1), day)
        sheet.write_row(5, 1, [17, "Bridge", "Berta", 123456789.05, 45353, 2])
        sheet.write_row(6, 1, [18, "Pier", "Carla", 100, "13/03/2024", 3, "beyond the names"])
    return path


def test_a_workbook_is_read_from_its_longest_sheet_with_types_kept(workbook: Path) -> None:
    found, rows = taken(workbook)
    assert found.format == "xlsx"
    assert found.options.sheet == "Awards 2024"
    assert [(sheet.name, sheet.rows) for sheet in found.sheets] == [("Notes", 0), ("Awards 2024", 6)]
    assert [row["contract_no"] for row in rows] == ["A-1", "17", "18"]
    assert [row["contract_amount"] for row in rows] == [30, 12345678905, 10000]
    assert [row["award_date"] for row in rows] == [date(2024, 3, 1), date(2024, 3, 2), date(2024, 3, 13)]
    assert [row["line"] for row in rows] == [4, 6, 7]
    assert rows[0]["quantity"] == 1.234
    assert found.columns[-1] == "Column 7"
    assert rows[2]["source"][-1] == "beyond the names"


def test_another_sheet_can_be_chosen(workbook: Path) -> None:
    with pytest.raises(Invalid, match="no rows"):
        recognise(workbook, "awards.xlsx", "Notes")
    with pytest.raises(Invalid, match="no sheet of that name"):
        recognise(workbook, "awards.xlsx", "Elsewhere")


def test_a_parquet_file_is_read_whatever_its_types(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.table(
        {
            "contract_no": pa.array([1, 2], pa.int32()),
            "award_title": pa.array(["Road", "Bridge"]).dictionary_encode(),
            "awardee_name": pa.array(["Alba", None]),
            "contract_amount": pa.array([Decimal("99999999999999.99"), Decimal("1.5")], pa.decimal128(20, 2)),
            "unit_price": pa.array([123.567, 1e15]),
            "award_date": pa.array([datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, 10, tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
            "lots": pa.array([[1, 2], []]),
        }
    )
    path = tmp_path / "awards.parquet"
    pq.write_table(table, path)
    found, rows = taken(path)
    assert found.format == "parquet"
    assert [row["contract_amount"] for row in rows] == [9999999999999999, 150]
    assert [row["award_date"] for row in rows] == [date(2024, 3, 1), date(2024, 3, 2)]
    assert [row["awardee_name"] for row in rows] == ["Alba", None]
    assert rows[0]["unit_price"] == 12357
    assert rows[0]["source"][-1] == "[1, 2]"


def _release(number: int) -> dict[str, Any]:
    items = [
        {"description": "Pipe", "quantity": 3, "unit": {"name": "m"}, "deliveryAddresses": [{"region": "North"}]},
        {"description": "Pump"},
    ]
    award = {
        "id": f"a-{number}", "title": "Water", "status": "active", "date": "2024-03-01T00:00:00Z",
        "value": {"amount": 1234.5, "currency": "EUR"}, "suppliers": [{"name": "Alba"}, {"id": "b"}], "items": items,
    }  # fmt: skip
    return {"ocid": f"ocds-{number}", "buyer": {"name": "City"}, "parties": [{"id": "b", "name": "Berta"}], "awards": [award]}


RELEASES = [_release(number) for number in range(3)]
LAYOUTS = {
    "release package": json.dumps({"version": "1.1", "releases": RELEASES}),
    "record package": json.dumps({"records": [{"ocid": one["ocid"], "compiledRelease": one} for one in RELEASES]}),
    "records of releases": json.dumps({"records": [{"ocid": one["ocid"], "releases": [{"ocid": "x"}, one]} for one in RELEASES]}),
    "lines of releases": "\n".join(map(json.dumps, RELEASES)),
    "lines of packages": "\n".join(json.dumps({"releases": [one]}) for one in RELEASES),
    "list": "\ufeff" + json.dumps(RELEASES),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ocds_gives_a_row_for_each_item_and_the_value_once(tmp_path: Path, layout: str) -> None:
    path = tmp_path / "releases.json"
    path.write_text(LAYOUTS[layout])
    found, rows = taken(path)
    assert found.format == "ocds"
    assert [(row["reference_id"], row["contract_no"], row["item_name"]) for row in rows] == [
        (f"ocds-{number}", f"a-{number}", item) for number in range(3) for item in ("Pipe", "Pump")
    ]
    assert [row["contract_amount"] for row in rows] == [123450, None] * 3
    assert {row["awardee_name"] for row in rows} == {"Alba; Berta"}
    assert (rows[0]["area_of_delivery"], rows[0]["quantity"], rows[0]["unit"], rows[0]["award_date"]) == (
        "North",
        3.0,
        "m",
        date(2024, 3, 1),
    )


def test_reading_a_workbook_stops_when_it_is_told_to(workbook: Path) -> None:
    class Stop(BaseException):
        pass

    def stop() -> None:
        raise Stop

    with pytest.raises(Stop):
        list(read(workbook, recognise(workbook, "awards.xlsx"), stop))
