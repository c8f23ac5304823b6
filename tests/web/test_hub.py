"""What a hub sends and what it doesn't, on a real ledger; and a wire to a reader that doesn't read."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from tenderline.database import migrate
from tenderline.runtime import Runtime, create_runtime
from tenderline.settings import Settings
from tenderline.tasks.models import SUCCESS, Follower, Task
from tenderline.web.hub import MOST_AT_A_TIME, Hub, Listener, Message
from tenderline.web.threads import for_sockets, for_streams
from tenderline.web.wire import MAX_PENDING_BYTES, STALLED_AFTER, Wire


class Outlet:
    """Keeps what it is sent, state by state; each ends with a semicolon."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, frame: bytes) -> None:
        self.sent += [state for state in frame.split(b";") if state]

    def flush(self) -> None:
        """Nothing waits here."""

    def leave(self, code: int, reason: str) -> None:
        """Nobody stops it."""


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    migrate(settings)
    runtime = create_runtime(settings)
    yield runtime
    runtime.close()


@pytest.fixture
def hub(runtime: Runtime) -> Hub:
    """A hub that looks when it is told to."""

    def read(ids):
        found = runtime.updates.read(ids).items()
        return {
            task_id: Message(
                task_id,
                update.revision,
                f"{task_id} {update.status.state};".encode(),
                {owner: f"{task_id} {status.state};".encode() for owner, status in update.those_who_left.items()},
            )
            for task_id, update in found
        }

    return Hub(runtime.updates.changes, read, places=4)


def add(runtime: Runtime, *names: str, owner: str = "me", age: float = 0.0, **values: object) -> None:
    """Tasks that were written ``age`` seconds ago."""
    with runtime.database.write() as session:
        at = runtime.database.now(session) - age
        row = {"operation": "test", "queue": "test", "params": {}, "executor": "inline", "created_at": at, "updated_at": at}
        session.add_all(Task(id=name, owner=owner, **{**row, **values}) for name in names)
        session.flush()
        session.add_all(Follower(task_id=name, owner=owner, followed_at=at) for name in names)


def finish(runtime: Runtime, name: str) -> None:
    with runtime.database.write() as session:
        now = runtime.database.now(session)
        values = {"state": SUCCESS, "finished_at": now, "updated_at": now, "revision": Task.revision + 1}
        session.execute(update(Task).where(Task.id == name).values(**values))


def listen(hub: Hub, owner: str = "me", ids: list[str] | None = None) -> tuple[Outlet, Listener]:
    """A listener without a thread that looks by itself."""
    outlet = Outlet()
    listener = Listener(owner, outlet)
    listener.subscribe(ids)
    hub._listeners.add(listener)
    return outlet, listener


def test_a_state_is_sent_once_to_its_owner_and_to_nobody_else(runtime: Runtime, hub: Hub) -> None:
    mine, _ = listen(hub)
    theirs, _ = listen(hub, "they")
    add(runtime, "a")
    for _ in range(3):
        hub.look()
    finish(runtime, "a")
    for _ in range(3):
        hub.look()
    assert mine.sent == [b"a PENDING", b"a SUCCESS"]
    assert theirs.sent == []


def test_what_was_written_before_a_look_and_committed_after_it_is_sent(runtime: Runtime, hub: Hub) -> None:
    mine, _ = listen(hub)
    add(runtime, "new")
    hub.look()
    add(runtime, "late", age=4)
    hub.look()
    assert mine.sent == [b"new PENDING", b"late PENDING"]


def test_who_follows_a_task_hears_of_it_like_its_owner(runtime: Runtime, hub: Hub) -> None:
    theirs, _ = listen(hub, "they")
    add(runtime, "a")
    with runtime.database.write() as session:
        session.add(Follower(task_id="a", owner="they", followed_at=1.0))
    hub.look()
    assert theirs.sent == [b"a PENDING"]
    assert [update.status.task_id for update in runtime.updates.visible("they", ["a"])] == ["a"]
    assert [update.status.task_id for update in runtime.updates.newest("they", 5)] == ["a"]
    assert runtime.updates.visible("nobody", ["a"]) == []


def test_to_who_cancels_a_shared_task_it_is_cancelled_and_to_the_others_it_goes_on(runtime: Runtime, hub: Hub) -> None:
    mine, _ = listen(hub)
    theirs, _ = listen(hub, "they")
    add(runtime, "a")
    with runtime.database.write() as session:
        session.add(Follower(task_id="a", owner="they", followed_at=1.0))
    hub.look()
    runtime.tasks.cancel("a", "me")
    hub.look()
    assert mine.sent == [b"a PENDING", b"a REVOKED"]
    assert theirs.sent == [b"a PENDING", b"a PENDING"]


def test_children_are_told_only_to_who_asks_for_them(runtime: Runtime, hub: Hub) -> None:
    everything, _ = listen(hub)
    asked, _ = listen(hub, ids=["child"])
    add(runtime, "parent")
    add(runtime, "child", parent_id="parent")
    hub.look()
    assert everything.sent == [b"parent PENDING"]
    assert asked.sent == [b"child PENDING"]
    assert [update.status.task_id for update in runtime.updates.newest("me", 5)] == ["parent"]


def test_nothing_is_read_in_full_that_nobody_wants(runtime: Runtime, hub: Hub) -> None:
    read: list[object] = []
    hub._read = lambda ids: read.append(ids) or {}
    listen(hub, "they")
    listen(hub, ids=["b"])
    add(runtime, "a")
    hub.look()
    assert read == []


def test_an_older_state_never_follows_a_newer_one(hub: Hub) -> None:
    outlet, listener = listen(hub)
    listener.tell(Message("a", 5, b"5"))
    listener.tell(Message("a", 4, b"4"), again=True)
    listener.tell(Message("a", 5, b"5"))
    listener.tell(Message("a", 5, b"5 again"), again=True)
    assert outlet.sent == [b"5", b"5 again"]


def test_what_is_too_much_for_one_look_is_sent_by_the_next(runtime: Runtime, hub: Hub) -> None:
    mine, _ = listen(hub)
    add(runtime, *(f"{number}" for number in range(MOST_AT_A_TIME + 30)))
    hub.look()
    assert len(mine.sent) == MOST_AT_A_TIME
    hub.look()
    assert len(set(mine.sent)) == len(mine.sent) == MOST_AT_A_TIME + 30


def test_finished_rows_are_found_by_an_index_however_many_there_are(runtime: Runtime) -> None:
    with runtime.database.read() as session:
        plans = []
        for where in ("state IN ('PENDING','STARTED','PROGRESS','RETRY') AND updated_at > 1", "finished_at > 1"):
            plan = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT id, revision, parent_id FROM tasks WHERE {where}")
            plans += [row[3] for row in plan]
    assert all("USING INDEX" in line for line in plans), plans


def test_the_newest_tasks_come_with_all_that_are_unfinished(runtime: Runtime) -> None:
    add(runtime, "long", age=500)
    for number in range(4):
        add(runtime, f"done{number}", age=100 - number, state=SUCCESS, finished_at=1.0)
    found = [update.status.task_id for update in runtime.updates.newest("me", 2)]
    assert found == ["long", "done2", "done3"]


@pytest.mark.parametrize("threads", [2, 3, 4, 8, 16, 64, 512, 1024])
def test_sockets_and_streams_leave_threads_for_everything_else(threads: int) -> None:
    assert for_sockets(threads) + for_streams(threads) < threads
    assert for_sockets(threads) <= threads / 2


def test_sockets_may_take_half_of_the_usual_threads() -> None:
    assert (for_sockets(64), for_sockets(512)) == (32, 256)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def pair() -> Iterator[tuple[Wire, socket.socket, Clock]]:
    """A wire, what is at its other end, and its clock."""
    ours, theirs = socket.socketpair()
    clock = Clock()
    with ours, theirs:
        theirs.settimeout(5)
        yield Wire(ours, clock), theirs, clock


def test_a_slow_reader_gets_everything_in_order_and_nobody_waits_for_it(pair: tuple[Wire, socket.socket, Clock]) -> None:
    wire, reader, _ = pair
    sent = b"".join(number.to_bytes(4, "big") for number in range(200_000))
    for start in range(0, len(sent), 40_000):
        wire.send(sent[start : start + 40_000])
    assert wire.pending
    got = bytearray()
    while len(got) < len(sent):
        got += reader.recv(65536)
        wire.flush()
    assert bytes(got) == sent
    assert not wire.pending


def test_a_reader_that_lets_too_much_pile_up_is_cut_off(pair: tuple[Wire, socket.socket, Clock]) -> None:
    wire, _, _ = pair
    wire.send(bytes(MAX_PENDING_BYTES))
    while wire.pending:
        wire.send(bytes(100_000))
        assert wire.pending <= MAX_PENDING_BYTES
    with pytest.raises(OSError, match="cut off"):
        wire.send(b"more")


def test_a_reader_that_takes_nothing_for_too_long_is_cut_off(pair: tuple[Wire, socket.socket, Clock]) -> None:
    wire, reader, clock = pair
    wire.send(bytes(1_000_000))
    clock.now += STALLED_AFTER - 1
    wire.flush()
    reader.recv(300_000)
    wire.flush()
    assert wire.pending
    clock.now += STALLED_AFTER - 1
    wire.flush()
    assert wire.pending
    clock.now += 2
    wire.flush()
    assert not wire.pending
    with pytest.raises(OSError, match="cut off"):
        wire.send(b"more")
