"""A register of generated contracts on disk, made once for each number of rows, and the same contracts for its rivals: a Parquet file, a
DuckDB file with dimension tables and indexes.

``python -m bench.register_home 5000000 /tmp/register`` makes all of it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.register_data import prepared_batches, with_uid
from tenderline.register.building import build_segment
from tenderline.register.files import RegisterFiles
from tenderline.register.schema import DIMENSIONS, SEARCHED, SEGMENT_ROWS

DIMENSION_FIELDS = [field for name, field in DIMENSIONS.items() if name != "materials"]


def rows_wanted() -> int:
    """``ROWS``, 5 million unless set."""
    return int(os.environ.get("ROWS", "5000000"))


def home(rows: int) -> Path:
    """Where the register of so many rows lies: below ``REGISTER_BENCH``, or the temporary directory."""
    return Path(os.environ.get("REGISTER_BENCH", tempfile.gettempdir())) / f"tenderline-register-{rows}"


def ready(rows: int) -> Path:
    """The directory with the register and the rivals' files, made if it is not there yet."""
    folder = home(rows)
    if not (folder / "ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        build_register(folder, rows)
        write_parquet(folder, rows)
        write_database(folder)
        (folder / "ready").touch()
    return folder


def build_register(folder: Path, rows: int) -> None:
    """The segments; prints how long each took."""
    files = RegisterFiles(folder)
    made = len(list(files.segments.glob("*"))) if files.segments.exists() else 0
    for number, first in enumerate(range(0, rows, SEGMENT_ROWS), start=1):
        if number <= made:
            continue
        spent = time.process_time()
        batches = with_uid(prepared_batches(min(SEGMENT_ROWS, rows - first), first=first), number)
        built = build_segment(files, batches, check=lambda: None)
        print(
            f"  segment {number}: {built.rows:,} rows, {built.bytes / 2**20:.0f} MB, {time.process_time() - spent:.0f} s of CPU", flush=True
        )


def write_parquet(folder: Path, rows: int) -> None:
    """The contracts in one Parquet file in the order of their import: what a plain SQL or pandas solution starts from."""
    writer = None
    for batch in _plain(rows):
        writer = writer or pq.ParquetWriter(folder / "contracts.parquet", batch.schema, compression="zstd")
        writer.write_batch(batch)
    if writer:
        writer.close()


def _plain(rows: int) -> Iterator[pa.RecordBatch]:
    for number, first in enumerate(range(0, rows, SEGMENT_ROWS), start=1):
        for batch in with_uid(prepared_batches(min(SEGMENT_ROWS, rows - first), first=first), number):
            texts = {name: batch.column(name) for name in SEARCHED}
            same = pc.fill_null(pc.equal(texts["notice_title"], texts["award_title"]), False)
            notice = pc.if_else(same, pa.scalar(None, pa.string()), texts["notice_title"])
            searched = pc.binary_join_element_wise(
                texts["award_title"], notice, texts["item_name"], texts["item_description"], "\n", null_handling="skip"
            )
            kept = ["uid", "award_date", "year_only", "contract_amount", "reference_id", "award_title", *DIMENSION_FIELDS]
            yield pa.RecordBatch.from_arrays([*(batch.column(name) for name in kept), searched], names=[*kept, "searched"])


def write_database(folder: Path) -> None:
    """A DuckDB file as one would design it for these questions: dimension tables, rows sorted newest first, text folded, indexes."""
    path = folder / "contracts.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(path) as sql:
        sql.execute("SET memory_limit = '4GB'")
        sql.execute("SET preserve_insertion_order = true")
        source = f"read_parquet('{folder / 'contracts.parquet'}')"
        for field in DIMENSION_FIELDS:
            sql.execute(
                f"CREATE TABLE d_{field} AS SELECT (row_number() OVER (ORDER BY lower(name), name))::INTEGER AS id, name, "
                f"lower(name) AS folded "
                f"FROM (SELECT DISTINCT {field} AS name FROM {source} WHERE {field} IS NOT NULL)"
            )
        ids = ", ".join(f"d_{field}.id AS {field}_id" for field in DIMENSION_FIELDS)
        joins = " ".join(f"LEFT JOIN d_{field} ON d_{field}.name = c.{field}" for field in DIMENSION_FIELDS)
        sql.execute(
            f"CREATE TABLE contracts AS SELECT uid, award_date, year_only, contract_amount, reference_id, award_title, {ids}, "
            f"lower(searched) AS searched FROM {source} c {joins} ORDER BY award_date DESC NULLS LAST, uid"
        )
        for column in ("uid", "award_date", "contract_amount", *(f"{field}_id" for field in DIMENSION_FIELDS)):
            sql.execute(f"CREATE INDEX by_{column} ON contracts ({column})")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        os.environ["REGISTER_BENCH"] = sys.argv[2]
    print(ready(int(sys.argv[1]) if len(sys.argv) > 1 else rows_wanted()))
