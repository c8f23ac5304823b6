"""Building a segment from prepared batches, in bounded memory: collected in files, sorted, written column by column.

Everything is written into a directory under ``staging`` that becomes the segment by one rename; ``meta.json`` is written last.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenderline.register.array_files import ArrayFiles, sync
from tenderline.register.building_columns import SortedTexts, write_dimension, write_identities, write_numbers, write_text
from tenderline.register.building_words import write_words
from tenderline.register.files import RegisterFiles
from tenderline.register.schema import DIMENSIONS, SEARCHED
from tenderline.register.segment import FORMAT, PLAIN_TEXTS, checksum
from tenderline.register.spool import Spool

if TYPE_CHECKING:
    import pyarrow

Check = Callable[[], None]


@dataclass(frozen=True)
class BuiltSegment:
    """A segment that lies ready and that no list names yet.

    ``bytes`` is what its files take, ``imports`` the numbers of the imports whose rows it holds.
    """

    id: str
    rows: int
    bytes: int
    imports: list[int]


def new_segment_id() -> str:
    """An id for a segment that is to be built."""
    return str(uuid.uuid4())


def build_segment(
    files: RegisterFiles, batches: Iterable[pyarrow.RecordBatch], *, check: Check, segment_id: str = "", within: Path | None = None
) -> BuiltSegment:
    """Write rows as a segment.

    Args:
        batches: prepared batches (``schema.prepared_schema``) with a column ``uid``, and with ``spool.HASHES`` where they are known; at
            most ``SEGMENT_ROWS`` rows together.
        check: called several times a second; what it raises ends the work and leaves nothing behind.
        segment_id: to have it known, and noted, before anything is written.
        within: a directory of the caller's to build in, so that what a killed process leaves is found with the rest of its work.

    Raises ``ValueError`` for no rows or too many, ``DiskFull``.
    """
    files.require_space()
    segment_id = segment_id or new_segment_id()
    staging = (within or files.staging) / segment_id
    ready = staging / "ready"
    try:
        ready.mkdir(parents=True)
        built = _build(segment_id, staging, ready, batches, check)
        check()
        files.segments.mkdir(parents=True, exist_ok=True)
        ready.rename(files.segment(segment_id))
        sync(files.segments)
    except BaseException:
        discard_segment(files, segment_id)
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return built


def discard_segment(files: RegisterFiles, segment_id: str) -> None:
    """Delete a segment that no list names."""
    shutil.rmtree(files.segment(segment_id), ignore_errors=True)


def _build(segment_id: str, staging: Path, ready: Path, batches: Iterable[pyarrow.RecordBatch], check: Check) -> BuiltSegment:
    import pyarrow as pa

    release = pa.default_memory_pool().release_unused  # else what one step has used stays beside what the next one uses
    out = ArrayFiles(ready)
    with Spool(staging, ready / "source.arrow") as spool:
        for batch in batches:
            check()
            spool.add(batch)
            release()
        spool.complete()
    release()
    if not spool.rows:
        raise ValueError("a segment has at least one row")
    numbers, meta = write_numbers(out, spool, check)
    texts: dict[str, SortedTexts] = {}
    for name in PLAIN_TEXTS:
        texts[name] = write_text(out, name, spool.text(name), numbers.order, check)
        release()
    for name, field in DIMENSIONS.items():
        texts[field] = write_dimension(out, name, spool.text(field), numbers, check)
        release()
    write_identities(out, texts, numbers, spool, check)
    release()
    meta |= write_words(out, staging, [texts[name] for name in SEARCHED], spool.rows, check)
    source = ready / "source.arrow"
    told: dict[str, Any] = {**out.written, source.name: {"bytes": source.stat().st_size, "blake2b": checksum(source)}}
    check()
    out.sync()
    sync(source)
    (ready / "meta.json").write_text(json.dumps({"format": FORMAT, **meta, "files": told}, ensure_ascii=False), encoding="utf-8")
    sync(ready / "meta.json")
    sync(ready)
    size = sum(file["bytes"] for file in told.values()) + (ready / "meta.json").stat().st_size
    return BuiltSegment(segment_id, spool.rows, size, meta["imports"])
