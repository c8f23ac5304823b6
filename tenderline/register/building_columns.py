"""Writing the columns of a segment: numbers, texts, dimensions and identities, each in the default order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tenderline.register.array_files import ArrayFiles
from tenderline.register.folding import fold_array
from tenderline.register.identity import HASH, IDENTITY_FIELDS, hashes_of, number_hashes
from tenderline.register.schema import DAY, NO_AMOUNT, NO_DATE, UID_BITS, YEAR
from tenderline.register.spool import Spool
from tenderline.register.sums import known_by, sums_by

if TYPE_CHECKING:
    import pyarrow

Check = Callable[[], None]

STEP_ROWS = 50_000
"""Rows that are handled at once."""
MONTHS = np.dtype([("period", "<i4"), ("rows", "<i8"), ("valued", "<i8"), ("upper", "<i8"), ("lower", "<i8")])


@dataclass(frozen=True)
class SortedNumbers:
    """What later steps need of the numbers: ``order`` has for each row its place among the rows as they came."""

    order: NDArray[np.int32]
    date: NDArray[np.int32]
    amount: NDArray[np.int64]


class SortedTexts(Protocol):
    """A field in the default order, read in pieces: large_string arrays without nulls."""

    def texts(self, begin: int, end: int) -> pyarrow.Array: ...

    def folded(self, begin: int, end: int) -> pyarrow.Array: ...


def write_numbers(out: ArrayFiles, spool: Spool, check: Check) -> tuple[SortedNumbers, dict[str, Any]]:
    """Sort the rows and write their numbers; what ``meta.json`` tells of them."""
    uid, date = spool.number("uid"), spool.number("date")
    order = np.lexsort((uid, np.where(date == NO_DATE, np.int64(2**40), -date.astype(np.int64)))).astype(np.int32)
    check()
    uid, date = uid[order], date[order]
    out.write("uid", uid)
    out.write("date", date)
    out.write("source_place", order)
    imports = np.unique(uid >> UID_BITS).tolist()
    for name in ("line", "unit_price", "quantity"):
        check()
        out.write(name, spool.number(name)[order])
    precision = spool.number("precision")[order]
    if (precision != DAY).any():
        out.write("precision", precision)
    amount = spool.number("amount")[order]
    out.write("amount", amount)
    valued = _write_amount_orders(out, amount, check)
    _write_months(out, date, precision, amount)
    check()
    dated = int(np.count_nonzero(date != NO_DATE))
    first, last = (int(date[dated - 1]), int(date[0])) if dated else (None, None)
    meta = {"rows": len(order), "imports": imports, "dated": dated, "first_date": first, "last_date": last, "valued": valued}
    return SortedNumbers(order, date, amount), meta


def _write_amount_orders(out: ArrayFiles, amount: NDArray[np.int64], check: Check) -> int:
    known = np.flatnonzero(amount != NO_AMOUNT).astype(np.int32)
    unknown = np.flatnonzero(amount == NO_AMOUNT).astype(np.int32)
    for name, keys in (("amount_order", amount[known]), ("amount_order_down", -amount[known])):
        check()
        out.write(name, np.concatenate([known[np.argsort(keys, kind="stable")], unknown]))
    return len(known)


def _write_months(out: ArrayFiles, date: NDArray[np.int32], precision: NDArray[np.uint8], amount: NDArray[np.int64]) -> None:
    month = date.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    year = month // 12 + 1970
    period = np.where(date == NO_DATE, 0, year * 100 + np.where(precision == YEAR, 0, month % 12 + 1)).astype(np.int32)
    periods, codes = np.unique(period, return_inverse=True)
    table = np.zeros(len(periods), MONTHS)
    pairs = sums_by(codes, amount, len(periods))
    table["period"] = periods
    table["rows"] = np.bincount(codes, minlength=len(periods))
    table["valued"] = known_by(codes, amount, len(periods))
    table["upper"], table["lower"] = pairs[:, 0], pairs[:, 1]
    out.write("months", table)


class _PlainTexts:
    """Texts in the files that were just written. They are opened for each piece, so that what was read is let go."""

    def __init__(self, path: Path, name: str) -> None:
        self._utf8 = path / f"{name}.npy"
        self._offsets = path / f"{name}.offsets.npy"

    def texts(self, begin: int, end: int) -> pyarrow.Array:
        import pyarrow as pa

        offsets = np.array(np.load(self._offsets, mmap_mode="r")[begin : end + 1])
        utf8 = np.load(self._utf8, mmap_mode="r")[offsets[0] : offsets[-1]].tobytes()
        return pa.LargeStringArray.from_buffers(end - begin, pa.py_buffer(offsets - offsets[0]), pa.py_buffer(utf8))

    def folded(self, begin: int, end: int) -> pyarrow.Array:
        return fold_array(self.texts(begin, end))


def write_text(out: ArrayFiles, name: str, texts: pyarrow.Array, order: NDArray[np.int32], check: Check) -> SortedTexts:
    """Write a field by row. ``texts`` are in the order in which the rows came."""
    import pyarrow.compute as pc

    lengths = np.asarray(pc.binary_length(texts))
    offsets = np.zeros(len(order) + 1, np.int64)
    np.cumsum(lengths[order], out=offsets[1:])
    out.write(f"{name}.offsets", offsets)

    def pieces() -> Iterator[NDArray[np.uint8]]:
        for begin in range(0, len(order), STEP_ROWS):
            check()
            yield utf8_of(texts.take(order[begin : begin + STEP_ROWS]))

    out.stream(name, np.uint8, (int(offsets[-1]),), pieces())
    return _PlainTexts(out.path, name)


class _DimensionTexts:
    """A dimension's field: codes by row, names by code and at the end the empty text, which code -1 stands for."""

    def __init__(self, codes: NDArray[np.int32], names: pyarrow.Array, folded: pyarrow.Array) -> None:
        self._places = np.where(codes < 0, len(names), codes).astype(np.int32)
        self._names = with_empty(names)
        self._folded = with_empty(folded)

    def texts(self, begin: int, end: int) -> pyarrow.Array:
        return self._names.take(self._places[begin:end])

    def folded(self, begin: int, end: int) -> pyarrow.Array:
        return self._folded.take(self._places[begin:end])


def write_dimension(out: ArrayFiles, name: str, texts: pyarrow.Array, numbers: SortedNumbers, check: Check) -> SortedTexts:
    """Write a dimension: codes, names, folded names, rows by name, ready totals. ``texts`` are in the order in which the rows came."""
    import pyarrow as pa
    import pyarrow.compute as pc

    encoded = texts.dictionary_encode()
    check()
    names = encoded.dictionary
    folded = fold_array(names)
    check()
    by_name = pc.sort_indices(pa.table({"folded": folded, "name": names}), [("folded", "ascending"), ("name", "ascending")]).to_numpy()
    missing = pc.index(names, pa.scalar("", pa.large_string())).as_py()
    by_name = by_name[by_name != missing] if missing >= 0 else by_name
    code_of = np.full(len(names), -1, np.int32)
    code_of[by_name] = np.arange(len(by_name), dtype=np.int32)
    codes = code_of[np.asarray(encoded.indices)][numbers.order]
    names, folded = names.take(pa.array(by_name)), folded.take(pa.array(by_name))
    out.write(f"{name}.codes", codes)
    check()
    write_strings(out, f"{name}.names", names)
    write_lines(out, f"{name}.folded", f"{name}.folded.starts", folded)
    check()
    known = codes >= 0
    counts = np.bincount(codes[known], minlength=len(names))
    starts = np.zeros(len(names) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    out.write(f"{name}.counts", counts)
    out.write(f"{name}.starts", starts)
    out.write(f"{name}.rows", np.argsort(codes, kind="stable")[len(codes) - int(starts[-1]) :].astype(np.int32))
    out.write(f"{name}.sums", sums_by(codes[known], numbers.amount[known], len(names)))
    out.write(f"{name}.valued", known_by(codes[known], numbers.amount[known], len(names)))
    check()
    return _DimensionTexts(codes, names, folded)


def write_identities(
    out: ArrayFiles,
    texts: dict[str, SortedTexts],
    numbers: SortedNumbers,
    spool: Spool,
    check: Check,
) -> None:
    """Write every row's identity, sorted, and the distinct numbers: from the hashes that came along with the rows, if they did."""
    hashes = np.empty(len(numbers.order), HASH)
    if spool.hashed:
        hashes["hi"], hashes["lo"] = spool.hash("hi")[numbers.order], spool.hash("lo")[numbers.order]
        ordered = spool.hash("number")
    else:
        ordered = np.empty(len(numbers.order), np.uint64)
        _hash_rows(texts, numbers, hashes, ordered, check)
    check()
    order = np.argsort(hashes["hi"], kind="stable").astype(np.int32)
    if (hashes["hi"][order[1:]] == hashes["hi"][order[:-1]]).any():
        order = np.lexsort((hashes["lo"], hashes["hi"])).astype(np.int32)
    check()
    out.write("identity.hashes", hashes[order])
    check()
    out.write("identity.rows", order)
    check()
    out.write("numbers", np.unique(ordered[ordered != 0]))


def _hash_rows(
    texts: dict[str, SortedTexts], numbers: SortedNumbers, hashes: NDArray[np.void], ordered: NDArray[np.uint64], check: Check
) -> None:
    import pyarrow as pa

    for begin in range(0, len(hashes), STEP_ROWS // 5):
        check()
        end = min(begin + STEP_ROWS // 5, len(hashes))
        date, amount = numbers.date[begin:end], numbers.amount[begin:end]
        days, amounts = pa.array(date, mask=date == NO_DATE), pa.array(amount, mask=amount == NO_AMOUNT)
        folded = {name: texts[name].folded(begin, end) for name in IDENTITY_FIELDS}
        hashes[begin:end] = hashes_of(folded, days, amounts)
        ordered[begin:end] = number_hashes(folded)


def write_strings(out: ArrayFiles, name: str, texts: pyarrow.Array) -> None:
    """Write texts one after the other, and where each begins."""
    out.write(f"{name}.offsets", offsets_of(texts))
    out.write(name, utf8_of(texts))


def write_lines(out: ArrayFiles, name: str, starts: str, texts: pyarrow.Array) -> None:
    """Write texts as ``text_column.Lines`` reads them: between newlines, and where each begins. Raises ``ValueError`` for one within."""
    utf8, offsets = utf8_of(texts), offsets_of(texts)
    if (utf8 == ord("\n")).any():
        raise ValueError("text with a newline in it is not cleaned")
    places = offsets + np.arange(1, len(offsets) + 1)
    blob = np.full(len(utf8) + len(offsets), ord("\n"), np.uint8)
    inside = np.ones(len(blob), np.bool_)
    inside[places - 1] = False
    blob[inside] = utf8
    out.write(name, blob)
    out.write(starts, places[:-1])


def offsets_of(texts: pyarrow.Array) -> NDArray[np.int64]:
    """Where each value of a large_string array begins, from 0, and where the last one ends."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return offsets - offsets[0] if len(offsets) else np.zeros(1, np.int64)


def utf8_of(texts: pyarrow.Array) -> NDArray[np.uint8]:
    """The bytes of a large_string array's values, one after the other."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2]
    return np.frombuffer(data, np.uint8)[offsets[0] : offsets[-1]] if data is not None and data.size else np.zeros(0, np.uint8)


def with_empty(texts: pyarrow.Array) -> pyarrow.Array:
    """The texts and an empty one at their end."""
    import pyarrow as pa

    return pa.concat_arrays([texts, pa.array([""], pa.large_string())])
