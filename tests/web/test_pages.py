from __future__ import annotations

import re
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tenderline.web.pages import version_of
from tests.web.conftest import MakeApp


def test_the_page_and_every_file_it_names_are_there(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    named = re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text)
    assert any(path.endswith(".js") for path in named)
    for path in named:
        assert client.get(path).status_code == 200, path


def test_files_of_this_version_may_be_kept_for_good_and_others_are_asked_for_again(app: Flask, client: FlaskClient) -> None:
    version = app.config["TENDERLINE_VERSION"]
    kept = client.get(f"/static/{version}/js/app.js")
    assert "immutable" in kept.headers["Cache-Control"]
    asked = client.get("/static/js/app.js")
    assert asked.data == kept.data
    assert "no-cache" in asked.headers["Cache-Control"]
    again = client.get("/static/js/app.js", headers={"If-None-Match": asked.headers["ETag"]})
    assert again.status_code == 304


def test_a_missing_file_is_not_kept(app: Flask, client: FlaskClient) -> None:
    missing = client.get(f"/static/{app.config['TENDERLINE_VERSION']}/js/nothing.js")
    assert missing.status_code == 404
    assert missing.headers["Cache-Control"] == "no-store"


def test_files_outside_the_static_folder_are_out_of_reach(client: FlaskClient) -> None:
    for path in ("/static/../app.py", "/static/%2e%2e/app.py", "/static/js/../../app.py", "/docs/assets/../../plugins.py"):
        assert client.get(path).status_code == 404


def test_the_version_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")
    first = version_of(tmp_path)
    assert version_of(tmp_path) == first
    (tmp_path / "a.js").write_text("2")
    changed = version_of(tmp_path)
    (tmp_path / "a.js").rename(tmp_path / "b.js")
    assert len({first, changed, version_of(tmp_path)}) == 3


def test_health_needs_neither_database_nor_disk(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    app.extensions["tenderline"].database.close()
    (tmp_path / "data").rename(tmp_path / "gone")
    assert client.get("/health").json == {"success": True, "status": "alive", "version": "0.1.0"}


def test_ready_says_the_mode(client: FlaskClient) -> None:
    assert client.get("/ready").json == {"success": True, "status": "ready", "mode": "inline"}


def test_ready_is_a_503_when_the_data_folder_is_gone(app: Flask, client: FlaskClient, tmp_path: Path) -> None:
    assert client.get("/ready").status_code == 200
    app.extensions["tenderline"].database.close()
    (tmp_path / "data").rename(tmp_path / "gone")
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"


def test_ready_leaves_nothing_behind(client: FlaskClient, tmp_path: Path) -> None:
    client.get("/ready")
    before = sorted(path.name for path in (tmp_path / "data").iterdir())
    client.get("/ready")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == before


def test_the_description_of_the_interface_can_be_read_without_inline_scripts(client: FlaskClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    for path in re.findall(r'(?:href|src)="(/[^"]+)"', page.text):
        assert client.get(path).status_code == 200, path


def test_request_ids_of_the_caller_are_kept_when_they_are_harmless(client: FlaskClient) -> None:
    assert client.get("/health", headers={"X-Request-ID": "abc-123_4.5"}).headers["X-Request-ID"] == "abc-123_4.5"
    for odd in ("short", "a" * 65, "with space here", "<script>alert(1)"):
        assert client.get("/health", headers={"X-Request-ID": odd}).headers["X-Request-ID"] != odd


def test_starting_again_removes_what_dead_uploads_left(make_app: MakeApp, tmp_path: Path) -> None:
    import os

    make_app()
    orphan = tmp_path / "data" / "documents" / "00000000-0000-4000-8000-000000000001"
    orphan.mkdir(parents=True)
    (orphan / "original").write_text("half")
    make_app()
    assert orphan.exists()
    os.utime(orphan, (0, 0))
    make_app()
    assert not orphan.exists()
