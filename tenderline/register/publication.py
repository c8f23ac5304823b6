"""Changing the published list: all of a change or nothing, and never on top of one that it does not know.

A change is prepared against a version of the list and applied in the transaction that finishes the run. If the list has changed in the
meantime it raises ``Outdated``, and the run prepares it anew.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from tenderline.register.building import BuiltSegment
from tenderline.register.hidden import HiddenFile
from tenderline.register.models import Member, RegisterState, SegmentRow
from tenderline.tasks.operation import Outdated


@dataclass(frozen=True)
class Publication:
    """A change of the list.

    Attributes:
        seen_version: the version it was prepared against.
        now: reads the database's clock (``Database.now``).
        add: segments that join the list.
        remove: ids of segments that leave it.
        hide: segment id (one that stays or joins) -> the file that says from now on which of its rows don't count, None for none.
    """

    seen_version: int
    now: Callable[[Session], float]
    add: Sequence[BuiltSegment] = ()
    remove: Collection[str] = ()
    hide: Mapping[str, HiddenFile | None] = field(default_factory=dict)

    def effect(self, session: Session) -> None:
        """Apply it in a transaction. Raises ``Outdated`` when the list is another than the one that was seen."""
        now = self.now(session)
        seen = RegisterState.version == self.seen_version
        step = update(RegisterState).where(seen).values(version=RegisterState.version + 1, updated_at=now)
        if _changed(session, step) != 1:
            raise Outdated
        if self.remove:
            gone = sorted(self.remove)
            if _changed(session, delete(Member).where(Member.segment_id.in_(gone))) != len(gone):
                raise RuntimeError("a segment was to leave the list that is not in it")
            session.execute(update(SegmentRow).where(SegmentRow.id.in_(gone)).values(retired_at=now))
        for built in self.add:
            session.add(SegmentRow(id=built.id, rows=built.rows, bytes=built.bytes, imports=list(built.imports), created_at=now))
        session.flush()
        for built in self.add:
            session.add(Member(segment_id=built.id, hidden_file=None, hidden_rows=0))
        session.flush()
        for segment_id, file in self.hide.items():
            values = {"hidden_file": file.name if file else None, "hidden_rows": file.rows if file else 0}
            if _changed(session, update(Member).where(Member.segment_id == segment_id).values(**values)) != 1:
                raise RuntimeError("rows were to be hidden of a segment that is not in the list")


def _changed(session: Session, statement: object) -> int:
    return int(session.execute(statement).rowcount)  # type: ignore[call-overload]
