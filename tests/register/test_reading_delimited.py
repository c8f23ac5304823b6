"""Delimited text comes in whole: every row as a row or as a reject, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tenderline.register.mapping import validate
from tenderline.register.preparing import prepare
from tenderline.register.reading import ReadBatch, Recognised, Reject, read, recognise

HEADER = "Contract No,Award Title,Contractor,Contract Amount,Award Date\n"
ROWS = "A-1,Road,Alba Works,100.50,14/10/2024\nA-2,Bridge,Berta Works,2000,15/10/2024\n"


def known(path: Path, data: bytes | str, name: str = "awards.csv") -> Recognised:
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return recognise(path, name)


def batches(path: Path, found: Recognised) -> list[ReadBatch]:
    return list(read(path, found, lambda: None))


def taken(path: Path, data: bytes | str) -> tuple[list[dict[str, object]], list[Reject]]:
    """What becomes of a file, with the mapping that was guessed."""
    found = known(path, data)
    mapping = validate({field: guess.column for field, guess in found.mapping.items()}, found.columns, default=found.options)
    prepared = [prepare(batch, mapping) for batch in batches(path, found)]
    return [row for one in prepared for row in one.rows.to_pylist()], [reject for one in prepared for reject in one.rejects]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "original"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"])
def test_an_encoding_is_recognised_with_and_without_a_mark(path: Path, encoding: str) -> None:
    rows, rejects = taken(path, (HEADER + ROWS.replace("Road", "Año – Straße")).encode(encoding))
    assert [row["award_title"] for row in rows] == ["Año – Straße", "Bridge"]
    assert not rejects


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_a_delimiter_and_line_ends_are_recognised(path: Path, delimiter: str, ending: str) -> None:
    rows, rejects = taken(path, (HEADER + ROWS).replace(",", delimiter).replace("\n", ending))
    assert [(row["contract_no"], row["contract_amount"], row["line"]) for row in rows] == [("A-1", 10050, 2), ("A-2", 200000, 3)]
    assert not rejects


def test_a_value_may_hold_line_ends_delimiters_and_quotation_marks(path: Path) -> None:
    rows, rejects = taken(path, HEADER + 'A-1,"Road,\n""north""",Alba,1,\nA-2,Pipe 3" wide,Berta,2,\n')
    assert [(row["line"], row["award_title"]) for row in rows] == [(2, 'Road, "north"'), (4, 'Pipe 3" wide')]
    assert rows[0]["source"][1] == 'Road,\n"north"'  # type: ignore[index]
    assert not rejects


def test_a_row_with_other_than_the_columns_values_is_rejected_with_its_line(path: Path) -> None:
    rows, rejects = taken(path, HEADER + "A-0,too,few\n\n" + ROWS + "A-3,one,value,5,14/10/2024,too many\n")
    assert [row["ordinal"] for row in rows] == [1, 2]
    assert [(reject.ordinal, reject.line, reject.reason) for reject in rejects] == [
        (0, 2, "The row has 3 values where 5 columns are."),
        (3, 6, "The row has 6 values where 5 columns are."),
    ]


def test_a_quotation_that_is_never_closed_costs_its_own_line_only(path: Path) -> None:
    rows, rejects = taken(path, HEADER + 'A-0,"Road,Alba,1,\n' + ROWS + 'A-3,"Good one",Carla,3,\n' + ROWS)
    assert [row["contract_no"] for row in rows] == ["A-1", "A-2", "A-3", "A-1", "A-2"]
    assert [(reject.line, reject.row) for reject in rejects] == [(2, ('A-0,"Road,Alba,1,',))]


def test_a_row_that_goes_over_the_edge_of_a_piece_is_read_whole(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "".join(f'A-{number},"Road {number},\n{"x" * (number % 40)}",Alba,{number}.25,14/10/2024\r\n' for number in range(3000))
    found = known(path, HEADER + body)
    monkeypatch.setattr("tenderline.register.reading.encoding.READ_BYTES", 997)
    monkeypatch.setattr("tenderline.register.reading.delimited.PIECE_BYTES", 500)
    seen = batches(path, found)
    assert len(seen) > 100
    titles = [title for batch in seen for title in batch.rows.column("Award Title").to_pylist()]
    assert titles == [f"Road {number},\n{'x' * (number % 40)}" for number in range(3000)]
    assert [line for batch in seen for line in batch.line.tolist()] == [2 + 2 * number for number in range(3000)]
    assert [place for batch in seen for place in batch.ordinal.tolist()] == list(range(3000))
    assert not [reject for batch in seen for reject in batch.rejects]


def test_bytes_in_another_encoding_are_read_and_counted(path: Path) -> None:
    good = "".join(f"B-{number},Año {number},Alba,1,\n" for number in range(20)).encode()
    found = known(path, HEADER.encode() + good + "A-1,Año,Alba,1,\n".encode("cp1252"))
    assert found.encoding == "utf-8"
    assert found.warnings == ("Line 22 of the file is not UTF-8 as the others are; such lines are read as Windows-1252 and counted.",)
    seen = batches(path, found)
    assert seen[0].rows.column("Award Title").to_pylist()[-1] == "Año"
    assert sum(batch.repaired for batch in seen) == 1


def test_what_is_recognised_goes_through_json_unchanged(path: Path) -> None:
    import json

    found = known(path, HEADER + ROWS)
    assert Recognised.from_dict(json.loads(json.dumps(found.as_dict()))) == found
    assert found.row_estimate == 2
    assert found.rows[0] == ("A-1", "Road", "Alba Works", "100.50", "14/10/2024")


def test_reading_stops_when_it_is_told_to(path: Path) -> None:
    class Stop(Exception):
        pass

    def stop() -> None:
        raise Stop

    found = known(path, HEADER + ROWS)
    with pytest.raises(Stop):
        list(read(path, found, stop))
