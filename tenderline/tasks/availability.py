"""Is the broker there, is a worker there: known before it is asked, so that no request waits to find out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.tasks.models import Process

STALE_AFTER = 3.0
"""Seconds after which a process that hasn't beaten is not counted on."""
PROBE_EVERY = 2.0
PROBE_TIMEOUT = 0.25
GIVE_UP_AFTER = 10.0
"""Seconds of a dead broker after which waiting tasks are worked on without it."""

_FRESH = (Process.beat_at > bindparam("since"), Process.beat_at < bindparam("until"))
_LIVE = select(Process).where(*_FRESH).order_by(Process.started_at)

Probe = Callable[[], bool]


class Availability:
    """What one process knows of broker and workers.

    Args:
        database: holds the heartbeats.
        probe: asks the broker, within ``PROBE_TIMEOUT`` a step; None when no broker is configured.
        clock: monotonic seconds.
    """

    def __init__(self, database: Database, probe: Probe | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._probe = probe
        self._clock = clock
        self._lock = threading.Lock()
        self._up = False
        self._probed_at: float | None = None
        self._down_since: float | None = None

    @property
    def broker(self) -> str:
        """``up``, ``down`` or ``none`` (not configured), as last seen."""
        if self._probe is None:
            return "none"
        return "up" if self._up else "down"

    def broker_up(self) -> bool:
        """Whether publishing is worth a try. Asks the broker itself only when nobody has for a while."""
        if self._probe is None:
            return False
        if self._probed_at is None or self._clock() - self._probed_at > 2 * PROBE_EVERY:
            self.refresh()
        return self._up

    def broker_down_for(self) -> float:
        """Seconds the broker has been down without a break; 0 while it is up or when there is none."""
        with self._lock:
            return 0.0 if self._down_since is None else self._clock() - self._down_since

    def refresh(self) -> None:
        """Ask the broker now."""
        if self._probe is None:
            return
        started = self._clock()
        up = self._probe()
        with self._lock:
            if up and self._down_since is not None and self._down_since > started:
                return  # a publish has failed while we asked: believe that one
            self._set(up)

    def refresh_if_due(self) -> None:
        """Ask the broker if the last answer is ``PROBE_EVERY`` old."""
        if self._probed_at is None or self._clock() - self._probed_at >= PROBE_EVERY:
            self.refresh()

    def mark_down(self) -> None:
        """A publish failed: the broker is down until a probe says otherwise."""
        with self._lock:
            self._set(False)

    def _set(self, up: bool) -> None:
        self._probed_at = self._clock()
        self._up = up
        if up:
            self._down_since = None
        elif self._down_since is None:
            self._down_since = self._probed_at

    def live(self, session: Session) -> list[Process]:
        """The processes whose heartbeat is fresh by the database's clock (a clock that jumped makes none fresh for a second).

        Read once per session: a session is one short transaction.
        """
        if "live" not in session.info:
            now = self._database.now(session)
            session.info["live"] = list(session.scalars(_LIVE, {"since": now - STALE_AFTER, "until": now + STALE_AFTER}))
        found: list[Process] = session.info["live"]
        return found

    def listeners(self, session: Session, queue: str, operation: str | None = None) -> list[Process]:
        """The live workers that take tasks of this queue; with an ``operation``, those that know it: an older worker may not."""
        found = [process for process in self.live(session) if process.listening and queue in process.queues]
        return found if operation is None else [process for process in found if knows(process, queue, operation)]

    def known(self, session: Session, queue: str) -> set[str] | None:
        """The operations that some live worker would run for this queue; None when there is one that doesn't say."""
        said = [said_of(process, queue) for process in self.listeners(session, queue)]
        return None if any(names is None for names in said) else {name for names in said for name in names or ()}


def said_of(process: Process, queue: str) -> list[str] | None:
    """The operations that a worker says it knows of a queue; None when it says nothing about that, as before this was asked."""
    return process.queues.get(queue, []) if isinstance(process.queues, dict) else None


def knows(process: Process, queue: str, operation: str) -> bool:
    """Whether a worker that listens to a queue would run the operation, as far as is known."""
    said = said_of(process, queue)
    return said is None or operation in said
