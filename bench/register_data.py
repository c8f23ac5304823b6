"""Generated contracts, realistic and seeded: as prepared batches for the store, or as a messy CSV file for the import.

``python -m bench.register_data 1000000 contracts.csv`` writes a file; ``--help`` tells the options.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from bench.register_words import OPENINGS, STATUSES, UNITS, Names, names
from tenderline.register.schema import prepared_schema, uid_of

BATCH_ROWS = 100_000
FIRST_DAY, LAST_DAY = 14_610, 20_453
"""2010-01-01 and 2025-12-31."""
SOURCE_COLUMNS = (
    "Award Reference No.",
    "Contract No.",
    "Award Title",
    "Notice Title",
    "Awardee Organization Name",
    "Procuring Entity (PE)",
    "Area of Delivery",
    "Business Category",
    "Award Notice Status",
    "Item Name",
    "Item Description",
    "Quantity",
    "UOM",
    "Item Budget",
    "Contract Amount",
    "Award Date",
)


def prepared_batches(rows: int, *, seed: int = 1, first: int = 0, batch_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Contracts ``first`` to ``first + rows`` of the register of that seed, in batches of ``prepared_schema()``.

    ``batch_rows`` is part of what is generated: another size gives other contracts.
    """
    known = names(seed)
    for start in range(first, first + rows, batch_rows):
        yield _prepared(_fields(known, seed, start, min(batch_rows, first + rows - start)), start)


def with_uid(batches: Iterator[pa.RecordBatch], import_no: int) -> Iterator[pa.RecordBatch]:
    """The batches with the first column ``uid`` that building a segment wants."""
    for batch in batches:
        uids = pa.array(np.asarray(batch.column("ordinal")) + uid_of(import_no, 0))
        yield pa.RecordBatch.from_arrays([uids, *batch.columns], names=["uid", *batch.schema.names])


def write_csv(
    path: Path,
    rows: int,
    *,
    seed: int = 1,
    first: int = 0,
    delimiter: str = ",",
    encoding: str = "utf-8",
    bad_share: float = 0.001,
    duplicate_share: float = 0.002,
    messy: bool = True,
) -> None:
    """A file as sources write them: DD/MM/YYYY, thousands separators, now and then a currency sign, the word NULL, stray blanks.

    Args:
        bad_share: of the rows, have a date or an amount that is none.
        duplicate_share: of the rows, stand there again, further down.
        messy: False writes ISO dates, plain amounts and empty fields instead.
    """
    known = names(seed)
    with path.open("wb") as file:
        for number, start in enumerate(range(first, first + rows, BATCH_ROWS)):
            many = min(BATCH_ROWS, first + rows - start)
            table = _source_table(_fields(known, seed, start, many), seed, start, bad_share, duplicate_share, messy)
            sink = pa.BufferOutputStream()
            pyarrow.csv.write_csv(
                table, sink, pyarrow.csv.WriteOptions(include_header=number == 0, delimiter=delimiter, quoting_style="needed")
            )
            written = sink.getvalue().to_pybytes()
            if encoding not in ("utf-8", "utf-8-sig", "utf8"):
                written = written.decode().encode(encoding if number == 0 else encoding.replace("utf-16", "utf-16-le"), errors="replace")
            elif encoding == "utf-8-sig" and number == 0:
                written = b"\xef\xbb\xbf" + written
            file.write(written)


def _fields(known: Names, seed: int, start: int, many: int) -> dict[str, Any]:
    """The columns of ``many`` contracts from ``start`` on, as pyarrow arrays. Years grow towards the end of the range."""
    random = np.random.default_rng([seed, start])

    def drawn(options: list[str], shares: np.ndarray, missing: float) -> pa.Array:
        codes = np.searchsorted(shares, random.random(many)).astype(np.int32)
        return _text(options, codes, random.random(many) < missing)

    titles = _titles(known, random, start, many)
    chance = random.random(many)
    notice = pc.if_else(
        pa.array(chance < 0.7),
        titles,
        pc.if_else(pa.array(chance < 0.9), pa.scalar(None, pa.string()), _titles(known, random, start, many)),
    )
    items = drawn(known.materials, known.material_weights, 0.6)
    has_item = np.asarray(pc.is_valid(items))
    described = _text(
        known.words, np.searchsorted(known.word_weights, random.random(many)).astype(np.int32), ~has_item | (random.random(many) < 0.5)
    )
    amounts = np.minimum(np.exp(random.normal(12.6, 1.9, many)), 9e11)
    amounts = np.where(random.random(many) < 0.4, np.round(amounts, -2) * 100, np.round(amounts * 100)).astype(np.int64)
    dates = (FIRST_DAY + (LAST_DAY - FIRST_DAY + 1) * np.sqrt(random.random(many))).astype(np.int32)
    year_only = random.random(many) < 0.01
    dates = np.where(year_only, (dates.astype("datetime64[D]").astype("datetime64[Y]")).astype("datetime64[D]").astype(np.int32), dates)
    quantity = random.integers(1, 500, many)
    serial = np.arange(start, start + many)
    return {
        "reference_id": pc.cast(pa.array(1_000_000 + serial), pa.string()),
        "contract_no": pc.if_else(
            pa.array(random.random(many) < 0.3),
            pc.binary_join_element_wise("C", pc.cast(pa.array(serial % 16 + 10), pa.string()), pc.cast(pa.array(serial), pa.string()), "-"),
            pa.scalar(None, pa.string()),
        ),
        "award_title": titles,
        "notice_title": notice,
        "awardee_name": drawn(known.contractors, known.contractor_weights, 0.01),
        "organization_name": drawn(known.organizations, known.organization_weights, 0.0),
        "area_of_delivery": drawn(known.areas, known.area_weights, 0.02),
        "business_category": drawn(known.categories, known.category_weights, 0.005),
        "award_status": _text(list(STATUSES), random.integers(len(STATUSES), size=many).astype(np.int32), random.random(many) < 0.02),
        "item_name": items,
        "item_description": described,
        "unit": _text(list(UNITS), random.integers(len(UNITS), size=many).astype(np.int32), ~has_item),
        "contract_amount": pa.array(amounts, mask=random.random(many) < 0.02),
        "unit_price": pa.array(amounts // quantity, mask=~has_item),
        "quantity": pa.array(quantity.astype(np.float64), mask=~has_item),
        "award_date": pc.cast(pa.array(dates, mask=random.random(many) < 0.005), pa.date32()),
        "year_only": pa.array(year_only),
    }


def _titles(known: Names, random: np.random.Generator, start: int, many: int) -> pa.Array:
    """An opening, three to eleven words, and for every seventh a number of its own."""
    lengths = random.integers(3, 12, size=many)
    words = _text(known.words, np.searchsorted(known.word_weights, random.random(int(lengths.sum()))).astype(np.int32))
    offsets = np.zeros(many + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    middle = pc.binary_join(pa.ListArray.from_arrays(pa.array(offsets), words), " ")
    opening = _text(list(OPENINGS), np.minimum(random.geometric(0.25, size=many) - 1, len(OPENINGS) - 1).astype(np.int32))
    number = pc.binary_join_element_wise(
        "PR",
        pc.cast(pa.array(random.integers(10, 26, many)), pa.string()),
        pc.cast(pa.array(np.arange(start, start + many)), pa.string()),
        "-",
    )
    number = pc.if_else(pa.array(random.random(many) < 1 / 7), number, pa.scalar(None, pa.string()))
    return pc.binary_join_element_wise(opening, middle, number, " ", null_handling="skip")


def _text(options: list[str], codes: np.ndarray, missing: np.ndarray | None = None) -> pa.Array:
    return pa.array(options, pa.string()).take(pa.array(codes, mask=missing))


def _prepared(fields: dict[str, Any], start: int) -> pa.RecordBatch:
    many = len(fields["award_title"])
    plain = [pc.fill_null(column, "") for column in _source_columns(fields, messy=False)]
    width = len(plain)
    order = np.arange(width)[None, :] * many + np.arange(many)[:, None]
    values = pa.concat_arrays(plain).take(pa.array(order.ravel()))
    source = pa.ListArray.from_arrays(pa.array(np.arange(0, many * width + 1, width, dtype=np.int32)), values)
    serial = np.arange(start, start + many)
    columns = {"ordinal": pa.array(serial), "line": pa.array(serial + 2), **fields, "source": source}
    schema = prepared_schema()
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def _source_columns(fields: dict[str, Any], *, messy: bool) -> list[pa.Array]:
    """The columns in the order of ``SOURCE_COLUMNS``, as text."""
    day = pc.strftime(fields["award_date"], "%d/%m/%Y" if messy else "%Y-%m-%d")
    ordered = ("reference_id", "contract_no", "award_title", "notice_title", "awardee_name", "organization_name", "area_of_delivery")
    return [
        *[fields[name] for name in (*ordered, "business_category", "award_status", "item_name", "item_description")],
        pc.cast(pc.cast(fields["quantity"], pa.int64()), pa.string()),
        fields["unit"],
        _amount_text(fields["unit_price"], messy=False),
        _amount_text(fields["contract_amount"], messy=messy),
        day,
    ]


def _amount_text(minor: pa.Array, *, messy: bool) -> pa.Array:
    """Amounts as text with two decimals; messy ones with commas between the thousands and, for some, the currency before them."""
    values = np.asarray(pc.fill_null(minor, 0))
    whole = pc.cast(pa.array(values // 100), pa.string())
    if messy:
        whole = pc.replace_substring_regex(whole, r"^(\d{1,3})(\d{3})$", r"\1,\2")
        whole = pc.replace_substring_regex(whole, r"^(\d{1,3})(\d{3})(\d{3})$", r"\1,\2,\3")
        whole = pc.replace_substring_regex(whole, r"^(\d{1,3})(\d{3})(\d{3})(\d{3})$", r"\1,\2,\3,\4")
    cents = pc.utf8_lpad(pc.cast(pa.array(values % 100), pa.string()), 2, "0")
    text = pc.binary_join_element_wise(whole, cents, ".")
    if messy:
        text = pc.if_else(pa.array(values % 20 == 7), pc.binary_join_element_wise("PHP", text, " "), text)
    return pc.if_else(pc.is_valid(minor), text, pa.scalar(None, pa.string()))


def _source_table(fields: dict[str, Any], seed: int, start: int, bad_share: float, duplicate_share: float, messy: bool) -> pa.Table:
    random = np.random.default_rng([seed, start, 7])
    columns = _source_columns(fields, messy=messy)
    many = len(columns[0])
    bad = random.random(many)
    columns[-1] = pc.if_else(pa.array(bad < bad_share / 2), "31/02/2024", columns[-1])
    columns[-2] = pc.if_else(pa.array((bad >= bad_share / 2) & (bad < bad_share)), "to be announced", columns[-2])
    if messy:
        columns = [pc.fill_null(column, "NULL") for column in columns]
        stray = pa.array(random.random(many) < 0.02)
        columns[4] = pc.if_else(stray, pc.binary_join_element_wise(" ", columns[4], "", " "), columns[4])
    table = pa.Table.from_arrays(columns, names=list(SOURCE_COLUMNS))
    again = np.sort(random.choice(many, size=int(many * duplicate_share), replace=False)) if duplicate_share else np.array([], np.int64)
    return pa.concat_tables([table, table.take(pa.array(again))]) if len(again) else table


def main() -> None:
    parser = argparse.ArgumentParser(description="Write a CSV file of generated contracts.")
    parser.add_argument("rows", type=int)
    parser.add_argument("path", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the first contract's number: later files of the same register")
    parser.add_argument("--delimiter", default=",")
    parser.add_argument("--encoding", default="utf-8")
    parser.add_argument("--bad-share", type=float, default=0.001)
    parser.add_argument("--duplicate-share", type=float, default=0.002)
    parser.add_argument("--clean", dest="messy", action="store_false", help="ISO dates, plain amounts, empty fields")
    options = vars(parser.parse_args())
    write_csv(options.pop("path"), options.pop("rows"), **options)


if __name__ == "__main__":
    main()
