"""The conflicts of an import that is not published yet: written a few at a time, seen by nobody before the publication.

Conflicts are shown of imports that are in the register, and of no others, so what makes them visible is the publication. A run owns the
unpublished conflicts of its import; of several runs (one may have been stopped and goes on) the last one that claimed them does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import Conflict
from tenderline.register.models import IMPORTED, IMPORTING, OPEN, ConflictRow, UploadRow

RUN = "run"
"""In an upload's mapping: the run that owns its unpublished conflicts."""
AT_ONCE = 2_000
"""Rows in one transaction: on SQLite it holds the write lock for some hundredths of a second."""


class Waiting:
    """The unpublished conflicts of one import, for one of its runs."""

    def __init__(self, database: Database, number: int, task_id: str, run: str) -> None:
        self._database = database
        self._number = number
        self._task_id = task_id
        self._run = run
        self._written: Sequence[tuple[int, int]] = ()

    def claim(self) -> None:
        """From now on they are this run's. Raises ``Conflict`` when the import is not wanted any more."""
        with self._database.write(durable=False) as session:
            row = self._locked(session)
            if row is None:
                raise unwanted()
            row.mapping = {**(row.mapping or {}), RUN: self._run}
        self._remove()

    def write(self, pairs: Sequence[tuple[int, int]], check: Callable[[], None]) -> None:
        """Have these be the import's conflicts: (uid of the row that waits, uid of the row that it contradicts), in the order of the file.

        Raises ``Conflict`` when another run has claimed them.
        """
        if list(pairs) == list(self._written):
            return
        self._remove()
        for begin in range(0, len(pairs), AT_ONCE):
            check()
            rows = [
                {"import_no": self._number, "new_uid": new, "old_uid": old, "state": OPEN} for new, old in pairs[begin : begin + AT_ONCE]
            ]
            with self._database.write(durable=False) as session:
                if not self._owns(session):
                    raise unwanted()
                session.execute(insert(ConflictRow), rows)
        self._written = pairs

    def discard(self) -> None:
        """Nothing comes of the run: delete them, unless they belong to another run by now."""
        self._remove()

    def _remove(self) -> None:
        self._written = ()
        remove(self._database, self._number, self._owns)

    def _locked(self, session: Session) -> UploadRow | None:
        mine = (UploadRow.number == self._number, UploadRow.state == IMPORTING, UploadRow.task_id == self._task_id)
        return session.scalars(select(UploadRow).where(*mine).with_for_update()).one_or_none()

    def _owns(self, session: Session) -> bool:
        row = self._locked(session)
        return row is not None and (row.mapping or {}).get(RUN) == self._run


def remove(database: Database, number: int, wanted: Callable[[Session], bool]) -> int:
    """Delete the conflicts of an import a few at a time for as long as ``wanted`` says so in each transaction; how many went."""
    some = select(ConflictRow.id).where(ConflictRow.import_no == number).limit(AT_ONCE)
    gone = 0
    with database.read() as session:
        more = session.scalar(some.limit(1)) is not None
    while more:
        with database.write(durable=False) as session:
            if not wanted(session):
                return gone
            these = session.scalars(some).all()
            session.execute(delete(ConflictRow).where(ConflictRow.id.in_(these)))
        gone += len(these)
        more = len(these) == AT_ONCE
    return gone


def remove_unwanted(database: Database, number: int | None = None) -> int:
    """Delete the conflicts of imports that are neither in the register nor on their way into it, or of that one; how many went."""
    unpublished = ConflictRow.import_no.not_in(select(UploadRow.number).where(UploadRow.state.in_((IMPORTING, IMPORTED))))
    those = [unpublished] if number is None else [unpublished, ConflictRow.import_no == number]
    with database.read() as session:
        numbers = session.scalars(select(ConflictRow.import_no).where(*those).distinct()).all()
    return sum(remove(database, each, lambda session, each=each: _ended(session, each)) for each in numbers)  # type: ignore[misc]


def _ended(session: Session, number: int) -> bool:
    state = session.scalar(select(UploadRow.state).where(UploadRow.number == number).with_for_update())
    return state not in (IMPORTING, IMPORTED)


def unwanted() -> Conflict:
    """What a run raises whose import was given up, or taken over by another run."""
    return Conflict("This import is not wanted any more.", hint="Start it anew from the list of uploads.")
