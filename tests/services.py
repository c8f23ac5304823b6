"""Real services for tests: redis-server, Celery workers, and processes that can be killed, stopped and started again."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from tenderline.settings import QUEUES, Settings

ROOT = Path(__file__).parent.parent
Value = TypeVar("Value")


def wait_for(condition: Callable[[], Value], what: str, seconds: float = 60.0) -> Value:
    """Ask until ``condition()`` is true and return it; fail the test after ``seconds``, which a slow and busy machine does not need."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            pytest.fail(f"waited {seconds:.0f} s for: {what}")
        select.select([], [], [], 0.02)  # give the processor to what is waited for
    return value


def end(process: subprocess.Popen[bytes]) -> None:
    """Ask a process to end until it does.

    What ends by an exception out of its signal handler, as Celery's beat and Flower do, goes on when that exception meets a finalizer, and
    is asked again after a while; asked at every moment, it would never get any further in its handler.
    """
    for _ in range(12):
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=5)
            return
    pytest.fail(f"asked for a minute to end, and goes on: {process.args!r}")


def bare_environment(folder: Path) -> dict[str, str]:
    """This process's environment without the developer's own settings, for a process that finds the project's modules. What it would leave
    behind among the temporary files when it is killed lies in the folder."""
    own = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in own}
    return kept | {"PYTHONPATH": str(ROOT), "TMPDIR": str(folder)}


def tree(pid: int) -> list[int]:
    """A process and all it has started, itself first."""
    everybody = [pid]
    for parent in everybody:
        with suppress(FileNotFoundError, ProcessLookupError):  # it has just ended
            everybody += [int(child) for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    return everybody


def signal_tree(pid: int, what: signal.Signals) -> set[int]:
    """Send a signal to a process and all it has started; which these were. One that ends meanwhile needs none."""
    everybody = tree(pid)
    for process in everybody:
        with suppress(ProcessLookupError):
            os.kill(process, what)
    return set(everybody)


def kill_tree(pid: int) -> None:
    """kill -9 of a process and of all it has started, at once."""
    signal_tree(pid, signal.SIGKILL)


class Redis:
    """A redis-server on a unix socket, without persistence, that survives nothing it isn't told to."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "redis.sock"
        self.url = f"redis+socket://{self.socket}"
        self._binary = shutil.which("redis-server") or ""
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not self._binary:
            pytest.skip("needs redis-server: apt-get install redis-server")
        command = [self._binary, "--port", "0", "--unixsocket", str(self.socket), "--save", "", "--appendonly", "no"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=self.socket.parent)
        wait_for(self.answers, "redis-server to answer")

    def answers(self) -> bool:
        import redis

        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False

    def client(self):
        import redis

        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=2)

    @property
    def running(self) -> bool:
        return self._process is not None

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.socket.unlink(missing_ok=True)
        self._process = None

    def forget(self) -> None:
        """Lose everything and go on."""
        self.client().flushall()

    def waiting(self, queue: str) -> int:
        """How many messages of a queue nobody has taken."""
        return int(self.client().llen(queue))

    def pause(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self._process is not None:
            self.resume()
            self.kill()


class Worker:
    """A Celery worker in a process group of its own: ``kill`` leaves it no time for anything."""

    def __init__(
        self, environment: dict[str, str], log: Path, app: str = "tests.tasks.worker_app", slots: int = 2, queues: str = ""
    ) -> None:
        self._log = log.open("ab")
        command = [sys.executable, "-m", "celery", "--app", app, "worker", "--loglevel", "WARNING", "--concurrency", str(slots)]
        command += ["--queues", queues or ",".join(QUEUES), "--without-gossip", "--without-mingle", "--without-heartbeat"]
        command += ["--hostname", f"{uuid.uuid4()}@%h"]  # RabbitMQ refuses a second worker of the same name
        # Not in the project's folder: its .env is the developer's, not the tests'.
        variables = {**bare_environment(log.parent), **environment}
        self.process = subprocess.Popen(command, cwd=log.parent, env=variables, stdout=self._log, stderr=self._log, start_new_session=True)

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def terminate(self) -> None:
        self.process.terminate()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                kill_tree(self.process.pid)  # its children too: they would work on beside the next test
                self.process.wait()
        self._log.close()
