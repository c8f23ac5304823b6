"""A desk on a folder of its own."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenderline.database import Database, migrate
from tenderline.review.desk import Desk
from tenderline.review.files import Upload
from tenderline.review.intake import take_in
from tenderline.review.models import DeskSession
from tenderline.review.records import store_review
from tenderline.review.reviewer import Finding, Review
from tenderline.review.usage import Bill, Spending
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext
from tests.databases import database_url

TEXT = b"# Scope\n\nThe bidder must pay.\n\n# Terms\n\nNo terms.\n\n# Scope\n\nAgain.\n"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(_env_file=None, data_dir=tmp_path / "data", database_url=database_url())
    migrate(made)
    return made


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    made = Database(settings)
    yield made
    made.close()


@pytest.fixture
def desk(settings: Settings, database: Database) -> Desk:
    return Desk(settings, database)


def put(desk: Desk, content: bytes = TEXT, name: str = "a.md", owner: str = "ann", session_id: str | None = None) -> DeskSession:
    document = Upload(io.BytesIO(content), name)
    return take_in(desk, owner, session_id or str(uuid.uuid4()), document, None, "both", task_id=str(uuid.uuid4()))


def finding(name: str, start: int = 0, end: int = 3, **fields: object) -> Finding:
    values = {
        "type": "important",
        "category": "Clarity",
        "description": "Unclear.",
        "suggestion": "Say it.",
        "risk_level": "Low",
        "confidence": 0.9,
        "quote": "The",
    }
    return Finding(id=name, start=start, end=end, **{**values, **fields})  # type: ignore[arg-type]


def review(desk: Desk, row: DeskSession, *found: Finding, section: int = 0, key: str = "", **fields: object) -> None:
    made = Review(found, "Reviewer", **fields)  # type: ignore[arg-type]
    with desk.database.write() as session:
        store_review(session, desk.database, session_id=row.id, section_index=section, task_id="t", review=made, duration=0.5, key=key)
        bill = Bill(Spending(Settings(_env_file=None), desk.database), TaskContext("t", row.owner), "analyze_section", row.id, section)
        bill.settle(session, made.reviewer, made.usage)
