"""Contracts that an import tells differently from what the register has: shown side by side, and decided one by one or all at once.

The incoming row waits in the register, hidden. ``ours``: it stays hidden. ``theirs``: it is shown, and the row it contradicts is hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import Conflict, NotFound
from tenderline.register.models import IMPORTED, OPEN, THEIRS, ConflictRow, UploadRow
from tenderline.tasks.operation import Outdated

if TYPE_CHECKING:
    from tenderline.register.publication import Publication
    from tenderline.register.register import Register
    from tenderline.register.snapshot import Snapshot, View

COMPARED = (
    "contract_amount",
    "award_date",
    "awardee_name",
    "award_title",
    "notice_title",
    "area_of_delivery",
    "business_category",
    "award_status",
    "quantity",
    "unit",
    "unit_price",
    "reference_id",
)
_TRIES = 50
_AT_ONCE = 500


@dataclass(frozen=True)
class Shown:
    """A conflict with both contracts as JSON; one that has left the register since is empty."""

    row: ConflictRow
    ours: dict[str, Any]
    theirs: dict[str, Any]

    @property
    def differences(self) -> list[str]:
        """The fields that differ."""
        if not self.ours or not self.theirs:
            return []
        return [name for name in COMPARED if self.ours.get(name) != self.theirs.get(name)]


class Conflicts:
    """The conflicts of all imports; who may see an import's is for ``Uploads`` to say."""

    def __init__(self, database: Database, register: Register) -> None:
        self._database = database
        self._register = register

    def list(self, upload: UploadRow, state: str | None, page: int, page_size: int) -> tuple[list[Shown], int, int]:
        """A page of an import's conflicts in the order of its file, how many there are in all, and how many are open.

        None of an import that is not in the register: what is written of it may not come to pass.
        """
        if upload.state != IMPORTED:
            return [], 0, 0
        those = [ConflictRow.import_no == upload.number]
        with self._database.read() as session:
            open_ones = session.scalar(select(func.count()).where(*those, ConflictRow.state == OPEN)) or 0
            if state is not None:
                those.append(ConflictRow.state == state)
            total = session.scalar(select(func.count()).where(*those)) or 0
            newest = select(ConflictRow).where(*those).order_by(ConflictRow.id).limit(page_size).offset((page - 1) * page_size)
            rows = session.scalars(newest).all()
        snapshot = self._register.snapshot()
        return [Shown(row, _contract(snapshot, row.old_uid), _contract(snapshot, row.new_uid)) for row in rows], total, open_ones

    def decide(self, upload: UploadRow, decision: str, ids: Sequence[int] | None, by: str) -> tuple[int, int, int]:
        """Decide open conflicts of an import, these or all.

        Returns:
            how many were decided now, how many are open still, and the register's version.

        Raises:
            NotFound: one of these is unknown.
            Conflict: the import was undone, or the register changes all the time.
        """
        for _ in range(_TRIES):
            try:
                return self._decide(upload, decision, ids, by)
            except Outdated:
                continue
        raise Conflict("The register is changing all the time.", hint="Wait until the imports under way have ended.")

    def _decide(self, upload: UploadRow, decision: str, ids: Sequence[int] | None, by: str) -> tuple[int, int, int]:
        snapshot = self._register.snapshot()
        with self._database.read() as session:
            rows = self._asked(session, upload, ids)
        waiting = [row for row in rows if row.state == OPEN]
        publication = None
        if waiting and decision == THEIRS:
            publication = self._publication(snapshot, upload.number, waiting)
        with self._database.write() as session:
            state = session.scalar(select(UploadRow.state).where(UploadRow.number == upload.number))
            if state != IMPORTED:
                raise Conflict("The import of this file was undone.")
            if publication is not None:
                publication.effect(session)
            self._note(session, upload.number, None if ids is None else [row.id for row in waiting], len(waiting), decision, by)
            left = select(func.count()).where(ConflictRow.import_no == upload.number, ConflictRow.state == OPEN)
            still = session.scalar(left) or 0
        return len(waiting), still, self._register.snapshot().version

    def _asked(self, session: Session, upload: UploadRow, ids: Sequence[int] | None) -> Sequence[ConflictRow]:
        mine = select(ConflictRow).where(ConflictRow.import_no == upload.number)
        if ids is None:
            return session.scalars(mine.where(ConflictRow.state == OPEN)).all()
        found: list[ConflictRow] = []
        for some in batched(ids, _AT_ONCE):
            found += session.scalars(mine.where(ConflictRow.id.in_(some)))
        if len(found) < len(set(ids)):
            raise NotFound("There is no such conflict.", hint="Look at the list again.")
        return found

    def _note(self, session: Session, number: int, ids: Sequence[int] | None, count: int, decision: str, by: str) -> None:
        """Note what was decided about these, or all, of an import's open conflicts. Raises ``Outdated`` when they are not so many."""
        decided = {"state": decision, "decided_at": self._database.now(session), "decided_by": by}
        pieces = [ConflictRow.import_no == number] if ids is None else [ConflictRow.id.in_(some) for some in batched(ids, _AT_ONCE)]
        noted = 0
        for these in pieces:
            done = session.execute(update(ConflictRow).where(these, ConflictRow.state == OPEN).values(**decided))
            noted += done.rowcount  # type: ignore[attr-defined]
        if noted != count:
            raise Outdated  # somebody decided one of them at this very moment

    def _publication(self, snapshot: Snapshot, import_no: int, waiting: Sequence[ConflictRow]) -> Publication:
        """Show the incoming rows, hide those they contradict."""
        import numpy as np

        from tenderline.register.hidden import CONFLICT, OUTVOTED, HiddenFile, entries, write_hidden
        from tenderline.register.publication import Publication

        hide: dict[str, HiddenFile | None] = {}
        incoming, outvoted = (np.array([getattr(row, name) for row in waiting], np.int64) for name in ("new_uid", "old_uid"))
        for view in snapshot.views:
            shown, hidden = _rows(view, incoming), _rows(view, outvoted)
            if not len(shown) and not len(hidden):
                continue
            known = view.entries
            released = (known["by"] == import_no) & (known["reason"] == CONFLICT) & np.isin(known["row"], shown)
            changed = np.concatenate([known[~released], entries(hidden, import_no, OUTVOTED)])
            hide[view.segment.id] = write_hidden(view.segment.path, changed)
        return Publication(snapshot.version, self._database.now, hide=hide)


def batched(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The ids, so many at a time."""
    return (ids[begin : begin + size] for begin in range(0, len(ids), size))


def _rows(view: View, uids: Any) -> Any:
    """The rows of a view that have these uids."""
    import numpy as np

    return np.flatnonzero(np.isin(view.segment.uid, uids)).astype(np.int32)


def _contract(snapshot: Snapshot, uid: int) -> dict[str, Any]:
    from tenderline.register.rows import segment_rows

    place = snapshot.find(uid)
    if place is None:
        return {}
    view, row = place
    return segment_rows(view.segment, [row])[0]
