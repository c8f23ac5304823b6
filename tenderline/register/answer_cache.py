"""Answers that this process gave lately, as JSON text, by their keys: bounded in bytes, the longest unused go first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable


class AnswerCache:
    """Thread-safe. Threads that ask for the same key at the same time wait for the one that makes the answer.

    Args:
        max_bytes: of all answers together; one that is larger than a quarter of it is not kept.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._making: dict[str, threading.Lock] = {}

    def find(self, key: str) -> bytes | None:
        """The answer of this key, if it is kept."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def get(self, key: str, make: Callable[[], bytes]) -> tuple[bytes, bool]:
        """The answer of this key, made if need be, and whether it was kept. What ``make`` raises, nothing is kept of."""
        kept = self.find(key)
        if kept is not None:
            return kept, True
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            kept = self.find(key)
            if kept is not None:
                return kept, True
            try:
                made = make()
                self._keep(key, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made, False

    def _keep(self, key: str, made: bytes) -> None:
        if 4 * len(made) > self._max_bytes:
            return
        with self._lock:
            self._bytes += len(made) - len(self._kept.pop(key, b""))
            self._kept[key] = made
            while self._bytes > self._max_bytes:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= len(dropped)

    @property
    def bytes(self) -> int:
        """What is kept now."""
        return self._bytes
