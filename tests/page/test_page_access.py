"""No barriers that axe can find, in light and dark and on a telephone; nothing sticks out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import analyze, assert_accessible, assert_fits, open_section, upload, write_docx
from tests.claude_wire import Llmock, finding
from tests.servers import Server

WINDOWS = {
    "light": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1440, "height": 900}, "color_scheme": "dark"},
    "tablet": {"viewport": {"width": 900, "height": 700}, "color_scheme": "light"},
    "telephone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
    "telephone-dark": {"viewport": {"width": 360, "height": 740}, "color_scheme": "dark"},
}


@pytest.fixture(params=WINDOWS)
def window(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    """A tab in each kind of window, with motion reduced so that nothing is looked at in mid-flight."""
    context = browser.new_context(**WINDOWS[request.param], reduced_motion="reduce")
    yield context.new_page()
    context.close()


def show(page: Page, panel: str) -> None:
    """Bring a panel to the front where the window shows one or two at a time."""
    button = page.locator(f"#switcher [data-view={panel}]")
    if button.is_visible():
        button.click()
    elif panel in ("findings", "chat"):
        page.locator(f"#tab-{panel}").click()


def check(page: Page) -> None:
    assert_accessible(page)
    assert_fits(page)


def test_the_first_page_has_no_barriers(window: Page, builtin: Server, tmp_path: Path) -> None:
    window.goto(builtin.url)
    expect(window.locator(".documents-none")).to_be_visible()
    check(window)
    document = write_docx(tmp_path / "a document with a long name that goes on and on, version 12 (final).docx")
    upload(window, builtin, document)
    window.goto(f"{builtin.url}/#/")
    expect(window.locator(".document-link")).to_be_visible()
    window.get_by_text("Review by your own checklist").click()
    window.set_input_files("#file", str(document))
    expect(window.locator("#section-title")).to_be_visible()
    window.goto(f"{builtin.url}/#/")
    window.get_by_role("button", name="Delete").first.click()
    check(window)


def test_the_desk_has_no_barriers_in_any_of_its_panels(window: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_review(
        finding("Appendix Q", risk_level="High"),
        finding("60 days after the notice", risk_level="Medium"),
        finding("31 September 2025", risk_level="Low"),
    )
    upload(window, reviewed, write_docx(tmp_path / "tender.docx"))
    show(window, "sections")
    check(window)
    open_section(window, "Scope of supply")
    check(window)
    show(window, "findings")
    check(window)
    show(window, "text")
    analyze(window)
    window.locator("mark.finding").first.click()
    show(window, "text")
    check(window)
    show(window, "findings")
    expect(window.locator(".card")).to_have_count(3)
    check(window)
    claude.script_reply("Sixty days after the notice to proceed.")
    show(window, "chat")
    check(window)
    window.get_by_label("Ask about this document").fill("When?")
    window.keyboard.press("Enter")
    expect(window.locator(".from-reviewer")).to_contain_text("Sixty days")
    check(window)


def test_trouble_has_no_barriers(window: Page, builtin: Server, tmp_path: Path) -> None:
    upload(window, builtin, write_docx(tmp_path / "tender.docx"))
    window.route("**/analyze_section", lambda route: route.fulfill(status=503, content_type="text/plain", body="no"))
    window.locator("#analyze").click()
    expect(window.locator(".problem")).to_be_visible()
    check(window)
    window.context.set_offline(True)
    expect(window.locator("#banner")).to_be_visible()
    check(window)
    window.context.set_offline(False)
    expect(window.locator("#banner")).to_be_hidden()
    window.goto(f"{builtin.url}/#/unknown/1")
    expect(window.get_by_role("heading", name="This document isn't here")).to_be_visible()
    check(window)


def test_the_help_dialog_has_no_barriers(page: Page, builtin: Server) -> None:
    page.goto(builtin.url)
    page.get_by_role("button", name="Keyboard").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    check(page)


def test_a_telephone_shows_one_panel_at_a_time_and_a_choice_of_them(
    browser: Browser, reviewed: Server, claude: Llmock, tmp_path: Path
) -> None:
    context = browser.new_context(**WINDOWS["telephone"])
    try:
        page = context.new_page()
        claude.script_review("road materials")
        upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
        expect(page.locator("#sheet")).to_be_visible()
        expect(page.locator("#spine")).to_be_hidden()
        analyze(page)
        page.locator("mark.finding").click()
        expect(page.locator(".card.is-active")).to_be_visible()
        expect(page.locator("#sheet")).to_be_hidden()
        page.locator(".card").get_by_title("Show in the text").click()
        expect(page.locator("mark.is-active")).to_be_in_viewport()
        page.locator("#switcher [data-view=sections]").click()
        page.locator("#spine-list .spine-link").nth(2).click()
        expect(page.locator("#section-title")).to_have_text("Price")
        expect(page.locator("#sheet")).to_be_visible()
    finally:
        context.close()
