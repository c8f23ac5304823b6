"""Files for the register: taken in, recognised, listed, imported once, deleted. Each belongs to who uploaded it."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import Conflict, DiskFull, Invalid, NotFound, TooLarge
from tenderline.register.files import RegisterFiles
from tenderline.register.mapping import OPTIONS, Options, validate
from tenderline.register.mappings import SAVED, remember, remembered
from tenderline.register.models import (
    CANCELLED,
    FAILED,
    IMPORTED,
    IMPORTING,
    LOOKING,
    OPEN,
    RECOGNISED,
    UNREADABLE,
    ConflictRow,
    UploadRow,
)
from tenderline.register.staging import remove_staging
from tenderline.register.waiting import RUN, remove_unwanted
from tenderline.settings import Settings

if TYPE_CHECKING:
    from tenderline.register.reading.recognised import Recognised

UNKNOWN_UPLOAD = "There is no such upload."
BEGUN_AT = "begun_at"
STARTABLE = (RECOGNISED, FAILED, CANCELLED)
ABANDONED_AFTER = 60.0
"""Seconds after which an import whose task nobody knows counts as interrupted: until then it may only be about to be submitted."""

_CHUNK = 1024 * 1024
_SPACE_EVERY = 256 * 1024 * 1024


class Uploads:
    """The uploads of all owners; every call but ``row`` names the one who asks."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.files = RegisterFiles(settings.data_dir)
        self._limit = settings.register_max_upload_bytes
        self._database = database

    def take_in(self, stream: BinaryIO, file_name: str, owner: str, *, task_id: str | None = None, size: int | None = None) -> UploadRow:
        """Store a file of any size, piece by piece, and find out what it is.

        Args:
            file_name: what its user calls it, fit to be shown.
            task_id: of the task that is to look at the file if that takes long; the upload comes back as ``looking`` then, and the caller
                submits ``recognise_upload``.
            size: how many bytes are expected, when that is known.

        Raises:
            TooLarge: over ``REGISTER_MAX_UPLOAD_BYTES``.
            DiskFull: no room for it.
            Invalid, UnsupportedType: not a file that can be imported; nothing is kept of it.
        """
        from tenderline.register.reading import Recognised, recognise, takes_long

        if size is not None and size > self._limit:
            raise self._too_large()
        self.files.require_space(size or 0)
        upload_id = str(uuid.uuid4())
        with self._whole_or_nothing(upload_id):
            written = self._receive(stream, upload_id)
            path = self.files.upload(upload_id) / "original"
            later = task_id is not None and takes_long(path)
            known = Recognised.unseen() if later else recognise(path, file_name)
            with self._database.write() as session:
                row = UploadRow(id=upload_id, owner=owner, file_name=file_name, size=written, created_at=self._database.now(session))
                row.state, row.task_id = (LOOKING, task_id) if later else (RECOGNISED, None)
                _tell(session, row, known)
                session.add(row)
        return row

    def note(self, session: Session, upload_id: str, owner: str, recognised: Recognised, *, looked_at_by: str | None = None) -> bool:
        """Note what was recognised in an upload; False if it is gone, or its import has begun.

        Args:
            looked_at_by: the task that first looked at it; without one another sheet was looked at.
        """
        row = session.scalars(select(UploadRow).where(UploadRow.id == upload_id, UploadRow.owner == owner).with_for_update()).one_or_none()
        if row is None or not ((row.state, row.task_id) == (LOOKING, looked_at_by) if looked_at_by else row.state in STARTABLE):
            return False
        _tell(session, row, recognised)
        if looked_at_by:
            row.state = RECOGNISED
        return True

    def of_owner(self, owner: str, page: int, page_size: int) -> tuple[Sequence[UploadRow], int]:
        """A page of the owner's uploads, newest first, and how many there are in all."""
        mine = UploadRow.owner == owner
        with self._database.read() as session:
            total = session.scalar(select(func.count()).select_from(UploadRow).where(mine)) or 0
            newest = select(UploadRow).where(mine).order_by(UploadRow.number.desc()).limit(page_size).offset((page - 1) * page_size)
            return session.scalars(newest).all(), total

    def get(self, upload_id: str, owner: str) -> UploadRow:
        """An upload. Raises ``NotFound`` when it is unknown or not this owner's."""
        with self._database.read() as session:
            return self._own(session, upload_id, owner)

    def of_task(self, task_id: str, owner: str) -> UploadRow | None:
        """The upload that this task imports or has imported."""
        with self._database.read() as session:
            return session.scalars(select(UploadRow).where(UploadRow.task_id == task_id, UploadRow.owner == owner)).first()

    def begin(
        self,
        upload_id: str,
        owner: str,
        *,
        task_id: str,
        on_duplicate: str,
        mapping: dict[str, Any] | None = None,
        save: bool = True,
    ) -> UploadRow:
        """Note that an import of this upload begins as that task. Asking again with the same task changes nothing.

        Args:
            mapping: ``{field: column, ..., "options": {date_order, decimal, sheet}}`` as its user corrected it; what is left out is taken
                from what was guessed or saved before.
            save: offer a corrected mapping again for files with the same columns.

        Raises:
            NotFound: unknown, or not this owner's.
            Conflict: it is being imported, or has been.
            Invalid: the mapping doesn't fit the file; ``fields`` says where.
        """
        with self._database.write() as session:
            row = self._own(session, upload_id, owner, lock=True)
            if row.state == IMPORTING and row.task_id == task_id:
                return row
            if row.state not in STARTABLE:
                raise _not_startable(row)
            corrected = checked_mapping(row, mapping)
            now = self._database.now(session)
            if save and mapping is not None:
                remember(session, owner, row.recognised["columns_key"], corrected, now)
            row.mapping = {**corrected, BEGUN_AT: now}
            row.state, row.on_duplicate, row.task_id, row.error, row.result = IMPORTING, on_duplicate, task_id, None, None
        return row

    def choose_sheet(self, upload_id: str, owner: str, sheet: str) -> UploadRow | None:
        """Have another sheet of a workbook imported: its columns are recognised anew. None if that takes long and is a task's work.

        Raises ``NotFound``; ``Conflict`` when the import has begun; ``Invalid`` when there is no such sheet.
        """
        from tenderline.register.reading import recognise, takes_long

        row = self.get(upload_id, owner)
        if row.state not in STARTABLE:
            raise _not_startable(row)
        if sheet not in [known["name"] for known in row.recognised["sheets"]]:
            raise Invalid("The file has no such sheet.", fields={"sheet": "must be one of the file's sheets"})
        path = self.files.upload(row.id) / "original"
        if takes_long(path):
            return None
        recognised = recognise(path, row.file_name, sheet=sheet)
        with self._database.write() as session:
            if not self.note(session, row.id, owner, recognised):
                raise _not_startable(self._own(session, upload_id, owner))
        return self.get(upload_id, owner)

    def end(self, row: UploadRow, state: str, error: dict[str, Any] | None) -> None:
        """Note that the work that this row tells of failed or was cancelled; nothing when other work has begun since.

        That was its import, or the looking at it: then the file is deleted, as ``state`` is ``UNREADABLE``.
        """
        doing = LOOKING if state == UNREADABLE else IMPORTING
        this = (UploadRow.id == row.id, UploadRow.task_id == row.task_id, UploadRow.state == doing)
        with self._database.write() as session:
            now = self._database.now(session)
            ended = session.execute(update(UploadRow).where(*this).values(state=state, error=error, finished_at=now))
        if ended.rowcount and state == UNREADABLE:  # type: ignore[attr-defined]
            shutil.rmtree(self.files.upload(row.id), ignore_errors=True)
        elif ended.rowcount and row.task_id is not None:  # type: ignore[attr-defined]
            remove_staging(self.files, row.task_id)
            for left in self.files.upload(row.id).glob("*/"):
                shutil.rmtree(left, ignore_errors=True)
            remove_unwanted(self._database, row.number)

    def kept(self, row: UploadRow, name: str) -> Path:
        """A file that the import of this upload left. Raises ``NotFound``."""
        path = self.files.upload(row.id) / str((row.result or {}).get("files", "none")) / name
        if not path.is_file():
            raise NotFound("The import of this file left nothing of that kind.", hint="It may not have ended yet.")
        return path

    def kept_of_all(self, name: str) -> list[Path]:
        """The files of that name that all imports in the register left, whoever made them."""
        with self._database.read() as session:
            rows = session.execute(select(UploadRow.id, UploadRow.result).where(UploadRow.state == IMPORTED).order_by(UploadRow.number))
            paths = [self.files.upload(upload_id) / str(result["files"]) / name for upload_id, result in rows if result]
        return [path for path in paths if path.is_file()]

    def abandoned(self, row: UploadRow) -> bool:
        """Whether work whose task is unknown has had time enough to be submitted."""
        with self._database.read() as session:
            return self._database.now(session) - float((row.mapping or {}).get(BEGUN_AT, row.created_at)) > ABANDONED_AFTER

    def delete(self, upload_id: str, owner: str) -> None:
        """Delete an upload and its file. Raises ``NotFound``; ``Conflict`` while it is imported, or its contracts are in the register."""
        with self._database.write() as session:
            row = self._own(session, upload_id, owner, lock=True)
            if row.state == IMPORTING:
                raise Conflict("This file is being imported.", hint="Cancel the import first.")
            if row.state == IMPORTED:
                raise Conflict("The contracts of this file are in the register.", hint="Undo the import first.")
            session.execute(delete(ConflictRow).where(ConflictRow.import_no == row.number))
            session.delete(row)
        shutil.rmtree(self.files.upload(row.id), ignore_errors=True)

    def open_conflicts(self, rows: Sequence[UploadRow]) -> dict[int, int]:
        """Number of each import -> how many of its conflicts nobody has decided."""
        numbers = [row.number for row in rows if row.state == IMPORTED]
        count = (
            select(ConflictRow.import_no, func.count())
            .where(ConflictRow.import_no.in_(numbers), ConflictRow.state == OPEN)
            .group_by(ConflictRow.import_no)
        )
        with self._database.read() as session:
            return {row[0]: row[1] for row in session.execute(count)}

    def _own(self, session: Session, upload_id: str, owner: str, *, lock: bool = False) -> UploadRow:
        wanted = select(UploadRow).where(UploadRow.id == _canonical(upload_id), UploadRow.owner == owner)
        row = session.scalars(wanted.with_for_update() if lock else wanted).one_or_none()
        if row is None:
            raise NotFound(UNKNOWN_UPLOAD)
        return row

    def _receive(self, stream: BinaryIO, upload_id: str) -> int:
        size = checked = 0
        with (self.files.upload(upload_id) / "original").open("xb") as file:
            os.chmod(file.fileno(), 0o600)
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > self._limit:
                    raise self._too_large()
                if size - checked > _SPACE_EVERY:
                    checked = size
                    self.files.require_space()
                file.write(chunk)
        if not size:
            raise Invalid("The file is empty.", hint="Choose a file with contracts in it.")
        return size

    def _too_large(self) -> TooLarge:
        mega = max(1, self._limit // (1024 * 1024))
        return TooLarge(f"The file has more than {mega:,} MB, the most that is taken.", hint="Split it and import the parts.")

    @contextmanager
    def _whole_or_nothing(self, upload_id: str) -> Iterator[None]:
        directory = self.files.upload(upload_id)
        directory.mkdir(parents=True, mode=0o700)
        try:
            yield
        except BaseException as error:
            shutil.rmtree(directory, ignore_errors=True)
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise DiskFull("The server's disk is full.", hint="Ask the administrator to make room.") from error
            raise


def mapping_of(row: UploadRow) -> dict[str, Any]:
    """``{field: column, ..., "options": {...}}`` as an upload is to be read: as it was imported, else as saved before, else as guessed."""
    if row.mapping is not None:
        return {name: value for name, value in row.mapping.items() if name not in (BEGUN_AT, RUN, SAVED)}
    guessed = {name: guess["column"] for name, guess in row.recognised["mapping"].items()}
    return {**guessed, OPTIONS: dict(row.recognised["options"])}


def checked_mapping(row: UploadRow, mapping: dict[str, Any] | None = None) -> dict[str, Any]:
    """A mapping for an upload, made whole and checked. Raises ``Invalid`` with all that is wrong in ``fields``."""
    known = mapping_of(row)
    chosen = dict(known if mapping is None else mapping)
    chosen[OPTIONS] = {**known[OPTIONS], **chosen.get(OPTIONS, {})}
    sheets = [sheet["name"] for sheet in row.recognised["sheets"]]
    return validate(chosen, row.columns, sheets, Options(**row.recognised["options"])).as_dict()


def _tell(session: Session, row: UploadRow, known: Recognised) -> None:
    row.recognised, row.columns = known.as_dict(), list(known.columns)
    row.mapping = remembered(session, row.owner, known.columns_key, known.columns)


def _not_startable(row: UploadRow) -> Conflict:
    if row.state == LOOKING:
        return Conflict("This file is still being looked at.", hint="Wait until its columns are known.")
    if row.state == UNREADABLE:
        return Conflict("This file could not be read.", hint="Upload another one.")
    if row.state == IMPORTING:
        return Conflict("This file is being imported already.", hint="Wait for its end, or cancel it first.")
    if row.state == IMPORTED:
        return Conflict("This file is in the register already.", hint="Undo its import first, or upload another one.")
    return Conflict("The import of this file was undone.", hint="Upload the file again to import it anew.")


def _canonical(upload_id: str) -> str:
    try:
        return str(uuid.UUID(upload_id))
    except ValueError:
        raise NotFound(UNKNOWN_UPLOAD) from None
