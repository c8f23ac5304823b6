"""The keeper of one process: heartbeat, cancel watch, its part in the tick. In a web process it is a thread; a worker has a helper process
for it (``worker_keeper``), since no thread that touches the database may run in a process that forks."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

import structlog
from sqlalchemy import Table, bindparam, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from tenderline import __version__
from tenderline.database import Database
from tenderline.settings import Settings
from tenderline.tasks.availability import Availability
from tenderline.tasks.dispatcher import Dispatcher
from tenderline.tasks.ledger import Holding, Ledger
from tenderline.tasks.limits import Limits
from tenderline.tasks.models import CELERY, UNFINISHED, WAITING, Lease, Process, Task
from tenderline.tasks.pruning import prune
from tenderline.tasks.recovery import Recovery
from tenderline.tasks.statements import ROW, among

BEAT_EVERY = 1.0
LEAST_PAUSE = 0.05
WATCH_EVERY = 0.2
"""Seconds between two looks for cancelled runs."""
LEASE = 4.0
RECOVER_EVERY, IDLE_RECOVER_EVERY = 2.0, 10.0
"""Seconds between two looks for dead processes and due periodic tasks; and while no task is unfinished: a dead process holds none then."""
PRUNE_EVERY = 600.0
FENCE_AFTER = 10.0
"""Seconds without a heartbeat after which a process gives its work up: soon others will have taken it over."""

_PROCESSES, _LEASES = cast(Table, Process.__table__), cast(Table, Lease.__table__)
_BEAT = update(_PROCESSES).where(_PROCESSES.c.id == bindparam("process")).values(counter=_PROCESSES.c.counter + 1)
_FIRST_BEAT = insert(_PROCESSES)
_FREE = or_(_LEASES.c.holder == bindparam("me"), _LEASES.c.expires_at < bindparam("now"), _LEASES.c.expires_at > bindparam("absurd"))
_TAKE_TICK = update(_LEASES).where(_LEASES.c.name == "tick", _FREE).values(holder=bindparam("me"), expires_at=bindparam("until"))
_ANY_UNFINISHED = select(ROW.id).where(among(ROW.state, UNFINISHED)).limit(1)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class ProcessInfo:
    """What a process says of itself in its heartbeat.

    ``slots`` is how many tasks it runs at a time, ``queues`` which it listens to, ``operations`` what it knows of each queue.
    """

    id: str
    kind: str
    pid: int
    queues: tuple[str, ...]
    slots: int
    provider: str
    listening: bool = True
    operations: Mapping[str, list[str]] = field(default_factory=dict)

    @classmethod
    def web(cls, process_id: str, settings: Settings) -> ProcessInfo:
        return cls(process_id, "web", os.getpid(), (), settings.background_workers, settings.provider, listening=False)


class Keeper:
    """The work of a keeper, a round at a time; see ``web_keeper`` and ``worker_keeper`` for who calls it.

    ``schedule`` starts the periodic tasks that are due; ``pause`` is how many seconds after a round the next one is wanted; ``idle``
    says that no task was unfinished at the last heartbeat: then a round does nothing about tasks.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        ledger: Ledger,
        limits: Limits,
        availability: Availability,
        dispatcher: Dispatcher,
        info: ProcessInfo,
        schedule: Callable[[], None] = lambda: None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._ledger = ledger
        self._limits = limits
        self._availability = availability
        self._dispatcher = dispatcher
        self._schedule = schedule
        self._recovery = Recovery(database, ledger)
        self._recovered_at = self._pruned_at = float("-inf")
        self.pause = BEAT_EVERY
        self.idle = False
        self._beaten_at = time.monotonic()
        self._unmanned: set[Holding] = set()
        self.info = info

    def round(self) -> None:
        """Ask the broker, beat, and do the tick if it is this process's turn. Called about once a second."""
        self._availability.refresh_if_due()
        self.pause = BEAT_EVERY
        has_tick = self.beat()
        if self.idle:
            self._unmanned.clear()
        else:
            self._put_back_unmanned()
        if has_tick:
            self.tick()

    @property
    def silent(self) -> float:
        """Seconds since the last heartbeat that could be written."""
        return time.monotonic() - self._beaten_at

    def beat(self) -> bool:
        """Write the heartbeat; True when this process has the tick."""
        info = self.info
        said = {
            "kind": info.kind,
            "host": socket.gethostname()[:255],
            "pid": info.pid,
            "queues": {queue: info.operations.get(queue, []) for queue in info.queues},
            "slots": info.slots,
            "listening": info.listening,
            "provider": info.provider,
            "version": __version__,
            "broker": self._availability.broker,
        }
        with self._database.write_rows(durable=False) as connection:
            now = self._database.now(connection)
            if not connection.execute(_BEAT, {"process": info.id, **said, "beat_at": now}).rowcount:
                connection.execute(_FIRST_BEAT, {"id": info.id, **said, "beat_at": now, "started_at": now, "counter": 0})
            lease = {"me": info.id, "now": now, "until": now + LEASE, "absurd": now + 10 * LEASE}
            has_tick = bool(connection.execute(_TAKE_TICK, lease).rowcount)
            self.idle = connection.execute(_ANY_UNFINISHED).first() is None
        self._beaten_at = time.monotonic()
        return has_tick

    def _put_back_unmanned(self) -> None:
        """Put back the runs whose child is gone: what is left when the word of a child's end was lost. Only what is seen twice: a child
        that has just ended may still be written off in the usual way."""
        unmanned = {held for held in self._ledger.held() if held.pid and not _lives(held.pid)}
        for held in unmanned & self._unmanned:
            log.warning("run_unmanned", task_id=held.task_id, pid=held.pid, released=self._ledger.release_run(held.task_id, held.run))
        self._unmanned = unmanned

    def tick(self) -> None:
        """Ring for what is due, put back what dead processes held, forget what is old."""
        if not self.idle:
            self._ring_for_what_is_due()
        if time.monotonic() - self._recovered_at >= (IDLE_RECOVER_EVERY if self.idle else RECOVER_EVERY):
            self._recovered_at = time.monotonic()
            self._recovery.recover()
            if not self.idle:
                self._ledger.end_cancelled()
            self._schedule()
        if time.monotonic() - self._pruned_at > PRUNE_EVERY:
            self._pruned_at = time.monotonic()
            prune(self._database, self._settings)
            with self._database.write() as session:
                self._limits.prune(session)

    def _ring_for_what_is_due(self) -> None:
        with self._database.read() as session:
            queues = session.scalars(select(Task.queue).where(Task.executor == CELERY, Task.state.in_(WAITING)).distinct()).all()
        for queue in queues:
            self._dispatcher.dispatch(queue)
        self.pause = max(LEAST_PAUSE, min([BEAT_EVERY, *map(self._dispatcher.pause, queues)]))

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


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


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
