"""Broken and hostile files get a clear answer; of what can be read, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenderline.errors import TenderlineError
from tenderline.register.mapping import validate
from tenderline.register.preparing import EMPTY_ROW, Prepared, prepare
from tenderline.register.reading import Recognised, read, recognise
from tests.register.hostile_tables import HEADER, REFUSED, ROW, TABLE, formulas


def taken(path: Path, data: bytes, name: str = "awards.csv") -> tuple[Recognised, list[Prepared]]:
    path.write_bytes(data)
    found = recognise(path, name)
    mapping = validate({field: guess.column for field, guess in found.mapping.items()}, found.columns, default=found.options)
    return found, [prepare(batch, mapping) for batch in read(path, found, lambda: None)]


def outcome(path: Path, text: str | bytes) -> tuple[list[tuple[int, str | None]], list[tuple[int, str, str, str]]]:
    """(line, title) of the rows that came in, and (line, column, value, reason) of the others."""
    _, prepared = taken(path, text if isinstance(text, bytes) else text.encode())
    rows = [(row["line"], row["award_title"]) for one in prepared for row in one.rows.to_pylist()]
    return rows, [(reject.line, reject.column, reject.value, reject.reason) for one in prepared for reject in one.rejects]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "original"


@pytest.mark.parametrize("name", REFUSED)
def test_a_file_that_cannot_be_read_is_refused_with_a_reason_and_advice(path: Path, name: str) -> None:
    make, words = REFUSED[name]
    path.write_bytes(make())
    with pytest.raises(TenderlineError, match=words) as refused:
        list(read(path, recognise(path, name), lambda: None))
    assert refused.value.status in (413, 415, 422)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("name", "words"), [("awards.xlsx", "is delimited text"), ("awards.json", "is delimited text"), ("awards.parquet", "is delimited text")]
)
def test_a_wrong_ending_is_said_and_the_file_read_for_what_it_is(path: Path, name: str, words: str) -> None:
    found, prepared = taken(path, TABLE, name)
    assert words in found.warnings[0]
    assert sum(one.rows.num_rows for one in prepared) == 3


def test_a_workbook_called_csv_is_read_and_its_formulas_give_their_results(path: Path) -> None:
    found, prepared = taken(path, formulas())
    assert "an Excel workbook" in found.warnings[0]
    assert "1 formula has no result" in found.warnings[1]
    assert [(row["award_title"], row["contract_amount"]) for one in prepared for row in one.rows.to_pylist()] == [
        ("Road", 200),
        ("Road", None),
    ]


def test_headers_that_repeat_or_are_missing_get_names_of_their_own(path: Path) -> None:
    found, prepared = taken(path, b"Title,Amount,amount,,Amount\nRoad,1,2,3,4\n")
    assert found.columns == ("Title", "Amount", "amount (2)", "Column 4", "Amount (3)")
    assert len(found.warnings) == 2
    assert prepared[0].rows.column("source").to_pylist() == [["Road", "1", "2", "3", "4"]]


def test_amounts_and_dates_that_cannot_be_are_rejected_one_by_one(path: Path) -> None:
    bad = ["-5,14/10/2024", "(5),14/10/2024", "9e99,14/10/2024", "12 apples,14/10/2024", "5,01/01/0000", "5,01/01/9999", "5,30/02/2024"]
    rows, rejects = outcome(path, HEADER + ROW * 30 + "".join(f"A-2,Pier,Alba,{values}\n" for values in bad) + "A-3,Quay,Alba,,\n")
    assert len(rows) == 31
    assert rows[-1] == (39, "Quay")
    assert [(line, column, value) for line, column, value, _ in rejects] == [
        (32, "Contract Amount", "-5"),
        (33, "Contract Amount", "(5)"),
        (34, "Contract Amount", "9e99"),
        (35, "Contract Amount", "12 apples"),
        (36, "Award Date", "01/01/0000"),
        (37, "Award Date", "01/01/9999"),
        (38, "Award Date", "30/02/2024"),
    ]
    assert all(reason.endswith(".") for *_, reason in rejects)


def test_a_row_without_number_title_and_awardee_is_rejected(path: Path) -> None:
    rows, rejects = outcome(path, HEADER + ROW + ",NULL, ,5,14/10/2024\n,,,,\n" + ROW)
    assert [line for line, _ in rows] == [2, 5]
    assert [(line, reason) for line, _, _, reason in rejects] == [(3, EMPTY_ROW), (4, EMPTY_ROW)]


def test_nul_bytes_cost_nothing_but_themselves(path: Path) -> None:
    _, prepared = taken(path, TABLE + b"A-2,Ro\0ad,Al\0\0ba,5,\n")
    assert prepared[0].rows.column("award_title").to_pylist()[-1] == "Ro ad"
    assert not prepared[0].rejects


def test_a_line_of_many_megabytes_in_the_middle_is_rejected_and_never_held(path: Path) -> None:
    rows, rejects = outcome(path, TABLE + b"A-2," + b"x" * 30_000_000 + b",Alba,5,\n" + ROW.encode())
    assert [line for line, _ in rows] == [2, 3, 4, 6]
    assert [(line, reason) for line, _, _, reason in rejects] == [(5, "The row is longer than 4 MB.")]
    assert len(rejects[0][2]) == 200


def test_a_quotation_that_swallows_the_rest_of_a_large_file_loses_one_line(path: Path) -> None:
    _, prepared = taken(path, TABLE + b'A-2,"Road,Alba,5,\n' + ROW.encode() * 150_000)
    assert sum(one.rows.num_rows for one in prepared) == 150_003
    assert prepared[-1].rows.column("line")[-1].as_py() == 150_005
    assert [reject.line for one in prepared for reject in one.rejects] == [5]


def test_encodings_mixed_line_by_line_are_all_read(path: Path) -> None:
    utf8, cp1252 = "A-1,Año,Alba,1,\n".encode(), "A-1,Año,Alba,1,\n".encode("cp1252")
    for data in (HEADER.encode() + utf8 * 10 + cp1252, HEADER.encode() + cp1252):
        rows, rejects = outcome(path, data)
        assert {title for _, title in rows} == {"Año"}
        assert not rejects


def test_a_title_above_the_columns_and_a_separator_line_are_left_out(path: Path) -> None:
    rows, _ = outcome(path, "Awards of 2024\n\n" + HEADER + ROW)
    assert rows == [(4, "Road")]
    rows, _ = outcome(path, "sep=;\n" + (HEADER + ROW).replace(",", ";"))
    assert rows == [(3, "Road")]


def test_a_mapping_that_cannot_be_is_refused_field_by_field(path: Path) -> None:
    with pytest.raises(TenderlineError) as refused:
        validate(
            {"award_title": "Nowhere", "colour": "Title", "unit": "Title", "item_name": "Title", "options": {"decimal": "x"}}, ["Title"]
        )
    assert set(refused.value.fields or {}) == {"award_title", "colour", "item_name", "options.decimal"}
    with pytest.raises(TenderlineError, match="at least one"):
        validate({"quantity": "Title"}, ["Title"])
