"""Whether the work goes on: processes, queues, limits, and tasks that should have moved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tenderline import __version__
from tenderline.commands.finding import BAD, LOOK, OK, Finding
from tenderline.runtime import Runtime
from tenderline.tasks.availability import knows, said_of
from tenderline.tasks.ledger import due
from tenderline.tasks.models import BACKGROUND, CELERY, RUNNING, UNFINISHED, WAITING, Lease, Process, Task
from tenderline.tasks.recovery import DEAD_AFTER

STUCK_AFTER = 120.0
"""Seconds that a task may be due without being started before that is worth a word."""
CANCEL_AFTER = 10.0
SHOWN = 5


def examine_work(runtime: Runtime, session: Session) -> Iterator[Finding]:
    """Findings about everything that the ledger knows, at one moment."""
    now = runtime.database.now(session)
    live = runtime.availability.live(session)
    yield from _processes(runtime, session, live, now)
    yield from _queues(runtime, session, live)
    yield from _operations(runtime, session, live)
    yield from _limits(runtime, session)
    yield from _stuck(runtime, session, live, now)


def _name(process: Process) -> str:
    return f"{process.host}:{process.pid}"


def _some(names: Iterable[str]) -> str:
    known = sorted(names)
    return ", ".join(known[:SHOWN]) + (f" and {len(known) - SHOWN} more" if len(known) > SHOWN else "")


def _processes(runtime: Runtime, session: Session, live: Sequence[Process], now: float) -> Iterator[Finding]:
    web = [process for process in live if process.kind == "web"]
    workers = [process for process in live if process.listening]
    if not live:
        yield Finding(BAD, "processes", "None is alive: nothing is worked on.", "Start the server (make run), and workers if you use them.")
    elif not web:
        yield Finding(LOOK, "processes", f"{len(workers)} workers and no web process.", "Start the server: make run.")
    else:
        slots = sum(process.slots for process in workers)
        yield Finding(OK, "processes", f"{len(web)} web, {len(workers)} workers with {slots} slots")
    alive = {process.id for process in live}
    stale = [process for process in session.scalars(select(Process)) if process.id not in alive]
    if stale:
        names = _some(f"{process.kind} {_name(process)} ({max(0.0, now - process.beat_at):.0f} s)" for process in stale)
        hint = f"Their tasks are taken back after {DEAD_AFTER:.0f} s" + ("." if live else ", as soon as a process runs.")
        yield Finding(LOOK, "processes", f"No heartbeat any more: {names}.", hint)
    lease = session.get(Lease, "tick")
    if live and (lease is None or lease.expires_at < now):
        yield Finding(LOOK, "processes", "Nobody does the tick at this moment.", "If it stays so, see the logs for keeper_round_failed.")
    yield from _differing("version", __version__, {process: process.version for process in live})
    yield from _differing("reviewer", runtime.settings.provider, {process: process.provider for process in live})


def _differing(what: str, here: str, there: Mapping[Process, str]) -> Iterator[Finding]:
    """Live processes that are of another version, or were started with another reviewer, than this command."""
    for value in sorted(set(there.values()) - {here}):
        names = _some(f"{process.kind} {_name(process)}" for process, its in there.items() if its == value)
        yield Finding(
            LOOK, "processes", f"Here the {what} is {here}, but {value} at {names}.", "Give all processes the same version and settings."
        )


def _queues(runtime: Runtime, session: Session, live: Sequence[Process]) -> Iterator[Finding]:
    """Queues where Celery tasks wait and nobody listens."""
    counted = select(Task.queue, func.count()).where(Task.executor == CELERY, Task.state.in_(WAITING)).group_by(Task.queue)
    waiting: dict[str, int] = dict(session.execute(counted).all())
    for queue, count in waiting.items():
        if not runtime.availability.listeners(session, queue):
            stays = runtime.settings.task_executor == "celery" or not any(process.kind == "web" for process in live)
            words = f"{count} tasks wait in {queue}, and no worker listens there"
            takes_over = "; a web process takes them over" if not stays else ""
            yield Finding(BAD if stays else LOOK, "queues", words + takes_over + ".", "Start workers: make worker.")
    every = session.execute(select(Task.state, func.count()).where(Task.state.in_(UNFINISHED)).group_by(Task.state)).all()
    running = sum(count for state, count in every if state in RUNNING)
    yield Finding(OK, "queues", f"{running} tasks run, {sum(count for _, count in every) - running} wait")
    if runtime.settings.broker_url and runtime.settings.task_executor in ("celery", "hybrid"):
        deaf = [queue for queue in runtime.registry.by_queue if not runtime.availability.listeners(session, queue)]
        if deaf:
            yield Finding(LOOK, "workers", f"A broker is set, but no worker listens to {_some(deaf)}.", "Start workers: make worker.")


def _operations(runtime: Runtime, session: Session, live: Sequence[Process]) -> Iterator[Finding]:
    """Operations that a live worker, or this version, doesn't know."""
    mine = runtime.registry.by_queue
    for process in (process for process in live if process.listening):
        missing = [name for queue in process.queues for name in mine.get(queue, ()) if not knows(process, queue, name)]
        if missing:
            yield Finding(
                LOOK,
                "operations",
                f"Worker {_name(process)} (version {process.version}) doesn't know {_some(missing)}.",
                "Such tasks are left for other workers. Update this one.",
            )
    unfinished = set(session.scalars(select(Task.operation).where(Task.state.in_(UNFINISHED)).distinct()))
    unknown = {name for name in unfinished if name not in runtime.registry}
    if unknown:
        known = {name for process in live for queue in process.queues for name in said_of(process, queue) or ()}
        words = f"Tasks wait for operations that this version doesn't know: {_some(unknown)}."
        hint = "A newer worker runs them." if unknown <= known else "Start the version that submitted them, or cancel them."
        yield Finding(LOOK if unknown <= known else BAD, "operations", words, hint)


def _limits(runtime: Runtime, session: Session) -> Iterator[Finding]:
    for queue, limit in runtime.settings.rate_limits.items():
        used = len(runtime.limits.used(session, queue))
        yield Finding(OK, "limits", f"{queue}: {used} of {limit} starts of {runtime.limits.window:g} s used")


def _stuck(runtime: Runtime, session: Session, live: Sequence[Process], now: float) -> Iterator[Finding]:
    """Tasks that should have moved."""
    alive = {process.id for process in live}
    rows = session.scalars(select(Task).where(Task.state.in_(RUNNING))).all()
    orphaned = [task.id for task in rows if task.process not in alive]
    if orphaned:
        hint = f"They are put back {DEAD_AFTER:.0f} s after their process died, as long as any process runs."
        yield Finding(LOOK, "tasks", f"{len(orphaned)} run in processes that are not alive: {_some(orphaned)}.", hint)
    hard = runtime.settings.celery_task_time_limit
    known = runtime.registry.operations
    late = [
        task.id
        for task in rows
        if now - (task.started_at or now) > 60 + ((known.get(task.operation) and known[task.operation].time_limit) or hard)
    ]
    if late:
        yield Finding(LOOK, "tasks", f"{len(late)} run longer than their time limit: {_some(late)}.", "Cancel them: flask tasks cancel ID.")
    stubborn = [task.id for task in rows if task.cancel_requested_at is not None and now - task.cancel_requested_at > CANCEL_AFTER]
    if stubborn:
        yield Finding(
            LOOK, "tasks", f"{len(stubborn)} were cancelled and still run: {_some(stubborn)}.", "See the log of the process that runs them."
        )
    waits = (due(now), Task.executor.in_((CELERY, BACKGROUND)), Task.updated_at < now - STUCK_AFTER)
    waiting = session.scalars(select(Task.id).where(*waits).order_by(Task.created_at)).all()
    if waiting:
        words = f"{len(waiting)} have been due for over {STUCK_AFTER / 60:.0f} minutes: {_some(waiting)}."
        yield Finding(LOOK, "tasks", words, "More workers, or a higher limit, would start them sooner; or nobody listens to their queue.")
    if not (orphaned or late or stubborn or waiting):
        yield Finding(OK, "tasks", "none is stuck")
