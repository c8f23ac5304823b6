"""The tables of the task system. All times are seconds since 1970, UTC, by the database's clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Double, ForeignKey, Index, Integer, String, Text, false, text
from sqlalchemy.orm import Mapped, mapped_column

from tenderline.database import Base

PENDING, STARTED, PROGRESS, RETRY = "PENDING", "STARTED", "PROGRESS", "RETRY"
SUCCESS, FAILURE, REVOKED = "SUCCESS", "FAILURE", "REVOKED"
WAITING = (PENDING, RETRY)
RUNNING = (STARTED, PROGRESS)
UNFINISHED = (*WAITING, *RUNNING)
FINISHED = (SUCCESS, FAILURE, REVOKED)

GROUPS = {"WAITING": WAITING, "RUNNING": RUNNING}
"""What people call several states in one word, to ask for tasks by."""

INLINE, BACKGROUND, CELERY = "inline", "background", "celery"

_UNFINISHED_KEY = text("key IS NOT NULL AND state IN ('PENDING', 'RETRY', 'STARTED', 'PROGRESS')")


class Task(Base):
    """One run of an operation.

    ``run`` counts claims and fences every later write; ``retries`` counts failures that were tried again, ``lost`` runs whose process died,
    ``moves`` how often it went to another executor than the one it was meant for. ``rung_at`` is when its bell was last rung, ``rings`` how
    often for this start, ``process`` the process that holds it. A parent waits while ``children_left`` is not 0.
    """

    __tablename__ = "tasks"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    operation: Mapped[str] = mapped_column(String(64))
    queue: Mapped[str] = mapped_column(String(32))
    owner: Mapped[str] = mapped_column(String(64))
    session_key: Mapped[str] = mapped_column(String(64), default="")
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    params: Mapped[dict[str, Any]] = mapped_column(JSON)
    key: Mapped[str | None] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(16), default=PENDING)
    executor: Mapped[str] = mapped_column(String(16))
    current: Mapped[int] = mapped_column(Integer, default=0)
    total: Mapped[int] = mapped_column(Integer, default=0)
    status: Mapped[str] = mapped_column(String(300), default="")
    partial: Mapped[str | None] = mapped_column(Text)
    run: Mapped[int] = mapped_column(Integer, default=0)
    retries: Mapped[int] = mapped_column(Integer, default=0)
    lost: Mapped[int] = mapped_column(Integer, default=0)
    moves: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    children_left: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    revision: Mapped[int] = mapped_column(BigInteger, default=0)
    not_before: Mapped[float | None] = mapped_column(Double)
    rung_at: Mapped[float | None] = mapped_column(Double)
    rings: Mapped[int] = mapped_column(Integer, default=0)
    process: Mapped[str | None] = mapped_column(String(36))
    pid: Mapped[int | None] = mapped_column(Integer)
    cancel_requested_at: Mapped[float | None] = mapped_column(Double)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[float] = mapped_column(Double)
    started_at: Mapped[float | None] = mapped_column(Double)
    updated_at: Mapped[float] = mapped_column(Double)
    finished_at: Mapped[float | None] = mapped_column(Double)

    __table_args__ = (
        Index("ix_tasks_waiting", "state", "queue", "executor", "rung_at"),
        Index("ix_tasks_held", "process", "state"),
        Index("ix_tasks_owned", "owner", "created_at"),
        Index("ix_tasks_session", "session_key", "state"),
        Index("ix_tasks_finished", "finished_at"),
        Index("ix_tasks_parent", "parent_id"),
        Index("uq_tasks_key", "key", unique=True, sqlite_where=_UNFINISHED_KEY, postgresql_where=_UNFINISHED_KEY),
        Index("ix_tasks_key_finished", "key", "finished_at"),
    )


class Follower(Base):
    """An owner who may see a task: whoever submitted it or joined it. One who has cancelled doesn't wait for it any more.

    ``part`` says of the task that it is a child of another, so that the others can be listed and counted without a look at their rows.
    """

    __tablename__ = "task_followers"

    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    followed_at: Mapped[float] = mapped_column(Double)
    left_at: Mapped[float | None] = mapped_column(Double)
    part: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())

    __table_args__ = (Index("ix_task_followers_listed", "owner", "part", "followed_at", "task_id"),)


class Periodic(Base):
    """An entry of the periodic schedule: up to when its due times have been seen to."""

    __tablename__ = "periodic"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_until: Mapped[float] = mapped_column(Double)


class Total(Base):
    """What is kept of deleted tasks, so that counts over all time never fall: by operation, executor and final state.

    ``waiting`` and ``running`` are histograms: how many of the tasks took at most so many seconds, see ``totals.BUCKETS``.
    """

    __tablename__ = "task_totals"

    operation: Mapped[str] = mapped_column(String(64), primary_key=True)
    executor: Mapped[str] = mapped_column(String(16), primary_key=True)
    state: Mapped[str] = mapped_column(String(16), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
    retries: Mapped[int] = mapped_column(BigInteger)
    lost: Mapped[int] = mapped_column(BigInteger)
    moves: Mapped[int] = mapped_column(BigInteger)
    waiting_seconds: Mapped[float] = mapped_column(Double)
    running_seconds: Mapped[float] = mapped_column(Double)
    waiting: Mapped[list[int]] = mapped_column(JSON)
    running: Mapped[list[int]] = mapped_column(JSON)


class Process(Base):
    """A live web process or worker: its heartbeat is the lease of every task it runs.

    ``queues`` are those it listens to, each with the operations it knows there: an older worker may lack some.
    """

    __tablename__ = "processes"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    host: Mapped[str] = mapped_column(String(255))
    pid: Mapped[int] = mapped_column(Integer)
    queues: Mapped[dict[str, list[str]]] = mapped_column(JSON)
    slots: Mapped[int] = mapped_column(Integer)
    listening: Mapped[bool] = mapped_column(Boolean)
    provider: Mapped[str] = mapped_column(String(32))
    version: Mapped[str] = mapped_column(String(32))
    broker: Mapped[str] = mapped_column(String(8))
    counter: Mapped[int] = mapped_column(BigInteger)
    started_at: Mapped[float] = mapped_column(Double)
    beat_at: Mapped[float] = mapped_column(Double)


class Queue(Base):
    """A row to lock: whoever counts a queue's grants or rings its bells holds it, so counting and adding are one step."""

    __tablename__ = "queues"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)


class Grant(Base):
    """A start that counts against a queue's rate limit."""

    __tablename__ = "grants"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    queue: Mapped[str] = mapped_column(String(32))
    task_id: Mapped[str] = mapped_column(String(36))
    granted_at: Mapped[float] = mapped_column(Double)

    __table_args__ = (Index("ix_grants_window", "queue", "granted_at"),)


class Lease(Base):
    """Something one process at a time may do, such as the tick."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(36))
    expires_at: Mapped[float] = mapped_column(Double)
