"""An import under way on the page: cancelled, or left alone and come back to. A file that doesn't end before a test says so holds it up."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.http_client import Caller
from tests.page.test_page_imports import ROWS, run, take_in, write
from tests.servers import Server, web_server


class Held:
    """The uploaded file that is open on the page, in whose place a pipe is put: whoever reads it waits for ``let_go``."""

    def __init__(self, page: Page, desk: Server) -> None:
        upload_id = page.url.partition("#/imports/")[2].partition("?")[0]
        self.path = desk.folder / "data" / "register" / "uploads" / upload_id / "original"
        self.content = self.path.read_bytes()
        self.path.unlink()
        os.mkfifo(self.path)

    def let_go(self) -> None:
        """What the file says comes out of the pipe."""
        self.path.write_bytes(self.content)

    def put_back(self) -> None:
        """The file is as it was uploaded."""
        self.path.unlink()
        self.path.write_bytes(self.content)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose register is this module's alone."""
    with web_server(tmp_path_factory.mktemp("running")) as server:
        yield server


def begin(page: Page, desk: Server, path: Path) -> Held:
    """Start an import that stops short at its file."""
    take_in(page, desk, path)
    held = Held(page, desk)
    page.locator("#start-import").click()
    expect(page.locator("#import-state")).to_have_text("Importing")
    expect(page.locator("#import-progress .progress-line")).to_contain_text("Reading")
    return held


def contracts(desk: Server) -> tuple[int, int]:
    """How many contracts the register holds, and its version."""
    overview = Caller(desk.url).get("/api/v1/contracts/overview/")[1]
    return overview["rows"], overview["version"]


def test_a_running_import_is_cancelled_and_the_register_is_as_before(page: Page, desk: Server, tmp_path: Path) -> None:
    take_in(page, desk, write(tmp_path / "first.csv", ROWS[0]))
    run(page)
    before = contracts(desk)
    held = begin(page, desk, write(tmp_path / "second.csv", *ROWS[1:3]))
    page.locator("#cancel-import").click()
    expect(page.locator("#import-state")).to_have_text("Cancelled")
    expect(page.locator(".import-note")).to_have_text(
        "The import was cancelled; the register is as it was before. It can be started again."
    )
    assert contracts(desk) == before
    assert list((desk.folder / "data" / "register" / "staging").iterdir()) == []
    held.put_back()
    run(page)
    assert contracts(desk)[0] == before[0] + 2


def test_a_reload_picks_a_running_import_up(page: Page, desk: Server, tmp_path: Path) -> None:
    held = begin(page, desk, write(tmp_path / "reload.csv", *(row.replace("C-", "E-") for row in ROWS[:3])))
    page.reload()
    expect(page.locator("#import-progress")).to_be_visible()
    expect(page.locator("#import-state")).to_have_text("Importing")
    held.let_go()
    expect(page.locator("#import-state")).to_have_text("Imported")


def test_who_leaves_during_an_import_finds_it_again(page: Page, desk: Server, tmp_path: Path) -> None:
    before = contracts(desk)[0]
    rows = [row.replace("C-", "D-") for row in ROWS[:3]]
    held = begin(page, desk, write(tmp_path / "left alone.csv", *rows))
    page.get_by_role("link", name="Documents", exact=True).click()
    expect(page.locator("#import-progress")).to_have_count(0)
    page.get_by_role("link", name="Imports", exact=True).click()
    listed = page.locator(".import", has_text="left alone.csv")
    expect(listed.locator(".task-state")).to_have_text("Importing")
    listed.get_by_role("link").click()
    expect(page.locator("#import-progress .progress-line")).to_contain_text("Reading")
    page.get_by_role("link", name="Imports", exact=True).click()
    expect(listed.locator(".task-state")).to_have_text("Importing")
    held.let_go()
    expect(listed.locator(".task-state")).to_have_text("Imported")
    expect(listed.locator(".task-facts")).to_contain_text("3 contracts added")
    assert contracts(desk)[0] == before + 3
