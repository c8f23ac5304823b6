"""What makes a Celery worker ours: its keeper process, its children's runtime and signals, and how it finds its broker again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
import warnings
from collections.abc import Callable, Collection
from typing import Any, Protocol

import structlog
from celery import signals
from celery.exceptions import CPendingDeprecationWarning, TimeLimitExceeded, WorkerLostError
from celery.worker import consumer
from celery.worker.state import maybe_shutdown
from sqlalchemy.exc import SQLAlchemyError

from tenderline.settings import Settings
from tenderline.tasks.child_signals import ChildSignals, stop_file
from tenderline.tasks.models import CELERY
from tenderline.tasks.runner import Runner

RECONNECT_EVERY = 1.0
EVENTS_EVERY = 0.2
"""Seconds for which events are collected for those who look on, as Flower does."""

KEEPER_GOODBYE = 15.0
"""Seconds that a worker waits at its end for its keeper, which may have to wait for the database."""

log = structlog.get_logger(__name__)


class Consumer(consumer.Consumer):  # type: ignore[misc]
    """Celery's consumer, but it asks a lost broker again every second: Celery's own pauses grow to half a minute.

    An acknowledgement that fails is a lost connection: Celery logs it and goes on, but the message still counts as unfinished, and after as
    many of them as there are slots the worker would never take another one.
    """

    connection: Any
    connection_errors: tuple[type[Exception], ...]
    _events_leave_at = 0.0

    def on_send_event_buffered(self) -> None:
        """Celery publishes the events of each task at once, and waits for the broker each time before it goes on with the next one."""
        now = time.monotonic()
        if self.hub and now >= self._events_leave_at:
            self._events_leave_at = now + EVENTS_EVERY
            self.hub.call_later(EVENTS_EVERY, self._flush_events)

    def update_strategies(self) -> None:
        """A connection has been made. At its end kombu shall put back no bell in Redis, nor write one to a file where it can't: the ledger
        rings for what is left."""
        self.connection.default_channel.do_restore = False
        errors, self.connection_errors = self.connection_errors, ()  # what a request does not catch ends the connection's loop
        try:
            super().update_strategies()
        finally:
            self.connection_errors = errors

    def on_connection_error_after_connected(self, error: Exception) -> None:
        """Kombu may trip over its own half-closed connection when it wants to put an unacknowledged message back over it, and the worker
        would end. The message is no loss: its bell is rung again."""
        connection = self.connection
        close = connection.close

        def close_whatever_is_left() -> None:
            try:
                close()
            except AttributeError as stumble:
                log.warning("connection_not_closed", reason=str(stumble))

        connection.close = close_whatever_is_left
        with warnings.catch_warnings():  # that Celery 6 will choose otherwise where nothing is chosen: celery_config does choose
            warnings.simplefilter("ignore", CPendingDeprecationWarning)
            super().on_connection_error_after_connected(error)

    def ensure_connected(self, conn: Any) -> Any:
        def lost(error: Exception, interval: float) -> None:
            log.warning("broker_lost", reason=type(error).__name__, retry_in=interval)

        conn = conn.ensure_connection(
            lost, None, interval_start=RECONNECT_EVERY, interval_step=0, interval_max=RECONNECT_EVERY, callback=maybe_shutdown
        )
        self.first_connection_attempt = False
        self.broker_connection_retry_attempt = 0
        return conn


class HasRunner(Protocol):
    """What a child needs of the runtime."""

    runner: Runner

    def warm(self, queues: Collection[str]) -> None: ...

    def start_due(self) -> None: ...


class Worker:
    """One worker: in its parent the keeper's pipe, in each child the runtime."""

    def __init__(
        self,
        settings: Settings,
        create_runtime: Callable[..., HasRunner],
        configure_logging: Callable[[Settings], None],
        keeper_module: str,
    ) -> None:
        self._settings = settings
        self._keeper_module = keeper_module
        self._create_runtime = create_runtime
        self._configure_logging = configure_logging
        self._process_id = str(uuid.uuid4())
        self._parent = os.getpid()
        self._keeper: subprocess.Popen[bytes] | None = None
        self._stopping = False
        self._queues: Callable[[], list[str]] = list
        self._runtime: HasRunner | None = None

    def answer(self, task_id: str, operation: str) -> None:
        """A bell was heard: run the task if it is still to be run."""
        if self._runtime is None:
            raise RuntimeError("tasks run in the worker's prefork children only")
        try:
            self._runtime.runner.run(task_id, operation, CELERY)
        except SQLAlchemyError:
            log.exception("database_failed", task_id=task_id)
            if self._runtime.runner.left:
                os._exit(70)  # the task has been claimed and its end can't be written: it is put back when this child is seen to be gone

    def start_due(self) -> None:
        """Start the periodic tasks that are due."""
        if self._runtime is None:
            raise RuntimeError("tasks run in the worker's prefork children only")
        self._runtime.start_due()

    def setup_logging(self, **_: Any) -> None:
        self._configure_logging(self._settings)

    def start_keeper(self, sender: Any, **_: Any) -> None:
        """The worker begins to start: so does its keeper, beside it."""
        self._queues = lambda: list(sender.app.amqp.queues.consume_from)
        command = [sys.executable, "-m", self._keeper_module, "keeper", self._process_id, str(os.getpid())]
        # Its own session: a Ctrl-C is for the worker, which tells its keeper.
        self._keeper = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 (our own words)
        threading.Thread(target=self._watch_keeper, args=(self._keeper,), name="keeper-watch", daemon=True).start()

    def ready(self, sender: Any, **_: Any) -> None:
        """The worker listens: its keeper may say so. Events of tasks are sent from when somebody asks for them, as Flower does."""
        sender.event_dispatcher.groups.add("worker")
        self._tell("ready", self._queues(), sender.controller.concurrency)

    def _watch_keeper(self, keeper: subprocess.Popen[bytes]) -> None:
        """Without its keeper a worker holds no lease: it ends with it. Touches no database (this process forks)."""
        keeper.wait()
        if not self._stopping:
            log.error("keeper_lost", exit_code=keeper.returncode)
            os._exit(70)

    def shutting_down(self, **_: Any) -> None:
        self._stopping = True
        self._tell("stopping")

    def shut_down(self, **_: Any) -> None:
        self._tell("bye")
        if self._keeper is not None:
            try:
                self._keeper.wait(timeout=KEEPER_GOODBYE)
            except subprocess.TimeoutExpired:
                log.warning("keeper_slow", waited=KEEPER_GOODBYE)  # it goes on by itself, if it is given the time

    def failed(self, task_id: str, exception: BaseException, **_: Any) -> None:
        """Celery's word in the parent that a child died or was killed at its hard time limit."""
        if os.getpid() != self._parent:
            return
        if isinstance(exception, WorkerLostError):
            self._tell("lost", task_id)
        elif isinstance(exception, TimeLimitExceeded):
            self._tell("time_limit", task_id)

    def revoked(self, request: Any, terminated: bool, **_: Any) -> None:
        """Somebody revoked a task beside the ledger, as Flower can: Celery has dropped its message, or killed its child."""
        self._tell("revoked", request.id, terminated)

    def start_child(self, **_: Any) -> None:
        """In a fresh child: its own runtime and engine, and no hand on the parent's pipe to the keeper."""
        if self._keeper is not None and self._keeper.stdin is not None:
            os.close(self._keeper.stdin.fileno())
        self._keeper = None
        self._configure_logging(self._settings)
        self._runtime = self._create_runtime(self._settings, process_id=self._process_id)
        self._runtime.runner.watch = ChildSignals(stop_file(self._settings, self._process_id)).watch
        self._runtime.warm(self._queues())

    def _tell(self, what: str, *details: object) -> None:
        """One write, so that a signal handler may speak in the middle of another word."""
        if self._keeper is None or self._keeper.stdin is None:
            return
        try:
            os.write(self._keeper.stdin.fileno(), json.dumps([what, *details]).encode() + b"\n")
        except OSError:
            log.warning("keeper_gone", what=what)


def connect_worker(
    settings: Settings,
    create_runtime: Callable[..., HasRunner],
    configure_logging: Callable[[Settings], None],
    keeper_module: str = "tenderline.worker",
) -> Worker:
    """Wire this process's worker to the ledger; returns it: its Celery tasks call its ``answer(task_id, operation)``.

    Args:
        create_runtime: called in each child with the settings and the worker's ``process_id``.
        keeper_module: the module that ``python -m`` runs as the keeper.
    """
    worker = Worker(settings, create_runtime, configure_logging, keeper_module)
    for signal, handler in (
        (signals.setup_logging, worker.setup_logging),
        (signals.worker_init, worker.start_keeper),
        (signals.worker_ready, worker.ready),
        (signals.worker_shutting_down, worker.shutting_down),
        (signals.worker_shutdown, worker.shut_down),
        (signals.worker_process_init, worker.start_child),
        (signals.task_failure, worker.failed),
        (signals.task_revoked, worker.revoked),
    ):
        signal.connect(handler, weak=False)
    return worker
