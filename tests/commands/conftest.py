"""The commands on a data folder of the test's own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tenderline.commands import command_app
from tenderline.database import migrate
from tenderline.runtime import Runtime, create_runtime
from tenderline.settings import Settings
from tenderline.tasks.models import PENDING, Task

Flask = Callable[..., Result]


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """DATA_DIR of all that the test calls; no other setting is set."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)  # no .env of the developer's
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def runtime(data_dir: Path) -> Iterator[Runtime]:
    """A runtime on that folder, without a keeper."""
    settings = Settings(_env_file=None, data_dir=data_dir)
    migrate(settings)
    made = create_runtime(settings)
    yield made
    made.close()


@pytest.fixture
def flask(data_dir: Path) -> Flask:
    """Runs a command: ``flask("tasks", "list")``."""

    def run(*arguments: str | Path) -> Result:
        return command_app().test_cli_runner().invoke(args=[str(argument) for argument in arguments])

    return run


def add(runtime: Runtime, *, ago: float = 0.0, state: str = PENDING, operation: str = "chat", **values: Any) -> str:
    """A row that was submitted ``ago`` seconds ago; its id."""
    task_id = str(uuid.uuid4())
    with runtime.database.write() as session:
        at = runtime.database.now(session) - ago
        row = {
            "operation": operation,
            "queue": "chat",
            "owner": "anna",
            "params": {},
            "executor": "celery",
            "created_at": at,
            "updated_at": at,
        }
        session.add(Task(id=task_id, state=state, **{**row, **values}))
    return task_id


def of_json(result: Result) -> Any:
    """What a command printed as JSON."""
    return json.loads(result.stdout)
