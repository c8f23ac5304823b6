"""Every way in which Claude's service fails becomes an error for people: one that passes, or one that says what to do."""

from __future__ import annotations

import email.utils
import json
import logging
import socket
import ssl
import time
from collections.abc import Iterator

import pytest
import structlog

from tenderline.errors import TenderlineError, TransientError, UpstreamError
from tests.claude_cases import Watched, chat_request, claude, review_request
from tests.claude_wire import (
    KEY,
    Llmock,
    Raw,
    Script,
    Silence,
    Status,
    StreamError,
    Turn,
    WireServer,
    error_body,
    event,
    message_start,
    review_json,
    start_llmock,
)

ONE_MODEL = {"claude_fallback_models": ""}


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


def failure_of(script: Script, *, read_timeout: float = 30.0, **settings: object) -> TenderlineError:
    with WireServer(script) as server:
        return failure(server.base_url, read_timeout=read_timeout, **{**ONE_MODEL, **settings})


def test_a_429_with_retry_after_2_is_transient_and_says_2_seconds(mock: Llmock) -> None:
    mock.script_rate_limit(2)
    error = failure(mock.base_url)
    assert isinstance(error, TransientError)
    assert error.retry_after == 2
    assert len(mock.requests) == 1


def test_after_a_429_the_next_try_succeeds(mock: Llmock) -> None:
    mock.script_rate_limit(2)
    mock.script_review("noon")
    with claude(mock.base_url) as reviewer:
        with pytest.raises(TransientError):
            reviewer.review(review_request(), Watched())
        assert reviewer.review(review_request(), Watched()).findings[0].quote == "noon"


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 504, 529])
def test_statuses_that_pass_are_transient_after_one_request(mock: Llmock, status: int) -> None:
    mock.mock.fail(status, times=None)
    error = failure(mock.base_url, **ONE_MODEL)
    assert isinstance(error, TransientError)
    assert len(mock.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (400, "invalid_request_error", "invalid"),
        (401, "authentication_error", "did not accept the API key"),
        (402, "billing_error", "no credit"),
        (403, "permission_error", "may not use"),
        (404, "not_found_error", "no model “claude-sonnet-5-5”"),
        (413, "request_too_large", "too long"),
        (422, "invalid_request_error", "invalid"),
        (501, "api_error", "HTTP 501"),
    ],
)
def test_statuses_that_stay_are_final_and_say_what_to_do(status: int, kind: str, words: str) -> None:
    error = failure_of(Status(status, error_body(kind)))
    assert isinstance(error, UpstreamError)
    assert words in error.message
    assert error.hint


def test_a_404_that_is_not_the_api_s_points_to_the_base_url() -> None:
    error = failure_of(Status(404, "<html>nothing here</html>"))
    assert isinstance(error, UpstreamError)
    assert "ANTHROPIC_BASE_URL" in (error.hint or "")


def test_the_service_s_words_on_an_invalid_request_are_passed_on_without_the_key() -> None:
    error = failure_of(Status(400, error_body("invalid_request_error", f"Your credit\x00 balance is too low for {KEY}. " + "x" * 500)))
    assert "Your credit balance is too low for …." in error.message
    assert len(error.message) < 300


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "99999"}, 300),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({}, None),
    ],
)
def test_retry_after_is_read_and_bounded(headers: dict[str, str], seconds: float | None) -> None:
    assert failure_of(Status(429, error_body("rate_limit_error"), headers)).retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    date = email.utils.formatdate(time.time() + 100, usegmt=True)
    wait = failure_of(Status(503, error_body("api_error"), {"retry-after": date})).retry_after
    assert wait is not None
    assert 50 < wait <= 100


@pytest.mark.parametrize(
    ("status", "asked", "expected"), [(400, "true", TransientError), (429, "false", UpstreamError), (529, "false", UpstreamError)]
)
def test_x_should_retry_wins_over_the_status(status: int, asked: str, expected: type[Exception]) -> None:
    assert type(failure_of(Status(status, error_body("api_error"), {"x-should-retry": asked}))) is expected


@pytest.mark.parametrize("kind", ["overloaded_error", "rate_limit_error", "api_error", "timeout_error", "a_new_error"])
def test_an_error_event_in_the_stream_that_passes_is_transient(kind: str) -> None:
    assert isinstance(failure_of(StreamError(kind)), TransientError)


@pytest.mark.parametrize("kind", ["invalid_request_error", "authentication_error", "permission_error", "not_found_error", "billing_error"])
def test_an_error_event_in_the_stream_that_stays_is_final(kind: str) -> None:
    assert type(failure_of(StreamError(kind))) is UpstreamError


@pytest.mark.parametrize("fault", ["disconnect", "truncate", "corrupt"])
def test_a_stream_that_breaks_is_transient(mock: Llmock, fault: str) -> None:
    mock.script_review("noon")
    getattr(mock.mock, fault)(after_chunks=6)
    assert isinstance(failure(mock.base_url), TransientError)


START = message_start({"input_tokens": 1})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"event: message_start\ndata: {broken\n\n",
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": "a"}),
        START + event("content_block_delta", index=5, delta={"type": "text_delta", "text": "a"}),
        START + b"event: content_block_start\ndata: 17\n\n",
        START + b"\xff\xfe\n\n",
        START + event("content_block_start", index=0, content_block=None),
        b"event: message_start\ndata: "
        + json.dumps({"type": "message_start", "message": {"content": 7, "usage": "none"}}).encode()
        + b"\n\n",
        START + event("message_delta", delta={"stop_reason": ["end_turn"]}, usage=None),
        b"<html>hello</html>",
    ],
)
@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_no_damaged_stream_escapes_as_anything_but_transient(body: bytes) -> None:
    assert isinstance(failure_of(Raw(body)), TransientError)


def test_an_answer_that_never_ends_is_not_read_forever() -> None:
    pieces = [event("content_block_start", index=0, content_block={"type": "text", "text": ""})]
    pieces += [event("content_block_delta", index=0, delta={"type": "text_delta", "text": "x" * 100_000})] * 5
    error = failure_of(Raw(START + b"".join(pieces)))
    assert isinstance(error, UpstreamError)
    assert "longer" in error.message


def test_a_server_that_says_nothing_is_transient_after_the_read_timeout() -> None:
    error = failure_of(Silence(), read_timeout=0.2)
    assert isinstance(error, TransientError)
    assert "in time" in error.message


def test_a_server_that_falls_silent_in_mid_stream_is_transient() -> None:
    error = failure_of(Turn(text=review_json("noon"), then_silent=16), read_timeout=0.2)
    assert isinstance(error, TransientError)
    assert "in time" in error.message


def test_a_closed_port_is_transient_and_points_to_the_network() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = failure(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert isinstance(error, TransientError)
    assert "ANTHROPIC_BASE_URL" in (error.hint or "")


@pytest.mark.parametrize("address", ["api.example.test", "ftp://127.0.0.1", "http://[::1"])
def test_a_base_url_that_is_none_is_final(address: str) -> None:
    error = failure(address)
    assert isinstance(error, UpstreamError)
    assert "ANTHROPIC_BASE_URL" in (error.hint or "")


def test_a_key_with_characters_that_no_key_has_is_final_and_not_repeated() -> None:
    error = failure_of(Silence(), anthropic_api_key="sk-ant-\nsecret")
    assert isinstance(error, UpstreamError)
    assert "ANTHROPIC_API_KEY" in (error.hint or "")
    assert "secret" not in error.message


def test_an_untrusted_certificate_is_final() -> None:
    import anthropic
    import httpx2

    from tenderline.review.claude.failures import failure_of as read

    refused = httpx2.ConnectError("no")
    refused.__cause__ = ssl.SSLCertVerificationError("self-signed")
    error = anthropic.APIConnectionError(request=httpx2.Request("POST", "https://127.0.0.1"))
    error.__cause__ = refused
    assert "certificate" in read(error, "m").error.message
    assert isinstance(read(error, "m").error, UpstreamError)


@pytest.fixture
def plain_logs() -> Iterator[None]:
    """Logs go to standard output, whatever an earlier test has made of them."""
    configured = structlog.get_config()
    structlog.reset_defaults()
    yield
    structlog.configure(**configured)


@pytest.mark.usefixtures("plain_logs")
def test_the_key_is_in_no_log_and_no_error(caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]) -> None:
    secret_text = "The confidential sum is 4711.\n"
    scripts = (
        Turn(text=review_json("4711")),
        Status(401, error_body("authentication_error", f"invalid key {KEY}")),
        Status(400, error_body("invalid_request_error", f"bad header Bearer {KEY}")),
        StreamError("api_error", f"key {KEY}"),
        Raw(b"event: message_start\ndata: " + KEY.encode() + b"\n\n"),
        Turn(text="It is 4711."),
    )
    errors: list[str] = []
    root = logging.getLogger()
    with caplog.at_level(logging.DEBUG), WireServer(*scripts) as server, claude(server.base_url) as reviewer:
        assert root.level == logging.DEBUG
        assert reviewer.review(review_request(secret_text), Watched()).findings[0].quote == "4711"
        for _ in range(4):
            with pytest.raises(TenderlineError) as raised:
                reviewer.review(review_request(secret_text), Watched())
            errors.append(str(raised.getrepr(style="short")) + json.dumps(raised.value.as_dict()))
        reviewer.answer(chat_request("What is the sum?"), Watched())
    printed = capsys.readouterr()
    everything = "".join([caplog.text, printed.out, printed.err])
    assert "claude_answered" in everything
    assert "claude_failed" in everything
    for text in [everything, *errors]:
        assert KEY not in text
    assert "confidential" not in everything
    assert "4711" not in everything
