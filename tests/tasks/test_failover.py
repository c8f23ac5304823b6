"""Broker and workers come and go; every accepted task is answered all the same. Real Redis, real workers, real kills."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tenderline.runtime import Runtime
from tenderline.tasks.models import Task
from tests.services import wait_for
from tests.tasks.conftest import Desk, listening

pytestmark = [pytest.mark.redis, pytest.mark.worker]
OWNER = "anna"


def executor_of(runtime: Runtime, operation: str = "echo", **params: object) -> str:
    """Submit and follow to success; where it ran."""
    submission = runtime.tasks.submit(operation, params, owner=OWNER)
    status = runtime.tasks.wait(submission.task_id, OWNER, 60)
    assert status.state == "SUCCESS", status
    return status.executor


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Desk, Runtime]]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.redis.start()
    yield desk, desk.runtime(redis_url=desk.redis.url)
    desk.close()


@pytest.fixture
def queued(shared: tuple[Desk, Runtime]) -> tuple[Desk, Runtime]:
    """A desk whose work goes to a worker; what the last test broke is mended first."""
    desk, runtime = shared
    desk.mend()
    listening(runtime)
    wait_for(lambda: executor_of(runtime) == "celery", "work to go to the worker")
    (desk.folder / "starts").unlink(missing_ok=True)
    return desk, runtime


def test_with_redis_closed_from_the_start_work_is_done_inline(desk: Desk) -> None:
    runtime = desk.runtime(redis_url=desk.redis.url)
    assert executor_of(runtime) == "inline"
    assert runtime.availability.broker == "down"


def test_without_a_worker_work_is_done_inline(desk: Desk) -> None:
    desk.redis.start()
    runtime = desk.runtime(redis_url=desk.redis.url)
    wait_for(lambda: runtime.availability.broker == "up", "the broker to be seen")
    assert executor_of(runtime) == "inline"


def test_redis_gone_in_mid_use_and_back(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    desk.redis.kill()
    assert executor_of(runtime) == "inline"
    assert runtime.availability.broker == "down"
    desk.redis.start()
    wait_for(lambda: executor_of(runtime) == "celery", "work to go to the worker again")


def test_redis_stopped_in_mid_use_and_continued(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    desk.redis.pause()
    assert executor_of(runtime) == "inline"
    assert executor_of(runtime) == "inline"
    desk.redis.resume()
    wait_for(lambda: executor_of(runtime) == "celery", "work to go to the worker again")


def test_a_publish_that_failed_and_arrives_later_runs_once(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    log = desk.folder / "starts"
    desk.redis.pause()
    task_id = runtime.tasks.submit("echo", {"log": str(log)}, owner=OWNER).task_id
    assert runtime.tasks.status(task_id, OWNER).executor == "inline"
    desk.redis.resume()
    ring(runtime, "echo", task_id)  # the ghost
    wait_for(lambda: not desk.redis.waiting("analysis"), "the ghost to be taken")
    wait_for(lambda: executor_of(runtime) == "celery", "the worker to have dealt with what came before")
    assert len(log.read_text().splitlines()) == 1


def test_a_message_delivered_twice_runs_once(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    log = desk.folder / "starts"
    task_id = runtime.tasks.submit("echo", {"log": str(log)}, owner=OWNER).task_id
    for _ in range(5):
        ring(runtime, "echo", task_id)
    assert runtime.tasks.wait(task_id, OWNER, 60).state == "SUCCESS"
    assert executor_of(runtime) == "celery"
    assert executor_of(runtime) == "celery"
    assert len(log.read_text().splitlines()) == 1


def ring(runtime: Runtime, operation: str, task_id: str) -> None:
    """Publish a bell past the dispatcher."""
    from celery_config import create_celery

    create_celery(runtime.settings).send_task(operation, args=[task_id], task_id=task_id, queue="analysis")


def test_a_lost_bell_is_rung_again(queued: tuple[Desk, Runtime]) -> None:
    _, runtime = queued
    runtime.dispatcher.publish = lambda bells: set()  # type: ignore[method-assign]  # messages vanish on their way
    task_id = runtime.tasks.submit("echo", {}, owner=OWNER).task_id
    del runtime.dispatcher.publish  # type: ignore[attr-defined]
    status = runtime.tasks.wait(task_id, OWNER, 60)
    assert (status.state, status.executor) == ("SUCCESS", "celery")


def test_tasks_given_to_a_worker_that_is_killed_are_answered(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    running = [runtime.tasks.submit("patient", {"seconds": 60}, owner=OWNER).task_id for _ in range(2)]
    for task_id in running:
        wait_for(lambda task_id=task_id: runtime.tasks.status(task_id, OWNER).state == "PROGRESS", "both slots to be taken")
    waiting = [runtime.tasks.submit("echo", {"n": n}, owner=OWNER).task_id for n in range(3)]
    desk.workers[-1].kill()
    statuses = [runtime.tasks.wait(task_id, OWNER, 60) for task_id in waiting]
    assert [status.state for status in statuses] == ["SUCCESS"] * 3
    assert executor_of(runtime) == "inline"
    for task_id in running:
        wait_for(lambda task_id=task_id: runtime.tasks.status(task_id, OWNER).executor == "background", "the runs to be taken over")
        runtime.tasks.cancel(task_id, OWNER)


def test_a_worker_that_comes_back_gets_work_again(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    desk.workers[-1].kill()
    wait_for(lambda: executor_of(runtime) == "inline", "the worker's absence to be seen")
    desk.worker()
    listening(runtime)
    assert executor_of(runtime) == "celery"


def test_waiting_work_is_handed_over_when_the_broker_stays_away(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    running = [runtime.tasks.submit("patient", {"seconds": 60}, owner=OWNER).task_id for _ in range(2)]
    for task_id in running:
        wait_for(lambda task_id=task_id: runtime.tasks.status(task_id, OWNER).state == "PROGRESS", "both slots to be taken")
    waiting = [runtime.tasks.submit("echo", {"n": n}, owner=OWNER).task_id for n in range(3)]
    desk.redis.kill()
    for task_id in running:
        runtime.tasks.cancel(task_id, OWNER)  # works without a broker
        assert runtime.tasks.wait(task_id, OWNER, 60).state == "REVOKED"
    assert [runtime.tasks.wait(task_id, OWNER, 60).state for task_id in waiting] == ["SUCCESS"] * 3


def test_a_task_that_kills_its_child_is_started_again_and_others_are_not_hurt(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    task_id = runtime.tasks.submit("deadly", {"log": str(desk.folder / "starts"), "times": 1}, owner=OWNER).task_id
    assert executor_of(runtime) == "celery"
    status = runtime.tasks.wait(task_id, OWNER, 60)
    assert (status.state, status.result) == ("SUCCESS", {"survived": True})


def test_a_task_that_always_kills_its_child_fails_after_three_losses(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    log = desk.folder / "starts"
    task_id = runtime.tasks.submit("deadly", {"log": str(log), "times": 99}, owner=OWNER).task_id
    status = runtime.tasks.wait(task_id, OWNER, 60)
    assert status.state == "FAILURE"
    assert status.error is not None
    assert status.error["code"] == "lost"
    assert len(log.read_text().splitlines()) == 3


def test_a_child_that_is_slow_to_start_is_waited_for(desk: Desk) -> None:
    """Celery by itself kills it after 4 seconds, and its successor too, for ever."""
    desk.redis.start()
    runtime = desk.runtime(redis_url=desk.redis.url, task_executor="celery")
    busy = desk.folder / "busy"
    desk.worker(slots=1, BUSY_MACHINE=str(busy))
    listening(runtime)
    assert executor_of(runtime) == "celery"
    busy.touch()
    task_id = runtime.tasks.submit("deadly", {"log": str(desk.folder / "starts"), "times": 1}, owner=OWNER).task_id
    wait_for(busy.read_text, "its successor to start")
    started = time.monotonic()
    wait_for(lambda: time.monotonic() - started > 5, "5 seconds to be over")
    assert len(busy.read_text().splitlines()) == 1
    busy.unlink()
    assert runtime.tasks.wait(task_id, OWNER, 60).state == "SUCCESS"


def test_cancel_stops_what_never_checks_and_even_what_ignores_signals(queued: tuple[Desk, Runtime]) -> None:
    _, runtime = queued
    for operation in ("stubborn", "deaf"):
        task_id = runtime.tasks.submit(operation, {"seconds": 60}, owner=OWNER).task_id
        wait_for(lambda task_id=task_id: runtime.tasks.status(task_id, OWNER).state == "PROGRESS", "the work to be under way")
        runtime.tasks.cancel(task_id, OWNER)
        assert runtime.tasks.wait(task_id, OWNER, 60).state == "REVOKED"
    assert executor_of(runtime) == "celery"


def test_a_hard_time_limit_ends_what_ignores_the_soft_one(queued: tuple[Desk, Runtime]) -> None:
    _, runtime = queued
    task_id = runtime.tasks.submit("hard_limit", {"seconds": 60}, owner=OWNER).task_id
    status = runtime.tasks.wait(task_id, OWNER, 60)
    assert status.state == "FAILURE"
    assert status.error is not None
    assert status.error["code"] == "time_limit"
    assert executor_of(runtime) == "celery"


def test_an_orderly_stop_finishes_or_gives_back_what_was_begun(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    stopping = desk.folder / "stopping"
    task_id = runtime.tasks.submit("patient", {"seconds": 60, "until": str(stopping)}, owner=OWNER).task_id
    wait_for(lambda: runtime.tasks.status(task_id, OWNER).state == "PROGRESS", "the work to be under way")
    desk.workers[-1].terminate()
    stopping.touch()
    assert runtime.tasks.wait(task_id, OWNER, 60).state == "SUCCESS"
    wait_for(lambda: not desk.workers[-1].running, "the worker to end")
    assert runtime.tasks.queue_stats()["workers"] == 0


def test_a_stopping_worker_gives_back_what_its_grace_does_not_suffice_for(desk: Desk) -> None:
    desk.redis.start()
    runtime = desk.runtime(redis_url=desk.redis.url)
    stopping = desk.worker(SHUTDOWN_GRACE="0.5")
    listening(runtime)
    task_id = runtime.tasks.submit("patient", {"seconds": 60}, owner=OWNER).task_id
    wait_for(lambda: runtime.tasks.status(task_id, OWNER).state == "PROGRESS", "the work to be under way")
    with runtime.database.write() as session:
        session.get_one(Task, task_id).params = {"seconds": 0}  # of the next run
    stopping.terminate()
    wait_for(lambda: not stopping.running, "the worker to end")
    ended = runtime.tasks.wait(task_id, OWNER, 60)
    with runtime.database.read() as session:
        row = session.get_one(Task, task_id)
    assert (ended.state, row.run, row.lost) == ("SUCCESS", 2, 0)


def test_a_waiting_task_is_cancelled_without_ever_starting(queued: tuple[Desk, Runtime]) -> None:
    desk, runtime = queued
    running = [runtime.tasks.submit("patient", {"seconds": 60}, owner=OWNER).task_id for _ in range(2)]
    log = desk.folder / "starts"
    task_id = runtime.tasks.submit("echo", {"log": str(log)}, owner=OWNER).task_id
    assert runtime.tasks.cancel(task_id, OWNER)
    assert runtime.tasks.status(task_id, OWNER).state == "REVOKED"
    for other in running:
        runtime.tasks.cancel(other, OWNER)
        runtime.tasks.wait(other, OWNER, 60)
    assert executor_of(runtime) == "celery"
    assert not Path(log).exists()


def test_status_of_an_id_that_never_existed_is_not_pending(queued: tuple[Desk, Runtime]) -> None:
    from tenderline.errors import NotFound

    _, runtime = queued
    with pytest.raises(NotFound):
        runtime.tasks.status(str(uuid.uuid4()), OWNER)
