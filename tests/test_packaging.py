"""What a person meets who sets Tenderline up: settings, requirements, the Makefile and the image."""

from __future__ import annotations

import ast
import base64
import contextlib
import hashlib
import importlib.metadata
import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tenderline.settings import Settings
from tests.environment import plain_environment
from tests.servers import free_port

ROOT = Path(__file__).parent.parent
PACKAGES = runpy.run_path(str(ROOT / "scripts" / "packages.py"))


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, str]:
    return plain_environment(tmp_path / "data")


# ---- Settings ----


def _example() -> dict[str, str]:
    """The settings in .env.example, which stand there as ``#NAME=value``; its comments begin with ``# ``."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert all(not line or line.startswith("#") for line in lines), "a copied .env.example changes nothing"
    return dict(line[1:].split("=", 1) for line in lines if re.match(r"#[A-Z_]+=", line))


def test_the_example_has_every_setting_and_no_other() -> None:
    assert {name.upper() for name in Settings.model_fields} == set(_example())


def test_every_setting_in_the_example_is_explained() -> None:
    paragraphs = re.split(r"\n\n", (ROOT / ".env.example").read_text())
    bare = [block for block in paragraphs if re.search(r"^#[A-Z_]+=", block, re.MULTILINE) and not block.startswith("# ")]
    assert {line.lstrip("#").split("=")[0] for block in bare for line in block.splitlines()} <= {"PORT", "ANTHROPIC_API_KEY"}


def test_the_example_holds_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    copy = tmp_path / ".env"
    copy.write_text("\n".join(f"{name}={value}" for name, value in _example().items()))
    assert Settings(_env_file=copy) == Settings(_env_file=None)


# ---- Requirements ----


def _names(file: str) -> set[str]:
    """The packages a requirements file names, in the registry's spelling."""
    lines = (ROOT / file).read_text().splitlines()
    found = {match[0] for line in lines if (match := re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", line))}
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def _pins(file: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==(\S+)", (ROOT / file).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", ["requirements", "requirements-dev", "requirements-uv", "requirements-flower"])
def test_what_is_asked_for_is_pinned_and_everything_pinned_has_a_hash(name: str) -> None:
    text = (ROOT / f"{name}.txt").read_text()
    assert _names(f"{name}.in") <= _pins(f"{name}.txt").keys()
    entries = re.split(r"\n(?=[a-z0-9])", text.partition("\n")[2])
    assert not [entry.splitlines()[0] for entry in entries if "==" in entry and "--hash=sha256:" not in entry]


def test_tests_run_with_the_versions_the_application_runs_with() -> None:
    runtime = _pins("requirements.txt")
    for others in ("requirements-dev.txt", "requirements-flower.txt"):
        pinned = _pins(others)
        assert runtime.keys() & pinned.keys()
        assert {name: version for name, version in pinned.items() if runtime.get(name, version) != version} == {}
    assert _pins("requirements-flower.txt")["flower"] == _pins("requirements-dev.txt")["flower"]


def test_every_dependency_says_why_it_is_there() -> None:
    explained = {name.partition("[")[0] for row in _explanations() for name in row.split(", ")}
    assert _names("requirements.in") | _names("requirements-dev.in") | _names("requirements-uv.in") == explained


def _explanations() -> list[str]:
    table = (ROOT / "docs" / "dependencies.md").read_text().partition("## Programs")[0]
    return [
        name.removesuffix(" (`requirements-uv.in`)")
        for name in re.findall(r"^\| ([a-z][^|]*?) \|", table, re.MULTILINE)
        if name != "package"
    ]


def _imported(*patterns: str) -> set[str]:
    """The packages that files import, by their names in the registry."""
    distributions = importlib.metadata.packages_distributions()
    found: set[str] = set()
    for file in (file for pattern in patterns for file in ROOT.glob(pattern)):
        for node in ast.walk(ast.parse(file.read_text())):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            modules += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            found.update(name for module in modules for name in distributions.get(module.partition(".")[0], []))
    return {re.sub(r"[-_.]+", "-", name).lower() for name in found}


def test_the_application_needs_what_it_asks_for_and_asks_for_what_it_needs() -> None:
    """Nothing a fresh machine lacks is imported, and nothing is installed there for no use."""
    used = _imported("*.py", "tenderline/**/*.py", "migrations/**/*.py")
    assert used <= _pins("requirements.txt").keys()
    loaded_by_name = {"gunicorn", "psycopg"}  # one by its command, one by SQLAlchemy
    assert _names("requirements.in") - loaded_by_name <= used


def test_tests_and_benchmarks_import_only_what_make_test_installs() -> None:
    pinned = _pins("requirements.txt").keys() | _pins("requirements-dev.txt").keys()
    assert _imported("tests/**/*.py", "bench/**/*.py") <= pinned


def test_no_dependency_is_under_the_gpl_or_agpl() -> None:
    strong = re.compile(r"(?<![L])A?GPL|Affero|(?<!Lesser )General Public License")
    offences = []
    for name in _pins("requirements.txt"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):  # for another platform
            metadata = importlib.metadata.metadata(name)
            classifiers = [line for line in metadata.get_all("Classifier") or [] if line.startswith("License")]
            said = [metadata.get("License-Expression") or "", (metadata.get("License") or "")[:200], *classifiers]
            offences += [f"{name}: {words}" for words in said if strong.search(words)]
    assert not offences


# ---- Installing ----


def test_pips_configuration_reaches_uv() -> None:
    listing = """\
:env:.timeout='60'
freeze.timeout='10'
global.extra-index-url='file:///a\\nfile:///b'
global.index-url='https://mirror.example/simple'
global.find-links='/wheels /more'
install.index-url='https://other.example/simple'
"""
    options = PACKAGES["pip_configuration"](listing)
    assert PACKAGES["uv_environment"](options) == {
        "UV_DEFAULT_INDEX": "https://other.example/simple",
        "UV_INDEX": "file:///a file:///b",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/wheels,/more",
        "UV_HTTP_TIMEOUT": "60",
    }


def test_an_option_that_uv_cannot_follow_leaves_the_work_to_pip() -> None:
    assert PACKAGES["uv_environment"]({"client-cert": "/secret.pem"}) is None
    assert PACKAGES["uv_environment"]({"no-input": "1"}) == {}
    assert PACKAGES["uv_environment"]({"constraint": "/etc/constraints.txt"}) == {}, "every version is pinned already"


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_packages_come_from_where_pip_is_told_to_look(installer: str, tmp_path: Path, plain: dict[str, str]) -> None:
    """A package that exists nowhere else is found in the folder that pip.conf names, and its hash is checked."""
    wheel = _wheel(tmp_path / "wheels", "tenderline_probe", "1.0")
    configuration = tmp_path / "pip.conf"
    configuration.write_text(f"[global]\nno-index = true\nfind-links = {wheel.parent}\n")
    requirement = tmp_path / "wanted.txt"
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    venv.create(tmp_path / "venv", with_pip=False)
    packages = next((tmp_path / "venv").glob("lib/python*/site-packages"))
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib"))  # lends it pip and uv
    environment = {name: value for name, value in plain.items() if not name.startswith(("PIP_", "UV_"))}
    environment |= {"PIP_CONFIG_FILE": str(configuration), "INSTALLER": installer}
    command = [str(tmp_path / "venv" / "bin" / "python"), str(ROOT / "scripts" / "packages.py"), "install", str(requirement)]

    requirement.write_text(f"tenderline-probe==1.0 --hash=sha256:{'0' * 64}\n")
    refused = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert refused.returncode != 0

    requirement.write_text(f"tenderline-probe==1.0 --hash=sha256:{digest}\n")
    installed = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)
    assert installed.returncode == 0, installed.stderr
    assert (packages / "tenderline_probe-1.0.dist-info" / "INSTALLER").read_text().strip() == installer


def _wheel(folder: Path, name: str, version: str) -> Path:
    """The smallest wheel there can be."""
    folder.mkdir()
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}.py": "",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    hashes = {path: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode() for path, text in files.items()}
    record = "".join(f"{path},sha256={hashes[path]},{len(text)}\n" for path, text in files.items()) + f"{info}/RECORD,,\n"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return wheel


# ---- Makefile ----


def test_make_alone_lists_every_target(plain: dict[str, str]) -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {"help", "setup", "run", "worker", "test", "lint", "bench", "requirements", "clean"} <= targets
    listed = subprocess.run(["make", "--no-print-directory"], cwd=ROOT, env=plain, capture_output=True, text=True, timeout=30).stdout
    assert set(re.findall(r"^  make (\S+)", listed, re.MULTILINE)) == targets


def test_nothing_is_installed_again_while_the_requirements_are_the_same(tmp_path: Path, plain: dict[str, str]) -> None:
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(ROOT / name, tmp_path)
    for made in ("bin/python", ".runtime-installed", ".dev-installed"):
        (tmp_path / ".venv" / made).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / ".venv" / made).touch()
    install = ["make", "--dry-run", "--no-print-directory", "lint"]
    settled = subprocess.run(install, cwd=tmp_path, env=plain, capture_output=True, text=True, timeout=30).stdout
    assert "packages.py install" not in settled

    newer = (tmp_path / ".venv" / ".dev-installed").stat().st_mtime + 10
    os.utime(tmp_path / "requirements.txt", (newer, newer))
    changed = subprocess.run(install, cwd=tmp_path, env=plain, capture_output=True, text=True, timeout=30).stdout
    assert changed.count("packages.py install") == 2


def test_a_machine_without_a_new_python_is_told_so(tmp_path: Path) -> None:
    shell = shutil.which("sh") or "/bin/sh"
    ran = subprocess.run(
        [shell, str(ROOT / "scripts" / "make-venv")], cwd=tmp_path, env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert ran.returncode == 1
    assert "needs Python 3.11 or newer" in ran.stderr


def test_missing_programs_are_named_with_what_is_skipped(tmp_path: Path) -> None:
    """On a machine without apt-get and root, the tests go on without them."""
    shell = shutil.which("sh") or "/bin/sh"
    nobody = tmp_path / "id"
    nobody.write_text("#!/bin/sh\necho 1000\n")
    nobody.chmod(0o755)
    ran = subprocess.run([shell, str(ROOT / "scripts" / "test-tools")], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert ran.returncode == 0
    assert len(re.findall(r"^SKIPPED: no (redis-server|chromium) .* are skipped", ran.stderr, re.MULTILINE)) == 2


def test_ci_runs_make_test_and_nothing_else() -> None:
    run = ROOT / ".ci" / "run"
    assert os.access(run, os.X_OK)
    commands = [line for line in run.read_text().splitlines() if line and not line.startswith("#")]
    assert commands == ["set -eu", 'cd "$(dirname "$0")/.."', "exec make test"]


# ---- Image ----


def _copied() -> set[str]:
    """What the Dockerfile copies from the tree."""
    lines = re.findall(r"^COPY (?!--from)(.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    return {source.partition("/")[0] for line in lines for source in line.split()[:-1]}


def test_the_image_has_everything_that_runs() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode != 0:
        pytest.skip("not in a git checkout")
    not_for_running = {"tests", "bench", "docs", "scripts"}
    needed = {path.split("/")[0] for path in tracked.stdout.split() if path.endswith((".py", ".js", ".css", ".html"))} - not_for_running
    assert needed <= _copied()


def test_what_the_image_copies_exists_and_may_be_copied() -> None:
    missing = [source for source in _copied() if not (ROOT / source).exists()]
    assert not missing
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignored
    assert _copied() == {line[1:] for line in ignored if line.startswith("!")}


def test_the_image_is_not_root_has_a_health_check_and_needs_a_password() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["python:3.11-slim"] * 3
    assert re.search(r"^USER (?!0|root)\S+", dockerfile, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*docker/healthcheck\.py", dockerfile, re.MULTILINE)
    assert "HOST=0.0.0.0" in dockerfile
    assert "ACCESS_PASSWORD=" not in dockerfile.replace("ACCESS_PASSWORD or", "")
    assert "ALLOW_ANONYMOUS=true" not in dockerfile.replace("or ALLOW_ANONYMOUS=true.", "")


def test_the_image_runs_any_other_command_as_it_is() -> None:
    ran = subprocess.run([str(ROOT / "docker" / "entrypoint"), "echo", "a  b"], capture_output=True, text=True, timeout=30)
    assert (ran.returncode, ran.stdout) == (0, "a  b\n")


def test_the_image_refuses_to_serve_without_a_password(plain: dict[str, str]) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{plain['PATH']}"
    environment = {**plain, "PATH": path, "HOST": "0.0.0.0", "PORT": str(free_port())}
    ran = subprocess.run([str(ROOT / "docker" / "entrypoint")], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "ACCESS_PASSWORD" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_image_runs_workers_that_say_what_they_need(plain: dict[str, str]) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{plain['PATH']}"
    command = [str(ROOT / "docker" / "entrypoint"), "worker"]
    ran = subprocess.run(command, cwd=ROOT, env={**plain, "PATH": path}, capture_output=True, text=True, timeout=60)
    assert ran.returncode != 0
    assert "REDIS_URL" in ran.stderr
    assert "Traceback" not in ran.stderr
