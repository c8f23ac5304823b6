"""Questions and exports that have to wait: the page says so, shows how far they are, and takes them back when told to."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from app import create_app
from tenderline.register import exporting
from tenderline.runtime import Runtime
from tenderline.settings import Settings
from tests.http_client import Caller
from tests.register.contracts import many
from tests.servers import Server, free_port, start_web
from tests.services import wait_for
from tests.web.register_data import publish

SEARCH = "**/tasks/search/"
ROWS = 3000


@dataclass
class Hands:
    """The only worker there is: this process, which does a waiting task when a test says so."""

    app: Flask
    threads: list[threading.Thread] = field(default_factory=list)

    @property
    def runtime(self) -> Runtime:
        found: Runtime = self.app.extensions["tenderline"]
        return found

    def take(self, task_id: str, operation: str) -> None:
        """Begin the task; it goes on beside the test."""
        thread = threading.Thread(target=self.runtime.runner.run, args=(task_id, operation, "celery"))
        self.threads.append(thread)
        thread.start()

    def rest(self) -> None:
        for thread in self.threads:
            thread.join(30)
        self.threads.clear()


@pytest.fixture(scope="module")
def _place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Hands]]:
    """A register and a server that gives everything slow to workers, of which there are none but this process."""
    folder = tmp_path_factory.mktemp("queue")
    broker = f"redis://127.0.0.1:{free_port()}/0"  # nobody rings: what waits is seen to by hand
    settings = Settings(_env_file=None, data_dir=folder / "data", task_executor="celery", redis_url=broker, log_level="ERROR")
    hands = Hands(create_app(settings))
    publish(hands.app, many(ROWS))
    server = start_web(folder, TASK_EXECUTOR="celery", REDIS_URL=broker, WEB_WORKERS="1")
    yield server, hands
    server.stop()
    hands.rest()
    hands.runtime.close()


@pytest.fixture
def desk(_place: tuple[Server, Hands]) -> Server:
    return _place[0]


@pytest.fixture
def hands(_place: tuple[Server, Hands]) -> Iterator[Hands]:
    yield _place[1]
    _place[1].rest()


def queued(route: Route) -> None:
    """The question is sent to the queue, as a long one would be."""
    route.continue_(post_data=json.dumps({**route.request.post_data_json, "mode": "async"}))


def ask(page: Page, desk: Server, query: str) -> str:
    """Open the register with a search that is queued; its task."""
    page.goto("about:blank")
    page.route(SEARCH, queued)
    with page.expect_response(SEARCH) as answered:
        page.goto(f"{desk.url}/#/register?{query}")
    assert answered.value.status == 202
    expect(page.locator(".contracts .progress-line")).to_be_visible()
    return str(answered.value.json()["task_id"])


def test_a_queued_search_is_seen_to_wait_and_then_shows_what_it_found(page: Page, desk: Server, hands: Hands) -> None:
    task = ask(page, desk, "k=road")
    expect(page.locator(".contracts .progress-line")).to_contain_text("Waiting")
    expect(page.locator("#contracts-frame")).to_have_attribute("aria-busy", "true")
    hands.take(task, "search_register")
    expect(page.locator(".contract-table tbody tr")).to_have_count(50)
    expect(page.locator(".contracts .progress-line")).to_be_hidden()
    expect(page.locator("#contracts-frame")).to_have_attribute("aria-busy", "false")
    assert Caller(desk.url).status(task)["state"] == "SUCCESS"


def test_a_queued_search_is_taken_back_and_asked_again(page: Page, desk: Server) -> None:
    task = ask(page, desk, "k=bridge")
    page.locator("#cancel-found").click()
    expect(page.locator(".contracts .waiting")).to_contain_text("Cancelled.")
    wait_for(lambda: Caller(desk.url).status(task)["state"] == "REVOKED", "the search to be taken back")
    page.unroute(SEARCH)
    page.locator("#again-found").click()
    expect(page.locator(".contract-table tbody tr").first).to_be_visible()
    expect(page.locator(".contracts .waiting")).to_be_hidden()


def test_a_newer_search_takes_the_queued_one_back(page: Page, desk: Server) -> None:
    task = ask(page, desk, "k=supply")
    page.unroute(SEARCH)
    page.locator("#chip-input").fill("2022")
    page.locator("#chip-input").press("Enter")
    expect(page.locator(".contracts .progress-line")).to_be_hidden()
    expect(page.locator("#contracts-frame")).to_have_attribute("aria-busy", "false")
    wait_for(lambda: Caller(desk.url).status(task)["state"] == "REVOKED", "the older search to be taken back")


def begin_export(page: Page, desk: Server) -> str:
    """Start an export of everything; its task, which waits."""
    page.goto("about:blank")
    page.goto(f"{desk.url}/#/register")
    page.locator("#open-export").click()
    expect(page.locator("#export-estimate")).to_contain_text("contracts")
    with page.expect_response("**/tasks/export/") as answered:
        page.locator("#start-export").click()
    expect(page.locator(".export-progress")).to_contain_text("Waiting")
    return str(answered.value.json()["task_id"])


def exports_of(desk: Server) -> list[Any]:
    return list(Caller(desk.url).get("/api/v1/contracts/exports/")[1]["exports"])


def test_an_export_tells_how_far_it_is_and_can_be_cancelled_on_the_way(
    page: Page, desk: Server, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    told = exporting._told

    def held(batches: Any, total: int, context: Any, *more: Any) -> Iterator[Any]:
        """After the first piece, wait for the test; look meanwhile whether to stop, as every operation does."""
        for number, piece in enumerate(told(batches, total, context, *more)):
            while number == 1 and not go_on.wait(0.05):
                context.check()
            yield piece

    monkeypatch.setattr(exporting, "_told", held)
    hands.take(begin_export(page, desk), "export_contracts")
    expect(page.locator(".export-progress")).to_contain_text(f"2,048 of {ROWS:,} contracts written")
    expect(page.locator(".export-progress")).to_contain_text("68")
    page.locator("#cancel-export").click()
    expect(page.locator(".export-progress")).to_have_text("Cancelled. No file was made.")
    hands.rest()
    assert exports_of(desk) == []
    assert list((desk.folder / "data" / "register" / "exports").iterdir()) == []

    hands.take(begin_export(page, desk), "export_contracts")
    expect(page.locator(".export-progress")).to_contain_text(f"2,048 of {ROWS:,} contracts written")
    go_on.set()
    expect(page.locator("#download-export")).to_be_focused()
    assert [export["rows"] for export in exports_of(desk)] == [ROWS]
