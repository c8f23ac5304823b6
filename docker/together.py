"""`docker run IMAGE all`: the page and the workers in one container, and this over both. When one of them ends, the other is ended too.

As process 1 it also waits for orphans, so the container needs no other init.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from types import FrameType

PR_SET_PDEATHSIG = 1
_asked: set[int] = set()

PROGRAMS = (
    [sys.executable, "-m", "gunicorn", "app:create_app()"],
    [sys.executable, "-m", "tenderline.worker"],
)


def end_with_parent() -> None:
    """Should this process be killed, its programs end in an orderly way (Linux; see prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def main(programs: tuple[list[str], ...] = PROGRAMS) -> int:
    """Run the programs until a signal or the end of one; the exit code: 0 when all ended well after being asked to."""
    if not os.environ.get("REDIS_URL") and not os.environ.get("CELERY_BROKER_URL"):
        print("`all` runs workers too, and these need a broker: set REDIS_URL or CELERY_BROKER_URL, or run `web`.", file=sys.stderr)
        return 1
    asked = False

    def stop(_signum: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked = True
        end(running)

    running: dict[int, subprocess.Popen[bytes]] = {}
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, stop)
    for program in programs:
        started = subprocess.Popen(program, process_group=0, preexec_fn=end_with_parent)  # noqa: S603 (our own words)
        running[started.pid] = started
    if asked:
        end(running)  # asked while they were being started
    codes: list[int] = []
    while running:
        pid, status = os.wait()
        if running.pop(pid, None) is not None:
            codes.append(os.waitstatus_to_exitcode(status))
            end(running)
    worst = max((abs(code) for code in codes), default=0)
    return worst if asked else worst or 1


def end(running: dict[int, subprocess.Popen[bytes]]) -> None:
    """Ask each of them once: a second signal would tear the end of one apart that is ending."""
    for pid in set(running) - _asked:
        _asked.add(pid)
        os.kill(pid, signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
