"""For tests of live updates: the application behind a real server in this process, and sockets to it."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

from flask import Flask
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.services import wait_for

PATH = "/ws/tasks/status/"
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": base64.b64encode(bytes(16)).decode(),
}
Json = dict[str, Any]


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an application in threads of this process; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Ear:
    """A socket to ``url``; ``heard`` keeps everything it was told."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self.heard: list[Json] = []
        self.closed: tuple[int, str] | None = None

    def say(self, message: Any) -> None:
        self._connection.send(message if isinstance(message, str | bytes) else json.dumps(message))

    def next(self, seconds: float = 30) -> Json | None:
        """The next message; None when there is none in time or the socket was closed."""
        try:
            self.heard.append(json.loads(self._connection.recv(timeout=seconds)))
        except TimeoutError:
            return None
        except ConnectionClosed as closed:
            self.closed = (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")
            return None
        return self.heard[-1]

    def until(self, task_id: str, state: str, seconds: float = 60) -> Json:
        """Listen until this task is in this state; returns what was said of it."""
        return wait_for(lambda: self._of(task_id, state), f"{task_id} to be told as {state}, heard {self.heard}", seconds)

    def to_the_end(self) -> tuple[int, str]:
        """Listen until the socket is closed; code and reason."""
        wait_for(lambda: self.next(0.2) is None and self.closed is not None, "the socket to be closed")
        assert self.closed is not None
        return self.closed

    def ids(self) -> set[str]:
        """The tasks it was told of."""
        return {message["task_id"] for message in self.heard}

    def _of(self, task_id: str, state: str) -> Json | None:
        self.next(0.2)
        return next((message for message in self.heard if message.get("task_id") == task_id and message["state"] == state), None)


@contextlib.contextmanager
def ear(url: str, *, subscribe: list[str] | None = None, **headers: str) -> Iterator[Ear]:
    """Open a socket and, if ids are given, ask for these."""
    with connect(url.replace("http", "ws", 1) + PATH, additional_headers=headers, open_timeout=20) as connection:
        found = Ear(connection)
        if subscribe is not None:
            found.say({"subscribe": subscribe})
        yield found


@contextlib.contextmanager
def deaf_socket(url: str) -> Iterator[socket.socket]:
    """A WebSocket whose other side reads nothing after the handshake, and answers nothing."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        lines = [f"GET {PATH} HTTP/1.1", f"Host: {host}:{port}", *(f"{name}: {value}" for name, value in HANDSHAKE.items())]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        assert connection.recv(12) == b"HTTP/1.1 101"
        yield connection
