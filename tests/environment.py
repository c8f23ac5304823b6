"""An environment for processes that tests start as a person would."""

from __future__ import annotations

import os
from pathlib import Path

from tenderline.settings import Settings


def plain_environment(data_dir: Path) -> dict[str, str]:
    """The environment without any setting of ours or of make's, and with a data folder."""
    names = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name.upper() not in names and not name.startswith(("MAKE", "MFLAGS"))}
    return {**kept, "DATA_DIR": str(data_dir)}
