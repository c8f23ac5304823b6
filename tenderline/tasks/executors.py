"""Where a task runs: in the request, in the background of this process, or on Celery; and which of these is chosen."""

from __future__ import annotations

import contextvars
import threading
import time
from concurrent.futures import Future

import tenacity
from sqlalchemy import select
from sqlalchemy.orm import Session

from tenderline.errors import Conflict, RateLimited, TenderlineError, TimeLimitExceeded, Unavailable
from tenderline.settings import Settings
from tenderline.tasks.availability import Availability
from tenderline.tasks.background import BackgroundExecutor
from tenderline.tasks.dispatcher import Bell, Dispatcher
from tenderline.tasks.ledger import Claim
from tenderline.tasks.limits import Refused
from tenderline.tasks.models import BACKGROUND, CELERY, FAILURE, INLINE, RETRY, REVOKED, SUCCESS, Task
from tenderline.tasks.operation import Json, Operation
from tenderline.tasks.runner import Outcome, Runner

LOOK_EVERY = 0.2
"""Seconds between two looks at a row that is waited for."""


class InlineExecutor:
    """Runs the task while its caller waits, with the same limits, retries and cancellation as elsewhere."""

    name = INLINE

    def __init__(self, settings: Settings, runner: Runner) -> None:
        self._settings = settings
        self._runner = runner

    def prepare(self, session: Session, operation: Operation) -> list[Bell]:
        return []

    def run(self, task_id: str, operation: Operation) -> Json | None:
        """Run the task to its end and return its result; None when somebody else is running it.

        Raises:
            RateLimited: no start became free within ``INLINE_MAX_WAIT``.
            Unavailable: the work took longer than ``INLINE_TIMEOUT``.
            Conflict: the task was cancelled.
            TenderlineError: whatever the operation failed with.
        """
        deadline = time.monotonic() + self._settings.inline_timeout
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(_TryAgain),
            wait=_wait,
            stop=tenacity.stop_never,
            sleep=lambda seconds: self._sleep(task_id, seconds, deadline),
            reraise=True,
        )
        return retrying(self._attempt, task_id, operation, deadline)

    def _attempt(self, task_id: str, operation: Operation, deadline: float) -> Json | None:
        claim = self._claim(task_id, operation)
        if claim is None:
            self._raise_if_cancelled(task_id)
            return None
        outcome = self._execute(claim, deadline - time.monotonic())
        if outcome is None:
            return None
        if outcome.state == SUCCESS:
            return outcome.result
        self._raise_if_cancelled(task_id)
        error = outcome.raised or TenderlineError("The task failed.")
        if outcome.state == RETRY:
            if time.monotonic() + outcome.wait < deadline:
                raise _TryAgain(outcome.wait)
            error.retry_after = outcome.wait
            self._runner.ledger.end_waiting(task_id, FAILURE, error.as_dict())
        raise error

    def _claim(self, task_id: str, operation: Operation) -> Claim | None:
        """Claim the row, waiting a little for the rate limit."""
        deadline = time.monotonic() + self._settings.inline_max_wait
        while True:
            claim = self._runner.start(task_id, operation, INLINE)
            if not isinstance(claim, Refused):
                return claim
            if time.monotonic() + claim.wait > deadline:
                error = RateLimited(
                    "All starts of this minute are taken.", hint=f"Try again in {claim.wait:.0f} seconds.", retry_after=claim.wait
                )
                self._runner.ledger.end_waiting(task_id, FAILURE, error.as_dict())
                raise error
            self._sleep(task_id, claim.wait, deadline)

    def _execute(self, claim: Claim, seconds: float) -> Outcome | None:
        """Run in a thread of its own, so that the caller gets an answer in time whatever the operation does."""
        done: Future[Outcome | None] = Future()

        def work() -> None:
            try:
                done.set_result(self._runner.execute(claim, time_limit=seconds))
            except BaseException as error:
                done.set_exception(error)

        threading.Thread(target=contextvars.copy_context().run, args=(work,), name=f"task-{claim.task_id}", daemon=True).start()
        try:
            return done.result(timeout=seconds + 1)
        except TimeoutError:
            error = TimeLimitExceeded(
                "The work took longer than a request may.", hint="Try again, or try a shorter section.", retry_after=5
            )
            self._runner.abandon(claim, error)
            raise Unavailable(error.message, hint=error.hint, retry_after=5) from None

    def _sleep(self, task_id: str, seconds: float, deadline: float) -> None:
        """Wait, but no longer once the task has been ended (cancelled) by somebody."""
        until = min(time.monotonic() + seconds, deadline)
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, LOOK_EVERY))
            if left > LOOK_EVERY and self._state(task_id) == REVOKED:
                return

    def _raise_if_cancelled(self, task_id: str) -> None:
        if self._state(task_id) == REVOKED:
            raise Conflict("The task was cancelled.")

    def _state(self, task_id: str) -> str | None:
        with self._runner.ledger.database.read() as session:
            return session.scalar(select(Task.state).where(Task.id == task_id))


class _TryAgain(Exception):
    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


def _wait(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    # A little more than the row's own wait, so that the row is due when it is claimed.
    return error.wait + 0.01 if isinstance(error, _TryAgain) else 0.0


class CeleryExecutor:
    """Rings a bell on the operation's queue; a worker does the rest."""

    name = CELERY

    def __init__(self, settings: Settings, availability: Availability, dispatcher: Dispatcher) -> None:
        self._always = settings.task_executor == "celery"
        self._availability = availability
        self._dispatcher = dispatcher

    def prepare(self, session: Session, operation: Operation) -> list[Bell]:
        return self._dispatcher.choose(session, operation.queue) if self._availability.broker == "up" else []

    def reachable(self, session: Session, operation: Operation) -> bool:
        """Whether a task of this operation would be worked on: the broker answers and a live worker that knows it listens."""
        return self._availability.broker == "up" and bool(self._availability.listeners(session, operation.queue, operation.name))

    def publish(self, bells: list[Bell]) -> set[str]:
        """Ring; returns the ids that could not be rung for."""
        return self._dispatcher.publish(bells)


Executor = InlineExecutor | BackgroundExecutor | CeleryExecutor


class HybridExecutor:
    """Picks the executor: Celery when it would be worked on there, else the background for heavy operations, else the request."""

    def __init__(self, settings: Settings, inline: InlineExecutor, background: BackgroundExecutor, celery: CeleryExecutor) -> None:
        self._mode = settings.task_executor
        self._inline, self._background, self._celery = inline, background, celery

    def pick(self, session: Session, operation: Operation) -> Executor:
        """The executor for a new task of this operation, at this moment. Raises ``Conflict`` when only requests may work, and it can't be
        done in one."""
        if self._mode == "celery" or (self._mode == "hybrid" and self._celery.reachable(session, operation)):
            return self._celery
        return self.fallback(operation)

    def fallback(self, operation: Operation) -> Executor:
        """Where a task goes that cannot go to Celery. With ``TASK_EXECUTOR=celery`` it stays and waits for the broker."""
        if self._mode == "celery":
            return self._celery
        if self._mode == "inline" and operation.plan is not None:
            raise Conflict("Work in several parts needs the background.", hint="Start the server without TASK_EXECUTOR=inline.")
        if self._mode == "background" or (self._mode == "hybrid" and (operation.heavy or operation.plan is not None)):
            return self._background
        return self._inline

    def named(self, name: str) -> Executor:
        """The executor of that name."""
        return {INLINE: self._inline, BACKGROUND: self._background, CELERY: self._celery}[name]  # type: ignore[return-value]
