"""`flask backup` and `flask restore`: a running server is copied, and what is restored opens; a bad archive changes nothing."""

from __future__ import annotations

import io
import json
import sqlite3
import subprocess
import sys
import tarfile
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tenderline.commands.snapshot import stored_files
from tests.commands.conftest import Flask
from tests.http_client import Caller
from tests.servers import Server, start_web
from tests.services import ROOT, bare_environment

TENDER = "# Scope\n\nThe bidder must be registered.\n\n# Deadline\n\nOffers are due on 31 February 2027.\n"


def command(data_dir: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Flask's own command, as a person types it."""
    line = [sys.executable, "-m", "flask", "--app", "app", *map(str, arguments)]
    environment = bare_environment(data_dir.parent) | {"DATA_DIR": str(data_dir)}
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A running server with one analysed document and a contract register."""
    folder = tmp_path_factory.mktemp("running")
    running = start_web(folder, WEB_WORKERS="1")
    document = folder / "tender.md"
    document.write_text(TENDER)
    caller = Caller(running.url)
    session = caller.upload(document)["session_id"]
    assert caller.post("/analyze_section", {"session_id": session, "section_name": "Deadline"})[0] == 200
    assert caller.follow(caller.post("/data-ingestion/sample/")[1]["task_id"], 60)["state"] == "SUCCESS"
    yield running
    running.stop()


@pytest.fixture(scope="module")
def archive(server: Server) -> Path:
    """A backup of it, made while it runs and while documents come and go."""
    target = server.folder / "backup.tar.gz"
    stop = threading.Event()
    kept: list[str] = []

    def come_and_go() -> None:
        caller = Caller(server.url)
        other = server.folder / "other.md"
        other.write_text("# One\n\nText.\n")
        while not stop.is_set():
            kept.append(caller.upload(other)["session_id"])
            if len(kept) > 1:
                delete_document(server.url, kept.pop(0))

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        made = command(server.folder / "data", "backup", target)
    finally:
        stop.set()
        thread.join(timeout=30)
    assert made.returncode == 0, made.stderr
    for session_id in kept:
        delete_document(server.url, session_id)
    return target


def delete_document(url: str, session_id: str) -> None:
    with urllib.request.urlopen(urllib.request.Request(f"{url}/sessions/{session_id}", method="DELETE"), timeout=30) as answer:
        assert answer.status == 200


def rewritten(source: Path, target: Path, change: Callable[[dict[str, bytes], dict[str, Any]], None]) -> Path:
    """The archive with other contents: ``change`` gets its members and its manifest."""
    with tarfile.open(source) as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]
    manifest = json.loads(members.pop("manifest.json"))
    change(members, manifest)
    with tarfile.open(target, "w:gz") as archive:
        for name, content in {"manifest.json": json.dumps(manifest).encode(), **members}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return target


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_restored_backup_of_a_running_server_opens_and_shows_its_documents(archive: Path, server: Server, tmp_path: Path) -> None:
    restored = command(tmp_path / "data", "restore", archive)
    assert restored.returncode == 0, restored.stderr
    again = start_web(tmp_path, WEB_WORKERS="1")
    try:
        caller = Caller(again.url)
        sessions = {row["document_name"]: row for row in caller.get("/sessions")[1]["sessions"]}
        assert sessions["tender.md"]["findings"] == 1
        for row in sessions.values():
            status, body = caller.get(f"/sessions/{row['session_id']}")
            assert status == 200
            section = {"session_id": row["session_id"], "section_name": body["sections"][0]["name"]}
            assert caller.post("/get_section_content", section)[0] == 200
        assert caller.post("/analyze_section", {"session_id": sessions["tender.md"]["session_id"], "section_name": "Scope"})[0] == 200
        assert caller.get("/queue_stats")[1]["workers"] == 0
        search = ("/api/v1/contracts/chip-search/", {"keywords": ["road"]})
        assert caller.post(*search) == Caller(server.url).post(*search)
        assert caller.post(*search)[1]["data"]
    finally:
        again.stop()
    assert (tmp_path / "data" / "secret_key").read_text() == (server.folder / "data" / "secret_key").read_text()
    assert not [path for path in (tmp_path / "data").rglob("*") if path.stat().st_mode & 0o077]


def test_every_document_of_the_database_has_its_files_in_the_archive(archive: Path, tmp_path: Path) -> None:
    with tarfile.open(archive) as opened:
        names = set(opened.getnames())
        (tmp_path / "copy.db").write_bytes(opened.extractfile("database.sqlite").read())  # type: ignore[union-attr]
    with closing(sqlite3.connect(tmp_path / "copy.db")) as database:
        ids = [row[0] for row in database.execute("SELECT id FROM desk_sessions WHERE state = 'ready'")]
    assert ids
    assert all(f"files/documents/{session_id}/original.md" in names for session_id in ids)
    assert {name.split("/")[2] for name in names if name.startswith("files/documents/")} == set(ids)


def test_a_running_server_is_never_replaced(archive: Path, server: Server) -> None:
    for force in ([], ["--force"]):
        refused = command(server.folder / "data", "restore", archive, *force)
        assert refused.returncode == 1
        assert "Tenderline runs on this data: web " in refused.stderr
    assert Caller(server.url).get("/sessions")[1]["total_count"] == 1


@pytest.fixture
def occupied(data_dir: Path, archive: Path, flask: Flask) -> Path:
    """A data folder with a restored backup in it, nobody running."""
    assert flask("restore", archive).exit_code == 0
    (data_dir / "documents" / "mine").mkdir()
    (data_dir / "documents" / "mine" / "file").write_text("mine")
    return data_dir


def test_data_that_is_there_is_replaced_only_with_force(occupied: Path, archive: Path, flask: Flask) -> None:
    before = contents(occupied)
    refused = flask("restore", archive)
    assert (refused.exit_code, contents(occupied)) == (1, before)
    assert "--force" in refused.output
    assert flask("restore", archive, "--force").exit_code == 0
    assert "documents/mine/file" not in contents(occupied)
    assert not list(occupied.glob(".restore-*"))


def _flip(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    content = bytearray(members["database.sqlite"])
    content[5000] ^= 1
    members["database.sqlite"] = bytes(content)


def _drop(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    del members["files/secret_key"]


def _add(members: dict[str, bytes], _manifest: dict[str, Any]) -> None:
    members["files/documents/extra"] = b"extra"


def _climb(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    members["files/../../climbed"] = members["files/secret_key"]
    manifest["files"]["files/../../climbed"] = manifest["files"]["files/secret_key"]


def _absolute(members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    members["/tmp/climbed"] = members["files/secret_key"]
    manifest["files"]["/tmp/climbed"] = manifest["files"]["files/secret_key"]


def _newer(_members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["revision"] = "9999"


def _other(_members: dict[str, bytes], manifest: dict[str, Any]) -> None:
    manifest["application"] = "another"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_flip, "damaged: database.sqlite is not what was stored"),
        (_drop, "damaged: 1 files are missing"),
        (_add, "which no backup holds"),
        (_climb, "which no backup holds"),
        (_absolute, "which no backup holds"),
        (_newer, "made by a newer version"),
        (_other, "not a backup of Tenderline"),
    ],
)
def test_a_bad_archive_changes_nothing(
    change: Callable[[dict[str, bytes], dict[str, Any]], None], said: str, occupied: Path, archive: Path, tmp_path: Path, flask: Flask
) -> None:
    before = contents(occupied)
    refused = flask("restore", rewritten(archive, tmp_path / "bad.tar.gz", change), "--force")
    assert refused.exit_code == 1
    assert said in refused.output
    assert contents(occupied) == before
    assert not list(tmp_path.glob("**/climbed"))


def test_a_link_in_an_archive_is_refused(occupied: Path, archive: Path, tmp_path: Path, flask: Flask) -> None:
    bad = tmp_path / "bad.tar.gz"
    with tarfile.open(archive) as source, tarfile.open(bad, "w:gz") as target:
        for member in source:
            if member.name == "files/secret_key":
                link = tarfile.TarInfo(member.name)
                link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
                target.addfile(link)
            else:
                target.addfile(member, source.extractfile(member))
    before = contents(occupied)
    assert "which no backup holds" in flask("restore", bad, "--force").output
    assert contents(occupied) == before


@pytest.mark.parametrize("keep", [0, 10, 0.5, 0.99])
def test_a_truncated_archive_is_refused(keep: float, occupied: Path, archive: Path, tmp_path: Path, flask: Flask) -> None:
    whole = archive.read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(whole[: int(keep if keep >= 1 else keep * len(whole))])
    before = contents(occupied)
    refused = flask("restore", tmp_path / "half.tar.gz", "--force")
    assert (refused.exit_code, contents(occupied)) == (1, before)
    assert "Error: " in refused.output


def test_a_restore_that_fails_half_way_puts_everything_back(
    occupied: Path, archive: Path, flask: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(occupied)
    rename = Path.rename

    def full(self: Path, target: Path) -> Path:
        if self.name == "database.sqlite":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", full)
    failed = flask("restore", archive, "--force")
    assert failed.exit_code == 1
    assert contents(occupied) == before


def test_a_backup_is_not_written_over(occupied: Path, archive: Path, flask: Flask) -> None:
    before = archive.read_bytes()
    assert flask("backup", archive).exit_code == 1
    assert archive.read_bytes() == before
    assert archive.stat().st_mode & 0o777 == 0o600


def test_a_backup_leaves_nothing_behind_and_holds_nothing_temporary(occupied: Path, tmp_path: Path, flask: Flask) -> None:
    for name in ("run/worker.stop", ".ready-1", "celerybeat-schedule", "documents/mine/text.partial", "migrate.lock"):
        path = occupied / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("passing")
    before = set(contents(occupied))
    assert flask("backup", tmp_path / "made.tar.gz").exit_code == 0
    assert set(contents(occupied)) == before
    with tarfile.open(tmp_path / "made.tar.gz") as made:
        assert not [name for name in made.getnames() if name.rpartition("/")[2] in {"worker.stop", ".ready-1", "celerybeat-schedule"}]
        assert "files/secret_key" in made.getnames()
    assert all(not path.name.endswith((".lock", ".partial")) for path in stored_files(occupied))
