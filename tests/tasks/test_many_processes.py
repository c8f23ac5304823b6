"""Claims and limits between processes, never threads of one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable

from sqlalchemy import select

from tenderline.database import Database
from tenderline.settings import Settings
from tenderline.tasks.models import Grant
from tests.services import ROOT, bare_environment
from tests.tasks.conftest import Desk

PROCESSES = 4
LIMIT, WINDOW = 5, 2.0


def compete(
    desk: Desk, operation: str, tasks: int, *, seconds: float = 180, window: float = WINDOW, granted: int = 0, **plan: object
) -> list[dict]:
    """Let several processes start the same tasks all at once; every start, in order of time. ``granted`` starts of the window are taken."""
    settings = {"data_dir": str(desk.folder / "data"), "database_url": desk.database_url, "log_level": "ERROR"}
    settings |= {"analysis_rate_limit": LIMIT, "rate_limit_window": window}
    runtime = desk.runtime(keeper=False, **settings)
    with runtime.database.write() as session:
        now = runtime.database.now(session)
        session.add_all([Grant(queue="analysis", task_id=f"granted-{number}", granted_at=now) for number in range(granted)])
    ids = [runtime.tasks.submit(operation, {}, owner="anna", executor="celery").task_id for _ in range(tasks)]
    message = json.dumps({"settings": settings, "operation": operation, "ids": ids, "seconds": seconds, "processes": PROCESSES, **plan})
    command = [sys.executable, "-m", "tests.tasks.contender", message]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    contenders = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment)
        for _ in range(PROCESSES)
    ]
    for contender in contenders:
        assert contender.stdout is not None
        assert contender.stdout.readline() == "ready\n"
    for contender in contenders:
        assert contender.stdin is not None
        contender.stdin.write("go\n")
        contender.stdin.flush()
    lines = [line for contender in contenders for line in contender.communicate(timeout=seconds + 30)[0].splitlines()]
    return sorted((json.loads(line) for line in lines if line.startswith("{")), key=lambda start: start["at"])


def granted(desk: Desk) -> dict[str, float]:
    """Task id -> when the start was granted, by the database's clock."""
    with Database(Settings(_env_file=None, data_dir=desk.folder / "data", database_url=desk.database_url)).read() as session:
        return dict(session.execute(select(Grant.task_id, Grant.granted_at)).all())  # type: ignore[arg-type]


def most_in_a_window(times: Iterable[float], window: float = WINDOW) -> int:
    """The largest number of starts in any window of that length."""
    times = list(times)
    return max(sum(begin <= at < begin + window for at in times) for begin in times)


def test_every_task_is_claimed_by_one_process(desk: Desk) -> None:
    starts = compete(desk, "echo", 60)
    assert Counter(Counter(start["task"] for start in starts).values()) == {1: 60}
    assert len({start["pid"] for start in starts}) > 1


def test_four_processes_and_thirty_tasks_never_exceed_five_starts_in_any_window(desk: Desk) -> None:
    starts = compete(desk, "limited_echo", 30)
    grants = granted(desk)
    assert sorted(start["task"] for start in starts) == sorted(grants)
    assert len(starts) == 30
    assert most_in_a_window(grants.values()) == LIMIT
    assert len({start["pid"] for start in starts}) > 1


def test_without_the_lock_the_limit_would_not_hold(desk: Desk) -> None:
    counted = desk.folder / "counted"
    compete(desk, "limited_echo", 40, seconds=1, window=300, granted=LIMIT - 1, without_lock=str(counted))
    assert most_in_a_window(granted(desk).values(), 300) > LIMIT


def test_processes_that_start_at_once_make_the_database_once(desk: Desk) -> None:
    code = "from tenderline.database import migrate; from tenderline.settings import Settings; migrate(Settings(_env_file=None))"
    environment = bare_environment(desk.folder) | {"DATA_DIR": str(desk.folder / "fresh"), "DATABASE_URL": desk.database_url}
    starting = [subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=desk.folder) for _ in range(PROCESSES)]
    assert [process.wait(timeout=60) for process in starting] == [0] * PROCESSES
