"""Chromium and the web servers that the tests of the page share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, expect

from tests.claude_wire import Llmock, start_llmock
from tests.servers import Server, web_server

PATIENCE = 90_000
"""ms for whatever a page waits for: it costs nothing where things are quick, and a busy machine is no fault of the page."""

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
    if path is None:
        pytest.skip("needs a Chromium: apt-get install chromium")
    return {"executable_path": path, "args": ["--no-sandbox"]}


@pytest.fixture(scope="session")
def browser_context_args() -> dict[str, Any]:
    return {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}


@pytest.fixture
def page(page: Page) -> Iterator[Page]:
    """A tab in which no script fails and nothing is refused by the content security policy."""
    faults: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    page.context.set_default_timeout(PATIENCE)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", hear)
    yield page
    assert faults == []


@pytest.fixture(scope="session")
def builtin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The application as it comes: no key, no queue. Each browser has a desk of its own."""
    with web_server(tmp_path_factory.mktemp("builtin"), OWNER_PER_BROWSER="true") as server:
        yield server


@pytest.fixture(scope="session")
def _claude() -> Iterator[Llmock]:
    with start_llmock() as claude:
        yield claude


@pytest.fixture(scope="session")
def _claude_server(_claude: Llmock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = {"OWNER_PER_BROWSER": "true", "ANALYSIS_RATE_LIMIT": "0", "CHAT_RATE_LIMIT": "0", "TEST_RATE_LIMIT": "0"}
    with web_server(tmp_path_factory.mktemp("claude"), **settings, **_claude.env()) as server:
        yield server


@pytest.fixture
def claude(_claude: Llmock) -> Iterator[Llmock]:
    """What answers in place of Anthropic's API; scripts of a test end with it."""
    yield _claude
    _claude.let_go()
    _claude.at_full_speed()
    _claude.mock.reset()


@pytest.fixture
def reviewed(claude: Llmock, _claude_server: Server) -> Server:
    """The application with Claude as its reviewer, so that a test says what is found and how long it takes."""
    return _claude_server
