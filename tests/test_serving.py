"""The server's first and last words: what it says of wrong settings, where it is, and what it leaves behind."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.environment import plain_environment
from tests.servers import free_port
from tests.services import wait_for

ROOT = Path(__file__).parent.parent
SERVE = [sys.executable, "-m", "gunicorn", "app:create_app()"]
SIGNALS_AT_BIRTH = """
exec(compile(open("gunicorn.conf.py").read(), "gunicorn.conf.py", "exec"))
ours = post_fork
def post_fork(server, worker):
    ours(server, worker)
    with open(os.environ["BORN"], "a+") as born:
        born.seek(0)
        told = [signal.SIGTERM, signal.SIGQUIT][len(born.readlines()):]
        born.write(f"{worker.pid}\\n")
    if told:
        signal.raise_signal(told[0])
"""


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, str]:
    return plain_environment(tmp_path / "data")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"HOST": "0.0.0.0"}, "Refusing to listen on 0.0.0.0 without a password."),
        ({"PORT": "eighty"}, "PORT=eighty: "),
        ({"WEB_WORKERS": "0", "USE_CELERY": "perhaps"}, "USE_CELERY=perhaps: "),
        ({"TASK_EXECUTOR": "celery"}, "TASK_EXECUTOR=celery needs REDIS_URL"),
        ({"DATA_DIR": "/proc/nowhere"}, "DATA_DIR=/proc/nowhere cannot be made"),
    ],
    ids=["no password", "no number", "two mistakes", "no broker", "no folder"],
)
def test_a_wrong_setting_is_a_sentence_and_no_traceback(wrong: dict[str, str], said: str, plain: dict[str, str]) -> None:
    ran = subprocess.run(SERVE, cwd=ROOT, env={**plain, **wrong}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.splitlines()) <= 4


def test_a_wrong_setting_never_repeats_a_secret(plain: dict[str, str]) -> None:
    wrong = {"ACCESS_PASSWORD": "open-sesame", "REDIS_URL": "redis://:open-sesame@localhost", "PORT": "0"}
    ran = subprocess.run(SERVE, cwd=ROOT, env={**plain, **wrong}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "open-sesame" not in ran.stderr + ran.stdout


def test_a_port_in_use_is_said_at_once(plain: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = subprocess.run(SERVE, cwd=ROOT, env={**plain, "PORT": str(port)}, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{port}: the port is in use." in ran.stderr


@pytest.fixture
def server(plain: dict[str, str], tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The served application and its port, in a session of its own, as a terminal would start it."""
    port = free_port()
    environment = {**plain, "PORT": str(port), "HOME": str(tmp_path)}
    process = subprocess.Popen(
        SERVE, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    try:
        yield process, port
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def beating(server: tuple[subprocess.Popen[str], int], data: Path) -> list[int]:
    """Wait until the server says where it is, answers, and has two web processes at work; their process ids."""
    process, port = server
    assert process.stdout is not None
    assert f"http://127.0.0.1:{port}" in process.stdout.readline()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        assert b" 200 " in connection.recv(1024)
    with contextlib.closing(sqlite3.connect(data / "tenderline.db")) as database:
        rows = "SELECT pid FROM processes WHERE counter > 0"
        return wait_for(lambda: len(pids := [pid for (pid,) in database.execute(rows)]) == 2 and pids, "both web processes to run")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
def test_the_server_leaves_nothing_behind(signum: int, server: tuple[subprocess.Popen[str], int], tmp_path: Path) -> None:
    beating(server, tmp_path / "data")
    process, _ = server
    os.killpg(process.pid, signum) if signum == signal.SIGINT else process.send_signal(signum)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in said
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
    assert {entry.name for entry in tmp_path.iterdir()} == {"data"}
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "tenderline.db")) as database:
        assert database.execute("SELECT count(*) FROM processes").fetchone() == (0,)


def test_ctrl_c_again_and_again_ends_it_as_well(server: tuple[subprocess.Popen[str], int], tmp_path: Path) -> None:
    workers = beating(server, tmp_path / "data")
    process, _ = server
    for _ in range(2000):
        for pid, signum in itertools.product(workers, (signal.SIGINT, signal.SIGQUIT)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signum)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0


def test_a_web_process_hears_a_signal_that_comes_before_it_handles_signals(plain: dict[str, str], tmp_path: Path) -> None:
    config, born = tmp_path / "config.py", tmp_path / "born"
    config.write_text(SIGNALS_AT_BIRTH)
    environment = {**plain, "PORT": str(free_port()), "WEB_WORKERS": "1", "BORN": str(born)}
    server = subprocess.Popen([*SERVE, "--config", str(config)], cwd=ROOT, env=environment, start_new_session=True)
    try:
        wait_for(lambda: born.exists() and len(born.read_text().splitlines()) == 3, "two web processes to end and a third to come")
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()
