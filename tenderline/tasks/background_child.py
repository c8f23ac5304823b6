"""What a child process of a web process does: read a task id, run the task, say that it is done.

Its input and output are pipes to the web process: lines ``[task id, operation]`` in, ``begun`` and ``done`` out. The end of its input is
the end of the web process, or its wish; the child ends at once then, and whoever is left puts back what it was doing.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError

from tenderline.settings import Settings
from tenderline.tasks.child_signals import ChildSignals, stop_file
from tenderline.tasks.models import BACKGROUND
from tenderline.tasks.runner import Runner

log = structlog.get_logger(__name__)


def work(settings: Settings, runner: Runner) -> None:
    """Run what is asked for until the input ends. Never returns."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGUSR1, lambda *_: None)  # until a run is under way there is nothing to stop
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # nothing that a library prints may get into the answers
    runner.watch = ChildSignals(stop_file(settings, runner.ledger.process)).watch
    runner.finished = lambda queue: None  # the web process hears that we are done, and sees to what is next
    commands: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(commands,), name="commands", daemon=True).start()
    while True:
        task_id, operation = commands.get()
        answers.write(b"begun\n")
        try:
            runner.run(task_id, operation, BACKGROUND)
        except SQLAlchemyError:
            log.exception("database_failed", task_id=task_id)
            if runner.left:
                os._exit(70)  # the task has been claimed and its end can't be written: it is put back when this child is seen to be gone
        answers.write(b"done\n")


def _listen(commands: queue.SimpleQueue[Any]) -> None:
    for line in sys.stdin.buffer:
        commands.put(json.loads(line))
    os._exit(0)
