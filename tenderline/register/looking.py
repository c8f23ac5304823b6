"""Looking at a file that takes more than a moment: a task that finds out what it is, and what becomes known with its end."""

from __future__ import annotations

from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import Conflict
from tenderline.register.operation_names import LOOK
from tenderline.register.uploads import Uploads
from tenderline.settings import Settings
from tenderline.tasks.operation import Json, Operation, TaskContext

SECONDS = 120.0
_STEPS = 1000


def look_operation(settings: Settings, database: Database) -> Operation:
    """``{upload_id, sheet}`` -> ``{upload_id}``: the upload is recognised, or another of its sheets is. In a process of its own anyway."""
    uploads = Uploads(settings, database)

    def run(params: Json, context: TaskContext) -> Json:
        from tenderline.register.reading import recognise

        row = uploads.get(params["upload_id"], context.owner)
        sheet, task_id = params.get("sheet"), context.task_id

        def told(share: float) -> None:
            context.progress(round(share * _STEPS), _STEPS, "Looking at what is in it")

        told(0.0)
        recognised = recognise(uploads.files.upload(row.id) / "original", row.file_name, sheet, told)

        def effect(session: Session) -> None:
            if not uploads.note(session, row.id, row.owner, recognised, looked_at_by=None if sheet else task_id):
                raise Conflict("This file is not to be looked at any more.", hint="Upload it again if you need it.")

        context.on_finish(effect)
        return {"success": True, "upload_id": row.id}

    return Operation(LOOK, "imports", run, heavy=True, isolated=True, repeatable=False, soft_time_limit=SECONDS, time_limit=2 * SECONDS)
