"""An answer as a stream of events, read from the task's row: the same in every mode, and a lost connection loses no work."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from flask import Response, current_app
from sqlalchemy.exc import SQLAlchemyError

from celery_integration import REVOKED, SUCCESS, UNFINISHED, TaskStatus
from tenderline.errors import NotFound
from tenderline.web.context import runtime
from tenderline.web.threads import for_streams

LOOK_EVERY = 0.1
PING_EVERY = 10.0
MARGIN = 20.0
"""Seconds beyond ``INLINE_TIMEOUT`` that a stream follows its task."""

_SLOTS = "tenderline_stream_slots"


def wants_stream(accept: str | None) -> bool:
    """Whether the caller asks for events."""
    return "text/event-stream" in (accept or "")


def prepare_streams(extensions: dict[str, Any], threads: int) -> None:
    """Let streams take their share of the threads at most: each holds one for as long as its answer takes."""
    extensions[_SLOTS] = threading.BoundedSemaphore(for_streams(threads))


def stream_answer(task_id: str, owner: str) -> Response | None:
    """The events of a chat task; None when too many streams are open (the caller then says which task to poll)."""
    slots: threading.BoundedSemaphore = current_app.extensions[_SLOTS]
    if not slots.acquire(blocking=False):
        return None
    manager = runtime().tasks
    seconds = runtime().settings.inline_timeout + MARGIN
    events = follow(lambda: manager.status(task_id, owner), task_id, seconds)
    response = Response(events, mimetype="text/event-stream", headers={"X-Accel-Buffering": "no", "X-Task-ID": task_id})
    response.call_on_close(_once(slots.release))
    return response


def follow(
    look: Callable[[], TaskStatus],
    task_id: str,
    seconds: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[str]:
    """The events of a task until it ends.

    ``task`` comes first; ``status`` whenever the words, the progress or the wait changed by a second; ``token`` with the text that is new
    (``replace`` is true when a new start of the task makes another text); at the end ``sources`` and ``done``, or ``error``. A stream that
    ends with neither broke off, or its task takes longer than ``seconds``: it is to be followed by its id.
    """
    yield _event("task", {"task_id": task_id})
    deadline = clock() + seconds
    spoken_at = clock()
    sent = ""
    said: tuple[Any, ...] = ()
    while clock() < deadline:
        try:
            status = look()
        except NotFound as error:
            yield _event("error", error.as_dict())
            return
        except SQLAlchemyError:  # busy for a moment; the deadline bounds this too
            sleep(LOOK_EVERY)
            continue
        if status.state == SUCCESS:
            yield from _finish(status, sent)
            return
        if status.state not in UNFINISHED:
            yield _event("error", _failure(status))
            return
        if status.partial and status.partial != sent:
            yield _event("token", _more(sent, status.partial))
            sent, spoken_at = status.partial, clock()
        now_said = (status.state, status.status, status.progress, None if status.eta_seconds is None else round(status.eta_seconds))
        if now_said != said:
            yield _event("status", _brief(status))
            said, spoken_at = now_said, clock()
        if clock() - spoken_at > PING_EVERY:
            yield ": still here\n\n"
            spoken_at = clock()
        sleep(LOOK_EVERY)
    yield ": the task goes on; follow it by its id\n\n"


def _finish(status: TaskStatus, sent: str) -> Iterator[str]:
    result = status.result or {}
    response = str(result.get("response", ""))
    if response != sent:
        yield _event("token", _more(sent, response))
    yield _event("sources", {"sources": result.get("sources", [])})
    yield _event("done", {"task_id": status.task_id, **result})


def _more(sent: str, text: str) -> dict[str, Any]:
    """The new part of a text; all of it when it doesn't go on from what was sent."""
    return {"text": text[len(sent) :]} if text.startswith(sent) else {"text": text, "replace": True}


def _brief(status: TaskStatus) -> dict[str, Any]:
    names = ("task_id", "state", "status", "progress", "eta_seconds")
    return {name: value for name, value in status.as_dict().items() if name in names}


def _failure(status: TaskStatus) -> dict[str, Any]:
    if status.state == REVOKED:
        return {"code": "cancelled", "message": "The question was cancelled.", "task_id": status.task_id}
    return {"code": "failed", "message": "The question could not be answered."} | (status.error or {}) | {"task_id": status.task_id}


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n"


def _once(action: Callable[[], None]) -> Callable[[], None]:
    """The action, for the first call only: a response may be closed more than once."""
    done = threading.Lock()

    def call() -> None:
        if done.acquire(blocking=False):
            action()

    return call
