"""Findings are decided, edited, written and handed in by somebody who only has the page."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser import analyze, open_section, upload, write_docx
from tests.claude_wire import Llmock, finding
from tests.servers import Server

FOUND = (
    finding("Appendix Q", risk_level="High", category="References", description="There is no Appendix Q."),
    finding("31 September 2025", risk_level="Medium", category="Dates and deadlines", description="September has 30 days."),
    finding("TBD", risk_level="Low", category="Completeness", description="A placeholder was left in."),
)


def open_reviewed(page: Page, server: Server, claude: Llmock, folder: Path) -> str:
    """A document whose second section has the three findings above, however often it is analyzed."""
    claude.script_review(*FOUND, times=None)
    session = upload(page, server, write_docx(folder / "tender.docx"))
    open_section(page, "Scope of supply")
    analyze(page)
    expect(page.locator(".card")).to_have_count(3)
    return session


def card(page: Page, words: str) -> Locator:
    """The card that says these words."""
    return page.locator(".card", has_text=words)


def test_a_review_is_made_and_handed_in_with_the_keyboard_only(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_review(*FOUND, times=None)
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    press = page.keyboard.press
    press("n")
    expect(page.locator("#section-title")).to_have_text("Scope of supply")
    press("Shift+A")
    cards = page.locator(".card")
    expect(cards).to_have_count(3)

    press("j")
    expect(cards.nth(0)).to_be_focused()
    press("a")
    expect(cards.nth(1)).to_be_focused()
    expect(cards.nth(0)).to_contain_text("Accepted")
    press("r")
    expect(cards.nth(2)).to_be_focused()
    expect(cards.nth(1).get_by_role("button", name="Reject")).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".spine-decided")).to_have_text("2 of 3 decided")

    press("e")
    expect(page.locator("#finding-description")).to_be_focused()
    press("Control+A")
    page.keyboard.type("The advance payment has no amount.")
    press("Control+Enter")
    expect(cards.nth(2)).to_be_focused()
    expect(cards.nth(2)).to_contain_text("The advance payment has no amount.")
    expect(cards.nth(2)).to_contain_text("Edited")
    press("u")
    expect(cards.nth(2)).to_contain_text("A placeholder was left in.")
    expect(page.locator("#announcer")).to_contain_text("Undone: the change of")
    press("Control+z")
    expect(cards.nth(1).get_by_role("button", name="Reject")).to_have_attribute("aria-pressed", "false")
    expect(cards.nth(1)).to_be_focused()
    press("Shift+U")
    expect(cards.nth(1).get_by_role("button", name="Reject")).to_have_attribute("aria-pressed", "true")
    press("Control+y")
    expect(cards.nth(2)).to_contain_text("The advance payment has no amount.")
    press("u")
    press("u")
    expect(cards.nth(1).get_by_role("button", name="Reject")).to_have_attribute("aria-pressed", "false")

    press("o")
    expect(page.locator("#finding-description")).to_be_focused()
    page.keyboard.type("Who carries the goods is not said.")
    press("Control+Enter")
    expect(cards).to_have_count(4)
    own = page.locator(".card", has_text="Who carries the goods")
    expect(own).to_be_focused()
    expect(own).to_contain_text("Own")

    page.locator("#complete-review").focus()
    press("Enter")
    dialog = page.get_by_role("dialog", name="Complete the review")
    expect(dialog.locator(".complete-list")).to_contain_text("Accepted1 go in")
    expect(dialog).to_contain_text("Include 2 undecided findings too")
    page.locator("#make-file").focus()
    press("Enter")
    expect(page.locator("#download-review")).to_be_focused()
    with page.expect_download() as download:
        press("Enter")
    assert download.value.suggested_filename.endswith(".docx")
    made = tmp_path / "made.docx"
    download.value.save_as(made)
    assert made.read_bytes().startswith(b"PK")
    press("Escape")
    expect(dialog).to_be_hidden()


def test_decisions_and_filters_stay_over_a_reload_and_a_new_analysis(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    open_reviewed(page, reviewed, claude, tmp_path)
    card(page, "no Appendix Q").get_by_role("button", name="Accept").click()
    card(page, "September has").get_by_role("button", name="Reject").click()
    card(page, "A placeholder").get_by_role("button", name="Edit").click()
    page.get_by_label("What is the matter").fill("No amount is named.")
    page.get_by_label("Risk", exact=True).select_option("High")
    page.get_by_role("button", name="Save").click()
    expect(card(page, "No amount is named.")).to_contain_text("High risk")

    with page.expect_response("**/analyze_section"):
        page.locator("#analyze").click()
    expect(page.locator("#analyze")).to_be_visible()
    page.locator("#only-rejected").click()
    expect(page.locator(".card")).to_have_count(1)
    page.reload()
    expect(page.locator(".card")).to_have_count(1)
    expect(page.locator(".card")).to_contain_text("September has 30 days.")
    expect(page.locator("#only-rejected")).to_have_attribute("aria-pressed", "true")
    assert "state=rejected" in page.url
    page.locator("#clear-filters").click()
    expect(page.locator(".card")).to_have_count(3)
    expect(card(page, "No amount is named.")).to_contain_text("Edited")
    expect(card(page, "no Appendix Q")).to_contain_text("Accepted")

    page.locator("#filter-category").click()
    page.get_by_label("References").check()
    expect(page.locator(".card")).to_have_count(1)
    page.locator("#scope-all").click()
    expect(page.locator(".cards-section")).to_have_text("Scope of supply")
    open_section(page, "Price")
    expect(page.locator(".card")).to_contain_text("There is no Appendix Q.")
    page.locator(".card .quote").click()
    expect(page.locator("#section-title")).to_have_text("Scope of supply")
    expect(page.locator("mark.is-active")).to_have_text("Appendix Q")


def test_selected_words_become_a_finding_of_ones_own(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    open_reviewed(page, reviewed, claude, tmp_path)
    page.locator("#reading p").nth(1).select_text()
    page.locator("#pick").click()
    draft = page.get_by_role("region", name="Your own finding")
    expect(draft.locator("q")).to_have_text("This draft was prepared on 31 September 2025 and replaces an earlier one.")
    page.get_by_role("button", name="Save").click()
    expect(draft.get_by_role("alert")).to_contain_text("Say what the matter is.")
    page.get_by_label("What is the matter").fill("Which one does it replace?")
    page.get_by_role("button", name="Save").click()
    own = card(page, "Which one does it replace?")
    expect(own).to_contain_text("Own")
    own.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".card")).to_have_count(3)
    page.get_by_role("button", name="Undo").click()
    expect(own).to_be_focused()
    page.reload()
    expect(own).to_be_visible()


def test_a_decision_waits_for_the_connection_and_a_refused_one_is_put_back(
    page: Page, reviewed: Server, claude: Llmock, tmp_path: Path
) -> None:
    open_reviewed(page, reviewed, claude, tmp_path)
    first = card(page, "no Appendix Q")
    accept = first.get_by_role("button", name="Accept")
    page.context.set_offline(True)
    accept.click()
    expect(first).to_contain_text("Not saved yet: it waits for the connection.")
    expect(accept).to_have_attribute("aria-pressed", "true")
    page.context.set_offline(False)
    expect(first).not_to_contain_text("Not saved yet")
    expect(page.locator(".spine-decided")).to_have_text("1 of 3 decided")

    second = card(page, "September has")
    page.route("**/reject_feedback", lambda route: route.fulfill(status=503, content_type="text/plain", body="no"))
    second.get_by_role("button", name="Reject").click()
    expect(second).to_contain_text("It was not rejected")
    expect(second.get_by_role("button", name="Reject")).to_have_attribute("aria-pressed", "false")
    page.unroute("**/reject_feedback")
    second.get_by_role("button", name="Try again").click()
    expect(page.locator(".spine-decided")).to_have_text("2 of 3 decided")
    page.reload()
    expect(first).to_contain_text("Accepted")
    expect(second.get_by_role("button", name="Reject")).to_have_attribute("aria-pressed", "true")


def test_what_was_done_is_in_the_log_and_the_statistics(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    session = open_reviewed(page, reviewed, claude, tmp_path)
    card(page, "no Appendix Q").get_by_role("button", name="Accept").click()
    expect(page.locator(".spine-decided")).to_have_text("1 of 3 decided")
    page.locator("#section-document").click()
    page.get_by_role("link", name="Activity log").click()
    expect(page.locator(".log li").first).to_contain_text("Accepted")
    expect(page.locator(".log li").first).to_contain_text("There is no Appendix Q.")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    assert "accepted" in download.value.path().read_text()
    page.get_by_role("link", name="To the document").click()
    page.get_by_role("link", name="Statistics of this document").click()
    expect(page.locator("#statistics-tiles")).to_contain_text("1 of 3")
    expect(page).to_have_url(re.compile(f"#/statistics/{session}$"))
    expect(page.get_by_role("row", name=re.compile("^High 1"))).to_be_visible()
