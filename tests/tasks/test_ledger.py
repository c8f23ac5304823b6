"""What the ledger promises about runs, losses and clocks; time is handed in where it matters."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select, update

from tenderline.database import Database
from tenderline.runtime import Runtime
from tenderline.tasks.ledger import Claim, Ledger, RunLost
from tenderline.tasks.limits import Limits
from tenderline.tasks.models import FAILURE, PENDING, REVOKED, SUCCESS, Grant, Task
from tenderline.tasks.pruning import forget_tasks
from tenderline.tasks.recovery import DEAD_AFTER, Recovery
from tests.databases import needs_sqlite
from tests.tasks.conftest import Desk

OWNER = "anna"


@pytest.fixture
def still(desk: Desk) -> Runtime:
    """A runtime without a keeper: nothing happens but what the test does."""
    return desk.runtime(keeper=False)


def submitted(runtime: Runtime, executor: str = "celery", operation: str = "echo") -> str:
    """A waiting row that nothing runs by itself."""
    task_id = str(uuid.uuid4())
    with runtime.database.write() as session:
        now = runtime.database.now(session)
        queue = runtime.registry.get(operation).queue
        process = runtime.process_id if executor == "inline" else None
        session.add(
            Task(
                id=task_id,
                operation=operation,
                queue=queue,
                owner=OWNER,
                params={},
                executor=executor,
                process=process,
                created_at=now,
                updated_at=now,
            )
        )
    return task_id


def claimed(ledger: Ledger, task_id: str) -> Claim:
    claim = ledger.claim(task_id, executor="celery", pid=1, grant_from=None)
    assert isinstance(claim, Claim)
    return claim


def row(runtime: Runtime, task_id: str) -> Task:
    with runtime.database.read() as session:
        return session.scalars(select(Task).where(Task.id == task_id)).one()


def leave_grant(name: str):
    """An effect that can be counted afterwards."""
    return lambda session: session.add(Grant(queue="effects", task_id=name, granted_at=0.0))


def effects(runtime: Runtime) -> list[str]:
    with runtime.database.read() as session:
        return list(session.scalars(select(Grant.task_id).where(Grant.queue == "effects")))


def test_a_claimed_task_is_claimed_by_nobody_else(still: Runtime) -> None:
    task_id = submitted(still)
    assert claimed(still.ledger, task_id).run == 1
    assert still.ledger.claim(task_id, executor="celery", pid=2, grant_from=None) is None


def test_a_run_that_was_taken_over_changes_nothing_effects_included(still: Runtime) -> None:
    task_id = submitted(still)
    first = claimed(still.ledger, task_id)
    assert still.ledger.release(Task.id == task_id) == 1
    second = claimed(still.ledger, task_id)
    with pytest.raises(RunLost):
        still.ledger.progress(first, 1, 2, "I am still here", None)
    with pytest.raises(RunLost):
        still.ledger.finish(first, SUCCESS, result={"by": "first"}, effects=[leave_grant("first")])
    with pytest.raises(RunLost):
        still.ledger.try_again(first, wait=1, error={"message": "later"})
    still.ledger.finish(second, SUCCESS, result={"by": "second"}, effects=[leave_grant("second")])
    assert row(still, task_id).result == {"by": "second"}
    assert effects(still) == ["second"]


def test_an_effect_that_fails_leaves_the_run_unfinished(still: Runtime) -> None:
    task_id = submitted(still)
    claim = claimed(still.ledger, task_id)

    def fails(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        still.ledger.finish(claim, SUCCESS, result={}, effects=[leave_grant("half"), fails])
    assert effects(still) == []
    assert row(still, task_id).state == "STARTED"


def test_a_task_is_put_back_twice_and_fails_at_the_third_loss(still: Runtime) -> None:
    task_id = submitted(still)
    for losses in (1, 2):
        claimed(still.ledger, task_id)
        still.ledger.release(Task.id == task_id)
        assert (row(still, task_id).state, row(still, task_id).lost) == (PENDING, losses)
    claimed(still.ledger, task_id)
    still.ledger.release(Task.id == task_id)
    assert row(still, task_id).state == FAILURE
    assert (row(still, task_id).error or {})["code"] == "lost"


def test_work_given_back_in_an_orderly_way_is_not_counted_as_lost(still: Runtime) -> None:
    task_id = submitted(still)
    for _ in range(5):
        claimed(still.ledger, task_id)
        still.ledger.release(Task.id == task_id, counts_as_lost=False)
    assert (row(still, task_id).state, row(still, task_id).lost) == (PENDING, 0)


def test_a_cancelled_run_whose_process_dies_is_revoked_not_repeated(still: Runtime) -> None:
    task_id = submitted(still)
    claimed(still.ledger, task_id)
    assert still.ledger.request_cancel(task_id) == "STARTED"
    still.ledger.release(Task.id == task_id)
    assert row(still, task_id).state == REVOKED


def test_an_inline_task_is_never_run_again_after_a_crash(still: Runtime) -> None:
    task_id = submitted(still, executor="inline")
    still.ledger.release(Task.process == still.process_id)
    assert row(still, task_id).state == FAILURE
    assert (row(still, task_id).error or {})["code"] == "interrupted"


def test_a_process_is_dead_when_its_counter_stands_still_for_the_observers_clock(still: Runtime) -> None:
    task_id, clock = submitted(still), [0.0]
    Ledger(still.database, still.limits, "worker-1").claim(task_id, executor="celery", pid=1, grant_from=None)
    recovery = Recovery(still.database, still.ledger, clock=lambda: clock[0])
    recovery.recover()
    clock[0] = DEAD_AFTER - 1
    recovery.recover()
    assert row(still, task_id).state == "STARTED"
    clock[0] = DEAD_AFTER + 1
    recovery.recover()
    assert (row(still, task_id).state, row(still, task_id).lost) == (PENDING, 1)


def test_a_clock_that_jumps_an_hour_kills_no_process(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    jump = [0.0]
    database = Database(runtime.settings, clock=lambda: 1_800_000_000.0 + jump[0])
    ledger = Ledger(database, Limits(runtime.settings, database), "observer")
    task_id = submitted(runtime)
    Ledger(database, runtime.limits, "worker-1").claim(task_id, executor="celery", pid=1, grant_from=None)
    recovery = Recovery(database, ledger, clock=lambda: 5.0)
    for jump[0] in (0.0, 3600.0, -3600.0):
        recovery.recover()
        assert row(runtime, task_id).state == "STARTED"
    database.close()


@needs_sqlite  # PostgreSQL's clock is its machine's
def test_a_clock_that_is_put_back_an_hour_blocks_neither_waits_nor_limits(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False, analysis_rate_limit=2, rate_limit_window=10.0)
    clock = [1_800_000_000.0]
    database = Database(runtime.settings, clock=lambda: clock[0])
    limits = Limits(runtime.settings, database)
    ledger = Ledger(database, limits, "worker-1")
    retried = submitted(runtime)
    ledger.try_again(claimed(ledger, retried), wait=5.0, error={"message": "later"})
    assert ledger.claim(retried, executor="celery", pid=1, grant_from=None) is None
    with database.write() as session:
        assert [limits.grant(session, "analysis", str(number)) for number in range(2)] == [None, None]
    clock[0] -= 3600
    claimed(ledger, retried)
    with database.write() as session:
        refused = limits.grant(session, "analysis", "three")
        assert refused is not None
        assert refused.wait == pytest.approx(10.1)
    clock[0] += 10.2
    with database.write() as session:
        assert limits.grant(session, "analysis", "three") is None
    database.close()


def test_finished_tasks_are_forgotten_after_their_time_and_others_kept(still: Runtime) -> None:
    old, new, waiting = (submitted(still) for _ in range(3))
    for task_id in (old, new):
        still.ledger.finish(claimed(still.ledger, task_id), SUCCESS, result={})
    with still.database.write() as session:
        session.execute(update(Task).where(Task.id == old).values(finished_at=Task.finished_at - 86400))
    assert forget_tasks(still.database, older_than=3600) == 1
    with still.database.read() as session:
        assert set(session.scalars(select(Task.id))) == {new, waiting}


def test_the_models_and_the_migrations_say_the_same(still: Runtime) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    import tenderline.review.models
    import tenderline.web.logins  # noqa: F401 (its tables)
    from tenderline.database import Base

    with still.database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
