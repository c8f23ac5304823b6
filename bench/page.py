"""The page with a large review: 1,000 findings are filtered and scrolled, 200 sections opened."""

from __future__ import annotations

import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.measure import Line, timed
from tests.browser import session_in, upload, write_docx
from tests.servers import Server, start_web

FINDINGS = 1000
SECTIONS = 200
SCROLLS = 150
CATEGORIES = ("References", "Clarity", "Dates and deadlines", "Competition")
RISKS = ("High", "Medium", "Low")

_DRAWN = "await new Promise((done) => requestAnimationFrame(() => { const after = new MessageChannel();"
_DRAWN += " after.port1.onmessage = done; after.port2.postMessage(0); }));"
"""Waits until what was changed has been laid out and painted."""


def run() -> list[Line]:
    """The page's figures; goals are those of a machine with nothing else to do."""
    folder = Path(tempfile.mkdtemp(prefix="bench-page-"))
    server = start_web(folder, OWNER_PER_BROWSER="true")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
            try:
                return _measure(browser.new_page(viewport={"width": 1440, "height": 900}), server, folder)
            finally:
                browser.close()
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(page: Page, server: Server, folder: Path) -> list[Line]:
    parts = tuple((f"Clause {number}", 1, (f"The supplier keeps record {number} for ten years.",)) for number in range(SECTIONS))
    upload(page, server, write_docx(folder / "large.docx", parts))
    session = session_in(page)
    for number in range(FINDINGS):
        body = {
            "session_id": session,
            "section_name": f"Clause {number % SECTIONS}",
            "description": f"Finding {number}: something is not as it should be, told in a sentence of the usual length.",
            "suggestion": "Say which is meant, and where it stands.",
            "category": CATEGORIES[number % len(CATEGORIES)],
            "risk_level": RISKS[number % len(RISKS)],
            "quote": "The supplier keeps record",
        }
        answer = page.request.post(f"{server.url}/add_custom_feedback", data=body)
        assert answer.ok, answer.text()
    opened = timed(lambda: _open(page, f"{server.url}/#/{session}/0?show=all"))
    filters = [
        _painted(page, f"document.getElementById('{name}').click();") for name in ("only-High", "only-High", "only-Low", "only-Low") * 3
    ]
    scrolls = [_painted(page, "document.getElementById('findings').scrollTop += 700;") for _ in range(SCROLLS)]
    cpu = _main_thread(page, lambda: _painted(page, "document.getElementById('only-Medium').click();"))
    return [
        Line(f"open a document with {FINDINGS:,} findings in {SECTIONS} sections", opened, "ms"),
        Line("filter them, median", statistics.median(filters), "ms", goal=100),
        Line("filter them, slowest of 12", max(filters), "ms", goal=100),
        Line("scroll them, median", statistics.median(scrolls), "ms", goal=100),
        Line("scroll them, 95 of 100 steps", statistics.quantiles(scrolls, n=20)[-1], "ms", goal=100),
        Line("filter them, processor time of the page", cpu, "ms"),
    ]


def _open(page: Page, url: str) -> None:
    page.goto("about:blank")
    page.goto(url)
    page.locator(".card").first.wait_for()


def _painted(page: Page, script: str) -> float:
    """Milliseconds from a change until it is painted."""
    measured = page.evaluate(f"async () => {{ const begun = performance.now(); {script} {_DRAWN} return performance.now() - begun; }}")
    return float(measured)


def _main_thread(page: Page, action: Callable[[], object]) -> float:
    """Milliseconds of processor time that the page's main thread needs for something."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")) * 1000

    before = spent()
    action()
    return spent() - before
