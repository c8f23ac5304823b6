"""Contracts for tests: prepared batches from plain dictionaries, and many of them with odd texts from a seed."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from tenderline.database import Database
from tenderline.register.building import BuiltSegment, build_segment
from tenderline.register.files import RegisterFiles
from tenderline.register.models import IMPORTED, UploadRow
from tenderline.register.publication import Publication
from tenderline.register.register import Register
from tenderline.register.schema import EPOCH, prepared_schema, uid_of
from tenderline.register.segment import Segment
from tenderline.tasks.operation import Outdated, TaskContext

_TEXT = (
    'Road road ROAD road, bridge Bridge-repair supply and delivery of Supplies 100% a_b it\'s "quoted" x y z & && (Phase 2) 2.5km \\ /',
    "Straße STRASSE İzmir Ñandú ñandú 水道 工事 水道工事 🚧works e\u0301cole école fi ﬁx K K\u212a",
)
WORDS = " ".join(_TEXT).split(" ")
SCHEMA = prepared_schema().insert(0, pa.field("uid", pa.int64(), nullable=False))


def batch_of(rows: Sequence[dict[str, Any]], import_no: int = 1, first: int = 0) -> pa.RecordBatch:
    """A prepared batch with uids. A row says what it has; its source, unless it says so, is its ordinal."""
    complete = []
    for ordinal, row in enumerate(rows, first):
        known = {
            "uid": uid_of(import_no, ordinal),
            "ordinal": ordinal,
            "line": ordinal + 2,
            "source": [str(ordinal), None],
            "year_only": False,
        }
        complete.append(known | row)
    return pa.RecordBatch.from_pylist(complete, schema=SCHEMA)


def build(files: RegisterFiles, rows: Sequence[dict[str, Any]], import_no: int = 1, first: int = 0) -> BuiltSegment:
    """A segment of these rows, in batches of seven."""
    pieces = [batch_of(rows[begin : begin + 7], import_no, first + begin) for begin in range(0, len(rows), 7)]
    return build_segment(files, pieces, check=lambda: None)


def opened(data_dir: Path, rows: Sequence[dict[str, Any]], import_no: int = 1) -> Segment:
    """The same, opened."""
    files = RegisterFiles(data_dir)
    return Segment.open(files.segment(build(files, rows, import_no).id))


def odd_text(chance: random.Random, words: int = 5) -> str | None:
    """A few words, or nothing."""
    return " ".join(chance.choices(WORDS, k=chance.randint(1, words))) if chance.random() < 0.85 else None


def many(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Contracts with everything missing now and then, equal dates and amounts, and some dates exact to the year only."""
    chance = random.Random(seed)
    names = [f"{odd_text(chance, 2) or 'Nobody'} {number % 9}" for number in range(30)]
    rows = []
    for number in range(count):
        title = odd_text(chance)
        year_only = chance.random() < 0.1
        day = EPOCH + timedelta(days=19000 + chance.randint(0, 40) * 9)
        rows.append(
            {
                "reference_id": f"R-{number}" if chance.random() < 0.7 else None,
                "contract_no": f"C{chance.randint(0, count)}" if chance.random() < 0.7 else None,
                "award_title": title,
                "notice_title": title if chance.random() < 0.5 else odd_text(chance),
                "awardee_name": chance.choice([*names, None]),
                "organization_name": chance.choice([*names[:8], None]),
                "area_of_delivery": chance.choice([*names[8:12], None]),
                "business_category": chance.choice([*names[12:15], None]),
                "award_status": chance.choice(["Awarded", None]),
                "item_name": chance.choice([*names[15:18], None]),
                "item_description": odd_text(chance, 12),
                "unit": chance.choice(["lot", None]),
                "contract_amount": chance.choice([None, -1250, 0, 5, chance.randint(-(10**17), 10**17), chance.randint(1, 3)]),
                "unit_price": chance.choice([None, 199]),
                "quantity": chance.choice([None, 0.5]),
                "award_date": (day.replace(month=1, day=1) if year_only else day) if chance.random() < 0.9 else None,
                "year_only": year_only,
                "source": [f"s{number}", None, ""],
            }
        )
    return rows


def publish(register: Register, rows: Sequence[dict[str, Any]], import_no: int = 1) -> BuiltSegment:
    """Build a segment of these rows and put it on the list."""
    built = build(register.files, rows, import_no)
    change(register, add=[built])
    return built


def change(register: Register, **changes: Any) -> None:
    """Publish a change (``Publication``) against the current version."""
    publication = Publication(register.snapshot().version, register.database.now, **changes)
    with register.database.write() as session:
        publication.effect(session)


def uploaded(database: Database, *, owner: str = "ann", state: str = IMPORTED) -> UploadRow:
    """An upload's row; its number is the import's."""
    with database.write() as session:
        values = {"owner": owner, "file_name": "a.csv", "size": 1, "state": state, "recognised": {}, "columns": [], "created_at": 1.0}
        row = UploadRow(id=str(uuid.uuid4()), **values)
        session.add(row)
    return row


def ended(
    register: Register,
    operation: Callable[[Register, dict[str, Any], TaskContext], dict[str, Any]],
    owner: str = "ann",
    task_id: str = "task",
    **params: Any,
) -> dict[str, Any]:
    """Run an operation to its end as the task system does: prepared anew for as long as the list has changed."""
    context = TaskContext(task_id, owner)
    result = operation(register, params, context)
    while True:
        try:
            with register.database.write() as session:
                for effect in context.effects:
                    effect(session)
        except Outdated:
            context.prepare_again()
        else:
            return result


def visible(register: Register) -> list[int]:
    """The ids of the contracts that count, ascending."""
    found: list[int] = []
    snapshot = register.snapshot()
    for view in snapshot.views:
        found += view.segment.uid.tolist() if view.hidden is None else view.segment.uid[~view.hidden].tolist()
    assert len(found) == len(set(found)) == snapshot.rows
    return sorted(found)
