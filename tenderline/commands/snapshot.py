"""One moment of a running installation: its database and the files that belong to it, gathered in a folder without stopping anybody."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from sqlalchemy import make_url, select

from tenderline.commands.archive import FILES
from tenderline.commands.opening import sqlite_file
from tenderline.database import Database
from tenderline.errors import ConfigurationError, TenderlineError, Unavailable
from tenderline.register.models import Member, SegmentRow
from tenderline.review.models import FAILED, DeskSession
from tenderline.settings import Settings

STAGING = ".backup-"
PASSING = ("run", "register/staging")
"""Folders of DATA_DIR that mean nothing once the processes are gone."""
TRIES = 3
STALE_SECONDS = 86400.0


@dataclass
class Snapshot:
    """``members``: name in the archive -> file."""

    database: Literal["sqlite", "postgresql"]
    members: dict[str, Path]
    documents: int


@contextmanager
def taken(settings: Settings) -> Iterator[Snapshot]:
    """A snapshot, whose files are there until the block ends.

    Files are linked before the database is copied and once more after it: a document deleted in between keeps its files, and one that came
    in between has them too. Both are never changed in place. Raises ``Unavailable`` when it can't be had because of what goes on.
    """
    _clear_stale(settings.data_dir)
    with TemporaryDirectory(prefix=STAGING, dir=settings.data_dir) as name:
        for number in range(TRIES):
            folder = Path(name) / str(number)
            folder.mkdir()
            snapshot = _gather(settings, folder)
            if snapshot is not None:
                yield snapshot
                return
        raise Unavailable("Documents came and went too fast for a backup.", hint="Try again.")


def _clear_stale(data_dir: Path) -> None:
    """Remove what a backup left that was killed: its links keep deleted documents on the disk."""
    for folder in data_dir.glob(f"{STAGING}*"):
        if time.time() - folder.stat().st_mtime > STALE_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def stored_files(data_dir: Path) -> Iterator[Path]:
    """The files of DATA_DIR that are worth keeping, relative to it: neither the database nor what is temporary."""
    for folder, folders, names in os.walk(data_dir):
        here = Path(folder).relative_to(data_dir)
        folders[:] = [name for name in folders if not name.startswith(".") and str(here / name) not in PASSING]
        for name in names:
            path = here / name
            passing = name.startswith((".", "celerybeat-schedule")) or name.endswith((".lock", ".partial"))
            if not passing and not (here == Path() and name.startswith("tenderline.db")) and (data_dir / path).is_file():
                yield path


def _gather(settings: Settings, folder: Path) -> Snapshot | None:
    files = folder / "files"
    _link(settings.data_dir, files)
    kind: Literal["sqlite", "postgresql"]
    if (file := sqlite_file(settings)) is not None:
        kind, dump = "sqlite", folder / "database.sqlite"
        _copy_sqlite(file, dump)
        copied = settings.model_copy(update={"database_url": f"sqlite:///{dump}"})
    else:
        kind, dump = "postgresql", folder / "database.dump"
        _dump_postgresql(settings, dump)
        copied = settings
    _link(settings.data_dir, files)
    known, segments = _documents(copied), _segments(copied)
    if kind == "postgresql":  # the dump can't be asked: only what no longer is in the database may be missing
        known = {session_id: original for session_id, original in known.items() if (settings.data_dir / original).exists()}
        segments = [path for path in segments if (settings.data_dir / path).exists()]
    if any(not (files / path).exists() for path in (*known.values(), *segments)):
        return None
    members = {dump.name: dump}
    for path in stored_files(files):
        if path.parts[0] != "documents" or kind == "postgresql" or path.parts[1] in known:
            members[FILES + path.as_posix()] = files / path
    return Snapshot(kind, members, len(known))


def _documents(settings: Settings) -> dict[str, Path]:
    """Session id -> its original file, relative to DATA_DIR."""
    database = Database(settings)
    try:
        with database.read() as session:
            rows = session.execute(select(DeskSession.id, DeskSession.kind).where(DeskSession.state != FAILED))
            return {session_id: Path("documents", session_id, f"original.{kind}") for session_id, kind in rows}
    finally:
        database.close()


def _segments(settings: Settings) -> list[Path]:
    """What each segment of the register's published list is told by, relative to DATA_DIR; not of those known to be damaged."""
    database = Database(settings)
    try:
        with database.read() as session:
            listed = select(Member.segment_id).join(SegmentRow, SegmentRow.id == Member.segment_id).where(SegmentRow.damaged.is_(None))
            return [Path("register", "segments", segment_id, "meta.json") for segment_id in session.scalars(listed)]
    finally:
        database.close()


def _link(data_dir: Path, target: Path) -> None:
    """Link every stored file that isn't there yet; copy where links can't be made."""
    target.mkdir(exist_ok=True)
    for path in stored_files(data_dir):
        if (target / path).exists():
            continue
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(data_dir / path, target / path)
        except FileNotFoundError:
            continue  # deleted meanwhile
        except OSError:
            try:
                shutil.copyfile(data_dir / path, target / path)
            except FileNotFoundError:
                continue


def _copy_sqlite(source: Path, target: Path) -> None:
    """One moment of the database, written by SQLite itself; nobody waits for it."""
    with closing(sqlite3.connect(source, timeout=10)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
    with closing(sqlite3.connect(target)) as copy:
        said = copy.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if said != "ok":
        raise TenderlineError(f"The database is damaged: {said}.", hint="Restore an older backup, or see sqlite.org/recovery.html.")


def _dump_postgresql(settings: Settings, target: Path) -> None:
    run_postgresql("pg_dump", settings, "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def run_postgresql(program: str, settings: Settings, *arguments: str) -> None:
    """Run one of PostgreSQL's own programs on the database. The password goes by the environment, where no list of processes shows it.

    Raises:
        ConfigurationError: the program isn't installed.
        TenderlineError: it failed.
    """
    found = shutil.which(program)
    if found is None:
        raise ConfigurationError(
            f"{program} is not installed, and the database is PostgreSQL.",
            hint="Install PostgreSQL's client programs (apt-get install postgresql-client), or use your database service's own backups.",
        )
    url = make_url(settings.sqlalchemy_url)
    address = url.set(drivername="postgresql", password=None).render_as_string()
    environment = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    command = [found, f"--dbname={address}", "--no-password", *arguments]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)  # noqa: S603 (our own words)
    if ran.returncode:
        raise TenderlineError(f"{program} failed: {ran.stderr.strip().splitlines()[-1] if ran.stderr.strip() else ran.returncode}")
