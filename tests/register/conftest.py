"""A register on a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tenderline.database import Database, migrate
from tenderline.register.register import Register
from tenderline.settings import Settings
from tests.databases import database_url


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
def register(settings: Settings, database: Database) -> Register:
    return Register(settings, database)
