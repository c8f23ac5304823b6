"""Puts a process's parts together: the one place that knows both the task system and the operations."""

from __future__ import annotations

import sys
import threading
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from celery_config import create_celery, schedule_entries
from tenderline.database import Database
from tenderline.errors import TenderlineError
from tenderline.register.operation_names import CHECK
from tenderline.settings import QUEUES, Settings
from tenderline.tasks.accepting import Acceptance
from tenderline.tasks.availability import Availability
from tenderline.tasks.background import BackgroundExecutor
from tenderline.tasks.bells import broker_probe, celery_ring
from tenderline.tasks.dispatcher import Dispatcher
from tenderline.tasks.executors import CeleryExecutor, HybridExecutor, InlineExecutor
from tenderline.tasks.keeper import Keeper, ProcessInfo, ensure_lease
from tenderline.tasks.ledger import Ledger
from tenderline.tasks.limits import Limits
from tenderline.tasks.manager import TaskManager
from tenderline.tasks.operation import Operation, Registry
from tenderline.tasks.runner import Runner
from tenderline.tasks.schedule import Schedule
from tenderline.tasks.stats import Stats
from tenderline.tasks.status import Statuses
from tenderline.tasks.updates import Updates
from tenderline.tasks.web_keeper import KeeperThread

if TYPE_CHECKING:
    from tenderline.register.register import Register

log = structlog.get_logger(__name__)


@dataclass
class Runtime:
    """What one process needs to submit, run and watch tasks."""

    settings: Settings
    process_id: str
    database: Database
    registry: Registry
    limits: Limits
    ledger: Ledger
    availability: Availability
    dispatcher: Dispatcher
    runner: Runner
    background: BackgroundExecutor
    tasks: TaskManager
    updates: Updates
    schedule: Schedule
    register: Register
    keeper_thread: KeeperThread | None = None
    _warming: threading.Event = field(default_factory=threading.Event)

    def keeper(self, info: ProcessInfo) -> Keeper:
        """A keeper for this process or, in its helper, for the worker it stands beside."""
        info = replace(info, operations=self.registry.by_queue)
        return Keeper(
            self.settings, self.database, self.ledger, self.limits, self.availability, self.dispatcher, info, schedule=self.start_due
        )

    def start_due(self) -> None:
        """Start the periodic tasks that are due."""
        self.schedule.start_due()

    def start_web(self) -> None:
        """Start what a web process does beside answering: heartbeat, tick, hand-over. Call it after any fork."""
        keeper = self.keeper(ProcessInfo.web(self.process_id, self.settings))
        self.keeper_thread = KeeperThread(self.settings, keeper, self.ledger, self.availability, self.runner, self.background)
        self.tasks.wake = self.keeper_thread.wake
        self.runner.began = self.keeper_thread.watch
        self.background.open()
        self.keeper_thread.start()
        threading.Thread(target=self._check_register, name="check-register", daemon=True).start()

    def _check_register(self) -> None:
        """Have the register's files compared with their checksums, by a task: what opening them can't see may have changed while nothing
        ran. Of several processes that start together one has it done."""
        from tenderline.register.register import read_list

        try:
            with self.database.read() as session:
                _, listed = read_list(session)
            if listed and CHECK in self.registry:
                self.schedule.start_now(CHECK)
        except SQLAlchemyError as error:
            log.warning("register_not_checked", reason=type(error).__name__)

    def warm(self, queues: Collection[str] = QUEUES) -> None:
        """Load, beside everything else, what the first task of these queues would wait for. Only the first call does anything."""
        if not self._warming.is_set():
            self._warming.set()
            warms = {operation.warm for operation in self.registry.operations.values() if operation.queue in queues}
            threading.Thread(target=_warm, args=(warms,), name="warm", daemon=True).start()

    def close(self) -> None:
        """Give back what this process holds and let go of the database."""
        if self.keeper_thread is not None:
            self.keeper_thread.stop()
        self.background.close()
        self.database.close()


def _warm(warms: Collection[Callable[[], None]]) -> None:
    for warm in warms:
        try:
            warm()
        except TenderlineError as error:
            log.warning("warming_failed", reason=error.message)  # the task itself will say so to whoever wants it


def create_runtime(
    settings: Settings,
    *,
    process_id: str | None = None,
    operations: list[Operation] | None = None,
    child_module: str = "tenderline.worker",
) -> Runtime:
    """Build the parts; the database must be migrated. Nothing is connected or started yet.

    Args:
        process_id: under which tasks are held; a worker's children share their parent's.
        operations: instead of the application's own.
        child_module: the module that ``python -m`` runs as a child for long work.
    """
    process_id = process_id or str(uuid.uuid4())
    database = Database(settings)
    registry = Registry()
    limits = Limits(settings, database)
    ledger = Ledger(database, limits, process_id)
    url = settings.broker_url
    availability = Availability(database, broker_probe(url) if url else None)
    ring = celery_ring(create_celery(settings), settings, registry.operations.get) if url else None
    dispatcher = Dispatcher(database, limits, availability, ring, registry.operations.get)
    runner = Runner(settings, ledger, registry, finished=dispatcher.run_ended)
    command = [sys.executable, "-m", child_module, "child", process_id]
    background = BackgroundExecutor(settings, database, limits, availability, runner, command)
    celery = CeleryExecutor(settings, availability, dispatcher)
    hybrid = HybridExecutor(settings, InlineExecutor(settings, runner), background, celery)
    stats = Stats(settings, database, limits, availability)
    statuses = Statuses(database, limits)
    acceptance = Acceptance(settings, ledger, registry, hybrid)
    tasks = TaskManager(settings, ledger, registry, runner, acceptance, hybrid, availability, statuses, stats)
    updates = Updates(database, statuses, registry)
    from tenderline.register.register import Register  # with numpy, which only a process that works needs

    register = Register(settings, database)
    if operations is None:
        from tenderline.register import lookup
        from tenderline.register.operations import register_operations
        from tenderline.review.operations import review_operations
        from tenderline.review.reviewer import Tool

        tool = Tool(lookup.NAME, lookup.DESCRIPTION, lookup.schema, partial(lookup.look_up, register))
        operations = [*review_operations(settings, database, tools=(tool,)), *register_operations(settings, database, register)]
    if settings.heavy_tasks:
        operations = [replace(operation, heavy=operation.name in settings.heavy_tasks) for operation in operations]
    registry.add(*operations)
    limits.ensure_rows()
    ensure_lease(database)
    schedule = Schedule(database, tasks, [entry for entry in schedule_entries() if entry.operation in registry])
    return Runtime(
        settings=settings,
        process_id=process_id,
        database=database,
        registry=registry,
        limits=limits,
        ledger=ledger,
        availability=availability,
        dispatcher=dispatcher,
        runner=runner,
        background=background,
        tasks=tasks,
        updates=updates,
        schedule=schedule,
        register=register,
    )
