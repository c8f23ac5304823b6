"""How a worker's child is stopped: the keeper names the run in a small file and sends SIGUSR1; this decides what the signal means.

The same signal is what Celery sends at a soft time limit. A signal that comes late, for a run that has ended, is ignored; inside a shield
it is noted and raised at the shield's end.
"""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from tenderline.errors import TaskCancelled, TimeLimitExceeded
from tenderline.settings import Settings
from tenderline.tasks.ledger import Claim
from tenderline.tasks.operation import TaskContext

ASK, RAISE = "ask", "raise"
_EARLY = 1.0
"""The worker's clock for a soft limit starts a little before the run's own: a signal this many seconds early is still that one."""


def stop_file(settings: Settings, process_id: str) -> Path:
    """Where the keeper of a worker names the runs that its children should stop."""
    return settings.data_dir / "run" / f"{process_id}.stop"


def name_runs(path: Path, runs: dict[tuple[str, int], str]) -> None:
    """Write which runs should stop: (task id, run) -> ``ASK`` (set the flag) or ``RAISE`` (interrupt)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text("".join(f"{task_id} {run} {what}\n" for (task_id, run), what in runs.items()))
    os.replace(draft, path)


@dataclass
class ChildSignals:
    """The SIGUSR1 handler of one child; ``watch`` is what the runner calls around every run."""

    path: Path
    _claim: Claim | None = None
    _context: TaskContext | None = None
    _installed: bool = False

    def watch(self, claim: Claim | None, context: TaskContext | None) -> None:
        """A run begins, or (None) ended. Installed at the first, since Celery installs its own handler after the child has started."""
        if not self._installed:
            signal.signal(signal.SIGUSR1, self._handle)
            self._installed = True
        self._claim, self._context = claim, context

    def _handle(self, _signum: int, _frame: FrameType | None) -> None:
        claim, context = self._claim, self._context
        if claim is None or context is None:
            return
        if context.remaining() <= _EARLY:
            if not context.shielded:
                raise TimeLimitExceeded("The work took longer than it may.", hint="Try a smaller part, or raise the time limit.")
            return
        what = self._named(claim)
        if what is None:
            return
        context.cancel()
        if what == RAISE and not context.shielded:
            raise TaskCancelled

    def _named(self, claim: Claim) -> str | None:
        try:
            lines = self.path.read_text().splitlines()
        except OSError:
            return None
        wanted = f"{claim.task_id} {claim.run} "
        return next((line.removeprefix(wanted) for line in lines if line.startswith(wanted)), None)
