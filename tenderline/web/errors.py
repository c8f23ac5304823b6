"""Every error as JSON, in one place: ``{"success": false, "error": {code, message, hint?, fields?, retry_after?}}``."""

from __future__ import annotations

import math
import re
from typing import Any

import structlog
from flask import Flask, Response, current_app
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from tenderline.errors import Invalid, MalformedRequest, TenderlineError
from tenderline.web.models import RequestHeaders

MAX_FIELDS = 20

_CODES = {
    400: "malformed_request",
    401: "login_required",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    408: "request_timeout",
    411: "length_required",
    413: "too_large",
    414: "address_too_long",
    415: "unsupported_type",
    416: "range_not_satisfiable",
    417: "expectation_failed",
    431: "headers_too_large",
}
_MESSAGES = {
    400: "The request can't be understood.",
    404: "There is nothing at this address.",
    405: "This address doesn't take that method.",
    413: "The request is larger than the server takes.",
    415: "The body of the request must be JSON.",
}
_HINTS = {
    400: "Check the body and the headers against the description at /docs.",
    404: "The addresses that exist are described at /docs.",
    413: "Files may have up to 25 MB.",
    415: "Send it with Content-Type: application/json.",
}
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is unknown",
    "string_type": "must be text",
    "string_unicode": "must be valid Unicode text",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
}

log = structlog.get_logger(__name__)


def register_errors(app: Flask) -> None:
    """Make the application answer every error in the one shape."""
    app.register_error_handler(TenderlineError, known_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(ValidationError, invalid_request)
    for database_error in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(database_error, database_unavailable)
    app.register_error_handler(Exception, unexpected_error)


def refuse_invalid(error: ValidationError) -> Response:
    """What flask-openapi calls when a request doesn't fit its model."""
    return invalid_request(error)


def error_response(status: int, error: dict[str, Any], headers: list[tuple[str, str]] | None = None) -> Response:
    """The one shape. ``retry_after`` (seconds) also becomes the header, rounded up."""
    body = {"success": False, "error": error}
    response = current_app.response_class(current_app.json.dumps(body), status=status, mimetype="application/json")
    for name, value in headers or ():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    if error.get("retry_after") is not None:
        response.headers["Retry-After"] = str(max(1, math.ceil(error["retry_after"])))
    return response


def known_error(error: TenderlineError) -> Response:
    """An error raised on purpose; its class knows the status."""
    body = error.as_dict()
    if error.status in (429, 503) and error.retry_after is None:
        body["retry_after"] = 1
    if error.status >= 500:
        log.warning("request_failed", code=error.code, status=error.status)
    return error_response(error.status, body)


def http_error(error: HTTPException) -> Response:
    """werkzeug's own errors; their headers stay, so that a 405 keeps its Allow and a redirect its Location."""
    original = error.get_response()
    status = original.status_code
    if status < 400:
        return current_app.make_response(original)
    if isinstance(error.response, Response) and error.response.mimetype == "application/json":
        return error.response  # our own answer, handed to abort()
    words = {"message": _MESSAGES.get(status, error.name + "."), "hint": _HINTS.get(status)}
    body = {"code": _CODES.get(status, f"http_{status}"), **{name: value for name, value in words.items() if value}}
    return error_response(status, body, list(original.headers.items()))


def invalid_request(error: ValidationError) -> Response:
    """A request that doesn't fit its model: 422 with what is wrong field by field; a malformed header is a 400."""
    fields = {_name(detail["loc"]): _sentence(detail["type"], detail["msg"]) for detail in reversed(error.errors(include_url=False))}
    shown = dict(list(reversed(fields.items()))[:MAX_FIELDS])
    if error.title == RequestHeaders.__name__:
        return known_error(MalformedRequest("A header of the request is malformed.", fields=shown))
    what = "; ".join(f"{name} {words}" for name, words in list(shown.items())[:3])
    return known_error(Invalid(f"The request is not valid: {what}.", fields=shown))


def database_unavailable(error: DBAPIError | PoolTimeout) -> Response:
    """The database can't be reached or is too busy: it may work in a moment."""
    log.error("database_unavailable", error=type(error).__name__, cause=type(getattr(error, "orig", None)).__name__)
    body = {"code": "unavailable", "message": "The database can't be used right now.", "hint": "Try again in a moment.", "retry_after": 2}
    return error_response(503, body)


def unexpected_error(error: Exception) -> Response:
    """A fault of ours: logged with the request's id, nothing of it told."""
    log.error("unexpected_error", error=type(error).__name__, exc_info=error)
    request_id = structlog.contextvars.get_contextvars().get("request_id", "")
    hint = f"Try again; if it happens again, look in the server's log for request {request_id}."
    return error_response(500, {"code": "internal_error", "message": "Something went wrong on our side.", "hint": hint})


def _name(location: tuple[int | str, ...]) -> str:
    return re.sub(r"[^\w.\-]", "?", ".".join(str(part) for part in location))[:100] or "body"


def _sentence(kind: str, message: str) -> str:
    if kind in _WORDS:
        return _WORDS[kind]
    words = message.removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    return words[:1].lower() + words[1:]
