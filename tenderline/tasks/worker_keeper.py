"""The keeper process of a worker: ``python -m tenderline.worker keeper PROCESS_ID PID``.

The worker starts it and tells it on standard input what happens to its children; the end of that pipe is the end of the worker, whatever
killed it, and then the keeper puts back what the worker held. The worker in turn ends when its keeper does.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import time
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import and_
from sqlalchemy.exc import SQLAlchemyError

from tenderline.errors import TimeLimitExceeded
from tenderline.settings import Settings
from tenderline.tasks.child_signals import ASK, RAISE, name_runs, stop_file
from tenderline.tasks.keeper import BEAT_EVERY, WATCH_EVERY, Keeper
from tenderline.tasks.ledger import Ledger
from tenderline.tasks.models import Task

RAISE_AFTER = 0.25
KILL_AFTER = 1.25
"""Seconds after a run was asked to stop until it is interrupted, and until its child is killed."""

log = structlog.get_logger(__name__)
KILLED_AT_LIMIT = TimeLimitExceeded(
    "The work took longer than it may and was stopped.", hint="Try a smaller part, or raise the time limit."
)


class StopWatch:
    """Stops cancelled runs of a worker's children: asks, interrupts, kills."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self._ledger = ledger
        self._path = stop_file(settings, ledger.process)
        self._asked: dict[tuple[str, int], float] = {}
        self._done: dict[tuple[str, int], str] = {}

    def look(self) -> bool:
        """One look; True while a run is being stopped."""
        now = time.monotonic()
        runs = {(task_id, run): pid for task_id, run, pid, _ in self._ledger.cancelled_runs()}
        if not runs and not self._asked:
            return False
        self._asked = {key: self._asked.get(key, now) for key in runs}
        steps = {key: RAISE if now - since >= RAISE_AFTER else ASK for key, since in self._asked.items()}
        name_runs(self._path, steps)
        for key, pid in runs.items():
            if now - self._asked[key] >= KILL_AFTER:
                self._send(pid, signal.SIGKILL)
            elif self._done.get(key) != steps[key]:
                self._send(pid, signal.SIGUSR1)
        self._done = steps
        return bool(runs)

    def _send(self, pid: int, what: signal.Signals) -> None:
        try:
            os.kill(pid, what)
        except ProcessLookupError:
            return  # it has ended by itself; the worker says so on the pipe

    def close(self) -> None:
        self._path.unlink(missing_ok=True)


class WorkerKeeper:
    """The loop: the worker's words, the cancel watch, once a second a round."""

    def __init__(self, keeper: Keeper, ledger: Ledger, watch: StopWatch) -> None:
        self._keeper = keeper
        self._ledger = ledger
        self._watch = watch
        self._pipe = b""
        self._orderly = False

    def run(self) -> None:
        """Until the worker says goodbye or its pipe ends."""
        selector = selectors.DefaultSelector()
        selector.register(0, selectors.EVENT_READ)
        next_round = time.monotonic()
        stopping = False
        while True:
            heard = selector.select(timeout=WATCH_EVERY / 4 if stopping else WATCH_EVERY)
            if heard and not self._listen():
                break
            try:
                stopping = self._watch.look()
                if time.monotonic() >= next_round:
                    next_round = time.monotonic() + BEAT_EVERY
                    self._keeper.round()
            except SQLAlchemyError as error:
                log.warning("keeper_round_failed", reason=type(error).__name__)
        self._watch.close()
        self._keeper.leave(counts_as_lost=not self._orderly)

    def _listen(self) -> bool:
        """Read what the worker says; False at the end."""
        chunk = os.read(0, 65536)
        if not chunk:
            return False
        *lines, self._pipe = (self._pipe + chunk).split(b"\n")
        for line in lines:
            what, *details = json.loads(line)
            if what == "bye":
                self._orderly = True
                return False
            self._hear(what, details)
        return True

    def _hear(self, what: str, details: list[Any]) -> None:
        if what == "ready":
            queues, slots = details
            self._keeper.info = replace(self._keeper.info, queues=tuple(queues), slots=slots, listening=True)
            self._keeper.round()
        elif what == "stopping":
            self._keeper.stop_listening()
        elif what == "time_limit":
            self._ledger.end_running(details[0], KILLED_AT_LIMIT.as_dict())
        elif what == "lost":
            released = self._ledger.release(and_(Task.id == details[0], Task.process == self._keeper.info.id))
            log.warning("child_lost", task_id=details[0], released=released)
