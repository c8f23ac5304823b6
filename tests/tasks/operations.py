"""Operations for tests of the task system: each does one thing a real one may do."""

from __future__ import annotations

import os
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.orm import Session

from tenderline.errors import TenderlineError, TransientError
from tenderline.settings import Settings
from tenderline.tasks.operation import Child, Json, Operation, Outdated, TaskContext


def spend(seconds: float) -> None:
    """Be busy with something that a signal interrupts."""
    select.select([], [], [], max(0.0, seconds))


def _mark(params: Json) -> int:
    """Append a line to the file in ``params["log"]``; how many lines there are now."""
    path = Path(params["log"])
    with path.open("a") as lines:
        lines.write(f"{time.monotonic()}\n")
    return len(path.read_text().splitlines())


def echo(params: Json, context: TaskContext) -> Json:
    """Return the params; with ``log``, leave a mark."""
    context.progress(1, 2, "Half")
    if "log" in params:
        _mark(params)
    return {"echo": params, "pid": os.getpid()}


def patient(params: Json, context: TaskContext) -> Json:
    """Work for ``seconds``, or until the file ``params["until"]`` is there, checking often, with a growing text."""
    until = time.monotonic() + params["seconds"]
    words = 0
    while time.monotonic() < until and not ("until" in params and Path(params["until"]).exists()):
        words += 1
        context.progress(words, 1000, "Working", partial="word " * words)
        spend(0.02)
    return {"words": words}


def stubborn(params: Json, context: TaskContext) -> Json:
    """Work for ``seconds`` without ever checking; a signal's exception is what stops it."""
    context.progress(0, 1, "Working")
    spend(params["seconds"])
    return {"slept": params["seconds"]}


def deaf(params: Json, context: TaskContext) -> Json:
    """Like ``stubborn``, but swallows the exception too: only killing helps."""
    context.progress(0, 1, "Working")
    until = time.monotonic() + params["seconds"]
    while time.monotonic() < until:
        try:
            spend(until - time.monotonic())
        except BaseException:
            continue
    return {}


def busy(params: Json, context: TaskContext) -> Json:
    """Fail ``times`` times with a 429 of ``retry_after`` seconds, then succeed."""
    starts = _mark(params)
    if starts <= params["times"]:
        raise TransientError("The service is busy.", retry_after=params.get("retry_after"))
    return {"starts": starts}


def broken(params: Json, context: TaskContext) -> Json:
    """Fail for good: with an error of ours, or (``bug``) with one that nobody expected."""
    if params.get("bug"):
        raise ZeroDivisionError("a secret detail")
    raise TenderlineError("It can't be done.", hint="Do something else.")


def deadly(params: Json, context: TaskContext) -> Json:
    """Kill the process the first ``times`` times."""
    if _mark(params) <= params["times"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"survived": True}


def overtaken(params: Json, context: TaskContext) -> Json:
    """What its effect was prepared against changes ``times`` times before it can end."""
    result = {"prepared": 1}

    def effect(session: Session) -> None:
        if result["prepared"] <= params["times"]:
            raise Outdated

    def prepare() -> None:
        result["prepared"] += 1

    context.on_finish(effect, prepare=prepare)
    return result


def sum_up(params: Json, context: TaskContext) -> Json:
    """The closing step: what became of the children."""
    return {"states": [child["state"] for child in context.children()]}


def in_parts(operation: str) -> Callable[[Json], list[Child]]:
    """A plan: ``params["children"]`` is a list of the children's params."""
    return lambda params: [Child(operation, child) for child in params["children"]]


def operations_for_tests(settings: Settings) -> list[Operation]:
    """All of the above; those named limited_* count against their queue's limit."""
    plain = [
        Operation(function.__name__, "analysis", function) for function in (echo, patient, stubborn, deaf, busy, broken, deadly, overtaken)
    ]
    return [
        *plain,
        Operation("limited_echo", "analysis", echo, needs_grant=lambda: True),
        Operation("limited_busy", "analysis", busy, needs_grant=lambda: True),
        *[Operation(f"heavy_{work.__name__}", "imports", work, heavy=True) for work in (echo, patient, stubborn, deaf, deadly)],
        Operation("heavy_short", "imports", stubborn, heavy=True, soft_time_limit=1, time_limit=20),
        Operation("heavy_hard", "imports", deaf, heavy=True, soft_time_limit=1, time_limit=2),
        Operation("many", "imports", sum_up, plan=in_parts("patient"), parts="sections"),
        Operation("many_broken", "analysis", sum_up, plan=in_parts("busy_or_broken"), parts="sections"),
        Operation("many_limited", "analysis", sum_up, plan=in_parts("limited_echo")),
        Operation("busy_or_broken", "analysis", lambda params, context: (broken if params.get("broken") else echo)(params, context)),
        Operation("short_limit", "analysis", stubborn, soft_time_limit=1, time_limit=20),
        Operation("hard_limit", "analysis", deaf, soft_time_limit=1, time_limit=2),
    ]
