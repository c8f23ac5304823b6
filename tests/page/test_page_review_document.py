"""A whole document is analyzed: its sections one by one, then what they show together."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import assert_accessible, assert_fits, upload, write_docx
from tests.claude_wire import Llmock, finding
from tests.page.test_page_access import WINDOWS
from tests.servers import Server, web_server

DONE = "#spine-list .spine-link[data-state=done]"


def script_whole_review(claude: Llmock) -> None:
    """Findings for each section, the first of them held, and coverage for the whole."""
    covered = {"check_id": "C01", "state": "met", "note": "It does.", "places": [{"section": 1, "quote": "60 days", "before": ""}]}
    claude.script_held_review("31 September 2025")
    reply = {"findings": [finding("31 September 2025")], "coverage": [covered]}  # reads as a review of a section and of the whole
    claude.script_reply(json.dumps(reply), times=None)


def test_a_document_is_analyzed_section_by_section_and_as_a_whole(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    script_whole_review(claude)
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze-document").click()
    expect(page.locator(".spine-work")).to_contain_text("of 4 sections")
    page.reload()  # the run goes on, and is found again
    expect(page.locator("#spine-list .spine-link:not([data-state=new])").first).to_be_visible()
    expect(page.locator(".spine-work")).to_contain_text("of 4 sections")
    claude.let_go()
    expect(page.locator(DONE)).to_have_count(4)
    expect(page.locator("#section-document")).to_have_attribute("data-state", "done")

    page.locator("#section-document").click()
    expect(page.locator("#whole-tiles")).to_contain_text("4 of 4")
    rows = page.locator(".coverage tbody tr")
    expect(rows.first).to_be_visible()
    expect(rows.first.locator(".coverage-state")).not_to_be_empty()
    page.locator("#scope-all").click()
    expect(page.locator(".card", has_text="31 September").first).to_be_visible()
    page.locator(".card .quote", has_text="31 September").first.click()
    expect(page.locator("#section-title")).to_have_text("Scope of supply")
    expect(page.locator("mark.is-active")).to_contain_text("31 September")


def test_a_run_can_be_cancelled_and_what_was_analyzed_stays(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    script_whole_review(claude)
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#section-document").click()
    page.locator("#analyze").click()
    expect(page.locator(".spine-work")).to_contain_text("of 4 sections")
    page.locator("#cancel-document").click()
    expect(page.locator("#sheet-head")).to_contain_text("Cancelled. What was analyzed is kept.")
    expect(page.locator("#analyze-document")).to_be_visible()


def test_sections_that_failed_are_named_and_tried_again(page: Page, builtin: Server, tmp_path: Path) -> None:
    failed = [{"section_index": 1, "section_name": "Scope of supply", "error": {"code": "overloaded", "message": "Claude is overloaded."}}]
    ended = {"success": True, "async": False, "sections": {"done": 3, "failed": 1, "total": 4}, "failed": failed, "feedback_count": 0}
    page.route("**/analyze_document", lambda route: route.fulfill(json=ended))
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze-document").click()
    expect(page.locator("#section-1")).to_have_attribute("data-state", "failed")
    page.locator("#section-1").click()
    expect(page.locator("#sheet-head .problem")).to_contain_text("Claude is overloaded.")
    page.locator("#section-document").click()
    expect(page.locator(".failed-sections li")).to_contain_text("Claude is overloaded.")
    page.reload()
    page.get_by_role("button", name="Try Scope of supply again").click()
    expect(page.locator("#section-1")).to_have_attribute("data-state", "done")
    expect(page.locator(".failed-sections")).to_have_count(0)


def test_a_run_that_is_refused_says_why_and_what_to_do_in_the_list_of_sections(page: Page, builtin: Server, tmp_path: Path) -> None:
    spent = {
        "code": "budget_spent",
        "message": "Today's budget for Claude is spent.",
        "hint": "Raise AI_DAILY_BUDGET.",
        "retry_after": 9000,
    }
    headers = {"Retry-After": "9000"}
    page.route("**/analyze_document", lambda route: route.fulfill(status=429, headers=headers, json={"success": False, "error": spent}))
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze-document").click()
    why = page.locator(".spine-work .problem")
    expect(why).to_contain_text("Today's budget for Claude is spent.")
    expect(why).to_contain_text("Raise AI_DAILY_BUDGET.")
    page.unroute("**/analyze_document")
    why.get_by_role("button", name="Try again").click()
    expect(page.locator("#section-document")).to_have_attribute("data-state", "done")
    expect(why).to_have_count(0)


def test_a_heading_without_words_has_nothing_to_review_and_the_document_is_done_without_it(
    page: Page, builtin: Server, tmp_path: Path
) -> None:
    parts = (("Part one", 1, ()), ("Scope", 2, ("TBD: the amount of the advance payment.",)))
    session = upload(page, builtin, write_docx(tmp_path / "parts.docx", parts))
    expect(page.locator("#section-0 .spine-state")).to_have_text("nothing to review")
    page.goto(f"{builtin.url}/#/{session}/document")
    page.locator("#analyze").click()
    expect(page.locator("#analyze")).to_have_text("Analyze the document again")
    expect(page.locator("#whole-tiles")).to_contain_text("1 of 1")
    page.goto(f"{builtin.url}/#/")
    expect(page.locator(".document-facts").first).to_contain_text("all analyzed")
    expect(page.locator(".document-facts").first).to_contain_text("none decided")


def test_where_work_is_done_at_once_the_page_says_why_a_document_is_not_analyzed(page: Page, tmp_path: Path) -> None:
    with web_server(tmp_path, OWNER_PER_BROWSER="true", TASK_EXECUTOR="inline") as server:
        upload(page, server, write_docx(tmp_path / "tender.docx"))
        page.locator("#section-document").click()
        page.locator("#analyze").click()
        expect(page.locator("#sheet-head .problem")).to_contain_text("TASK_EXECUTOR=inline")


def test_a_document_of_200_sections_opens_scrolls_and_is_gone_through_with_the_keys(page: Page, builtin: Server, tmp_path: Path) -> None:
    parts = tuple((f"Clause {number}", 1 + number % 3, (f"The supplier keeps record {number}.",)) for number in range(200))
    upload(page, builtin, write_docx(tmp_path / "long.docx", parts))
    expect(page.locator("#spine-list .spine-link")).to_have_count(200)
    page.keyboard.press("s")
    page.keyboard.press("End")
    expect(page.locator("#section-199")).to_be_focused()
    expect(page.locator("#section-199")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#section-title")).to_have_text("Clause 199")
    page.keyboard.press("Home")
    expect(page.locator("#section-document")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#whole-tiles")).to_contain_text("of 200")


@pytest.mark.parametrize("window", ["light", "dark", "telephone"])
def test_the_pages_of_a_review_have_no_barriers(window: str, browser: Browser, builtin: Server, tmp_path: Path) -> None:
    context = browser.new_context(**WINDOWS[window], reduced_motion="reduce")
    try:
        page = context.new_page()
        session = upload(page, builtin, write_docx(tmp_path / "tender.docx"))
        page.goto(f"{builtin.url}/#/{session}/document")
        page.locator("#analyze").click()
        expect(page.locator("#analyze")).to_have_text("Analyze the document again")
        check(page)
        page.goto(f"{builtin.url}/#/{session}/1?show=all")
        if window == "telephone":
            page.locator("#switcher [data-view=findings]").click()
        cards = page.locator(".cards")
        cards.get_by_role("button", name="Accept").first.click()
        expect(page.locator(".last-decision")).to_contain_text("Accepted")
        cards.get_by_role("button", name="Reject").nth(1).click()
        expect(page.locator(".card.is-rejected")).to_have_count(1)
        cards.get_by_role("button", name="Edit").nth(2).click()
        page.locator("#filter-category").click()
        check(page)
        if window == "telephone":
            page.locator("#switcher [data-view=sections]").click()
        page.locator("#complete-review").click()
        expect(page.locator(".complete-list")).to_be_visible()
        check(page)
        page.keyboard.press("Escape")
        page.goto(f"{builtin.url}/#/statistics")
        expect(page.locator("#statistics-tiles")).to_be_visible()
        check(page)
        page.goto(f"{builtin.url}/#/activity/{session}")
        expect(page.locator(".log li").first).to_be_visible()
        check(page)
    finally:
        context.close()


def check(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)
