"""The keeper of one process: heartbeat, cancel watch, its part in the tick. In a web process it is a thread; a worker has a helper process
for it (``worker_keeper``), since no thread that touches the database may run in a process that forks."""

from __future__ import annotations

import os
import socket
import threading
import time
from dataclasses import dataclass, replace

import structlog
from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from tenderline import __version__
from tenderline.database import Database
from tenderline.settings import Settings
from tenderline.tasks.availability import GIVE_UP_AFTER, Availability
from tenderline.tasks.dispatcher import Dispatcher
from tenderline.tasks.executors import BackgroundExecutor
from tenderline.tasks.ledger import Ledger, changed
from tenderline.tasks.limits import Limits
from tenderline.tasks.models import BACKGROUND, CELERY, WAITING, Lease, Process, Task
from tenderline.tasks.pruning import prune
from tenderline.tasks.recovery import Recovery
from tenderline.tasks.runner import Runner

BEAT_EVERY = 1.0
WATCH_EVERY = 0.2
"""Seconds between two looks for cancelled runs."""
LEASE = 4.0
PRUNE_EVERY = 600.0

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ProcessInfo:
    """What a process says of itself in its heartbeat. ``slots`` is how many tasks it runs at a time, ``queues`` which it listens to."""

    id: str
    kind: str
    pid: int
    queues: tuple[str, ...]
    slots: int
    provider: str
    listening: bool = True

    @classmethod
    def web(cls, process_id: str, settings: Settings) -> ProcessInfo:
        return cls(process_id, "web", os.getpid(), (), settings.background_threads, settings.provider, listening=False)


class Keeper:
    """The work of a keeper, a round at a time; see ``KeeperThread`` and ``worker_keeper`` for who calls it."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        ledger: Ledger,
        limits: Limits,
        availability: Availability,
        dispatcher: Dispatcher,
        info: ProcessInfo,
    ) -> None:
        self._settings = settings
        self._database = database
        self._ledger = ledger
        self._limits = limits
        self._availability = availability
        self._dispatcher = dispatcher
        self._recovery = Recovery(database, ledger)
        self._pruned_at = float("-inf")
        self.info = info

    def round(self) -> None:
        """Ask the broker, beat, and do the tick if it is this process's turn. Called about once a second."""
        self._availability.refresh_if_due()
        if self.beat():
            self.tick()

    def beat(self) -> bool:
        """Write the heartbeat; True when this process has the tick."""
        info = self.info
        said = {
            "kind": info.kind,
            "host": socket.gethostname()[:255],
            "pid": info.pid,
            "queues": list(info.queues),
            "slots": info.slots,
            "listening": info.listening,
            "provider": info.provider,
            "version": __version__,
            "broker": self._availability.broker,
        }
        with self._database.write() as session:
            now = self._database.now(session)
            if not changed(session, update(Process).where(Process.id == info.id).values(**said, beat_at=now, counter=Process.counter + 1)):
                session.add(Process(id=info.id, **said, beat_at=now, started_at=now, counter=0))
            return self._take_tick(session, now)

    def _take_tick(self, session: Session, now: float) -> bool:
        free = or_(Lease.holder == self.info.id, Lease.expires_at < now, Lease.expires_at > now + 10 * LEASE)
        take = update(Lease).where(and_(Lease.name == "tick", free)).values(holder=self.info.id, expires_at=now + LEASE)
        return bool(changed(session, take))

    def tick(self) -> None:
        """Ring for what is due, put back what dead processes held, forget what is old."""
        with self._database.read() as session:
            queues = session.scalars(select(Task.queue).where(Task.executor == CELERY, Task.state.in_(WAITING)).distinct()).all()
        for queue in queues:
            self._dispatcher.dispatch(queue)
        self._recovery.recover()
        if time.monotonic() - self._pruned_at > PRUNE_EVERY:
            self._pruned_at = time.monotonic()
            prune(self._database, self._settings)
            with self._database.write() as session:
                self._limits.prune(session)

    def stop_listening(self) -> None:
        """The process takes nothing new from now on; what it holds keeps its lease."""
        self.info = replace(self.info, listening=False)
        self.beat()

    def leave(self, *, counts_as_lost: bool) -> None:
        """The process is gone or about to be: put back what it held and delete its heartbeat."""
        self._ledger.release(Task.process == self.info.id, counts_as_lost=counts_as_lost)
        with self._database.write() as session:
            session.execute(delete(Process).where(Process.id == self.info.id))
            session.execute(update(Lease).where(Lease.holder == self.info.id).values(expires_at=0.0))


def ensure_lease(database: Database) -> None:
    """Create the tick's row. Harmless to repeat and to race."""
    with database.read() as session:
        if session.get(Lease, "tick") is not None:
            return
    try:
        with database.write() as session:
            session.add(Lease(name="tick", holder="", expires_at=0.0))
    except IntegrityError:
        return  # another process was quicker


class KeeperThread:
    """A web process's keeper: a thread, since a web process never forks. It also takes over what Celery can't do at the moment."""

    def __init__(
        self, settings: Settings, keeper: Keeper, ledger: Ledger, availability: Availability, runner: Runner, background: BackgroundExecutor
    ) -> None:
        self._hands_over = settings.task_executor == "hybrid"
        self._keeper = keeper
        self._ledger = ledger
        self._availability = availability
        self._runner = runner
        self._background = background
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._loop, name="keeper", daemon=True)

    def start(self) -> None:
        """Beat once, so that what is reachable is known from the first request on, then go on in a thread."""
        self._keeper.round()
        self._thread.start()

    def wake(self) -> None:
        """Something has changed: look now instead of at the next second."""
        self._wake.set()

    def stop(self) -> None:
        """Stop, and give back what this process still holds."""
        self._stop.set()
        self._wake.set()
        self._thread.join(timeout=10)
        self._background.close()
        self._keeper.leave(counts_as_lost=False)

    def _loop(self) -> None:
        next_round = time.monotonic() + BEAT_EVERY
        while not self._stop.is_set():
            wait = min(WATCH_EVERY, next_round - time.monotonic()) if self._runner.busy else next_round - time.monotonic()
            self._wake.wait(max(0.0, wait))
            self._wake.clear()
            try:
                if self._runner.busy:
                    for task_id, _, _, _ in self._ledger.cancelled_runs():
                        self._runner.cancel(task_id)
                if time.monotonic() >= next_round:
                    next_round = time.monotonic() + BEAT_EVERY
                    self._keeper.round()
                    self.hand_over()
                self._background.take()
            except SQLAlchemyError as error:
                log.warning("keeper_round_failed", reason=type(error).__name__)

    def hand_over(self) -> None:
        """Take to this process what waits for Celery although nobody listens to its queue or the broker has been down too long."""
        if not self._hands_over:
            return
        ours = (Task.executor == CELERY, Task.state.in_(WAITING))
        with self._ledger.database.read() as session:
            given_up = self._availability.broker_down_for() >= GIVE_UP_AFTER
            queues = session.scalars(select(Task.queue).where(*ours).distinct()).all()
            deserted = [queue for queue in queues if given_up or not self._availability.listeners(session, queue)]
        for queue in deserted:
            with self._ledger.database.write() as session:
                moved = self._ledger.move(session, and_(*ours, Task.queue == queue), BACKGROUND)
            log.warning("handed_over", queue=queue, tasks=moved, reason="broker down" if given_up else "no worker")
