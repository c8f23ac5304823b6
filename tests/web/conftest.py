"""The application on a folder of its own, asked through its WSGI interface."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from tenderline.review.operations import review_operations
from tenderline.settings import Settings
from tests.databases import database_url
from tests.web.reviewers import CountingReviewer

TENDER = (
    b"# Scope\n\nThe bidder must be registered.\nThe office must answer within ten days.\n\n# Deadline\n\nOffers are due on 3 May 2027.\n"
)


class MakeApp(Protocol):
    def __call__(self, **settings: Any) -> Flask: ...


def application(data_dir: Path, reviewer: CountingReviewer, **values: Any) -> Flask:
    """An application on that folder, inline unless told otherwise, whose work is the given reviewer's."""
    defaults = {"data_dir": data_dir, "task_executor": "inline", "log_level": "WARNING"}
    settings = Settings(_env_file=None, **{**defaults, **values})
    app = create_app(settings, start_keeper=False)
    runtime = app.extensions["tenderline"]
    operations = review_operations(settings, runtime.database, create=lambda _: reviewer)
    runtime.registry.operations.update({operation.name: operation for operation in operations})
    return app


@pytest.fixture
def reviewer() -> Iterator[CountingReviewer]:
    made = CountingReviewer()
    yield made
    made.gate.set()


@pytest.fixture
def make_app(tmp_path: Path, reviewer: CountingReviewer) -> Iterator[MakeApp]:
    """Makes applications on one data folder, inline unless told otherwise, with a reviewer that a test can hold and count."""
    made: list[Flask] = []
    database = database_url(migrated=True)

    def make(**values: Any) -> Flask:
        made.append(application(tmp_path / "data", reviewer, **{"database_url": database, **values}))
        return made[-1]

    yield make
    reviewer.gate.set()
    for app in made:
        app.extensions["tenderline"].close()


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def upload(client: FlaskClient, content: bytes = TENDER, name: str = "tender.md", **options: Any) -> Any:
    """POST a document; ``options`` are ``headers`` or further form fields."""
    headers = options.pop("headers", {})
    return client.post("/upload", data={"document": (io.BytesIO(content), name), **options}, headers=headers)


def session_of(client: FlaskClient) -> str:
    """The id of a freshly uploaded tender."""
    answer = upload(client)
    assert answer.status_code == 200, answer.text
    return str(answer.json["session_id"])
