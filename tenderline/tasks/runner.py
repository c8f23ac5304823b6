"""Runs one task: claims its row, calls the operation, writes what came of it. The same in every executor."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import structlog
import tenacity
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from tenderline.errors import TaskCancelled, TenderlineError, TransientError
from tenderline.settings import Settings
from tenderline.tasks import family
from tenderline.tasks.ledger import Claim, Ledger, RunLost
from tenderline.tasks.limits import Refused
from tenderline.tasks.models import FAILURE, RETRY, REVOKED, SUCCESS
from tenderline.tasks.operation import Json, Operation, Outdated, Registry, TaskContext
from tenderline.tasks.reports import Report, Reports, Said
from tenderline.tasks.retry import RetryPolicy

OUTCOME_PATIENCE = 60.0
"""Seconds for which an outcome is tried to be written."""

log = structlog.get_logger(__name__)
Result = TypeVar("Result")


@dataclass
class Outcome:
    """How a run ended: ``state`` is SUCCESS, FAILURE, REVOKED or RETRY; ``wait`` seconds until the next start of the last.

    ``raised`` is the error itself, where there was one; ``closing`` the queue in which the closing step of its parent is due.
    """

    state: str
    result: Json | None = None
    raised: TenderlineError | None = None
    wait: float = 0.0
    closing: str | None = None


class _DatabaseAway(TransientError):
    """An operation met a database that is locked, hangs or is gone."""


@dataclass
class _Running:
    claim: Claim
    context: TaskContext


@dataclass
class Runner:
    """One process's runs.

    Attributes:
        watch: called around every run with its claim and context (and with None after it), in the thread that runs it: a worker's child
            lets its signal handler know.
        left: (task id, run) of runs that this process has given up, for its keeper to put back; without a run where the database didn't
            say whether it had begun.
        began: called when this process had no run and now has one.
        finished: called with the queue after a run has ended, so that the next one is rung for.
    """

    settings: Settings
    ledger: Ledger
    registry: Registry
    watch: Callable[[Claim | None, TaskContext | None], None] = lambda claim, context: None
    began: Callable[[], None] = lambda: None
    finished: Callable[[str], None] = lambda queue: None
    left: deque[tuple[str, int | None]] = field(default_factory=deque)
    _running: dict[str, _Running] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._policy = RetryPolicy.of(self.settings)
        self._reports = Reports(self._report)
        self._log = log.bind()  # once: the logger of a module makes itself anew for each line

    def start(self, task_id: str, operation: Operation, executor: str) -> Claim | Refused | None:
        """Claim the task; see ``Ledger.claim``."""
        grant_from = operation.queue if operation.needs_grant() else None
        try:
            return self.ledger.claim(task_id, executor=executor, pid=os.getpid(), grant_from=grant_from)
        except DBAPIError as error:
            if error.connection_invalidated:  # lost in the middle: the row may be ours by now, and nobody would run it
                self.left.append((task_id, None))
            raise

    def run(self, task_id: str, operation_name: str, executor: str) -> Outcome | None:
        """Claim a task and run it here; None when it wasn't ours to run. Never raises for what the operation does."""
        if operation_name not in self.registry:
            log.warning("unknown_operation", task_id=task_id, operation=operation_name)
            return None
        claim = self.start(task_id, self.registry.get(operation_name), executor)
        return self.execute(claim) if isinstance(claim, Claim) else None

    def execute(self, claim: Claim, *, time_limit: float | None = None) -> Outcome | None:
        """Run what was claimed. None when another run took over in the meantime, whose outcome counts instead."""
        operation = self.registry.get(claim.operation)
        report = Report(self._reports, claim)
        context = report.context = TaskContext(
            claim.task_id,
            claim.owner,
            report=report,
            children=partial(self._children, claim.task_id),
            time_limit=min(time_limit or 1e9, operation.soft_time_limit or self.settings.celery_task_soft_time_limit),
            max_calls=self.settings.max_calls_per_task,
        )
        with self._lock:
            first = not self._running
            self._running[claim.task_id] = _Running(claim, context)
        if first:
            self.began()
        started = time.monotonic()
        outcome: Outcome | None = None
        with structlog.contextvars.bound_contextvars(task_id=claim.task_id):
            try:
                outcome = self._call(operation, claim, context, report)
            except SQLAlchemyError:
                self.left.append((claim.task_id, claim.run))  # how it ended could not be written: it is as if it had not
                raise
            finally:
                with self._lock:
                    self._running.pop(claim.task_id, None)
                self._log.info(
                    "task_run",
                    operation=claim.operation,
                    run=claim.run,
                    executor=claim.executor,
                    state=outcome.state if outcome else "LOST",
                    ms=round((time.monotonic() - started) * 1000),
                )
        try:
            for queue in {operation.queue, outcome.closing if outcome and outcome.closing else operation.queue}:
                self.finished(queue)
        except SQLAlchemyError as error:  # the work is done all the same; the tick sees to what is next
            log.warning("next_not_rung_for", task_id=claim.task_id, reason=type(error).__name__)
        return outcome

    def _children(self, task_id: str) -> list[Json]:
        with self.ledger.database.read() as session:
            return family.children(session, task_id)

    def _report(self, claim: Claim, said: Said) -> None:
        if self.ledger.progress(claim, said.current, said.total, said.status, said.partial):
            self.cancel(claim.task_id)

    def _call(self, operation: Operation, claim: Claim, context: TaskContext, report: Report) -> Outcome | None:
        transient: tuple[type[Exception], ...] = (_DatabaseAway, *operation.transient)
        try:
            self.watch(claim, context)
            try:
                result = operation.run(claim.params, context)
                context.check()
            except (OperationalError, PoolTimeout) as error:
                raise _DatabaseAway("The database could not be used for a while.", hint="Try again in a moment.") from error
            finally:
                self.watch(None, None)
                report.close()
            return Outcome(SUCCESS, result=result, closing=self._succeed(claim, context, result))
        except RunLost:
            return None
        except TaskCancelled:
            return self._end(claim, Outcome(REVOKED))
        except transient as error:
            return self._transient(operation, claim, error)
        except TenderlineError as error:
            return self._end(claim, Outcome(FAILURE, raised=error))
        except Exception:
            log.exception("operation_failed", operation=operation.name)
            hint = "Try again; if it happens again, the server's log says more."
            return self._end(claim, Outcome(FAILURE, raised=TenderlineError("Something went wrong on our side.", hint=hint)))

    def _succeed(self, claim: Claim, context: TaskContext, result: Json) -> str | None:
        while True:
            try:
                return _persistently(lambda: self.ledger.finish(claim, SUCCESS, result=result, effects=context.effects))
            except Outdated:
                context.prepare_again()

    def _transient(self, operation: Operation, claim: Claim, raised: Exception) -> Outcome | None:
        error = raised if isinstance(raised, TenderlineError) else TenderlineError(str(raised))
        wait = self._policy.wait(claim.retries + 1, error.retry_after)
        if wait is None:
            return self._end(claim, Outcome(FAILURE, raised=error))
        try:
            _persistently(lambda: self.ledger.try_again(claim, wait=wait, error=error.as_dict()))
        except RunLost:
            return None
        return Outcome(RETRY, raised=error, wait=wait)

    def _end(self, claim: Claim, outcome: Outcome) -> Outcome | None:
        error = outcome.raised.as_dict() if outcome.raised else None
        try:
            outcome.closing = _persistently(lambda: self.ledger.finish(claim, outcome.state, error=error))
        except RunLost:
            return None
        return outcome

    def cancel(self, task_id: str) -> None:
        """Ask a run of this process to stop, if there is one."""
        with self._lock:
            running = self._running.get(task_id)
        if running is not None:
            running.context.cancel()

    def give_up(self) -> None:
        """Stop all runs of this process: it is not trusted with them any more. None of them writes anything from now on."""
        with self._lock:
            running = list(self._running.values())
        for each in running:
            self.left.append((each.claim.task_id, each.claim.run))
            each.context.cancel(RunLost)

    def runs(self, task_id: str) -> bool:
        """Whether this process runs the task at this moment."""
        return task_id in self._running

    @property
    def busy(self) -> int:
        """How many runs this process has."""
        return len(self._running)

    def abandon(self, claim: Claim, error: TenderlineError) -> None:
        """End a run that does not stop by itself: its row is ended here and whatever it still does has no effect."""
        self.cancel(claim.task_id)
        self._end(claim, Outcome(FAILURE, raised=error))


def _persistently(write: Callable[[], Result]) -> Result:
    """Write how a run ended, also when the database is away for a while: the work is done, its outcome must not get lost."""
    with contextlib.suppress(OperationalError, PoolTimeout):  # nearly always it is; then nothing need be made ready for trying again
        return write()
    return tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((OperationalError, PoolTimeout)),
        stop=tenacity.stop_after_delay(OUTCOME_PATIENCE),
        wait=tenacity.wait_fixed(0.5),
        reraise=True,
    )(write)
