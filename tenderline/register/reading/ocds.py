"""JSON of the Open Contracting Data Standard (OCDS 1.1): release packages, record packages and JSON lines, streamed release by release.

One row for each item of an award, or for the award when it lists none. Its value stands in the row of its first item alone, so that sums
stay true.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from tenderline.errors import Invalid
from tenderline.register.reading.batches import Check, ReadBatch
from tenderline.register.reading.recognised import Recognised

COLUMNS = (
    "ocid", "awards/id", "contracts/id", "tender/title", "awards/title", "awards/status", "awards/date", "awards/value/amount",
    "awards/value/currency", "buyer/name", "awards/suppliers/name", "tender/mainProcurementCategory", "awards/items/description",
    "awards/items/classification/description", "awards/items/quantity", "awards/items/unit/name", "awards/items/unit/value/amount",
    "awards/items/deliveryAddresses/region",
)  # fmt: skip
"""The columns of the table that the releases become, named by the paths of what they hold."""
PACKAGE, RECORDS, LINES, LIST = "releases.item", "records.item", "", "item"
"""Where releases stand, as ijson names it."""

_ROWS = 5_000
_LOOKED_AT = 200
_MOST_SAMPLE = 8 * 1024 * 1024
_READ = 256 * 1024
_MOST_RELEASE = 8 * 1024 * 1024
_MOST_DEPTH = 200
_HINT = "Upload a release package, a record package, or releases as JSON lines (OCDS 1.1)."


@dataclass(frozen=True)
class Seen:
    """A look at a file of releases: the first rows, about how many there are, and where the releases stand."""

    rows: list[list[str]]
    row_estimate: int
    layout: str


class _Guarded:
    """A file whose releases can neither nest nor grow without end."""

    def __init__(self, file: IO[bytes], check: Check, most: int | None) -> None:
        self._file = file
        self._check = check
        self._most = most
        self._since = self._depth = self.position = 0

    def read(self, size: int = -1) -> bytes:
        if size == 0:
            return b""
        self._check()
        if self.is_cut:
            return b""
        data = self._file.read(_READ)
        if not self.position:
            data = data.removeprefix(b"\xef\xbb\xbf")
        self.position += len(data)
        self._since += len(data)
        self._depth += data.count(b"[") + data.count(b"{") - data.count(b"]") - data.count(b"}")
        if self._depth > _MOST_DEPTH:
            raise Invalid("The JSON nests too deeply to be OCDS.", hint=_HINT)
        if self._since > _MOST_RELEASE:
            raise Invalid(f"One release is longer than {_MOST_RELEASE // 1024**2} MB.", hint=_HINT)
        return data

    @property
    def is_cut(self) -> bool:
        """Whether all was read that a sample may read."""
        return self._most is not None and self.position >= self._most

    def next_release(self) -> None:
        """A release is complete: the count begins anew."""
        self._since = 0


def look_at_releases(path: Path) -> Seen:
    """The first releases of a file. Raises ``Invalid`` when it is no JSON, or holds no award."""
    size = path.stat().st_size
    for layout in (PACKAGE, RECORDS, LIST, LINES):
        rows: list[list[str]] = []
        releases = position = 0
        for release, position in _releases(path, layout, lambda: None, sample=True):  # noqa: B007 (counted below)
            releases += 1
            rows += rows_of(release)
            if releases == _LOOKED_AT:
                break
        if rows:
            return Seen(rows, len(rows) if releases < _LOOKED_AT else round(len(rows) * size / max(position, 1)), layout)
    raise Invalid("The JSON holds no awards in the form of OCDS.", hint=_HINT)


def read_releases(path: Path, known: Recognised, check: Check) -> Iterator[ReadBatch]:
    """The rows of a file of releases. Raises ``Invalid`` where the JSON is damaged or a release is beyond all bounds."""
    ordinal, rows, position = 0, [], 0
    for release, position in _releases(path, known.layout or LINES, check):
        rows += rows_of(release)
        if len(rows) >= _ROWS:
            yield _batch(rows, ordinal, position)
            ordinal, rows = ordinal + len(rows), []
    if rows:
        yield _batch(rows, ordinal, position)


def _releases(path: Path, layout: str, check: Check, *, sample: bool = False) -> Iterator[tuple[dict[str, Any], int]]:
    """Releases, and how much of the file is read. A ``sample`` ends quietly where it is cut off."""
    import ijson

    found = False
    with path.open("rb") as file:
        guarded = _Guarded(file, check, _MOST_SAMPLE if sample else None)
        try:
            for item in ijson.items(guarded, layout, multiple_values=True, buf_size=_READ):
                guarded.next_release()
                for release in _releases_of(item):
                    found = True
                    yield release, guarded.position
        except ijson.JSONError as error:
            if not (sample and (found or guarded.is_cut)):
                raise Invalid(f"The JSON is damaged after {guarded.position:,} bytes or before.", hint="Download the file anew.") from error


def _releases_of(item: Any) -> Iterator[dict[str, Any]]:
    """The releases in what stands at a place: itself, a record's compiled or last one, those of a package on a line."""
    if not isinstance(item, dict):
        return
    if isinstance(item.get("compiledRelease"), dict):
        yield item["compiledRelease"]
    elif isinstance(item.get("records"), list):
        for record in item["records"]:
            yield from _releases_of(record)
    elif isinstance(item.get("releases"), list):
        releases = [release for release in item["releases"] if isinstance(release, dict)]
        yield from releases[-1:] if "ocid" in item else releases
    else:
        yield item


def rows_of(release: dict[str, Any]) -> list[list[str]]:
    """The rows of a release, in the order of ``COLUMNS``."""
    rows = []
    tender = _part(release, "tender")
    parties = {_text(party, "id"): party for party in _list(release, "parties")}
    contracts = {_text(contract, "awardID"): contract for contract in _list(release, "contracts")}
    buyer = _text(_part(release, "buyer"), "name") or _text(parties.get(_text(_part(release, "buyer"), "id"), {}), "name")
    for award in _list(release, "awards"):
        contract = contracts.get(_text(award, "id"), {})
        value = _part(award, "value") or _part(contract, "value")
        suppliers = [_text(one, "name") or _text(parties.get(_text(one, "id"), {}), "name") for one in _list(award, "suppliers")]
        first = [
            _text(release, "ocid"), _text(award, "id"), _text(contract, "id"), _text(tender, "title") or _text(tender, "description"),
            _text(award, "title") or _text(award, "description"), _text(award, "status"),
            _text(award, "date") or _text(contract, "dateSigned"), _text(value, "amount"), _text(value, "currency"), buyer,
            "; ".join(filter(None, suppliers)), _text(tender, "mainProcurementCategory"),
        ]  # fmt: skip
        for number, item in enumerate(_list(award, "items") or _list(contract, "items") or [{}]):
            shared = first if not number else [*first[:7], "", *first[8:]]
            unit = _part(item, "unit")
            kind = _text(_part(item, "classification"), "description")
            price = _text(_part(unit, "value"), "amount")
            told = [_text(item, "description"), kind, _text(item, "quantity"), _text(unit, "name"), price, _region(item, tender)]
            rows.append([*shared, *told])
    return rows


def _region(item: dict[str, Any], tender: dict[str, Any]) -> str:
    places = [*_list(item, "deliveryAddresses"), _part(item, "deliveryAddress"), *_list(tender, "deliveryAddresses")]
    return next((place for address in places for place in (_text(address, "region"), _text(address, "locality")) if place), "")


def _part(whole: dict[str, Any], name: str) -> dict[str, Any]:
    part = whole.get(name)
    return part if isinstance(part, dict) else {}


def _list(whole: dict[str, Any], name: str) -> list[dict[str, Any]]:
    parts = whole.get(name)
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _text(whole: dict[str, Any], name: str) -> str:
    value = whole.get(name)
    if value is None or isinstance(value, dict | list):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        return _number(value)
    return str(value)


def _number(value: Decimal) -> str:
    """As ``workbook.number_text``: 1.234 becomes 1.2340, which nobody takes for a thousand and more."""
    if not value.is_finite() or abs(value.adjusted()) > 40:
        return str(value)
    text = format(value, "f")
    whole, _, part = text.partition(".")
    return text + "0" if len(part) == 3 and len(whole.lstrip("-")) <= 3 else text


def _batch(rows: list[list[str]], ordinal: int, position: int) -> ReadBatch:
    import numpy as np
    import pyarrow as pa

    table = pa.RecordBatch.from_arrays([pa.array(column, pa.string()) for column in zip(*rows, strict=True)], names=list(COLUMNS))
    ordinals = np.arange(ordinal, ordinal + len(rows))
    return ReadBatch(table, ordinals, ordinals + 2, position=position)
