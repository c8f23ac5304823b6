"""How quickly work goes on after a fault, what the ledger costs, and how well a limit is used."""

from __future__ import annotations

import contextlib
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from sqlalchemy import insert, select

from bench.measure import Line, median
from tenderline.runtime import Runtime
from tenderline.tasks.models import FINISHED, RUNNING, WAITING, Follower, Grant, Task
from tests.services import ROOT, bare_environment, kill_tree, tree, wait_for
from tests.tasks.conftest import Desk, listening

OWNER = "bench"
TRIVIAL, ROUNDS = 400, 5
FINISHED_ROWS = 20_000
LIMIT, WINDOWS = 20, 4
UNUSED = {5.0: 10.0, 60.0: 3.0}
"""Seconds of a limit's window -> how many per cent of the allowed starts may stay unused."""
IDLE_SECONDS = 20.0


@contextlib.contextmanager
def desk(workers: int = 1, *, keeper: bool = True, **settings: object) -> Iterator[tuple[Desk, Runtime]]:
    """A broker, a web process's runtime, and workers with two slots each."""
    with tempfile.TemporaryDirectory() as name, contextlib.closing(Desk(Path(name))) as made:
        made.redis.start()
        runtime = made.runtime(keeper=keeper, redis_url=made.redis.url, log_level="ERROR", **settings)
        for _ in range(workers):
            made.worker(LOG_LEVEL="ERROR", **{key.upper(): str(value) for key, value in settings.items()})
        if workers:
            listening(runtime, workers)
        yield made, runtime


def after_faults() -> list[Line]:
    """Seconds from a fault until the work runs again."""
    with desk(workers=2) as (made, runtime):
        child = statistics.median(after_child_kill(runtime) for _ in range(5))
        flush = statistics.median(after_flush(made, runtime) for _ in range(3))
        killed = statistics.median(after_worker_kill(made, runtime) for _ in range(3))
    return [
        Line("kill -9 of a worker to its task running elsewhere", killed, "s", 20),
        Line("kill -9 of a pool child to its task running again", child, "s", 3),
        Line("Redis back, empty, to waiting tasks running again", flush, "s", 5),
    ]


def begin(runtime: Runtime, operation: str = "patient", seconds: float = 60) -> tuple[str, int]:
    """Start a long task on a worker: its id and the process that runs it."""
    task_id = runtime.tasks.submit(operation, {"seconds": seconds}, owner=OWNER, executor="celery").task_id
    wait_for(lambda: runtime.tasks.status(task_id, OWNER).state == "PROGRESS", "the work to begin")
    return task_id, column(runtime, task_id, Task.pid)


def column(runtime: Runtime, task_id: str, what: object) -> int:
    with runtime.database.read() as session:
        return int(session.scalar(select(what).where(Task.id == task_id)) or 0)  # type: ignore[call-overload]


def again(runtime: Runtime, task_id: str) -> None:
    """Wait until the task's second run is under way, then cancel it."""
    wait_for(lambda: column(runtime, task_id, Task.run) == 2, "the work to go on", 60)


def end(runtime: Runtime, task_id: str) -> None:
    runtime.tasks.cancel(task_id, OWNER)
    runtime.tasks.wait(task_id, OWNER, 10)


def after_child_kill(runtime: Runtime) -> float:
    task_id, pid = begin(runtime)
    os.kill(pid, signal.SIGKILL)
    took = timed(lambda: again(runtime, task_id))
    end(runtime, task_id)
    return took


def after_worker_kill(made: Desk, runtime: Runtime) -> float:
    """All processes of the worker that runs a task, its keeper too."""
    task_id, pid = begin(runtime)
    parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    kill_tree(parent)
    took = timed(lambda: again(runtime, task_id))
    end(runtime, task_id)
    made.worker(LOG_LEVEL="ERROR")
    listening(runtime, 2)
    return took


def after_flush(made: Desk, runtime: Runtime) -> float:
    ids = [runtime.tasks.submit("patient", {"seconds": 1}, owner=OWNER, executor="celery").task_id for _ in range(12)]
    wait_for(lambda: count(runtime, *RUNNING) > 0, "the first of them to run")
    made.redis.kill()
    wait_for(lambda: not count(runtime, *RUNNING), "what runs to end")
    left = count(runtime, *WAITING)
    made.redis.start()
    took = timed(lambda: wait_for(lambda: count(runtime, *WAITING) < left, "waiting tasks to run", 60))
    for task_id in ids:
        runtime.tasks.wait(task_id, OWNER, 60)
    return took


def count(runtime: Runtime, *states: str) -> int:
    with runtime.database.read() as session:
        return len(session.scalars(select(Task.id).where(Task.state.in_(states))).all())


def cancels() -> list[Line]:
    """Seconds from a cancel to the free slot, the slowest but one of twenty: of work that checks, and of work that ignores even signals."""
    with desk() as (_, runtime):
        took = {operation: sorted(one_cancel(runtime, operation) for _ in range(20)) for operation in ("patient", "deaf")}
    return [
        Line("cancel to free slot, work that checks (p95)", took["patient"][18], "s", 0.5),
        Line("cancel to free slot, work that ignores signals (p95)", took["deaf"][18], "s", 2),
    ]


def one_cancel(runtime: Runtime, operation: str) -> float:
    task_id, _ = begin(runtime, operation)
    runtime.tasks.cancel(task_id, OWNER)
    return timed(lambda: wait_for(lambda: runtime.tasks.status(task_id, OWNER).ready, "the work to stop"))


def timed(action: Callable[[], object]) -> float:
    """Seconds that it takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def throughput() -> list[Line]:
    """Trivial tasks that wait when a worker with two processes starts: how many times longer ours takes than bare Celery, by turns."""
    with desk(workers=0, keeper=False) as (made, runtime):  # a web process's keeper would hand them over
        rates = [(ours(made, runtime), bare_celery(made)) for _ in range(ROUNDS)]
    own, naive = (statistics.median(each) for each in zip(*rates, strict=True))
    ratio = statistics.median(bare / mine for mine, bare in rates)
    return [Line(f"times slower than bare Celery ({own:.0f} against {naive:.0f} trivial tasks a second)", ratio, "x", 2)]


def ours(made: Desk, runtime: Runtime) -> float:
    """Tasks a second of a worker of ours with two processes, from the first result to the last."""
    ids = {runtime.tasks.submit("echo", {}, owner=OWNER, executor="celery").task_id for _ in range(TRIVIAL)}
    made.worker(LOG_LEVEL="ERROR")
    wait_for(lambda: not count(runtime, *WAITING, *RUNNING), "all of them to be done", 120)
    made.workers[-1].stop()
    with runtime.database.read() as session:
        ends = sorted(session.scalars(select(Task.finished_at).where(Task.id.in_(ids), Task.state.in_(FINISHED))))
    return (len(ends) - 1) / (ends[-1] - ends[0])


def bare_celery(made: Desk) -> float:
    """Tasks a second of a bare Celery worker with two processes."""
    os.environ["NAIVE_BROKER"] = f"{made.redis.url}?virtual_host=1"
    from bench import naive

    naive.app.conf.update(broker_url=os.environ["NAIVE_BROKER"], result_backend=os.environ["NAIVE_BROKER"])
    results = [naive.stamp.delay() for _ in range(TRIVIAL)]
    worker = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app", "bench.naive", "worker", "--concurrency", "2", "--loglevel", "ERROR"],
        cwd=ROOT,
        env=bare_environment(made.folder) | {"NAIVE_BROKER": os.environ["NAIVE_BROKER"]},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ends = sorted(result.get(timeout=120) for result in results)
    finally:
        kill_tree(worker.pid)
        worker.wait()
    return (len(ends) - 1) / float(ends[-1] - ends[0])


def with_history() -> list[Line]:
    """How many times longer submit and statistics take beside 20,000 finished tasks than beside none; asked by turns of two desks, so that
    what else the machine does slows both. And how long a list of one's own tasks takes there."""
    with desk() as (_, empty), desk() as (_, runtime):
        with runtime.database.write() as session:
            now = runtime.database.now(session)
            common = {"operation": "echo", "queue": "analysis", "owner": OWNER, "session_key": "", "params": {}, "executor": "celery"}
            common |= {"current": 2, "total": 2, "status": "Done", "run": 1, "retries": 0, "lost": 0, "revision": 3, "rings": 1}
            times = {"created_at": now - 60, "updated_at": now - 59, "started_at": now - 59, "finished_at": now - 59}
            rows = [{"id": str(uuid.uuid4()), "state": "SUCCESS", "result": {"echo": {}}, **common, **times} for _ in range(FINISHED_ROWS)]
            session.execute(insert(Task), rows)
            session.execute(insert(Follower), [{"task_id": row["id"], "owner": OWNER, "followed_at": now} for row in rows])
        actions: dict[str, Callable[[Runtime], object]] = {
            "submit to result": to_result,
            "queue statistics": lambda of: of.tasks.queue_stats(),
        }
        lines = []
        for name, action in actions.items():
            took = [(timed(partial(action, empty)), timed(partial(action, runtime))) for _ in range(60)]
            without, beside = (statistics.median(seconds) for seconds in zip(*took, strict=True))
            lines.append(Line(f"{name}, times slower beside 20,000 finished tasks", beside / without, "x", 1.2))
        listed = median(lambda: runtime.tasks.list(OWNER), 40)
    return [*lines, Line("a page of one's own 20,000 tasks, and their number", listed, "ms", 50)]


def to_result(runtime: Runtime) -> None:
    """Submit something trivial and wait for its result."""
    runtime.tasks.wait(runtime.tasks.submit("echo", {}, owner=OWNER).task_id, OWNER, 20)


def limit_use() -> list[Line]:
    """A limit with more work waiting than it allows: the share of allowed starts not used, and starts beyond it."""
    return [line for window, goal in UNUSED.items() for line in use_of_window(window, goal)]


def use_of_window(window: float, goal: float) -> list[Line]:
    with desk(analysis_rate_limit=LIMIT, rate_limit_window=window) as (_, runtime):
        for _ in range(LIMIT * WINDOWS):
            runtime.tasks.submit("limited_echo", {}, owner=OWNER, executor="celery")
        wait_for(lambda: count(runtime, *FINISHED) == LIMIT * WINDOWS, "all of them to be done", WINDOWS * window + 60)
        with runtime.database.read() as session:
            starts = sorted(session.scalars(select(Grant.granted_at)))
    took = starts[-1] - starts[0]
    used = (len(starts) - LIMIT) / LIMIT * window / (starts[-LIMIT] - starts[0])
    most = max(sum(begin <= at < begin + window for at in starts) for begin in starts)
    return [
        Line(f"allowed starts not used, {window:.0f} s window ({took:.0f} s long)", 100 * (1 - used), "%", goal),
        Line(f"starts beyond the limit in any window of {window:.0f} s", max(0, most - LIMIT), "", 0),
    ]


def idle() -> list[Line]:
    """What heartbeat, cancel watch and the tick cost while nobody wants anything: per cent of a core."""
    with desk() as (made, runtime):
        made.workers[0].stop()
        wait_for(lambda: not runtime.tasks.queue_stats()["workers"], "the tick to be the web process's")
        web = used_by(time.process_time)
        made.worker(LOG_LEVEL="ERROR")
        listening(runtime)
        worker = used_by(lambda: sum(map(processor_seconds, tree(made.workers[-1].process.pid))))
    return [
        Line("web process's keeper with the tick, of a core", web, "%", 1),
        Line("worker: parent, keeper and two children, of a core", worker, "%"),
    ]


def used_by(seconds: Callable[[], float]) -> float:
    """Per cent of a core over ``IDLE_SECONDS``."""
    before = seconds()
    time.sleep(IDLE_SECONDS)
    return 100 * (seconds() - before) / IDLE_SECONDS


def processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
