"""The statements of a task's usual way, made once by whoever uses them: to build one costs several times what the database takes to run it.

They are written over the table's columns, not over the mapped class: what SQLAlchemy does for objects is not needed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy import ColumnElement, Double, Table, bindparam, case, func, literal_column, update
from sqlalchemy.sql.dml import ReturningUpdate

from tenderline.tasks.models import PROGRESS, STARTED, Task

TASKS = cast(Table, Task.__table__)
ROW = TASKS.c
AT = bindparam("at", type_=Double)
"""The moment of the statement, by the database's clock: the parameter ``at`` of them all."""

_WRITTEN: dict[str, Any] = {"updated_at": AT, "revision": ROW.revision + 1}


def among(column: ColumnElement[Any], words: Sequence[str]) -> ColumnElement[bool]:
    """Whether a column holds one of these words of ours; they stand in the statement's text, which so is the same each time."""
    return column.in_([literal_column(f"'{word}'") for word in words])


def claiming(*where: ColumnElement[bool]) -> ReturningUpdate[Any]:
    """Start a task: parameters ``by_executor``, ``by_process``, ``by_pid``; returns run, operation, owner, params and retries."""
    # The children of a task that has not run yet have been counted: the step that sums them up goes on from there.
    counted = (ROW.run == 0) & (ROW.total > 0)
    by: dict[str, Any] = {"executor": bindparam("by_executor"), "process": bindparam("by_process"), "pid": bindparam("by_pid")}
    steps = {"current": case((counted, ROW.current), else_=0), "total": case((counted, ROW.total), else_=0)}
    begun = {"state": STARTED, "run": ROW.run + 1, "started_at": AT, "not_before": None, "status": "Starting", "partial": None}
    statement = update(TASKS).where(*where).values(**by, **steps, **begun, **_WRITTEN)
    return statement.returning(ROW.run, ROW.operation, ROW.owner, ROW.params, ROW.retries)


def reporting(*where: ColumnElement[bool]) -> ReturningUpdate[Any]:
    """Write progress: parameters ``done``, ``steps``, ``words``, ``text`` (None leaves it); returns when a cancel was asked for."""
    said: dict[str, Any] = {"current": bindparam("done"), "total": bindparam("steps"), "status": bindparam("words")}
    text = func.coalesce(bindparam("text", type_=ROW.partial.type), ROW.partial)
    return update(TASKS).where(*where).values(state=PROGRESS, **said, partial=text, **_WRITTEN).returning(ROW.cancel_requested_at)


def ending(*where: ColumnElement[bool]) -> ReturningUpdate[Any]:
    """End tasks: parameters ``end_state``, ``words``, ``outcome`` and ``failure`` (JSON or None); returns their parents."""
    how: dict[str, Any] = {
        "state": bindparam("end_state"),
        "status": bindparam("words"),
        "result": bindparam("outcome"),
        "error": bindparam("failure"),
    }
    gone = {"process": None, "pid": None, "partial": None, "finished_at": AT}
    return update(TASKS).where(*where).values(**how, **gone, **_WRITTEN).returning(ROW.parent_id)
