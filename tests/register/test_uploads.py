"""Files for the register: what is taken in, to whom it belongs, how large it may be."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from tenderline.settings import Settings
from tests.register.ingestion import HEADER, PLAIN, csv_file, uploaded


def _kept(app: Flask) -> list[Path]:
    return sorted((app.extensions["tenderline"].settings.data_dir / "register" / "uploads").glob("*/*"))


def test_an_upload_says_what_was_recognised(app: Flask, client: FlaskClient) -> None:
    upload = uploaded(client, csv_file(PLAIN), "../../Aw\u202eards.csv")
    assert (upload["format"], upload["state"], upload["columns"], upload["file_name"]) == ("csv", "recognised", list(HEADER), "Awards.csv")
    assert upload["mapping"]["contract_amount"] == "Contract Amount"
    assert upload["preview"] == [list(PLAIN)]
    assert {field["name"] for field in upload["fields"] if field["required"]} >= {"contract_no", "award_title"}
    assert [path.name for path in _kept(app)] == ["original"]
    assert client.get(f"/data-ingestion/uploads/{upload['upload_id']}/").json == upload


@pytest.mark.parametrize(("content", "status"), [(b"", 422), (b"%PDF-1.7 not a table", 415)])
def test_what_cannot_be_imported_is_refused_and_not_kept(app: Flask, client: FlaskClient, content: bytes, status: int) -> None:
    answer = client.post("/data-ingestion/upload/", data={"file": (io.BytesIO(content), "x.csv")})
    assert answer.status_code == status, answer.text
    assert answer.json["error"]["hint"]
    assert _kept(app) == []
    assert client.get("/data-ingestion/uploads/").json["total_count"] == 0


def test_a_file_over_the_limit_is_refused_and_not_kept(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, task_executor="inline", register_max_upload_bytes=3_000_000)
    app = create_app(settings, start_keeper=False)
    client = app.test_client()
    refused = client.post("/data-ingestion/upload/", data={"file": (io.BytesIO(csv_file(PLAIN) * 40_000), "large.csv")})
    assert (refused.status_code, refused.json["error"]["code"]) == (413, "too_large")
    assert _kept(app) == []
    assert uploaded(client, csv_file(PLAIN) * 9_000)["size"] > 1_000_000  # more than other requests may have
    app.extensions["tenderline"].close()


def test_an_upload_is_nobody_elses(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path, task_executor="inline", owner_per_browser=True)
    app = create_app(settings, start_keeper=False)
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
    assert _kept(app) == []
    assert client.get("/data-ingestion/uploads/nonsense/").status_code == 404
