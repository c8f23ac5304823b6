"""The sending side of a WebSocket's connection: several threads write to it, none waits for a reader that is slow."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable

MAX_PENDING_BYTES = 2 * 1024 * 1024
"""What may wait for a reader. One that lets more pile up is cut off; its page polls and connects again."""
STALLED_AFTER = 15.0
"""Seconds without a byte taken, while some wait, after which a reader counts as gone."""
DRAIN_BYTES = 4 * 1024 * 1024


class Wire:
    """Stands between a WebSocket and the server's socket, with the few methods that ``simple_websocket`` uses of one.

    ``send`` never blocks: what the kernel doesn't take at once waits in a bounded buffer, whole frames in order, until ``flush``. The
    descriptor itself stays open, for the server that owns it to close: a number that was closed here could be somebody else's next.

    Args:
        connection: the server's socket.
        clock: monotonic seconds.
    """

    def __init__(self, connection: socket.socket, clock: Callable[[], float] = time.monotonic) -> None:
        self._connection = connection
        self._clock = clock
        self._lock = threading.Lock()
        self._pending = bytearray()
        self._moved_at = clock()
        self._cut = False

    def send(self, data: bytes) -> int:
        """Send, or keep for ``flush``. Raises ``OSError`` when the connection is gone or was cut off."""
        with self._lock:
            if self._cut:
                raise OSError("the connection was cut off")
            if not self._pending:
                self._moved_at = self._clock()
                sent = self._take(data)
                self._pending += data[sent:]
            else:
                self._pending += data
                self._push()
            if len(self._pending) > MAX_PENDING_BYTES:
                self._cut_off()
        return len(data)

    def flush(self) -> None:
        """Send what waits, as far as the reader takes it now; cut off one that has taken nothing for too long."""
        with self._lock:
            if not self._pending or self._cut:
                return
            try:
                self._push()
            except OSError:
                self._cut_off()
                return
            if self._pending and self._clock() - self._moved_at > STALLED_AFTER:
                self._cut_off()

    def wait_for_room(self, limit: int, seconds: float) -> None:
        """Wait until no more than ``limit`` bytes wait, for ``seconds`` at most."""
        deadline = self._clock() + seconds
        while len(self._pending) > limit and not self._cut and (left := deadline - self._clock()) > 0:
            _wait(self._connection, select.POLLOUT, min(left, 0.5))
            self.flush()

    @property
    def pending(self) -> int:
        """Bytes that wait for the reader."""
        return len(self._pending)

    def recv(self, size: int) -> bytes:
        return self._connection.recv(size)

    def fileno(self) -> int:
        return self._connection.fileno()

    def close(self) -> None:
        """Nothing more will be sent."""
        self._shut(socket.SHUT_WR)

    def cut(self) -> None:
        """End the connection now; whoever reads from it wakes up."""
        with self._lock:
            self._cut_off()

    def finish(self, seconds: float) -> None:
        """Say that nothing more comes and let the other side read to the end: closing on one that still sends would destroy what it has not
        read yet. Then end the connection."""
        self.close()
        deadline = self._clock() + seconds
        drained = 0
        with contextlib.suppress(OSError):  # the other side is gone: there is nobody to be polite to
            while drained < DRAIN_BYTES and (left := deadline - self._clock()) > 0:
                if not _wait(self._connection, select.POLLIN, left) or not (data := self._connection.recv(65536, socket.MSG_DONTWAIT)):
                    break
                drained += len(data)
        self.cut()

    def _push(self) -> None:
        while self._pending and (sent := self._take(self._pending)):
            del self._pending[:sent]
            self._moved_at = self._clock()

    def _take(self, data: bytes | bytearray) -> int:
        """How many bytes the kernel takes now."""
        try:
            return self._connection.send(data, socket.MSG_DONTWAIT)
        except (BlockingIOError, InterruptedError):
            return 0

    def _cut_off(self) -> None:
        self._cut = True
        self._pending.clear()
        self._shut(socket.SHUT_RDWR)

    def _shut(self, how: int) -> None:
        try:
            self._connection.shutdown(how)
        except OSError:
            return  # it was down already


def _wait(connection: socket.socket, event: int, seconds: float) -> bool:
    """Wait until the connection is ready. Not ``select.select``, which knows no descriptor above 1023."""
    poll = select.poll()
    poll.register(connection, event)
    return bool(poll.poll(max(0.0, seconds) * 1000))
