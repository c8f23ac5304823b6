"""``python -m tenderline.worker``: the Celery workers of one machine, an interactive pool and a heavy one.

Two pools, so that long work never takes the last slot from a click. Both end together: on SIGTERM or Ctrl-C in an orderly way, and when one
of them dies, with its exit code, for whatever supervises this process to start it again.
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from types import FrameType
from typing import TYPE_CHECKING

from tenderline.database import migrate
from tenderline.errors import ConfigurationError
from tenderline.settings import HEAVY_QUEUES, INTERACTIVE_QUEUES, Settings
from tenderline.startup import refuse, settings_or_exit

if TYPE_CHECKING:
    from tenderline.tasks.operation import Operation

PR_SET_PDEATHSIG = 1
HEAVY_SLOTS = 1
TASKS_PER_HEAVY_CHILD = 50
"""A heavy child is replaced after this many tasks: what they leak goes with it."""


def pool(name: str, queues: tuple[str, ...], slots: int, *more: str) -> list[str]:
    """The command line of one pool."""
    celery = [sys.executable, "-m", "celery", "--quiet", "--app", "celery_tasks", "worker", "--hostname", f"{name}-{os.getpid()}@%h"]
    lean = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"]
    return [*celery, "--queues", ",".join(queues), "--concurrency", str(slots), *lean, *more]


def serve(settings: Settings) -> int:
    """Run both pools until a signal or the death of one; the exit code."""
    if not settings.broker_url:
        raise ConfigurationError("A worker needs a broker.", hint="Set REDIS_URL (or CELERY_BROKER_URL), and leave USE_CELERY unset.")
    migrate(settings)
    commands = [
        pool("interactive", INTERACTIVE_QUEUES, settings.celery_worker_concurrency),
        pool("heavy", HEAVY_QUEUES, HEAVY_SLOTS, "--max-tasks-per-child", str(TASKS_PER_HEAVY_CHILD)),
    ]
    # Groups of their own: a Ctrl-C is for this process, which tells them once. And none outlives it.
    pools = [subprocess.Popen(command, process_group=0, preexec_fn=_end_with_parent) for command in commands]  # noqa: S603 (our own words)
    stopped = False

    def stop(_signum: int, _frame: FrameType | None) -> None:
        nonlocal stopped
        stopped = True
        for running in pools:
            running.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print(f"Tenderline worker: {settings.celery_worker_concurrency} slots for clicks, {HEAVY_SLOTS} for long work", flush=True)
    while all(running.poll() is None for running in pools):
        time.sleep(0.2)
    codes = [running.returncode for running in pools if running.returncode is not None]
    if not stopped:
        stop(0, None)
    for running in pools:
        running.wait()
    return 0 if stopped and not any(codes) else max(*codes, 1)


def _end_with_parent() -> None:
    """Ask the kernel to end this process in an orderly way when its parent dies (Linux; see prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def keep(process_id: str, pid: str, *, operations: list[Operation] | None = None) -> None:
    """The keeper process of one pool; Celery's parent process starts it (``tasks.celery_worker``). Never returns."""
    from tenderline.logs import configure_logging
    from tenderline.runtime import create_runtime
    from tenderline.tasks.keeper import ProcessInfo
    from tenderline.tasks.worker_keeper import WorkerKeeper

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the worker, which tells us
    settings = Settings()
    configure_logging(settings)
    migrate(settings)
    runtime = create_runtime(settings, process_id=process_id, operations=operations)
    info = ProcessInfo(process_id, "worker", int(pid), (), 0, settings.provider, listening=False)
    WorkerKeeper(settings, runtime.keeper(info), runtime.ledger).run()
    runtime.close()
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)  # the worker waits for this: taking all modules apart would cost half a second of processor time


def child(process_id: str, *, operations: list[Operation] | None = None) -> None:
    """A child process of a web process for long work; ``tasks.children`` starts it."""
    from tenderline.logs import configure_logging
    from tenderline.runtime import create_runtime
    from tenderline.tasks.background_child import work

    settings = Settings()
    configure_logging(settings)
    work(settings, create_runtime(settings, process_id=process_id, operations=operations).runner)


def main(arguments: list[str]) -> int:
    """The command line."""
    os.umask(0o077)  # what people upload is nobody else's to read
    if arguments[:1] == ["keeper"]:
        keep(*arguments[1:])
        return 0
    if arguments[:1] == ["child"]:
        child(*arguments[1:])
    settings = settings_or_exit(listens=False)
    try:
        return serve(settings)
    except ConfigurationError as error:
        refuse(error)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
