"""The register of one process: the current version of the published list, read from the database, and its files, opened once."""

from __future__ import annotations

import threading
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import structlog
from sqlalchemy import select, true, update
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import Unavailable
from tenderline.register.files import RegisterFiles
from tenderline.register.hidden import read_hidden
from tenderline.register.models import Member, RegisterState, SegmentRow
from tenderline.register.segment import Damaged, Segment
from tenderline.register.snapshot import NamesCache, Snapshot, View
from tenderline.settings import Settings

ORDERED = select(RegisterState.id).with_for_update()
"""Every change of segments begins with the register's row, so that no two changes wait for each other's rows."""
LIST_TRIES = 20
"""How often the list is read anew because a file it named has gone in the meantime."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Listed:
    """A segment of the published list as the database names it."""

    segment_id: str
    hidden_file: str | None
    damaged: str | None

    def without(self, missing: Collection[Path], files: RegisterFiles) -> Listed:
        """The same, known as damaged if one of these files is its own."""
        path = files.segment(self.segment_id)
        own = [file.name for file in missing if path in (file, file.parent)]
        return replace(self, damaged=f"{own[0]} is missing") if own else self


class Register:
    """What a process knows of the register. Safe for threads; make one a process.

    Args:
        settings: say where the files are.
        database: has the published list.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        self.database = database
        self.files = RegisterFiles(settings.data_dir)
        self._lock = threading.Lock()
        self._current: Snapshot | None = None
        self._names = NamesCache()

    def snapshot(self, session: Session | None = None) -> Snapshot:
        """The register at this moment; ``session`` to ask the database with. One small query when nothing has changed.

        Raises ``Unavailable`` when the list changed faster than its files could be opened.
        """
        if session is None:
            with self.database.read() as own:
                return self.snapshot(own)
        version = session.scalars(select(RegisterState.version)).one()
        current = self._current
        if current is not None and current.version == version:
            return current
        with self._lock:
            version, members = read_list(session)
            missing: list[Path] = []
            for _ in range(LIST_TRIES):
                if self._current is not None and self._current.version == version:
                    return self._current
                try:
                    opened = self._opened(version, members, self._current)
                except FileNotFoundError as error:
                    missing, seen = [*missing, Path(error.filename)], version
                    with self.database.read() as later:
                        version, members = read_list(later)
                    if version == seen:  # nothing has left the list since: it ought to be there
                        members = [member.without(missing, self.files) for member in members]
                    else:
                        missing = []
                else:
                    self._current = opened
                    return opened
        raise Unavailable("The register changes too fast to be read.", hint="Please try again in a moment.", retry_after=1)

    def leave_out(self, damaged: Damaged) -> None:
        """Note that a segment is damaged: from now on every process leaves it out and names it."""
        with self.database.write() as session:
            session.execute(ORDERED)
            same = (SegmentRow.id == damaged.segment_id, SegmentRow.damaged.is_(None))
            if session.execute(update(SegmentRow).where(*same).values(damaged=damaged.reason)).rowcount:  # type: ignore[attr-defined]
                session.execute(update(RegisterState).values(version=RegisterState.version + 1, updated_at=self.database.now(session)))
        log.error("register_segment_damaged", segment=damaged.segment_id, reason=damaged.reason)

    def _opened(self, version: int, members: list[Listed], before: Snapshot | None) -> Snapshot:
        """The snapshot of a list. What ``before`` has open is taken from it. Raises ``FileNotFoundError`` when something has gone."""
        known = {view.segment.id: view for view in before.views} if before is not None else {}
        views: list[View] = []
        damaged: dict[str, str] = {}
        for member in members:
            if member.damaged is not None:
                damaged[member.segment_id] = member.damaged
                continue
            view = known.get(member.segment_id)
            try:
                views.append(view if view is not None and view.hidden_file == member.hidden_file else self._view(member, view))
            except Damaged as error:
                damaged[error.segment_id] = error.reason
                log.error("register_segment_damaged", segment=error.segment_id, reason=error.reason)
        return Snapshot(version, tuple(views), damaged, self._names)

    def _view(self, member: Listed, known: View | None) -> View:
        path = self.files.segment(member.segment_id)
        segment = known.segment if known is not None else Segment.open(path)
        try:
            hidden = read_hidden(path, member.hidden_file)
        except (ValueError, EOFError):
            raise Damaged(member.segment_id, f"{member.hidden_file} is not readable") from None
        if len(hidden) and not 0 <= int(hidden["row"].min()) <= int(hidden["row"].max()) < segment.rows:
            raise Damaged(member.segment_id, f"{member.hidden_file} hides rows that are not there")
        return View(segment, member.hidden_file, hidden)


def read_list(session: Session) -> tuple[int, list[Listed]]:
    """The published list, oldest segment first, and its version, in one statement: never a mixture."""
    listed = (
        select(RegisterState.version, Member.segment_id, Member.hidden_file, SegmentRow.damaged)
        .join_from(RegisterState, Member, true(), isouter=True)
        .join(SegmentRow, SegmentRow.id == Member.segment_id, isouter=True)
        .order_by(SegmentRow.created_at, Member.segment_id)
    )
    rows = session.execute(listed).all()
    return rows[0].version, [Listed(row.segment_id, row.hidden_file, row.damaged) for row in rows if row.segment_id is not None]
