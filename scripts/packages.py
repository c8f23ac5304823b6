"""Installs and compiles the hashed requirements.

``packages.py install FILE...`` installs into the environment of the Python that runs it, with uv, which takes a fifth of pip's time.
uv doesn't read pip's configuration, so we hand it over; where that holds something we cannot hand over, or uv cannot do it, pip does.
``INSTALLER=pip`` goes straight to pip. Whoever serves the files, their hashes are checked.

``packages.py compile [--upgrade]`` writes each ``requirements*.txt`` from its ``.in``, for all platforms, without the name of any registry.
"""

from __future__ import annotations

import ast
import fcntl
import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
UV_REQUIREMENTS = ROOT / "requirements-uv.txt"
COMPILED = ("requirements-uv", "requirements", "requirements-dev", "requirements-flower")

# pip's options that do not bear on where packages come from, or that uv needs no word of. A constraint chooses among versions, of which
# our files leave no choice.
IRRELEVANT = {
    "break-system-packages", "cache-dir", "config-file", "constraint", "disable-pip-version-check", "log", "no-color", "no-input",
    "no-warn-script-location", "prefer-binary", "progress-bar", "quiet", "require-virtualenv", "retries", "root-user-action", "verbose",
}  # fmt: skip


def pip_configuration(listing: str) -> dict[str, str]:
    """pip's options as ``pip install`` would see them, from the output of ``pip config list`` (lines like ``global.timeout='60'``).

    The environment wins over the section ``install``, that over ``global``; sections of other commands don't count.
    """
    sections: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        name, separator, value = line.partition("=")
        section, _, option = name.rpartition(".")
        if separator and section in sections:
            sections[section][option.replace("_", "-")] = str(ast.literal_eval(value))
    return {**sections["global"], **sections["install"], **sections[":env:"]}


def uv_environment(options: Mapping[str, str]) -> dict[str, str] | None:
    """Environment variables that make uv look where pip looks; ``None`` when an option has no counterpart that we know of."""
    environment: dict[str, str] = {}
    for option, value in options.items():
        words = value.split()
        match option:
            case "index-url":
                environment["UV_DEFAULT_INDEX"] = value.strip()
            case "extra-index-url":  # pip takes the best file of all indexes, uv by default those of the first that knows the name
                environment.update(UV_INDEX=" ".join(words), UV_INDEX_STRATEGY="unsafe-best-match")
            case "find-links":
                environment["UV_FIND_LINKS"] = ",".join(words)
            case "no-index":
                environment["UV_NO_INDEX"] = "1" if _true(value) else ""
            case "trusted-host":
                environment["UV_INSECURE_HOST"] = " ".join(words)
            case "cert":
                environment["SSL_CERT_FILE"] = value
            case "proxy":
                environment.update(HTTPS_PROXY=value, HTTP_PROXY=value)
            case "timeout" | "default-timeout":
                environment["UV_HTTP_TIMEOUT"] = value
            case "no-cache-dir":
                environment["UV_NO_CACHE"] = "1" if _true(value) else ""
            case _ if option not in IRRELEVANT:
                return None
    return {name: value for name, value in environment.items() if value}


def _true(value: str) -> bool:
    return value.strip().lower() in ("1", "true", "yes", "on")


def _cache_is_writable() -> bool:
    cache = Path(os.environ.get("UV_CACHE_DIR") or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv")
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(cache, os.W_OK)


def _pip(*arguments: str) -> int:
    return subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments], cwd=ROOT).returncode


def _pip_options() -> dict[str, str]:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    return pip_configuration(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _have_uv() -> bool:
    installed = importlib.util.find_spec("uv") is not None
    return installed or _pip("install", "--quiet", "--require-hashes", "-r", str(UV_REQUIREMENTS)) == 0


def _uv(environment: Mapping[str, str], *arguments: str) -> int:
    cache = {} if _cache_is_writable() else {"UV_NO_CACHE": "1"}
    known = {"UV_PYTHON_DOWNLOADS": "never", **cache, **environment}
    return subprocess.run([sys.executable, "-m", "uv", *arguments], cwd=ROOT, env={**known, **os.environ}).returncode


def _install_with_uv(files: list[str]) -> bool:
    environment = uv_environment(_pip_options())
    if environment is None or not _have_uv():
        return False
    requirements = [part for file in files for part in ("-r", file)]
    command = ["pip", "install", "--quiet", "--python", sys.executable, "--compile-bytecode", "--require-hashes", *requirements]
    return _uv(environment, *command) == 0


def install(files: list[str]) -> int:
    """Install exactly what the files name. Returns the exit status. A second one that is started meanwhile waits for the first."""
    with open(Path(sys.prefix) / ".installing", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _install(files)


def _install(files: list[str]) -> int:
    started = time.monotonic()
    print(f"Installing the packages of {' and '.join(files)} (once, until the file changes) ...", flush=True)
    if os.environ.get("INSTALLER", "uv") == "pip" or not _install_with_uv(files):
        for file in files:
            if status := _pip("install", "--quiet", "--require-hashes", "-r", file):
                print("The packages could not be installed: pip says why above, `pip config list` where it looks.", file=sys.stderr)
                return status
    print(f"Installed in {time.monotonic() - started:.0f} s.", flush=True)
    return 0


def compile_all(*flags: str) -> int:
    """Write every ``requirements*.txt`` anew. It keeps the versions it names, unless ``--upgrade`` is a flag. Returns the exit status."""
    if not _have_uv():
        return 1
    # Only the main index: an extra one may hold a single platform's file of a version, and so would the hashes.
    options = {name: value for name, value in _pip_options().items() if name not in ("extra-index-url", "find-links")}
    form = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-emit-find-links"]
    for name in COMPILED:
        source = [f"{name}.in", "--output-file", f"{name}.txt", "--custom-compile-command", "make requirements"]
        if status := _uv(uv_environment(options) or {}, "pip", "compile", "--quiet", *form, *flags, *source):
            return status
    return 0


if __name__ == "__main__":
    action, *rest = sys.argv[1:] or [""]
    if action == "install" and rest:
        sys.exit(install(rest))
    if action == "compile":
        sys.exit(compile_all(*rest))
    sys.exit(__doc__)
