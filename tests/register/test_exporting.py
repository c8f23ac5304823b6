from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask import Flask

from tenderline.errors import DiskFull, TaskCancelled
from tenderline.register import export_batches, export_files, ordering
from tenderline.register.export_batches import COLUMNS, export_schema
from tenderline.register.export_files import write
from tenderline.register.export_query import ExportQuery
from tenderline.register.exporting import export_contracts
from tenderline.register.exports import Exports
from tenderline.register.register import Register
from tenderline.tasks.operation import TaskContext
from tests.register.contracts import many
from tests.register.contracts import publish as publish_in
from tests.web.register_data import publish


def batch(titles: list[str]) -> pa.RecordBatch:
    rows = [dict.fromkeys(COLUMNS) | {"award_title": title} for title in titles]
    return pa.RecordBatch.from_pylist(rows, schema=export_schema())


def test_a_full_sheet_is_followed_by_another_with_the_same_heading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_files, "SHEET_ROWS", 5)
    path = tmp_path / "contracts.xlsx"
    titles = [str(number) for number in range(10)]
    assert write([batch(titles[:7]), batch(titles[7:])], "xlsx", path) == 10
    sheets = openpyxl.load_workbook(path).worksheets
    assert [sheet.max_row for sheet in sheets] == [5, 5, 3]
    found = []
    for sheet in sheets:
        head, *rows = sheet.iter_rows(values_only=True)
        assert head == COLUMNS
        found += [row[COLUMNS.index("award_title")] for row in rows]
    assert found == titles


def test_an_excel_sheet_is_as_long_as_excel_takes() -> None:
    assert export_files.SHEET_ROWS == 1_048_576


def test_text_that_no_cell_holds_is_cut(tmp_path: Path) -> None:
    path = tmp_path / "contracts.xlsx"
    write([batch(["=" + "x" * 40_000])], "xlsx", path)
    [_, row] = openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)
    assert row[COLUMNS.index("award_title")] == "'=" + "x" * 32_765


ORDERS = ("award_date", "contract_amount", "awardee_name", "organization_name")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_an_export_in_small_pieces_holds_the_same_contracts_in_the_same_order(
    register: Register, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, order: str, direction: str
) -> None:
    for number in range(1, 4):
        publish_in(register, many(40, seed=number), import_no=number)
    query = ExportQuery.model_validate({"sort_by": order, "sort_direction": direction})
    whole = pa.Table.from_batches(export_batches.export_batches(register.snapshot(), query)).to_pylist()
    assert len(whole) == 120
    for module, name, value in (
        (ordering, "MANY", 2),
        (export_batches, "BATCH_ROWS", 5),
        (export_batches, "SCATTERED_ROWS", 6),
        (export_files, "GROUP_ROWS", 11),
    ):
        monkeypatch.setattr(module, name, value)
    batches = list(export_batches.export_batches(register.snapshot(), query, at_once=17))
    assert max(batch.num_rows for batch in batches) <= 6
    assert pa.Table.from_batches(batches).to_pylist() == whole
    write(batches, "parquet", tmp_path / "contracts.parquet")
    with pq.ParquetFile(tmp_path / "contracts.parquet") as file:
        assert file.read().to_pylist() == whole
        assert max(file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)) < 11 + 6


def run(app: Flask, context: TaskContext, **query: Any) -> tuple[Exports, Any]:
    runtime = app.extensions["tenderline"]
    exports = Exports(runtime.settings, runtime.database)
    return exports, export_contracts(runtime.register, exports, {"query": query}, context)


@pytest.mark.parametrize("kind", ["csv", "xlsx", "parquet"])
def test_a_cancelled_export_leaves_no_file(app: Flask, kind: str) -> None:
    publish(app, many(60))
    steps: list[str] = []

    def report(current: int, total: int, status: str, partial: str | None) -> None:
        steps.append(status)
        if "of 60" in status:
            context.cancel()

    context = TaskContext("task", "local", report=report)
    with pytest.raises(TaskCancelled):
        run(app, context, format=kind)
    assert steps[-1] == "0 of 60 contracts written"
    folder = app.extensions["tenderline"].register.files.root / "exports"
    assert list(folder.iterdir()) == []


def test_an_excel_file_that_nobody_wants_any_more_is_not_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(_book: object) -> None:
        raise AssertionError("packing a million rows takes half a minute")

    def batches() -> Iterator[pa.RecordBatch]:
        yield batch(["Road"])
        raise TaskCancelled

    monkeypatch.setattr("xlsxwriter.Workbook.close", unwanted)
    with pytest.raises(TaskCancelled):
        write(batches(), "xlsx", tmp_path / "contracts.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_an_excel_export_says_that_it_is_packed_and_may_take_as_long_as_an_import(app: Flask) -> None:
    publish(app, many(60))
    words: list[str] = []
    run(app, TaskContext("task", "local", report=lambda _current, _total, status, _partial: words.append(status)), format="xlsx")
    assert words[-1] == "60 contracts written, the workbook is being packed"
    runtime = app.extensions["tenderline"]
    assert runtime.registry.operations["export_contracts"].soft_time_limit == runtime.settings.import_time_limit


def test_an_export_tells_how_far_it_is_and_is_known_only_with_the_tasks_end(app: Flask) -> None:
    publish(app, many(60))
    steps: list[tuple[int, int]] = []
    context = TaskContext("task", "local", report=lambda current, total, _status, _partial: steps.append((current, total)))
    exports, result = run(app, context)
    assert steps[-1] == (60, 60)
    export_id = result["data"]["results"]["export_id"]
    assert not exports.exists("local", export_id)
    with app.extensions["tenderline"].database.write() as session:
        for effect in context.effects:
            effect(session)
    assert exports.exists("local", export_id)
    assert not exports.exists("somebody else", export_id)


def test_a_disk_that_is_nearly_full_takes_no_export(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(app, many(10))
    monkeypatch.setattr("tenderline.register.files.RegisterFiles.require_space", _full)
    with pytest.raises(DiskFull):
        run(app, TaskContext("task", "local"))


def _full(*_arguments: object) -> None:
    raise DiskFull("The server's disk is nearly full.")
