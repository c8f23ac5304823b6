"""Live updates: many sockets in one web process, how soon they hear, and what everything else notices of them."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.measure import Line, timed
from tests.servers import Server, start_web

SOCKETS = 200
TASKS = 20
USUAL_PLACES = 32
PAUSE = 0.2
"""Seconds between two tasks."""
HEALTH_EVERY = 0.02


def run() -> list[Line]:
    """With 512 threads: the slowest message, and how long /health takes; with the usual 64: how soon one too many is told to poll."""
    with _server(WEB_THREADS="512") as server:
        quiet = sorted(_watch(server.url, 3.0))
        slowest, health = asyncio.run(_many(server))
    with _server() as server:
        told = asyncio.run(_one_too_many(server))
    return [
        Line(f"from a task's end to the last of {SOCKETS} sockets, slowest of {TASKS}", slowest * 1000, "ms", 500),
        Line(f"/health meanwhile, 99 of 100 of {len(health)}", health[len(health) * 99 // 100], "ms", 50),
        Line("/health meanwhile, slowest", health[-1], "ms"),
        Line("/health before, without sockets, slowest", quiet[-1], "ms"),
        Line("/health meanwhile, median", health[len(health) // 2], "ms"),
        Line("/health before, median", quiet[len(quiet) // 2], "ms"),
        Line(f"socket {USUAL_PLACES + 1} of {USUAL_PLACES} is told to poll", told * 1000, "ms", 1000),
    ]


@contextlib.contextmanager
def _server(**settings: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as name:
        server = start_web(Path(name), WEB_WORKERS="1", LOG_LEVEL="WARNING", **settings)
        try:
            yield server
        finally:
            server.stop()


def _address(server: Server) -> str:
    return server.url.replace("http", "ws", 1) + "/ws/tasks/status/"


async def _many(server: Server) -> tuple[float, list[float]]:
    """Seconds of the slowest message about a task's end, and milliseconds of each /health."""
    late: list[float] = []
    async with contextlib.AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(connect(_address(server), open_timeout=20)) for _ in range(SOCKETS)]
        listening = [asyncio.create_task(_listen(socket, late)) for socket in sockets]
        await asyncio.sleep(1)
        # /health is asked by a process of its own: here 200 sockets are listened to, which is not what is to be measured.
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
            other.submit(_watch, server.url, 0.0).result()  # started
            watching = other.submit(_watch, server.url, TASKS * PAUSE)
            work = threading.Thread(target=_work, args=(server.url,))
            work.start()
            await asyncio.wait_for(asyncio.gather(*listening), 60)
            work.join()
            health = await asyncio.wrap_future(watching)
    return max(late), sorted(health)


async def _listen(socket: ClientConnection, late: list[float]) -> None:
    """Hear of all tasks' ends; how late each was told."""
    ended = 0
    while ended < TASKS:
        message = await socket.recv()
        now = time.time()
        task = json.loads(message)
        if task["state"] == "SUCCESS":
            late.append(now - task["finished_at"])
            ended += 1


def _work(url: str) -> None:
    for _ in range(TASKS):
        _call(url, "POST", "/test_claude_connection")
        time.sleep(PAUSE)


def _watch(url: str, seconds: float) -> list[float]:
    """Milliseconds of each /health, asked again and again for so long."""
    until = time.monotonic() + seconds
    health = []
    while time.monotonic() < until:
        health.append(timed(lambda: _call(url, "GET", "/health")))
        time.sleep(HEALTH_EVERY)
    return health


def _call(url: str, method: str, path: str) -> None:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    with contextlib.closing(connection):
        connection.request(method, path)
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"{method} {path}: {answer.status}")
        answer.read()


async def _one_too_many(server: Server) -> float:
    """Seconds until a socket beyond the usual places has been told to poll and is closed."""
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(USUAL_PLACES):
            await stack.enter_async_context(connect(_address(server), open_timeout=20))
        await asyncio.sleep(1)  # each has taken its place by now
        started = time.perf_counter()
        async with connect(_address(server), open_timeout=20) as refused:
            told = json.loads(await refused.recv())
            if not told.get("poll"):
                raise RuntimeError(f"it was let in: {told}")
            with contextlib.suppress(ConnectionClosed):
                await refused.recv()
            return time.perf_counter() - started
