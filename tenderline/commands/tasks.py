"""``flask tasks``: look at tasks, cancel them, run them again, delete them, and ask whether all is well."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any

import click
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from tenderline.commands.opening import opened
from tenderline.errors import Conflict, NotFound
from tenderline.runtime import Runtime
from tenderline.tasks.accepting import Wanted
from tenderline.tasks.models import BACKGROUND, CELERY, FINISHED, REVOKED, UNFINISHED, Task
from tenderline.tasks.totals import fold

STATES = (*UNFINISHED, *FINISHED)
ROWS_AT_A_TIME = 500
LONG = ("params", "result", "error")


@click.group()
def tasks() -> None:
    """Look at tasks, cancel them, run them again, delete them; ask whether all is well."""


@tasks.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(STATES, case_sensitive=False), help="Only these; may be given repeatedly."
)
@click.option("--operation", help="Only this operation.")
@click.option("--queue", help="Only this queue.")
@click.option("--owner", help="Only this owner.")
@click.option("--executor", type=click.Choice(["inline", "background", "celery"]), help="Only where it runs.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000), help="At most so many, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
@click.option("--ids", is_flag=True, help="Only the ids, for xargs.")
def list_tasks(states: Sequence[str], limit: int, as_json: bool, ids: bool, **filters: str | None) -> None:
    """Tasks, newest first."""
    where = [getattr(Task, name) == value for name, value in filters.items() if value is not None]
    if states:
        where.append(Task.state.in_([state.upper() for state in states]))
    with opened() as runtime, runtime.database.read() as session:
        total = session.scalar(select(func.count()).select_from(Task).where(*where)) or 0
        found = session.scalars(select(Task).where(*where).order_by(Task.created_at.desc(), Task.id).limit(limit)).all()
        now = runtime.database.now(session)
    if ids:
        click.echo("\n".join(task.id for task in found), nl=bool(found))
    elif as_json:
        click.echo(json.dumps([_described(task) for task in found], indent=2))
    else:
        _print_table(found, now)
        if total > len(found):
            click.echo(f"... and {total - len(found)} more (--limit)", err=True)


@tasks.command()
@click.argument("task_id")
@click.option("--json", "as_json", is_flag=True, help="A JSON object, with parameters and result.")
def show(task_id: str, as_json: bool) -> None:
    """All that the ledger knows of a task. Parameters, results and errors may quote what users wrote."""
    with opened() as runtime, runtime.database.read() as session:
        task = _existing(session, task_id)
        waits_for = runtime.tasks.statuses.of(session, task, needs_grant=False).status
    described = _described(task) | {name: getattr(task, name) for name in LONG} | {"status": waits_for}
    if as_json:
        click.echo(json.dumps(described, indent=2))
        return
    width = max(len(name) for name in described)
    for name, value in described.items():
        shown = _moment(value) if name.endswith("_at") else json.dumps(value) if isinstance(value, dict) else value
        click.echo(f"{name:<{width}}  {'-' if shown is None else shown}")


@tasks.command()
@click.argument("task_ids", nargs=-1, required=True)
def cancel(task_ids: Sequence[str]) -> None:
    """Cancel tasks, whoever waits for them: one that waits ends at once, one that runs is asked to stop."""
    with opened() as runtime:
        for task_id in task_ids:
            with runtime.database.read() as session:
                before = _existing(session, task_id).state
            if before in FINISHED:
                click.echo(f"{task_id}  had ended before ({before})")
                continue
            state = runtime.ledger.request_cancel(task_id)
            click.echo(f"{task_id}  {'cancelled' if state == REVOKED else 'is asked to stop'}")


@tasks.command()
@click.argument("task_ids", nargs=-1, required=True)
def retry(task_ids: Sequence[str]) -> None:
    """Run finished tasks again, as new tasks of the same owner: on a worker, or in the background of a web process."""
    with opened() as runtime:
        for task_id in task_ids:
            with runtime.database.read() as session:
                task = _existing(session, task_id)
            click.echo(f"{task_id}  runs again as {_submitted_again(runtime, task)}")


def _submitted_again(runtime: Runtime, task: Task) -> str:
    """Accept the same work once more; nothing of it runs in this process, which is about to end."""
    kind = runtime.registry.get(task.operation)
    if task.state not in FINISHED:
        raise Conflict(f"{task.id} has not ended yet ({task.state}).", hint="Wait for its end, or cancel it first.")
    if not kind.repeatable:
        raise Conflict(f"A task of {task.operation} can't be run again.", hint="It is started anew from the page.")
    children = kind.plan(task.params) if kind.plan else ()
    wanted = Wanted(str(uuid.uuid4()), kind, task.params, task.owner, task.session_key, task.key, children=children)
    runtime.availability.broker_up()
    with runtime.database.read() as session:
        on_worker = runtime.tasks.hybrid.pick(session, kind).name == CELERY
    accepted = runtime.tasks.acceptance.accept(wanted, True, CELERY if on_worker else BACKGROUND)
    runtime.dispatcher.publish(accepted.bells)  # what can't be rung for now is rung for, or handed over, by whoever does the tick
    return accepted.joined.task_id if accepted.joined else wanted.task_id


@tasks.command()
@click.option("--older-than", "days", type=click.FloatRange(0), required=True, help="Days since they ended.")
@click.option(
    "--state", "states", multiple=True, type=click.Choice(FINISHED, case_sensitive=False), help="Only these; may be given repeatedly."
)
@click.option("--operation", help="Only this operation.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def purge(days: float, states: Sequence[str], operation: str | None, yes: bool) -> None:
    """Delete tasks that have ended. What they found stays with its document, and the counts of /metrics keep counting them."""
    with opened() as runtime:
        with runtime.database.read() as session:
            where = [
                Task.finished_at < runtime.database.now(session) - days * 86400,
                Task.state.in_([state.upper() for state in states] or FINISHED),
            ]
            if operation is not None:
                where.append(Task.operation == operation)
            count = session.scalar(select(func.count()).select_from(Task).where(*where)) or 0
        if count and not yes:
            click.confirm(f"Delete {count} tasks?", abort=True)
        removed = 0
        while True:
            with runtime.database.write() as session:
                gone = fold(session, and_(*where), ROWS_AT_A_TIME)
            removed += gone
            if gone < ROWS_AT_A_TIME:
                break
        click.echo(f"{removed} tasks deleted")


@tasks.command()
@click.option("--json", "as_json", is_flag=True, help="A JSON list.")
@click.pass_context
def doctor(context: click.Context, as_json: bool) -> None:
    """Say in words whether settings, database, disk, broker, workers, limits and tasks are well.

    Exit code 0: all is well; 1: something should be looked at; 2: something does not work.
    """
    from tenderline.commands.doctor import BAD, LOOK, examine

    findings = examine()
    if as_json:
        click.echo(json.dumps([vars(finding) for finding in findings], indent=2))
    else:
        width = max(len(finding.subject) for finding in findings)
        for finding in findings:
            click.echo(f"{finding.level:<5} {finding.subject:<{width}}  {finding.words}")
            if finding.hint:
                click.echo(f"{'':<5} {'':<{width}}  -> {finding.hint}")
    levels = {finding.level for finding in findings}
    context.exit(2 if BAD in levels else 1 if LOOK in levels else 0)


def _existing(session: Session, task_id: str) -> Task:
    task = session.get(Task, task_id)
    if task is None:
        raise NotFound(f"There is no task {task_id}.", hint="`flask tasks list` names those that there are.")
    return task


def _described(task: Task) -> dict[str, Any]:
    """A row without what may be long or quote a document."""
    return {column.name: getattr(task, column.name) for column in Task.__table__.columns if column.name not in (*LONG, "partial")}


def _print_table(found: Sequence[Task], now: float) -> None:
    rows = [("task", "state", "operation", "executor", "owner", "submitted", "runs", "status")]
    for task in found:
        age = f"{_duration(now - task.created_at)} ago"
        rows.append((task.id, task.state, task.operation, task.executor, task.owner[:12], age, str(task.run), task.status[:60]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _duration(seconds: float) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def _moment(value: float | None) -> str | None:
    return None if value is None else time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(value))
