from __future__ import annotations

import csv
import io
import os
import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from flask import Flask

from tenderline.register import exporting
from tenderline.register.exports import sweep_exports
from tenderline.register.models import ExportRow
from tests.register.contracts import many
from tests.services import wait_for
from tests.web.conftest import MakeApp
from tests.web.register_data import CONTRACTS, TASKS, ask, publish

FORMULAS = ["=1+1", "+63 2 123", "-cmd", "@SUM(A1)", "a=b"]
FORMATS = ["csv", "xlsx", "parquet"]


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    app = make_app()
    publish(app, many(120, seed=1), 1)
    publish(app, many(90, seed=2), 2)
    publish(
        app, [{"award_title": text, "awardee_name": text, "contract_amount": -1205, "award_date": date(2030, 1, 1)} for text in FORMULAS], 3
    )
    return app


def read_back(kind: str, data: bytes) -> list[dict[str, Any]]:
    """The rows of an exported file, as the search tells them, apart from ids."""
    if kind == "csv":
        rows: list[dict[str, Any]] = [dict(row) for row in csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline=""))]
    elif kind == "xlsx":
        [sheet] = openpyxl.load_workbook(io.BytesIO(data)).worksheets
        head, *body = sheet.iter_rows(values_only=True)
        rows = [dict(zip(map(str, head), values, strict=True)) for values in body]
    else:
        rows = pq.read_table(io.BytesIO(data)).to_pylist()
    for row in rows:
        for name in ("contract_amount", "unit_price", "quantity"):
            row[name] = None if row[name] in (None, "") else Decimal(str(row[name]))
    return [{name: None if value == "" else value for name, value in row.items()} for row in rows]


def searched(client: Any, **body: Any) -> list[dict[str, Any]]:
    """All pages of the search, in the form of ``read_back``."""
    rows: list[dict[str, Any]] = []
    page = 1
    while found := ask(client, CONTRACTS + "chip-search/", page=page, page_size=50, **body)["data"]:
        rows += found
        page += 1
    for row in rows:
        for name in ("contract_amount", "unit_price", "quantity"):
            row[name] = None if row[name] is None else Decimal(str(row[name]))
    return [{name: value for name, value in row.items() if name not in ("id", "import_no")} for row in rows]


def plain(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without the apostrophes before what a spreadsheet would run."""
    return [
        {name: value[1:] if isinstance(value, str) and value[:2] in ("'=", "'+", "'-", "'@") else value for name, value in row.items()}
        for row in rows
    ]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"keywords": ["road"], "sort_by": "contract_amount", "sort_direction": "asc"},
        {"sort_by": "awardee_name"},
        {"time_ranges": [{"type": "yearly", "year": 2022}]},
        {"contractors": ["nobody at all"]},
    ],
)
def test_an_export_has_the_rows_of_the_search_in_its_order(app: Flask, kind: str, body: dict[str, Any]) -> None:
    client = app.test_client()
    answer = client.post(CONTRACTS + "chip-export/", json={"format": kind, **body})
    assert answer.status_code == 200, answer.text
    found, expected = plain(read_back(kind, answer.data)), searched(client, **body)
    if kind != "csv":  # in an Excel or Parquet file numbers are numbers
        assert all(isinstance(row["contract_amount"], Decimal | None) for row in found)
    for row in [*found, *expected]:
        for name in ("contract_amount", "unit_price", "quantity"):
            row[name] = None if row[name] is None else pytest.approx(float(row[name]), rel=1e-15)
    assert len(found) == len(expected)
    assert [{name: str(value) for name, value in row.items() if "amount" not in name} for row in found] == [
        {name: str(value) for name, value in row.items() if "amount" not in name} for row in expected
    ]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_amounts_are_exact_to_the_cent_at_any_size(make_app: MakeApp, kind: str) -> None:
    app = make_app()
    amounts = [10**17, 10**17 - 1, -(10**17) + 1, 1, -1, 0, 99, -12_05, None]
    publish(app, [{"award_title": str(place), "contract_amount": amount} for place, amount in enumerate(amounts)])
    data = app.test_client().post(CONTRACTS + "chip-export/", json={"format": kind}).data
    found = {row["award_title"]: row["contract_amount"] for row in read_back(kind, data)}
    assert found == {str(place): None if amount is None else Decimal(amount) / 100 for place, amount in enumerate(amounts)}


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe_and_numbers_stay_numbers(app: Flask, kind: str) -> None:
    data = app.test_client().post(CONTRACTS + "chip-export/", json={"format": kind, "time_ranges": [{"type": "yearly", "year": 2030}]}).data
    rows = read_back(kind, data)
    assert [row["award_title"] for row in rows] == ["'=1+1", "'+63 2 123", "'-cmd", "'@SUM(A1)", "a=b"]
    assert [row["awardee_name"] for row in rows] == [row["award_title"] for row in rows]
    assert {row["contract_amount"] for row in rows} == {Decimal("-12.05")}


def test_a_mark_for_excel_begins_the_file_only_when_it_is_wanted(app: Flask) -> None:
    client = app.test_client()
    assert client.post(CONTRACTS + "chip-export/", json={"bom": True}).data.startswith(b"\xef\xbb\xbfreference_id,")
    plain_answer = client.post(CONTRACTS + "chip-export/", json={})
    assert plain_answer.data.startswith(b"reference_id,")
    assert plain_answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment; filename=contracts-" in plain_answer.headers["Content-Disposition"]


@pytest.mark.parametrize("kind", FORMATS)
def test_an_export_by_task_is_the_same_file(app: Flask, kind: str) -> None:
    client = app.test_client()
    made = ask(client, TASKS + "export/", format=kind, keywords=["road"], mode="async")
    results = made["data"]["results"]
    download = client.get(results["download_url"])
    assert (download.status_code, len(download.data)) == (200, results["bytes"])
    assert download.headers["Cache-Control"] == "no-store"
    assert "attachment" in download.headers["Content-Disposition"]
    direct = client.post(CONTRACTS + "chip-export/", json={"format": kind, "keywords": ["road"]}).data
    assert read_back(kind, download.data) == read_back(kind, direct)
    assert results["rows"] == len(read_back(kind, download.data))
    assert client.get(CONTRACTS + "exports/").json["exports"] == [
        results | {"created_at": pytest.approx(results["created_at"], abs=60), "expires_at": pytest.approx(results["expires_at"], abs=60)}
    ]


def test_an_export_is_its_owners_alone(make_app: MakeApp) -> None:
    app = make_app(owner_per_browser=True)
    publish(app, many(20))
    mine, other = app.test_client(), app.test_client()
    first = ask(mine, TASKS + "export/")["data"]["results"]
    assert mine.get(first["download_url"]).status_code == 200
    assert other.get(first["download_url"]).status_code == 404
    assert other.delete(first["download_url"]).status_code == 404
    assert other.get(CONTRACTS + "exports/").json["exports"] == []
    theirs = ask(other, TASKS + "export/")
    assert theirs["status"] == "completed"
    assert theirs["data"]["results"]["export_id"] != first["export_id"]


def test_an_equal_export_is_written_once_while_it_is_there(app: Flask) -> None:
    client = app.test_client()
    first = ask(client, TASKS + "export/", keywords=["road"])
    assert ask(client, TASKS + "export/", keywords=["Road"])["status"] == "cached"
    client.delete(first["data"]["results"]["download_url"])
    again = ask(client, TASKS + "export/", keywords=["road"])
    assert again["status"] == "completed"
    assert client.get(again["data"]["results"]["download_url"]).status_code == 200


def test_an_export_expires(app: Flask) -> None:
    client = app.test_client()
    results = ask(client, TASKS + "export/")["data"]["results"]
    runtime = app.extensions["tenderline"]
    assert results["expires_at"] - results["created_at"] == pytest.approx(runtime.settings.export_ttl)
    with runtime.database.write() as session:
        session.get_one(ExportRow, results["export_id"]).expires_at = 1.0
    assert client.get(results["download_url"]).status_code == 404
    assert client.get(CONTRACTS + "exports/").json["exports"] == []
    files = runtime.register.files
    assert sweep_exports(files, runtime.database) == 1
    assert not files.export(results["export_id"]).exists()


def test_what_a_run_that_died_left_behind_is_deleted_and_what_is_wanted_is_kept(app: Flask) -> None:
    client = app.test_client()
    results = ask(client, TASKS + "export/")["data"]["results"]
    runtime = app.extensions["tenderline"]
    files = runtime.register.files
    old, young = (files.export(str(uuid.uuid4())) for _ in range(2))
    for path in (old, young):
        path.write_bytes(b"half")
    sheets = old.with_name("sheets-of-a-killed-run")
    sheets.mkdir()
    (sheets / "sheet").write_bytes(b"half")
    for path in (old, sheets, files.export(results["export_id"])):
        os.utime(path, (0, 0))
    assert sweep_exports(files, runtime.database) == 2
    assert not sheets.exists()
    assert young.exists()
    assert client.get(results["download_url"]).status_code == 200


@pytest.mark.parametrize("name", ["nothing", "../../tenderline.db", "00000000-0000-4000-8000-000000000000"])
def test_an_unknown_export_is_a_404(app: Flask, name: str) -> None:
    assert app.test_client().get(f"{CONTRACTS}exports/{name}/").status_code == 404


def test_a_large_excel_file_is_a_tasks_work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exporting, "DIRECT_SHEET_ROWS", 100)
    client = app.test_client()
    answer = client.post(CONTRACTS + "chip-export/", json={"format": "xlsx"})
    assert answer.status_code == 413
    assert "task" in answer.json["error"]["hint"]
    assert ask(client, TASKS + "export/", format="xlsx")["data"]["results"]["rows"] == 215


def test_an_estimate_comes_near_the_file(app: Flask) -> None:
    client = app.test_client()
    told = ask(client, CONTRACTS + "chip-export-estimate/", format="csv")
    size = len(client.post(CONTRACTS + "chip-export/", json={}).data)
    assert told["rows"] == 215
    assert 0.5 < told["bytes"] / size < 2
    assert ask(client, CONTRACTS + "chip-export-estimate/", contractors=["nobody at all"])["bytes"] == 0


def test_what_is_not_a_format_is_refused(app: Flask) -> None:
    for path in (CONTRACTS + "chip-export/", CONTRACTS + "chip-export-estimate/", TASKS + "export/"):
        assert app.test_client().post(path, json={"format": "pdf"}).status_code == 422


def test_in_the_background_an_export_is_followed_to_its_file(make_app: MakeApp) -> None:
    app = make_app(task_executor="background")
    publish(app, many(20))
    app.extensions["tenderline"].start_web()
    client = app.test_client()
    answer = client.post(TASKS + "export/", json={"format": "parquet"})
    assert answer.status_code == 202
    task_id = answer.json["task_id"]

    def ended() -> bool:
        return bool(client.get(TASKS + "status/", query_string={"task_id": task_id}).json["ready"])

    wait_for(ended, "the export to end", 60)
    found = client.get(TASKS + "result/", query_string={"cache_key": answer.json["cache_key"]}).json
    assert found["status"] == "success", found
    assert len(read_back("parquet", client.get(found["data"]["results"]["download_url"]).data)) == 20
