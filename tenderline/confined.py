"""Work on files that may be slow or hostile, in a process of its own that does harm to itself alone: how it is started, and what it does
to itself before anything else.

It limits its memory, its processor time and what it writes, ends with whoever waits for it, and finds no keys in its environment.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

_ROOT = Path(__file__).resolve().parents[1]
_KEPT = ("PATH", "LD_LIBRARY_PATH", "TMPDIR", "PYTHONDONTWRITEBYTECODE")
_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_RESERVE = 32 * 1024 * 1024  # bytes kept back for the answer when memory runs out


@dataclass(frozen=True)
class Limits:
    """What a process may take.

    Attributes:
        memory: bytes of address space; the interpreter and its libraries take 100 to 250 MiB of it.
        seconds: of processor time; None for any.
        result: bytes of a file that it writes; None for any.
    """

    memory: int
    seconds: int | None = None
    result: int | None = None


def start(
    module: str, request: dict[str, Any], limits: Limits, *, stdout: int | IO[bytes], stderr: int | IO[bytes], **environment: str
) -> subprocess.Popen[bytes]:
    """Start ``python -m module REQUEST``, whose ``main`` begins with ``enter``. Who starts it ends it.

    Args:
        environment: variables besides the few that Python needs.
    """
    import subprocess  # the child does without it

    asked = {**request, **asdict(limits), "parent": os.getpid()}
    return subprocess.Popen(  # noqa: S603 - our own interpreter and module; a file's name is an argument, never a command
        [sys.executable, "-m", module, json.dumps(asked)],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        cwd=_ROOT,
        env={**_environment(), **environment},
        start_new_session=True,
        bufsize=0,
    )


def enter() -> dict[str, Any]:
    """In the child: take the limits on, before any library is loaded; the request."""
    request: dict[str, Any] = json.loads(sys.argv[1])
    _end_with(request["parent"])
    _limit(resource.RLIMIT_AS, request["memory"], _RESERVE)
    _limit(resource.RLIMIT_CPU, request["seconds"])
    _limit(resource.RLIMIT_FSIZE, request["result"])
    _limit(resource.RLIMIT_CORE, 0)
    return request


def use_reserve() -> None:
    """In the child: allow ourselves the memory that it takes to say that there was none left."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def where(error: Exception) -> str:
    """File and line where an unforeseen error arose; never its message, which may hold text of the file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "?"


def _environment() -> dict[str, str]:
    """Only what Python needs: a library that is taken over by a file finds no keys here."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    search = [str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(search), "PYTHONUTF8": "1"}


def _end_with(parent: int) -> None:
    """Not to outlive whoever waits for us. Elsewhere than on Linux the limit on processor time has to do."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != parent:  # it went before we asked to be told
            os._exit(1)


def _limit(kind: int, amount: int | None, reserve: int = 0) -> None:
    if amount is None:
        return
    _, hard = resource.getrlimit(kind)
    ceiling = amount + reserve if hard == resource.RLIM_INFINITY else min(amount + reserve, hard)
    resource.setrlimit(kind, (min(amount, ceiling), ceiling))
