"""A small register behind an application, for tests of the interface."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from tenderline.register.files import RegisterFiles
from tenderline.register.models import UploadRow
from tenderline.register.publication import Publication
from tests.register.contracts import build

CONTRACTS = "/api/v1/contracts/"
TASKS = "/api/v1/data-processing/tasks/"
COLUMNS = ["Reference", "Remarks"]


def publish(app: Flask, rows: list[dict[str, Any]], import_no: int = 1) -> None:
    """Add an import of these rows to the register, as one publication."""
    runtime = app.extensions["tenderline"]
    built = build(RegisterFiles(runtime.settings.data_dir), rows, import_no)
    version = runtime.register.snapshot().version
    with runtime.database.write() as session:
        Publication(version, runtime.database.now, add=[built]).effect(session)
        session.add(
            UploadRow(
                number=import_no,
                id=f"00000000-0000-4000-8000-{import_no:012d}",
                owner="local",
                file_name=f"contracts-{import_no}.csv",
                size=1,
                state="imported",
                recognised={},
                columns=COLUMNS,
                created_at=1000.0,
                finished_at=2000.0,
            )
        )


def ask(client: FlaskClient, path: str, **body: Any) -> Any:
    """POST; the answer as an object, which must be a success."""
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json
