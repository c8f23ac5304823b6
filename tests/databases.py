"""Which database the tests of tasks and register use: SQLite, or with ``TEST_DATABASE=postgresql`` a real PostgreSQL server."""

from __future__ import annotations

import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tenderline.database import migrate
from tenderline.settings import Settings
from tests.services import signal_tree, wait_for

POSTGRESQL = os.environ.get("TEST_DATABASE", "sqlite") == "postgresql"
needs_postgresql = pytest.mark.skipif(not POSTGRESQL, reason="about PostgreSQL only")
needs_sqlite = pytest.mark.skipif(POSTGRESQL, reason="about SQLite only")


def database_url(*, migrated: bool = False) -> str:
    """DATABASE_URL of an empty database of the caller's own; "" for SQLite, which makes its own in the data folder.

    ``migrated``: with the newest schema, copied from a database that has it, which takes a tenth of the time of making it.
    """
    if not POSTGRESQL:
        return ""
    return postgres().create_database(postgres().template if migrated else "template1")


@functools.cache
def postgres() -> Postgres:
    """The server of this test run, started when it is first asked for; the end of the session stops it."""
    server = Postgres()
    server.start()
    return server


def _program(name: str) -> str | None:
    """A program of PostgreSQL: on PATH, or where Debian keeps its newest version."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]), reverse=True)
    return shutil.which(name) or next((str(path) for path in versions), None)


class Postgres:
    """A server in a folder of its own, on a unix socket, run by an unprivileged user when the tests run as root."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="tenderline-postgres-"))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Make the cluster and start it; skips the test where PostgreSQL isn't installed."""
        initdb, server = _program("initdb"), _program("postgres")
        if initdb is None or server is None:
            pytest.skip("needs PostgreSQL: apt-get install postgresql")
        run_as: dict[str, str] = {}
        if os.geteuid() == 0:  # it refuses to run as root
            known = {entry.pw_name for entry in pwd.getpwall()}
            run_as = {"user": "postgres" if "postgres" in known else "nobody"}
            shutil.chown(self._folder, **run_as)
        data = self._folder / "data"
        options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync"]
        subprocess.run([initdb, f"--pgdata={data}", *options], check=True, stdout=subprocess.DEVNULL, cwd="/", **run_as)  # type: ignore[call-overload]
        command = [
            server,
            "-D",
            str(data),
            "-k",
            str(self._folder),
            "-c",
            "listen_addresses=",
            "-c",
            "max_connections=200",
            "-c",
            "fsync=off",
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **run_as)  # type: ignore[call-overload]
        wait_for(self._answers, "PostgreSQL to answer", 60)

    @property
    def socket(self) -> Path:
        return self._folder / ".s.PGSQL.5432"

    def url(self, database: str) -> str:
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def create_database(self, template: str = "template1") -> str:
        """A new empty database; its URL."""
        name = f"test_{uuid.uuid4().hex}"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.url(name)

    @functools.cached_property
    def template(self) -> str:
        """A database with the newest schema; nobody connects to it."""
        self._execute("CREATE DATABASE migrated")
        migrate(Settings(_env_file=None, data_dir=self._folder / "template", database_url=self.url("migrated")))
        return "migrated"

    def _answers(self) -> bool:
        from sqlalchemy.exc import OperationalError

        try:
            self._execute("SELECT 1")
        except OperationalError:
            return False
        return True

    def _execute(self, statement: str) -> None:
        url = self.url("postgres").replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                connection.execute(text(statement))
        finally:
            engine.dispose()

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """SIGSTOP of all its processes while the block lasts: it takes connections, as the kernel does, and answers nothing."""
        stopped: set[int] = set()
        try:
            while new := self._signal(signal.SIGSTOP) - stopped:  # it may have made one more in between
                stopped |= new
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, what: signal.Signals) -> set[int]:
        """Send a signal to all its processes; which these were."""
        assert self._process is not None
        return signal_tree(self._process.pid, what)

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGQUIT)  # at once
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
