"""Live updates behind the real server: how many sockets there may be, and how they end with it."""

from __future__ import annotations

import contextlib
import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http_client import Caller
from tests.servers import Server, start_web, web_server
from tests.services import wait_for
from tests.web.live import PATH, ear

THREADS = 8
PLACES = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with web_server(tmp_path_factory.mktemp("live"), WEB_WORKERS="1", WEB_THREADS=str(THREADS)) as running:
        yield running


def test_beyond_half_of_the_threads_a_socket_is_told_to_poll_and_the_rest_is_served(server: Server) -> None:
    known = Caller(server.url).post("/test_claude_connection")[1]["task_id"]
    with contextlib.ExitStack() as stack:
        taken = [stack.enter_context(ear(server.url, subscribe=[known])) for _ in range(PLACES)]
        for listener in taken:
            listener.until(known, "SUCCESS")  # it has its place, not only its connection
        for _ in range(3):
            with ear(server.url) as refused:
                told = refused.next()
                assert told["poll"] is True
                assert told["error"]["code"] == "unavailable"
                assert told["error"]["retry_after"] > 0
                assert refused.to_the_end()[0] == 1013
        assert Caller(server.url).get("/health")[0] == 200
        listener = taken[-1]
        task_id = Caller(server.url).post("/test_claude_connection")[1]["task_id"]
        listener.say({"subscribe": [task_id]})
        listener.until(task_id, "SUCCESS")

    def has_room() -> bool:
        with ear(server.url, subscribe=[task_id]) as again:
            return "poll" not in (again.next() or {"poll": True})

    wait_for(has_room, "a place to become free again")


def test_a_broken_handshake_is_answered_and_costs_no_thread(server: Server) -> None:
    for _ in range(3 * THREADS):
        connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=20)
        headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "no key"}
        connection.request("GET", PATH, headers=headers)
        assert connection.getresponse().status in (101, 400)
        connection.close()
    assert Caller(server.url).get("/health")[0] == 200


def test_an_orderly_end_of_the_server_says_so_to_every_socket(tmp_path: Path) -> None:
    server = start_web(tmp_path, WEB_WORKERS="1", WEB_THREADS=str(THREADS))
    try:
        with ear(server.url, subscribe=[]) as first, ear(server.url, subscribe=[]) as second:
            assert first.next(0.5) is None
            server.process.terminate()
            assert {first.to_the_end()[0], second.to_the_end()[0]} == {1001}
        assert server.process.wait(timeout=60) == 0
    finally:
        server.stop()
    assert "Traceback" not in server.log.read_text()
