"""Writing a segment's ``.npy`` files, whole or piece by piece, with size and checksum of each for ``meta.json``."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

SYNCS = 16
"""How many files are synced at once."""


class ArrayFiles:
    """The files of one segment on their way.

    Args:
        path: the directory they are written into.

    Attributes:
        written: name -> ``{bytes, blake2b}``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written: dict[str, dict[str, Any]] = {}

    def write(self, name: str, values: NDArray[Any]) -> None:
        """Write an array at once, as ``<name>.npy``."""
        self.stream(name, values.dtype, values.shape, [values])

    def stream(self, name: str, dtype: DTypeLike, shape: tuple[int, ...], pieces: Iterable[NDArray[Any]]) -> None:
        """Write an array of a known shape from pieces along its first axis. Raises ``ValueError`` when they don't add up to it."""
        file_name = f"{name}.npy"
        with (self.path / file_name).open("wb") as file:
            counted = _Counted(file)
            npy.write_array_header_1_0(counted, {"descr": npy.dtype_to_descr(np.dtype(dtype)), "fortran_order": False, "shape": shape})
            start = counted.size
            for piece in pieces:
                counted.write(np.ascontiguousarray(piece, dtype).data)
            wanted = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
            if counted.size - start != wanted:
                raise ValueError(f"{file_name}: {counted.size - start} bytes instead of {wanted}")
            self.written[file_name] = {"bytes": counted.size, "blake2b": counted.digest.hexdigest()}

    def sync(self) -> None:
        """Have the disk hold every file and the directory."""
        with ThreadPoolExecutor(SYNCS) as pool:  # the disk does many at once in hardly more time than one
            list(pool.map(sync, [self.path / name for name in (*self.written, ".")]))


class _Counted:
    """A file that knows its size and its checksum so far."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = 0
        self.digest = hashlib.blake2b(digest_size=16)

    def write(self, data: bytes | memoryview) -> None:
        size = data.nbytes if isinstance(data, memoryview) else len(data)
        if size:
            self._file.write(data)
            self.digest.update(data)
            self.size += size


def sync(path: Path) -> None:
    """Have the disk hold a file or directory."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
