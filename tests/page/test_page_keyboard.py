"""Everything on the page works without a mouse."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser import upload, write_docx
from tests.claude_wire import Llmock
from tests.servers import Server


def test_a_document_is_reviewed_with_the_keyboard_only(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    session = upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.goto("about:blank")
    page.goto(f"{reviewed.url}/#/{session}/0")
    expect(page.locator("#section-title")).to_have_text("Invitation to bid")
    press = page.keyboard.press

    press("Tab")
    expect(page.locator("#skip")).to_be_focused()
    press("Enter")
    expect(page.locator("#sheet")).to_be_focused()
    assert page.url.endswith(f"#/{session}/0")

    press("s")
    expect(page.locator("#section-0")).to_be_focused()
    press("ArrowDown")
    press("Enter")
    expect(page.locator("#section-title")).to_have_text("Scope of supply")
    press("End")
    expect(page.locator("#section-3")).to_be_focused()
    press("p")
    expect(page.locator("#section-title")).to_have_text("Invitation to bid")
    press("n")
    expect(page.locator("#section-title")).to_have_text("Scope of supply")
    expect(page.locator("#section-title")).to_be_focused()

    claude.script_review("Appendix Q", "31 September 2025")
    press("Shift+A")
    expect(page.locator(".card")).to_have_count(2)
    press("j")
    expect(page.locator(".card").nth(0)).to_be_focused()
    expect(page.locator("mark.finding").nth(0)).to_contain_class("is-active")
    press("j")
    expect(page.locator(".card").nth(1)).to_be_focused()
    press("k")
    expect(page.locator(".card").nth(0)).to_be_focused()
    press("Escape")
    expect(page.locator("mark.is-active")).to_have_count(0)

    claude.script_reply("Sixty days after the notice to proceed.")
    press("c")
    expect(page.get_by_label("Ask about this document")).to_be_focused()
    page.keyboard.type("When is it delivered")
    press("Shift+Enter")
    page.keyboard.type("and where?")
    press("Enter")
    expect(page.locator(".from-user p").last).to_have_text("When is it delivered and where?")
    expect(page.locator(".from-reviewer")).to_contain_text("Sixty days")
    expect(page.get_by_label("Ask about this document")).to_have_value("")


def test_a_highlight_is_reached_by_tab_and_leads_to_its_card(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_review("road materials", "four district offices")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#analyze")).to_have_text("Analyze again")
    page.locator("#analyze").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("mark.finding").nth(1)).to_be_focused()
    expect(page.locator(".card").nth(1)).to_contain_class("is-hovered")
    page.keyboard.press("Enter")
    expect(page.locator(".card").nth(1)).to_be_focused()
    expect(page.locator(".card").nth(1)).to_contain_class("is-active")


def test_the_focus_stays_on_the_button_while_work_goes_on(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator("#queue")).to_contain_text("1 running")
    page.locator("#cancel").focus()
    expect(page.locator(".progress-share")).not_to_be_empty()
    expect(page.locator("#cancel")).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_text("Cancelled. Nothing was changed.")).to_be_visible()


def test_the_shortcuts_are_listed_and_can_be_switched_off(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.keyboard.press("?")
    help_dialog = page.get_by_role("dialog", name="Keyboard")
    expect(help_dialog).to_be_visible()
    page.keyboard.press("n")
    expect(page.locator("#section-title")).to_have_text("Invitation to bid")
    help_dialog.get_by_label("Use these single keys").uncheck()
    page.keyboard.press("Escape")
    expect(help_dialog).to_be_hidden()
    page.keyboard.press("n")
    expect(page.locator("#section-title")).to_have_text("Invitation to bid")
    page.reload()
    expect(page.locator("#section-title")).to_have_text("Invitation to bid")
    page.keyboard.press("n")
    expect(page.locator("#section-title")).to_have_text("Invitation to bid")
    page.get_by_role("button", name="Keyboard").click()
    page.get_by_label("Use these single keys").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("n")
    expect(page.locator("#section-title")).to_have_text("Scope of supply")


IN_ONE_BREATH = """async (keys) => {
  for (const key of keys) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  await null;
  return document.activeElement.id;
}"""


def test_keys_pressed_faster_than_the_page_is_drawn_are_all_heard(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.evaluate(IN_ONE_BREATH, ["n", "n"])
    expect(page.locator("#section-title")).to_have_text("Price")
    assert page.evaluate(IN_ONE_BREATH, ["s"]) == "section-2"  # so that the next key moves on from there
    assert page.evaluate(IN_ONE_BREATH, ["c"]) == "question"  # so that the next letters are the question, no shortcuts


def test_the_tabs_of_the_side_change_with_the_arrow_keys(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.locator("#tab-findings").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-chat")).to_be_focused()
    expect(page.locator("#chat")).to_be_visible()
    expect(page.locator("#findings")).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#findings")).to_be_visible()
