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
from collections import deque
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import and_
from sqlalchemy.exc import SQLAlchemyError

from tenderline.settings import Settings
from tenderline.tasks.keeper import BEAT_EVERY, FENCE_AFTER, WATCH_EVERY, Keeper
from tenderline.tasks.ledger import KILLED_AT_LIMIT, Ledger
from tenderline.tasks.models import Task
from tenderline.tasks.stop_watch import StopWatch

log = structlog.get_logger(__name__)


class WorkerKeeper:
    """The loop: the worker's words, the cancel watch, once a second a round."""

    def __init__(self, settings: Settings, keeper: Keeper, ledger: Ledger) -> None:
        self._grace = settings.shutdown_grace
        self._keeper = keeper
        self._ledger = ledger
        self._watch = StopWatch(settings, ledger.process)
        self._pipe = b""
        self._said: deque[tuple[str, list[Any]]] = deque()
        self._orderly = False
        self._fenced = False
        self._give_back_at: float | None = None

    def run(self) -> None:
        """Until the worker says goodbye or its pipe ends."""
        selector = selectors.DefaultSelector()
        selector.register(0, selectors.EVENT_READ)
        next_round = time.monotonic()
        stopping = False
        while True:
            pause = min(WATCH_EVERY / 4 if stopping else WATCH_EVERY, max(0.0, next_round - time.monotonic()))
            heard = selector.select(timeout=pause)
            if heard and not self._listen():
                break
            self._fence()
            try:
                self._see_to_what_was_said()
                self._give_back()
                stopping = self._watch.look(self._ledger.cancelled_runs())
                for held in self._watch.killed:  # Celery notices the end of its child only seconds later
                    self._ledger.release_run(held.task_id, held.run)
                if time.monotonic() >= next_round:
                    next_round = time.monotonic() + BEAT_EVERY
                    self._keeper.round()
                    next_round = min(next_round, time.monotonic() + self._keeper.pause)
                    self._fenced = False
            except (SQLAlchemyError, OSError) as error:
                log.warning("keeper_round_failed", reason=type(error).__name__)
                next_round = time.monotonic() + WATCH_EVERY  # or a round that is overdue would be tried without a pause
        self._watch.close()
        self._keeper.leave(counts_as_lost=not self._orderly)

    def _fence(self) -> None:
        """A worker that could not beat for so long counts as dead to the others: its children stop before others run what they run. What
        they held is put back once the database is there again."""
        if self._fenced or self._keeper.silent < FENCE_AFTER:
            return
        self._fenced = True
        log.error("fenced", silent=round(self._keeper.silent))
        self._kill_children()

    def _give_back(self) -> None:
        """The worker stops and its grace is over: what it still runs is for others, and this is not counted as a loss."""
        if self._give_back_at is None or time.monotonic() < self._give_back_at:
            return
        released = self._ledger.release(Task.process == self._keeper.info.id, counts_as_lost=False)
        log.warning("given_back", released=released)
        self._give_back_at = None
        self._kill_children()

    def _kill_children(self) -> None:
        for pid in _children(self._keeper.info.pid) - {os.getpid()}:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it has ended by itself

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
            if what == "stopping":
                self._give_back_at = time.monotonic() + self._grace
            self._said.append((what, details))
        return True

    def _see_to_what_was_said(self) -> None:
        """Nothing is forgotten while the database is away."""
        while self._said:
            self._do(*self._said[0])
            self._said.popleft()

    def _do(self, what: str, details: list[Any]) -> None:
        if what == "ready":
            queues, slots = details
            self._keeper.info = replace(self._keeper.info, queues=tuple(queues), slots=slots, listening=True)
            self._keeper.round()
        elif what == "stopping":
            self._keeper.stop_listening()
        elif what == "time_limit":
            self._ledger.end_running(details[0], KILLED_AT_LIMIT)
        elif what == "revoked":
            self._revoked(*details)
        elif what == "lost":
            released = self._ledger.release(and_(Task.id == details[0], Task.process == self._keeper.info.id))
            log.warning("child_lost", task_id=details[0], released=released)

    def _revoked(self, task_id: str, terminated: bool) -> None:
        """Celery was told to revoke a task: in the ledger it is cancelled, or its bell would be rung for ever and never be heard."""
        self._ledger.request_cancel(task_id)
        if terminated:
            for pid in [held.pid for held in self._ledger.cancelled_runs() if held.task_id == task_id]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)  # Celery's SIGTERM would let it work for seconds
            self._ledger.release(and_(Task.id == task_id, Task.process == self._keeper.info.id))
        log.info("revoked", task_id=task_id, terminated=terminated)


def _children(pid: int) -> set[int]:
    """The process ids of a process's children (Linux; elsewhere none are known, and they end with their tasks)."""
    try:
        return {int(child) for listed in Path(f"/proc/{pid}/task").glob("*/children") for child in listed.read_text().split()}
    except OSError:
        return set()
