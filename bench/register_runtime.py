"""The register inside an application that works inline, as on a worker: for measures of a whole task and of its process's memory."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

OWNER = "local"


def runtime_of(data_dir: Path) -> Any:
    """An application on a data folder, which is made if it is not there."""
    from tenderline.database import migrate
    from tenderline.runtime import create_runtime
    from tenderline.settings import Settings

    data_dir.mkdir(parents=True, exist_ok=True)
    settings = Settings(_env_file=None, data_dir=data_dir, task_executor="inline", log_level="WARNING", inline_timeout=3600)
    migrate(settings)
    return create_runtime(settings)


def adopt(data_dir: Path, made: Path) -> None:
    """Publish the segments that lie in another folder, without copying them."""
    runtime = runtime_of(data_dir)
    files = runtime.register.files
    shutil.copytree(made / "register" / "segments", files.segments, copy_function=os.link)
    publish_segments(runtime)
    runtime.close()


def publish_segments(runtime: Any) -> None:
    """Put all segments that lie in the application's register on its list."""
    from tenderline.register.building import BuiltSegment
    from tenderline.register.publication import Publication
    from tenderline.register.segment import Segment

    segments = [Segment.open(path) for path in sorted(runtime.register.files.segments.iterdir())]
    built = [BuiltSegment(segment.id, segment.rows, 0, segment.meta["imports"]) for segment in segments]
    with runtime.database.write() as session:
        Publication(runtime.register.snapshot().version, runtime.database.now, add=built).effect(session)


def in_a_process(module: str, *arguments: object) -> dict[str, float]:
    """Run a module's measure in a process of its own; the figures that it prints last."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def peak_megabytes() -> float:
    """The most memory that this process ever had, files that it had mapped included."""
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024
