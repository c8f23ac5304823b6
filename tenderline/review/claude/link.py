"""The connection to Claude: one client a process, on an event loop in a thread of its own.

A task that is cancelled must let go of its connection at once, also while a name is looked up, while TLS is negotiated and while the
service sends nothing at all. Closing a socket under a thread that is blocked on it does none of that; cancelling a coroutine does. So the
requests are coroutines on one loop, and the thread that works on the task only waits for text, looking at its context every 0.1 s.
"""

from __future__ import annotations

import asyncio
import logging
import os
import queue
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Literal

from tenderline.errors import UpstreamError
from tenderline.review.claude.wire import MAX_REPLY_CHARS, Ask, Json, Reply, reply_of
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext

CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 60.0
WRITE_TIMEOUT = 30.0
POLL = 0.1
PACE = 0.05
CLOSING_TIMEOUT = 1.0


class ReplyTooLong(Exception):
    """The service sends more than any honest answer has."""


class WireError(Exception):
    """A request failed; ``error`` is what the SDK or the network raised, for ``failures.failure_of`` to read."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(type(error).__name__)
        self.error = error


class _Run:
    """One request: the text that has arrived, and how it ended."""

    def __init__(self) -> None:
        self.arrived: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self.ended = threading.Event()
        self.reply: Reply | None = None
        self.error: BaseException | None = None
        self._task: asyncio.Task[Reply] | None = None
        self._cancelled = False

    def start(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, Reply]]) -> None:
        loop.call_soon_threadsafe(self._start, loop, work)

    def cancel(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stop the request and wait, briefly, until its connection is closed."""
        if self.ended.is_set() or not loop.is_running():
            return
        with suppress(RuntimeError):  # the loop was closed in this very moment, and all its connections with it
            loop.call_soon_threadsafe(self._cancel)
            self.ended.wait(CLOSING_TIMEOUT)

    def _start(self, loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, Reply]]) -> None:
        if self._cancelled:
            self.ended.set()
            return
        self._task = loop.create_task(work())
        self._task.add_done_callback(self._finish)

    def _cancel(self) -> None:
        self._cancelled = True
        if self._task is not None:
            self._task.cancel()

    def _finish(self, task: asyncio.Task[Reply]) -> None:
        if not task.cancelled():
            self.error = task.exception()
            self.reply = task.result() if self.error is None else None
        self.ended.set()
        self.arrived.put(None)


class Link:
    """The way to Claude for one process; safe to use from many threads.

    Args:
        settings: key, base URL, provider and region.
        read_timeout: seconds without a single byte after which the service counts as gone.
    """

    def __init__(self, settings: Settings, read_timeout: float = READ_TIMEOUT) -> None:
        self.provider: Literal["anthropic", "bedrock"] = "bedrock" if settings.provider == "bedrock" else "anthropic"
        self._settings = settings
        self._read_timeout = read_timeout
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._process = 0
        self._client: Any = None

    def warm(self) -> None:
        """Import the SDK (seconds of CPU) and build the client now rather than in the first request. Raises ``WireError``."""
        try:
            asyncio.run_coroutine_threadsafe(self._built(), self._running_loop()).result()
        except Exception as error:
            raise WireError(error) from None

    def close(self) -> None:
        """Close all connections and stop the thread, waiting a second at most; the next request starts them again."""
        with self._lock:
            loop, self._loop = self._loop, None
            client, self._client = self._client, None
            thread, self._thread = self._thread, None
        if loop is None or self._process != os.getpid():
            return

        async def stop() -> None:
            others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            if client is not None:
                await client.close()

        with suppress(TimeoutError):
            asyncio.run_coroutine_threadsafe(stop(), loop).result(CLOSING_TIMEOUT)
        loop.call_soon_threadsafe(loop.stop)
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSING_TIMEOUT)

    def stream(self, ask: Ask, model: str, context: TaskContext, on_text: Callable[[str], None]) -> Reply:
        """Put one question to one model and wait for the whole answer.

        ``on_text`` gets each new stretch of text. Raises ``WireError`` for whatever fails out there, and what ``context.check`` and
        ``on_text`` raise; in every case the connection is closed or back in the pool when this returns.
        """
        loop = self._running_loop()
        run = _Run()
        seconds = context.remaining()
        try:
            try:
                run.start(loop, lambda: self._converse(ask, model, seconds, run.arrived.put))
            except RuntimeError:  # closed in this very moment
                raise WireError(ConnectionAbortedError()) from None
            while (text := _arrived(run, context)) is not None:
                on_text(text)
                run.ended.wait(PACE)  # a fast answer is told in gulps: what on_text does grows with the answer
        finally:
            run.cancel(loop)
        if run.reply is None:
            raise WireError(run.error or ConnectionAbortedError()) from None
        return run.reply

    async def _converse(self, ask: Ask, model: str, seconds: float, put: Callable[[str], None]) -> Reply:
        import anthropic
        import httpx2

        client = await self._built()
        timeout = httpx2.Timeout(
            connect=min(CONNECT_TIMEOUT, seconds),
            read=min(self._read_timeout, seconds),
            write=min(WRITE_TIMEOUT, seconds),
            pool=CONNECT_TIMEOUT,
        )
        options: Json = {"system": ask.system} if ask.system else {}
        if ask.form is not None:
            options["output_config"] = {"format": {"type": "json_schema", "schema": anthropic.transform_schema(ask.form)}}
        if ask.tools:
            options |= {"tools": list(ask.tools), "tool_choice": {"type": "auto" if ask.may_look_up else "none"}}
        characters = 0
        started = time.monotonic()
        async with client.messages.stream(
            model=model, max_tokens=ask.max_tokens, messages=ask.messages, timeout=timeout, **options
        ) as stream:
            async for event in stream:
                if event.type == "text":
                    put(event.text)
                    characters += len(event.text)
                elif event.type == "thinking":
                    characters += len(event.thinking)
                elif event.type == "input_json":
                    characters += len(event.partial_json)
                elif event.type == "citation":
                    characters += len(event.citation.cited_text)
                if characters > MAX_REPLY_CHARS:
                    raise ReplyTooLong
            return reply_of(stream.current_message_snapshot, time.monotonic() - started)

    async def _built(self) -> Any:
        # Runs on the loop without a pause in between: two requests at once cannot build two clients.
        if self._client is None:
            self._client = self._build()
        return self._client

    def _build(self) -> Any:
        import anthropic

        # The SDK writes whole requests to its log at DEBUG; document text has no place in any log.
        for name in ("anthropic", "httpx2", "httpcore2", "botocore"):
            logging.getLogger(name).setLevel(logging.WARNING)
        if self.provider == "bedrock":
            try:
                return anthropic.AsyncAnthropicBedrock(aws_region=self._settings.aws_region or None, max_retries=0)
            except ValueError:
                raise UpstreamError(
                    "Claude on AWS Bedrock has no region.", hint="Set AWS_REGION, or a region in the AWS profile that is used."
                ) from None
        key = self._settings.anthropic_api_key.get_secret_value().strip()
        return anthropic.AsyncAnthropic(api_key=key, base_url=self._settings.anthropic_base_url or None, max_retries=0)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            # A thread does not survive a fork: a child starts its own, with a client of its own.
            if self._loop is None or self._process != os.getpid():
                self._loop, self._process, self._client = asyncio.new_event_loop(), os.getpid(), None
                self._thread = threading.Thread(target=_run_loop, args=(self._loop,), name="claude", daemon=True)
                self._thread.start()
            return self._loop


def _run_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()


def _arrived(run: _Run, context: TaskContext) -> str | None:
    """All text that has arrived since the last look, waiting for some; None when there is no more to come."""
    while True:
        context.check()
        try:
            text = run.arrived.get(timeout=POLL)
        except queue.Empty:
            continue
        if text is None:
            return None
        parts = [text]
        while True:
            try:
                more = run.arrived.get_nowait()
            except queue.Empty:
                break
            if more is None:
                run.arrived.put(None)
                break
            parts.append(more)
        return "".join(parts)
