"""An error that Claude's service reports, by HTTP status or inside a stream, as an error for people.

Sources: the API's list of errors (platform.claude.com, "Errors"), the SDK's retry rule (anthropic 2.12, ``_base_client._should_retry``) and
AWS's list of exceptions of InvokeModelWithResponseStream.
"""

from __future__ import annotations

import email.utils
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tenderline.errors import TenderlineError, TransientError, UpstreamError
from tenderline.review.claude.clean import clean_line

MAX_RETRY_AFTER = 300.0
MAX_SERVICE_MESSAGE = 200

# An error inside a stream comes with the status of the response that carries it; its type says which status is meant.
STATUS_OF_TYPE = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403, "not_found_error": 404,
    "request_too_large": 413, "rate_limit_error": 429, "api_error": 500, "timeout_error": 504, "overloaded_error": 529,
    "validationexception": 400, "accessdeniedexception": 403, "resourcenotfoundexception": 404, "throttlingexception": 429,
    "internalserverexception": 500, "modelstreamerrorexception": 500, "serviceunavailableexception": 503, "modeltimeoutexception": 504,
}  # fmt: skip
PASSING_STATUSES = {408, 409, 424, 425, 429, 499}

KEY_HINT = "Check ANTHROPIC_API_KEY; a new key is made in the Claude console."
AWS_HINT = "Check the AWS credentials and that the account has access to the model in AWS_REGION."
MODEL_HINT = "Set CLAUDE_MODEL to a model that the key may use; on Bedrock it is the model's Bedrock id."
BASE_URL_HINT = "Check ANTHROPIC_BASE_URL: does a Claude service answer there?"


@dataclass(frozen=True)
class Failure:
    """``error`` is what to raise; ``other_model`` says why another model may answer the same question, "" when none would."""

    error: TenderlineError
    other_model: str = ""


def status_failure(error: Any, model: str, *, bedrock: bool, secret: str) -> Failure:
    """Read the SDK's ``APIStatusError`` of a request to ``model``; ``secret`` is taken out of the service's message."""
    kind = str(error.type or "").lower()
    in_stream = error.status_code < 400
    status = STATUS_OF_TYPE.get(kind, 500) if in_stream else error.status_code
    overloaded = status == 529 or kind == "overloaded_error"
    unknown = _unknown_model(error, status, kind, bedrock)
    other_model = "was overloaded" if overloaded else "is not available" if unknown else ""
    headers = {} if in_stream else error.response.headers
    if _is_passing(status, headers):
        message, hint = _passing(status, model, overloaded)
        return Failure(TransientError(message, hint=hint, retry_after=retry_after(headers)), other_model)
    if unknown:
        return Failure(UpstreamError(f"There is no model “{model}” for this account.", hint=MODEL_HINT), other_model)
    message, hint = _final(status, kind, bedrock)
    said = _without(secret, clean_line(_without(secret, str(error.api_message or "")), MAX_SERVICE_MESSAGE)) if status in (400, 422) else ""
    return Failure(UpstreamError(f"{message} It says: {said}" if said else message, hint=hint), other_model)


def _without(secret: str, text: str) -> str:
    return text.replace(secret, "…") if secret else text


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the service asks to wait (``retry-after-ms``, or ``retry-after`` in seconds or as a date); at most five minutes."""
    wait = _number(headers.get("retry-after-ms"))
    wait = wait / 1000 if wait is not None else _number(headers.get("retry-after"))
    if wait is None:
        parsed = email.utils.parsedate_tz(headers.get("retry-after", ""))
        if parsed is None:
            return None
        try:
            wait = email.utils.mktime_tz(parsed) - datetime.now(UTC).timestamp()
        except (ValueError, OverflowError):
            return None
    return min(wait, MAX_RETRY_AFTER) if wait > 0 else None


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _is_passing(status: int, headers: Mapping[str, str]) -> bool:
    asked = headers.get("x-should-retry")
    if asked in ("true", "false"):
        return asked == "true"
    return status in PASSING_STATUSES or (status >= 500 and status != 501)


def _unknown_model(error: Any, status: int, kind: str, bedrock: bool) -> bool:
    if bedrock:
        return status == 404 or (status == 400 and "model identifier" in str(error))
    # A proxy or a wrong base URL answers 404 without the API's error object: that says nothing of the model.
    return status == 404 and kind == "not_found_error"


def _passing(status: int, model: str, overloaded: bool) -> tuple[str, str | None]:
    if overloaded:
        return f"Claude ({model}) is overloaded.", "It usually passes within minutes."
    if status == 429:
        return "Claude was asked more often than the account allows.", "Wait a little, or raise the account's rate limits."
    if status in (408, 504):
        return "Claude did not answer in time.", None
    return f"Claude's service had a fault of its own (HTTP {status}).", None


def _final(status: int, kind: str, bedrock: bool) -> tuple[str, str]:
    if status == 401:
        return ("AWS did not accept the credentials.", AWS_HINT) if bedrock else ("Claude did not accept the API key.", KEY_HINT)
    if status == 402 or kind == "billing_error":
        return "The account for Claude has no credit left.", "Top up the account, or set AI_PROVIDER=builtin until then."
    if status == 403:
        return ("AWS refused access to the model.", AWS_HINT) if bedrock else ("The API key may not use this model.", KEY_HINT)
    if status == 404:
        return "There is no Claude service at the configured address (HTTP 404).", BASE_URL_HINT
    if status == 413:
        return "The text is too long for one request to Claude.", "Split the section, or ask about a shorter document."
    if status == 429:
        return "The account's limit for Claude is used up.", "Raise the spend limit in the Claude console, or wait until it is renewed."
    if status in (400, 422):
        return (
            "Claude's service refused the request as invalid.",
            "If it speaks of credit or of a limit, the account needs attention; else a shorter text may help.",
        )
    return f"Claude's service refused the request (HTTP {status}).", BASE_URL_HINT
