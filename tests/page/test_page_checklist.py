"""Checklists on the page: the standing one is read, written, loaded and given up; a document changes what it is reviewed against."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import assert_accessible, assert_fits, upload, write_docx, write_text
from tests.servers import Server

OWN = "# Ours\n\n## Delivery\n\nThe place of delivery is named.\n\n## Prices\n\nPrices are without tax.\n"


def open_standing(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/#/")
    expect(page.locator("#standing-facts")).to_contain_text("checks")
    page.locator("#open-checklist").press("Enter")
    expect(page.locator(".check-row").first).to_be_visible()


def test_the_standing_checklist_is_written_and_what_is_not_saved_is_not_lost_unasked(page: Page, builtin: Server, tmp_path: Path) -> None:
    open_standing(page, builtin)
    text, rows, confirm = page.get_by_role("textbox", name="Checklist"), page.locator(".check-title"), page.locator("#confirm")
    text.fill("Nothing but prose.")
    expect(page.locator(".checks-body")).to_contain_text("hold no checks")
    page.locator("#save-checklist").click()
    expect(page.get_by_role("alert").filter(has_text="It was not saved")).to_be_visible()
    text.fill(OWN)
    expect(rows).to_have_text(["Delivery", "Prices"])

    text.press("Escape")
    expect(confirm).to_contain_text("Leave without saving?")
    page.keyboard.press("Escape")
    expect(confirm).to_be_hidden()
    expect(text).to_have_value(OWN)
    page.locator("#save-checklist").press("Enter")
    expect(page.locator("#standing-origin")).to_contain_text("Your own")
    text.press("Escape")
    expect(page.locator("#checklist")).to_have_count(0)
    expect(page.locator("#open-checklist")).to_be_focused()
    expect(page.locator("#standing-facts")).to_have_text("your own, 2 checks")
    page.get_by_text("Review by your own checklist").click()
    expect(page.get_by_label("My checklist and the standing one")).to_be_checked()

    page.locator("#open-checklist").click()
    page.get_by_label("Load from a file").set_input_files(write_docx(tmp_path / "ours.docx"))
    expect(rows).to_have_text(["Invitation to bid", "Price", "Contract terms"])
    page.locator("#forget-checklist").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#standing-origin")).to_contain_text("comes with Tenderline")
    page.keyboard.press("Escape")
    expect(page.get_by_label("My checklist and the built-in one")).to_be_checked()


def test_a_document_changes_what_it_is_reviewed_against(page: Page, builtin: Server, tmp_path: Path) -> None:
    session = upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.locator("#open-document-checklist").press("Enter")
    expect(page.locator("#document-checks")).to_contain_text("In force")
    page.get_by_label("Load from a file").set_input_files(write_text(tmp_path / "ours.md", OWN))
    expect(page.locator(".check-id").nth(2)).to_have_text("C01")
    page.get_by_role("radio", name="My checklist only").check()
    expect(page.locator("#document-checks")).to_have_text("After saving: 2 checks")
    expect(page.locator(".check-id")).to_have_text(["O01", "O02"])
    page.locator("#save-checklist").click()
    expect(page.locator("#checklist-note")).to_contain_text("stays until the document is analyzed again")
    expect(page.locator("#document-checks")).to_have_text("In force: 2 checks")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("#open-document-checklist")).to_have_text("Reviewed against 2 checks")
    checks = page.request.get(f"{builtin.url}/sessions/{session}").json()["guidelines"]
    assert [check["title"] for check in checks] == ["Delivery", "Prices"]
    page.locator("#open-document-checklist").click()
    page.locator("#drop-checklist").click()
    page.locator("#confirm-yes").click()
    expect(page.locator("#checklist-note")).to_contain_text("own checklist is deleted")
    expect(page.locator("#drop-checklist")).to_have_count(0)
    expect(page.get_by_role("textbox", name="This document's own checklist")).to_have_value("")
    expect(page.locator(".check-id").first).to_have_text("C01")


def test_a_checklist_saved_in_another_tab_is_shown_beside_ones_own_before_either_is_kept(page: Page, builtin: Server) -> None:
    open_standing(page, builtin)
    text = page.get_by_role("textbox", name="Checklist", exact=True)
    text.fill(OWN)
    page.request.put(f"{builtin.url}/guidelines", data={"markdown": "## Signature\n\nSomebody signs.\n"})
    page.locator("#save-checklist").press("Enter")
    newer = page.get_by_label("The newer one: 1 check, saved just now")
    expect(newer).to_have_value("## Signature\n\nSomebody signs.\n")
    expect(text).to_have_value(OWN)
    expect(page.locator(".checks-body")).to_have_attribute("aria-busy", "false")
    assert_accessible(page)
    page.locator("#take-newer").press("Enter")
    expect(page.locator(".check-title")).to_have_text(["Signature"])
    text.fill(OWN)
    page.request.put(f"{builtin.url}/guidelines", data={"markdown": "## Seal\n\nSomebody seals.\n"})
    page.locator("#save-checklist").click()
    page.locator("#keep-mine").click()
    expect(newer).to_have_count(0)
    expect(page.locator("#standing-origin")).to_contain_text("Your own, saved just now")
    assert page.request.get(f"{builtin.url}/guidelines").json()["markdown"] == OWN
    page.request.delete(f"{builtin.url}/guidelines")


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (360, "dark")])
def test_checklists_have_no_barriers(browser: Browser, builtin: Server, tmp_path: Path, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 760}, color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    try:
        page = context.new_page()
        open_standing(page, builtin)
        assert_accessible(page)
        assert_fits(page)
        page.keyboard.press("Escape")
        upload(page, builtin, write_docx(tmp_path / "tender.docx"))
        if width < 768:
            page.locator("#switcher [data-view=sections]").click()
        page.locator("#open-document-checklist").click()
        page.get_by_label("This document's own checklist").fill("Nothing but prose.")
        expect(page.locator(".checks-body")).to_contain_text("hold no checks")
        assert_accessible(page)
        assert_fits(page)
    finally:
        context.close()
