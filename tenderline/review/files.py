"""The files of a document: ``DATA_DIR/documents/<session id>/``, never named by a user."""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
import shutil
import time
import unicodedata
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tenderline.errors import Conflict, DiskFull, NotFound, TooLarge
from tenderline.review.document import ParsedDocument, RunSpan, Section
from tenderline.settings import MAX_UPLOAD_BYTES

MAX_GUIDELINES_BYTES = 1024 * 1024
MIN_FREE_BYTES = 200 * 1024 * 1024
MAX_NAME_CHARS = 200
UNKNOWN_DOCUMENT = "There is no such document."

_CHUNK = 256 * 1024
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_TEXT, _RUNS = "text.gz", "runs.json.gz"
_EXPORTS = "exports"


def storable(text: str) -> str:
    """The text with what no database keeps (NUL, half surrogate pairs) replaced one for one, so that offsets stay true."""
    return _UNSTORABLE.sub("\ufffd", text)


def display_name(filename: str | None) -> str:
    """A user's file name, fit to be shown: no path, no control or direction characters, at most ``MAX_NAME_CHARS`` characters."""
    name = (filename or "").replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(character for character in name if unicodedata.category(character)[0] != "C")
    shown = " ".join(shown.split())
    if len(shown) > MAX_NAME_CHARS:
        stem, dot, ending = shown.rpartition(".")
        tail = dot + ending if dot and len(ending) <= 8 else ""
        shown = (stem if tail else shown)[: MAX_NAME_CHARS - len(tail)] + tail
    return shown or "document"


@dataclass(frozen=True)
class Upload:
    """A file as it arrives: its bytes and what its user calls it, which is only ever shown."""

    stream: BinaryIO
    filename: str


class DocumentFiles:
    """Stores, reads and removes the files of documents.

    Args:
        data_dir: the setting ``DATA_DIR``.
        min_free: bytes that must stay free on its disk.
    """

    def __init__(self, data_dir: Path, min_free: int = MIN_FREE_BYTES) -> None:
        self.root = data_dir.absolute() / "documents"
        self._min_free = min_free

    def directory(self, session_id: str) -> Path:
        """Where a session's files are. The id must be a UUID: nothing else ever becomes part of a path."""
        return self.root / str(uuid.UUID(session_id))

    def original(self, session_id: str, kind: str) -> Path:
        """The file as it was uploaded."""
        return self.directory(session_id) / f"original.{kind}"

    def require_space(self) -> None:
        """Raise ``DiskFull`` when the disk is nearly full."""
        self.root.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self.root).free < self._min_free:
            raise DiskFull("The server's disk is nearly full.", hint="Delete documents you no longer need, or ask the administrator.")

    def receive(self, session_id: str, upload: Upload) -> Path:
        """Store an uploaded document under a name without kind; ``settle`` names it once that is known. Use inside ``whole_or_nothing``.

        Raises:
            TooLarge: over ``MAX_UPLOAD_BYTES``.
            DiskFull: no room for it.
        """
        path = self.directory(session_id) / "original"
        _copy(upload.stream, path, MAX_UPLOAD_BYTES)
        return path

    def receive_guidelines(self, session_id: str, upload: Upload) -> Path:
        """Store a checklist beside its document. Raises ``TooLarge``."""
        path = self.directory(session_id) / "guidelines"
        _copy(upload.stream, path, MAX_GUIDELINES_BYTES)
        return path

    @contextmanager
    def passing(self) -> Iterator[str]:
        """The id of a directory for a file that is only looked at; both are gone afterwards. Raises ``DiskFull``."""
        session_id = str(uuid.uuid4())
        with self.whole_or_nothing(session_id):
            try:
                yield session_id
            finally:
                self.remove(session_id)

    def settle(self, session_id: str, kind: str) -> Path:
        """Name a received document by its kind; returns its path from now on."""
        return (self.directory(session_id) / "original").rename(self.original(session_id, kind))

    def write_parsed(self, session_id: str, parsed: ParsedDocument) -> None:
        """Keep a document's text and its runs. Raises ``NotFound`` when the document was deleted in the meantime."""
        directory = self.directory(session_id)
        _write_gzip(directory / _TEXT, storable(parsed.text).encode())
        spans = [[span.start, span.end, span.paragraph, span.run] for span in parsed.runs]
        _write_gzip(directory / _RUNS, json.dumps(spans, separators=(",", ":")).encode())

    def read_text(self, session_id: str) -> str:
        """The whole text of a document."""
        return _read_gzip(self.directory(session_id) / _TEXT).decode()

    def read_runs(self, session_id: str) -> tuple[RunSpan, ...]:
        """Where the text of a docx stands in its file; empty for other kinds."""
        return tuple(RunSpan(*span) for span in json.loads(_read_gzip(self.directory(session_id) / _RUNS)))

    def parsed(self, session_id: str, kind: str, sections: tuple[Section, ...], warnings: tuple[str, ...] = ()) -> ParsedDocument:
        """The document as parsing gave it, without its runs."""
        return ParsedDocument(kind=kind, text=self.read_text(session_id), sections=sections, warnings=warnings)

    def export(self, session_id: str, export_id: str) -> Path:
        """Where a finished review lies as a file. The ids must be UUIDs."""
        return self.directory(session_id) / _EXPORTS / str(uuid.UUID(export_id))

    def write_export(self, session_id: str, export_id: str, write: Callable[[Path], object]) -> int:
        """Store a finished review: ``write`` makes the file at the path it is given; whole or not at all. Returns its bytes.

        Raises:
            NotFound: the document was deleted in the meantime.
            DiskFull: no room for it.
        """
        self.require_space()
        path = self.export(session_id, export_id)
        partial = path.with_suffix(".partial")
        try:
            with _full_disk_named():
                path.parent.mkdir(mode=0o700, exist_ok=True)
                partial.touch(mode=0o600)
                write(partial)
                size = partial.stat().st_size
                partial.replace(path)
        except FileNotFoundError:
            raise NotFound(UNKNOWN_DOCUMENT) from None
        finally:
            partial.unlink(missing_ok=True)
        return size

    def remove_exports(self, session_id: str, keep: Collection[str], age: float) -> None:
        """Delete a session's exports but those to keep and files younger than ``age`` seconds, which may be on their way."""
        folder = self.directory(session_id) / _EXPORTS
        for entry in os.scandir(folder) if folder.is_dir() else ():
            with suppress(FileNotFoundError):
                if entry.name not in keep and time.time() - entry.stat().st_mtime >= age:
                    os.unlink(entry.path)

    def remove(self, session_id: str) -> None:
        """Delete all files of a session; fine when there are none."""
        shutil.rmtree(self.directory(session_id), ignore_errors=True)

    def old_ids(self, age: float) -> list[str]:
        """The ids that have had a directory for more than ``age`` seconds."""
        if not self.root.is_dir():
            return []
        before = time.time() - age
        return [entry.name for entry in os.scandir(self.root) if _is_id(entry.name) and entry.is_dir() and entry.stat().st_mtime < before]

    @contextmanager
    def whole_or_nothing(self, session_id: str) -> Iterator[None]:
        """A new session's directory, which goes again when what happens inside fails.

        Raises ``DiskFull`` when there is no room, ``Conflict`` when another request is filling this directory right now.
        """
        self.require_space()
        try:
            self.directory(session_id).mkdir(mode=0o700)
        except FileExistsError:
            raise Conflict("This file is being uploaded already.", hint="Wait a moment, then look at the list of documents.") from None
        try:
            with _full_disk_named():
                yield
        except BaseException:
            self.remove(session_id)
            raise


@contextmanager
def _full_disk_named() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull("The server's disk is full.", hint="Ask the administrator to make room.") from error
        raise


def _is_id(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _copy(stream: BinaryIO, path: Path, limit: int) -> None:
    """Write a stream to a file, in pieces and not beyond ``limit`` bytes."""
    size = 0
    with path.open("xb") as file:
        os.chmod(path, 0o600)
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > limit:
                mega = limit // (1024 * 1024)
                raise TooLarge(f"The file has more than {mega} MB, the most that can be read.", hint="Split it, or leave out pictures.")
            file.write(chunk)


def _write_gzip(path: Path, content: bytes) -> None:
    partial = path.with_suffix(f".{uuid.uuid4().hex}.partial")
    try:
        with _full_disk_named():
            partial.write_bytes(gzip.compress(content, compresslevel=6, mtime=0))
            partial.replace(path)
    except FileNotFoundError:
        raise NotFound(UNKNOWN_DOCUMENT) from None
    finally:
        partial.unlink(missing_ok=True)


def _read_gzip(path: Path) -> bytes:
    try:
        return gzip.decompress(path.read_bytes())
    except FileNotFoundError:
        raise NotFound(UNKNOWN_DOCUMENT) from None
