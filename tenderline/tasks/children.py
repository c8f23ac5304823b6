"""Child processes of a web process for long work: spawned, never forked, warm after their first task, and each can be killed by itself."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO

import structlog

TASKS_PER_CHILD = 50
"""A child is replaced after this many tasks: what they leak goes with it."""
START_SECONDS = 60.0
"""What a child may take to start."""
IDLE_SECONDS = 600.0
"""A child that has had nothing to do for so long ends, and gives its memory back."""

log = structlog.get_logger(__name__)


@dataclass
class Given:
    """A task that a child works on, and the seconds it may take from when it began: until it is interrupted, and until the child is
    killed. A child that is only just starting gets ``START_SECONDS`` more, and no signal."""

    task_id: str
    soft_limit: float
    hard_limit: float
    given_at: float = field(default_factory=time.monotonic)
    begun_at: float | None = None
    interrupted: bool = False

    def interrupt_now(self, now: float) -> bool:
        """Whether it is time to interrupt it; true once."""
        if self.interrupted or self.begun_at is None or now - self.begun_at <= self.soft_limit:
            return False
        self.interrupted = True
        return True

    def overdue(self, now: float) -> bool:
        """Whether its child is to be killed."""
        return now > (self.given_at + START_SECONDS if self.begun_at is None else self.begun_at) + self.hard_limit


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    commands: IO[bytes]
    answers: IO[bytes]
    task: Given | None = None
    ready: bool = False
    tasks: int = 0
    leaving: bool = False
    idle_since: float = field(default_factory=time.monotonic)


class ChildPool:
    """Up to ``size`` children, each started when it is needed.

    Args:
        command, environment: start a child (see ``background_child``); the environment is added to this process's own.
        size: how many children at most.
        ended: called with the task's id when a child has done with it.
        died: called with the task's id and the child's process id when a child ended in the middle of a task. Both are called in threads
            of the pool.
    """

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        size: int,
        ended: Callable[[str], None],
        died: Callable[[str, int], None],
    ) -> None:
        self._command = list(command)
        self._environment = dict(environment)
        self._size = size
        self._ended = ended
        self._died = died
        self._children: list[_Child] = []
        self._lock = threading.Lock()
        self._closed = False

    @property
    def free(self) -> int:
        """How many tasks could be given now."""
        with self._lock:
            return 0 if self._closed else self._size - sum(child.task is not None for child in self._children)

    @property
    def cold(self) -> bool:
        """Whether no child has done anything yet: whatever is given now waits until one has started, and loaded what it needs."""
        with self._lock:
            return not any(child.ready and not child.leaving for child in self._children)

    def give(self, task_id: str, operation: str, soft_limit: float, hard_limit: float) -> bool:
        """Have a child work on a task; False when all are busy."""
        with self._lock:
            if self._closed:
                return False
            child = next((child for child in self._children if child.task is None and not child.leaving), None)
            if child is None:
                if sum(not child.leaving for child in self._children) >= self._size:
                    return False
                child = self._start()
            child.task = Given(task_id, soft_limit, hard_limit)
            child.tasks += 1
            try:
                child.commands.write(json.dumps([task_id, operation]).encode() + b"\n")
                child.commands.flush()
            except OSError:
                child.task = None  # it has just died: its thread sees to that
                return False
        return True

    def overdue(self) -> list[tuple[str, int]]:
        """(task id, process id) of the children to be killed: their task has taken too long. Interrupts those at the soft limit."""
        now = time.monotonic()
        with self._lock:
            tasks = [(child.task, child.process) for child in self._children if child.task is not None]
            for task, process in tasks:
                if task.interrupt_now(now):
                    process.send_signal(signal.SIGUSR1)
        return [(task.task_id, process.pid) for task, process in tasks if task.overdue(now)]

    def kill_one(self, pid: int) -> None:
        """End the child with this process id at once."""
        with self._lock:
            for child in self._children:
                if child.process.pid == pid:
                    child.process.kill()

    def retire(self) -> None:
        """Let go of idle children that are not needed any more."""
        now = time.monotonic()
        with self._lock:
            for child in self._children:
                if child.task is None and not child.leaving and (child.tasks >= TASKS_PER_CHILD or now - child.idle_since > IDLE_SECONDS):
                    _hang_up(child)

    def kill(self) -> None:
        """End all children at once, whatever they do; new ones are started when needed."""
        with self._lock:
            for child in self._children:
                child.process.kill()

    def close(self) -> None:
        """End all children and take no more tasks."""
        self._closed = True
        self.kill()

    def _start(self) -> _Child:
        # A session of its own: a Ctrl-C is for the web process. The end of its input tells it that we are gone.
        process = subprocess.Popen(  # noqa: S603 (our own words)
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | self._environment,
            start_new_session=True,
        )
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a child without pipes")
        child = _Child(process, process.stdin, process.stdout)
        self._children.append(child)
        threading.Thread(target=self._listen, args=(child,), name=f"child-{process.pid}", daemon=True).start()
        return child

    def _listen(self, child: _Child) -> None:
        """Hear what a child says until it ends."""
        for line in child.answers:
            if line.strip() == b"begun":
                with self._lock:
                    if child.task is not None:
                        child.task.begun_at = time.monotonic()
                continue
            with self._lock:
                child.ready = True
                task, child.task, child.idle_since = child.task, None, time.monotonic()
                if child.tasks >= TASKS_PER_CHILD:
                    _hang_up(child)
            if task is not None:
                self._ended(task.task_id)
        child.process.wait()
        with self._lock:
            self._children.remove(child)
            task = child.task
        if task is not None and not self._closed:
            log.warning("child_lost", task_id=task.task_id, exit_code=child.process.returncode)
            self._died(task.task_id, child.process.pid)


def _hang_up(child: _Child) -> None:
    """End the child's input: it ends by itself, and takes no task any more."""
    child.leaving = True
    try:
        child.commands.close()
    except OSError:
        os.kill(child.process.pid, signal.SIGKILL)
