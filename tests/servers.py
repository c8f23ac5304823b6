"""The web server for tests: gunicorn with the real application, on a free port, with a data folder of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services import ROOT, bare_environment

START_SECONDS = 180.0
_HELD: list[socket.socket] = []
"""The ports of this process, see ``free_port``."""


@dataclass
class Server:
    """A running web server. ``url`` has no slash at its end; ``log`` is what it printed."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    folder: Path

    def stop(self) -> None:
        """End the server and whatever it started; does nothing when it has ended."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()


def free_port() -> int:
    """A port of 127.0.0.1 for a server of the caller's, which nobody else is given while this process lives.

    A socket stays bound to it. Linux then gives the port away neither to who asks for any nor to an outgoing connection, but lets whoever
    names it listen there, provided that both allow an address to be used again, as servers do. Until one listens, calls are refused.
    """
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port = int(held.getsockname()[1])
    if sys.platform == "linux":
        _HELD.append(held)
    else:
        held.close()
    return port


def start_web(folder: Path, *, port: int | None = None, app: str = "app:create_app()", **settings: str) -> Server:
    """Start gunicorn and wait until it answers.

    Args:
        folder: gets the data folder and the log; another server started there goes on with its data.
        port: by default a free one.
        app: what gunicorn serves.
        settings: environment variables; none of the caller's own settings reach the server.
    """
    port = port or free_port()
    log = folder / "web.log"
    environment = bare_environment(folder) | {"DATA_DIR": str(folder / "data"), "HOST": "127.0.0.1", "PORT": str(port), **settings}
    command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "gunicorn.conf.py"), app]
    with log.open("ab") as output:
        # Not in the project's folder: its .env is the developer's, not the tests'.
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True)
    server = Server(f"http://127.0.0.1:{port}", process, log, folder)
    deadline = time.monotonic() + START_SECONDS
    while not _answers(server):
        if process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            pytest.fail(f"the web server did not start:\n{log.read_text(errors='replace')[-4000:]}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.1)
    return server


@contextlib.contextmanager
def web_server(folder: Path, **settings: str) -> Iterator[Server]:
    """A running server, ended with the block."""
    server = start_web(folder, **settings)
    try:
        yield server
    finally:
        server.stop()


def _answers(server: Server) -> bool:
    try:
        with urllib.request.urlopen(f"{server.url}/health", timeout=10) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
