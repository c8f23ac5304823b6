"""Flower beside our workers: it sees them, and wants its login."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.environment import plain_environment
from tests.servers import free_port
from tests.services import ROOT, end, wait_for
from tests.tasks.conftest import Desk, listening

FLOWER = ROOT / "docker" / "flower"
LOGIN = "admin:secret"


def start(folder: Path, **settings: str) -> subprocess.Popen[bytes]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.Popen([str(FLOWER)], cwd=folder, env=plain_environment(folder) | {"PATH": path, **settings}, stderr=subprocess.PIPE)


@pytest.mark.parametrize("login", ["", "nobody", ":", "user:", ":password"])
def test_flower_starts_with_a_login_only(login: str, tmp_path: Path) -> None:
    refused = start(tmp_path, FLOWER_BASIC_AUTH=login, CELERY_BROKER_URL="redis://127.0.0.1:1")
    _, said = refused.communicate(timeout=30)
    assert refused.returncode != 0
    assert b"FLOWER_BASIC_AUTH" in said


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.redis.start()
    yield desk
    desk.close()


def ask(port: int, path: str, login: str = LOGIN) -> tuple[int, Any]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}")
    if login:
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""
    except OSError:
        return 0, b""


@pytest.mark.redis
@pytest.mark.worker
def test_flower_sees_our_workers_and_tasks_and_nobody_sees_flower_without_the_login(desk: Desk, tmp_path: Path) -> None:
    port = free_port()
    settings = {"FLOWER_BASIC_AUTH": LOGIN, "CELERY_BROKER_URL": desk.redis.url, "FLOWER_PORT": str(port), "FLOWER_ADDRESS": "127.0.0.1"}
    flower = start(tmp_path, **settings)
    try:
        runtime = desk.runtime(redis_url=desk.redis.url)
        desk.worker()
        wait_for(lambda: ask(port, "/healthcheck")[0] == 200, "Flower to answer", 180)
        listening(runtime)
        done: set[str] = set()

        def sees_one() -> bool:
            """Do one more task; whether any was seen. Flower answers before it listens, and what happens until then it never sees."""
            task_id = runtime.tasks.submit("echo", {}, owner="anna").task_id
            assert runtime.tasks.wait(task_id, "anna", 60).state == "SUCCESS"
            done.add(task_id)
            return not done.isdisjoint(json.loads(ask(port, "/api/tasks")[1] or b"{}"))

        wait_for(sees_one, "Flower to see a task")
        workers = wait_for(lambda: json.loads(ask(port, "/workers?json=1")[1] or b"{}").get("data"), "Flower to see the worker")
        assert len(workers) == 1
        for path in ("/", "/workers", "/api/tasks", "/api/workers"):
            assert ask(port, path, login="")[0] == ask(port, path, login="admin:wrong")[0] == 401
    finally:
        end(flower)
        flower.communicate()
