"""The keeper of a web process: a thread, since a web process never forks. It also takes over what Celery can't do at the moment."""

from __future__ import annotations

import os
import threading
import time

import structlog
from sqlalchemy import and_, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tenderline.settings import Settings
from tenderline.tasks.availability import GIVE_UP_AFTER, Availability
from tenderline.tasks.background import BackgroundExecutor
from tenderline.tasks.keeper import BEAT_EVERY, FENCE_AFTER, WATCH_EVERY, Keeper
from tenderline.tasks.ledger import Ledger
from tenderline.tasks.models import BACKGROUND, CELERY, WAITING, Task
from tenderline.tasks.runner import Runner
from tenderline.tasks.stop_watch import StopWatch

UNHEARD_RINGS = 5
"""A bell rung so often although a worker had a free slot: that worker beats, but it takes nothing."""

log = structlog.get_logger(__name__)


class KeeperThread:
    """Heartbeat, cancel watch, background work, hand-over; and the end of it all."""

    def __init__(
        self, settings: Settings, keeper: Keeper, ledger: Ledger, availability: Availability, runner: Runner, background: BackgroundExecutor
    ) -> None:
        self._hands_over = settings.task_executor == "hybrid"
        self._grace = settings.shutdown_grace
        self._keeper = keeper
        self._ledger = ledger
        self._availability = availability
        self._runner = runner
        self._background = background
        self._watch = StopWatch(settings, ledger.process)
        self._fenced = False
        self._take = False
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="keeper", daemon=True)

    def start(self) -> None:
        """Beat once, so that what is reachable is known from the first request on, then go on in a thread."""
        self._keeper.round()
        self._thread.start()

    def wake(self) -> None:
        """There is background work: look for it now instead of at the next second."""
        self._take = True
        self._wake.set()

    def watch(self) -> None:
        """A run has begun: look often, from now on, whether it should stop."""
        self._wake.set()

    def stop(self) -> None:
        """Take nothing new, let the background finish what it can within ``SHUTDOWN_GRACE``, and give the rest back."""
        self._background.stop()
        deadline = time.monotonic() + self._grace
        while self._background.busy and time.monotonic() < deadline:
            time.sleep(WATCH_EVERY / 4)
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=10)
        try:
            self._keeper.leave(counts_as_lost=False)
        except SQLAlchemyError as error:  # it is put back by others, when this process has been silent for long enough
            log.warning("not_given_back", reason=type(error).__name__)
        self._background.close()
        self._watch.close()

    def _loop(self) -> None:
        next_round = time.monotonic() + BEAT_EVERY
        while not self._stop.is_set():
            wait = WATCH_EVERY if self._runner.busy or self._background.busy else BEAT_EVERY
            self._wake.wait(max(0.0, min(wait, next_round - time.monotonic())))
            self._wake.clear()
            self._fence()
            try:
                if self._runner.busy or self._background.busy:
                    self._stop_cancelled()
                    self._background.look()
                if time.monotonic() >= next_round:
                    next_round = time.monotonic() + BEAT_EVERY
                    self._keeper.round()
                    next_round = min(next_round, time.monotonic() + self._keeper.pause)
                    self._fenced = False
                    self._put_back()
                    if not self._keeper.idle:
                        self.hand_over()
                        self._take = True
                if self._take:
                    self._take = False
                    self._background.take()
            except (SQLAlchemyError, OSError) as error:
                log.warning("keeper_round_failed", reason=type(error).__name__)
                next_round = time.monotonic() + WATCH_EVERY  # or a round that is overdue would be tried without a pause

    def _fence(self) -> None:
        """A process that could not beat for so long counts as dead to the others: give up what it runs before they run it too."""
        if self._fenced or self._keeper.silent < FENCE_AFTER:
            return
        self._fenced = True
        log.error("fenced", silent=round(self._keeper.silent), runs=self._runner.busy)
        self._runner.give_up()
        self._background.give_up()

    def _put_back(self) -> None:
        """What this process has given up is for whoever takes it."""
        while self._runner.left:
            task_id, run = self._runner.left[0]
            if run is not None or not self._runner.runs(task_id):
                self._ledger.release_run(task_id, run)
            self._runner.left.popleft()

    def _stop_cancelled(self) -> None:
        cancelled = self._ledger.cancelled_runs()
        for held in cancelled:
            if held.pid == os.getpid():
                self._runner.cancel(held.task_id)
        self._watch.look([held for held in cancelled if held.pid != os.getpid()])

    def hand_over(self) -> None:
        """Take to this process what waits for Celery although nobody listens to its queue, nobody hears its bell, or the broker has been
        down too long."""
        if not self._hands_over:
            return
        ours = (Task.executor == CELERY, Task.state.in_(WAITING))
        with self._ledger.database.read() as session:
            kinds = select(Task.queue, Task.operation, func.max(Task.rings)).where(*ours).group_by(Task.queue, Task.operation)
            found = session.execute(kinds).all()
            waiting = [(queue, operation, self._deserted(session, queue, operation, rings)) for queue, operation, rings in found]
        for queue, operation, reason in waiting:
            if reason is None or operation not in self._runner.registry:
                continue  # unknown here: for a worker of the version that submitted it, or a web process of that version
            with self._ledger.database.write() as session:
                moved = self._ledger.move(session, and_(*ours, Task.queue == queue, Task.operation == operation), BACKGROUND)
            log.warning("handed_over", queue=queue, operation=operation, tasks=moved, reason=reason)

    def _deserted(self, session: Session, queue: str, operation: str, rings: int) -> str | None:
        """Why no worker will take such a task, in two words; None when one will."""
        if self._availability.broker_down_for() >= GIVE_UP_AFTER:
            return "broker down"
        if not self._availability.listeners(session, queue, operation):
            return "no worker"
        return "bells unheard" if rings >= UNHEARD_RINGS else None
