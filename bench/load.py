"""Puts load on a running instance over HTTP and follows every task to its end: what ``bench.stress`` counts."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
import urllib.parse
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

SECTIONS = 200
"""Sections of one document of ours: an analysis of each is a task of its own."""
TRIES = 8
"""How often a submit is repeated, by the same key, when nobody answers."""
FIRST_LOOK, LONGEST_PAUSE = 0.05, 1.0
"""Seconds between two looks at a task, growing."""

Json = dict[str, Any]
FINAL = ("SUCCESS", "FAILURE", "REVOKED")


class Refused(Exception):
    """The server answered, and not with what was asked for."""

    def __init__(self, status: int, body: Json) -> None:
        super().__init__(f"{status}: {body.get('error', {}).get('message', '')}")
        self.status = status
        self.retry_after = float(body.get("error", {}).get("retry_after") or 1)


class Client:
    """One keep-alive connection for each thread, and the cookie of the login."""

    def __init__(self, url: str) -> None:
        parts = urllib.parse.urlsplit(url)
        self._kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        self._host, self._base = parts.netloc, parts.path.rstrip("/")
        self._cookie = ""
        self._local = threading.local()

    def login(self, password: str) -> None:
        """Sign in. Raises ``Refused``."""
        form = urllib.parse.urlencode({"password": password}).encode()
        _, headers, _ = self._send("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"})
        self._cookie = "; ".join(value.partition(";")[0] for name, value in headers if name.lower() == "set-cookie")

    def call(self, method: str, path: str, body: Json | None = None, **headers: str) -> tuple[int, Json]:
        """Status and object. Raises ``Refused`` for 400 and above, ``OSError`` or ``http.client.HTTPException`` when nobody answers."""
        data = json.dumps(body or {}).encode() if method == "POST" else None
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        status, _, answer = self._send(method, path, data, {"Content-Type": "application/json", **named})
        return status, answer

    def upload(self, name: str, content: bytes) -> Json:
        """Upload a document; the answer of ``/upload``."""
        boundary = uuid.uuid4().hex
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="document"; filename="{name}"\r\n\r\n'
        data = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
        return self._send("POST", "/upload", data, {"Content-Type": f"multipart/form-data; boundary={boundary}"})[2]

    def _send(self, method: str, path: str, data: bytes | None, headers: dict[str, str]) -> tuple[int, list[tuple[str, str]], Json]:
        connection = getattr(self._local, "connection", None) or self._kind(self._host, timeout=150)
        self._local.connection = None
        cookie = {"Cookie": self._cookie} if self._cookie else {}
        connection.request(method, self._base + path, data, {"Accept": "application/json", **headers, **cookie})
        answer = connection.getresponse()
        content = answer.read()
        self._local.connection = connection
        body = json.loads(content) if answer.headers.get_content_type() == "application/json" else {}
        if answer.status >= 400:
            raise Refused(answer.status, body)
        return answer.status, answer.getheaders(), body


@dataclass
class Work:
    """One submit: where it is posted, with what, and what became of it."""

    path: str
    body: Json
    key: str = field(default_factory=lambda: str(uuid.uuid4()))
    task_id: str = ""
    cached: bool = False
    refused: int = 0
    final: Json | None = None


@dataclass
class Plan:
    """What is submitted; ``check`` counts the effects of finished work that are there more than once, and those that are missing."""

    works: list[Work]
    check: Callable[[], tuple[int, int]] = lambda: (0, 0)
    clear: Callable[[], None] = lambda: None


def plan(client: Client, operation: str, count: int) -> Plan:
    """``count`` submits of an operation: ``test``, ``chat`` or ``analyze``. Uploads the documents it needs."""
    if operation == "test":
        return Plan([Work("/test_claude_connection", {}) for _ in range(count)])
    sessions = [_document(client, number, min(SECTIONS, count - number)) for number in range(0, count, SECTIONS)]
    works = []
    for index in range(count):
        session = sessions[index // SECTIONS]
        if operation == "chat":
            works.append(Work("/chat", {"session_id": session["session_id"], "message": f"Which deadline has lot {uuid.uuid4().hex}?"}))
        else:
            name = session["sections"][index % SECTIONS]
            works.append(Work("/analyze_section", {"session_id": session["session_id"], "section_name": name, "force": True}))

    def check() -> tuple[int, int]:
        return _answers(client, sessions, works) if operation == "chat" else (0, 0)

    def clear() -> None:
        for session in sessions:
            with contextlib.suppress(Refused):
                client.call("DELETE", f"/sessions/{session['session_id']}")

    return Plan(works, check, clear)


def _document(client: Client, first: int, sections: int) -> Json:
    lots = (f"# Lot {first + number}\n\nOffers for lot {first + number} are due on 31 February 2027.\n" for number in range(sections))
    return client.upload("load.md", "\n".join(lots).encode())


def _answers(client: Client, sessions: list[Json], works: list[Work]) -> tuple[int, int]:
    """Questions that are answered twice, and finished ones that are not in the conversation."""
    asked: dict[str, int] = {}
    for session in sessions:
        for turn in client.call("GET", f"/sessions/{session['session_id']}")[1]["chat"]:
            if turn["role"] == "user":
                asked[turn["text"]] = asked.get(turn["text"], 0) + 1
    done = [work.body["message"] for work in works if work.final and work.final["state"] == "SUCCESS"]
    return sum(count > 1 for count in asked.values()), sum(message not in asked for message in done)


def submit(client: Client, work: Work) -> None:
    """Post it, again by the same key when nobody answers: whether the first was heard, only the server knows. Raises the last failure."""
    for number in range(TRIES):
        try:
            status, body = client.call("POST", work.path, work.body, Idempotency_Key=work.key)
        except Refused as refusal:
            work.refused = refusal.status
            if refusal.status == 409 and number:
                work.task_id = work.key  # it was heard the first time, and was cancelled
            return
        except (OSError, http.client.HTTPException, ValueError):
            if number == TRIES - 1:
                raise
            time.sleep(0.5)
            continue
        work.task_id = body["task_id"]
        work.cached = status == 200 and bool(body.get("cached")) and work.task_id != work.key
        return


def follow(client: Client, work: Work, deadline: float) -> None:
    """Look at its task until it has ended, or until ``deadline`` (monotonic seconds); a server that is away is asked again."""
    pause = FIRST_LOOK
    while time.monotonic() < deadline:
        try:
            _, status = client.call("GET", f"/task_status/{work.task_id}")
            if status["ready"]:
                work.final = status
                return
        except Refused as refusal:
            if refusal.status == 404:
                return
        except (OSError, http.client.HTTPException, ValueError):
            pause = LONGEST_PAUSE
        time.sleep(pause)
        pause = min(LONGEST_PAUSE, pause * 1.5)


def changed_since(client: Client, works: list[Work]) -> Iterator[Work]:
    """The works whose task has moved on after it had ended: it was done again."""
    for work in works:
        if work.final is None:
            continue
        _, now = client.call("GET", f"/task_status/{work.task_id}")
        if any(now.get(name) != work.final.get(name) for name in ("state", "attempts", "started_at", "finished_at")):
            yield work
