"""What ``flask tasks doctor`` examines: from the settings inwards, each finding in words and with what to do."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tenderline import __version__
from tenderline.commands.broker import examine_broker
from tenderline.commands.finding import BAD, LOOK, OK, Finding
from tenderline.commands.opening import require_schema, sqlite_file
from tenderline.commands.work import examine_work
from tenderline.database import Database
from tenderline.errors import ConfigurationError
from tenderline.runtime import Runtime, create_runtime
from tenderline.settings import Settings
from tenderline.startup import read_settings

__all__ = ["BAD", "LOOK", "OK", "Finding", "examine"]

MIN_FREE_BYTES = 200 * 1024 * 1024
"""Below this no document is taken (``review.files``)."""
COMFORTABLE_BYTES = 5 * MIN_FREE_BYTES
SLOW_WRITE_SECONDS = 1.0
CLOCKS_APART_SECONDS = 2.0


def examine() -> list[Finding]:
    """All findings, the good ones too. Examines as far as it gets: without settings or database the rest can't be known."""
    try:
        settings = read_settings(listens=True)
    except ConfigurationError as error:
        return [Finding(BAD, "settings", error.message.replace("\n", "; "), error.hint)]
    findings = [Finding(OK, "settings", _said(settings))]
    findings += _disk(settings)
    try:
        require_schema(settings)
        runtime = create_runtime(settings)
    except ConfigurationError as error:
        return [*findings, Finding(BAD, "database", error.message, error.hint), *examine_broker(settings, None)]
    except SQLAlchemyError as error:
        words = f"{_kind(settings)} can't be used: {_reason(error)}."
        hint = (
            "Is it running and reachable with DATABASE_URL?"
            if settings.database_url
            else "Is the file readable, and whole? See docs/operations.md."
        )
        return [*findings, Finding(BAD, "database", words, hint), *examine_broker(settings, None)]
    try:
        return [*findings, *_database(settings, runtime.database), *_work(runtime)]
    finally:
        runtime.close()


def _work(runtime: Runtime) -> Iterator[Finding]:
    try:
        with runtime.database.snapshot() as session:
            yield from examine_broker(runtime.settings, runtime.availability.live(session))
            yield from examine_work(runtime, session)
    except SQLAlchemyError as error:
        yield Finding(BAD, "tasks", f"The ledger can't be read: {_reason(error)}.", "See what is said of the database.")


def _said(settings: Settings) -> str:
    where = "this machine alone" if settings.loopback else settings.host
    guarded = "a password" if settings.access_password.get_secret_value() else "no password"
    return f"version {__version__}, mode {settings.task_executor}, reviewer {settings.provider}, listens on {where} with {guarded}"


def _kind(settings: Settings) -> str:
    return "SQLite" if sqlite_file(settings) else "PostgreSQL"


def _reason(error: SQLAlchemyError) -> str:
    """The driver's words, which name no value that a user wrote."""
    return str(getattr(error, "orig", None) or type(error).__name__).strip().partition("\n")[0]


def _disk(settings: Settings) -> Iterator[Finding]:
    free = shutil.disk_usage(settings.data_dir).free
    words = f"{free / 1e9:.1f} GB free in {settings.data_dir.absolute()}"
    if free < MIN_FREE_BYTES:
        yield Finding(BAD, "disk", f"{words}: no document is taken any more", "Make room: delete documents, or enlarge the disk.")
    elif free < COMFORTABLE_BYTES:
        yield Finding(LOOK, "disk", words, "Make room before uploads are refused at 0.2 GB.")
    else:
        yield Finding(OK, "disk", words)


def _database(settings: Settings, database: Database) -> Iterator[Finding]:
    checks: list[Callable[[Settings, Database], Iterator[Finding]]] = [_answers, _whole if sqlite_file(settings) else _clock]
    for check in checks:
        try:
            yield from check(settings, database)
        except SQLAlchemyError as error:
            yield Finding(BAD, "database", f"{_kind(settings)} fails: {_reason(error)}.", 'See docs/operations.md, "Database".')
            return


def _answers(settings: Settings, database: Database) -> Iterator[Finding]:
    """Whether a writing transaction can begin, and how soon."""
    started = time.monotonic()
    with database.write() as session:
        session.execute(text("UPDATE leases SET expires_at = expires_at WHERE name = 'doctor'"))
    took = time.monotonic() - started
    words = f"{_kind(settings)} takes writes ({took * 1000:.0f} ms)"
    if took > SLOW_WRITE_SECONDS:
        yield Finding(LOOK, "database", words, "Something holds its lock for long, or the disk is slow.")
    else:
        yield Finding(OK, "database", words)


def _whole(settings: Settings, database: Database) -> Iterator[Finding]:
    with database.read() as session:
        said = str(session.execute(text("PRAGMA quick_check(1)")).scalar())
        mode = str(session.execute(text("PRAGMA journal_mode")).scalar())
    if said != "ok":
        yield Finding(BAD, "database", f"The file is damaged: {said}.", "Stop everything and restore a backup: flask restore.")
    if mode != "wal":
        yield Finding(LOOK, "database", f"Its journal mode is {mode}, not WAL.", "Is DATA_DIR on a network disk? SQLite needs a local one.")


def _clock(settings: Settings, database: Database) -> Iterator[Finding]:
    with database.read() as session:
        apart = abs(database.now(session) - time.time())
    if apart > CLOCKS_APART_SECONDS:
        yield Finding(
            LOOK, "clock", f"This machine's clock and the database's are {apart:.0f} s apart.", "Times are the database's; set both by NTP."
        )
