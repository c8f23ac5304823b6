"""The import: a file's rows are read, prepared and staged, compared with the register, built into segments, and published in one step.

Nothing is in the register before the transaction that finishes the run. A run that stops on the way, for whatever reason, removes what it
made; one that was killed is followed by another, which goes on from the staged rows if all had been read, or else begins anew.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import Invalid, NotFound
from tenderline.register.building import BuiltSegment, build_segment, discard_segment, new_segment_id
from tenderline.register.files import RegisterFiles
from tenderline.register.memory import give_back, use_little
from tenderline.register.models import IMPORTED, IMPORTING, UploadRow
from tenderline.register.operation_names import PROCESS
from tenderline.register.pace import STEPS, Pace
from tenderline.register.pieces import Pieces
from tenderline.register.publication import Publication
from tenderline.register.quality import Quality
from tenderline.register.register import Register
from tenderline.register.schema import UID_BITS
from tenderline.register.snapshot import Snapshot
from tenderline.register.staging import Staging
from tenderline.register.uploads import mapping_of
from tenderline.register.waiting import Waiting, unwanted
from tenderline.settings import Settings
from tenderline.tasks.operation import Json, Operation, TaskContext

if TYPE_CHECKING:
    from tenderline.register.duplicates import Verdict

_READ_END, _JUDGED = 550, 580
"""Of ``STEPS``: where reading ends and building begins."""
_SWEEP_AFTER = 2.0


def import_operation(settings: Settings, database: Database, register: Register) -> Operation:
    """``{upload_id}`` -> the import's figures."""

    def run(params: Json, context: TaskContext) -> Json:
        return _Import(settings, database, register, str(params["upload_id"]), context).run()

    limit = settings.import_time_limit
    return Operation(PROCESS, "imports", run, heavy=True, repeatable=False, soft_time_limit=limit, time_limit=limit + 60)


@dataclass
class _Ready:
    """What is to be published: as it was found against one version of the register."""

    publication: Publication
    segments: list[BuiltSegment]
    verdict: Verdict


class _Import:
    """One run."""

    def __init__(self, settings: Settings, database: Database, register: Register, upload_id: str, context: TaskContext) -> None:
        self._database = database
        self._register = register
        self._files = RegisterFiles(settings.data_dir)
        self._context = context
        self._pace = Pace(context, settings.import_stall_limit)
        self._started = time.monotonic()
        self._row = self._upload(upload_id)
        self._staging: Staging | None = None
        self._waiting: Waiting | None = None
        self._facts: dict[str, Any] = {}
        self._created: dict[str, int] = {}
        self._ready: _Ready | None = None
        self._result: Json = {}

    def run(self) -> Json:
        """Do the work up to the publication; what it returns is changed when the publication has to be prepared anew."""
        use_little()
        self._files.require_space(self._row.size)
        try:
            self._prepare()
        except BaseException:
            self._discard()
            raise
        self._context.on_finish(self._effect, prepare=self._prepare_again)
        return self._result

    def _upload(self, upload_id: str) -> UploadRow:
        with self._database.read() as session:
            mine = select(UploadRow).where(UploadRow.id == upload_id, UploadRow.owner == self._context.owner)
            row = session.scalars(mine).one_or_none()
        if row is None:
            raise NotFound("There is no such upload.")
        if row.state != IMPORTING or row.task_id != self._context.task_id:
            raise unwanted()
        return row

    # ---- Preparing ----

    def _prepare_again(self) -> None:
        try:
            self._prepare()
        except BaseException:
            self._discard()
            raise

    def _prepare(self) -> None:
        """Stage the rows unless they are, judge them by the register as it is now, and build what is to be added."""
        staging = self._stage()
        self._pace.enter("Comparing with the register", _READ_END, _JUDGED)
        snapshot = self._register.snapshot()
        verdict = self._judge(staging, snapshot)
        if self._ready is None or not verdict.adds_the_same(self._ready.verdict):
            self._unbuild()
            segments = self._build(staging, snapshot, verdict)
        else:
            segments = self._ready.segments
        self._pace.enter("Publishing", STEPS, STEPS)
        self._ready = self._published(snapshot, segments, verdict)
        self._sum_up(staging, verdict, snapshot.version + 1)

    def _stage(self) -> Staging:
        if self._staging is not None and self._staging.directory.exists():
            return self._staging
        staging, facts = Staging.begin(self._files.staging, self._context.task_id)
        self._staging = staging
        for segment in staging.built():
            discard_segment(self._files, segment)
        for name in staging.earlier:
            shutil.rmtree(self._files.upload(self._row.id) / name, ignore_errors=True)
        self._waiting = Waiting(self._database, self._row.number, self._context.task_id, staging.directory.name)
        self._waiting.claim()
        if facts is None:
            facts = self._read(staging)
            staging.finish(facts)
            give_back()
        self._facts = facts
        return staging

    def _read(self, staging: Staging) -> dict[str, Any]:
        """Read the file into staging; the facts that the result needs."""
        from tenderline.register.mapping import validate
        from tenderline.register.preparing import prepare
        from tenderline.register.reading import Recognised, read
        from tenderline.register.rejects import RejectsFile

        row = self._row
        known = Recognised.from_dict(row.recognised)
        mapping = validate(mapping_of(row), row.columns, [sheet.name for sheet in known.sheets], known.options)
        quality, repaired, seen = Quality(), 0, 0
        rejects = RejectsFile(staging.rejects, row.columns)
        self._pace.enter("Reading", 0, _READ_END)
        try:
            original = self._files.upload(row.id) / "original"
            for batch in read(original, known, self._pace.check, mapping.options):
                prepared = prepare(batch, mapping)
                self._pace.check()
                if prepared.rows.num_rows:
                    staging.append(prepared.rows)
                rejects.add(prepared.rejects)
                quality.see(prepared.rows)
                repaired += batch.repaired
                seen += prepared.rows.num_rows + len(prepared.rejects)
                self._pace.move(batch.position / max(1, row.size), seen)
        finally:
            rejects.close()
            staging.close()
        if not seen:
            raise Invalid("The file has no rows.", hint="It has only a header. Choose a file with contracts in it.")
        return {"processed": seen, "rejected": rejects.count, "repaired": repaired, "quality": quality.as_dict()}

    def _judge(self, staging: Staging, snapshot: Snapshot) -> Verdict:
        from tenderline.register.duplicates import judge

        return judge(staging, snapshot, self._row.on_duplicate or "skip", self._pace.check)

    def _build(self, staging: Staging, snapshot: Snapshot, verdict: Verdict) -> list[BuiltSegment]:
        from tenderline.register.created import Created

        counted = verdict.added.copy()
        counted[verdict.conflicts] = False
        created = Created(staging, snapshot, counted, self._pace.check)
        total = int(verdict.added.sum())
        self._pace.enter("Indexing", _JUDGED, STEPS)
        pieces = Pieces(staging, verdict.added, counted, self._row.number, created, self._pace, total)
        segments: list[BuiltSegment] = []
        for piece in pieces:
            segment_id = new_segment_id()
            staging.note_built([*(segment.id for segment in segments), segment_id])
            segments.append(build_segment(self._files, piece, check=self._pace.check, segment_id=segment_id, within=staging.directory))
            pieces.built(segments[-1].rows)
            give_back()
        self._created = created.write()
        return segments

    def _published(self, snapshot: Snapshot, segments: list[BuiltSegment], verdict: Verdict) -> _Ready:
        import numpy as np

        from tenderline.register.hidden import CONFLICT, REPLACED, HiddenFile, entries, write_hidden
        from tenderline.register.segment import Segment

        number = self._row.number
        hide: dict[str, HiddenFile | None] = {}
        for view in snapshot.views:
            if (rows := verdict.replaced.get(view.segment.id)) is not None and len(rows):
                more = np.concatenate([view.entries, entries(rows, number, REPLACED)])
                hide[view.segment.id] = write_hidden(view.segment.path, more)
        uids = np.empty(0, np.int64)
        if len(verdict.conflicts) and self._staging is not None:
            uids = (np.int64(number) << UID_BITS) | self._staging.compared("ordinal")[verdict.conflicts]
            for built in segments:
                path = self._files.segment(built.id)
                waiting = np.flatnonzero(np.isin(Segment.open(path).uid, uids))
                if len(waiting):
                    hide[built.id] = write_hidden(path, entries(waiting, number, CONFLICT))
        if self._waiting is not None:
            self._waiting.write(list(zip(uids.tolist(), verdict.contradicted.tolist(), strict=True)), self._pace.check)
        publication = Publication(snapshot.version, self._database.now, add=segments, hide=hide)
        return _Ready(publication, segments, verdict)

    def _sum_up(self, staging: Staging, verdict: Verdict, version: int) -> None:
        facts = self._facts
        quality = Quality(**facts["quality"])
        seconds = time.monotonic() - self._started
        created = self._created
        self._result |= {
            "success": True,
            "upload_id": self._row.id,
            "processed": facts["processed"],
            "imported": int(verdict.added.sum()),
            "rejected": facts["rejected"],
            "duplicates": verdict.duplicates,
            "replaced": sum(len(rows) for rows in verdict.replaced.values()),
            "conflicts": len(verdict.conflicts),
            "created_suppliers": created["suppliers"],
            "created_materials": created["materials"],
            "created_pos": created["purchase_orders"],
            "created_prices": created["prices"],
            "quality": quality.score(rejected=facts["rejected"], repeated=verdict.repeated, repaired=facts["repaired"]),
            "seconds": round(seconds, 2),
            "rows_per_second": round(facts["processed"] / max(seconds, 0.01)),
            "version": version,
        }
        self._keep(staging)

    def _keep(self, staging: Staging) -> None:
        """Put what people may look at later beside the upload: it is known only by what the publication says."""
        from tenderline.register.created import KINDS, file_name

        directory = self._files.upload(self._row.id) / staging.directory.name
        directory.mkdir(exist_ok=True)
        for name in ("rejects.csv.gz", *map(file_name, KINDS)):
            (directory / name).unlink(missing_ok=True)
            os.link(staging.directory / name, directory / name)

    # ---- The end ----

    def _effect(self, session: Session) -> None:
        ready, staging = self._ready, self._staging
        if ready is None or staging is None:
            raise RuntimeError("nothing was prepared")
        ready.publication.effect(session)
        number = self._row.number
        result = {**self._result, "files": staging.directory.name}
        done = {"state": IMPORTED, "result": result, "error": None, "finished_at": self._database.now(session)}
        this = (UploadRow.number == number, UploadRow.state == IMPORTING, UploadRow.task_id == self._context.task_id)
        if session.execute(update(UploadRow).where(*this).values(**done)).rowcount != 1:  # type: ignore[attr-defined]
            raise unwanted()
        sweep = threading.Timer(_SWEEP_AFTER, staging.remove)  # not before the transaction is over: it may have to be prepared anew
        sweep.daemon = True
        sweep.start()

    def _unbuild(self) -> None:
        if self._ready is not None:
            for segment in self._ready.segments:
                discard_segment(self._files, segment.id)
            self._ready = None

    def _discard(self) -> None:
        """Nothing came of it: leave nothing."""
        self._unbuild()
        if self._staging is not None:
            self._staging.close()
            for segment in self._staging.built():
                discard_segment(self._files, segment)
            self._staging.remove()
            shutil.rmtree(self._files.upload(self._row.id) / self._staging.directory.name, ignore_errors=True)
        if self._waiting is not None:
            with suppress(DBAPIError):  # nobody sees them; why the run ends matters more, and they are swept later
                self._waiting.discard()
