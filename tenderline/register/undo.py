"""Undoing an import: its contracts leave the register, and what it had hidden comes back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from tenderline.errors import Conflict, NotFound
from tenderline.register.hidden import CONFLICT, UNDONE, Entries, HiddenFile, entries, write_hidden
from tenderline.register.models import IMPORTED, THEIRS, ConflictRow, Member, SegmentRow, UploadRow
from tenderline.register.models import UNDONE as UPLOAD_UNDONE
from tenderline.register.publication import Publication
from tenderline.register.register import Register
from tenderline.register.schema import UID_BITS
from tenderline.register.snapshot import Snapshot, View
from tenderline.tasks.operation import Json, TaskContext

IMPORT_AGAIN = (
    "A later import skipped rows that were in the register already. If they were this import's, import that file again: they come in."
)


@dataclass
class _Undo:
    """An undo on its way, prepared against one version of the list, anew when that has changed."""

    register: Register
    context: TaskContext
    upload_id: str
    result: Json

    def prepare(self) -> None:
        """Find out what the list is to become. Raises ``NotFound``, or ``Conflict`` when the import is not in the register."""
        self.context.check()
        snapshot = self.register.snapshot()  # before anything else is read: what changes later makes this version outdated
        with self.register.database.read() as session:
            found = select(UploadRow).where(UploadRow.id == self.upload_id, UploadRow.owner == self.context.owner)
            upload = session.scalars(found).one_or_none()
            if upload is None:
                raise NotFound("There is no such import.")
            if upload.state != IMPORTED:
                raise Conflict("This import is not in the register.", hint="Only an import that ended well can be undone, and only once.")
            freed = np.array(session.scalars(_contradicting(upload.number)).all(), np.int64)
            remove = _lost(session, snapshot, upload.number)
            skipped = _skipped_later(session, upload.number)
        self.number = upload.number
        hide: dict[str, HiddenFile | None] = {}
        removed = 0
        for view in snapshot.views:
            self.context.check()
            own = _own_rows(view, self.number)
            removed += own
            if own == view.segment.rows:
                remove.append(view.segment.id)
                continue
            left = _left(view, self.number, freed, own > 0)
            if not np.array_equal(left, np.unique(view.entries)):
                hide[view.segment.id] = write_hidden(view.segment.path, left)
        self.result.update(success=True, upload_id=self.upload_id, removed_rows=removed, later_imports_that_skipped=skipped)
        if skipped:
            self.result["hint"] = IMPORT_AGAIN
        self.publication = Publication(snapshot.version, self.register.database.now, remove=remove, hide=hide)

    def effect(self, session: Session) -> None:
        """Change the list, the upload and the conflicts. Raises ``Outdated``."""
        self.publication.effect(session)
        session.execute(update(UploadRow).where(UploadRow.number == self.number).values(state=UPLOAD_UNDONE))
        session.execute(delete(ConflictRow).where(_told_by(self.number)))


def undo_import(register: Register, params: Json, context: TaskContext) -> Json:
    """``{upload_id}`` -> how many contracts left the register (``removed_rows``), and how many later imports skipped rows that were there
    already (``later_imports_that_skipped``): some of these may have been this one's, and don't come back.

    Raises ``NotFound``, ``Conflict``.
    """
    context.progress(0, 1, "Undoing the import")
    undo = _Undo(register, context, params["upload_id"], {})
    undo.prepare()
    context.on_finish(undo.effect, prepare=undo.prepare)
    return undo.result


def _lost(session: Session, snapshot: Snapshot, number: int) -> list[str]:
    """The damaged segments that hold nothing but the import: they can go unread. Raises ``Conflict`` for any that can't."""
    damaged = select(SegmentRow.id, SegmentRow.imports, Member.hidden_file).join(Member, Member.segment_id == SegmentRow.id)
    rows = session.execute(damaged.where(SegmentRow.id.in_(snapshot.damaged))).all()
    if any((number in row.imports and row.imports != [number]) or (row.hidden_file and row.imports != [number]) for row in rows):
        raise Conflict("A part of the register that belongs to this import is damaged.", hint="Ask the administrator to restore it.")
    return [row.id for row in rows if row.imports == [number]]


def _skipped_later(session: Session, number: int) -> int:
    """How many imports of the register came later and left rows out because they were there already."""
    later = select(UploadRow.result).where(UploadRow.number > number, UploadRow.state == IMPORTED, UploadRow.on_duplicate == "skip")
    return sum(1 for result in session.scalars(later) if result and result["duplicates"])


def _own_rows(view: View, number: int) -> int:
    if number not in view.segment.meta["imports"]:
        return 0
    if view.segment.meta["imports"] == [number]:
        return view.segment.rows
    return int(np.count_nonzero(view.segment.uid >> UID_BITS == number))


def _left(view: View, number: int, freed: NDArray[np.int64], has_own: bool) -> Entries:
    """The entries of a segment after the undo: rows that the import hid or that only contradicted it come back, its own go."""
    uid = view.segment.uid
    keep = view.entries["by"] != number
    keep &= ~((view.entries["reason"] == CONFLICT) & np.isin(uid[view.entries["row"]], freed))
    left = view.entries[keep]
    if has_own:
        own = np.flatnonzero(uid >> UID_BITS == number)
        left = np.concatenate([left, entries(own, by=number, reason=UNDONE)])
    return np.unique(left)


def _told_by(number: int) -> ColumnElement[bool]:
    """The conflicts on either side of which the import stands."""
    first, after = number << UID_BITS, (number + 1) << UID_BITS
    return or_(ConflictRow.import_no == number, and_(ConflictRow.old_uid >= first, ConflictRow.old_uid < after))


def _contradicting(number: int) -> Select[int]:
    """Ids of the contracts that are hidden because they disagree with one of the import."""
    first, after = number << UID_BITS, (number + 1) << UID_BITS
    other = and_(ConflictRow.old_uid >= first, ConflictRow.old_uid < after, ConflictRow.state != THEIRS)
    return select(ConflictRow.new_uid).where(other, ConflictRow.import_no != number)
