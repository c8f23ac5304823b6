"""Counts over all time: they never fall, whatever is deleted, and results are forgotten without a lie about the task."""

from __future__ import annotations

import random
import threading
import uuid

import pytest
from sqlalchemy import func, select, true

from tenderline.errors import Conflict
from tenderline.runtime import Runtime
from tenderline.tasks import followers
from tenderline.tasks.metrics import LedgerCollector, exposition, finished_sums
from tenderline.tasks.models import FAILURE, PENDING, REVOKED, SUCCESS, Task, Total
from tenderline.tasks.pruning import forget_results, forget_tasks
from tenderline.tasks.totals import BUCKETS, fold
from tests.databases import needs_sqlite
from tests.tasks.conftest import Desk

OWNER = "anna"


@pytest.fixture
def still(desk: Desk) -> Runtime:
    """A runtime without a keeper: nothing happens but what the test does."""
    return desk.runtime(keeper=False)


def ended(runtime: Runtime, *, ago: float = 0.0, state: str = SUCCESS, waited: float = 1.0, ran: float = 2.0, **values: object) -> str:
    """A task that ended ``ago`` seconds ago."""
    task_id = str(uuid.uuid4())
    with runtime.database.write() as session:
        finished = runtime.database.now(session) - ago
        started = finished - ran
        row = {"id": task_id, "operation": "echo", "queue": "analysis", "owner": OWNER, "params": {}, "executor": "celery", "run": 1}
        times = {"created_at": started - waited, "started_at": started, "finished_at": finished, "updated_at": finished}
        session.add(Task(**{**row, **times, "state": state, **values}))
        session.flush()
        followers.follow(session, session.get_one(Task, task_id), OWNER, started - waited)
    return task_id


def metrics(runtime: Runtime) -> dict[str, float]:
    """Every sample of /metrics."""
    body, _ = exposition(LedgerCollector(runtime.settings, runtime.database, runtime.limits, runtime.availability))
    lines = [line for line in body.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def lasting(samples: dict[str, float]) -> dict[str, float]:
    """The samples that must never fall."""
    return {name: value for name, value in samples.items() if name.partition("{")[0].endswith(("_total", "_bucket", "_count", "_sum"))}


def test_counts_are_the_same_before_and_after_tasks_are_deleted(still: Runtime) -> None:
    chance = random.Random(7)
    for _ in range(60):
        state = chance.choice([SUCCESS, FAILURE, REVOKED])
        executor = chance.choice(["celery", "inline", "background"])
        counts = {name: chance.randrange(3) for name in ("retries", "lost", "moves")}
        ended(
            still, ago=chance.random() * 5000, state=state, executor=executor, waited=chance.expovariate(0.1), ran=chance.random(), **counts
        )
    ended(still, ago=9000, state=REVOKED, started_at=None)
    before = lasting(metrics(still))
    assert sum(value for name, value in before.items() if name.startswith("tenderline_tasks_total")) == 61
    for age in (4000, 2000, 0):
        assert forget_tasks(still.database, older_than=age) > 0
        assert lasting(metrics(still)) == pytest.approx(before)
    with still.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Task)) == 0


def test_a_duration_is_counted_in_its_bucket_and_in_all_longer_ones(still: Runtime) -> None:
    ended(still, waited=4.0, ran=0.05)
    ended(still, waited=99999.0, ran=0.5)
    ended(still, state=REVOKED, started_at=None)
    for _ in range(2):
        samples = metrics(still)
        bounds = [*(f"{bound:g}" for bound in BUCKETS), "+Inf"]
        name = 'tenderline_task_waiting_seconds_bucket{{executor="celery",le="{}",operation="echo"}}'
        counts = dict(zip(bounds, (samples[name.format(bound)] for bound in bounds), strict=True))
        assert (counts["2.5"], counts["5"], counts["3600"], counts["+Inf"]) == (0, 1, 1, 2)
        assert samples['tenderline_task_running_seconds_sum{executor="celery",operation="echo"}'] == pytest.approx(0.55)
        forget_tasks(still.database, older_than=-1)


def test_a_task_that_two_processes_delete_at_once_is_counted_once(desk: Desk) -> None:
    runtimes = [desk.runtime(keeper=False) for _ in range(3)]
    for _ in range(40):
        ended(runtimes[0], ago=100)
    start = threading.Barrier(3)

    def forget(runtime: Runtime) -> None:
        start.wait()
        with runtime.database.write() as session:
            fold(session, true(), 25)
        forget_tasks(runtime.database, older_than=10)

    threads = [threading.Thread(target=forget, args=(runtime,)) for runtime in runtimes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    with runtimes[0].database.read() as session:
        [total] = session.scalars(select(Total))
        assert total.count == 40


def test_children_are_counted_before_their_parent_takes_them_along(still: Runtime) -> None:
    parent = ended(still, ago=100)
    for _ in range(3):
        ended(still, ago=110, parent_id=parent)
    assert forget_tasks(still.database, older_than=50) == 4
    with still.database.snapshot() as session:
        assert finished_sums(session)["echo", "celery", SUCCESS].count == 4


def test_a_parent_stays_while_a_child_of_it_is_unfinished(still: Runtime) -> None:
    parent = ended(still, ago=100, state=REVOKED)
    child = ended(still, ago=100, parent_id=parent, state=PENDING, finished_at=None)
    assert forget_tasks(still.database, older_than=50) == 0
    with still.database.read() as session:
        assert set(session.scalars(select(Task.id))) == {parent, child}


def test_deleting_a_documents_tasks_counts_them(still: Runtime) -> None:
    ended(still, session_key="document")
    ended(still, session_key="another")
    before = lasting(metrics(still))
    still.tasks.forget(OWNER, "document")
    assert lasting(metrics(still)) == pytest.approx(before)
    with still.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Task)) == 1


def test_an_old_result_is_forgotten_and_the_status_says_so(still: Runtime) -> None:
    old, new = ended(still, ago=3000, result={"words": 1}), ended(still, ago=100, result={"words": 2})
    assert forget_results(still.database, older_than=1800) == 1
    assert forget_results(still.database, older_than=1800) == 0
    status = still.tasks.status(old, OWNER).as_dict()
    assert (status["state"], status["successful"], "result" in status) == ("SUCCESS", True, False)
    assert "no longer kept" in status["status"]
    assert still.tasks.status(new, OWNER).result == {"words": 2}


def test_a_repeated_request_whose_answer_is_forgotten_is_told_so_and_not_worked_on_again(still: Runtime) -> None:
    old = ended(still, ago=3000, result={"words": 1})
    forget_results(still.database, older_than=1800)
    with pytest.raises(Conflict, match="no longer kept"):
        still.tasks.submit("echo", {}, owner=OWNER, task_id=old)


def test_a_childs_result_stays_while_its_parent_may_need_it(still: Runtime) -> None:
    running = ended(still, state=PENDING, finished_at=None)
    done = ended(still, ago=2000, result={"all": 1})
    children = [ended(still, ago=3000, parent_id=parent, result={"one": 1}) for parent in (running, done)]
    assert forget_results(still.database, older_than=1800) == 2
    assert [still.tasks.status(child, OWNER).result for child in children] == [{"one": 1}, None]


def test_only_a_move_that_is_a_failover_is_counted(still: Runtime) -> None:
    task_id = ended(still, state=PENDING, finished_at=None, started_at=None)
    with still.database.write() as session:
        still.ledger.move(session, Task.id == task_id, "background")
        still.ledger.move(session, Task.id == task_id, "celery", failover=False)
    assert metrics(still)['tenderline_task_failovers_total{operation="echo"}'] == 1


def test_unfinished_tasks_are_shown_by_queue_and_state(still: Runtime) -> None:
    ended(still, state=PENDING, finished_at=None, started_at=None, waited=50.0)
    samples = metrics(still)
    assert samples['tenderline_tasks_unfinished{executor="celery",operation="echo",queue="analysis",state="PENDING"}'] == 1
    assert samples['tenderline_oldest_waiting_seconds{queue="analysis"}'] >= 50
    assert samples['tenderline_oldest_waiting_seconds{queue="chat"}'] == 0
    assert samples["tenderline_database_up"] == 1
    assert samples["tenderline_database_bytes"] > 10_000


@needs_sqlite  # takes its file away
def test_without_a_database_the_metrics_still_answer(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    runtime.database.engine.dispose()
    for file in (desk.folder / "data").glob("tenderline.db*"):
        file.unlink()
    (desk.folder / "data" / "tenderline.db").mkdir()
    samples = metrics(runtime)
    assert samples["tenderline_database_up"] == 0
    assert any(name.startswith("tenderline_build_info") for name in samples)
