"""Submit, status, statistics, failover and cancel, against the usual way in the same run."""

from __future__ import annotations

import contextlib
import http.client
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Line, median, timed
from bench.start import children
from tests.servers import Server, start_web
from tests.services import ROOT, Redis, Worker, bare_environment, wait_for
from tests.tasks.conftest import Desk, listening

TIMES = 60
GIVE_UP = 30.0
"""Seconds after which a naive call that hangs is cut off; the figure printed is then a lower bound."""


class Client:
    """One keep-alive connection, as a browser holds it."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=60)

    def call(self, method: str, path: str) -> tuple[int, dict]:
        self._connection.request(method, path, headers={"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read())

    def submit(self) -> tuple[int, dict]:
        return self.call("POST", "/test_claude_connection")

    def finished(self, task_id: str) -> bool:
        return bool(self.call("GET", f"/task_status/{task_id}")[1]["ready"])


@contextlib.contextmanager
def stack(folder: Path) -> Iterator[tuple[Redis, Server, Client]]:
    """Redis, a worker of ours, a worker of the naive kind, and the web server."""
    redis = Redis(folder)
    redis.start()
    server = start_web(folder, REDIS_URL=redis.url, WEB_WORKERS="1", LOG_LEVEL="WARNING")
    ours = Worker({"DATA_DIR": str(folder / "data"), "REDIS_URL": redis.url}, folder / "worker.log", app="celery_tasks")
    naive_url = f"{redis.url}?virtual_host=1"
    os.environ["NAIVE_BROKER"] = naive_url
    naive = subprocess.Popen(
        [sys.executable, "-m", "celery", "--app", "bench.naive", "worker", "--concurrency", "2", "--loglevel", "ERROR"],
        cwd=ROOT,
        env=bare_environment(folder) | {"NAIVE_BROKER": naive_url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    client = Client(server)
    try:
        wait_for(lambda: client.call("GET", "/queue_stats")[1]["available"], "our worker", 60)
        yield redis, server, client
    finally:
        redis.resume()
        naive.kill()
        naive.wait()
        ours.stop()
        server.stop()
        redis.stop()


def submit_one(client: Client) -> float:
    """Milliseconds to 202; waits for the task's end, so that the next one is measured on a quiet machine."""
    answers: list[tuple[int, dict]] = []
    took = timed(lambda: answers.append(client.submit()))
    status, body = answers[0]
    if status != 202:
        raise RuntimeError(f"expected 202, got {status}: {body}")
    wait_for(lambda: client.finished(body["task_id"]), "the task to end")
    return took


def run() -> list[Line]:
    """All figures, in milliseconds."""
    with tempfile.TemporaryDirectory() as name, stack(Path(name)) as (redis, _server, client):
        naive = importlib.import_module("bench.naive")
        wait_for(naive.app.control.inspect().ping, "the naive worker", 60)
        submit_one(client)
        submits = sorted(submit_one(client) for _ in range(TIMES))
        task_id = client.submit()[1]["task_id"]
        wait_for(lambda: client.finished(task_id), "the task to end")
        status = median(lambda: client.call("GET", f"/task_status/{task_id}"), TIMES)
        stats = median(lambda: client.call("GET", "/queue_stats"), TIMES)
        lines = [
            Line("submit to 202", submits[len(submits) // 2], "ms", 15, median(naive.submit, 5), 60),
            Line("/task_status", status, "ms", 5),
            Line("/queue_stats", stats, "ms", 10, median(naive.stats, 3), 300),
        ]
        return lines + failover(redis, client)


def beyond_the_work(client: Client) -> float:
    """Milliseconds of a click that is answered directly, without those that the work itself took."""
    answers: list[tuple[int, dict]] = []
    took = timed(lambda: answers.append(client.submit()))
    status = client.call("GET", f"/task_status/{answers[0][1]['task_id']}")[1]
    return took - 1000 * float(status["finished_at"] - status["started_at"])


def failover(redis: Redis, client: Client) -> list[Line]:
    """What a click costs when Redis does not answer any more."""
    redis.pause()
    naive = subprocess.Popen(
        [sys.executable, "-m", "bench.naive", "delay"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    started = time.perf_counter()
    first = beyond_the_work(client)
    later = sorted(beyond_the_work(client) for _ in range(21))[10]
    try:
        naive_took = float(naive.communicate(timeout=GIVE_UP)[0]) * 1000
    except subprocess.TimeoutExpired:
        naive.kill()
        naive_took = (time.perf_counter() - started) * 1000
    redis.resume()
    return [
        Line("first submit after Redis stopped, plus the work", first, "ms", 700, naive_took),
        Line("every later submit, plus the work", later, "ms", 30, naive_took),
    ]


def killed() -> list[Line]:
    """From kill -9 of the worker to the answer of a click made at that very moment; with and without its keeper's help."""
    what = "click at the moment of kill -9 of the worker"
    return [
        Line(what, seconds_to_answer(spare_keeper=True), "s", 5),
        Line(f"{what} and its keeper", seconds_to_answer(spare_keeper=False), "s", 5),
    ]


def seconds_to_answer(*, spare_keeper: bool) -> float:
    """Kill a worker (all of its processes, or all but its keeper) and click."""
    with tempfile.TemporaryDirectory() as name, contextlib.closing(Desk(Path(name))) as desk:
        desk.redis.start()
        runtime = desk.runtime(redis_url=desk.redis.url, log_level="ERROR")
        worker = desk.worker()
        listening(runtime)
        submitted = runtime.tasks.submit("echo", {}, owner="bench")
        runtime.tasks.wait(submitted.task_id, "bench", 30)
        everybody = [*children(worker.process.pid), worker.process.pid]
        for pid in [worker.process.pid] if spare_keeper else everybody:
            os.kill(pid, signal.SIGKILL)
        started = time.perf_counter()
        submission = runtime.tasks.submit("echo", {}, owner="bench")
        if not submission.direct:
            wait_for(lambda: runtime.tasks.status(submission.task_id, "bench").ready, "the click to be answered")
        return time.perf_counter() - started


def cancel() -> list[Line]:
    """From the cancel to the end of work that checks every 20 ms, on a real worker."""
    with tempfile.TemporaryDirectory() as name:
        desk = Desk(Path(name))
        try:
            desk.redis.start()
            runtime = desk.runtime(redis_url=desk.redis.url, log_level="ERROR")
            desk.worker()
            listening(runtime)
            took = []
            for _ in range(15):
                task_id = runtime.tasks.submit("patient", {"seconds": 60}, owner="bench").task_id
                wait_for(lambda task_id=task_id: runtime.tasks.status(task_id, "bench").state == "PROGRESS", "the work to begin")
                started = time.perf_counter()
                runtime.tasks.cancel(task_id, "bench")
                wait_for(lambda task_id=task_id: runtime.tasks.status(task_id, "bench").ready, "the work to stop")
                took.append((time.perf_counter() - started) * 1000)
        finally:
            desk.close()
    took.sort()
    return [Line("cancel to free slot", took[len(took) // 2], "ms", 500), Line("the slowest of 15", took[-1], "ms", 500)]
