"""The archive of a backup: a ``.tar.gz`` whose first member is a manifest with version, schema and the checksum of every file."""

from __future__ import annotations

import gzip
import hashlib
import io
import os
import tarfile
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Literal

from pydantic import BaseModel, Field, ValidationError

from tenderline import __version__
from tenderline.database import newest_revision
from tenderline.errors import Conflict, Invalid, TenderlineError

FORMAT = 1
MANIFEST = "manifest.json"
FILES = "files/"
"""Under this name in the archive is what stands in DATA_DIR."""
MAX_MANIFEST_BYTES = 64 * 1024 * 1024
_CHUNK = 1024 * 1024
_UNREADABLE = (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, UnicodeError)


class Entry(BaseModel):
    """A file of the archive."""

    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class Manifest(BaseModel):
    """What an archive says of itself. ``database`` is the kind of database it holds, ``files`` are all its other members."""

    format: int
    application: Literal["tenderline"] = "tenderline"
    version: str
    revision: str
    database: Literal["sqlite", "postgresql"]
    created_at: float
    documents: int
    files: dict[str, Entry]

    @property
    def dump(self) -> str:
        """The member that holds the database."""
        return {"sqlite": "database.sqlite", "postgresql": "database.dump"}[self.database]


def pack(target: Path, members: Mapping[str, Path], database: Literal["sqlite", "postgresql"], documents: int) -> Manifest:
    """Write an archive, read it back, and only then give it its name. Raises ``TenderlineError`` when a file changed meanwhile."""
    entries = {name: _entry(path) for name, path in sorted(members.items())}
    manifest = Manifest(
        format=FORMAT,
        version=__version__,
        revision=newest_revision(),
        database=database,
        created_at=time.time(),
        documents=documents,
        files=entries,
    )
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as archive:
                said = manifest.model_dump_json().encode()
                archive.addfile(_member(MANIFEST, len(said)), io.BytesIO(said))
                for name, entry in entries.items():
                    with members[name].open("rb") as content:
                        archive.addfile(_member(name, entry.size), content)
            file.flush()
            os.fsync(file.fileno())
        check(partial)
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return manifest


def check(source: Path) -> Manifest:
    """Read a whole archive and compare all checksums. Raises like ``unpack``."""
    return _read(source, None)


def unpack(source: Path, folder: Path) -> Manifest:
    """Write the members of an archive into an empty folder, under their names.

    Raises:
        Invalid: it is no archive of ours, is damaged, or has members that an archive of ours never has.
        Conflict: a newer version of Tenderline made it.
    """
    return _read(source, folder)


def _read(source: Path, folder: Path | None) -> Manifest:
    try:
        with tarfile.open(source, "r:gz") as archive:
            members = iter(archive)
            manifest = _manifest(archive, next(members, None))
            missing = dict(manifest.files)
            for member in members:
                entry = missing.pop(member.name, None)
                if entry is None or not member.isreg() or member.size != entry.size or not _harmless(member.name):
                    raise Invalid(
                        f"The archive holds {member.name!r}, which no backup holds.", hint="Use the archive as `flask backup` made it."
                    )
                content = archive.extractfile(member)
                if content is None or _copy(content, None if folder is None else folder / member.name) != entry:
                    raise _damaged(f"{member.name} is not what was stored")
    except FileNotFoundError:
        raise Invalid(f"There is no file {source}.") from None
    except _UNREADABLE as error:
        raise _damaged("it can't be read to its end") from error
    if missing:
        raise _damaged(f"{len(missing)} files are missing")
    return manifest


def _manifest(archive: tarfile.TarFile, member: tarfile.TarInfo | None) -> Manifest:
    if member is None or member.name != MANIFEST or not member.isreg() or member.size > MAX_MANIFEST_BYTES:
        raise Invalid("This is not a backup of Tenderline.", hint="Name a file that `flask backup` made.")
    content = archive.extractfile(member)
    try:
        manifest = Manifest.model_validate_json(content.read() if content else b"")
    except ValidationError as error:
        raise Invalid("This is not a backup of Tenderline that this version can read.") from error
    if manifest.format > FORMAT or manifest.revision > newest_revision():
        raise Conflict(
            f"The backup was made by a newer version ({manifest.version}, schema {manifest.revision}).",
            hint="Restore it with that version.",
        )
    if manifest.dump not in manifest.files:
        raise _damaged("it has no database")
    return manifest


def _harmless(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name and "\0" not in name and str(path) == name


def _damaged(what: str) -> TenderlineError:
    return Invalid(f"The archive is damaged: {what}.", hint="Use another backup.")


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o600
    member.mtime = int(time.time())
    return member


def _entry(path: Path) -> Entry:
    with path.open("rb") as file:
        return _copy(file, None)


def _copy(content: IO[bytes], target: Path | None) -> Entry:
    """Read to the end, writing what is read to ``target`` if there is one; size and checksum."""
    digest, size = hashlib.sha256(), 0
    if target is None:
        for chunk in _chunks(content):
            digest.update(chunk)
            size += len(chunk)
        return Entry(size=size, sha256=digest.hexdigest())
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        for chunk in _chunks(content):
            digest.update(chunk)
            size += len(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return Entry(size=size, sha256=digest.hexdigest())


def _chunks(content: IO[bytes]) -> Iterator[bytes]:
    while chunk := content.read(_CHUNK):
        yield chunk
