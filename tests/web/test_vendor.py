from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tenderline.web.vendor import write_bundle

ROOT = Path(__file__).parents[2]


def test_the_charts_script_is_made_offline_and_once(tmp_path: Path) -> None:
    target = tmp_path / "vendor" / "vega.js"
    assert write_bundle(target)
    text = target.read_text()
    assert all(f"window.{name}=" in text for name in ("vega", "vegaLite", "vegaEmbed"))
    written = target.stat().st_mtime_ns
    assert not write_bundle(target)
    assert target.stat().st_mtime_ns == written
    assert [path.name for path in target.parent.iterdir()] == ["vega.js"]


@pytest.mark.parametrize("goal", ["setup", "run", "test"])
def test_make_makes_the_charts_script_by_itself(goal: str, tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").touch()
    (tmp_path / "requirements-dev.txt").touch()
    for name in ("scripts/test-tools", "scripts/make-venv", "tenderline/web/vendor.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    command = ["make", "--dry-run", "--no-print-directory", "-f", str(ROOT / "Makefile"), goal]
    planned = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30).stdout
    assert "-m tenderline.web.vendor" in planned


def test_the_image_makes_the_charts_script_by_itself() -> None:
    assert "python -m tenderline.web.vendor" in (ROOT / "Dockerfile").read_text()
    assert "static/vendor" in (ROOT / ".dockerignore").read_text().splitlines()
