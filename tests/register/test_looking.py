"""A file that takes long to look at is looked at by a task: its upload answers within seconds, whatever it holds."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tenderline.errors import Invalid
from tenderline.register.reading import recognising
from tests.register.hostile_tables import workbook
from tests.register.test_uploads import kept
from tests.services import wait_for

LONG = 65 * 1024 * 1024
UPLOADS = "/data-ingestion/uploads"


def book(damaged: bool = False) -> bytes:
    """A small workbook that unpacks to much, but to less than a bomb."""
    cells = [("Contract No", "Award Title"), ("C-1", "Bridge at Lum"), ("C-2", "Road to Lum")]
    text = '<c t="inlineStr"><is><t>{}</t></is></c>'
    made = workbook("".join(f"<row>{''.join(map(text.format, row))}</row>" for row in cells), {"xl/media/image1.bin": bytes(LONG)})
    place = made.find(b"xl/media/image1.bin") + 1000
    return made[:place] + bytes([made[place] ^ 255]) + made[place + 1 :] if damaged else made


def sent(client: FlaskClient, content: bytes, key: str | None = None) -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post("/data-ingestion/upload/", data={"file": (io.BytesIO(content), "awards.xlsx")}, headers=headers)


class Held:
    """Looking at tables waits at its start until it is let go; then it fails, if ``error`` says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate, self.error = threading.Event(), None
        self.looked = 0
        really = recognising.look_at_table

        def held(path: Any, kind: str, sheet: Any, told: Any) -> Any:
            self.looked += 1
            told(0.25)
            while not self.gate.wait(0.02):
                told(0.25)
            if self.error:
                raise self.error
            return really(path, kind, sheet, told)

        monkeypatch.setattr(recognising, "look_at_table", held)
        monkeypatch.setattr("tenderline.web.ingestion.LOOK_WAIT", 0.05)

    error: Exception | None


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    made = Held(monkeypatch)
    yield made
    made.gate.set()


@pytest.fixture
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, the upload waits for the look."""
    monkeypatch.setattr("tenderline.web.ingestion.LOOK_WAIT", 100)


@pytest.mark.usefixtures("_patient")
def test_a_large_workbook_is_looked_at_by_a_task_that_the_upload_waits_for(client: FlaskClient) -> None:
    answer = sent(client, book())
    assert answer.status_code == 200, answer.text
    assert (answer.json["state"], answer.json["columns"], answer.json["row_estimate"]) == ("recognised", ["Contract No", "Award Title"], 2)
    [task] = client.get("/api/tasks").json["tasks"]
    assert (task["operation"], task["state"], task["executor"]) == ("recognise_upload", "SUCCESS", "background")


def test_one_that_takes_longer_is_answered_202_and_is_there_when_the_task_has_ended(client: FlaskClient, held: Held) -> None:
    answer = sent(client, book())
    assert (answer.status_code, answer.json["status"], answer.json["async"]) == (202, "processing", True)
    path, task = f"{UPLOADS}/{answer.json['upload_id']}/", answer.json["task_id"]
    waiting = client.get(path).json
    assert (waiting["state"], waiting["task_id"], waiting["columns"]) == ("looking", task, [])
    wait_for(lambda: client.get(f"/data-ingestion/progress/{task}/").json["progress"] == 25, "its progress to be told")
    assert [upload["state"] for upload in client.get(f"{UPLOADS}/").json["uploads"]] == ["looking"]
    refused = client.post(f"/data-ingestion/process/{waiting['upload_id']}/", json={})
    assert (refused.status_code, refused.json["error"]["hint"]) == (409, "Wait until its columns are known.")
    held.gate.set()
    known = wait_for(lambda: (now := client.get(path).json)["state"] == "recognised" and now, "the file to be recognised")
    assert known["columns"] == ["Contract No", "Award Title"]
    assert client.post(f"/data-ingestion/process/{known['upload_id']}/", json={}).json["result"]["imported"] == 2


def test_a_repeated_upload_joins_the_first(client: FlaskClient, held: Held) -> None:
    key = str(uuid.uuid4())
    first, again = sent(client, book(), key), sent(client, book(), key)
    assert (first.status_code, again.json) == (202, first.json)
    assert first.json["task_id"] == key
    held.gate.set()
    wait_for(lambda: client.get(f"/task_status/{key}").json["ready"], "the look to end")
    assert sent(client, book(), key).json["upload_id"] == first.json["upload_id"]
    assert (held.looked, client.get(f"{UPLOADS}/").json["total_count"]) == (1, 1)


@pytest.mark.usefixtures("_patient")
def test_what_proves_unreadable_at_once_is_refused_and_not_kept(app: Flask, client: FlaskClient) -> None:
    answer = sent(client, book(damaged=True))
    assert (answer.status_code, answer.json["error"]["message"]) == (422, "The workbook is damaged or incomplete.")
    assert (kept(app), client.get(f"{UPLOADS}/").json["total_count"]) == ([], 0)


def test_what_proves_unreadable_later_says_why_and_leaves_no_file(app: Flask, client: FlaskClient, held: Held) -> None:
    held.error = Invalid("The workbook is damaged.", hint="Save it again.")
    path = f"{UPLOADS}/{sent(client, book()).json['upload_id']}/"
    held.gate.set()
    known = wait_for(lambda: (now := client.get(path).json)["state"] != "looking" and now, "the look to end")
    assert (known["state"], known["error"]["message"], known["error"]["hint"]) == (
        "unreadable",
        "The workbook is damaged.",
        "Save it again.",
    )
    assert kept(app) == []
    assert client.post(f"/data-ingestion/process/{known['upload_id']}/", json={}).status_code == 409
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("way", ["cancelled", "deleted"])
def test_looking_stops_when_nobody_wants_it(app: Flask, client: FlaskClient, held: Held, way: str) -> None:
    answer = sent(client, book()).json
    path, task = f"{UPLOADS}/{answer['upload_id']}/", answer["task_id"]
    if way == "cancelled":
        assert client.post(f"/data-ingestion/cancel/{task}/").json["cancelled"] is True
        ended = wait_for(lambda: (now := client.get(path).json)["state"] != "looking" and now, "the look to end")
        assert (ended["state"], ended["error"]["message"]) == ("unreadable", "Looking at this file was cancelled.")
    else:
        assert client.delete(path).status_code == 200
        wait_for(lambda: client.get(f"/task_status/{task}").json["state"] == "REVOKED", "the look to end")
        assert client.get(path).status_code == 404
    assert kept(app) == []


def test_another_sheet_that_takes_long_is_looked_at_while_the_first_stays_known(client: FlaskClient, held: Held) -> None:
    held.gate.set()
    upload = sent(client, book())
    wait_for(lambda: client.get(f"{UPLOADS}/").json["uploads"][0]["state"] == "recognised", "the file to be recognised")
    upload = client.get(f"{UPLOADS}/").json["uploads"][0]
    path = f"{UPLOADS}/{upload['upload_id']}/"
    held.gate.clear()
    [sheet] = client.get(path).json["sheets"]
    answer = client.post(f"{path}sheet/", json={"sheet": sheet})
    assert answer.status_code == 202
    assert client.get(path).json["state"] == "recognised"
    held.gate.set()
    task = answer.json["task_id"]
    assert wait_for(lambda: (now := client.get(f"/task_status/{task}").json)["ready"] and now, "the look to end")["state"] == "SUCCESS"
    assert client.get(path).json["columns"] == ["Contract No", "Award Title"]
