"""Whatever stands in a table, it comes out as it went in; whatever bytes a file has, each of its lines is accounted for."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderline.errors import TenderlineError
from tenderline.register.cleaning import clean_column
from tenderline.register.reading import read, recognise
from tenderline.register.reading.records import cut
from tenderline.register.schema import clean

QUICK = settings(max_examples=30)
VALUES = st.text(st.sampled_from('ab 1,;"\n\té漢-.'), max_size=8)
COLUMNS = 3


@QUICK
@given(rows=st.lists(st.lists(VALUES, min_size=COLUMNS, max_size=COLUMNS), min_size=1, max_size=12), size=st.sampled_from([7, 64, 4096]))
def test_a_table_is_read_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[list[str]], size: int) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows([["Title", "Contractor", "Amount"], *rows])
    path = tmp_path / "original"
    path.write_text(out.getvalue(), newline="")
    known = recognise(path, "awards.csv")
    if known.delimiter != "," or known.header_line != 1 or len(known.columns) != COLUMNS:
        return  # so odd a table that it looks like another
    monkeypatch.setattr("tenderline.register.reading.encoding.READ_BYTES", size)
    monkeypatch.setattr("tenderline.register.reading.delimited.PIECE_BYTES", size)
    seen = list(read(path, known, lambda: None))
    assert not [reject for batch in seen for reject in batch.rejects]
    assert [list(row.values()) for batch in seen for row in batch.rows.to_pylist()] == rows


@QUICK
@given(
    body=st.lists(
        st.sampled_from([b'"', b",", b"a", b"\n", b"\r\n", b'""', b"\xe9", b"\xc3\xa9", b"\0", b"x,y,z\n", b'"q",2,3\n']), max_size=40
    )
)
def test_any_bytes_are_rows_or_rejects_in_order_or_a_clear_refusal(tmp_path: Path, body: list[bytes]) -> None:
    path = tmp_path / "original"
    path.write_bytes(b"Title,Contractor,Amount\n" + b"".join(body))
    try:
        known = recognise(path, "awards.csv")
    except TenderlineError:
        return
    seen = list(read(path, known, lambda: None))
    places = sorted(
        [place for batch in seen for place in batch.ordinal.tolist()] + [reject.ordinal for batch in seen for reject in batch.rejects]
    )
    assert places == list(range(len(places)))
    lines = [line for batch in seen for line in batch.line.tolist()]
    assert lines == sorted(lines)


@QUICK
@given(text=st.text(st.sampled_from('a,"\n'), max_size=60), more=st.text(st.sampled_from('a,"\n'), max_size=30))
def test_records_are_the_same_whether_a_piece_goes_on_or_not(text: str, more: str) -> None:
    whole = cut((text + more).encode(), ",", last=True)
    part = cut(text.encode(), ",", last=False)
    ends = part.ends.tolist()
    if not whole.broken and not part.broken:
        assert ends == whole.ends.tolist()[: len(ends)]


@QUICK
@given(values=st.lists(st.none() | st.text(max_size=12) | st.text(st.sampled_from(" \t\u00a0\u0303n/aé-NUL漢"), max_size=6), max_size=20))
def test_any_column_is_cleaned_as_its_values_are(values: list[str | None]) -> None:
    import pyarrow as pa

    assert clean_column(pa.array(values, pa.string())).to_pylist() == [clean(value) for value in values]
