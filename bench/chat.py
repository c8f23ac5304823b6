"""How soon the words of an answer reach the reader after the model has said the first of them: on the stream, the socket and when polling.

The stand-in for Claude says a few words and then nothing more: what is measured is words on their way, never the end of the task.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from bench.measure import Line
from tests.claude_wire import KEY, Turn, WireServer
from tests.http_client import Caller
from tests.servers import start_web
from tests.services import Redis, Worker, wait_for

TIMES = 12
POLL = 1.0
"""Seconds between two looks of a page that polls, at its slowest."""
DOCUMENT = "# Price\n\nThe price is 10,000 euros. The price is final.\n"
WORDS = "The price is final, says the section on the price, and so it is."


class Speaking(WireServer):
    """A stand-in for Claude that knows when it was asked, which is when it begins to speak."""

    spoke_at = 0.0

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.spoke_at = time.monotonic()
        super()._answer(handler, body)


def run() -> list[Line]:
    """In the web process and on a worker."""
    lines = []
    for name, queued in (("in the web process", False), ("on a worker", True)):
        with _desk(queued) as (claude, caller, session):
            took = [_measure(claude, caller, session, way) for way in (_streamed, _pushed, _polled) for _ in range(TIMES)]
        for at, (way, goal) in enumerate((("stream", 0.5), ("socket", 0.5), ("polling once a second", 1.2))):
            seconds = took[at * TIMES : (at + 1) * TIMES]
            lines.append(Line(f"first words, {name}, {way}", statistics.median(seconds), "s", goal))
            lines.append(Line("  the slowest but one", sorted(seconds)[-2], "s", goal))
    return lines


@contextlib.contextmanager
def _desk(queued: bool) -> Iterator[tuple[Speaking, Caller, str]]:
    """A server whose reviewer is the stand-in, with a document on it; with Redis and a worker if ``queued``."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        claude = stack.enter_context(Speaking(Turn(text=WORDS, then_silent=len(WORDS))))
        settings = {"AI_PROVIDER": "anthropic", "ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": claude.base_url, "CHAT_RATE_LIMIT": "0"}
        if queued:
            redis = Redis(folder)
            redis.start()
            stack.callback(redis.stop)
            settings["REDIS_URL"] = redis.url
        server = start_web(folder, WEB_WORKERS="1", LOG_LEVEL="WARNING", **settings)
        stack.callback(server.stop)
        caller = Caller(server.url)
        if queued:
            worker = Worker({**settings, "DATA_DIR": str(folder / "data")}, folder / "worker.log", app="celery_tasks")
            stack.callback(worker.stop)
            wait_for(lambda: caller.get("/queue_stats")[1]["available"], "the worker", 60)
        document = folder / "tender.md"
        document.write_text(DOCUMENT)
        session = caller.upload(document)["session_id"]
        _measure(claude, caller, session, _streamed)  # loads the SDK
        yield claude, caller, session


Way = Callable[[Caller, str, str], None]


def _measure(claude: Speaking, caller: Caller, session: str, way: Way) -> float:
    """Seconds from the model's first words until this way has told some; the task is cancelled then."""
    task_id = str(uuid.uuid4())
    way(caller, session, task_id)
    heard_at = time.monotonic()
    wait_for(lambda: caller.post(f"/cancel_task/{task_id}")[0] == 200, "the cancel")
    caller.follow(task_id)
    return heard_at - claude.spoke_at


def _ask(caller: Caller, session: str, task_id: str, accept: str) -> http.client.HTTPConnection:
    """Ask, and leave the answer on the connection."""
    connection = http.client.HTTPConnection(caller.url.removeprefix("http://"), timeout=60)
    body = json.dumps({"session_id": session, "message": "Is the price final?"})
    connection.request("POST", "/chat", body, {"Content-Type": "application/json", "Accept": accept, "Idempotency-Key": task_id})
    return connection


def _streamed(caller: Caller, session: str, task_id: str) -> None:
    with contextlib.closing(_ask(caller, session, task_id, "text/event-stream")) as connection:
        for line in connection.getresponse():
            if line.startswith(b"event: token"):
                return
    raise RuntimeError("the stream ended without a word")


def _pushed(caller: Caller, session: str, task_id: str) -> None:
    with (
        connect(caller.url.replace("http", "ws", 1) + "/ws/tasks/status/", origin=caller.url) as socket,
        contextlib.closing(_ask(caller, session, task_id, "application/json")),
    ):
        while True:
            told: Any = json.loads(socket.recv(timeout=30))
            if told.get("task_id") == task_id and told.get("partial"):
                return


def _polled(caller: Caller, session: str, task_id: str) -> None:
    with contextlib.closing(_ask(caller, session, task_id, "application/json")):
        while True:
            status, told = caller.get(f"/task_status/{task_id}")
            if status == 200 and told.get("partial"):
                return
            time.sleep(POLL)
