"""Holds an answer of llmock half way, for as long as a test likes."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

FIRST_PIECES = 16
"""Pieces of a held answer that come through: a few words of it."""
PING_EVERY = 5.0
PING = b'event: ping\ndata: {"type": "ping"}\n\n'
"""What Claude sends in a long pause, and how many seconds pass between two: who hears nothing for a minute takes the service for gone."""


class Gate:
    """Stands before llmock and holds an answer after its first pieces until it is let go."""

    def __init__(self, app: Any) -> None:
        self.state = app.state
        self._app = app
        self._next: threading.Event | None = None
        self._held: list[threading.Event] = []

    def hold_next(self) -> None:
        self._next = threading.Event()
        self._held.append(self._next)

    def let_go(self) -> None:
        self._next = None
        while self._held:
            self._held.pop().set()

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        mine = None
        if scope["type"] == "http" and scope["path"].endswith("/messages"):
            mine, self._next = self._next, None
        pieces = 0

        async def pass_on(message: dict[str, Any]) -> None:
            nonlocal pieces
            pieces += message["type"] == "http.response.body"
            if mine is not None and pieces > FIRST_PIECES:
                while not await asyncio.to_thread(mine.wait, PING_EVERY):  # it is set by another thread
                    await send({"type": "http.response.body", "body": PING, "more_body": True})
            await send(message)

        await self._app(scope, receive, pass_on)
