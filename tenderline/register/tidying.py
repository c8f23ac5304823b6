"""Deleting what the register does not need any more: segments that left the list, and what runs that died have left behind."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from sqlalchemy import delete, select

from tenderline.register.asked import sweep_questions
from tenderline.register.exports import sweep_exports
from tenderline.register.models import Member, SegmentRow
from tenderline.register.register import Register
from tenderline.register.waiting import remove_unwanted
from tenderline.tasks.operation import Json, TaskContext

READER_SECONDS = 600.0
"""So long after a segment left the list its files stay for those who still read them."""
STAGING_SECONDS = 2 * 3600.0
"""A run that has written nothing for so long is dead: imports end sooner without progress."""
UNLISTED_SECONDS = 86400.0
"""So old are files that no list names, and that no run is going to name."""


def clean_register(register: Register, params: Json, context: TaskContext) -> Json:
    """``{}`` -> how many segments, hidden-row files and staging directories were deleted (``segments``, ``hidden_files``, ``staging``),
    exported files (``exports``) and noted questions (``questions``)."""
    context.progress(0, 5, "Deleting what left the register")
    segments = _retired(register, context)
    context.progress(1, 5, "Looking for files that belong to nothing")
    unlisted, hidden_files = _unlisted(register, context)
    context.progress(2, 5, "Looking for what was left half done")
    staging = _staging(register, context)
    context.progress(3, 5, "Deleting exports that have expired")
    exports = sweep_exports(register.files, register.database)
    remove_unwanted(register.database)
    context.progress(4, 5, "Forgetting old questions")
    questions = sweep_questions(register.files)
    removed = {"segments": segments + unlisted, "hidden_files": hidden_files, "staging": staging}
    return {"success": True, **removed, "exports": exports, "questions": questions}


def _retired(register: Register, context: TaskContext) -> int:
    with register.database.read() as session:
        before = register.database.now(session) - READER_SECONDS
        retired = session.scalars(select(SegmentRow.id).where(SegmentRow.retired_at < before)).all()
    for segment_id in retired:
        context.check()
        shutil.rmtree(register.files.segment(segment_id), ignore_errors=True)
        with register.database.write() as session:
            session.execute(delete(SegmentRow).where(SegmentRow.id == segment_id))
    return len(retired)


def _unlisted(register: Register, context: TaskContext) -> tuple[int, int]:
    """Delete old segments and files of hidden rows that the database does not know: how many of each.

    The files are looked at before the database: what is written and published in between is known then.
    """
    segments, hidden_files = 0, 0
    found = list(register.files.segments.iterdir()) if register.files.segments.is_dir() else []
    old = {path for path in found if _age(path) > UNLISTED_SECONDS}
    hidden = {file for path in found for file in path.glob("hidden-*.npy") if _age(file) > UNLISTED_SECONDS}
    with register.database.read() as session:
        known = set(session.scalars(select(SegmentRow.id)))
        named = {register.files.segment(row.segment_id) / row.hidden_file for row in session.scalars(select(Member)) if row.hidden_file}
    for path in old:
        context.check()
        if path.name not in known:
            shutil.rmtree(path, ignore_errors=True)
            segments += 1
    for file in hidden - named:
        if file.parent.name in known:
            file.unlink(missing_ok=True)
            hidden_files += 1
    return segments, hidden_files


def _staging(register: Register, context: TaskContext) -> int:
    count = 0
    for path in list(register.files.staging.iterdir()) if register.files.staging.is_dir() else []:
        context.check()
        if min((_age(file) for file in [path, *path.rglob("*")]), default=0.0) > STAGING_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
            count += 1
    return count


def _age(path: Path) -> float:
    """Seconds since something was last written; none of something that has just gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
