"""Requests as this application reads them: strict JSON, uploads to the data disk, refusals that arrive."""

from __future__ import annotations

import tempfile
import time
from typing import IO, Any, cast

from flask import Flask, Request, Response, current_app, request
from werkzeug.exceptions import BadRequest

from tenderline.web.context import runtime

_IN_MEMORY = 512 * 1024
_DRAIN_BYTES = 64 * 1024 * 1024
_DRAIN_SECONDS = 15.0


class IncomingRequest(Request):
    """flask-openapi asks for JSON silently and would call what it can't read invalid (422); here it is malformed (400) or of the wrong
    type (415). Uploaded files go to nameless files on the data disk, so a request that dies leaves nothing."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        try:
            return super().get_json(force=force, silent=False, cache=cache)
        except RecursionError:
            raise BadRequest from None

    def _get_file_stream(
        self, total_content_length: int | None, content_type: str | None, filename: str | None = None, content_length: int | None = None
    ) -> IO[bytes]:
        return cast(IO[bytes], tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(runtime().settings.data_dir)))


def register_incoming(app: Flask) -> None:
    """Use ``IncomingRequest``, and let a client that is still sending hear why it is refused."""
    app.request_class = IncomingRequest
    app.after_request(_drain)


def _drain(response: Response) -> Response:
    """Read what is left of a refused upload: a server that closes on a client that is still sending resets the connection, and the client
    never sees the answer."""
    length = request.content_length or 0
    if response.status_code < 400 or not 0 < length <= _DRAIN_BYTES or not request.environ.get("wsgi.input_terminated"):
        return response
    deadline = time.monotonic() + _DRAIN_SECONDS
    try:
        while time.monotonic() < deadline and request.environ["wsgi.input"].read(256 * 1024):
            pass
    except (OSError, ValueError):
        current_app.logger.debug("client went away while its upload was refused")
    return response
