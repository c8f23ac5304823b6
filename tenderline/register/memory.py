"""Giving memory back to the system between the steps of long work."""

from __future__ import annotations

import ctypes
from contextlib import suppress


def use_little() -> None:
    """Let Arrow take its memory from the C library, in all of this process: its own allocators keep a third more of what was freed."""
    import pyarrow as pa

    if pa.default_memory_pool().backend_name != "system":
        pa.set_memory_pool(pa.system_memory_pool())


def give_back() -> None:
    """Return what was freed: otherwise the allocators keep it beside what the next step takes."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    with suppress(OSError, AttributeError):  # only the GNU C library has it
        ctypes.CDLL(None).malloc_trim(0)
