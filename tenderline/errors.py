"""Every error the application raises on purpose.

One hierarchy: an error knows its ``code`` (stable, for programs), its ``status`` (HTTP), a ``message`` for people and, where something can
be done about it, a ``hint`` that says what. ``web.errors`` turns them into JSON in one place; the ledger stores them with ``as_dict``.
"""

from __future__ import annotations

from typing import Any, ClassVar


class TenderlineError(Exception):
    """Base of all errors; raised as such only for faults of our own.

    Args:
        message: what went wrong, one sentence for people.
        hint: what the reader can do about it, one sentence.
        fields: field name -> what is wrong with it, for invalid input.
        retry_after: seconds after which the same call may succeed.
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500

    def __init__(
        self, message: str, *, hint: str | None = None, fields: dict[str, str] | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.fields = fields
        self.retry_after = retry_after

    def as_dict(self) -> dict[str, Any]:
        """``{code, message}`` and, where known, ``hint``, ``fields`` and ``retry_after`` (seconds)."""
        known = {"hint": self.hint, "fields": self.fields, "retry_after": self.retry_after}
        return {"code": self.code, "message": self.message, **{name: value for name, value in known.items() if value is not None}}


class MalformedRequest(TenderlineError):
    code, status = "malformed_request", 400


class LoginRequired(TenderlineError):
    code, status = "login_required", 401


class Forbidden(TenderlineError):
    code, status = "forbidden", 403


class NotFound(TenderlineError):
    """Unknown, or not the caller's: the two look the same from outside."""

    code, status = "not_found", 404


class Conflict(TenderlineError):
    code, status = "conflict", 409


class TooLarge(TenderlineError):
    code, status = "too_large", 413


class UnsupportedType(TenderlineError):
    code, status = "unsupported_type", 415


class Invalid(TenderlineError):
    """Well-formed, but not acceptable: a wrong value, a damaged or protected file."""

    code, status = "invalid", 422


class RateLimited(TenderlineError):
    code, status = "rate_limited", 429


class BudgetSpent(TenderlineError):
    """Nothing more may be spent on a paid model today."""

    code, status = "budget_spent", 429


class Unavailable(TenderlineError):
    code, status = "unavailable", 503


class DiskFull(TenderlineError):
    code, status = "disk_full", 507


class ConfigurationError(TenderlineError):
    """The settings contradict each other or are not safe; the process must not start."""

    code = "configuration_error"


class TransientError(TenderlineError):
    """A failure outside that is likely to pass; an operation that raises it is tried again (``tasks.retry``)."""

    code, status = "temporarily_unavailable", 503


class UpstreamError(TenderlineError):
    """A service we depend on answered in a way that trying again does not mend."""

    code, status = "upstream_error", 502


class TimeLimitExceeded(TenderlineError):
    code, status = "time_limit", 503


class Interrupted(TenderlineError):
    """The process that worked on a request was stopped."""

    code, status = "interrupted", 503


class Lost(TenderlineError):
    """The processes that worked on a task died, again and again."""

    code, status = "lost", 500


def from_dict(error: dict[str, Any]) -> TenderlineError:
    """The error that ``as_dict`` was taken from, so that a stored failure can be raised again."""
    classes: dict[str, type[TenderlineError]] = {known.code: known for known in TenderlineError.__subclasses__()}
    details = {name: error.get(name) for name in ("hint", "fields", "retry_after")}
    return classes.get(error.get("code", ""), TenderlineError)(error.get("message") or "The task failed.", **details)


class TaskCancelled(BaseException):
    """Raised inside an operation to stop it. Not an ``Exception``: nothing on the way up may swallow it by accident."""
