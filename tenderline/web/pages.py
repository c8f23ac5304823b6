"""The page and its files, and the description of the interface."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, make_response, render_template, send_from_directory
from flask_openapi.openapi import OpenAPI

from tenderline import __version__
from tenderline.register.export_query import MEDIA_TYPES
from tenderline.review.review_exports import MEDIA_TYPES as REVIEW_TYPES
from tenderline.settings import Settings
from tenderline.web.access import LOGIN_COOKIE, current_owner
from tenderline.web.context import runtime
from tenderline.web.security import VERSION_KEY

pages = Blueprint("pages", __name__)

_DESCRIPTION = "tenderline_openapi"


def version_of(*folders: Path) -> str:
    """A short name for the page's files as they are now: another one as soon as one of them changes."""
    digest = hashlib.sha256(__version__.encode())
    for folder in folders:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


@pages.get("/")
def index() -> Response:
    """The page."""
    current_owner()
    signed_in = bool(runtime().settings.access_password.get_secret_value())
    return make_response(render_template("index.html", version=current_app.config[VERSION_KEY], signed_in=signed_in))


@pages.get("/static/<path:filename>")
def plain_static(filename: str) -> Response:
    """A file of the page by an address without version: browsers ask for it again every time."""
    return send_from_directory(current_app.static_folder or "static", filename, max_age=0)


@pages.get("/docs")
def docs() -> Response:
    """The description of the interface, readable."""
    return make_response(render_template("docs.html", version=current_app.config[VERSION_KEY]))


@pages.get("/docs/assets/<path:filename>")
def docs_asset(filename: str) -> Response:
    """Swagger UI's own files, from the installed package."""
    folder = str(files("flask_openapi_swagger") / "templates" / "swagger")
    return send_from_directory(folder, filename, max_age=3600)


@pages.get("/openapi.json")
def openapi() -> Response:
    """The description of the interface, OpenAPI 3.1."""
    return jsonify(current_app.extensions[_DESCRIPTION])


def describe(app: OpenAPI, settings: Settings) -> None:
    """Make the description of everything registered so far, with what the models can't say."""
    app.openapi_version = "3.1.0"
    description = app.api_doc
    for methods in description["paths"].values():
        for operation in methods.values():
            invalid = operation["responses"].get("422")
            if invalid and "$ref" not in invalid["content"]["application/json"]["schema"]:
                del operation["responses"]["422"]  # made up by flask-openapi: this call takes nothing that could be invalid
    answered = description["paths"]["/chat"]["post"]["responses"]["200"]["content"]
    answered["text/event-stream"] = {"schema": {"type": "string"}}
    file = {"schema": {"type": "string", "format": "binary"}}
    for path, method in (("/api/v1/contracts/chip-export/", "post"), ("/api/v1/contracts/exports/{export_id}/", "get")):
        description["paths"][path][method]["responses"]["200"]["content"] = dict.fromkeys(MEDIA_TYPES.values(), file)
    download = description["paths"]["/download/{session_id}/{name}"]["get"]
    download["responses"]["200"]["content"] = dict.fromkeys(REVIEW_TYPES.values(), file)
    description["paths"]["/get_activity_logs"]["get"]["responses"]["200"]["content"]["text/csv"] = file
    description["paths"]["/export_review"]["get"]["responses"]["200"]["content"].update({"text/csv": file, "text/markdown": file})
    description["paths"]["/metrics"]["get"]["responses"]["200"]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    if settings.access_password.get_secret_value():
        cookie = {
            "type": "apiKey",
            "in": "cookie",
            "name": LOGIN_COOKIE,
            "description": "Given by POST /login with the form field password.",
        }
        description["components"]["securitySchemes"] = {"login": cookie}
        description["security"] = [{"login": []}]
    app.extensions[_DESCRIPTION] = description
