"""Puts a backup in place: everything is unpacked and checked beside what is there, then moved in; a failure moves all of it back."""

from __future__ import annotations

import os
import shutil
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from tenderline.commands.archive import FILES, Manifest, unpack
from tenderline.commands.opening import sqlite_file
from tenderline.commands.snapshot import run_postgresql, stored_files
from tenderline.database import Base, Database
from tenderline.errors import Conflict, Invalid
from tenderline.settings import Settings
from tenderline.tasks.recovery import DEAD_AFTER

SQLITE_PARTS = ("", "-wal", "-shm")


def restore(settings: Settings, source: Path, *, force: bool) -> Manifest:
    """Replace database and files by those of the archive. The next start migrates them if they are older.

    Raises:
        Conflict: something runs on this data; there is data already and ``force`` is not given; or the archive is newer, or of another kind
            of database.
        Invalid: the archive is damaged or no backup.
    """
    _require_nobody(settings)
    if not force and _holds_data(settings):
        raise Conflict(f"There is data in {settings.data_dir.absolute()} already.", hint="--force replaces it. Make a backup of it first.")
    staging = Path(mkdtemp(prefix=".restore-", dir=settings.data_dir))
    try:
        manifest = unpack(source, staging)
        dump = staging / manifest.dump
        file = sqlite_file(settings)
        if (manifest.database == "sqlite") is not (file is not None):
            wanted = "without DATABASE_URL" if manifest.database == "sqlite" else "with DATABASE_URL set to a PostgreSQL database"
            raise Conflict(f"The backup holds a {manifest.database} database.", hint=f"Restore it {wanted}.")
        if file is not None:
            _prepare_sqlite(dump)
        _require_nobody(settings)
        with ExitStack() as undo:
            _move_files(settings.data_dir, staging / FILES, staging / "replaced", undo)
            if file is not None:
                _move_sqlite(file, dump, staging / "replaced", undo)
            else:
                _restore_postgresql(settings, dump)
            undo.pop_all()
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return manifest


def _require_nobody(settings: Settings) -> None:
    """Raise ``Conflict`` when a process of ours has beaten lately."""
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        return
    database = Database(settings)
    try:
        with database.read() as session:
            if not inspect(session.connection()).has_table("processes"):
                return
            now = database.now(session)
            fresh = text("SELECT kind, host, pid FROM processes WHERE beat_at > :since AND beat_at < :until")
            alive = session.execute(fresh, {"since": now - DEAD_AFTER, "until": now + DEAD_AFTER}).all()
    except SQLAlchemyError:
        if file is None:
            raise
        return  # a damaged file is what a backup is there to replace
    finally:
        database.close()
    if alive:
        names = ", ".join(f"{kind} {host}:{pid}" for kind, host, pid in alive)
        raise Conflict(
            f"Tenderline runs on this data: {names}.", hint=f"Stop it; what was killed counts as running for {DEAD_AFTER:.0f} s."
        )


def _holds_data(settings: Settings) -> bool:
    if next(stored_files(settings.data_dir), None) is not None:
        return True
    if (file := sqlite_file(settings)) is not None:
        return file.exists()
    return bool(_tables(settings))


def _tables(settings: Settings) -> set[str]:
    database = Database(settings)
    try:
        return set(inspect(database.engine).get_table_names())
    finally:
        database.close()


def _prepare_sqlite(dump: Path) -> None:
    """Check the copy, and take out of it who was alive when it was made."""
    try:
        with closing(sqlite3.connect(dump)) as connection:
            said = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            connection.execute("DELETE FROM processes")
            connection.execute("UPDATE leases SET expires_at = 0")
            connection.commit()
    except sqlite3.Error as error:
        raise Invalid("The archive's database is damaged.", hint="Use another backup.") from error
    if said != "ok":
        raise Invalid(f"The archive's database is damaged: {said}.", hint="Use another backup.")
    descriptor = os.open(dump, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


def _move(source: Path, target: Path, undo: ExitStack) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    source.rename(target)
    undo.callback(target.rename, source)


def _move_files(data_dir: Path, new: Path, replaced: Path, undo: ExitStack) -> None:
    """What stands in DATA_DIR makes room for what the archive brings."""
    for name in sorted({path.parts[0] for path in stored_files(data_dir)}):
        _move(data_dir / name, replaced / name, undo)
    for path in sorted(new.iterdir()) if new.is_dir() else ():
        _move(path, data_dir / path.name, undo)


def _move_sqlite(file: Path, dump: Path, replaced: Path, undo: ExitStack) -> None:
    for ending in SQLITE_PARTS:
        old = file.with_name(file.name + ending)
        if old.exists():
            _move(old, replaced / "database" / old.name, undo)
    _move(dump, file, undo)
    folder = os.open(file.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _restore_postgresql(settings: Settings, dump: Path) -> None:
    """In one transaction: all of it or nothing."""
    unknown = _tables(settings) - set(Base.metadata.tables) - {"alembic_version"}
    if unknown:
        names = ", ".join(sorted(unknown))
        raise Conflict(
            f"The database holds tables that are not ours or of a newer version: {names}.", hint="Restore into an empty database."
        )
    run_postgresql("pg_restore", settings, "--single-transaction", "--clean", "--if-exists", "--no-owner", "--no-privileges", str(dump))
    database = Database(settings)
    try:
        with database.write() as session:
            session.execute(text("DELETE FROM processes"))
            session.execute(text("UPDATE leases SET expires_at = 0"))
    finally:
        database.close()
