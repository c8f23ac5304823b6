"""Work under way: seen, cancelled, followed over a reload, a lost network and other sections."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import analyze, open_section, upload, write_docx
from tests.claude_wire import Llmock
from tests.servers import Server


def test_a_running_analysis_shows_progress_and_can_be_cancelled(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator(".progress-line progress")).to_be_visible()
    expect(page.locator(".spine-link[aria-current]")).to_contain_text("being analyzed")
    expect(page.locator("#queue")).to_contain_text("1 running")
    expect(page).to_have_title("Analyzing: Invitation to bid – tender.docx – Tenderline")
    page.locator("#cancel").click()
    expect(page.get_by_text("Cancelled. Nothing was changed.")).to_be_visible()
    expect(page.locator(".spine-link[aria-current]")).to_contain_text("not analyzed")
    expect(page.locator("#queue")).to_contain_text("0 running")
    claude.script_review("road materials")
    analyze(page)
    expect(page.locator(".card")).to_have_count(1)


def test_a_reload_in_mid_task_picks_it_up_and_shows_its_findings(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator("#queue")).to_contain_text("1 running")
    page.reload()
    expect(page.locator("#cancel")).to_be_visible()
    expect(page.locator(".progress-line progress")).to_be_visible()
    claude.let_go()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator("#analyze")).to_have_text("Analyze again")


def test_a_task_found_after_a_reload_can_be_cancelled(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator("#queue")).to_contain_text("1 running")
    page.reload()
    page.locator("#cancel").click()
    expect(page.get_by_text("Cancelled. Nothing was changed.")).to_be_visible()


def test_other_sections_are_read_and_analyzed_while_one_is_running(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator("#queue")).to_contain_text("1 running")
    claude.script_review("4,150,000 pesos")
    open_section(page, "Price")
    analyze(page)
    expect(page.locator("mark.finding")).to_have_text("4,150,000 pesos")
    claude.let_go()
    first = page.locator("#spine-list .spine-link").first
    expect(first).to_contain_text("1 finding")
    expect(page.locator("#section-title")).to_have_text("Price")
    first.click()
    expect(page.locator("mark.finding")).to_have_text("road materials")


def test_a_network_lost_in_mid_task_is_said_and_recovers_by_itself(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator("#queue")).to_contain_text("1 running")
    page.reload()  # so that the task is followed by polling, not by an open request
    expect(page.locator("#reading")).to_contain_text("road materials")
    page.context.set_offline(True)
    expect(page.get_by_role("alert")).to_contain_text("can't be reached")
    expect(page.locator("#mode")).to_have_text("No connection")
    expect(page.locator("#reading")).to_contain_text("road materials")
    page.context.set_offline(False)
    expect(page.locator("#banner")).to_be_hidden()
    claude.let_go()
    expect(page.locator(".card")).to_have_count(1)


def test_an_answer_is_streamed_and_can_be_cancelled(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_reply("The budget is four million pesos, as the section on the price says in so many words. " * 4)
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#tab-chat").click()
    page.get_by_role("button", name="What is this document about?").click()
    expect(page.locator(".answer-words")).to_contain_text("The budget is")
    page.locator("#cancel-question").click()
    expect(page.locator("#chat-log")).to_contain_text("Cancelled.")
    claude.script_reply("Four million pesos.")
    page.locator("#ask-again").click()
    expect(page.locator(".from-reviewer")).to_contain_text("Four million pesos.")
    expect(page.locator(".from-user")).to_have_count(1)


def test_an_answer_goes_on_after_a_reload(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_reply("The budget is four million pesos, as the section on the price says in so many words. " * 2)
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#tab-chat").click()
    page.get_by_role("button", name="What is this document about?").click()
    expect(page.locator(".answer-words")).to_contain_text("The budget is")
    page.reload()
    page.locator("#tab-chat").click()
    expect(page.locator(".from-user")).to_contain_text("What is this document about?")
    expect(page.locator("#cancel-question")).to_be_visible()
    claude.let_go()
    expect(page.locator("#cancel-question")).to_be_hidden()
    expect(page.locator(".from-reviewer")).to_contain_text("in so many words.")
    expect(page.locator(".from-user")).to_have_count(1)


def test_the_connection_to_the_reviewer_is_tested_on_demand(page: Page, reviewed: Server, claude: Llmock) -> None:
    claude.script_reply("ok")
    page.goto(reviewed.url)
    page.locator("#test-connection").click()
    expect(page.locator("#test-outcome")).to_contain_text("Answers in")
    claude.mock.fail(401)
    page.locator("#test-connection").click()
    expect(page.locator("#test-outcome")).to_have_attribute("data-phase", "failed")
    expect(page.locator("#test-outcome")).not_to_be_empty()
