"""The files of the register: ``DATA_DIR/register/``, named by ids of ours, never by a user."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from tenderline.errors import DiskFull

MIN_FREE_BYTES = 200 * 1024 * 1024


class RegisterFiles:
    """Where things are.

    Args:
        data_dir: the setting ``DATA_DIR``.
        min_free: bytes that must stay free on its disk.
    """

    def __init__(self, data_dir: Path, min_free: int = MIN_FREE_BYTES) -> None:
        self.root = data_dir.absolute() / "register"
        self._min_free = min_free

    @property
    def segments(self) -> Path:
        return self.root / "segments"

    @property
    def staging(self) -> Path:
        """Where unfinished segments and the rows of an import on its way are: one directory for each run of a task."""
        return self.root / "staging"

    def segment(self, segment_id: str) -> Path:
        """A segment's directory."""
        return self.segments / _uuid(segment_id)

    def upload(self, upload_id: str) -> Path:
        """The directory of an upload: ``original`` and, after an import, ``rejects.csv.gz``."""
        return self.root / "uploads" / _uuid(upload_id)

    def export(self, export_id: str) -> Path:
        """The file that an export wrote."""
        return self.root / "exports" / _uuid(export_id)

    @property
    def questions(self) -> Path:
        """Where the questions lie that were answered directly."""
        return self.root / "questions"

    def question(self, digest: str) -> Path:
        """The file of a question, by the digest in its key: 64 hexadecimal digits."""
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
            raise ValueError("not a digest")
        return self.questions / digest

    def require_space(self, wanted: int = 0) -> None:
        """Raise ``DiskFull`` when ``wanted`` bytes more would leave the disk nearly full."""
        self.root.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.root).free < self._min_free + wanted:
            raise DiskFull("The server's disk is nearly full.", hint="Delete what you no longer need, or ask the administrator.")


def _uuid(name: str) -> str:
    """The id in its one form: nothing else ever becomes part of a path."""
    return str(uuid.UUID(name))
