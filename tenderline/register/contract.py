"""One contract with all that is known of it, and contracts by their number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tenderline.database import Database
from tenderline.errors import NotFound
from tenderline.register.models import UploadRow
from tenderline.register.rows import segment_rows
from tenderline.register.schema import clean, fold, import_of

if TYPE_CHECKING:
    from tenderline.register.snapshot import Snapshot, View
    from tenderline.register.text_column import TextColumn

Json = dict[str, Any]

NUMBERS = ("contract_no", "reference_id")
MAX_FOUND = 100
_SCAN_BYTES = 1 << 22
_LAST_ASCII = 127


def contract(snapshot: Snapshot, database: Database, contract_id: str) -> Json:
    """``{contract, source, import}``. Raises ``NotFound`` when there is none of that id, or it doesn't count (any more)."""
    uid = int(contract_id) if contract_id.isascii() and contract_id.isdecimal() and len(contract_id) < 20 else 0
    place = snapshot.find(uid) if 0 < uid < 2**63 else None
    if place is None or place[1] in place[0].hidden_rows:
        raise NotFound("There is no such contract.", hint="It may have been replaced, or its import undone.")
    view, row = place
    with database.read() as session:
        upload = session.get(UploadRow, import_of(uid))
        columns = upload.columns if upload else []
        told = {
            "number": import_of(uid),
            "upload_id": upload.id if upload else None,
            "file_name": upload.file_name if upload else None,
            "imported_at": upload.finished_at if upload else None,
            "line": int(view.segment.line[row]),
        }
    values = view.segment.source(row)
    names = [*columns, *(f"Column {place + 1}" for place in range(len(columns), len(values)))]
    source = [{"column": name, "value": value} for name, value in zip(names, values, strict=False)]
    return {"contract": segment_rows(view.segment, [row])[0], "source": source, "import": told}


def by_number(snapshot: Snapshot, number: str) -> tuple[list[Json], int]:
    """The contracts whose contract or reference number is this one, and how many there are; upper and lower case don't count."""
    wanted = clean(number)
    if wanted is None:
        return [], 0
    found: list[tuple[View, int]] = []
    for view in snapshot.views:
        rows = np.unique(np.concatenate([_rows_with(view, field, wanted) for field in NUMBERS]))
        found += [(view, int(row)) for row in np.setdiff1d(rows, view.hidden_rows)]
    found.sort(key=lambda place: (-int(place[0].segment.date[place[1]]), int(place[0].segment.uid[place[1]])))
    return [segment_rows(view.segment, [row])[0] for view, row in found[:MAX_FOUND]], len(found)


def _rows_with(view: View, field: str, wanted: str) -> NDArray[np.int64]:
    """The rows whose number is the wanted one: where it may stand is looked for in the bytes, then the whole is compared, folded."""
    column: TextColumn = view.segment.text(field)  # type: ignore[assignment]
    folded = fold(wanted)
    rows = set(_rows_beyond_ascii(column))
    if folded.isascii():
        rows.update(_rows_at(column, folded.encode()))
    places = np.array(sorted(rows), np.int64)
    found = [text is not None and fold(text) == folded for text in column.take(places)]
    return places[np.array(found, np.bool_)]


def _rows_at(column: TextColumn, needle: bytes) -> Iterator[int]:
    """The rows in whose text the needle stands, in upper or lower case; both are ASCII."""
    for begin, piece in _pieces(column, len(needle) - 1):
        data = piece.tobytes().lower()
        place = data.find(needle)
        while place >= 0:
            yield int(np.searchsorted(column.offsets, begin + place, side="right")) - 1
            place = data.find(needle, place + 1)


def _rows_beyond_ascii(column: TextColumn) -> Iterator[int]:
    """The rows whose text has other letters than ASCII's: two of those may be the same but for their case, and look like nothing alike."""
    for begin, piece in _pieces(column, 0):
        places = begin + np.flatnonzero(piece > _LAST_ASCII)
        yield from np.unique(np.searchsorted(column.offsets, places, side="right") - 1).tolist()


def _pieces(column: TextColumn, overlap: int) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    for begin in range(0, len(column.utf8), _SCAN_BYTES):
        yield begin, column.utf8[begin : begin + _SCAN_BYTES + overlap]
