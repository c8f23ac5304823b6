"""The same page with a queue behind it: a real Redis and the real worker command, which come and go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import analyze, open_section, upload, write_docx
from tests.claude_wire import Llmock
from tests.servers import Server, start_web
from tests.services import Redis, bare_environment

pytestmark = [pytest.mark.redis, pytest.mark.worker]

WINDOW = 20.0


class Workers:
    """``make worker``: started, and killed without a goodbye."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        self._folder = folder
        self._environment = bare_environment(folder) | settings | {"DATA_DIR": str(folder / "data")}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", "tenderline.worker"]
            self._process = subprocess.Popen(
                command, cwd=self._folder, env=self._environment, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None


@pytest.fixture
def queued(claude: Llmock, tmp_path: Path) -> Iterator[tuple[Server, Workers]]:
    """The application with Redis and workers; one analysis may start in ``WINDOW`` seconds."""
    redis = Redis(tmp_path)
    redis.start()
    settings = {"REDIS_URL": redis.url, "ANALYSIS_RATE_LIMIT": "1", "RATE_LIMIT_WINDOW": str(WINDOW), **claude.env()}
    workers = Workers(tmp_path, settings)
    server = start_web(tmp_path, **settings)
    try:
        workers.start()
        yield server, workers
    finally:
        workers.kill()
        server.stop()
        redis.stop()


def test_work_goes_through_the_queue_waits_for_its_turn_and_goes_on_without_it(
    page: Page, queued: tuple[Server, Workers], claude: Llmock, tmp_path: Path
) -> None:
    server, workers = queued
    upload(page, server, write_docx(tmp_path / "tender.docx"))
    expect(page.locator("#mode")).to_contain_text("Queue: ")
    expect(page.locator("#queue")).to_contain_text("1 of 1 starts free")

    claude.script_review("road materials")
    with page.expect_response("**/analyze_section") as answered:
        page.locator("#analyze").click()
    assert answered.value.status == 202
    expect(page.locator("mark.finding")).to_have_text("road materials")

    claude.script_review("Appendix Q")
    open_section(page, "Scope of supply")
    page.locator("#analyze").click()
    open_section(page, "Price")
    page.locator("#analyze").click()
    expect(page.locator(".progress-line")).to_contain_text("Waiting for a free start")
    expect(page.locator(".progress-line .countdown")).to_contain_text("s")
    page.locator("#cancel").click()
    expect(page.get_by_text("Cancelled. Nothing was changed.")).to_be_visible()
    open_section(page, "Scope of supply")
    expect(page.locator("mark.finding")).to_have_text("Appendix Q")

    workers.kill()
    expect(page.locator("#mode")).to_have_text("No worker – working directly")
    expect(page.locator("#queue")).to_contain_text("1 of 1 starts free")
    claude.script_review("general conditions")
    open_section(page, "Contract terms")
    with page.expect_response("**/analyze_section") as answered:
        analyze(page)
    assert answered.value.status == 200
    expect(page.locator("mark.finding")).to_have_text("general conditions")

    workers.start()
    expect(page.locator("#mode")).to_contain_text("Queue: ")
