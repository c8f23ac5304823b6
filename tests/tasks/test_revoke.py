"""Somebody gives orders beside the ledger, as Flower can: the ledger stays true, and the work goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from celery import Celery

from celery_config import create_celery
from tenderline.runtime import Runtime
from tenderline.tasks import web_keeper
from tests.services import wait_for
from tests.tasks.conftest import Desk, listening

pytestmark = [pytest.mark.redis, pytest.mark.worker]
OWNER = "anna"


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    """A runtime with one worker that has one slot."""
    with closing(Desk(tmp_path_factory.mktemp("desk"))) as desk:
        desk.redis.start()
        runtime = desk.runtime(redis_url=desk.redis.url)
        desk.worker(slots=1)
        listening(runtime)
        yield runtime


@pytest.fixture
def celery(runtime: Runtime) -> Celery:
    """Celery as Flower uses it."""
    return create_celery(runtime.settings)


def running(runtime: Runtime) -> str:
    task_id = runtime.tasks.submit("patient", {"seconds": 60}, owner=OWNER).task_id
    wait_for(lambda: runtime.tasks.status(task_id, OWNER).state == "PROGRESS", "the work to begin")
    return task_id


def ended(runtime: Runtime, task_id: str) -> str:
    return runtime.tasks.wait(task_id, OWNER, 60).state


def test_a_revoked_task_that_waits_is_cancelled_in_the_ledger(runtime: Runtime, celery: Celery) -> None:
    busy = running(runtime)
    waiting = runtime.tasks.submit("echo", {}, owner=OWNER).task_id
    celery.control.revoke(waiting)
    runtime.tasks.cancel(busy, OWNER)
    assert ended(runtime, waiting) == "REVOKED"
    assert ended(runtime, runtime.tasks.submit("echo", {}, owner=OWNER).task_id) == "SUCCESS"


def test_a_terminated_task_is_cancelled_in_the_ledger_and_its_slot_is_free(runtime: Runtime, celery: Celery) -> None:
    task_id = running(runtime)
    celery.control.revoke(task_id, terminate=True)
    assert ended(runtime, task_id) == "REVOKED"
    assert ended(runtime, runtime.tasks.submit("echo", {}, owner=OWNER).task_id) == "SUCCESS"


def test_a_worker_that_beats_but_takes_nothing_leaves_its_work_to_the_web_process(
    runtime: Runtime, celery: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_keeper, "UNHEARD_RINGS", 2)
    wait_for(lambda: celery.control.cancel_consumer("analysis", reply=True), "the worker to take nothing any more")
    try:
        task_id = runtime.tasks.submit("echo", {}, owner=OWNER, executor="celery").task_id
        assert ended(runtime, task_id) == "SUCCESS"
        assert runtime.tasks.status(task_id, OWNER).executor == "background"
    finally:
        wait_for(lambda: celery.control.add_consumer("analysis", reply=True), "the worker to take work again")
