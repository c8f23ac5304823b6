"""What `flask tasks` shows and does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sqlalchemy import func, select

from tenderline.runtime import Runtime
from tenderline.tasks.metrics import finished_sums
from tenderline.tasks.models import FAILURE, PENDING, REVOKED, STARTED, SUCCESS, Task
from tests.commands.conftest import Flask, add, of_json
from tests.services import ROOT, bare_environment


def count(runtime: Runtime) -> int:
    with runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(Task)) or 0


def test_the_list_is_newest_first_and_filtered(runtime: Runtime, flask: Flask) -> None:
    old = add(runtime, ago=100, state=SUCCESS, owner="ben")
    new = add(runtime, ago=1)
    listed = flask("tasks", "list")
    assert listed.exit_code == 0
    assert listed.stdout.index(new) < listed.stdout.index(old)
    assert [task["id"] for task in of_json(flask("tasks", "list", "--json", "--state", "success", "--state", "FAILURE"))] == [old]
    assert flask("tasks", "list", "--ids", "--owner", "anna").stdout == f"{new}\n"
    assert flask("tasks", "list", "--ids", "--operation", "test").stdout == ""
    assert flask("tasks", "list", "--ids", "--limit", "1").stdout == f"{new}\n"


def test_the_list_quotes_nothing_that_a_user_wrote(runtime: Runtime, flask: Flask) -> None:
    add(runtime, params={"message": "a private question"}, result={"response": "a private answer"}, partial="a private ans")
    assert "private" not in flask("tasks", "list").stdout + flask("tasks", "list", "--json").stdout


def test_a_task_is_shown_with_all_that_is_known_of_it(runtime: Runtime, flask: Flask) -> None:
    task_id = add(runtime, state=FAILURE, params={"message": "why"}, error={"code": "lost", "message": "It was lost."})
    assert "It was lost." in flask("tasks", "show", task_id).stdout
    assert of_json(flask("tasks", "show", task_id, "--json"))["params"] == {"message": "why"}


def test_an_unknown_task_is_said_to_be_unknown(runtime: Runtime, flask: Flask) -> None:
    for command in ("show", "cancel", "retry"):
        told = flask("tasks", command, "no-such-task")
        assert told.exit_code == 1
        assert "There is no task no-such-task." in told.output


def test_a_waiting_task_is_cancelled_at_once_and_a_running_one_is_asked(runtime: Runtime, flask: Flask) -> None:
    waiting, running, done = add(runtime), add(runtime, state=STARTED, process="a-worker", run=1), add(runtime, state=SUCCESS)
    told = flask("tasks", "cancel", waiting, running, done).stdout.splitlines()
    assert [line.partition("  ")[2] for line in told] == ["cancelled", "is asked to stop", "had ended before (SUCCESS)"]
    with runtime.database.read() as session:
        assert session.get_one(Task, waiting).state == REVOKED
        assert session.get_one(Task, running).cancel_requested_at is not None


def test_a_finished_task_runs_again_in_a_web_process_and_not_in_the_command(runtime: Runtime, flask: Flask) -> None:
    old = add(runtime, state=FAILURE, operation="test", queue="test")
    told = flask("tasks", "retry", old).stdout
    new = told.split()[-1]
    with runtime.database.read() as session:
        row = session.get_one(Task, new)
        assert (row.state, row.executor, row.owner, row.process) == (PENDING, "background", "anna", None)
    runtime.start_web()
    assert runtime.tasks.wait(new, "anna", 60).state == SUCCESS


def test_a_task_that_has_not_ended_is_not_run_again(runtime: Runtime, flask: Flask) -> None:
    told = flask("tasks", "retry", add(runtime))
    assert told.exit_code == 1
    assert "has not ended yet (PENDING)" in told.output
    assert count(runtime) == 1


def test_a_purge_deletes_what_has_ended_and_keeps_counting_it(runtime: Runtime, flask: Flask) -> None:
    with runtime.database.read() as session:
        now = runtime.database.now(session)
    for state in (SUCCESS, FAILURE):
        add(runtime, state=state, finished_at=now - 86400 * 3)
    add(runtime, state=SUCCESS, finished_at=now)
    add(runtime, state=PENDING, ago=86400 * 9)
    assert flask("tasks", "purge", "--older-than", "1").exit_code != 0  # nobody said yes
    assert count(runtime) == 4
    assert flask("tasks", "purge", "--older-than", "1", "--state", "failure", "--yes").stdout == "1 tasks deleted\n"
    assert flask("tasks", "purge", "--older-than", "1", "--yes").stdout == "1 tasks deleted\n"
    assert count(runtime) == 2
    with runtime.database.snapshot() as session:
        assert sum(sums.count for sums in finished_sums(session).values()) == 3


def test_a_folder_without_a_database_is_not_given_one(data_dir: Path, flask: Flask) -> None:
    told = flask("tasks", "list")
    assert told.exit_code == 1
    assert "There is no database" in told.output
    assert not (data_dir / "tenderline.db").exists()


def test_flasks_own_command_finds_ours_and_starts_nothing(runtime: Runtime, data_dir: Path) -> None:
    command = [sys.executable, "-m", "flask", "--app", "app", "tasks", "list", "--ids"]
    task_id = add(runtime)
    environment = bare_environment(data_dir.parent) | {"DATA_DIR": str(data_dir)}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{task_id}\n", "")
    with runtime.database.read() as session:
        assert runtime.availability.live(session) == []
    assert not (data_dir / "secret_key").exists()
