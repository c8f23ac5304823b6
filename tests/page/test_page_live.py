"""States arrive by a socket; where there is none, the page polls, and nobody sees the difference."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, WebSocket, WebSocketRoute, expect

from tests.browser import open_section, upload, write_docx
from tests.claude_wire import Llmock
from tests.http_client import Caller
from tests.servers import Server
from tests.services import wait_for

SOCKET = "**/ws/tasks/status/"


class Traffic:
    """What a page asks for, which sockets it opens and what these tell it, from now on."""

    def __init__(self, page: Page) -> None:
        self.polls: list[str] = []
        self.sockets: list[WebSocket] = []
        self.told: list[str | bytes] = []
        page.on("request", self._hear)
        page.on("websocket", self._listen)

    def _hear(self, request: Request) -> None:
        if "/task_status/" in request.url:
            self.polls.append(request.url)

    def _listen(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framereceived", lambda words: self.told.append(words))

    def through(self, socket: WebSocketRoute) -> None:
        """Lead a socket of the page to the server, and hear what that says."""

        def pass_on(words: str | bytes) -> None:
            self.told.append(words)
            socket.send(words)

        socket.connect_to_server().on_message(pass_on)


def begin(page: Page, server: Server, folder: Path) -> Traffic:
    """Open a document, start its analysis and follow it from a page that was loaded anew, so that no open request says how it ends;
    what went over the wire since then."""
    upload(page, server, write_docx(folder / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator("#queue")).to_contain_text("1 running")
    traffic = Traffic(page)
    page.reload()
    expect(page.locator("#cancel")).to_be_visible()
    return traffic


def until_told(page: Page, traffic: Traffic) -> None:
    """Wait until a socket has said something: a page that waited for that asks by itself meanwhile."""
    wait_for(lambda: page.evaluate("1") and traffic.told, "the socket to tell of the task")


def seen_to_its_end(page: Page, claude: Llmock) -> None:
    claude.let_go()
    expect(page.locator("mark.finding")).to_have_text("road materials")
    expect(page.locator("#analyze")).to_have_text("Analyze again")


def test_with_a_socket_nothing_is_polled(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    traffic = begin(page, reviewed, tmp_path)
    until_told(page, traffic)
    traffic.polls.clear()
    expect(page.locator(".progress-share")).to_contain_text("%")
    seen_to_its_end(page, claude)
    assert traffic.polls == []
    assert not traffic.sockets[-1].is_closed()
    assert traffic.sockets[-1].url == f"{reviewed.url.replace('http', 'ws')}/ws/tasks/status/"


def test_where_a_proxy_lets_no_socket_through_the_page_polls(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    page.route_web_socket(SOCKET, lambda socket: socket.close())
    traffic = begin(page, reviewed, tmp_path)
    seen_to_its_end(page, claude)
    assert traffic.polls


def test_where_a_proxy_swallows_the_socket_the_page_polls(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    page.route_web_socket(SOCKET, lambda _: None)  # it opens, and says nothing for good
    traffic = begin(page, reviewed, tmp_path)
    seen_to_its_end(page, claude)
    assert traffic.polls


def test_a_socket_cut_in_mid_task_costs_nothing_to_see(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    traffic = Traffic(page)
    opened: list[WebSocketRoute] = []

    def pass_on_the_first(socket: WebSocketRoute) -> None:
        opened.append(socket)
        if len(opened) == 1:
            traffic.through(socket)
        else:
            socket.close()

    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator("#queue")).to_contain_text("1 running")
    page.route_web_socket(SOCKET, pass_on_the_first)
    page.reload()
    expect(page.locator("#cancel")).to_be_visible()
    until_told(page, traffic)
    expect(page.locator(".progress-share")).to_contain_text("%")
    watch_for_flicker(page)
    traffic.polls.clear()
    opened[0].close(code=1011)
    wait_for(lambda: page.evaluate("1") and traffic.polls, "the page to ask by itself")
    wait_for(lambda: page.evaluate("1") and len(opened) > 1, "another try")
    seen_to_its_end(page, claude)
    assert page.evaluate("window.flickered") is False


def watch_for_flicker(page: Page) -> None:
    """Note whether the line of progress disappears or goes back before the findings are there."""
    page.evaluate(
        """() => {
          window.flickered = false;
          let last = 0;
          new MutationObserver(() => {
            if (document.querySelector("mark.finding")) return;
            const bar = document.querySelector(".work progress, .progress-line progress");
            if (!bar && document.querySelector("#cancel")) window.flickered = true;
            if (bar && bar.hasAttribute("value")) {
              if (bar.value < last) window.flickered = true;
              last = bar.value;
            }
          }).observe(document.body, { childList: true, subtree: true, attributes: true });
        }"""
    )


def test_a_page_that_is_told_to_poll_does_and_stays_away(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    tried: list[WebSocketRoute] = []

    def send_away(socket: WebSocketRoute) -> None:
        tried.append(socket)
        socket.send('{"success": false, "poll": true, "error": {"code": "unavailable", "message": "All taken.", "retry_after": 600}}')
        socket.close(code=1013)

    page.route_web_socket(SOCKET, send_away)
    traffic = begin(page, reviewed, tmp_path)
    open_section(page, "Price")
    open_section(page, "Invitation to bid")
    seen_to_its_end(page, claude)
    assert traffic.polls
    assert len(tried) <= 2  # one before the reload, one after it


def test_a_socket_that_comes_back_ends_the_polling(page: Page, reviewed: Server, claude: Llmock, tmp_path: Path) -> None:
    claude.script_held_review("road materials")
    traffic = Traffic(page)
    first: list[WebSocketRoute] = []

    def refuse_the_first(socket: WebSocketRoute) -> None:
        if first:
            traffic.through(socket)
        else:
            first.append(socket)
            socket.close()

    upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.locator("#analyze").click()
    expect(page.locator("#queue")).to_contain_text("1 running")
    page.route_web_socket(SOCKET, refuse_the_first)
    page.reload()
    wait_for(lambda: page.evaluate("1") and traffic.polls, "the page to poll")
    until_told(page, traffic)
    as_it_was = page.request.get(traffic.polls[-1]).json()
    page.route("**/task_status/**", lambda route: route.fulfill(json=as_it_was))  # so that only the socket can tell of the end
    page.locator("#cancel").click()
    expect(page.get_by_text("Cancelled. Nothing was changed.")).to_be_visible()


def test_a_task_that_is_gone_is_not_waited_for(page: Page, reviewed: Server, tmp_path: Path) -> None:
    session = upload(page, reviewed, write_docx(tmp_path / "tender.docx"))
    page.evaluate(f"""sessionStorage.setItem("tenderline.tasks", JSON.stringify({{"{session}/0": "{uuid.uuid4()}"}}))""")
    asked: list[Route] = []
    page.route("**/task_status/**", lambda route: asked.append(route), times=1)
    page.reload()
    expect(page.locator("#cancel")).to_be_visible()
    wait_for(lambda: page.evaluate("1") and asked, "the page to ask for the task")
    for route in asked:
        route.continue_()
    expect(page.locator("#analyze")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/#/tasks"])
def test_a_page_without_work_holds_no_place(page: Page, builtin: Server, path: str) -> None:
    traffic = Traffic(page)
    page.goto(builtin.url + path)
    expect(page.locator("#mode")).to_contain_text("Working directly")
    expect(page.locator("#start" if path == "/" else "#tasks")).to_be_visible()
    if path == "/":
        assert traffic.sockets == []
    else:
        wait_for(lambda: page.evaluate("1") and traffic.sockets, "the tasks page to open a socket")
    assert Caller(builtin.url).get("/health")[0] == 200
