"""Claude on AWS Bedrock: the same reviewer over AWS's wire, with AWS's failures; and which reviewer the settings choose."""

from __future__ import annotations

import base64
import json
import struct
import zlib

import pytest

from tenderline.errors import TransientError, UpstreamError
from tenderline.review.choose import create_reviewer
from tenderline.review.claude import ClaudeReviewer
from tenderline.settings import Settings
from tests.claude_cases import Watched, review_request
from tests.claude_wire import Raw, Silence, Status, Turn, WireServer, review_json, turn_events

MODEL = "anthropic.claude-sonnet-5-5"


def frame(headers: dict[str, str], payload: bytes) -> bytes:
    """One message of AWS's event stream (application/vnd.amazon.eventstream)."""
    encoded = b"".join(
        bytes([len(name)]) + name.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode() for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(encoded) + len(payload), len(encoded))
    message = prelude + struct.pack("!I", zlib.crc32(prelude)) + encoded + payload
    return message + struct.pack("!I", zlib.crc32(message))


def chunk(event: bytes) -> bytes:
    data = event.decode().partition("data: ")[2].strip()
    payload = json.dumps({"bytes": base64.b64encode(data.encode()).decode()}).encode()
    return frame({":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}, payload)


def exception(kind: str) -> bytes:
    payload = json.dumps({"message": "no matter"}).encode()
    return frame({":exception-type": kind, ":content-type": "application/json", ":message-type": "exception"}, payload)


def answer(turn: Turn) -> bytes:
    return b"".join(chunk(event) for event in turn_events(turn))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path) -> pytest.MonkeyPatch:
    """An environment with a bearer token and nothing of the machine's own AWS settings."""
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_REGION", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-token")
    return monkeypatch


def bedrock(aws: pytest.MonkeyPatch, base_url: str, region: str = "eu-central-1") -> ClaudeReviewer:
    aws.setenv("ANTHROPIC_BEDROCK_BASE_URL", base_url)
    return ClaudeReviewer(Settings(_env_file=None, ai_provider="bedrock", aws_region=region, claude_model=MODEL, claude_fallback_models=()))


def test_a_review_over_bedrock_s_event_stream(aws: pytest.MonkeyPatch) -> None:
    with WireServer(Raw(answer(Turn(text=review_json("noon"))))) as server:
        reviewer = bedrock(aws, server.base_url)
        made = reviewer.review(review_request(), Watched())
        reviewer.close()
    assert [found.quote for found in made.findings] == ["noon"]
    assert (reviewer.provider, made.reviewer) == ("bedrock", MODEL)
    assert server.paths == [f"/model/{MODEL}/invoke-with-response-stream"]
    assert server.bodies[0]["output_config"]["format"]["type"] == "json_schema"
    assert server.headers[0]["authorization"] == "Bearer bedrock-token"


@pytest.mark.parametrize(
    "kind",
    ["throttlingException", "internalServerException", "modelStreamErrorException", "serviceUnavailableException", "modelTimeoutException"],
)
def test_exceptions_in_bedrock_s_stream_that_pass_are_transient(aws: pytest.MonkeyPatch, kind: str) -> None:
    body = b"".join(chunk(event) for event in list(turn_events(Turn(text="abc")))[:3]) + exception(kind)
    with WireServer(Raw(body)) as server:
        reviewer = bedrock(aws, server.base_url)
        with pytest.raises(TransientError):
            reviewer.review(review_request(), Watched())
        reviewer.close()


def test_a_validation_exception_in_bedrock_s_stream_is_final(aws: pytest.MonkeyPatch) -> None:
    with WireServer(Raw(exception("validationException"))) as server:
        reviewer = bedrock(aws, server.base_url)
        with pytest.raises(UpstreamError):
            reviewer.review(review_request(), Watched())
        reviewer.close()


def test_a_damaged_event_stream_is_transient(aws: pytest.MonkeyPatch) -> None:
    damaged = bytearray(answer(Turn(text=review_json("noon"))))
    damaged[-20] ^= 0xFF
    for body in (bytes(damaged), b"no event stream at all, but long enough for a prelude"):
        with WireServer(Raw(body)) as server:
            reviewer = bedrock(aws, server.base_url)
            with pytest.raises(TransientError):
                reviewer.review(review_request(), Watched())
            reviewer.close()


@pytest.mark.parametrize(
    ("status", "message", "words"),
    [
        (403, "You don't have access to the model with the specified model ID.", "AWS"),
        (400, "The provided model identifier is invalid.", "CLAUDE_MODEL"),
        (404, "Could not resolve the foundation model.", "CLAUDE_MODEL"),
    ],
)
def test_bedrock_s_refusals_are_final_and_say_what_to_do(aws: pytest.MonkeyPatch, status: int, message: str, words: str) -> None:
    with WireServer(Status(status, {"message": message})) as server:
        reviewer = bedrock(aws, server.base_url)
        connection = reviewer.test(Watched())
        reviewer.close()
    assert not connection.connected
    assert words in connection.message


def test_bedrock_without_a_region_says_so(aws: pytest.MonkeyPatch) -> None:
    reviewer = bedrock(aws, "http://127.0.0.1:9", region="")
    connection = reviewer.test(Watched())
    reviewer.close()
    assert not connection.connected
    assert "AWS_REGION" in connection.message


def test_bedrock_without_credentials_says_so(aws: pytest.MonkeyPatch) -> None:
    aws.delenv("AWS_BEARER_TOKEN_BEDROCK")
    with WireServer(Silence()) as server:
        reviewer = bedrock(aws, server.base_url)
        connection = reviewer.test(Watched())
        reviewer.close()
    assert not connection.connected
    assert "AWS_PROFILE" in connection.message
    assert server.bodies == []


def test_bedrock_with_a_profile_that_does_not_exist_says_so(aws: pytest.MonkeyPatch) -> None:
    aws.delenv("AWS_BEARER_TOKEN_BEDROCK")
    aws.setenv("AWS_PROFILE", "no-such-profile")
    with WireServer(Silence()) as server:
        reviewer = bedrock(aws, server.base_url)
        connection = reviewer.test(Watched())
        reviewer.close()
    assert not connection.connected
    assert "AWS_PROFILE" in connection.message


@pytest.mark.parametrize(
    ("fields", "provider"),
    [
        ({"anthropic_api_key": "sk-x"}, "anthropic"),
        ({"ai_provider": "anthropic", "anthropic_api_key": "sk-x"}, "anthropic"),
        ({"ai_provider": "bedrock", "aws_region": "eu-central-1"}, "bedrock"),
    ],
)
def test_the_settings_choose_the_reviewer(monkeypatch: pytest.MonkeyPatch, fields: dict[str, str], provider: str) -> None:
    monkeypatch.delenv("AI_PROVIDER", raising=False)
    reviewer = create_reviewer(Settings(_env_file=None, **fields))
    assert isinstance(reviewer, ClaudeReviewer)
    assert (reviewer.provider, reviewer.model) == (provider, "claude-sonnet-5-5")


def test_choosing_a_reviewer_does_not_load_the_sdk() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from tenderline.settings import Settings; from tenderline.review.choose import create_reviewer;"
        "create_reviewer(Settings(_env_file=None, ai_provider='anthropic', anthropic_api_key='sk-x'));"
        "sys.exit('anthropic' in sys.modules or 'httpx2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
