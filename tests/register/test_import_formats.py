"""The same contract from a file of each format."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from flask import Flask
from flask.testing import FlaskClient

from tests.register.ingestion import HEADER, PLAIN, csv_file, imported, visible

VALUES = ("PO-1", "Bridge at Lum", "Ängström AB", "City of Lum", 1250.5, date(2024, 3, 31))


def _workbook() -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, VALUES[:5])
    sheet.write_datetime(1, 5, VALUES[5], book.add_format({"num_format": "dd/mm/yyyy"}))
    book.close()
    return file.getvalue()


def _parquet() -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table({name: [value] for name, value in zip(HEADER, VALUES, strict=True)}), file)
    return file.getvalue()


def _releases() -> bytes:
    award = {
        "id": "PO-1", "title": "Bridge at Lum", "date": "2024-03-31T00:00:00Z", "status": "active",
        "value": {"amount": 1250.5, "currency": "EUR"}, "suppliers": [{"name": "Ängström AB"}],
    }  # fmt: skip
    release = {"ocid": "ocds-1", "id": "1", "buyer": {"name": "City of Lum"}, "tender": {"title": "Bridge"}, "awards": [award]}
    return json.dumps({"uri": "https://example.org", "releases": [release]}).encode()


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("csv", lambda: csv_file(PLAIN)),
        ("csv", lambda: csv_file(PLAIN).decode().encode("utf-16")),
        ("xlsx", _workbook),
        ("parquet", _parquet),
        ("ocds", _releases),
    ],
)
def test_every_format_comes_in_through_the_same_door(app: Flask, client: FlaskClient, kind: str, make: Callable[[], bytes]) -> None:
    result = imported(client, make(), f"awards.{kind}")
    assert (result["processed"], result["imported"], result["rejected"]) == (1, 1, 0)
    assert client.get(f"/data-ingestion/uploads/{result['upload_id']}/").json["format"] == kind
    [(_, awardee, amount)] = visible(app)
    assert (awardee, amount) == ("Ängström AB", 1250.5)
    [view] = app.extensions["tenderline"].register.snapshot().views
    assert view.segment.text("organization_name")[0] == "City of Lum"
    assert view.segment.date[0] == (date(2024, 3, 31) - date(1970, 1, 1)).days
