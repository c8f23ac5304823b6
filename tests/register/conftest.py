"""A register on a folder of its own. On PostgreSQL only the tests that have one are run: the others read files, and no database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from tenderline.database import Database, migrate
from tenderline.register.register import Register
from tenderline.settings import Settings
from tests.databases import POSTGRESQL, database_url


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if POSTGRESQL:
        here = Path(__file__).parent
        reading = [item for item in items if here in item.path.parents and "settings" not in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=reading)
        items[:] = [item for item in items if item not in set(reading)]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings(_env_file=None, data_dir=tmp_path / "data", database_url=database_url(migrated=True))
    migrate(made)
    return made


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    made = Database(settings)
    yield made
    made.close()


@pytest.fixture
def register(settings: Settings, database: Database) -> Register:
    return Register(settings, database)


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """An application on that folder that does all work inline."""
    values = {name: getattr(settings, name) for name in settings.model_fields_set}
    app = create_app(Settings(_env_file=None, **{**values, "task_executor": "inline", "log_level": "WARNING"}), start_keeper=False)
    yield app
    app.extensions["tenderline"].close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
