"""What the outside sees of a task: one object, read from its row."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.tasks.limits import Limits
from tenderline.tasks.models import FINISHED, PENDING, PROGRESS, RETRY, REVOKED, SUCCESS, UNFINISHED, WAITING, Task
from tenderline.tasks.operation import Json


@dataclass(frozen=True)
class TaskStatus:
    """A task at one moment. Times are seconds since 1970; ``progress`` is 0 to 100; ``eta_seconds`` is until a waiting task may start."""

    task_id: str
    operation: str
    queue: str
    executor: str
    state: str
    status: str
    progress: int
    params: Json
    session_key: str
    created_at: float
    started_at: float | None
    updated_at: float
    finished_at: float | None
    attempts: int
    result: Json | None = None
    error: Json | None = None
    eta_seconds: float | None = None
    partial: str | None = None
    cancelling: bool = False
    key: str | None = None

    @property
    def ready(self) -> bool:
        """Whether the task has ended."""
        return self.state in FINISHED

    def as_dict(self) -> dict[str, Any]:
        """The object of ``/task_status``."""
        optional: dict[str, Any] = {
            "successful": self.state == SUCCESS if self.ready else None,
            "result": self.result,
            "error": self.error,
            "eta_seconds": None if self.eta_seconds is None else round(self.eta_seconds, 1),
            "partial": self.partial,
            "started_at": self.started_at,
            "finished_at": self.finished_at,
        }
        return {
            "task_id": self.task_id,
            "state": self.state,
            "status": self.status,
            "progress": self.progress,
            "ready": self.ready,
            "operation": self.operation,
            "executor": self.executor,
            "queue": self.queue,
            "attempts": self.attempts,
            "cancelling": self.cancelling,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
        } | {name: value for name, value in optional.items() if value is not None}


class Statuses:
    """Turns rows into ``TaskStatus``."""

    def __init__(self, database: Database, limits: Limits) -> None:
        self._database = database
        self._limits = limits

    def of(self, session: Session, task: Task, *, needs_grant: bool, left_at: float | None = None) -> TaskStatus:
        """The status of one row; for a waiting one also why it waits and for about how long.

        To an owner who cancelled it (``left_at``) while others wait for it, it is REVOKED although it goes on. A parent is in PROGRESS
        once a child has ended.
        """
        eta = self._eta(session, task, needs_grant) if task.state in WAITING and not task.children_left else None
        status = TaskStatus(
            task_id=task.id,
            operation=task.operation,
            queue=task.queue,
            executor=task.executor,
            state=PROGRESS if task.children_left and task.current else task.state,
            status=self._words(task, eta),
            progress=100 if task.state == SUCCESS else min(99, round(100 * task.current / task.total)) if task.total else 0,
            params=task.params,
            session_key=task.session_key,
            created_at=task.created_at,
            started_at=task.started_at,
            updated_at=task.updated_at,
            finished_at=task.finished_at,
            attempts=task.run,
            result=task.result,
            error=task.error,
            eta_seconds=eta,
            partial=task.partial,
            cancelling=task.cancel_requested_at is not None and task.state in UNFINISHED,
            key=task.key,
        )
        if left_at is None or task.cancel_requested_at is not None or (task.finished_at is not None and task.finished_at <= left_at):
            return status
        return replace(
            status,
            state=REVOKED,
            status="Cancelled",
            progress=0,
            updated_at=left_at,
            finished_at=left_at,
            result=None,
            error=None,
            eta_seconds=None,
            partial=None,
            cancelling=False,
        )

    def _eta(self, session: Session, task: Task, needs_grant: bool) -> float:
        now = self._database.now(session)
        own = max(0.0, (task.not_before or now) - now)
        if not needs_grant:
            return own
        ahead = select(func.count()).where(Task.queue == task.queue, Task.state.in_(WAITING), Task.created_at < task.created_at)
        position = int(session.scalar(ahead) or 0)
        return max(own, self._limits.waits(session, task.queue, position + 1)[position])

    def _words(self, task: Task, eta: float | None) -> str:
        if task.cancel_requested_at is not None and task.state in UNFINISHED:
            return "Cancelling"
        if task.children_left:
            return f"{task.current} of {task.total} {task.status}"
        if task.state == PENDING and eta:
            return f"Waiting for a free start, about {eta:.0f} s"
        if task.state == RETRY and task.error:
            return f"Trying again in about {eta or 0:.0f} s: {task.error.get('message', '')}"
        return task.status or "Waiting"
