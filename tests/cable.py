"""A cable to a PostgreSQL server that a test may cut in the middle of a word: the connections stay, nothing goes through any more."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from pathlib import Path

CHUNK = 65536


class Cable:
    """Listens in a folder as the server does in its own, and carries what is said both ways.

    Args:
        folder: where clients find it.
        server: the server's socket.
    """

    def __init__(self, folder: Path, server: Path) -> None:
        self._server = server
        self._cut = threading.Event()
        self._word = b""
        self._ends: list[socket.socket] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(folder / server.name))
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_answer_to(self, word: bytes) -> None:
        """From when a client says that word on, the server hears it, but nobody hears the server."""
        self._word = word

    def cut(self) -> None:
        """Nothing goes through any more, either way; new connections are taken, and hear nothing."""
        self._cut.set()

    def mend(self) -> None:
        """Everything goes through again, but what was lost is lost: connections of before are closed."""
        self._word = b""
        self._cut.clear()
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)  # wakes the thread that listens there
        self._ends.clear()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._server))
            self._ends += [client, server]
            threading.Thread(target=self._carry, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(server, client, False), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, asks: bool) -> None:
        with suppress(OSError):  # the other end is gone
            while chunk := source.recv(CHUNK):
                if self._cut.is_set():
                    continue
                if asks and self._word and self._word in chunk:
                    self._cut.set()
                target.sendall(chunk)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listener.close()
        self.mend()
