"""Forgetting: results after a while, tasks after a longer one. A few rows a transaction, so that nobody waits for it."""

from __future__ import annotations

import structlog
from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import aliased

from tenderline.database import Database
from tenderline.settings import Settings
from tenderline.tasks.ledger import changed
from tenderline.tasks.models import FINISHED, SUCCESS, Task
from tenderline.tasks.totals import fold

ROWS_AT_A_TIME = 500
MIN_RESULT_SECONDS = 600.0
"""A result is kept at least this long, whatever ``RESULT_TTL`` says: whoever follows the task has still to read it."""
RESULT_FORGOTTEN = "Done; the result is no longer kept here"

log = structlog.get_logger(__name__)


def prune(database: Database, settings: Settings) -> tuple[int, int]:
    """Forget the results of tasks that ended over ``RESULT_TTL`` ago and all of those that ended over ``TASK_HISTORY_DAYS`` ago.

    Returns how many results and how many tasks. What a document's findings, questions and answers say is stored with the document.
    """
    results = forget_results(database, max(settings.result_ttl, MIN_RESULT_SECONDS))
    tasks = forget_tasks(database, settings.task_history_days * 86400)
    if results or tasks:
        log.info("pruned", results=results, tasks=tasks)
    return results, tasks


def forget_results(database: Database, older_than: float) -> int:
    """Empty the results of tasks that ended over ``older_than`` seconds ago; how many. A child's stays while its parent may need it."""
    parent = aliased(Task)
    parent_ended = select(parent.id).where(parent.id == Task.parent_id, parent.state.in_(FINISHED)).exists()
    forgotten = 0
    while True:
        with database.write() as session:
            old = and_(Task.finished_at < database.now(session) - older_than, Task.state == SUCCESS, Task.result.is_not(None))
            found = session.scalars(select(Task.id).where(old, or_(Task.parent_id.is_(None), parent_ended)).limit(ROWS_AT_A_TIME)).all()
            forgotten += changed(session, update(Task).where(Task.id.in_(found)).values(result=None, status=RESULT_FORGOTTEN))
        if len(found) < ROWS_AT_A_TIME:
            return forgotten


def forget_tasks(database: Database, older_than: float) -> int:
    """Delete the tasks that ended over ``older_than`` seconds ago; how many. Their numbers stay, see ``totals``."""
    forgotten = 0
    while True:
        with database.write() as session:
            removed = fold(session, Task.finished_at < database.now(session) - older_than, ROWS_AT_A_TIME)
        forgotten += removed
        if removed < ROWS_AT_A_TIME:
            return forgotten
