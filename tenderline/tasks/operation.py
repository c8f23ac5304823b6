"""What a task does: operations, their registry and the context they run in.

An operation is a plain function ``(params, context) -> result``. It knows nothing of Flask or Celery; params and result are JSON objects.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy.orm import Session

from tenderline.errors import Invalid, TaskCancelled, TenderlineError, TimeLimitExceeded, TransientError

Json = dict[str, Any]
Effect = Callable[[Session], None]


class Outdated(Exception):
    """Raised by an effect: what it was prepared against has changed in the meantime. It is prepared anew and tried again."""


def _no_grant() -> bool:
    return False


def _nothing() -> None:
    """Nothing to load."""


def _anybody(session: Session) -> None:
    """New work is always taken."""


class Report(Protocol):
    """Where a context sends progress; the ledger's implementation writes the row."""

    def __call__(self, current: int, total: int, status: str, partial: str | None) -> None: ...


class TaskContext:
    """What an operation may know and do about the task it runs.

    Args:
        task_id: the ledger's id.
        owner: who submitted the task.
        report: called with every progress step.
        children: reads the task's children.
        time_limit: seconds this run may take; ``check`` raises once they are over.
        max_calls: how many calls to a paid model one run may make.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        task_id: str,
        owner: str,
        *,
        report: Report | None = None,
        children: Callable[[], list[Json]] = list,
        time_limit: float = 600.0,
        max_calls: int = 8,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.task_id = task_id
        self.owner = owner
        self.effects: list[Effect] = []
        self.uses: list[tuple[str, dict[str, int]]] = []
        self._prepares: list[Callable[[], None]] = []
        self._report = report
        self._children = children
        self._clock = clock
        self._deadline = clock() + time_limit
        self._calls_left = max_calls
        self._cancelled = threading.Event()
        self._reason: type[TaskCancelled] = TaskCancelled
        self._shields = 0

    def progress(self, current: int, total: int, status: str, partial: str | None = None) -> None:
        """Say how far the work is (``current`` of ``total`` steps), in words, and with the text made so far, if any.

        Raises like ``check``. Cheap to call often: the ledger writes a few times a second at most.
        """
        self.check()
        if self._report is not None:
            with self.shield():
                self._report(current, total, status, partial)

    def check(self) -> None:
        """Stop here if the task was cancelled (``TaskCancelled``) or its time is over (``TimeLimitExceeded``).

        Costs under a microsecond; call it at least every 0.2 s. Does nothing inside ``shield``.
        """
        if self._shields:
            return
        if self._cancelled.is_set():
            raise self._reason
        if self._clock() > self._deadline:
            raise TimeLimitExceeded(
                "The work took longer than it may.", hint="Try a shorter section, or raise the time limit in the settings."
            )

    def remaining(self) -> float:
        """Seconds until the time limit, never below zero: the bound for any wait inside an operation."""
        return max(0.0, self._deadline - self._clock())

    def count_call(self) -> None:
        """Call before every request to a paid model; raises ``TenderlineError`` when this run has used all it may make."""
        if self._calls_left <= 0:
            raise TenderlineError(
                "The task asked the model more often than one task may.", hint="Raise MAX_CALLS_PER_TASK if this is expected."
            )
        self._calls_left -= 1

    def count_use(self, model: str, tokens: Mapping[str, int]) -> None:
        """Call after every answer of a paid model: what it used, by kind of token. ``uses`` keeps it in order."""
        self.uses.append((model, dict(tokens)))

    def children(self) -> list[Json]:
        """What became of the task's children, in the order of its plan: ``{task_id, operation, params, state, result, error}`` each."""
        return self._children()

    def on_finish(self, effect: Effect, *, prepare: Callable[[], None] | None = None) -> None:
        """Register what the task changes in the database.

        ``effect(session)`` runs in the transaction that finishes this run, after the check that this run is still the current one; it
        takes effect with the result or not at all. It must be quick and must not commit. One that raises ``Outdated`` undoes the
        transaction; then ``prepare``, which may take its time and may change the result, is called outside of it and the end tried again.
        """
        self.effects.append(effect)
        if prepare is not None:
            self._prepares.append(prepare)

    def prepare_again(self) -> None:
        """Prepare the effects anew. Raises like ``check``."""
        self.check()
        for prepare in self._prepares:
            prepare()
        self.check()

    @contextmanager
    def shield(self) -> Iterator[None]:
        """A step that must not be torn apart: cancellation is noted inside and raised at its end."""
        self._shields += 1
        try:
            yield
        finally:
            self._shields -= 1
        self.check()

    @property
    def shielded(self) -> bool:
        return self._shields > 0

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    def cancel(self, reason: type[TaskCancelled] = TaskCancelled) -> None:
        """Ask the operation to stop at its next ``check``, which raises ``reason``. Safe from other threads and from signal handlers."""
        self._reason = reason
        self._cancelled.set()


@dataclass(frozen=True)
class Child:
    """A part of a larger task, to be done as a task of its own. ``key`` as in ``TaskManager.submit``.

    ``done``: it was done before and only counts; no task is made for it.
    """

    operation: str
    params: Json
    key: str | None = None
    done: bool = False


@dataclass(frozen=True)
class Operation:
    """One kind of work.

    Attributes:
        name: the name in the ledger and of the Celery task.
        queue: where it waits and which limit counts it.
        run: the function.
        heavy: runs in the background when there is no Celery, never inside a request.
        isolated: does its work in a process of its own anyway, so in the background it needs none around it.
        repeatable: whether a finished task may be run again.
        plan: params -> the children that do the work; ``run`` is then the closing step, which sums up ``context.children()``.
        parts: what the children are called, in words: "7 of 12 sections".
        needs_grant: whether a start counts against the queue's rate limit; asked at every start.
        admit: called in the transaction that would accept a new task of this kind; raises what is to be answered when it must not be. A
            task that is joined, or that answers because it did the same work lately, is no new one.
        transient: errors after which the task is tried again.
        soft_time_limit, time_limit: seconds; ``None`` takes the settings' values.
        warm: loads what the first run would otherwise wait for.
    """

    name: str
    queue: str
    run: Callable[[Json, TaskContext], Json]
    heavy: bool = False
    isolated: bool = False
    repeatable: bool = True
    plan: Callable[[Json], Sequence[Child]] | None = None
    parts: str = "parts"
    needs_grant: Callable[[], bool] = _no_grant
    admit: Callable[[Session], None] = _anybody
    transient: tuple[type[Exception], ...] = (TransientError,)
    soft_time_limit: float | None = None
    time_limit: float | None = None
    warm: Callable[[], None] = _nothing


@dataclass
class Registry:
    """The operations a process knows, by name."""

    operations: dict[str, Operation] = field(default_factory=dict)

    def add(self, *operations: Operation) -> None:
        """Make operations known. Raises ``ValueError`` when a name is taken."""
        for operation in operations:
            if operation.name in self.operations:
                raise ValueError(f"operation {operation.name!r} is registered twice")
            self.operations[operation.name] = operation

    def get(self, name: str) -> Operation:
        """The operation of that name. Raises ``Invalid`` when there is none."""
        try:
            return self.operations[name]
        except KeyError:
            raise Invalid(f"There is no operation {name!r}.") from None

    def __contains__(self, name: object) -> bool:
        return name in self.operations

    @property
    def by_queue(self) -> Mapping[str, list[str]]:
        """Queue -> names of its operations."""
        queues: dict[str, list[str]] = {}
        for operation in self.operations.values():
            queues.setdefault(operation.queue, []).append(operation.name)
        return queues
