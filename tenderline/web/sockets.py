"""``/ws/tasks/status/``: a task's states as they change, over a WebSocket. docs/live-updates.md says what is spoken there."""

from __future__ import annotations

import contextlib
import json
import time
import uuid
from collections import deque
from collections.abc import Collection
from functools import partial
from threading import Thread
from typing import Annotated, cast

import structlog
from flask import Blueprint, Flask, Response, current_app, request
from flask_sock import Sock
from pydantic import ConfigDict, Field, ValidationError
from simple_websocket import ConnectionClosed, Server
from sqlalchemy.exc import SQLAlchemyError
from wsproto.frame_protocol import FrameProtocol
from wsproto.utilities import LocalProtocolError, RemoteProtocolError

import celery_integration
from tenderline.errors import Invalid, MalformedRequest, TenderlineError, TooLarge, Unavailable
from tenderline.settings import Settings
from tenderline.web.access import current_owner
from tenderline.web.answers import TaskAnswer
from tenderline.web.errors import known_error
from tenderline.web.hub import Hub, Listener, Message
from tenderline.web.models import Body, Id
from tenderline.web.security import refuse_foreign
from tenderline.web.threads import for_sockets
from tenderline.web.wire import STALLED_AFTER, Wire

HUB = "tenderline_hub"
PATH = "/ws/tasks/status/"

FIRST_WORD = 0.25
"""Seconds in which a new socket may say what it wants before it is sent everything of its owner."""
REFRESH_EVERY = 30.0
LIFETIME = 3600.0
"""A page then connects again, and its login is looked at again."""
PING_EVERY = 20.0
GOODBYE_SECONDS = 1.0
NEWEST = 50
MAX_IDS = 200
MAX_MESSAGE_BYTES = 16 * 1024
MOST_MESSAGES, IN_SECONDS = 30, 10.0
SEND_AHEAD_BYTES = 256 * 1024
"""How much of a full state may wait for a slow reader before the rest is read."""

GOING, UNREADABLE, UNSUPPORTED, TOO_LARGE, TOO_OFTEN, FAULT, TRY_LATER = 1001, 1007, 1003, 1009, 1008, 1011, 1013
"""Why a socket is closed (RFC 6455, section 7.4, and IANA's registry of close codes)."""

_SERVER_SOCKETS = ("gunicorn.socket", "werkzeug.socket")

log = structlog.get_logger(__name__)


class Subscription(Body):
    """What a socket may say: the ids it wants to hear of from now on, and of no others; null is all of its owner again."""

    model_config = ConfigDict(extra="forbid", strict=True)

    subscribe: Annotated[list[Id], Field(max_length=MAX_IDS)] | None


class Refusal(Exception):
    """What a socket said can't be answered: it is told why and closed with ``code``."""

    def __init__(self, code: int, error: TenderlineError) -> None:
        super().__init__(error.message)
        self.code = code
        self.error = error


class Connection:
    """One open socket: whole frames out, from any thread, without waiting."""

    def __init__(self, socket: Server, wire: Wire) -> None:
        self._socket = socket
        self._wire = wire

    def send(self, frame: bytes) -> None:
        """Send a frame; one for a reader that is gone is dropped, its own thread ends the socket."""
        if self._socket.connected:
            with contextlib.suppress(OSError):
                self._wire.send(frame)

    def flush(self) -> None:
        self._wire.flush()

    def wait_for_room(self) -> None:
        """Wait until the reader has taken most of what was sent. Only for the socket's own thread."""
        self._wire.wait_for_room(SEND_AHEAD_BYTES, seconds=STALLED_AFTER)

    def leave(self, code: int, reason: str) -> None:
        """Say that it ends and why; the socket's own thread sees to the rest."""
        with contextlib.suppress(ConnectionClosed, LocalProtocolError, OSError):
            self._socket.close(code, reason)
        self._socket.event.set()  # its own thread may wait for a message

    def finish(self) -> None:
        """Wait for the other side's goodbye, a moment at most, and end the connection."""
        self._socket.thread.join(GOODBYE_SECONDS)
        self._wire.finish(GOODBYE_SECONDS)


def register_sockets(app: Flask, settings: Settings) -> None:
    """Add the socket and its hub."""
    app.config["SOCK_SERVER_OPTIONS"] = {
        "ping_interval": PING_EVERY,
        "max_message_size": 4 * MAX_MESSAGE_BYTES,  # beyond what is answered in words, the connection just ends
        "thread_class": partial(Thread, daemon=True),
    }
    app.extensions[HUB] = Hub(partial(_changes, app), partial(_read, app), for_sockets(settings.web_threads))
    blueprint = Blueprint("live", __name__)
    blueprint.before_request(_prepare)
    blueprint.register_error_handler(RemoteProtocolError, _malformed)
    Sock().route(PATH, bp=blueprint, strict_slashes=False)(task_status)
    app.register_blueprint(blueprint)


def task_status(socket: Server) -> None:
    """Speak with one socket until it ends."""
    connection = Connection(socket, cast(Wire, socket.sock))
    hub: Hub = current_app.extensions[HUB]
    try:
        with hub.place(current_owner(), connection) as listener:
            if listener is None:
                _send_away(connection, hub.places)
            else:
                _serve(socket, connection, listener)
    except Refusal as refusal:
        connection.send(text_frame(json.dumps({"success": False, "error": refusal.error.as_dict()})))
        connection.leave(refusal.code, refusal.error.message[:120])
    except ConnectionClosed:
        pass  # the usual end: the page was closed, or the server stops
    except Exception as error:
        log.error("socket_failed", error=type(error).__name__, exc_info=error)
        connection.leave(FAULT, "Something went wrong on our side.")
    finally:
        connection.finish()


def _serve(socket: Server, connection: Connection, listener: Listener) -> None:
    heard: deque[float] = deque(maxlen=MOST_MESSAGES)
    said = socket.receive(timeout=FIRST_WORD)
    listener.subscribe(_subscription(said, heard) if said is not None else None)
    until = time.monotonic() + LIFETIME
    while time.monotonic() < until:
        _refresh(connection, listener)
        said = socket.receive(timeout=REFRESH_EVERY)
        if said is not None:
            listener.subscribe(_subscription(said, heard))
    connection.leave(GOING, "Please connect again.")


def _send_away(connection: Connection, places: int) -> None:
    error = Unavailable(
        f"All {places} places for live updates are taken.", hint="Ask /task_status from time to time instead.", retry_after=30
    )
    connection.send(text_frame(json.dumps({"success": False, "poll": True, "error": error.as_dict()})))
    connection.leave(TRY_LATER, "All places for live updates are taken; please poll.")


def _refresh(connection: Connection, listener: Listener) -> None:
    """Send the state of everything the socket asked for; of what has ended only what it doesn't know yet."""
    ids = listener.ids
    try:
        if ids is None:
            updates = celery_integration.newest_tasks(listener.owner, NEWEST)
        else:
            updates = celery_integration.visible_tasks(listener.owner, ids) if ids else []
    except SQLAlchemyError as error:
        log.warning("socket_cannot_read", reason=type(error).__name__)
        return  # the next look or the next full state brings it
    for update in updates:
        connection.wait_for_room()
        listener.tell(_message(update), again=not update.status.ready)


def _subscription(said: str | bytes, heard: deque[float]) -> list[str] | None:
    """What a message asks for. Raises ``Refusal``."""
    if isinstance(said, bytes):
        raise Refusal(UNSUPPORTED, MalformedRequest("Only text is understood here.", hint='Send {"subscribe": [ids]} as text.'))
    if len(said) > MAX_MESSAGE_BYTES:
        raise Refusal(TOO_LARGE, TooLarge(f"A message may have {MAX_MESSAGE_BYTES:,} characters.", hint="Ask for fewer tasks at a time."))
    now = time.monotonic()
    if len(heard) == MOST_MESSAGES and now - heard[0] < IN_SECONDS:
        raise Refusal(TOO_OFTEN, Invalid("Too many messages.", hint=f"Send at most {MOST_MESSAGES} in {IN_SECONDS:.0f} seconds."))
    heard.append(now)
    try:
        asked = Subscription.model_validate_json(said).subscribe
    except ValidationError as error:
        hint = f'Send {{"subscribe": [ids]}} with at most {MAX_IDS} task ids, or {{"subscribe": null}} for all of yours.'
        kind = MalformedRequest if error.errors()[0]["type"] == "json_invalid" else Invalid
        raise Refusal(UNREADABLE, kind("The message can't be understood.", hint=hint)) from None
    return None if asked is None else [known for task_id in asked if (known := _known(task_id))]


def _known(task_id: str) -> str | None:
    """The id as it is stored; None for what names no task."""
    try:
        return str(uuid.UUID(task_id))
    except ValueError:
        return None


def _prepare() -> None:
    """Refuse other sites' pages and broken handshakes, and put the wire between the WebSocket and the server's socket."""
    refuse_foreign()
    environ = request.environ
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13" or not environ.get("HTTP_SEC_WEBSOCKET_KEY"):
        raise MalformedRequest("This is not a WebSocket handshake that is understood here.", hint="Use version 13 (RFC 6455).")
    environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)  # no compression: it would cost 300 kB a socket, and each its own copy of a frame
    for name in _SERVER_SOCKETS:
        if name in environ:
            environ[name] = Wire(environ[name])


def _malformed(_error: RemoteProtocolError) -> Response:
    return known_error(MalformedRequest("The WebSocket handshake can't be understood.", hint="Use version 13 (RFC 6455)."))


def _changes(app: Flask, seconds: float) -> Collection[celery_integration.Change]:
    with app.app_context():
        return celery_integration.task_changes(seconds)


def _read(app: Flask, task_ids: Collection[str]) -> dict[str, Message]:
    with app.app_context():
        return {task_id: _message(update) for task_id, update in celery_integration.task_updates(task_ids).items()}


def _message(update: celery_integration.Update) -> Message:
    others = {owner: _frame(status) for owner, status in update.those_who_left.items()}
    return Message(update.status.task_id, update.revision, _frame(update.status), others)


def _frame(status: celery_integration.TaskStatus) -> bytes:
    body = TaskAnswer(**status.as_dict()).model_dump(mode="json", exclude_none=True, by_alias=True)
    return text_frame(json.dumps(body | {"cache_key": status.key}, separators=(",", ":")))


def text_frame(text: str) -> bytes:
    """A text as one frame of a server, which looks the same to every socket."""
    return bytes(FrameProtocol(client=False, extensions=[]).send_data(text))
