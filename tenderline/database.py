"""The database: engine, transactions, the database's clock, migrations.

Rules (measured, see docs/architecture.md): on SQLite a writing transaction starts with BEGIN IMMEDIATE, in WAL mode with synchronous=FULL;
no thread that touches the database runs in a process that forks; an engine belongs to the process that made it.
"""

from __future__ import annotations

import fcntl
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from sqlalchemy import Engine, MetaData, create_engine, event, inspect, make_url, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from tenderline.settings import Settings

BUSY_TIMEOUT_MS = 5000
LOCK_POLL = 0.002
"""Seconds, on average half as much again, between two tries for SQLite's write lock. SQLite's own wait grows to 100 ms, and among many
writers somebody is always quicker."""
POOL_TIMEOUT = 5.0
"""Seconds a thread waits for a connection while all are in use."""
DEADLOCK_TRIES = 4
MIGRATIONS = Path(__file__).parent.parent / "migrations"
_MIGRATION_LOCK = 0x7E4DE2
_ROLLED_BACK = ("40P01", "40001")
"""PostgreSQL's words for a transaction that it undid for the sake of others: a deadlock, and what can't be put in an order with theirs."""
_CLOCK = text("SELECT extract(epoch FROM clock_timestamp())")

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class Base(DeclarativeBase):
    """Base of all models. Constraint names are fixed, so that migrations can name them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """One process's way to the database.

    Args:
        settings: names the database.
        clock: seconds since 1970, UTC; used as the database's clock on SQLite, which has none but the machine's.
    """

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self.engine = _engine(settings.sqlalchemy_url, pool_size=settings.web_threads)
        writing = {"tenderline_writes": True}
        self._writing = {sure: self.engine.execution_options(**writing, tenderline_durable=sure) for sure in (True, False)}
        self._sqlite = self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that only reads: no lock taken."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def snapshot(self) -> Iterator[Session]:
        """A session whose every statement sees the database as it was at the first one; ``read`` promises that on SQLite only."""
        with self.read() as session:
            if not self._sqlite:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @contextmanager
    def write(self, *, durable: bool = True) -> Iterator[Session]:
        """A session that writes: commits at the end, rolls back on any exception. Keep it short: on SQLite it holds the write lock.

        What is not ``durable`` may be undone by a power cut on SQLite, though never in part, never by the death of a process, and never
        when something durable was written after it: for what the next process would do again anyway, like taking a task. It saves waiting
        for the disk.
        """
        with Session(self._writing[durable], expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def write_rows(self, *, durable: bool = True) -> Iterator[Connection]:
        """Like ``write``, for statements over tables alone: without what a session makes ready for objects it costs a third less."""
        with self._writing[durable].begin() as connection:
            yield connection

    @property
    def rows_compete(self) -> bool:
        """Whether several transactions write at the same time, so that rows have to be locked: everywhere but on SQLite."""
        return not self._sqlite

    def now(self, session: Session | Connection) -> float:
        """Seconds since 1970, UTC, by the database's clock at this moment (not at the transaction's start)."""
        if self._sqlite:
            if isinstance(session, Session):
                session.connection()  # on SQLite this is where a writing transaction gets its lock: read the clock after it
            return self._clock()
        return float(session.execute(_CLOCK).scalar_one())

    def close(self) -> None:
        self.engine.dispose()


def survives_deadlocks(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Call it again when the database undid its transaction for the sake of another one, as PostgreSQL does to end a deadlock.

    For functions that do nothing beside their transactions, each of which may be repeated.
    """

    @wraps(function)
    def repeated(*args: Arguments.args, **named: Arguments.kwargs) -> Result:
        for attempt in range(1, DEADLOCK_TRIES):
            try:
                return function(*args, **named)
            except OperationalError as error:
                if getattr(error.orig, "sqlstate", None) not in _ROLLED_BACK:
                    raise
                time.sleep(random.uniform(0, 0.05 * attempt))  # noqa: S311 (so that the two don't meet again)
        return function(*args, **named)

    return repeated


def _engine(url: str, pool_size: int, *, migrates: bool = False) -> Engine:
    """An engine; one that ``migrates`` waits for as long as it takes, and leaves rows alone that refer to a table which is made anew."""
    sqlite = url.startswith("sqlite")
    options: dict[str, Any] = {
        "pool_size": min(pool_size, 16),
        "pool_timeout": POOL_TIMEOUT,
        "hide_parameters": True,  # what users wrote must not reach a log through an error's text
    }
    if not sqlite:
        from tenderline import postgresql

        arguments = postgresql.connection_arguments(make_url(url), bounded=not migrates)
        engine = create_engine(url, **options, max_overflow=16, pool_pre_ping=True, connect_args=arguments)
        if not migrates:
            postgresql.bound(engine)
        return engine
    engine = create_engine(url, **options, max_overflow=max(0, pool_size - 16), connect_args={"timeout": BUSY_TIMEOUT_MS / 1000})
    event.listen(engine, "connect", _configure_sqlite)
    if migrates:
        event.listen(engine, "connect", _leave_referring_rows_alone)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}"):
        connection.execute(f"PRAGMA {pragma}")


def _leave_referring_rows_alone(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA foreign_keys=OFF")  # dropping a table to replace it would delete what refers to it


def _begin_sqlite(connection: Connection) -> None:
    if not connection.get_execution_options().get("tenderline_writes", False):
        connection.exec_driver_sql("BEGIN")
        return
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    deadline = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    durable = connection.get_execution_options().get("tenderline_durable", True)
    driver.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < deadline:
            try:
                driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
            time.sleep(random.uniform(LOCK_POLL, 2 * LOCK_POLL))  # noqa: S311 (so that no two keep in step)
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # says what is wrong the way all statements do
    finally:
        driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")


@contextmanager
def _migration_lock(settings: Settings, connection: Connection) -> Iterator[None]:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _MIGRATION_LOCK})
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _MIGRATION_LOCK})
        return
    descriptor = os.open(settings.data_dir / "migrate.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def migrate(settings: Settings) -> None:
    """Bring the database to the newest schema. Safe to call from several processes at once: one works, the others wait for it."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = _engine(settings.sqlalchemy_url, pool_size=2)
    try:
        if _is_newest(engine):
            return
    finally:
        engine.dispose()
    change_schema(settings, "head")


def change_schema(settings: Settings, target: str) -> None:
    """Migrate up or down to a revision, or up to the newest (``head``). An older schema loses what only a newer one can hold.

    Raises ``DBAPIError`` when the database can't be reached.
    """
    from alembic import command
    from alembic.config import Config

    engine = _engine(settings.sqlalchemy_url, pool_size=2, migrates=True)
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as lock, _migration_lock(settings, lock):
            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS))
            with engine.execution_options(tenderline_writes=True).begin() as connection:
                config.attributes["connection"] = connection
                newer = target == "head" or (target != "base" and target > (_revision(connection) or ""))
                (command.upgrade if newer else command.downgrade)(config, target)
    finally:
        engine.dispose()


def newest_revision() -> str:
    """The schema that this version of the application wants."""
    return max(path.stem.split("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def revision(engine: Engine) -> str | None:
    """The schema that the database has; None when it has none. Raises ``DBAPIError`` when it can't be reached."""
    with engine.connect() as connection:
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _is_newest(engine: Engine) -> bool:
    """Whether nothing is to be done: the usual start, which need not wait for Alembic to be imported."""
    try:
        return revision(engine) == newest_revision()
    except DBAPIError:
        return False  # shows again when the upgrade connects
