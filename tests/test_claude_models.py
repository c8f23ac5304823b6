"""Which model answers, what the connection test says, and one client for all."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tenderline.errors import TenderlineError, TransientError, UpstreamError
from tests.claude_cases import Watched, claude, review_request
from tests.claude_wire import Llmock, Status, StreamError, Turn, WireServer, error_body, review_json, start_llmock


@pytest.fixture(scope="module")
def running() -> Iterator[Llmock]:
    with start_llmock() as server:
        yield server


@pytest.fixture
def mock(running: Llmock) -> Llmock:
    running.mock.reset()
    return running


def failure(base_url: str, *, read_timeout: float = 30.0, **settings: object) -> TenderlineError:
    """What a review raises."""
    with claude(base_url, read_timeout=read_timeout, **settings) as reviewer, pytest.raises(TenderlineError) as raised:
        reviewer.review(review_request(), Watched())
    return raised.value


def test_an_overloaded_model_is_replaced_by_its_fallback_which_is_named(mock: Llmock) -> None:
    mock.mock.fail(529, model="claude-sonnet-5-5")
    mock.script_review("noon")
    with claude(mock.base_url) as reviewer:
        made = reviewer.review(review_request(), Watched())
    assert [record.model for record in mock.requests] == ["claude-sonnet-5-5", "claude-haiku-5-5"]
    assert made.findings[0].model == made.reviewer == "claude-haiku-5-5"
    assert made.warnings == ("claude-sonnet-5-5 was overloaded; claude-haiku-5-5 was asked instead.",)


def test_a_model_overloaded_in_mid_stream_is_replaced() -> None:
    with WireServer(StreamError("overloaded_error"), Turn(text=review_json("noon"))) as server, claude(server.base_url) as reviewer:
        made = reviewer.review(review_request(), Watched())
    assert [body["model"] for body in server.bodies] == ["claude-sonnet-5-5", "claude-haiku-5-5"]
    assert made.reviewer == "claude-haiku-5-5"


def test_an_unknown_model_is_replaced_and_not_asked_again_in_the_same_run() -> None:
    scripts = (Status(404, error_body("not_found_error")), Turn(text=review_json("aaa")), Turn(text=review_json("bbb")))
    with WireServer(*scripts) as server, claude(server.base_url, part_chars=10) as reviewer:
        made = reviewer.review(review_request("aaa aaaa.\nbbb bbbb.\n"), Watched())
    assert [body["model"] for body in server.bodies] == ["claude-sonnet-5-5", "claude-haiku-5-5", "claude-haiku-5-5"]
    assert made.warnings == ("claude-sonnet-5-5 is not available; claude-haiku-5-5 was asked instead.",)


def test_when_all_models_are_overloaded_it_is_transient() -> None:
    with WireServer(Status(529, error_body("overloaded_error"), {"retry-after": "4"})) as server:
        error = failure(server.base_url)
    assert (type(error), error.retry_after, len(server.bodies)) == (TransientError, 4, 2)


def test_when_no_model_is_known_it_is_final_and_names_the_first() -> None:
    with WireServer(Status(404, error_body("not_found_error"))) as server:
        error = failure(server.base_url)
    assert isinstance(error, UpstreamError)
    assert "claude-sonnet-5-5" in error.message
    assert len(server.bodies) == 2


def test_a_fallback_counts_as_a_call_of_the_task() -> None:
    with (
        WireServer(Status(529, error_body("overloaded_error"))) as server,
        claude(server.base_url) as reviewer,
        pytest.raises(TransientError, match="overloaded"),
    ):
        reviewer.review(review_request(), Watched(max_calls=1))
    assert len(server.bodies) == 1


def test_a_429_asks_no_other_model(mock: Llmock) -> None:
    mock.script_rate_limit(2)
    assert isinstance(failure(mock.base_url), TransientError)
    assert len(mock.requests) == 1


def test_the_connection_test_measures_and_names_the_model(mock: Llmock) -> None:
    with claude(mock.base_url) as reviewer:
        connection = reviewer.test(Watched())
    assert (connection.connected, connection.provider, connection.model) == (True, "anthropic", "claude-sonnet-5-5")
    assert connection.latency_ms > 0


def test_a_wrong_key_is_a_connection_that_fails_with_a_message(mock: Llmock) -> None:
    mock.mock.fail(401)
    with claude(mock.base_url) as reviewer:
        connection = reviewer.test(Watched())
    assert not connection.connected
    assert "API key" in connection.message
    assert "ANTHROPIC_API_KEY" in connection.message


def test_a_connection_test_of_an_unknown_model_does_not_try_another() -> None:
    with WireServer(Status(404, error_body("not_found_error"))) as server, claude(server.base_url) as reviewer:
        connection = reviewer.test(Watched())
    assert not connection.connected
    assert "CLAUDE_MODEL" in connection.message
    assert len(server.bodies) == 1


def test_a_connection_test_that_may_succeed_later_is_transient(mock: Llmock) -> None:
    mock.mock.fail(503)
    with claude(mock.base_url) as reviewer, pytest.raises(TransientError):
        reviewer.test(Watched())


def test_warming_up_builds_the_client_and_says_what_is_wrong_with_the_settings(mock: Llmock) -> None:
    with claude(mock.base_url) as reviewer:
        reviewer.warm()
    assert mock.requests == []
    with claude("http://[::1") as reviewer, pytest.raises(UpstreamError) as raised:
        reviewer.warm()
    assert "ANTHROPIC_BASE_URL" in (raised.value.hint or "")


def test_the_client_is_built_once_for_many_threads(mock: Llmock, monkeypatch: pytest.MonkeyPatch) -> None:
    import anthropic

    built: list[object] = []
    real = anthropic.AsyncAnthropic

    def counted(**options: object) -> object:
        built.append(options)
        return real(**options)  # type: ignore[arg-type]

    monkeypatch.setattr(anthropic, "AsyncAnthropic", counted)
    mock.script_review("noon", times=None)
    with claude(mock.base_url) as reviewer:
        results: list[int] = []
        threads = [
            threading.Thread(target=lambda: results.append(len(reviewer.review(review_request(), Watched()).findings))) for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [1] * 6
    assert len(built) == 1
    assert built[0]["max_retries"] == 0  # type: ignore[index]
