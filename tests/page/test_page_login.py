"""A server with a password: one page, one field, no script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import assert_accessible, assert_fits, upload, write_docx
from tests.servers import Server, web_server

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with web_server(tmp_path_factory.mktemp("locked"), ACCESS_PASSWORD=PASSWORD) as server:
        yield server


def sign_in(page: Page, password: str = PASSWORD) -> None:
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_the_right_password_leads_to_the_page_and_signing_out_back(page: Page, locked: Server, tmp_path: Path) -> None:
    page.goto(locked.url)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    expect(page.get_by_label("Password")).to_be_focused()
    sign_in(page, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    sign_in(page)
    expect(page.get_by_role("heading", name="Review a document")).to_be_visible()
    upload(page, locked, write_docx(tmp_path / "tender.docx"))
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_desk_with_sign_out_fits_the_narrowest_window(page: Page, locked: Server, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(locked.url)
    sign_in(page)
    expect(page.get_by_role("heading", name="Review a document")).to_be_visible()
    upload(page, locked, write_docx(tmp_path / "tender.docx"))
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    assert_fits(page)
    assert_accessible(page)


def test_a_deep_link_is_kept_over_the_login(page: Page, locked: Server, tmp_path: Path) -> None:
    page.goto(locked.url)
    sign_in(page)
    session = upload(page, locked, write_docx(tmp_path / "tender.docx"))
    page.context.clear_cookies()
    page.goto("about:blank")
    page.goto(f"{locked.url}/#/{session}/2")
    sign_in(page)
    expect(page.locator("#section-title")).to_have_text("Price")


def test_the_login_works_without_scripts_in_light_and_dark_and_on_a_telephone(browser: Browser, locked: Server) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 640})
        try:
            page = context.new_page()
            page.goto(locked.url)
            sign_in(page, "wrong")
            expect(page.get_by_role("alert")).to_be_visible()
            assert_accessible(page)
            assert_fits(page)
        finally:
            context.close()
    context = browser.new_context(java_script_enabled=False)
    try:
        page = context.new_page()
        page.goto(locked.url)
        sign_in(page)
        expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    finally:
        context.close()


def test_too_many_wrong_passwords_are_told_with_the_time_to_wait(page: Page, tmp_path: Path) -> None:
    with web_server(tmp_path, ACCESS_PASSWORD=PASSWORD) as server:
        page.goto(server.url)
        for _ in range(11):
            with page.expect_event("load"):  # else the next one is typed into the page that is about to go
                sign_in(page, "wrong")
            expect(page.get_by_role("alert")).to_be_visible()
        expect(page.get_by_role("alert")).to_contain_text("Too many")
        expect(page.get_by_role("alert")).to_contain_text("minute")
