"""`docker run IMAGE all` and the image's other programs, without Docker: what the entry point starts, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environment import plain_environment
from tests.http_client import Caller
from tests.servers import free_port
from tests.services import ROOT, Redis, end, wait_for

TOGETHER = ROOT / "docker" / "together.py"
ENTRYPOINT = ROOT / "docker" / "entrypoint"
WAITS = """
import pathlib, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
pathlib.Path(sys.argv[1]).touch()
signal.sigwait({signal.SIGTERM})
"""


def supervised(tmp_path: Path, *programs: list[str]) -> subprocess.Popen[bytes]:
    """The supervisor over other programs than its own."""
    script = f"import runpy; sys = __import__('sys'); sys.exit(runpy.run_path({str(TOGETHER)!r})['main']({programs!r}))"
    environment = plain_environment(tmp_path) | {"REDIS_URL": "redis://unused"}
    return subprocess.Popen([sys.executable, "-c", script], env=environment, cwd=ROOT)


def waiting(tmp_path: Path, name: str) -> list[str]:
    """A program that makes a file and waits to be asked to end."""
    return [sys.executable, "-c", WAITS, str(tmp_path / name)]


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def started(tmp_path: Path, *names: str) -> None:
    wait_for(lambda: all((tmp_path / name).exists() for name in names), "the programs to run")


@pytest.mark.parametrize(("own", "all_in_all"), [(3, 3), (0, 1)])
def test_when_one_program_ends_the_other_is_ended_and_the_code_is_not_zero(own: int, all_in_all: int, tmp_path: Path) -> None:
    ends = [sys.executable, "-c", f"import pathlib, sys\nwhile not pathlib.Path({str(tmp_path / 'one')!r}).exists(): pass\nsys.exit({own})"]
    supervisor = supervised(tmp_path, waiting(tmp_path, "one"), ends)
    assert supervisor.wait(timeout=60) == all_in_all


def test_a_program_that_is_killed_takes_the_other_along(tmp_path: Path) -> None:
    supervisor = supervised(tmp_path, waiting(tmp_path, "one"), waiting(tmp_path, "two"))
    started(tmp_path, "one", "two")
    os.kill(children(supervisor.pid)[0], signal.SIGKILL)
    assert supervisor.wait(timeout=60) == signal.SIGKILL


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_stop_both_stop_in_an_orderly_way(signum: int, tmp_path: Path) -> None:
    supervisor = supervised(tmp_path, waiting(tmp_path, "one"), waiting(tmp_path, "two"))
    started(tmp_path, "one", "two")
    pids = children(supervisor.pid)
    supervisor.send_signal(signum)
    assert supervisor.wait(timeout=60) == 0
    assert not any(alive(pid) for pid in pids)


def test_no_program_outlives_the_supervisor(tmp_path: Path) -> None:
    supervisor = supervised(tmp_path, waiting(tmp_path, "one"), waiting(tmp_path, "two"))
    started(tmp_path, "one", "two")
    pids = children(supervisor.pid)
    supervisor.kill()
    supervisor.wait()
    wait_for(lambda: not any(alive(pid) for pid in pids), "both to end")


def test_without_a_broker_all_says_what_it_needs(tmp_path: Path) -> None:
    ran = subprocess.run([str(ENTRYPOINT), "all"], cwd=ROOT, env=plain_environment(tmp_path), capture_output=True, text=True, timeout=30)
    assert ran.returncode == 1
    assert "REDIS_URL" in ran.stderr


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.mark.redis
@pytest.mark.worker
def test_all_serves_the_page_and_works_for_the_queue(redis: Redis, tmp_path: Path) -> None:
    port = free_port()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"PATH": path, "PORT": str(port), "REDIS_URL": redis.url, "WEB_WORKERS": "1", "CELERY_WORKER_CONCURRENCY": "1"}
    running = subprocess.Popen([str(ENTRYPOINT), "all"], cwd=ROOT, env=plain_environment(tmp_path / "data") | settings)
    caller = Caller(f"http://127.0.0.1:{port}")

    def workers() -> int:
        try:
            return int(caller.get("/queue_stats")[1]["workers"])
        except OSError:
            return 0

    try:
        wait_for(lambda: workers() == 2, "page and workers", 180)
        status, body = caller.post("/test_claude_connection")
        assert status == 202
        assert caller.follow(body["task_id"])["executor"] == "celery"
    finally:
        running.terminate()
        code = running.wait(timeout=180)
    assert code == 0


@pytest.mark.redis
def test_beat_runs_and_keeps_its_schedule_with_the_data(redis: Redis, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "data").mkdir()
    environment = plain_environment(tmp_path / "data") | {"PATH": path, "REDIS_URL": redis.url, "PYTHONPATH": str(ROOT)}
    before = {file.name for file in ROOT.iterdir()}
    beat = subprocess.Popen([str(ENTRYPOINT), "beat"], cwd=ROOT, env=environment)
    try:
        wait_for(lambda: list((tmp_path / "data").glob("celerybeat-schedule*")), "beat's schedule")
        assert beat.poll() is None
    finally:
        end(beat)
    assert {file.name for file in ROOT.iterdir()} - before <= {"__pycache__"}
