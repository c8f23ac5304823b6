"""Copies a zip archive with some entries replaced or added; every other entry keeps its packed bytes, its place and what is said of it."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tenderline.review.parsing.package import BROKEN_ZIP, damaged

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_LOCAL_MARK, _CENTRAL_MARK, _END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_OFFSET_AT = 42
_SIZES_AT = 20
_VERSION = 20
_UTF8 = 0x800
_DATE = 0x21
"""1 January 1980, the first day that a zip archive knows: the same content always gives the same bytes."""


@dataclass(frozen=True)
class _Packed:
    """Deflated content with its checksum and its size before."""

    data: bytes
    checksum: int
    size: int


def copy_zip(source: Path, target: Path, replaced: Mapping[str, bytes], added: Mapping[str, bytes]) -> None:
    """Write ``target`` as a copy of ``source``.

    Args:
        replaced: new content of entries by their names, exactly as the archive spells them. They stay where they are in its order.
        added: content of new entries, which come last.

    Raises:
        Invalid: the archive contradicts itself.
        OSError: the copy could not be written.
    """
    try:
        with zipfile.ZipFile(source) as archive, source.open("rb") as file, target.open("wb") as copy:
            _copy(archive, file, copy, replaced, added)
    except (*BROKEN_ZIP, struct.error) as error:
        raise damaged() from error


def _copy(archive: zipfile.ZipFile, source: BinaryIO, copy: BinaryIO, replaced: Mapping[str, bytes], added: Mapping[str, bytes]) -> None:
    entries = archive.infolist()
    records = _central_records(source, archive.start_dir, len(entries))
    placed = sorted(range(len(entries)), key=lambda index: entries[index].header_offset)
    ends = [*(entries[index].header_offset for index in placed[1:]), archive.start_dir]
    for index, end in zip(placed, ends, strict=True):
        entry, offset = entries[index], copy.tell()
        if entry.filename in replaced:
            packed = _pack(replaced[entry.filename])
            name = _name_of(records[index])
            flags = entry.flag_bits & _UTF8
            copy.write(_local(name, packed, flags))
            records[index] = _central(name, packed, offset, flags, entry.external_attr)
        else:
            source.seek(entry.header_offset)
            _copy_bytes(source, copy, end - entry.header_offset)
            struct.pack_into("<L", records[index], _OFFSET_AT, offset)
            struct.pack_into("<LL", records[index], _SIZES_AT, entry.compress_size, entry.file_size)
    for part, content in added.items():
        packed, offset, name = _pack(content), copy.tell(), part.encode("ascii")
        copy.write(_local(name, packed, 0))
        records.append(_central(name, packed, offset, 0, 0))
    start = copy.tell()
    copy.writelines(records)
    count = len(records)
    copy.write(_END.pack(_END_MARK, 0, 0, count, count, copy.tell() - start, start, len(archive.comment)) + archive.comment)


def _central_records(source: BinaryIO, start: int, count: int) -> list[bytearray]:
    """The entries of the archive's list of contents as they stand, in its order, which is also zipfile's."""
    source.seek(start)
    records = []
    for _ in range(count):
        head = source.read(_CENTRAL.size)
        fields = _CENTRAL.unpack(head)
        if fields[0] != _CENTRAL_MARK:
            raise zipfile.BadZipFile
        records.append(bytearray(head + source.read(sum(fields[10:13]))))
    return records


def _name_of(record: bytearray) -> bytes:
    length = _CENTRAL.unpack_from(record)[10]
    return bytes(record[_CENTRAL.size : _CENTRAL.size + length])


def _copy_bytes(source: BinaryIO, copy: BinaryIO, size: int) -> None:
    while size > 0:
        piece = source.read(min(size, 1 << 20))
        if not piece:
            raise zipfile.BadZipFile
        copy.write(piece)
        size -= len(piece)


def _pack(content: bytes) -> _Packed:
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return _Packed(packer.compress(content) + packer.flush(), zlib.crc32(content), len(content))


def _local(name: bytes, packed: _Packed, flags: int) -> bytes:
    head = _LOCAL.pack(
        _LOCAL_MARK, _VERSION, flags, zipfile.ZIP_DEFLATED, 0, _DATE, packed.checksum, len(packed.data), packed.size, len(name), 0
    )
    return head + name + packed.data


def _central(name: bytes, packed: _Packed, offset: int, flags: int, attributes: int) -> bytearray:
    sizes = (packed.checksum, len(packed.data), packed.size)
    head = _CENTRAL.pack(
        _CENTRAL_MARK, _VERSION, _VERSION, flags, zipfile.ZIP_DEFLATED, 0, _DATE, *sizes, len(name), 0, 0, 0, 0, attributes, offset
    )
    return bytearray(head + name)
