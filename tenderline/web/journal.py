"""One log line a request, and an id that finds it."""

from __future__ import annotations

import re
import time
import uuid

import structlog
from flask import Flask, Response, g, request

_GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_QUIET = ("service.health", "static", "pages.plain_static")

log = structlog.get_logger("tenderline.web")


def register_journal(app: Flask) -> None:
    """Give every request an id (the caller's ``X-Request-ID`` if it sent a proper one), say it in the answer and log the request."""
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-ID", "")
    g.request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
    g.began = time.monotonic()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _end(response: Response) -> Response:
    response.headers["X-Request-ID"] = g.request_id
    began, write = g.began, log.debug if request.endpoint in _QUIET else log.info
    # The template, not the path, and never the query: addresses may carry what users wrote.
    line = {"method": request.method, "path": request.url_rule.rule if request.url_rule else "(unknown)", "status": response.status_code}

    def closed() -> None:
        write("request", **line, ms=round((time.monotonic() - began) * 1000, 1))

    if response.is_streamed:
        response.call_on_close(closed)
    else:
        closed()
    return response
