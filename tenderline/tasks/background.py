"""Tasks in the background of a web process: long ones in child processes, the rest in threads."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import structlog
from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import Unavailable
from tenderline.settings import Settings
from tenderline.tasks.availability import Availability
from tenderline.tasks.children import ChildPool
from tenderline.tasks.dispatcher import Bell
from tenderline.tasks.ledger import KILLED_AT_LIMIT, due
from tenderline.tasks.limits import Limits
from tenderline.tasks.models import BACKGROUND, WAITING, Task
from tenderline.tasks.operation import Operation
from tenderline.tasks.runner import Runner
from tenderline.tasks.turns import Candidate, Line

HEAVY, ISOLATED, LIGHT, MEANWHILE = "heavy", "isolated", "light", "meanwhile"
LIGHT_THREADS = 16
FULL_RETRY_AFTER = 10.0

log = structlog.get_logger(__name__)


class BackgroundExecutor:
    """Runs tasks beside the requests of a web process. Rows are taken from the ledger whenever there is room, so a task waits as a row and
    any web process may take it.

    Three lanes, so that a click that was handed over never waits behind long work: *heavy* operations and the children of a batch run in
    child processes, and so does what was lost with its process before: should it have been the cause, it takes only a child along the next
    time; *isolated* ones, which start a process of their own anyway, run in as many threads; *light* ones in threads of their own.
    While the first child process is only getting ready, one thread works on a batch meanwhile: its first results are not to wait for that.
    """

    name = BACKGROUND

    def __init__(
        self,
        settings: Settings,
        database: Database,
        limits: Limits,
        availability: Availability,
        runner: Runner,
        child_command: Sequence[str],
    ) -> None:
        self._settings = settings
        self._database = database
        self._limits = limits
        self._availability = availability
        self._runner = runner
        environment = settings.as_environment()
        self._children = ChildPool(child_command, environment, settings.background_workers, self._done, self._child_died)
        self._rooms = {ISOLATED: settings.background_workers, LIGHT: LIGHT_THREADS}
        self._threads = ThreadPoolExecutor(sum(self._rooms.values()) + 1, thread_name_prefix="background")
        self._taker = ThreadPoolExecutor(1, thread_name_prefix="background-taker")
        self._asked = self._looking = False
        self._taken: dict[str, str] = {}
        self._lock = threading.Lock()
        self._open = False

    def open(self) -> None:
        """Take tasks from now on. Only a web process does: not the keeper of a worker, nor a child."""
        self._open = True

    def prepare(self, session: Session, operation: Operation) -> list[Bell]:
        """Hold a place for the row that this transaction has added. Raises ``Unavailable`` when too many wait already."""
        self._limits.lock(session, operation.queue)  # counting and adding are one step
        waiting = (Task.executor == BACKGROUND, Task.state.in_(WAITING), Task.parent_id.is_(None))
        count = session.scalar(select(func.count()).where(*waiting)) or 0
        servers = sum(process.kind == "web" for process in self._availability.live(session))
        if count > self._settings.background_queue * max(1, servers):
            raise Unavailable("Too much work is waiting already.", hint="Try again in a moment.", retry_after=FULL_RETRY_AFTER)
        return []

    def take(self) -> None:
        """Have as many waiting background tasks started as there is room for. Returns at once: one thread looks for them, once for all who
        ask meanwhile, so that neither the heartbeat nor work that has ended stands in line for that."""
        with self._lock:
            if self._open and not self._asked:
                self._asked = True
                self._taker.submit(self._take)

    def _take(self) -> None:
        with self._lock:
            self._asked, self._looking = False, True
            taken = list(self._taken)
        try:
            with self._database.read() as session:
                now = self._database.now(session)
                for lane in (LIGHT, ISOLATED, HEAVY):
                    if (room := self._room(lane)) > 0:
                        where = and_(due(now), Task.executor == BACKGROUND, self._of(lane), Task.id.not_in(taken))
                        for task in Line(where).first(session, now, room)[:room]:
                            self._begin(lane, task)
        except SQLAlchemyError as error:
            log.warning("background_take_failed", reason=type(error).__name__)  # the keeper takes again within a second
        except Exception:
            log.exception("background_take_failed")
        finally:
            self._looking = False

    def _room(self, lane: str) -> int:
        if lane == HEAVY:
            return self._children.free + self._meanwhile
        with self._lock:
            return self._rooms[lane] - sum(taken == lane for taken in self._taken.values())

    @property
    def _meanwhile(self) -> bool:
        """Whether the thread that works on a batch while no child is ready yet is free."""
        with self._lock:
            return MEANWHILE not in self._taken.values() and self._children.cold

    def _of(self, lane: str) -> ColumnElement[bool]:
        operations = self._runner.registry.operations.values()
        isolated = Task.operation.in_([operation.name for operation in operations if operation.isolated])
        long = Task.operation.in_([operation.name for operation in operations if operation.heavy])
        heavy = or_(long, Task.parent_id.is_not(None), Task.lost > 0)
        known = Task.operation.in_([operation.name for operation in operations])  # others are left to whoever knows them
        return {ISOLATED: isolated, HEAVY: and_(known, heavy, not_(isolated)), LIGHT: and_(known, not_(heavy), not_(isolated))}[lane]

    def _begin(self, lane: str, task: Candidate) -> None:
        if not self._open:
            return
        task_id, operation = task.task_id, task.operation
        kind, settings = self._runner.registry.get(operation), self._settings
        with self._lock:
            if lane == HEAVY and not (kind.heavy or task.lost) and MEANWHILE not in self._taken.values() and self._children.cold:
                lane = MEANWHILE
            self._taken[task_id] = lane
        if lane != HEAVY:
            self._threads.submit(self._run, task_id, operation)
            return
        soft, hard = kind.soft_time_limit or settings.celery_task_soft_time_limit, kind.time_limit or settings.celery_task_time_limit
        if not self._children.give(task_id, operation, soft, hard):
            with self._lock:
                self._taken.pop(task_id, None)

    def _run(self, task_id: str, operation: str) -> None:
        try:
            self._runner.run(task_id, operation, BACKGROUND)
        except Exception:
            log.exception("background_run_failed", task_id=task_id)
        finally:
            self._done(task_id)

    def _done(self, task_id: str) -> None:
        with self._lock:
            self._taken.pop(task_id, None)
        self.take()

    def _child_died(self, task_id: str, pid: int) -> None:
        try:
            self._runner.ledger.release(and_(Task.id == task_id, Task.pid == pid, Task.process == self._runner.ledger.process))
        except SQLAlchemyError as error:
            log.warning("release_failed", task_id=task_id, reason=type(error).__name__)  # the keeper puts back what no child holds
        self._done(task_id)

    def look(self) -> None:
        """Stop what takes longer than it may; let go of children that are not needed."""
        for task_id, pid in self._children.overdue():
            self._runner.ledger.end_running(task_id, KILLED_AT_LIMIT)
            self._children.kill_one(pid)
        self._children.retire()

    @property
    def busy(self) -> bool:
        """Whether anything is under way, or may be in a moment."""
        return bool(self._taken) or self._asked or self._looking

    def give_up(self) -> None:
        """Stop all children at once: this process is not trusted with their tasks any more."""
        self._children.kill()

    def stop(self) -> None:
        """Take nothing new."""
        self._open = False

    def close(self) -> None:
        """End the children; threads end with the process."""
        with self._lock:
            self._open = False
        self._taker.shutdown(wait=False, cancel_futures=True)
        self._children.close()
        self._threads.shutdown(wait=False, cancel_futures=True)
