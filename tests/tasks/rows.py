"""Rows of the ledger written straight into a server's SQLite file, for states that are hard to come by."""

from __future__ import annotations

import json
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QUEUES: dict[str, list[str]] = {"analysis": [], "chat": [], "test": [], "register": []}


def add_task(path: Path, operation: str, state: str, created: float, *, owner: str = "local", **values: object) -> str:
    """A task that its owner may see; what has ended ended 5 s after it was created. Its id."""
    task_id = str(uuid.uuid4())
    ended = {"started_at": created + 1, "finished_at": created + 5} if state in ("SUCCESS", "FAILURE", "REVOKED") else {}
    row = {
        "id": task_id, "operation": operation, "queue": "test", "owner": owner, "session_key": "", "params": {}, "state": state,
        "executor": "background", "current": 0, "total": 0, "status": "", "run": 1, "retries": 0, "lost": 0, "revision": 1, "rings": 0,
        "created_at": created, "updated_at": created, **ended, **values,
    }  # fmt: skip
    stored = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in row.items()}
    with sqlite3.connect(path, timeout=20) as database:
        marks = ", ".join("?" * len(stored))
        database.execute(f"INSERT INTO tasks ({', '.join(stored)}) VALUES ({marks})", list(stored.values()))
        database.execute("INSERT INTO task_followers (task_id, owner, followed_at) VALUES (?, ?, ?)", (task_id, owner, created))
    return task_id


@contextmanager
def beating(path: Path, process: str, **said: str) -> Iterator[None]:
    """A worker that is there until the block ends, however slow what is done meanwhile."""
    over = threading.Event()

    def beat() -> None:
        while True:
            beat_as_worker(path, process, ahead=2.5, **said)
            if over.wait(0.5):
                return

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def beat_as_worker(path: Path, process: str, *, version: str = "0.1.0", provider: str = "builtin", ahead: float = 0.0) -> None:
    """A heartbeat of a worker, dated ``ahead`` seconds into the future so that it counts for longer."""
    row = {
        "id": process, "kind": "worker", "host": "desk", "pid": 4711, "queues": json.dumps(QUEUES), "slots": 2, "listening": True,
        "provider": provider, "version": version, "broker": "none", "counter": 1, "started_at": time.time() - 600,
        "beat_at": time.time() + ahead,
    }  # fmt: skip
    with sqlite3.connect(path, timeout=20) as database:
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT OR REPLACE INTO processes ({', '.join(row)}) VALUES ({marks})", list(row.values()))
