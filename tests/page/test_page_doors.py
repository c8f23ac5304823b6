"""Ways in beside the front door: the description of the interface, and links on other sites."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Page, expect

from tests.servers import Server, web_server

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with web_server(tmp_path_factory.mktemp("doors"), ACCESS_PASSWORD=PASSWORD, OWNER_PER_BROWSER="true") as server:
        yield server


@pytest.fixture
def elsewhere(locked: Server) -> Iterator[str]:
    """The address of another site (to a browser, ``localhost`` is not ``127.0.0.1``) with a link and a form that lead to ours."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            form = f'<form method="post" action="{locked.url}/logout"><button>Sign them out</button></form>'
            self.wfile.write(f'<a href="{locked.url}/docs#/Tasks">a link</a>{form}'.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://localhost:{server.server_port}/"
    server.shutdown()
    server.server_close()


def sign_in(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/docs")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("/analyze_section").first).to_be_visible()


def test_the_description_of_the_interface_shows_under_the_strict_policy(page: Page, locked: Server) -> None:
    sign_in(page, locked)
    expect(page.get_by_text("OAS 3.1")).to_be_visible()
    page.locator(".opblock-summary-control", has_text="/queue_stats").click()
    expect(page.get_by_text("the same object in every mode").first).to_be_visible()


def test_a_link_on_another_site_leads_those_who_are_signed_in_to_its_very_place(page: Page, locked: Server, elsewhere: str) -> None:
    sign_in(page, locked)
    page.goto(elsewhere)
    page.get_by_text("a link").click()
    expect(page).to_have_url(f"{locked.url}/docs#/Tasks")
    expect(page.get_by_text("/analyze_section").first).to_be_visible()


def test_a_link_on_another_site_makes_nobody_a_new_owner(page: Page, locked: Server, elsewhere: str) -> None:
    sign_in(page, locked)
    page.goto(locked.url)
    expect(page.get_by_role("heading", name="Review a document")).to_be_visible()
    before = _owner(page)
    page.goto(elsewhere)
    page.get_by_text("a link").click()
    expect(page).to_have_url(f"{locked.url}/docs#/Tasks")
    page.goto(locked.url)
    expect(page.get_by_role("heading", name="Review a document")).to_be_visible()
    assert _owner(page) == before != ""


def test_another_site_cannot_sign_anybody_out(page: Page, locked: Server, elsewhere: str) -> None:
    sign_in(page, locked)
    page.goto(elsewhere)
    page.get_by_role("button", name="Sign them out").click()
    expect(page.locator("body")).to_contain_text("Another site made this request")
    page.goto(f"{locked.url}/docs")
    expect(page.get_by_text("/analyze_section").first).to_be_visible()


def _owner(page: Page) -> str:
    return next((cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "tenderline_owner"), "")
