"""The key that signs cookies: set by the administrator, or made once and kept in ``DATA_DIR``."""

from __future__ import annotations

import fcntl
import os
import secrets

from tenderline.settings import Settings

_BYTES = 48


def secret_key(settings: Settings) -> str:
    """The key of this installation. Several processes that ask for the first time at once get the same one."""
    if given := settings.secret_key.get_secret_value():
        return given
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    path = settings.data_dir / "secret_key"
    lock = os.open(settings.data_dir / "secret_key.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if path.exists() and (known := path.read_text().strip()):
            return known
        made = secrets.token_urlsafe(_BYTES)
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(made)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        return made
    finally:
        os.close(lock)
