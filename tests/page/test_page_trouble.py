"""What goes wrong is said in words, with what to do about it, and goes on by itself where it can.

The server's answers are written by hand here: these states are hard to bring about in a real one.
"""

from __future__ import annotations

import itertools
import json
import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Request, Route, expect

from tests.browser import analyze, upload, write_docx, write_text
from tests.servers import Server

TASK = "7f1c2f6e-4a4e-4f0a-9a55-2b6f1f3f0c11"


def answer(route: Route, body: dict[str, Any], status: int = 200, **headers: str) -> None:
    route.fulfill(status=status, headers={"Content-Type": "application/json", **headers}, body=json.dumps(body))


def refuse(route: Route, status: int, message: str, hint: str | None = None, **headers: str) -> None:
    error = {"code": "scripted", "message": message} | ({"hint": hint} if hint else {})
    answer(route, {"success": False, "error": error}, status, **headers)


def queued(route: Route) -> None:
    answer(route, {"success": True, "task_id": TASK, "status": "processing", "message": "Queued.", "async": True}, 202)


def status(state: str, words: str, **fields: Any) -> dict[str, Any]:
    known = {
        "task_id": TASK,
        "state": state,
        "status": words,
        "progress": 0,
        "ready": False,
        "operation": "analyze_section",
        "executor": "celery",
    }
    return {"success": True, **known, **fields}


def queue_the_analysis(page: Page, status: dict[str, Any]) -> dict[str, Any]:
    """Let Analyze be answered 202 and the task have this status; a test that changes what is returned changes the status."""
    page.route("**/analyze_section", queued)
    page.route(f"**/task_status/{TASK}", lambda route: answer(route, status))
    return status


def test_waiting_for_a_slot_counts_down_and_can_be_cancelled(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    asked: list[float] = []

    def waits(route: Route) -> None:
        asked.append(time.monotonic())
        answer(route, status("PENDING", "Waiting", eta_seconds=round(asked[0] + 90 - asked[-1], 1)))

    page.route("**/analyze_section", queued)
    page.route(f"**/task_status/{TASK}", waits)
    page.locator("#analyze").click()
    expect(page.locator(".progress-line")).to_contain_text("Waiting for a free start")
    expect(page.locator(".progress-line")).to_contain_text("starts in about 1 min")
    expect(page.locator(".countdown")).to_have_text(re.compile(r"^1\u00a0min \d+\u00a0s$"))
    expect(page.locator(".spine-link[aria-current]")).to_contain_text("waiting")

    def cancel(route: Route) -> None:
        page.unroute(f"**/task_status/{TASK}")
        page.route(f"**/task_status/{TASK}", lambda ask: answer(ask, status("REVOKED", "Cancelled", ready=True, successful=False)))
        answer(route, {"success": True, "task_id": TASK, "cancelled": True})

    page.route(f"**/cancel_task/{TASK}", cancel)
    page.locator("#cancel").click()
    expect(page.get_by_text("Cancelled. Nothing was changed.")).to_be_visible()


def test_a_queued_analysis_shows_status_and_progress_until_it_is_ready(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    task = queue_the_analysis(page, status("PROGRESS", "Checking part 1 of 4", progress=25))
    page.locator("#analyze").click()
    for part in (2, 3):
        task |= status("PROGRESS", f"Checking part {part} of 4", progress=25 * part)
        expect(page.locator(".progress-line")).to_contain_text(f"Checking part {part} of 4")
        expect(page.locator(".progress-line")).to_contain_text(f"{25 * part}\u00a0%")
    task |= status("SUCCESS", "Done", progress=100, ready=True, successful=True, result={"feedback_count": 0})
    expect(page.locator(".progress-line")).to_be_hidden()


def test_a_click_counts_although_the_button_is_drawn_anew_before_it_is_let_go(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    task = queue_the_analysis(page, status("PROGRESS", "Checking part 1 of 4", progress=25))

    def cancel(route: Route) -> None:
        task.update(status("REVOKED", "Cancelled", ready=True, successful=False))
        answer(route, {"success": True, "task_id": TASK, "cancelled": True})

    page.route(f"**/cancel_task/{TASK}", cancel)
    page.locator("#analyze").click()
    expect(page.locator(".progress-line")).to_contain_text("Checking part 1 of 4")
    page.locator("#cancel").hover()
    page.mouse.down()
    task |= status("PROGRESS", "Checking part 2 of 4", progress=50)
    expect(page.locator(".progress-line")).to_contain_text("Checking part 2 of 4")
    page.mouse.up()
    expect(page.get_by_text("Cancelled. Nothing was changed.")).to_be_visible()
    expect(page.locator("#analyze")).to_be_visible()


def test_a_retry_says_why_and_when(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    error = {"code": "temporarily_unavailable", "message": "Claude is overloaded."}
    queue_the_analysis(page, status("RETRY", "Trying again in about 30 s", eta_seconds=30.0, error=error))
    page.locator("#analyze").click()
    expect(page.locator(".progress-line")).to_contain_text("Claude is overloaded. It is tried again. starts in about")


def test_too_many_requests_count_down_and_start_by_themselves(page: Page, builtin: Server, tmp_path: Path) -> None:
    page.clock.install()
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    keys: list[str | None] = []

    def limited(route: Route, request: Request) -> None:
        keys.append(request.header_value("Idempotency-Key"))
        if len(keys) == 1:
            refuse(route, 429, "All starts of this minute are taken.", **{"Retry-After": "300"})
        else:
            refuse(route, 502, "The reviewer answered nonsense.", "Look at the log.")

    page.route("**/analyze_section", limited)
    page.locator("#analyze").click()
    expect(page.locator(".job-note")).to_contain_text("All starts of this minute are taken. Starts by itself in")
    expect(page.locator(".job-note .countdown")).to_contain_text("min")
    page.clock.fast_forward(300_000)
    expect(page.locator(".problem")).to_contain_text("The reviewer answered nonsense.")
    assert len(keys) == len(set(keys)) == 2


def test_the_countdown_to_a_new_try_can_be_cancelled(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.route("**/analyze_section", lambda route: refuse(route, 429, "All starts are taken.", **{"Retry-After": "600"}))
    page.locator("#analyze").click()
    expect(page.locator(".job-note .countdown")).to_contain_text("min")
    page.locator("#cancel").click()
    expect(page.get_by_text("Cancelled. Nothing was changed.")).to_be_visible()


def test_a_failed_analysis_says_what_to_do_and_is_tried_again(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    error = {"code": "upstream_error", "message": "Claude refused the request.", "hint": "Check the key."}
    queue_the_analysis(page, status("FAILURE", "Failed", ready=True, successful=False, error=error))
    page.locator("#analyze").click()
    expect(page.locator(".problem")).to_contain_text("Claude refused the request.")
    expect(page.locator(".problem")).to_contain_text("Check the key.")
    expect(page.locator(".spine-link[aria-current]")).to_contain_text("failed")
    page.locator("#try-again").click()
    expect(page.locator(".problem")).to_contain_text("Claude refused the request.")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator("#analyze")).to_have_text("Analyze")


def test_a_lost_post_is_sent_again_with_the_same_key(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    keys: list[str | None] = []

    def lost_at_first(route: Route, request: Request) -> None:
        keys.append(request.header_value("Idempotency-Key"))
        if len(keys) == 1:
            route.abort("connectionreset")
        else:
            refuse(route, 502, "Enough.")

    page.route("**/analyze_section", lost_at_first)
    page.locator("#analyze").click()
    expect(page.locator(".problem")).to_contain_text("Enough.")
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_a_proxy_that_answers_html_is_reported_in_words(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.route("**/analyze_section", lambda route: route.fulfill(status=504, content_type="text/html", body="<h1>Gateway</h1>"))
    page.locator("#analyze").click()
    expect(page.locator(".problem")).to_contain_text("The server answered with an error (504).")
    expect(page.locator(".problem")).not_to_contain_text("<h1>")


def test_leaving_a_section_in_mid_answer_is_no_failure(page: Page, builtin: Server, tmp_path: Path) -> None:
    session = upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.evaluate(
        """() => {
          const { fetch } = window;
          window.fetch = async (path, options) => {
            if (path !== "/get_section_content") return fetch(path, options);
            const cut = (stream) => options.signal.addEventListener("abort", () => stream.error(options.signal.reason));
            return new Response(new ReadableStream({ start: cut })); // the headers are here, the body never ends
          };
        }"""
    )
    page.goto(f"{builtin.url}/#/{session}/1")
    expect(page.locator("#section-title")).to_have_text("Scope of supply")
    page.goto(f"{builtin.url}/#/{session}/77")
    expect(page.get_by_text("This document has no such section.")).to_be_visible()
    expect(page.get_by_text("could not be loaded")).to_have_count(0)


def test_a_question_is_answered_without_a_stream_too(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    result = {"response": "The document doesn't say.", "sources": [], "found": False, "duration": 1}
    page.route("**/chat", queued)
    steps = itertools.chain(
        [status("PROGRESS", "Answering", partial="The document") for _ in range(3)],
        itertools.repeat(status("SUCCESS", "", ready=True, successful=True, result=result)),
    )
    page.route(f"**/task_status/{TASK}", lambda route: answer(route, next(steps)))
    page.locator("#tab-chat").click()
    page.get_by_label("Ask about this document").fill("Who won?")
    page.get_by_role("button", name="Ask", exact=True).click()
    expect(page.locator(".from-reviewer")).to_contain_text("The document doesn't say.")
    expect(page.locator(".from-reviewer")).to_contain_text("Not in the document")


def test_a_question_over_the_limit_says_when_the_next_is_free(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.route("**/chat", lambda route: refuse(route, 429, "All starts of this minute are taken.", **{"Retry-After": "40"}))
    page.locator("#tab-chat").click()
    page.get_by_label("Ask about this document").fill("Who won?")
    page.keyboard.press("Enter")
    expect(page.locator("#chat-log")).to_contain_text("All starts of this minute are taken.")
    expect(page.locator("#chat-log")).to_contain_text("The next question is free in")
    page.unroute("**/chat")
    page.locator("#ask-again").click()
    expect(page.locator(".from-reviewer")).to_have_count(1)


def test_files_that_cannot_be_read_are_refused_before_they_are_sent(page: Page, builtin: Server, tmp_path: Path) -> None:
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(builtin.url)
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(26 * 1024 * 1024)
    for path, words in (
        (large, "25\u00a0MB is the most"),
        (write_text(tmp_path / "old.doc", "x"), "Old Word files"),
        (write_text(tmp_path / "sheet.xlsx", "x"), "of a type that can't be read"),
        (write_text(tmp_path / "empty.txt", ""), "is empty"),
    ):
        page.set_input_files("#file", str(path))
        expect(page.locator(".problem")).to_contain_text(words)
    assert not [url for url in sent if url.endswith("/upload")]


def test_a_file_the_server_refuses_is_explained_with_a_hint(page: Page, builtin: Server, tmp_path: Path) -> None:
    page.goto(builtin.url)
    page.set_input_files("#file", str(write_text(tmp_path / "broken.docx", "this is no Word file")))
    expect(page.locator(".problem-title")).to_have_text("broken.docx was not opened")
    expect(page.locator(".problem-hint")).not_to_be_empty()
    expect(page.locator("#file")).to_be_attached()


def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(page: Page, builtin: Server, tmp_path: Path) -> None:
    page.goto(builtin.url)
    page.route("**/upload", lambda route: None)  # never answered
    page.set_input_files("#file", str(write_docx(tmp_path / "tender.docx")))
    expect(page.locator(".intake-busy")).to_contain_text("tender.docx")
    expect(page.locator(".intake-busy progress")).to_be_visible()
    page.locator("#cancel-upload").click()
    expect(page.locator(".intake-busy")).to_be_hidden()
    expect(page.get_by_text("Choose a document")).to_be_visible()


def test_a_document_dropped_anywhere_is_uploaded(page: Page, builtin: Server) -> None:
    page.goto(builtin.url)
    expect(page.locator("#intake")).not_to_be_empty()
    page.evaluate(
        """() => {
          const data = new DataTransfer();
          data.items.add(new File(["A dropped text about gravel."], "dropped.txt", { type: "text/plain" }));
          for (const name of ["dragenter", "dragover", "drop"]) {
            document.querySelector("footer").dispatchEvent(new DragEvent(name, { dataTransfer: data, bubbles: true, cancelable: true }));
          }
        }"""
    )
    expect(page.locator("#reading")).to_contain_text("A dropped text about gravel.")
    expect(page.locator("#drop")).to_be_hidden()


def test_a_document_that_takes_long_is_followed_until_it_is_read(page: Page, builtin: Server, tmp_path: Path) -> None:
    session = upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.goto("about:blank")
    unread = [True]
    task = {"task_id": TASK, "operation": "parse_document", "state": "PROGRESS", "section_index": None}

    def parsing_at_first(route: Route) -> None:
        if unread:
            answer(
                route, {"success": True, "session_id": session, "document_name": "tender.docx", "state": "parsing", "active_tasks": [task]}
            )
        else:
            route.continue_()

    page.route(f"**/sessions/{session}", parsing_at_first)
    page.route(f"**/task_status/{TASK}", lambda route: answer(route, status("PROGRESS", "Reading page 7 of 9", progress=77)))
    page.goto(f"{builtin.url}/#/{session}")
    expect(page.locator("#interim")).to_contain_text("Reading page 7 of 9")
    unread.clear()
    expect(page.locator("#section-title")).to_have_text("Invitation to bid")


def test_a_document_that_could_not_be_read_says_why(page: Page, builtin: Server) -> None:
    error = {"code": "invalid", "message": "The file holds pictures of text only.", "hint": "Run text recognition first."}
    body = {"success": True, "session_id": TASK, "document_name": "scan.pdf", "state": "failed", "error": error, "sections": []}
    page.route(f"**/sessions/{TASK}", lambda route: answer(route, body))
    page.goto(f"{builtin.url}/#/{TASK}/0")
    expect(page.locator("#interim")).to_contain_text("This document could not be read")
    expect(page.locator("#interim")).to_contain_text("Run text recognition first.")


def test_the_mode_is_told_in_words(page: Page, builtin: Server) -> None:
    real = page.request.get(f"{builtin.url}/queue_stats").json()
    current: dict[str, Any] = {}
    page.route("**/queue_stats", lambda route: answer(route, real | current))
    for stats, words in (
        ({"available": True, "mode": "celery", "broker": "up", "workers": 2}, "Queue: 2 workers"),
        ({"available": False, "mode": "inline", "broker": "down", "workers": 0}, "Queue unreachable – working directly"),
        ({"available": False, "mode": "inline", "broker": "up", "workers": 0}, "No worker – working directly"),
        ({"available": False, "mode": "background", "broker": "none", "workers": 0}, "Working in the background"),
        ({"available": False, "mode": "inline", "broker": "none", "workers": 0}, "Working directly"),
    ):
        current = stats
        page.goto("about:blank")
        page.goto(builtin.url)
        expect(page.locator("#mode")).to_have_text(words)


def test_being_signed_out_is_said_and_leads_to_the_login(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.route("**/analyze_section", lambda route: refuse(route, 401, "Please sign in."))
    page.locator("#analyze").click()
    expect(page.get_by_role("alert")).to_contain_text("You are signed out")
    expect(page.get_by_role("link", name="Sign in again")).to_have_attribute("href", "/login")


def test_an_analysis_after_trouble_works_as_ever(page: Page, builtin: Server, tmp_path: Path) -> None:
    upload(page, builtin, write_docx(tmp_path / "tender.docx"))
    page.route("**/analyze_section", lambda route: refuse(route, 503, "Not now."))
    page.locator("#analyze").click()
    expect(page.locator("#try-again")).to_be_visible()
    page.unroute("**/analyze_section")
    page.locator("#try-again").click()
    expect(page.locator("#analyze")).to_have_text("Analyze again")
    analyze(page)
