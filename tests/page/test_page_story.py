"""A document is reviewed end to end by somebody who only has the page."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser import TENDER, analyze, open_section, session_in, upload, write_docx
from tests.claude_wire import Llmock
from tests.servers import Server


def test_a_word_file_is_uploaded_read_analyzed_and_asked_about(page: Page, builtin: Server, tmp_path: Path) -> None:
    page.goto(builtin.url)
    expect(page.get_by_role("heading", name="Review a document")).to_be_visible()
    expect(page.locator("#mode")).to_have_text("Working directly")
    expect(page.locator("#reviewer")).to_contain_text("Built-in reviewer")

    upload(page, builtin, write_docx(tmp_path / "Tender for road materials.docx"))
    expect(page.locator(".spine-title")).to_have_text([title for title, _, _ in TENDER])
    open_section(page, "Scope of supply")
    expect(page.locator("#reading")).to_contain_text("within 60 days after the notice to proceed")
    expect(page.locator("#findings")).to_contain_text("Not analyzed yet")

    analyze(page)
    card = page.locator(".card", has_text="31 September").first
    expect(card).to_contain_text("risk")
    expect(card).to_contain_text("sure")
    mark = page.locator("mark.finding", has_text="31 September").first
    expect(mark).to_be_visible()
    expect(page.locator(".spine-link[aria-current]")).to_contain_text("finding")

    page.locator("#tab-chat").click()
    expect(page.get_by_role("button", name="Which deadlines does it set?")).to_be_visible()
    page.get_by_label("Ask about this document").fill("What is the approved budget for the contract?")
    page.keyboard.press("Enter")
    source = page.locator(".sources .quote", has_text="4,150,000").first
    expect(source).to_be_visible()
    source.click()
    expect(page.locator("#section-title")).to_have_text("Price")
    expect(page.locator("mark.passage").first).to_contain_text("4,150,000")

    page.reload()
    expect(page.locator("#section-title")).to_have_text("Price")
    page.locator("#tab-chat").click()
    expect(page.locator(".message.from-user")).to_have_text("You askedWhat is the approved budget for the contract?")
    expect(page.locator(".sources .quote").first).to_be_visible()


def test_highlight_and_card_answer_to_each_other(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_review("Appendix Q", "31 September 2025")
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    open_section(page, "Scope of supply")
    analyze(page)
    expect(page.locator("mark.finding")).to_have_text(["Appendix Q", "31 September 2025"])
    card, mark = page.locator(".card").nth(1), page.locator("mark.finding").nth(1)

    card.hover()
    expect(mark).to_contain_class("is-hovered")
    page.locator("#section-title").hover()
    expect(mark).not_to_contain_class("is-hovered")
    mark.hover()
    expect(card).to_contain_class("is-hovered")
    mark.focus()
    expect(card).to_contain_class("is-hovered")
    mark.click()
    expect(card).to_contain_class("is-active")
    card_of_first = page.locator(".card").nth(0)
    card_of_first.get_by_title("Show in the text").click()
    expect(page.locator("mark.finding").nth(0)).to_contain_class("is-active")


def test_a_card_says_risk_in_words_what_to_do_and_how_sure(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    from tests.claude_wire import finding

    claude.script_review(
        finding(
            "Appendix Q",
            risk_level="High",
            category="References",
            description="There is no Appendix Q.",
            suggestion="Add it.",
            confidence=0.97,
        )
    )
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    open_section(page, "Scope of supply")
    analyze(page)
    card = page.locator(".card")
    for words in (
        "High risk",
        "References",
        "There is no Appendix Q.",
        "Add it.",
        "Very sure, 97",
        "Which one is meant?",
        "C01",
        "“Appendix Q”",
    ):
        expect(card).to_contain_text(words.strip("“”"))
    expect(page.get_by_role("button", name="1 High risk")).to_be_visible()
    expect(page.get_by_role("button", name="0 Low risk")).to_be_disabled()


def test_no_findings_is_said_in_words(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_review()
    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    analyze(page)
    expect(page.locator("#findings")).to_contain_text("No findings")
    expect(page.locator(".spine-link[aria-current]")).to_contain_text("no findings")


def test_back_forward_and_deep_links_show_the_section_they_name(page: Page, builtin: Server, tmp_path: Path) -> None:
    session = upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    open_section(page, "Price")
    assert page.url.endswith(f"#/{session}/2")
    expect(page).to_have_title("Price – tender.docx – Tenderline")
    open_section(page, "Contract terms")
    page.go_back()
    expect(page.locator("#section-title")).to_have_text("Price")
    page.go_forward()
    expect(page.locator("#section-title")).to_have_text("Contract terms")
    other_tab = page.context.new_page()
    other_tab.goto(f"{builtin.url}/#/{session}/1")
    expect(other_tab.locator("#section-title")).to_have_text("Scope of supply")
    other_tab.goto(f"{builtin.url}/#/{session}/77")
    expect(other_tab.get_by_text("This document has no such section.")).to_be_visible()


def test_an_unknown_document_has_a_page_that_says_so(page: Page, builtin: Server) -> None:
    page.goto(f"{builtin.url}/#/0b5a8c7e-2f52-4a63-9f0f-6d2e5e9f0001/2")
    expect(page.get_by_role("heading", name="This document isn't here")).to_be_visible()
    expect(page).to_have_title("Not found – Tenderline")
    page.locator("#interim").get_by_role("link", name="All documents").click()
    expect(page.get_by_role("heading", name="Review a document")).to_be_visible()


def test_earlier_documents_are_listed_opened_and_deleted_after_a_question(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "first.docx"))
    upload(page, builtin, write_docx(tmp_path / "second.docx"))
    page.locator("#places").get_by_role("link", name="Documents").click()
    expect(page.locator(".document-name")).to_have_text(["second.docx", "first.docx"])
    page.get_by_role("button", name="Delete second.docx").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".document-name")).to_have_text(["second.docx", "first.docx"])
    page.get_by_role("button", name="Delete second.docx").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.locator(".document-name")).to_have_text(["first.docx"])
    page.locator(".document-link").click()
    expect(page.locator("#section-title")).to_have_text("Invitation to bid")


def test_two_browsers_at_once_see_their_own_desks_only(browser: Browser, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_review("road materials", times=None)
    contexts = [browser.new_context(), browser.new_context()]
    try:
        pages = [context.new_page() for context in contexts]
        for number, page in enumerate(pages):
            upload(page, reviewed, write_docx(tmp_path / f"tender {number}.docx"))
        for page in pages:
            page.locator("#analyze").click()
        for page in pages:
            expect(page.locator(".card")).to_have_count(1)
        foreign = session_in(pages[0])
        pages[1].goto(f"{reviewed.url}/#/{foreign}/0")
        expect(pages[1].get_by_role("heading", name="This document isn't here")).to_be_visible()
        pages[1].goto(f"{reviewed.url}/#/")
        expect(pages[1].locator(".document-name")).to_have_text(["tender 1.docx"])
    finally:
        for context in contexts:
            context.close()
