"""Files for the register: what is taken in, to whom it belongs, how large it may be."""

from __future__ import annotations

import io
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import create_app
from tenderline.database import Database
from tenderline.errors import Conflict
from tenderline.register.importing import import_operation
from tenderline.register.mappings import remember
from tenderline.register.models import FAILED, IMPORTED, SavedMapping
from tenderline.register.uploads import Uploads
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext
from tests.databases import needs_postgresql
from tests.register.ingestion import HEADER, PLAIN, csv_file, leftovers, uploaded, visible
from tests.services import wait_for


def kept(app: Flask) -> list[Path]:
    """The files of all uploads."""
    return sorted((app.extensions["tenderline"].settings.data_dir / "register" / "uploads").glob("*/*"))


def test_an_upload_says_what_was_recognised(app: Flask, client: FlaskClient) -> None:
    upload = uploaded(client, csv_file(PLAIN), "../../Aw\u202eards.csv")
    assert (upload["format"], upload["state"], upload["columns"], upload["file_name"]) == ("csv", "recognised", list(HEADER), "Awards.csv")
    assert upload["mapping"]["contract_amount"] == "Contract Amount"
    assert upload["preview"] == [list(PLAIN)]
    assert {field["name"] for field in upload["fields"] if field["required"]} >= {"contract_no", "award_title"}
    assert [path.name for path in kept(app)] == ["original"]
    assert client.get(f"/data-ingestion/uploads/{upload['upload_id']}/").json == upload


@pytest.mark.parametrize(("content", "status"), [(b"", 422), (b"%PDF-1.7 not a table", 415)])
def test_what_cannot_be_imported_is_refused_and_not_kept(app: Flask, client: FlaskClient, content: bytes, status: int) -> None:
    answer = client.post("/data-ingestion/upload/", data={"file": (io.BytesIO(content), "x.csv")})
    assert answer.status_code == status, answer.text
    assert answer.json["error"]["hint"]
    assert kept(app) == []
    assert client.get("/data-ingestion/uploads/").json["total_count"] == 0


def test_a_file_over_the_limit_is_refused_and_not_kept(settings: Settings) -> None:
    small = settings.model_copy(update={"task_executor": "inline", "register_max_upload_bytes": 3_000_000})
    app = create_app(small, start_keeper=False)
    client = app.test_client()
    refused = client.post("/data-ingestion/upload/", data={"file": (io.BytesIO(csv_file(PLAIN) * 40_000), "large.csv")})
    assert (refused.status_code, refused.json["error"]["code"]) == (413, "too_large")
    assert kept(app) == []
    assert uploaded(client, csv_file(PLAIN) * 9_000)["size"] > 1_000_000  # more than other requests may have
    app.extensions["tenderline"].close()


def test_an_upload_is_nobody_elses(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"task_executor": "inline", "owner_per_browser": True}), start_keeper=False)
    mine, theirs = app.test_client(), app.test_client()
    path = f"/data-ingestion/uploads/{uploaded(mine, csv_file(PLAIN))['upload_id']}/"
    assert mine.get(path).status_code == 200
    assert [theirs.get(path).status_code, theirs.delete(path).status_code, theirs.get(f"{path}errors.csv").status_code] == [404] * 3
    assert theirs.get("/data-ingestion/uploads/").json["uploads"] == []
    app.extensions["tenderline"].close()


def test_a_deleted_upload_is_gone(app: Flask, client: FlaskClient) -> None:
    path = f"/data-ingestion/uploads/{uploaded(client, csv_file(PLAIN))['upload_id']}/"
    assert client.delete(path).json["deleted"] is True
    assert client.get(path).status_code == 404
    assert kept(app) == []
    assert client.get("/data-ingestion/uploads/nonsense/").status_code == 404


@needs_postgresql
def test_a_mapping_that_another_transaction_keeps_at_the_same_moment_is_replaced(database: Database) -> None:
    def keep(session: Session, column: str) -> None:
        remember(session, "ann", "key", {"contract_no": column}, 1.0)
        session.flush()

    def keep_late() -> None:
        with database.write() as session:
            keep(session, "late")

    with ThreadPoolExecutor(1) as pool:
        with database.write() as session:
            keep(session, "early")
            late = pool.submit(keep_late)
            wait_for(lambda: late.done() or _waiting(database), "the other transaction to wait for this one")
        late.result(30)
    with database.read() as session:
        assert [row.mapping for row in session.scalars(select(SavedMapping))] == [{"contract_no": "late"}]


def _waiting(database: Database) -> bool:
    with database.read() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")))


def test_the_end_of_an_import_that_was_published_meanwhile_leaves_its_contracts(app: Flask, client: FlaskClient) -> None:
    runtime = app.extensions["tenderline"]
    uploads = Uploads(runtime.settings, runtime.database)
    stale = uploads.begin(uploaded(client, csv_file(PLAIN))["upload_id"], "local", task_id=str(uuid.uuid4()), on_duplicate="skip")
    runtime.tasks.submit("process_procurement_data", {"upload_id": stale.id}, owner="local", task_id=stale.task_id)
    uploads.end(stale, FAILED, None)
    assert uploads.get(stale.id, "local").state == IMPORTED
    assert all(view.segment.path.is_dir() for view in runtime.register.snapshot().views)
    assert len(visible(app)) == 1


def test_an_import_that_was_given_up_is_not_published(app: Flask, client: FlaskClient) -> None:
    runtime = app.extensions["tenderline"]
    uploads = Uploads(runtime.settings, runtime.database)
    row = uploads.begin(uploaded(client, csv_file(PLAIN))["upload_id"], "local", task_id=str(uuid.uuid4()), on_duplicate="skip")
    context = TaskContext(str(row.task_id), "local")
    import_operation(runtime.settings, runtime.database, runtime.register).run({"upload_id": row.id}, context)
    uploads.end(row, FAILED, None)
    with pytest.raises(Conflict), runtime.database.write() as session:
        context.effects[0](session)
    assert (visible(app), leftovers(app), [path.name for path in kept(app)]) == ([], [], ["original"])
