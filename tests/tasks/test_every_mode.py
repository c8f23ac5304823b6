"""What holds wherever a task runs: the same tests inline and on a real Celery worker."""

from __future__ import annotations

import threading
import uuid
from pathlib import Path

import pytest

from tenderline.errors import Conflict, NotFound, TenderlineError
from tenderline.runtime import Runtime
from tenderline.tasks.status import TaskStatus
from tests.services import wait_for

OWNER = "anna"


def work(runtime: Runtime, operation: str, **params: object) -> TaskStatus:
    """Submit, follow to the end, return the final status; the way of an error does not matter here, the row does."""
    task_id = str(uuid.uuid4())
    try:
        runtime.tasks.submit(operation, params, owner=OWNER, task_id=task_id)
    except TenderlineError:
        return runtime.tasks.status(task_id, OWNER)
    return runtime.tasks.wait(task_id, OWNER, 60)


def start(runtime: Runtime, operation: str, **params: object) -> str:
    """Submit without waiting for the end; returns when the work is under way."""
    submission = runtime.tasks.submit(operation, params, owner=OWNER, wait=False)
    wait_for(lambda: runtime.tasks.status(submission.task_id, OWNER).state == "PROGRESS", "the work to be under way")
    return submission.task_id


def test_a_task_gives_its_result(runtime: Runtime) -> None:
    status = work(runtime, "echo", word="tender")
    assert (status.state, status.progress, status.ready) == ("SUCCESS", 100, True)
    assert status.result is not None
    assert status.result["echo"] == {"word": "tender"}


def test_a_failure_says_what_to_do(runtime: Runtime) -> None:
    status = work(runtime, "broken")
    assert status.state == "FAILURE"
    assert status.error == {"code": "internal_error", "message": "It can't be done.", "hint": "Do something else."}


def test_a_bug_is_a_failure_that_tells_no_detail(runtime: Runtime) -> None:
    status = work(runtime, "broken", bug=True)
    assert status.state == "FAILURE"
    assert "secret" not in str(status)


def test_an_effect_that_was_overtaken_is_prepared_anew(runtime: Runtime) -> None:
    status = work(runtime, "overtaken", times=3)
    assert (status.state, status.result, status.attempts) == ("SUCCESS", {"prepared": 4}, 1)


def test_a_transient_failure_is_tried_again(runtime: Runtime, tmp_path: Path) -> None:
    status = work(runtime, "busy", log=str(tmp_path / "starts"), times=2)
    assert status.result == {"starts": 3}
    assert status.attempts == 3


def test_trying_again_ends_after_four_attempts(runtime: Runtime, tmp_path: Path) -> None:
    status = work(runtime, "busy", log=str(tmp_path / "starts"), times=9)
    assert (status.state, status.attempts) == ("FAILURE", 4)


def test_a_429_with_retry_after_2_waits_once_and_at_least_2_seconds(runtime: Runtime, tmp_path: Path) -> None:
    log = tmp_path / "starts"
    status = work(runtime, "busy", log=str(log), times=1, retry_after=2)
    first, second = (float(line) for line in log.read_text().splitlines())
    assert status.state == "SUCCESS"
    assert second - first >= 2


def test_progress_and_partial_text_are_seen_while_it_works(runtime: Runtime) -> None:
    task_id = start(runtime, "patient", seconds=30)
    wait_for(lambda: (runtime.tasks.status(task_id, OWNER).partial or "").startswith("word word"), "two words")
    assert 0 <= runtime.tasks.status(task_id, OWNER).progress < 100
    assert runtime.tasks.cancel(task_id, OWNER)


def test_a_running_task_is_cancelled(runtime: Runtime) -> None:
    task_id = start(runtime, "patient", seconds=60)
    assert runtime.tasks.cancel(task_id, OWNER)
    status = runtime.tasks.wait(task_id, OWNER, 60)
    assert (status.state, status.result) == ("REVOKED", None)
    assert runtime.tasks.cancel(task_id, OWNER) is False


def test_a_cancelled_task_frees_its_slot(runtime: Runtime) -> None:
    for _ in range(3):  # more than there are slots
        task_id = start(runtime, "patient", seconds=60)
        runtime.tasks.cancel(task_id, OWNER)
        assert runtime.tasks.wait(task_id, OWNER, 60).state == "REVOKED"
    assert work(runtime, "echo").state == "SUCCESS"


def test_an_unknown_or_foreign_task_is_not_found(runtime: Runtime) -> None:
    task_id = runtime.tasks.submit("echo", {}, owner=OWNER).task_id
    for unknown, owner in ((str(uuid.uuid4()), OWNER), (task_id, "ben")):
        with pytest.raises(NotFound):
            runtime.tasks.status(unknown, owner)
        with pytest.raises(NotFound):
            runtime.tasks.cancel(unknown, owner)


def test_the_same_id_again_joins_the_first(runtime: Runtime, tmp_path: Path) -> None:
    task_id, log = str(uuid.uuid4()), tmp_path / "starts"
    for _ in range(3):
        runtime.tasks.submit("echo", {"log": str(log)}, owner=OWNER, task_id=task_id)
        runtime.tasks.wait(task_id, OWNER, 60)
    again = runtime.tasks.submit("echo", {"log": str(log)}, owner=OWNER, task_id=task_id)
    assert again.direct
    assert again.result is not None
    assert again.result["echo"] == {"log": str(log)}
    assert len(log.read_text().splitlines()) == 1


def test_an_id_is_not_used_for_other_work_or_by_others(runtime: Runtime) -> None:
    task_id = runtime.tasks.submit("echo", {"word": "one"}, owner=OWNER).task_id
    with pytest.raises(Conflict):
        runtime.tasks.submit("echo", {"word": "two"}, owner=OWNER, task_id=task_id)
    with pytest.raises(NotFound):
        runtime.tasks.submit("echo", {"word": "one"}, owner="ben", task_id=task_id)


def test_equal_work_is_done_once(runtime: Runtime, tmp_path: Path) -> None:
    log = tmp_path / "starts"
    first = runtime.tasks.submit("echo", {"log": str(log)}, owner=OWNER, key="same")
    runtime.tasks.wait(first.task_id, OWNER, 60)
    second = runtime.tasks.submit("echo", {"log": str(log)}, owner=OWNER, key="same")
    assert (second.task_id, second.cached) == (first.task_id, True)
    third = runtime.tasks.submit("echo", {"log": str(log)}, owner=OWNER, key="same", force=True)
    runtime.tasks.wait(third.task_id, OWNER, 60)
    assert third.task_id != first.task_id
    assert len(log.read_text().splitlines()) == 2


def test_equal_work_submitted_at_once_is_done_once(runtime: Runtime, tmp_path: Path) -> None:
    log, ids = tmp_path / "starts", set()

    def press() -> None:
        submission = runtime.tasks.submit("echo", {"log": str(log)}, owner=OWNER, key="pressed")
        ids.add(submission.task_id)

    threads = [threading.Thread(target=press) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 1
    assert runtime.tasks.wait(ids.pop(), OWNER, 60).state == "SUCCESS"
    assert len(log.read_text().splitlines()) == 1


def test_a_soft_time_limit_ends_what_never_checks(runtime: Runtime) -> None:
    status = work(runtime, "short_limit", seconds=3)
    assert status.state == "FAILURE"
    assert status.error is not None
    assert status.error["code"] == "time_limit"


def test_what_is_forgotten_leaves_neither_results_nor_questions(runtime: Runtime) -> None:
    done = runtime.tasks.submit("echo", {"message": "a secret"}, owner=OWNER, session_key="document").task_id
    runtime.tasks.wait(done, OWNER, 60)
    running = runtime.tasks.submit("patient", {"seconds": 60}, owner=OWNER, session_key="document", wait=False).task_id
    wait_for(lambda: runtime.tasks.status(running, OWNER).state == "PROGRESS", "the work to be under way")
    assert runtime.tasks.forget(OWNER, "document") == 1
    assert runtime.tasks.wait(running, OWNER, 60).state == "REVOKED"
    assert runtime.tasks.status(running, OWNER).params == {}
    with pytest.raises(NotFound):
        runtime.tasks.status(done, OWNER)
