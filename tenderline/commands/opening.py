"""What the commands share: settings and database as they are, and mistakes said in a sentence."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
import structlog
from sqlalchemy.exc import SQLAlchemyError

from tenderline.database import Database, newest_revision, revision
from tenderline.errors import ConfigurationError, TenderlineError
from tenderline.runtime import Runtime, create_runtime
from tenderline.settings import Settings
from tenderline.startup import read_settings


@contextmanager
def in_words() -> Iterator[None]:
    """Turn errors into what a person reads on standard error, with exit code 1."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        yield
    except TenderlineError as error:
        raise click.ClickException("\n".join([error.message, *([error.hint] if error.hint else [])])) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename or 'A file'}: {error.strerror or error}.") from error
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database can't be used ({type(error).__name__}).\n`flask tasks doctor` says more.") from error


@contextmanager
def opened() -> Iterator[Runtime]:
    """A runtime on the database as it is: nothing is migrated, no keeper runs, no task is worked on here."""
    with in_words():
        settings = read_settings()
        require_schema(settings)
        runtime = create_runtime(settings)
        try:
            yield runtime
        finally:
            runtime.close()


def sqlite_file(settings: Settings) -> Path | None:
    """The file of the database; None when it is PostgreSQL."""
    scheme, _, path = settings.sqlalchemy_url.partition(":///")
    return Path(path) if scheme.startswith("sqlite") else None


def require_schema(settings: Settings) -> None:
    """Raise ``ConfigurationError`` when there is no database yet, or one of another version."""
    file = sqlite_file(settings)
    if file is not None and not file.exists():
        raise ConfigurationError(
            f"There is no database at {file}.", hint="Start the server once, or set DATA_DIR to where it keeps its data."
        )
    database = Database(settings)
    try:
        found = revision(database.engine)
    finally:
        database.close()
    if found != newest_revision():
        raise ConfigurationError(
            f"The database has schema {found or 'none'}, this version wants {newest_revision()}.",
            hint="Start the server of this version: it brings the database up to date.",
        )
