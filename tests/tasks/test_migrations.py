"""The schema goes up and down and up again with rows in it, and what both schemas can hold is still there afterwards."""

from __future__ import annotations

import uuid

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

import tenderline.register.models
import tenderline.review.models
import tenderline.web.logins  # noqa: F401 (its tables)
from tenderline.database import Base, Database, change_schema, newest_revision, revision
from tenderline.runtime import Runtime
from tenderline.tasks.models import Follower, Task
from tests.tasks.conftest import Desk


def test_the_schema_goes_down_and_up_again_and_keeps_the_rows(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    parent, child = _family(runtime)
    change_schema(runtime.settings, "0001")
    assert revision(runtime.database.engine) == "0001"
    assert _rows(runtime) == {(parent, None), (child, parent)}
    change_schema(runtime.settings, "head")
    assert revision(runtime.database.engine) == newest_revision()
    with runtime.database.read() as session:
        assert set(session.execute(select(Follower.task_id, Follower.owner))) == {(parent, "anna"), (child, "anna")}
    assert _rows(runtime) == {(parent, None), (child, parent)}
    assert _differences(runtime.database) == []


def test_the_schema_goes_down_to_nothing_and_up_again(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    _family(runtime)
    change_schema(runtime.settings, "base")
    assert set(inspect(runtime.database.engine).get_table_names()) == {"alembic_version"}
    change_schema(runtime.settings, "head")
    assert _rows(runtime) == set()
    assert _differences(runtime.database) == []


def test_what_refers_to_a_task_still_goes_with_it_after_a_migration(desk: Desk) -> None:
    runtime = desk.runtime(keeper=False)
    parent, _child = _family(runtime)
    change_schema(runtime.settings, "0001")
    change_schema(runtime.settings, "head")
    with runtime.database.write() as session:
        session.execute(text("DELETE FROM tasks WHERE id = :id"), {"id": parent})
    assert _rows(runtime) == set()
    with runtime.database.read() as session:
        assert session.scalars(select(Follower.task_id)).all() == []


def _family(runtime: Runtime) -> tuple[str, str]:
    """A finished parent and its child, as rows; their ids."""
    ids = (str(uuid.uuid4()), str(uuid.uuid4()))
    with runtime.database.write() as session:
        now = runtime.database.now(session)
        for task_id, parent in zip(ids, (None, ids[0]), strict=True):
            shape = {"operation": "echo", "queue": "analysis", "owner": "anna", "params": {}, "executor": "celery", "state": "SUCCESS"}
            session.add(Task(id=task_id, parent_id=parent, created_at=now, updated_at=now, finished_at=now, **shape))
            session.flush()
            session.add(Follower(task_id=task_id, owner="anna", followed_at=now))
    return ids


def _rows(runtime: Runtime) -> set[tuple[str, str | None]]:
    with runtime.database.read() as session:
        return {(task_id, parent) for task_id, parent in session.execute(text("SELECT id, parent_id FROM tasks"))}


def _differences(database: Database) -> list[object]:
    """What the models say that the schema doesn't, and the other way round."""
    with database.engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))
