"""Cancelling and time limits stop a request to Claude at once, and its connection is closed."""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path

import pytest

from tenderline.errors import TaskCancelled, TenderlineError, TimeLimitExceeded, TransientError
from tests.claude_cases import Watched, chat_request, claude, review_request
from tests.claude_wire import Silence, Turn, WireServer, review_json, start_llmock, wait_until


@pytest.fixture(autouse=True, scope="module")
def _imported() -> None:
    """The SDK takes seconds to import; what is awaited here is the network."""
    import anthropic  # noqa: F401


class Running:
    """A call in a thread of its own, and how it ended."""

    def __init__(self, call) -> None:
        self.raised: BaseException | None = None
        self.result: object = None
        self._call = call
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._call()
        except BaseException as error:
            self.raised = error

    def ended(self) -> bool:
        self._thread.join(60)
        return not self._thread.is_alive()


def handshakes(port: int) -> int:
    """How many connections to the port still wait for their handshake (state SYN_SENT)."""
    return Path("/proc/net/tcp").read_text().count(f" 0100007F:{port:04X} 02 ")


def test_cancelling_a_streaming_review_closes_the_connection() -> None:
    context = Watched()
    with WireServer(Turn(text=review_json("noon"), then_silent=64)) as server, claude(server.base_url) as reviewer:
        running = Running(lambda: reviewer.review(review_request(), context))
        assert wait_until(lambda: any("writing" in step[2] for step in context.steps))
        assert not server.hung_up.is_set()
        context.cancel()
        assert running.ended()
        assert server.hung_up.wait(60)
    assert isinstance(running.raised, TaskCancelled)


def test_cancelling_while_the_server_says_nothing_closes_the_connection() -> None:
    context = Watched()
    with WireServer(Silence()) as server, claude(server.base_url) as reviewer:
        running = Running(lambda: reviewer.review(review_request(), context))
        assert server.asked.wait(60)
        context.cancel()
        assert running.ended()
        assert server.hung_up.wait(60)
    assert isinstance(running.raised, TaskCancelled)


def test_cancelling_a_chat_and_a_connection_test_closes_theirs() -> None:
    for call in (
        lambda reviewer, context: reviewer.answer(chat_request("When?"), context),
        lambda reviewer, context: reviewer.test(context),
    ):
        context = Watched()
        with WireServer(Silence()) as server, claude(server.base_url) as reviewer:
            running = Running(lambda call=call, reviewer=reviewer, context=context: call(reviewer, context))
            assert server.asked.wait(60)
            context.cancel()
            assert running.ended()
            assert server.hung_up.wait(60)
        assert isinstance(running.raised, TaskCancelled)


def test_cancelling_while_a_connection_is_being_made_ends_the_wait() -> None:
    context = Watched()
    with socket.socket() as full:
        # A listener whose backlog is full answers no handshake: connecting waits.
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        fillers = [socket.socket() for _ in range(3)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(address)
        before = handshakes(address[1])
        with claude(f"http://127.0.0.1:{address[1]}") as reviewer:
            running = Running(lambda: reviewer.review(review_request(), context))
            assert wait_until(lambda: handshakes(address[1]) > before)
            context.cancel()
            assert running.ended()
        for filler in fillers:
            filler.close()
    assert isinstance(running.raised, TaskCancelled)


def test_cancelling_a_slow_review_of_llmock_is_seen_by_it() -> None:
    context = Watched()
    with start_llmock() as mock, claude(mock.base_url) as reviewer:
        mock.script_slow_review("noon", "Bids")
        running = Running(lambda: reviewer.review(review_request(), context))
        assert wait_until(lambda: any("finding so far" in step[2] for step in context.steps))
        context.cancel()
        assert running.ended()
        assert isinstance(running.raised, TaskCancelled)
        assert wait_until(lambda: len(mock.requests) == 1)
        assert not mock.requests[0].completed
        mock.at_full_speed()
        mock.script_review("noon")
        assert reviewer.review(review_request(), Watched()).findings[0].quote == "noon"


def test_the_time_limit_of_a_task_ends_a_silent_request() -> None:
    with WireServer(Silence()) as server, claude(server.base_url) as reviewer:
        hurried = Watched(time_limit=600.0, clock=lambda: 1000.0 * server.asked.is_set())  # the time is over once the server was asked
        with pytest.raises(TenderlineError) as raised:
            reviewer.review(review_request(), hurried)
        assert server.hung_up.wait(60)
    assert isinstance(raised.value, TimeLimitExceeded)


def test_an_exception_raised_by_a_signal_closes_the_connection() -> None:
    def stop(*_: object) -> None:
        raise TaskCancelled

    before = signal.signal(signal.SIGUSR1, stop)
    try:
        with WireServer(Silence()) as server, claude(server.base_url) as reviewer:
            threading.Thread(target=lambda: server.asked.wait(60) and os.kill(os.getpid(), signal.SIGUSR1)).start()
            with pytest.raises(TaskCancelled):
                reviewer.review(review_request(), Watched())
            assert server.hung_up.wait(60)
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_failure_of_the_one_who_listens_is_his_own_and_closes_the_connection() -> None:
    def broken(_: str) -> None:
        raise LookupError("the database is away")

    with WireServer(Turn(text="Noon it is, on that day.", then_silent=16)) as server, claude(server.base_url) as reviewer:
        with pytest.raises(LookupError, match="database"):
            reviewer.answer(chat_request("When?"), Watched(), broken)
        assert server.hung_up.wait(60)


def test_closing_the_reviewer_ends_what_is_in_flight_as_transient() -> None:
    with WireServer(Silence()) as server, claude(server.base_url) as reviewer:
        running = Running(lambda: reviewer.review(review_request(), Watched()))
        assert server.asked.wait(60)
        reviewer.close()
        assert running.ended()
        assert server.hung_up.wait(60)
    assert isinstance(running.raised, TransientError)


def test_a_closed_reviewer_can_be_used_again() -> None:
    with WireServer(Turn(text=review_json("noon"))) as server, claude(server.base_url) as reviewer:
        for _ in range(2):
            assert reviewer.review(review_request(), Watched()).findings[0].quote == "noon"
            reviewer.close()


def test_a_reviewer_used_before_a_fork_works_in_the_child() -> None:
    with WireServer(Turn(text=review_json("noon"))) as server, claude(server.base_url) as reviewer:
        reviewer.review(review_request(), Watched())
        child = os.fork()
        if child == 0:
            signal.alarm(30)
            try:
                found = reviewer.review(review_request(), Watched(time_limit=20)).findings
                os._exit(0 if [one.quote for one in found] == ["noon"] else 3)
            except BaseException:
                os._exit(4)
        _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_progress_moves_with_the_answer_and_never_falls() -> None:
    context = Watched()
    with start_llmock() as mock, claude(mock.base_url) as reviewer:
        mock.mock.stall(after_chunks=30, seconds=0.4)
        mock.script_review("noon", "Bids", "The supplier")
        reviewer.review(review_request(), context)
    shares = [step[0] for step in context.steps]
    assert shares == sorted(shares)
    assert len(set(shares)) >= 3
    assert all(0 <= current < total == 100 for current, total, _, _ in context.steps)
    assert context.steps[0][2] == "Claude is reading the section"
    assert "3 findings so far" in context.steps[-1][2]
