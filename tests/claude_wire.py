"""Claude's wire for tests: what answers in place of Anthropic's API.

Two servers, both on a free port of 127.0.0.1, both context managers that give a base URL for ``ANTHROPIC_BASE_URL``:

**start_llmock()** is llmock, for everything it can do. For end-to-end tests, also of other processes (workers, gunicorn, a browser)::

    with start_llmock() as claude:
        env = {**os.environ, **claude.env()}               # ANTHROPIC_API_KEY, ANTHROPIC_BASE_URL, AI_PROVIDER
        claude.script_review("the words quoted", "and others")   # the next request gets these findings
        claude.script_reply("Any text.")                   # the next request gets this text (chat)
        claude.script_slow_review("the words quoted")      # a review of about 20 s, word by word: cancel it in mid-stream
        claude.at_full_speed()                             # undoes the slowness of the line above
        claude.script_held_review("the words quoted")      # a review that stops after its first words, until the next line
        claude.let_go()                                    # what is held goes on to its end; script_held_reply holds any text
        claude.script_rate_limit(2)                        # 429 with retry-after 2 for the next request; script the one after it too
        claude.mock.fail(529)                              # all else that llmock can do: fail, delay, disconnect, truncate, corrupt, stall
        claude.requests                                    # what was asked: .status, .body, .completed (False: the client hung up)

``times=None`` makes a script permanent. Scripts are used in order; a failure takes no reply from the queue.

**WireServer** speaks the wire by hand, for what llmock cannot: citations, refusals, a server that says nothing, and knowing when the client
closed its connection::

    with WireServer(Turn(text="…", stop_reason="refusal"), Silence(), Status(404, {...})) as server:
        server.base_url; server.bodies; server.hung_up.wait(5)

Each request takes the next script; the last one stays.
"""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.claude_gate import Gate

KEY = "sk-ant-test-0123456789-secret"
SLOW_SECONDS = 20.0


def finding(quote: str, **fields: Any) -> dict[str, Any]:
    """One finding as Claude writes it."""
    return {
        "quote": quote,
        "before": "",
        "about_missing": False,
        "category": "Clarity",
        "type": "important",
        "risk_level": "Medium",
        "description": f"About {quote[:40] or 'something missing'}: this can be read in two ways.",
        "suggestion": "Say which is meant.",
        "questions": ["Which one is meant?"],
        "checklist_refs": ["C01"],
        "confidence": 0.9,
        **fields,
    }


def review_json(*quotes: str | dict[str, Any]) -> str:
    """The text of a review: a finding for each quote, or as given."""
    findings = [finding(quote) if isinstance(quote, str) else quote for quote in quotes]
    return json.dumps({"findings": findings}, ensure_ascii=False)


class Llmock:
    """A running llmock with the scripts that reviews need. ``mock`` is llmock's own fixture object."""

    def __init__(self, mock: Any, state: Any, gate: Gate) -> None:
        self.mock = mock
        self._state = state
        self._gate = gate

    @property
    def base_url(self) -> str:
        return str(self.mock.base_url("anthropic"))

    def env(self) -> dict[str, str]:
        """Settings that make the application use this server."""
        return {"AI_PROVIDER": "anthropic", "ANTHROPIC_API_KEY": KEY, "ANTHROPIC_BASE_URL": self.base_url}

    def script_review(self, *quotes: str | dict[str, Any], times: int | None = 1) -> None:
        self.mock.reply(review_json(*quotes), times=times)

    def script_reply(self, text: str, times: int | None = 1) -> None:
        self.mock.reply(text, times=times)

    def script_slow_review(self, *quotes: str | dict[str, Any], times: int | None = 1) -> None:
        """A review that takes about ``SLOW_SECONDS``; every answer of this server is as slow until ``at_full_speed``."""
        text = review_json(*quotes)
        self.mock.reply(text, times=times)
        self._pace(int(1000 * SLOW_SECONDS / max(8, len(text.split()))))

    def script_held_review(self, *quotes: str | dict[str, Any]) -> None:
        """A review that begins and doesn't end before ``let_go``, however slow the machine."""
        self.script_held_reply(review_json(*quotes))

    def script_held_reply(self, text: str) -> None:
        """The next request gets the first words of this text, and the rest after ``let_go``; requests after it are not held."""
        self.mock.reply(text, times=1)
        self._gate.hold_next()

    def let_go(self) -> None:
        """Nothing is held any more."""
        self._gate.let_go()

    def at_full_speed(self) -> None:
        """Answers come at once again."""
        self._pace(0)

    def _pace(self, milliseconds: int) -> None:
        self._state.stream_chaos = replace(self._state.stream_chaos, chunk_delay_ms=milliseconds)

    def script_rate_limit(self, retry_after: float = 2, times: int | None = 1) -> None:
        self.mock.rate_limit(times=times, retry_after=retry_after)

    @property
    def requests(self) -> list[Any]:
        """What was asked so far, oldest first."""
        return list(self.mock.requests)


@contextmanager
def start_llmock() -> Iterator[Llmock]:
    """Run llmock in this process until the block ends."""
    from llmock.pytest_plugin import LLMock
    from llmock.testing import LLMockServer

    server = LLMockServer()
    server.app = gate = Gate(server.app)
    with server:
        claude = Llmock(LLMock(server), server.state, gate)
        yield claude
        claude.let_go()


# -- the wire by hand ----------------------------------------------------------


@dataclass(frozen=True)
class Turn:
    """A whole answer.

    Attributes:
        text: what Claude says; blocks with citations go to ``blocks`` instead.
        stop_reason: None ends the stream without one.
        blocks: (text, citations) for each text block.
        then_silent: after this many characters the server says nothing more and waits for the client to hang up.
        usage: tokens, in the API's names.
        uses: (id, name, input) of what it wants looked up, after its text.
    """

    text: str = ""
    stop_reason: str | None = "end_turn"
    blocks: tuple[tuple[str, tuple[dict[str, Any], ...]], ...] = ()
    then_silent: int | None = None
    usage: dict[str, int] = field(default_factory=lambda: {"input_tokens": 10, "output_tokens": 20})
    uses: tuple[tuple[str, str, dict[str, Any]], ...] = ()


@dataclass(frozen=True)
class Silence:
    """The request is read and never answered."""


@dataclass(frozen=True)
class Status:
    """An error: status, body (a dict is sent as JSON) and headers."""

    status: int
    body: dict[str, Any] | str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StreamError:
    """HTTP 200, then an error event inside the stream."""

    kind: str
    message: str = "no matter"
    after: str = '{"findings": ['


@dataclass(frozen=True)
class Raw:
    """HTTP 200 and these bytes as the stream."""

    body: bytes


Script = Turn | Silence | Status | StreamError | Raw


def error_body(kind: str, message: str = "no matter") -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def char_location(text: str, start: int, end: int, document: int = 0) -> dict[str, Any]:
    """A citation as the API sends it."""
    return {
        "type": "char_location",
        "cited_text": text,
        "document_index": document,
        "document_title": None,
        "file_id": None,
        "start_char_index": start,
        "end_char_index": end,
    }


class WireServer:
    """A server that answers ``/v1/messages`` as its scripts say.

    Attributes:
        bodies: the JSON of each request, in order. headers: theirs.
        asked: set when a request has been read. hung_up: set when a client closed its connection while the server was silent.
    """

    def __init__(self, *scripts: Script) -> None:
        self.scripts: list[Script] = list(scripts)
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.asked = threading.Event()
        self.hung_up = threading.Event()
        self.stopping = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                server._answer(self, body)

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._lock = threading.Lock()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> WireServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    def _answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        with self._lock:
            self.bodies.append(json.loads(body))
            self.headers.append({name.lower(): value for name, value in handler.headers.items()})
            self.paths.append(handler.path)
            script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        self.asked.set()
        handler.close_connection = True
        try:
            _PLAY[type(script)](self, handler, script)
        except (BrokenPipeError, ConnectionResetError):
            self.hung_up.set()

    def wait_for_hang_up(self, handler: BaseHTTPRequestHandler) -> None:
        connection = handler.connection
        while not self.stopping.is_set():
            readable, _, _ = select.select([connection], [], [], 0.05)
            if readable and connection.recv(1, socket.MSG_PEEK) == b"":
                self.hung_up.set()
                return


def _status(_: WireServer, handler: BaseHTTPRequestHandler, script: Status) -> None:
    body = script.body if isinstance(script.body, str) else json.dumps(script.body)
    handler.send_response(script.status)
    handler.send_header("content-type", "text/html" if isinstance(script.body, str) else "application/json")
    handler.send_header("content-length", str(len(body.encode())))
    for name, value in script.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body.encode())


def _begin(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("content-type", "text/event-stream")
    handler.end_headers()


def _event(handler: BaseHTTPRequestHandler, kind: str, **fields: Any) -> None:
    handler.wfile.write(event(kind, **fields))
    handler.wfile.flush()


def event(kind: str, **fields: Any) -> bytes:
    """One server-sent event of the API."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n".encode()


def message_start(usage: dict[str, int]) -> bytes:
    message = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [],
        "model": "claude-test",
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    return event("message_start", message=message)


def turn_events(turn: Turn) -> Iterable[bytes]:
    """The events of an answer, text in pieces of 8 characters."""
    yield message_start(turn.usage)
    for index, (text, citations) in enumerate(turn.blocks or ((turn.text, ()),)):
        yield event("content_block_start", index=index, content_block={"type": "text", "text": ""})
        for citation in citations:
            yield event("content_block_delta", index=index, delta={"type": "citations_delta", "citation": citation})
        for at in range(0, len(text), 8):
            yield event("content_block_delta", index=index, delta={"type": "text_delta", "text": text[at : at + 8]})
        yield event("content_block_stop", index=index)
    for index, (use_id, name, asked) in enumerate(turn.uses, start=len(turn.blocks) or 1):
        yield event("content_block_start", index=index, content_block={"type": "tool_use", "id": use_id, "name": name, "input": {}})
        yield event("content_block_delta", index=index, delta={"type": "input_json_delta", "partial_json": json.dumps(asked)})
        yield event("content_block_stop", index=index)
    if turn.stop_reason is not None:
        delta = {"stop_reason": turn.stop_reason, "stop_sequence": None}
        yield event("message_delta", delta=delta, usage={"output_tokens": turn.usage["output_tokens"]})
        yield event("message_stop")


def _turn(server: WireServer, handler: BaseHTTPRequestHandler, turn: Turn) -> None:
    _begin(handler)
    sent = 0
    for data in turn_events(turn):
        if turn.then_silent is not None and sent >= turn.then_silent:
            handler.wfile.flush()
            server.wait_for_hang_up(handler)
            return
        handler.wfile.write(data)
        sent += 8 if b"text_delta" in data else 0
    handler.wfile.flush()


def _silence(server: WireServer, handler: BaseHTTPRequestHandler, _: Silence) -> None:
    server.wait_for_hang_up(handler)


def _stream_error(_: WireServer, handler: BaseHTTPRequestHandler, script: StreamError) -> None:
    _begin(handler)
    handler.wfile.write(message_start({"input_tokens": 1}))
    _event(handler, "content_block_start", index=0, content_block={"type": "text", "text": ""})
    _event(handler, "content_block_delta", index=0, delta={"type": "text_delta", "text": script.after})
    _event(handler, "error", error={"type": script.kind, "message": script.message})


def _raw(_: WireServer, handler: BaseHTTPRequestHandler, script: Raw) -> None:
    _begin(handler)
    handler.wfile.write(script.body)


_PLAY: dict[type, Callable[[WireServer, BaseHTTPRequestHandler, Any], None]] = {
    Turn: _turn,
    Silence: _silence,
    Status: _status,
    StreamError: _stream_error,
    Raw: _raw,
}


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> bool:
    """Look again and again until the condition holds; False when it doesn't in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        select.select([], [], [], 0.01)  # give the processor to what is waited for
    return True
