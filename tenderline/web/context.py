"""What a view needs of its application: the runtime, the desk, and answers made from models."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from flask import Response, current_app
from pydantic import BaseModel

from tenderline.register.routing import Router
from tenderline.review.desk import Desk
from tenderline.runtime import Runtime
from tenderline.web.answers import ErrorAnswer

RUNTIME = "tenderline"
DESK = "tenderline_desk"
ROUTER = "tenderline_router"

ERRORS: dict[str | int | HTTPStatus, Any] = dict.fromkeys((400, 401, 403, 404, 405, 413, 415, 422, 429, 500, 503), ErrorAnswer)
"""What any call may answer; see ``web.errors``."""


def runtime() -> Runtime:
    """The process's runtime."""
    return cast(Runtime, current_app.extensions[RUNTIME])


def desk() -> Desk:
    """The review desk."""
    return cast(Desk, current_app.extensions[DESK])


def router() -> Router:
    """Answers questions to the register."""
    return cast(Router, current_app.extensions[ROUTER])


def answer(model: BaseModel, status: int = 200) -> Response:
    """A JSON response; fields without a value are left out."""
    return current_app.response_class(model.model_dump_json(exclude_none=True, by_alias=True), status=status, mimetype="application/json")


def wants_page(accept: str | None) -> bool:
    """Whether an Accept header prefers a page to JSON, as a browser's navigation does."""
    return "text/html" in (accept or "")
