"""The tasks page: what was done and what goes on, cancelled and run again, filtered and paged, readable by everybody."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser import analyze, assert_accessible, assert_fits, upload, write_docx
from tests.claude_wire import Llmock
from tests.page.test_page_access import WINDOWS
from tests.servers import Server, web_server
from tests.tasks.rows import add_task, beating


def open_tasks(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/#/tasks")
    expect(page.get_by_role("heading", name="Tasks", level=1)).to_be_visible()


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A desk that all share, so that a test can write rows for everybody to see."""
    with web_server(tmp_path_factory.mktemp("rows"), WEB_WORKERS="1") as server:
        yield server


@pytest.fixture
def rows(shared_desk: Server) -> Iterator[Path]:
    """The database of the shared desk, without any task."""
    path = shared_desk.folder / "data" / "tenderline.db"
    clear(path)
    yield path
    clear(path)


def clear(path: Path) -> None:
    with sqlite3.connect(path, timeout=20) as database:
        for rows in ("task_followers", "tasks", "processes WHERE kind = 'worker'"):
            database.execute(f"DELETE FROM {rows}")


def test_a_task_is_listed_with_its_document_while_it_runs_and_when_it_is_done(
    page: Page, reviewed: Server, claude: Llmock, tmp_path: Path
) -> None:
    claude.script_held_review("road materials")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator("#queue")).to_contain_text("1 running")
    page.locator("#to-tasks").click()
    row = page.locator(".task")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("Analysis")
    expect(row).to_contain_text("Running")
    expect(row).to_contain_text("running for")
    expect(row.locator("progress")).to_be_visible()
    claude.let_go()
    expect(row.locator(".task-state")).to_have_text("Done")
    expect(row).to_contain_text("took")
    expect(page.locator("#history")).to_contain_text(re.compile(r"[1-9]\d* done"))
    row.get_by_role("link", name="Invitation to bid – tender.docx").click()
    expect(page.locator("#section-title")).to_have_text("Invitation to bid")
    expect(page.locator("mark.finding")).to_have_text("road materials")


def test_a_running_task_is_cancelled_and_run_again_from_the_list(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator("#queue")).to_contain_text("1 running")
    page.keyboard.press("t")
    page.get_by_role("button", name="Cancel").click()
    first = page.locator(".task").last
    expect(first.locator(".task-state")).to_have_text("Cancelled")
    claude.script_review("road materials")
    page.get_by_role("button", name="Run again").click()
    expect(page.locator(".task")).to_have_count(2)
    expect(page.locator(".task").first.locator(".task-state")).to_have_text("Done")
    expect(first.locator(".task-state")).to_have_text("Cancelled")


def test_a_task_of_another_tab_appears_by_itself(context: BrowserContext, page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    other = context.new_page()
    open_tasks(other, builtin)
    expect(other.locator(".tasks-none")).to_contain_text("Nothing has been done yet")
    analyze(page)
    expect(other.locator(".task")).to_contain_text("tender.docx")
    expect(other.locator(".task-state")).to_have_text("Done")
    other.close()


def test_the_list_stays_up_to_date_without_a_socket(context: BrowserContext, page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    other = context.new_page()
    other.route_web_socket("**/ws/**", lambda socket: socket.close())
    open_tasks(other, builtin)
    analyze(page)
    expect(other.locator(".task-state")).to_have_text("Done")
    other.close()


def test_tasks_are_filtered_and_shown_page_by_page(page: Page, shared_desk: Server, rows: Path) -> None:
    now = time.time()
    for number in range(45):
        failed = number % 9 == 0
        error = {"code": "x", "message": f"Broken {number}.", "hint": "Mend it."} if failed else None
        kind = "chat" if number % 2 else "test"
        add_task(rows, kind, "FAILURE" if failed else "SUCCESS", now - 60 - number, error=error)
    open_tasks(page, shared_desk)
    listed = page.locator(".task")
    expect(listed).to_have_count(20)
    expect(page.locator(".tasks-count")).to_have_text("20 of 45 tasks")
    page.locator("#more-tasks").click()
    expect(listed).to_have_count(40)
    page.locator("#more-tasks").click()
    expect(listed).to_have_count(45)
    expect(page.locator("#more-tasks")).to_have_count(0)
    page.get_by_label("State", exact=True).select_option("Failed")
    expect(listed).to_have_count(5)
    expect(listed.first).to_contain_text("Broken 0.")
    expect(listed.first).to_contain_text("Mend it.")
    page.get_by_label("Kind of work").select_option("Question")
    expect(listed).to_have_count(2)
    page.get_by_label("State", exact=True).select_option("Waiting")
    expect(page.locator(".tasks-none")).to_contain_text("No task is like that")
    page.get_by_role("button", name="Show all tasks").click()
    expect(listed).to_have_count(20)
    expect(page.get_by_label("State", exact=True)).to_have_value("")


def test_why_a_task_waits_and_for_how_long_is_said(page: Page, shared_desk: Server, rows: Path) -> None:
    now = time.time()
    add_task(rows, "test", "RETRY", now - 20, not_before=now + 300, run=2, error={"code": "x", "message": "The service is busy."})
    open_tasks(page, shared_desk)
    row = page.locator(".task")
    expect(row.locator(".task-state")).to_have_text("Waiting")
    expect(row).to_contain_text("The service is busy. It is tried again.")
    expect(row).to_contain_text(re.compile(r"starts in about [45].min"))
    expect(row).to_contain_text("2 attempts")
    before = row.locator(".task-facts").inner_text()
    expect(row.locator(".task-facts")).not_to_have_text(before)  # it ticks


def test_a_worker_that_differs_from_the_server_is_named_in_the_status_bar(page: Page, shared_desk: Server, rows: Path) -> None:
    with beating(rows, "worker-1", version="9.9.9"):
        open_tasks(page, shared_desk)
        expect(page.locator("#mismatch")).to_contain_text(
            "runs version 9.9.9, this server 0.1.0. Start all processes from the same version."
        )
        expect(page.locator(".worker")).to_contain_text("9.9.9")
        expect(page.locator("#queues")).to_contain_text("Analyses")
    expect(page.locator("#mismatch")).to_be_empty()
    expect(page.locator("#workers")).to_contain_text("The server does all work itself.")


def test_the_chart_is_also_a_table(page: Page, shared_desk: Server, rows: Path) -> None:
    open_tasks(page, shared_desk)
    expect(page.get_by_role("img", name="Tasks ended per minute")).to_be_visible()
    page.get_by_text("The numbers as a table").click()
    expect(page.get_by_role("table", name="Tasks ended per minute").get_by_role("row")).to_have_count(16)


def test_a_list_that_cannot_be_loaded_says_so_and_is_tried_again(page: Page, builtin: Server) -> None:
    page.route("**/api/tasks?*", lambda route: route.fulfill(status=503, content_type="text/plain", body="no"))
    open_tasks(page, builtin)
    expect(page.locator(".tasks-rest .problem")).to_contain_text("The tasks could not be loaded")
    assert_accessible(page)
    page.unroute("**/api/tasks?*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".tasks-none")).to_contain_text("Nothing has been done yet")


def test_what_is_shown_stays_readable_without_a_network(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    analyze(page)
    page.keyboard.press("t")
    expect(page.locator(".task")).to_have_count(1)
    page.context.set_offline(True)
    expect(page.locator("#banner")).to_be_visible()
    expect(page.locator(".task")).to_have_count(1)
    page.get_by_role("button", name="Run again").click()
    expect(page.locator(".task .problem")).to_contain_text("It was not run again")
    page.context.set_offline(False)
    expect(page.locator("#banner")).to_be_hidden()
    page.get_by_role("button", name="Run again").click()
    expect(page.locator(".task")).to_have_count(2)


def test_the_list_is_worked_with_the_keyboard_alone(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.keyboard.press("Shift+A")
    expect(page.locator("#queue")).to_contain_text("1 running")
    page.locator("#to-tasks").focus()
    page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Cancel")
    expect(button).to_be_visible()
    page.get_by_label("Kind of work").focus()
    page.keyboard.press("Tab")  # to the document's link
    page.keyboard.press("Tab")
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".task-state")).to_have_text("Cancelled")
    expect(page.get_by_role("button", name="Run again")).to_have_accessible_description(re.compile("Analysis"))


@pytest.mark.parametrize("window", WINDOWS)
def test_the_tasks_page_has_no_barriers_and_fits(browser: Browser, shared_desk: Server, rows: Path, window: str) -> None:
    now = time.time()
    add_task(rows, "analyze_section", "PROGRESS", now - 30, started_at=now - 20, current=3, total=10, process="some")
    add_task(rows, "chat", "RETRY", now - 40, not_before=now + 100, run=2, error={"code": "x", "message": "Busy."})
    add_task(rows, "chat", "FAILURE", now - 50, error={"code": "x", "message": "It can't be done.", "hint": "Do something else."})
    add_task(rows, "parse_document", "SUCCESS", now - 60)
    add_task(rows, "a_new_kind_of_work_with_a_long_name", "REVOKED", now - 70)
    context = browser.new_context(**WINDOWS[window], reduced_motion="reduce")
    try:
        page = context.new_page()
        with beating(rows, "worker-1", version="9.9.9"):
            open_tasks(page, shared_desk)
            expect(page.locator(".task")).to_have_count(5)
            expect(page.locator(".worker")).to_be_visible()
            page.get_by_text("The numbers as a table").click()
            assert_accessible(page)
            assert_fits(page)
    finally:
        context.close()
