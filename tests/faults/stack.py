"""Everything a fault can hit: a broker, workers, web servers and a database, all real, and a flight of tasks over them."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import urllib.error
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPException
from pathlib import Path

from sqlalchemy import delete, func, select, text

from celery_config import create_celery
from tenderline.database import Database, migrate
from tenderline.settings import Settings
from tenderline.tasks.models import CELERY, RUNNING, WAITING, Grant, Lease, Process, Task
from tests.brokers import broker_environment, make_broker
from tests.databases import POSTGRESQL, database_url
from tests.faults.work import EFFECTS, METADATA
from tests.http_client import Caller, Json
from tests.servers import Server, start_web
from tests.services import Worker, kill_tree, signal_tree, tree, wait_for

QUICK = {
    "RATE_LIMIT_WINDOW": "2",
    "RETRY_BASE": "0.05",
    "LOG_LEVEL": "INFO",
    "WEB_WORKERS": "1",
    "BACKGROUND_QUEUE": "200",
    "RESULT_TTL": "86400",
}
TASKS = 100
SLOTS = 4
"""Of each worker."""
PEOPLE = 4
"""Who submit a flight's tasks at the same time."""
SECONDS = 0.25
"""How long one task works."""


class Stack:
    """A data folder with what runs on it. ``off`` names recoveries to take out, see ``switches``."""

    def __init__(self, folder: Path, *off: str, data: Path | None = None, broker: bool = True) -> None:
        self.folder = folder
        self.data = data or folder / "data"
        self.broker = make_broker(folder)
        self._needs_broker = broker
        self.clock = folder / "clock"
        self.set_clock(0)
        self._environment = QUICK | {
            "DATA_DIR": str(self.data),
            "DATABASE_URL": database_url(),
            **(broker_environment(self.broker) if broker else {}),
            "FAULTS_OFF": ",".join(off),
            "FAULTS_CLOCK": str(self.clock),
        }
        named = {name.lower(): self._environment.get(name, "") for name in ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")}
        self.settings = Settings(_env_file=None, data_dir=self.data, **named)
        migrate(self.settings)
        self.database = Database(self.settings)
        METADATA.create_all(self.database.engine)
        self.webs: list[Server] = []
        self.workers: list[Worker] = []
        self.flight: Flight | None = None

    def set_clock(self, seconds: float) -> None:
        """Put the database's clock that many seconds off, for all processes."""
        draft = self.clock.with_suffix(".new")
        draft.write_text(str(seconds))
        draft.replace(self.clock)

    def web(self, **settings: str) -> Server:
        """Start one more web server."""
        self.webs.append(start_web(self.folder, app="tests.faults.web_app:create_app()", **{**self._environment, **settings}))
        return self.webs[-1]

    def worker(self, slots: int = SLOTS, **settings: str) -> Worker:
        """Start one more worker."""
        log = self.folder / "worker.log"
        self.workers.append(Worker({**self._environment, **settings}, log, app="tests.faults.worker_app", slots=slots))
        return self.workers[-1]

    def mend(self, workers: int = 2, webs: int = 1) -> None:
        """Start what the last fault ended, forget its tasks, and wait until all of it is seen."""
        if self.flight is not None:
            self.flight.ground()
        self.set_clock(0)
        if self._needs_broker and not self.broker.running:
            self.broker.start()
        self.webs = [web for web in self.webs if web.process.poll() is None]
        for worker in self.workers[workers:]:  # of a test that failed
            kill_worker(worker)
        self.workers = [worker for worker in self.workers if worker.running]
        for worker in self.workers:
            signal_tree(worker.process.pid, signal.SIGCONT)
        while len(self.webs) < webs:
            self.web()
        while len(self.workers) < workers:
            self.worker()
        with self.database.write() as session:
            for model in (Task, Grant):
                session.execute(delete(model))
            session.execute(delete(EFFECTS))
        if self._needs_broker:
            self.broker.forget()
        self.listening(workers)

    def listening(self, workers: int) -> None:
        """Wait until that many workers listen and the broker is seen to be up."""
        caller = Caller(self.webs[-1].url)

        def ready() -> bool:
            stats = caller.get("/queue_stats")[1]
            return stats["workers"] == workers and (stats["broker"] == "up" or not workers)

        wait_for(ready, f"{workers} workers to listen", 180)

    def count(self, *states: str) -> int:
        """How many tasks are in one of these states."""
        with self.database.read() as session:
            return session.scalar(select(func.count()).select_from(Task).where(Task.state.in_(states))) or 0

    def effects(self) -> Counter[str]:
        """Task id -> how often it took effect."""
        with self.database.read() as session:
            return Counter(session.scalars(select(EFFECTS.c.task_id)))

    def running_pids(self) -> list[int]:
        """The processes that run a task at this moment."""
        with self.database.read() as session:
            return [pid for pid in session.scalars(select(Task.pid).where(Task.state.in_(RUNNING))) if pid]

    def keeper(self, worker: Worker) -> int:
        """The process id of a worker's keeper."""
        return next(pid for pid in tree(worker.process.pid)[1:] if b"keeper" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"))

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Somebody holds the database's write lock, or on PostgreSQL those of the tables of queues and tasks; reading goes on."""
        with self.database.write() as session:
            session.execute(text("LOCK TABLE queues, tasks IN EXCLUSIVE MODE" if POSTGRESQL else "SELECT 1"))
            yield

    def stop(self, worker: Worker) -> None:
        """SIGSTOP a worker with all its processes, in no moment when one of them is writing: on SQLite it would lock out everybody."""
        with self.locked():
            signal_tree(worker.process.pid, signal.SIGSTOP)

    def ticking(self) -> Process | None:
        """The process whose turn the tick is."""
        with self.database.read() as session:
            return session.scalars(select(Process).join(Lease, Lease.holder == Process.id).where(Lease.name == "tick")).one_or_none()

    def close(self) -> None:
        if self.flight is not None:
            self.flight.ground()
        for web in self.webs:
            kill_web(web)
        for worker in self.workers:
            kill_worker(worker)
            worker.stop()
        self.broker.stop()
        self.database.close()


class Flight:
    """Tasks in flight, submitted over HTTP as people do it, while others look on: every answer of 500 and above is noted.

    Args:
        stack: what they fly over.
        tasks: how many are submitted at the beginning; a few more follow during the fault.
        seconds: how long each works.
        operation, executor: what work, and where it must run if that matters. What is submitted at the beginning is for the workers unless
            told otherwise, also where the broker is so slow that it passes for dead: it is to be in flight when the fault comes.
        more: whether people go on submitting during the fault.
    """

    def __init__(
        self,
        stack: Stack,
        *,
        tasks: int = TASKS,
        seconds: float = SECONDS,
        operation: str = "work",
        executor: str | None = None,
        more: bool = True,
        **params: object,
    ) -> None:
        self.stack = stack
        self.starts_log = stack.folder / f"starts-{uuid.uuid4()}"
        self.starts_log.touch()
        self.gate = stack.folder / f"gate-{uuid.uuid4()}"
        self.ids: list[str] = []
        self.refused: list[tuple[str, int, Json]] = []
        self._caller = Caller(stack.webs[-1].url)
        self._body = {"operation": operation, "executor": executor}
        self._params = {"starts": str(self.starts_log), "gate": str(self.gate), "seconds": seconds, **params}
        self._more = more
        self._asking = threading.Semaphore(PEOPLE)
        self._over = threading.Event()
        self._lookers = [threading.Thread(target=self._look_on, daemon=True)]
        if more:
            self._lookers.append(threading.Thread(target=self._submit_more, daemon=True))
        self._tasks = tasks
        stack.flight = self

    def start(self) -> Flight:
        """Submit, wait until some effects are there, begin to look on and let the others pass the gate."""
        self._submit_all()
        for looker in self._lookers:
            looker.start()
        wait_for(lambda: sum(self.stack.effects().values()) >= 5, "the first effects", 120)
        assert self.unfinished() > self._tasks // 2
        self.gate.touch()
        return self

    def submit(self, tasks: int = 1, **how: object) -> None:
        """Submit some more, in one request."""
        ids = [str(uuid.uuid4()) for _ in range(tasks)]
        body = {**self._body, "task_ids": ids, "params": self._params, **how}
        self._noted("/faults", lambda: self._caller.post("/faults", body))
        self.ids += ids

    def _submit_all(self) -> None:
        with ThreadPoolExecutor(PEOPLE) as pool:
            how = {"executor": self._body["executor"] or CELERY, "wait": False}  # nobody waits at the gate in a request
            list(pool.map(partial(self.submit, **how), [self._tasks // PEOPLE] * PEOPLE))

    def run(self) -> None:
        """Submit and see them land: no fault at all."""
        self.gate.touch()
        self._submit_all()
        wait_for(lambda: not self.unfinished(), "all tasks to end", 120)

    def goes_to(self, web: Server) -> None:
        """From now on people ask that server; what they asked the other one has been answered."""
        for _ in range(PEOPLE):
            self._asking.acquire()
        self._caller = Caller(web.url)
        self._asking.release(PEOPLE)

    def unfinished(self) -> int:
        """How many tasks of the flight have not ended."""
        return self.stack.count(*RUNNING, *WAITING)

    def ground(self) -> None:
        """Nobody submits or looks any more."""
        self._over.set()
        for looker in self._lookers:
            if looker.is_alive():
                looker.join()

    def ended(self, seconds: float = 120) -> None:
        """Nobody submits any more; wait until everything is in a final state."""
        self.ground()
        wait_for(lambda: not self.unfinished(), f"all tasks to end: {self.states()}", seconds)

    def landed(self, seconds: float = 120, *, repeated: int = 0) -> None:
        """Everything has ended well: each task in SUCCESS with one effect, of the start whose result it has, and no request was refused.

        Args:
            seconds: how long it may take.
            repeated: how many starts may have been for nothing.
        """
        self.ended(seconds)
        assert self.refused == [], self.refused[:3]
        assert self.states() == {"SUCCESS": len(self.ids)}, self.errors()
        assert self.stack.effects() == dict.fromkeys(self.ids, 1)
        with self.stack.database.read() as session:
            of_result = {task_id: (result or {})["start"] for task_id, result in session.execute(select(Task.id, Task.result)).all()}
            of_effect = dict(session.execute(select(EFFECTS.c.task_id, EFFECTS.c.start)).all())  # type: ignore[arg-type]
        assert of_result == of_effect
        starts = self.starts()
        assert set(starts) == set(self.ids)
        assert sum(starts.values()) - len(self.ids) <= repeated, f"started again: {[count for count in starts.values() if count > 1]}"

    def stuck(self, seconds: float = 4.0) -> bool:
        """Whether nothing happens any more although tasks are unfinished: the same picture for that many seconds."""
        self.ground()
        before: tuple[object, ...] = ()
        since = time.monotonic()

        def settled() -> bool:
            nonlocal before, since
            now = (self.states(), self.stack.effects(), self.starts())
            if now != before:
                before, since = now, time.monotonic()
            return not self.unfinished() or time.monotonic() - since > seconds

        wait_for(settled, "things to settle", 60)
        return self.unfinished() > 0

    def starts(self) -> Counter[str]:
        """Task id -> how often it was started."""
        return Counter(line.split()[0] for line in self.starts_log.read_text().splitlines())

    def states(self) -> dict[str, int]:
        """State -> how many tasks are in it."""
        with self.stack.database.read() as session:
            return dict(session.execute(select(Task.state, func.count()).group_by(Task.state)).all())  # type: ignore[arg-type]

    def errors(self) -> list[str]:
        """What went wrong with the tasks that failed."""
        with self.stack.database.read() as session:
            return [error["message"] for error in session.scalars(select(Task.error).where(Task.state == "FAILURE")) if error]

    def lost(self) -> int:
        """How many runs counted as lost."""
        with self.stack.database.read() as session:
            return session.scalar(select(func.sum(Task.lost))) or 0

    def _look_on(self) -> None:
        paths = ("/health", "/queue_stats", "/api/tasks?page_size=5", "/task_status/{}")
        while not self._over.wait(0.1):
            for path in paths:
                self._noted(path, lambda path=path: self._caller.get(path.format(self.ids[-1])))

    def _submit_more(self) -> None:
        while not self._over.wait(0.4):
            self.submit()

    def _noted(self, what: str, call: Callable[[], tuple[int, Json]]) -> None:
        try:
            with self._asking:
                status, body = call()
        except (urllib.error.URLError, HTTPException, OSError, ValueError) as error:
            self.refused.append((what, 0, {"error": repr(error)}))
            return
        if status >= 400:
            self.refused.append((what, status, body))


def kill_web(server: Server) -> None:
    """kill -9 of a web server, master and all."""
    if server.process.poll() is None:
        kill_tree(server.process.pid)
        server.process.wait()


def kill_worker(worker: Worker) -> None:
    """kill -9 of a worker with its children and its keeper, all at once."""
    if worker.running:
        kill_tree(worker.process.pid)
        worker.process.wait()


def ring(stack: Stack, ids: list[str], times: int = 3) -> None:
    """Publish bells past the dispatcher."""
    with create_celery(stack.settings) as app, app.producer_pool.acquire() as producer:
        for task_id in ids * times:
            app.send_task("work", args=[task_id], task_id=task_id, queue="analysis", producer=producer)
