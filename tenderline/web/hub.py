"""Pushes what changes in the ledger to whoever listens: one hub a web process, one look for all its sockets."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

LOOK_EVERY = 0.25
WINDOW = 5.0
"""Seconds of the ledger that every look reads again. Reading only what is newer than the last look would miss what was
written before it and committed after it."""
MOST_AT_A_TIME = 200
"""How many tasks one look reads in full: where and when each may start is worked out anew."""
BREATH_AFTER, BREATH = 10, 0.001
"""After so many sockets the hub lets go of the interpreter for so many seconds: sending to hundreds in one go would keep every request of
the process waiting at each of its steps."""
REMEMBERED = 2000
"""How many tasks a listener remembers having been told of."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Message:
    """A task's state, ready to be sent, and what is sent in its place to some owners."""

    task_id: str
    revision: int
    frame: bytes
    frames: Mapping[str, bytes] = field(default_factory=dict)


class Change(Protocol):
    """That a task has changed (``celery_integration.task_changes``)."""

    @property
    def task_id(self) -> str: ...
    @property
    def revision(self) -> int: ...
    @property
    def owners(self) -> frozenset[str]: ...
    @property
    def is_child(self) -> bool: ...


class Outlet(Protocol):
    """Where a listener's messages go; ``sockets.Connection`` is one. None of these may wait."""

    def send(self, frame: bytes) -> None: ...
    def flush(self) -> None: ...
    def leave(self, code: int, reason: str) -> None: ...


class Listener:
    """One socket: whose it is, which tasks it asked for (None is all of its owner), and what it was told already."""

    def __init__(self, owner: str, outlet: Outlet) -> None:
        self.owner = owner
        self.outlet = outlet
        self._ids: frozenset[str] | None = frozenset()
        self._told: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def ids(self) -> frozenset[str] | None:
        """What it asked for. Nothing until it was heard."""
        return self._ids

    def subscribe(self, ids: Collection[str] | None) -> None:
        """From now on tell of these tasks only, or of all; what it was told before may be told again."""
        with self._lock:
            self._ids = None if ids is None else frozenset(ids)
            self._told.clear()

    def wants(self, change: Change) -> bool:
        """Whether this change is to be told. Children are told only to who asks for them: their parent says how far they are."""
        ids = self._ids
        return self.owner in change.owners and (not change.is_child if ids is None else change.task_id in ids)

    def tell(self, *messages: Message, again: bool = False) -> None:
        """Send states, in one piece, unless these or newer ones were sent; ``again`` repeats equal ones."""
        with self._lock:
            frames = [message.frames.get(self.owner, message.frame) for message in messages if self._is_news(message, again)]
            if frames:
                self.outlet.send(frames[0] if len(frames) == 1 else b"".join(frames))

    def _is_news(self, message: Message, again: bool) -> bool:
        told = self._told.get(message.task_id, -1)
        if told > message.revision or (told == message.revision and not again):
            return False
        self._told[message.task_id] = message.revision
        self._told.move_to_end(message.task_id)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True


class Hub:
    """Looks at the ledger while somebody listens.

    Args:
        changes: what was written in the last so many seconds.
        read: the states of these tasks as messages, by id.
        places: how many may listen at a time.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        changes: Callable[[float], Collection[Change]],
        read: Callable[[Collection[str]], Mapping[str, Message]],
        places: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._changes = changes
        self._read = read
        self._places = places
        self._clock = clock
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._seen: dict[str, int] = {}
        self._failing = False
        self.stopping: Callable[[], bool] = lambda: False
        """Whether the process is about to end; the server's configuration sets it (``gunicorn.conf.py``)."""

    @property
    def places(self) -> int:
        return self._places

    @property
    def listening(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    @contextmanager
    def place(self, owner: str, outlet: Outlet) -> Iterator[Listener | None]:
        """A place to listen from while the block runs; None when all are taken."""
        with self._lock:
            listener = Listener(owner, outlet) if len(self._listeners) < self._places else None
            if listener is not None:
                self._listeners.add(listener)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._loop, name="hub", daemon=True)
                    self._thread.start()
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)

    def look(self) -> None:
        """Read what has changed and send it to those who want it."""
        changes = self._changes(WINDOW)
        fresh = [change for change in changes if self._seen.get(change.task_id) != change.revision]
        self._seen = {change.task_id: change.revision for change in changes}
        listeners = self._present()
        wanted = {change.task_id: change for change in fresh if any(listener.wants(change) for listener in listeners)}
        for task_id in list(wanted)[MOST_AT_A_TIME:]:
            del wanted[task_id], self._seen[task_id]  # it is new again at the next look
        if not wanted:
            return
        messages = self._read(list(wanted))
        for count, listener in enumerate(listeners, start=1):
            listener.tell(*(message for task_id, message in messages.items() if listener.wants(wanted[task_id])))
            if count % BREATH_AFTER == 0:
                time.sleep(BREATH)

    def _loop(self) -> None:
        next_look = self._clock()
        while True:
            with self._lock:
                if not self._listeners:
                    self._thread = None
                    self._seen = {}
                    return
            if self.stopping():
                for listener in self._present():
                    listener.outlet.leave(1001, "The server is being stopped.")
            else:
                self._try_to_look()
            for listener in self._present():
                listener.outlet.flush()
            next_look = max(next_look + LOOK_EVERY, self._clock())
            time.sleep(max(0.0, next_look - self._clock()))

    def _try_to_look(self) -> None:
        try:
            self.look()
            self._failing = False
        except SQLAlchemyError as error:
            self._seen = {}  # whoever was not told yet is told at the next look; nobody hears of the same state twice
            if not self._failing:
                log.warning("hub_cannot_read", reason=type(error).__name__)
            self._failing = True

    def _present(self) -> list[Listener]:
        with self._lock:
            return list(self._listeners)
