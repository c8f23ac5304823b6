"""`docker run IMAGE all`: the page and the workers in one container, and this over both. When one of them ends, the other is ended too.

As process 1 it also waits for orphans, so the container needs no other init.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys

PR_SET_PDEATHSIG = 1
ENDS = {signal.SIGTERM, signal.SIGINT}

PROGRAMS = (
    [sys.executable, "-m", "gunicorn", "app:create_app()"],
    [sys.executable, "-m", "tenderline.worker"],
)


def main(programs: tuple[list[str], ...] = PROGRAMS) -> int:
    """Run the programs until a signal or the end of one; the exit code: 0 when all ended well after being asked to."""
    if not os.environ.get("REDIS_URL") and not os.environ.get("CELERY_BROKER_URL"):
        print("`all` runs workers too, and these need a broker: set REDIS_URL or CELERY_BROKER_URL, or run `web`.", file=sys.stderr)
        return 1
    # Signals are waited for, not handled: a handler's signal that comes just before a blocking call is lost until the call returns.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS | {signal.SIGCHLD})
    running = {started.pid: started for started in map(start, programs)}
    ending, asked = False, False
    codes: list[int] = []
    while running:
        if signal.sigwait(ENDS | {signal.SIGCHLD}) in ENDS:
            asked = True
        ended = reap()
        codes += [ended[pid] for pid in ended if running.pop(pid, None)]
        if (asked or codes) and not ending:
            ending = True
            for pid in running:  # asked once: a second signal would tear the end of one apart that is ending
                os.kill(pid, signal.SIGTERM)
    worst = max((abs(code) for code in codes), default=0)
    return worst if asked else worst or 1


def start(program: list[str]) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own. Keep the answer: subprocess would wait for the process of one that is dropped."""
    return subprocess.Popen(program, process_group=0, preexec_fn=as_a_program)  # noqa: S603 (our own words)


def as_a_program() -> None:
    """Before the program is loaded: it hears signals, and should its parent be killed, it ends in an orderly way (Linux; see prctl(2))."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS | {signal.SIGCHLD})
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def reap() -> dict[int, int]:
    """The exit codes of all processes that have ended since, orphans among them, by process id."""
    ended = {}
    try:
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = os.waitstatus_to_exitcode(found[1])
    except ChildProcessError:
        pass  # none is left
    return ended


if __name__ == "__main__":
    sys.exit(main())
