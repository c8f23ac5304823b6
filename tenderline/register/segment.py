"""A segment: up to a million contracts in files that never change, sorted in the default order, read through the memory map.

Rows stand in the default order (newest first, undated last, then by uid), so a row number is a place in that order. ``meta.json`` names
every file with its size and checksum. Files are opened when they are first used.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import time
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tenderline.errors import Unavailable
from tenderline.register.dimension_column import DimensionColumn, DimensionTexts
from tenderline.register.identity import IdentityIndex
from tenderline.register.schema import DIMENSIONS, TEXTS
from tenderline.register.text_column import Lines, TextColumn, Texts
from tenderline.register.word_index import Letters, WordIndex

if TYPE_CHECKING:
    import pyarrow

FORMAT = 1
FIELD_DIMENSIONS = {field: dimension for dimension, field in DIMENSIONS.items()}
PLAIN_TEXTS = tuple(name for name in TEXTS if name not in FIELD_DIMENSIONS)
"""The texts that are kept by row; the others are names of dimensions."""

_READ_BYTES = 1 << 20


class Damaged(Unavailable):
    """A segment that can't be read: which one, and what is wrong with it."""

    code, status = "register_damaged", 500

    def __init__(self, segment_id: str, reason: str) -> None:
        hint = "Restore it from a backup, or import its files again."
        super().__init__(f"Part {segment_id} of the register is damaged: {reason}.", hint=hint)
        self.segment_id = segment_id
        self.reason = reason


class Segment:
    """One segment.

    Attributes:
        id: its id, the name of its directory.
        rows: how many it has.
        meta: what ``meta.json`` says; ``first_date``, ``last_date`` (days, None without any), ``imports`` (numbers), ``valued`` (rows with
            an amount), ``files``.
    """

    def __init__(self, path: Path, meta: dict[str, Any]) -> None:
        self.path = path
        self.id = path.name
        self.meta = meta
        self.rows: int = meta["rows"]
        self._dimensions: dict[str, DimensionColumn] = {}
        self._texts: dict[str, Texts] = {}
        self._maps: dict[str, weakref.ref[mmap.mmap]] = {}

    @classmethod
    def open(cls, path: Path) -> Segment:
        """Open the segment in a directory.

        A file that was written after ``meta.json``, which is written last, is compared with its checksum at once.

        Raises ``FileNotFoundError`` when it is not there, ``Damaged`` when its files are not those that were written.
        """
        path.stat()
        try:
            meta = json.loads((path / "meta.json").read_bytes())
            if meta["format"] != FORMAT:
                raise Damaged(path.name, f"its format {meta['format']} is not known")
            segment = cls(path, meta)
            complete = (path / "meta.json").stat().st_mtime_ns
            for name, told in meta["files"].items():
                found = (path / name).stat()
                if found.st_size != told["bytes"]:
                    raise Damaged(path.name, f"{name} has {found.st_size} bytes instead of {told['bytes']}")
                if found.st_mtime_ns > complete:
                    segment._compare(name)
            return segment
        except FileNotFoundError as error:
            raise Damaged(path.name, f"{Path(error.filename).name} is missing") from None
        except (ValueError, KeyError, TypeError):
            raise Damaged(path.name, "meta.json is not readable") from None

    def array(self, name: str) -> NDArray[Any]:
        """A file as the array it holds. Raises ``Damaged``, or ``Unavailable`` when the segment left the register and was deleted."""
        try:
            loaded = np.load(self.path / f"{name}.npy", mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError) as error:
            if not self.path.exists():
                raise Unavailable("The register has changed in the meantime.", hint="Please try again.", retry_after=0) from None
            raise Damaged(self.id, f"{name}.npy: {error}") from error
        known = self._maps.get(name)
        if isinstance(loaded, np.memmap) and (known is None or known() is None):
            self._maps[name] = weakref.ref(loaded._mmap)  # type: ignore[attr-defined]
        return np.asarray(loaded)

    def forget(self, names: Iterable[str]) -> None:
        """Let go of the memory that reading here and there in these files mapped into the process; what is read again comes back by itself.

        The kernel maps 16 pages around each that is touched: after a hundred pages of search results that is most of a file.
        """
        for name in names:
            known = self._maps.get(name)
            mapped = known() if known is not None else None
            if mapped is not None:
                mapped.madvise(mmap.MADV_DONTNEED)

    # ---- Numbers by row ----

    @cached_property
    def uid(self) -> NDArray[np.int64]:
        return self.array("uid")

    @cached_property
    def line(self) -> NDArray[np.int64]:
        """Where the row stood in its file, for people."""
        return self.array("line")

    @cached_property
    def date(self) -> NDArray[np.int32]:
        """Days since 1970, descending; ``NO_DATE`` at the end."""
        return self.array("date")

    @cached_property
    def dated(self) -> int:
        """How many rows have a date: they are the first ones."""
        return int(self.meta["dated"])

    @cached_property
    def precision(self) -> NDArray[np.uint8] | None:
        """How exact each date is; None when all are exact to the day."""
        return self.array("precision") if "precision.npy" in self.meta["files"] else None

    @cached_property
    def amount(self) -> NDArray[np.int64]:
        return self.array("amount")

    @cached_property
    def unit_price(self) -> NDArray[np.int64]:
        return self.array("unit_price")

    @cached_property
    def quantity(self) -> NDArray[np.float64]:
        """NaN where it is missing."""
        return self.array("quantity")

    @cached_property
    def amount_order(self) -> NDArray[np.int32]:
        """Rows by amount, lowest first; rows alike in the default order; the ``rows - meta["valued"]`` without an amount at the end."""
        return self.array("amount_order")

    @cached_property
    def amount_order_down(self) -> NDArray[np.int32]:
        """Rows by amount, highest first; rows alike in the default order; those without an amount at the end."""
        return self.array("amount_order_down")

    @cached_property
    def months(self) -> NDArray[np.void]:
        """Ready totals, ascending by ``period``: year * 100 + month, month 0 for dates that are exact to the year only, period 0 for
        rows without a date. Fields period, rows, valued (rows with an amount), upper, lower (their sum, see ``register.sums``)."""
        return self.array("months")

    # ---- Text ----

    def dimension(self, name: str) -> DimensionColumn:
        """A dimension by its name (``schema.DIMENSIONS``)."""
        if name not in self._dimensions:
            utf8, offsets, folded, folded_starts = (
                self.array(f"{name}.{part}") for part in ("names", "names.offsets", "folded", "folded.starts")
            )
            codes, starts, rows, counts, sums, valued = (
                self.array(f"{name}.{part}") for part in ("codes", "starts", "rows", "counts", "sums", "valued")
            )
            names = TextColumn(utf8, offsets)
            self._dimensions[name] = DimensionColumn(codes, names, Lines(folded, folded_starts), starts, rows, counts, sums, valued)
        return self._dimensions[name]

    def text(self, name: str) -> Texts:
        """A field of text (``schema.TEXTS``) by row."""
        if name not in self._texts:
            if name in FIELD_DIMENSIONS:
                dimension = self.dimension(FIELD_DIMENSIONS[name])
                self._texts[name] = DimensionTexts(dimension.codes, dimension.names)
            else:
                self._texts[name] = TextColumn(self.array(name), self.array(f"{name}.offsets"))
        return self._texts[name]

    def text_array(self, name: str, rows: NDArray[np.integer[Any]]) -> pyarrow.Array:
        """A field of text for these rows as an Arrow array. What is mapped for it is let go at once: good for many rows, dear for one."""
        from tenderline.register.source_file import taken

        if name not in FIELD_DIMENSIONS:
            return taken(self.array(name), self.array(f"{name}.offsets"), rows)
        dimension = FIELD_DIMENSIONS[name]
        codes = self.array(f"{dimension}.codes")[rows]
        return taken(self.array(f"{dimension}.names"), self.array(f"{dimension}.names.offsets"), codes)

    @cached_property
    def letters(self) -> Letters:
        """The rows of every character that occurs in many rows' searched texts."""
        return Letters(self.meta["letters"], self.array("letters"), self.rows)

    @cached_property
    def words(self) -> WordIndex:
        """The words of the searched texts."""
        vocabulary = Lines(self.array("words"), self.array("words.starts"))
        return WordIndex(
            vocabulary,
            starts=self.array("words.postings"),
            rows=self.array("words.rows"),
            positions=self.array("words.positions"),
            tokens=self.array("words.tokens"),
            row_starts=self.array("words.row_starts"),
            letters=self.letters,
        )

    @cached_property
    def identity(self) -> IdentityIndex:
        """Which rows are the same contract."""
        return IdentityIndex(self.array("identity.hashes"), self.array("identity.rows"))

    @cached_property
    def numbers(self) -> NDArray[np.uint64]:
        """The distinct hashes of number and organization (``identity.numbers_of``), ascending: the purchase orders it tells of."""
        return self.array("numbers")

    # ---- Whole rows ----

    def source(self, row: int) -> list[str | None]:
        """A row as it stood in its file, in the order of its upload's columns."""
        return self.sources([row])[0]

    def sources(self, rows: Sequence[int]) -> list[list[str | None]]:
        """Several rows as they stood in their files."""
        return self.source_lists(np.asarray(rows, np.int64)).to_pylist()  # type: ignore[no-any-return]

    def source_lists(self, rows: NDArray[np.integer[Any]]) -> pyarrow.ListArray:
        """Several rows as they stood in their files, as an Arrow array of lists."""
        from tenderline.register.source_file import SourceFile

        with SourceFile(self.path / "source.arrow") as source:
            return source.take(self.array("source_place")[rows])

    def in_source_order(self) -> NDArray[np.int32]:
        """The rows in the order in which their sources stand in the file: reading all of them goes fastest so."""
        return np.argsort(self.array("source_place")).astype(np.int32)

    def prepared(self, rows: NDArray[np.integer[Any]]) -> pyarrow.RecordBatch:
        """Rows as a prepared batch (``schema.prepared_schema``) with ``uid`` before its columns."""
        from tenderline.register.source_file import prepared_rows

        return prepared_rows(self, rows)

    def verify(self, check: Callable[[], None] = lambda: None) -> None:
        """Compare every file with its checksum; ``check`` is called between pieces of them. Raises ``Damaged``.

        Files that were written after ``meta.json`` and are right (a backup was put back) count as written before it from then on.
        """
        began = time.time_ns()
        for name in self.meta["files"]:
            self._compare(name, check)
        told = self.path / "meta.json"
        if any((self.path / name).stat().st_mtime_ns > told.stat().st_mtime_ns for name in self.meta["files"]):
            with suppress(PermissionError):  # of a copy that may only be read, openings go on comparing
                os.utime(told, ns=(began, began))

    def _compare(self, name: str, check: Callable[[], None] = lambda: None) -> None:
        if checksum(self.path / name, check) != self.meta["files"][name]["blake2b"]:
            raise Damaged(self.id, f"{name} is not as it was written")


def checksum(path: Path, check: Callable[[], None] = lambda: None) -> str:
    """A file's checksum as ``meta.json`` tells it; ``check`` is called between its pieces."""
    digest = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            check()
            digest.update(piece)
    return digest.hexdigest()
