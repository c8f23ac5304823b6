"""A workbook that takes long to look at: the page says how far that is, and shows what was recognised when it is there."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser import assert_accessible, assert_fits
from tests.servers import Server, web_server

A_MINUTE = 60_000
LONG = 65 * 1024 * 1024


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose uploads are this module's alone."""
    with web_server(tmp_path_factory.mktemp("looking")) as server:
        yield server


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A workbook that unpacks to so much that a task looks at it."""
    from xlsxwriter import Workbook

    path = tmp_path / "awards.xlsx"
    with Workbook(path) as made:
        made.add_worksheet("Awards").write_row(0, 0, ["Contract No", "Title"])
        made.worksheets()[0].write_row(1, 0, ["C-1", "Repair of the north bridge"])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.bin", bytes(LONG))
    return path


class Slow:
    """What the server says, as long as it takes: while ``on`` the look is told to be under way."""

    def __init__(self, page: Page, book: Path) -> None:
        self.on = True
        self._page, self._book = page, book
        page.route("**/data-ingestion/upload/", self._upload)
        page.route("**/data-ingestion/uploads/*/", self._state)
        page.route("**/data-ingestion/progress/*/", self._progress)

    def _upload(self, route: Route) -> None:
        file = {"name": self._book.name, "mimeType": "application/octet-stream", "buffer": self._book.read_bytes()}
        told = self._page.request.post(route.request.url, multipart={"file": file}).json()  # a fetched form would come without the file
        queued = {"success": True, "status": "processing", "message": "", "async": True}
        queued |= {name: told[name] for name in ("task_id", "upload_id")}
        route.fulfill(status=202, content_type="application/json", body=json.dumps(queued))

    def _state(self, route: Route) -> None:
        self._told(route, {"state": "looking", "columns": [], "preview": [], "mapping": {}, "guesses": {}})

    def _progress(self, route: Route) -> None:
        self._told(route, {"state": "PROGRESS", "ready": False, "progress": 40, "status": "Looking at what is in it", "result": None})

    def _told(self, route: Route, instead: dict[str, object]) -> None:
        if not self.on or route.request.method != "GET":
            return route.continue_()
        return route.fulfill(content_type="application/json", body=json.dumps(route.fetch().json() | instead))


def send(page: Page, desk: Server, path: Path) -> None:
    page.goto(f"{desk.url}/#/imports")
    page.locator("#import-file").set_input_files(path)
    expect(page.locator("#import-progress progress")).to_have_attribute("value", "40", timeout=A_MINUTE)


def test_the_page_shows_how_far_the_look_is_and_then_what_was_recognised(page: Page, desk: Server, book: Path) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    slow = Slow(page, book)
    send(page, desk, book)
    expect(page.locator("#import-state")).to_have_text("Being looked at")
    expect(page.locator("#import-progress")).to_contain_text("Looking at what is in it")
    expect(page.locator("#start-import")).to_have_count(0)
    assert_accessible(page)
    assert_fits(page)
    page.reload()
    expect(page.locator("#import-progress progress")).to_have_attribute("value", "40", timeout=A_MINUTE)
    slow.on = False
    expect(page.locator("#start-import")).to_be_enabled(timeout=A_MINUTE)
    expect(page.locator(".preview tbody")).to_contain_text("Repair of the north bridge")
    expect(page.locator("#import-state")).to_have_text("Ready to import")


def test_what_proves_unreadable_says_why_and_can_be_forgotten(page: Page, desk: Server, book: Path) -> None:
    slow = Slow(page, book)
    send(page, desk, book)
    slow.on = False

    def unreadable(route: Route) -> None:
        error = {"code": "invalid", "message": "The workbook is damaged.", "hint": "Save it again."}
        instead = {"state": "unreadable", "columns": [], "error": error}
        route.fulfill(content_type="application/json", body=json.dumps(route.fetch().json() | instead))

    page.route("**/data-ingestion/uploads/*/", lambda route: unreadable(route) if route.request.method == "GET" else route.continue_())
    page.reload()
    expect(page.locator(".import-body .problem")).to_contain_text("The workbook is damaged.")
    expect(page.locator("#start-import")).to_have_count(0)
    page.locator("#delete-upload").click()
    expect(page.get_by_role("heading", name="Imports", exact=True)).to_be_visible()
    expect(page.locator(".import-list")).not_to_contain_text("Not readable")
