"""PostgreSQL, never waited for longer than a bounded time: neither for a lock, nor for a server that is stopped, gone or cut off.

The server ends what takes too long; where it can't (it is stopped, or packets vanish), the client stops waiting, closes the connection and
raises ``OperationalError``. All bounds together stay below what the others wait before they take a silent process for dead
(``tasks.recovery.DEAD_AFTER``), so a process always notices first that it is cut off.
"""

from __future__ import annotations

from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.abc import PQGen
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

Value = TypeVar("Value")

CONNECT_TIMEOUT = 3
"""Whole seconds for a connection to be made, per address of the server's name."""
LOCK_TIMEOUT = 4.0
"""Seconds a statement waits for a lock that somebody holds, as SQLite's busy timeout bounds it there."""
STATEMENT_TIMEOUT = 5.0
"""Seconds after which the server ends a statement."""
ANSWER_TIMEOUT = 6.0
"""Seconds after which a server that doesn't answer at all is given up."""
IDLE_TIMEOUT = 10.0
"""Seconds after which the server ends a transaction whose client does nothing: a process that was stopped in the middle of a write must
not keep its locks until somebody notices."""
VANISHED_AFTER = 6
"""Whole seconds after which a connection whose other end answers no packet is broken."""


def connection_arguments(url: URL, *, bounded: bool = True) -> dict[str, Any]:
    """What is said when connecting, less what the URL says itself (``?connect_timeout=10``, ``?options=-c lock_timeout=1s``).

    Without ``bounded`` statements may take as long as they need; connecting may not, and a server that vanished is noticed all the same.
    """
    bounds = {"lock_timeout": LOCK_TIMEOUT, "statement_timeout": STATEMENT_TIMEOUT, "idle_in_transaction_session_timeout": IDLE_TIMEOUT}
    options = " ".join(f"-c {name}={round(1000 * seconds) if bounded else 0}" for name, seconds in bounds.items())
    ours: dict[str, Any] = {
        "connect_timeout": CONNECT_TIMEOUT,
        "keepalives_idle": VANISHED_AFTER // 3,
        "keepalives_interval": VANISHED_AFTER // 3,
        "keepalives_count": 2,
        "tcp_user_timeout": 1000 * VANISHED_AFTER,
        "application_name": "tenderline",
    }
    said = {name: value for name, value in ours.items() if name not in url.query}
    return {**said, "options": f"{options} {url.query.get('options', '')}".strip()}


class BoundedConnection(psycopg.Connection[Any]):
    """A connection on which nothing waits for longer than ``ANSWER_TIMEOUT``."""

    def wait(self, gen: PQGen[Value], interval: float = 0.1, timeout: float | None = None) -> Value:
        """As in psycopg, with a bound. A connection that is lost raises ``OperationalError``, whatever the server's last word was."""
        try:
            return super().wait(gen, interval, ANSWER_TIMEOUT if timeout is None else timeout)
        except errors._WaitTimeout:
            if timeout is not None:
                raise
            self.pgconn.finish()  # what the server makes of the statement is unknown: nobody may use this connection again
            raise errors.ConnectionTimeout(f"no answer within {ANSWER_TIMEOUT:.0f} s") from None
        except errors.InternalError as error:
            if not self.closed:
                raise
            raise errors.OperationalError(str(error)) from error  # ended by the server, for being idle say


def bound(engine: Engine) -> None:
    """Make all connections of an engine bounded ones."""
    event.listen(engine, "do_connect", _connect)


def _connect(_dialect: Any, _record: Any, arguments: Any, named: Any) -> BoundedConnection:
    return BoundedConnection.connect(*arguments, **named)
