"""A document is reviewed through a queue: the real server, the real worker command, a real Redis, Claude's wire."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.claude_wire import Llmock, finding, start_llmock
from tests.documents import procurement_report
from tests.http_client import Caller
from tests.servers import Server, start_web
from tests.services import Redis, bare_environment, kill_tree, wait_for

pytestmark = [pytest.mark.redis, pytest.mark.worker]
LIMIT = 3


@dataclass
class Stack:
    """Web server, worker, Redis and Claude, each of which can be taken away."""

    folder: Path
    claude: Llmock
    redis: Redis
    settings: dict[str, str]
    web: Server
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def caller(self) -> Caller:
        return Caller(self.web.url)

    def start_worker(self) -> None:
        """``make worker``, in a process group of its own."""
        environment = bare_environment(self.folder) | self.settings | {"DATA_DIR": str(self.folder / "data")}
        with (self.folder / "worker.log").open("ab") as log:
            command = [sys.executable, "-m", "tenderline.worker"]
            self.workers.append(subprocess.Popen(command, cwd=self.folder, env=environment, stdout=log, stderr=log, start_new_session=True))

    def kill_worker(self) -> None:
        """kill -9 of the launcher, both pools, their children and keepers at once."""
        worker = self.workers.pop()
        kill_tree(worker.pid)
        worker.wait()

    def mend(self) -> None:
        """Whatever a test took away is there again, and work goes to the worker."""
        if not self.redis.running:
            self.redis.start()
        self.redis.resume()
        self.workers = [worker for worker in self.workers if worker.poll() is None]
        if not self.workers:
            self.start_worker()
        wait_for(lambda: self.caller.get("/queue_stats")[1]["available"], "work to go to the worker", 60)
        self.claude.mock.reset()
        self.claude.at_full_speed()

    def close(self) -> None:
        for worker in self.workers:
            worker.terminate()
            worker.wait(timeout=90)
        self.web.stop()
        self.redis.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    redis = Redis(folder)
    redis.start()
    with start_llmock() as claude:
        settings = {
            "REDIS_URL": redis.url,
            "RATE_LIMIT_WINDOW": "4",
            "RETRY_BASE": "0.1",
            "ANALYSIS_RATE_LIMIT": str(LIMIT),
            "CHAT_RATE_LIMIT": "1000",  # questions are asked over and over until they are answered elsewhere
            **claude.env(),
        }
        stack = Stack(folder, claude, redis, settings, start_web(folder, **settings))
        yield stack
        stack.close()


@pytest.fixture
def stack(shared: Stack) -> Stack:
    shared.mend()
    return shared


@pytest.fixture(scope="module")
def session(shared: Stack) -> tuple[str, list[str]]:
    """An uploaded report: its id and its sections."""
    uploaded = shared.caller.upload(procurement_report(shared.folder / "report.docx"))
    return uploaded["session_id"], uploaded["sections"]


def quote_of(stack: Stack, session_id: str, section: str) -> str:
    content = stack.caller.post("/get_section_content", {"session_id": session_id, "section_name": section})[1]["content"]
    return " ".join(content.split("\n")[0].split()[:4])


def press(stack: Stack, session_id: str, section: str, **headers: str) -> tuple[int, dict]:
    """Analyze, again."""
    return stack.caller.post("/analyze_section", {"session_id": session_id, "section_name": section, "force": True}, **headers)


def test_a_click_is_queued_and_its_findings_arrive(stack: Stack, session: tuple[str, list[str]]) -> None:
    session_id, sections = session
    quote = quote_of(stack, session_id, sections[1])
    stack.claude.script_review(quote)
    status, queued = press(stack, session_id, sections[1])
    assert (status, queued["async"], queued["status"]) == (202, True, "processing")
    ended = stack.caller.follow(queued["task_id"])
    assert (ended["state"], ended["executor"], ended["progress"]) == ("SUCCESS", "celery", 100)
    assert [item["quote"] for item in ended["result"]["result"]["feedback_items"]] == [quote]
    stored = stack.caller.post("/get_section_content", {"session_id": session_id, "section_name": sections[1]})[1]["findings"]
    assert [item["quote"] for item in stored] == [quote]


def test_what_may_not_start_yet_says_for_how_long_and_starts_then(stack: Stack, session: tuple[str, list[str]]) -> None:
    session_id, sections = session
    stack.claude.script_review(quote_of(stack, session_id, sections[0]), times=LIMIT + 2)
    pressed = [press(stack, session_id, section)[1]["task_id"] for section in sections[: LIMIT + 2]]
    waiting = wait_for(lambda: [s for s in map(stack.caller.status, pressed) if s.get("eta_seconds", 0) > 0], "a task to wait for a start")
    assert "about" in waiting[-1]["status"]
    assert all(stack.caller.follow(task_id)["state"] == "SUCCESS" for task_id in pressed)


def test_a_whole_document_is_one_task_within_the_limits_and_on_the_bill(stack: Stack) -> None:
    path = stack.folder / "three.md"
    path.write_text("# One\n\nYou must pay.\n\n# Two\n\nThey must go.\n\n# Three\n\nAll must agree.\n")
    session_id = stack.caller.upload(path)["session_id"]
    covered = {"check_id": "C01", "state": "met", "note": "It does.", "places": [{"section": 1, "quote": "You must pay", "before": ""}]}
    reply = {"findings": [finding("must")], "coverage": [covered]}  # reads as a review of a section and as a survey without findings
    stack.claude.script_reply(json.dumps(reply), times=4)
    before = stack.caller.get("/usage")[1]["today"]["output_tokens"]
    task_id = stack.caller.post("/analyze_document", {"session_id": session_id})[1]["task_id"]
    seen = set()

    def ended() -> bool:
        status = stack.caller.status(task_id)
        seen.add(status["status"])
        return bool(status["ready"])

    wait_for(ended, "the whole document to be reviewed", 60)
    done = stack.caller.status(task_id)
    assert (done["state"], done["executor"]) == ("SUCCESS", "celery")
    assert done["result"]["sections"] == {"done": 3, "failed": 0, "total": 3}
    assert any(" of 3 sections" in words for words in seen)
    shown = stack.caller.get(f"/sessions/{session_id}")[1]
    assert [section["findings"] for section in shown["sections"]] == [1, 1, 1]
    whole = stack.caller.get(f"/sessions/{session_id}/document")[1]
    assert [(check["state"], len(check["places"])) for check in whole["coverage"][:2]] == [("met", 1), ("unclear", 0)]
    today = stack.caller.get("/usage")[1]["today"]
    assert today["output_tokens"] > before
    assert (today["unpriced"], today["cost_usd"] > 0) == (0, True)


def test_a_waiting_and_a_streaming_task_are_cancelled(stack: Stack, session: tuple[str, list[str]]) -> None:
    session_id, sections = session
    stack.claude.script_slow_review(quote_of(stack, session_id, sections[1]))
    streaming = press(stack, session_id, sections[1])[1]["task_id"]
    stack.caller.under_way(streaming)
    others = [press(stack, session_id, section)[1]["task_id"] for section in sections[2 : 2 + LIMIT + 1]]
    for task_id in [*others, streaming]:
        assert stack.caller.post(f"/cancel_task/{task_id}")[1]["cancelled"]
    assert {stack.caller.follow(task_id)["state"] for task_id in [*others, streaming]} <= {"REVOKED", "SUCCESS", "FAILURE"}
    assert stack.caller.status(streaming)["state"] == "REVOKED"
    assert stack.caller.post(f"/cancel_task/{streaming}")[1]["cancelled"] is False


def test_a_429_of_claude_is_waited_for_as_long_as_it_says(stack: Stack, session: tuple[str, list[str]]) -> None:
    session_id, sections = session
    quote = quote_of(stack, session_id, sections[1])
    stack.claude.script_rate_limit(2)
    stack.claude.script_review(quote)
    ended = stack.caller.follow(press(stack, session_id, sections[1])[1]["task_id"])
    assert ended["state"] == "SUCCESS", ended
    assert ended["attempts"] == 2
    assert ended["started_at"] - ended["created_at"] >= 2


def ask(stack: Stack, session_id: str) -> tuple[int, dict]:
    stack.claude.script_reply("It is in the report.")
    return stack.caller.post("/chat", {"session_id": session_id, "message": "What is the total?"})


def answered(stack: Stack, session_id: str) -> str:
    """Ask, follow to the answer; where it was made."""
    status, body = ask(stack, session_id)
    if status == 200:
        assert body["response"]
        return "inline"
    assert status == 202, body
    ended = stack.caller.follow(body["task_id"])
    assert ended["state"] == "SUCCESS", ended
    return ended["executor"]


def test_redis_killed_in_mid_use_costs_no_click(stack: Stack, session: tuple[str, list[str]]) -> None:
    assert answered(stack, session[0]) == "celery"
    stack.redis.kill()
    assert answered(stack, session[0]) == "inline"
    stack.redis.start()
    wait_for(lambda: answered(stack, session[0]) == "celery", "work to go to the worker again")


def test_redis_stopped_in_mid_use_costs_no_click(stack: Stack, session: tuple[str, list[str]]) -> None:
    stack.redis.pause()
    assert answered(stack, session[0]) == "inline"
    assert stack.caller.get("/queue_stats")[0] == 200


def test_a_killed_worker_costs_no_click(stack: Stack, session: tuple[str, list[str]]) -> None:
    stack.kill_worker()
    assert answered(stack, session[0]) in ("background", "inline", "celery")
    wait_for(lambda: answered(stack, session[0]) == "inline", "the worker's absence to be seen")
    stack.start_worker()
    wait_for(lambda: answered(stack, session[0]) == "celery", "work to go to the worker again", 60)


def test_a_repeated_post_joins_the_first(stack: Stack, session: tuple[str, list[str]]) -> None:
    session_id, sections = session
    stack.claude.script_review(quote_of(stack, session_id, sections[1]))
    key = str(uuid.uuid4())
    bodies: list[dict] = []
    threads = [
        threading.Thread(target=lambda: bodies.append(press(stack, session_id, sections[1], Idempotency_Key=key)[1])) for _ in range(6)
    ]
    before = len(stack.claude.requests)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {body["task_id"] for body in bodies} == {key}
    assert stack.caller.follow(key)["state"] == "SUCCESS"
    assert len(stack.claude.requests) == before + 1


def test_a_question_is_streamed_from_the_worker(stack: Stack, session: tuple[str, list[str]]) -> None:
    stack.claude.script_reply("Word after word after word.")
    body = f'{{"session_id": "{session[0]}", "message": "What is the total?"}}'.encode()
    headers = {"Content-Type": "application/json", "Accept": "text/event-stream"}
    request = urllib.request.Request(f"{stack.web.url}/chat", body, headers)
    with urllib.request.urlopen(request, timeout=60) as events:
        text = events.read().decode()
    assert "Word after word" in text
    assert text.rstrip().splitlines()[-2] == "event: done"


def test_the_worker_command_ends_in_an_orderly_way(stack: Stack) -> None:
    worker = stack.workers.pop()
    worker.terminate()
    assert worker.wait(timeout=90) == 0
    assert stack.caller.get("/queue_stats")[1]["workers"] == 0


def test_a_worker_command_that_is_killed_leaves_no_worker_behind(stack: Stack) -> None:
    worker = stack.workers.pop()
    worker.kill()
    worker.wait()
    wait_for(lambda: stack.caller.get("/queue_stats")[1]["workers"] == 0, "both pools to end")
