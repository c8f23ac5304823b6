"""What is going on, in one object: rows by queue and state, live processes, limits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from tenderline import __version__
from tenderline.database import Database
from tenderline.settings import QUEUES, Settings
from tenderline.tasks.availability import Availability
from tenderline.tasks.history import History
from tenderline.tasks.limits import Limits
from tenderline.tasks.models import CELERY, RUNNING, UNFINISHED, WAITING, Process, Task


class Stats:
    """Reads the numbers of ``/queue_stats``."""

    def __init__(self, settings: Settings, database: Database, limits: Limits, availability: Availability) -> None:
        self._settings = settings
        self._database = database
        self._limits = limits
        self._availability = availability
        self._history = History(database)

    def history(self) -> dict[str, Any]:
        """What ended in the last minutes; see ``History.read``."""
        return self._history.read()

    def queue_stats(self) -> dict[str, Any]:
        """The object of ``/queue_stats``.

        ``available``: work goes to workers; ``mode``: where a click goes now (celery, inline, background); ``workers``: how many listen;
        counts of tasks; for each queue its waiting and running tasks, its limit and the starts still free in this window; ``mismatch``:
        in what workers differ from this process, in words; ``now``: the database's clock.
        """
        with self._database.read() as session:
            now = self._database.now(session)
            counted = select(Task.queue, Task.state, Task.executor, Task.rung_at.is_not(None), func.count())
            rows = session.execute(
                counted.where(Task.state.in_(UNFINISHED)).group_by(Task.queue, Task.state, Task.executor, Task.rung_at.is_not(None))
            ).all()
            live = self._availability.live(session)
            free = {queue: limit - len(self._limits.used(session, queue)) for queue, limit in self._settings.rate_limits.items()}
        workers = [process for process in live if process.listening]
        listened = {queue for process in workers for queue in process.queues}
        queues = {
            queue: {
                "pending": sum(count for name, state, _, _, count in rows if name == queue and state in WAITING),
                "running": sum(count for name, state, _, _, count in rows if name == queue and state in RUNNING),
                "limit": self._limits.of(queue),
                "window_seconds": self._limits.window if queue in free else None,
                "free_starts": max(0, free[queue]) if queue in free else None,
                "workers": sum(queue in process.queues for process in workers),
            }
            for queue in QUEUES
        }
        available = self._availability.broker == "up" and "analysis" in listened
        return {
            "available": available,
            "mode": self._mode(available),
            "executor": self._settings.task_executor,
            "broker": self._availability.broker,
            "workers": len(workers),
            "active_tasks": sum(queue["running"] for queue in queues.values()),
            "reserved_tasks": sum(count for _, state, executor, rung, count in rows if state in WAITING and executor == CELERY and rung),
            "total_pending": sum(queue["pending"] for queue in queues.values()),
            "queues": queues,
            "worker_details": [_describe(process) for process in workers],
            "mismatch": [difference for process in workers for difference in self._differences(process)],
            "now": now,
        }

    def _differences(self, process: Process) -> list[dict[str, str]]:
        """What of a worker isn't as it is here: after half an update, or with settings of its own."""
        found = []
        for what, there, here, words, hint in (
            ("version", process.version, __version__, "runs version {}, this server {}", "Start all processes from the same version."),
            (
                "provider",
                process.provider,
                self._settings.provider,
                "reviews with “{}”, this server with “{}”",
                "Give web processes and workers the same settings.",
            ),
        ):
            if there != here:
                message = f"The worker {_name(process)} {words.format(there, here)}."
                found.append({"worker": _name(process), "what": what, "there": there, "here": here, "message": message, "hint": hint})
        return found

    def _mode(self, available: bool) -> str:
        mode = self._settings.task_executor
        if mode == "hybrid":
            return "celery" if available else "inline"
        return mode


def _name(process: Process) -> str:
    return f"{process.host}:{process.pid}"


def _describe(process: Process) -> dict[str, Any]:
    return {
        "name": _name(process),
        "queues": list(process.queues),
        "slots": process.slots,
        "provider": process.provider,
        "version": process.version,
        "started_at": process.started_at,
    }
