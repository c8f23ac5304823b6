"""The numbers of ``/metrics``: read from the ledger at every scrape, so they are right over all processes, whichever answers."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, case, func, select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from tenderline import __version__
from tenderline.database import Database
from tenderline.settings import QUEUES, Settings
from tenderline.tasks.availability import Availability
from tenderline.tasks.limits import Limits
from tenderline.tasks.models import FINISHED, UNFINISHED, WAITING, Process, Task, Total
from tenderline.tasks.totals import BUCKETS, Kind, Sums, histogram

BOUNDS = (*(f"{bound:g}" for bound in BUCKETS), "+Inf")

log = structlog.get_logger(__name__)


class LedgerCollector(Collector):
    """Reads everything in one consistent look at each scrape; without the database it says just that."""

    def __init__(self, settings: Settings, database: Database, limits: Limits, availability: Availability) -> None:
        self._settings = settings
        self._database = database
        self._limits = limits
        self._availability = availability

    def collect(self) -> Iterator[Metric]:
        yield _gauge("build_info", "What answers, always 1.", ("version",), [((__version__,), 1)])
        yield _gauge("data_free_bytes", "Free space on the disk of DATA_DIR.", (), self._free_space())
        try:
            with self._database.snapshot() as session:
                found = [*self._counters(session), *self._queues(session), *self._processes(session), self._size(session)]
        except SQLAlchemyError as error:
            log.warning("metrics_without_database", error=type(error).__name__)
            found = []
        yield _gauge("database_up", "Whether the database answers.", (), [((), int(bool(found)))])
        yield from found

    def _free_space(self) -> list[tuple[tuple[str, ...], float]]:
        try:
            return [((), shutil.disk_usage(self._settings.data_dir).free)]
        except OSError:
            return []

    def _counters(self, session: Session) -> Iterator[Metric]:
        ended = finished_sums(session)
        moved = select(Task.operation, func.sum(Task.retries), func.sum(Task.lost), func.sum(Task.moves)).where(Task.state.in_(UNFINISHED))
        by_operation: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
        for operation, *counts in session.execute(moved.group_by(Task.operation)).all():
            by_operation[operation] = [int(count) for count in counts]
        histograms: dict[tuple[str, str], Sums] = defaultdict(Sums)
        for (operation, executor, _), sums in ended.items():
            counted = (sums.retries, sums.lost, sums.moves)
            by_operation[operation] = [own + more for own, more in zip(by_operation[operation], counted, strict=True)]
            histograms[operation, executor].add(sums)
        labels = ("operation", "executor", "state")
        yield _counter("tasks", "Tasks that have ended.", labels, [(kind, sums.count) for kind, sums in ended.items()])
        yield _histogram(
            "task_waiting_seconds",
            "From the submit to the start of the last run, of ended tasks.",
            [(labels, sums.waiting, sums.waiting_seconds) for labels, sums in histograms.items()],
        )
        yield _histogram(
            "task_running_seconds",
            "The last run, of ended tasks.",
            [(labels, sums.running, sums.running_seconds) for labels, sums in histograms.items()],
        )
        names = (
            ("task_retries", "Runs that failed and were tried again."),
            ("task_lost_runs", "Runs whose process died."),
            ("task_failovers", "How often a task went to another executor than the one meant for it."),
        )
        for index, (name, words) in enumerate(names):
            yield _counter(name, words, ("operation",), [((operation,), counts[index]) for operation, counts in by_operation.items()])

    def _queues(self, session: Session) -> Iterator[Metric]:
        where = Task.state.in_(UNFINISHED)
        columns = (Task.queue, Task.operation, Task.executor, Task.state)
        unfinished = session.execute(select(*columns, func.count(), func.min(Task.created_at)).where(where).group_by(*columns)).all()
        oldest: dict[str, float] = {}
        for row in unfinished:
            if row.state in WAITING:
                oldest[row.queue] = min(row[5], oldest.get(row.queue, row[5]))
        now = self._database.now(session)
        workers = {queue: self._availability.listeners(session, queue) for queue in QUEUES}
        yield _gauge(
            "tasks_unfinished", "Tasks that wait or run.", ("queue", "operation", "executor", "state"), [(r[:4], r[4]) for r in unfinished]
        )
        waits = [((queue,), max(0.0, now - oldest[queue]) if queue in oldest else 0.0) for queue in QUEUES]
        yield _gauge("oldest_waiting_seconds", "How long ago the oldest waiting task was submitted.", ("queue",), waits)
        yield _gauge("workers", "Live workers that listen.", ("queue",), [((queue,), len(found)) for queue, found in workers.items()])
        slots = [((queue,), sum(process.slots for process in found)) for queue, found in workers.items()]
        yield _gauge("worker_slots", "Tasks that these workers run at once.", ("queue",), slots)
        limits = self._settings.rate_limits
        yield _gauge("limit_starts", "Starts allowed in a window.", ("queue",), [((queue,), limit) for queue, limit in limits.items()])
        used = [((queue,), len(self._limits.used(session, queue))) for queue in limits]
        yield _gauge("limit_starts_used", "Starts of the current window.", ("queue",), used)
        yield _gauge("limit_window_seconds", "The window of the limits.", (), [((), self._limits.window)])

    def _processes(self, session: Session) -> Iterator[Metric]:
        live = self._availability.live(session)
        counted: dict[tuple[str, str, str], int] = defaultdict(int)
        for process in live:
            counted[process.kind, process.version, process.provider] += 1
        yield _gauge("processes", "Live processes.", ("kind", "version", "provider"), list(counted.items()))
        asked = [process for process in live if process.broker != "none"]
        up = [((), int(any(process.broker == "up" for process in asked)))] if asked else []
        yield _gauge("broker_up", "Whether any live process reaches the broker; absent when none uses one.", (), up)
        states = [((state,), sum(process.broker == state for process in live)) for state in ("up", "down", "none")]
        yield _gauge("broker_seen", "Live processes by what the broker last was to them.", ("state",), states)
        stale = session.scalar(select(func.count()).select_from(Process)) or 0
        yield _gauge(
            "processes_stale", "Processes whose heartbeat has stopped and whose work is not taken back yet.", (), [((), stale - len(live))]
        )

    def _size(self, session: Session) -> Metric:
        sqlite = session.get_bind().dialect.name == "sqlite"
        pages = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"
        size = session.execute(text(pages if sqlite else "SELECT pg_database_size(current_database())")).scalar_one()
        return _gauge("database_bytes", "The size of the database.", (), [((), size)])


def finished_sums(session: Session) -> dict[Kind, Sums]:
    """All tasks that ever ended, those deleted since included; the session must see one moment (``Database.snapshot``)."""
    waiting, running = Task.started_at - Task.created_at, Task.finished_at - Task.started_at
    kind = (Task.operation, Task.executor, Task.state)
    buckets = (_bucket(waiting).label("waited"), _bucket(running).label("ran"))
    counts = (
        func.count(),
        func.sum(Task.retries),
        func.sum(Task.lost),
        func.sum(Task.moves),
        func.sum(_positive(waiting)),
        func.sum(_positive(running)),
    )
    rows = session.execute(select(*kind, *buckets, *counts).where(Task.state.in_(FINISHED)).group_by(*kind, *buckets)).all()
    found: dict[Kind, Sums] = defaultdict(Sums)
    for *names, waited, ran, count, retries, lost, moves, waiting_seconds, running_seconds in rows:
        started = waited is not None
        found[names[0], names[1], names[2]].add(
            Sums(
                count,
                int(retries),
                int(lost),
                int(moves),
                float(waiting_seconds or 0.0),
                float(running_seconds or 0.0),
                histogram({waited: count} if started else {}),
                histogram({ran: count} if started else {}),
            )
        )
    for total in session.scalars(select(Total)):
        found[total.operation, total.executor, total.state].add(total)
    return found


def exposition(collector: LedgerCollector) -> tuple[bytes, str]:
    """The body of ``/metrics`` and its content type."""
    return generate_latest(collector), CONTENT_TYPE_PLAIN_0_0_4


def _positive(seconds: ColumnElement[Any]) -> ColumnElement[Any]:
    return case((seconds > 0, seconds), else_=0.0)


def _bucket(seconds: ColumnElement[Any]) -> ColumnElement[Any]:
    """The index of the bucket a duration falls into; NULL for a task that never started."""
    return case((seconds.is_(None), None), *((seconds <= bound, index) for index, bound in enumerate(BUCKETS)), else_=len(BUCKETS))


Samples = Iterable[tuple[Iterable[Any], float]]


def _gauge(name: str, words: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    metric = GaugeMetricFamily(f"tenderline_{name}", words, labels=labels)
    for values, number in samples:
        metric.add_metric([str(value) for value in values], number)
    return metric


def _counter(name: str, words: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    metric = CounterMetricFamily(f"tenderline_{name}", words, labels=labels)
    for values, number in samples:
        metric.add_metric([str(value) for value in values], number)
    return metric


def _histogram(name: str, words: str, samples: Iterable[tuple[tuple[str, str], list[int], float]]) -> Metric:
    metric = HistogramMetricFamily(f"tenderline_{name}", words, labels=("operation", "executor"))
    for values, counts, seconds in samples:
        metric.add_metric(values, [(bound, float(count)) for bound, count in zip(BOUNDS, counts, strict=True)], seconds)
    return metric
