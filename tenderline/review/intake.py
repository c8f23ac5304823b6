"""From an upload to a document on the desk: store, look at, read at once or leave to a task."""

from __future__ import annotations

import uuid
from dataclasses import replace

from tenderline.review.checklists import Checklists, read_checklist
from tenderline.review.desk import Desk, NewDocument
from tenderline.review.files import Upload, display_name
from tenderline.review.guidelines import Preference
from tenderline.review.models import DeskSession

_NAMESPACE = uuid.UUID("6d3a7c0e-6a52-4a0e-9d0d-2f2f3c1f8f57")


def session_id_of(owner: str, key: str | None) -> str:
    """The id for a new document: always the same for the same owner and Idempotency-Key, else a random one."""
    return str(uuid.uuid5(_NAMESPACE, f"{owner}:{key}") if key else uuid.uuid4())


def take_in(
    desk: Desk, owner: str, session_id: str, document: Upload, own_guidelines: Upload | None, preference: Preference, *, task_id: str
) -> DeskSession:
    """Put an uploaded document on the desk.

    A light one is read here and comes back ready. Another comes back as parsing: the caller submits ``parse_document`` as ``task_id``.
    When anything fails, nothing is left behind.

    Raises:
        TenderlineError: what is wrong with the document or the guidelines (``UnsupportedType``, ``TooLarge``, ``Invalid``), ``DiskFull``,
            or ``Conflict`` when this very session is being uploaded by another request.
    """
    from tenderline.review.parsing import inspect, is_light, parse

    name = display_name(document.filename)
    with desk.files.whole_or_nothing(session_id):
        received = desk.files.receive(session_id, document)
        kind = inspect(received, name)
        path = desk.files.settle(session_id, kind)
        own = read_checklist(desk.files, session_id, own_guidelines) if own_guidelines else None
        checks = Checklists(desk.database).in_force(owner, own, preference)
        new = NewDocument(session_id, owner, name, kind, path.stat().st_size, checks, preference, own_guidelines=own)
        if not is_light(path, kind):
            return desk.add(replace(new, parse_task_id=task_id))
        return desk.add(new, desk.fill(session_id, parse(path, kind)))
