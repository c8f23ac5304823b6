"""What a process says when it cannot start: one readable line for each mistake in the settings instead of a traceback."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from pydantic import SecretStr, ValidationError

from tenderline.errors import ConfigurationError
from tenderline.settings import Settings


def read_settings(*, listens: bool = False) -> Settings:
    """The settings from the environment, checked.

    Args:
        listens: whether this process will accept connections, and so must be safe to reach.

    Raises:
        ConfigurationError: with every mistake in its message, a line each.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        raise ConfigurationError(_mistakes(error), hint="Every setting is described in .env.example.") from None
    if listens:
        settings.require_safe()
    _require_data_dir(settings)
    return settings


def settings_or_exit(*, listens: bool = False) -> Settings:
    """Like ``read_settings``, but a mistake is printed to standard error and ends the process with status 1."""
    try:
        return read_settings(listens=listens)
    except ConfigurationError as error:
        refuse(error)


def refuse(error: ConfigurationError) -> NoReturn:
    """Print why the process does not start and what to do about it, and end it with status 1."""
    print("\n".join(["Tenderline did not start.", error.message, *([error.hint] if error.hint else [])]), file=sys.stderr, flush=True)
    sys.exit(1)


def _mistakes(error: ValidationError) -> str:
    lines = []
    for mistake in error.errors(include_url=False, include_context=False):
        said = mistake["msg"].removeprefix("Value error, ")
        if not mistake["loc"]:
            lines.append(said)
            continue
        name = str(mistake["loc"][0])
        lines.append(f"{name.upper()}{_value(name, mistake['input'])}: {said}")
    return "\n".join(lines)


def _value(name: str, value: object) -> str:
    """``=value`` where repeating the value cannot give a secret away."""
    annotation = Settings.model_fields[name].annotation
    return "" if annotation in (str, SecretStr) else f"={value}"


def _require_data_dir(settings: Settings) -> None:
    directory = settings.data_dir
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"DATA_DIR={directory} cannot be made: {error.strerror}.", hint="Name a folder that can be written."
        ) from None
    if not os.access(directory, os.W_OK | os.X_OK):
        raise ConfigurationError(f"DATA_DIR={directory} cannot be written.", hint="Name a folder that can be written.")
