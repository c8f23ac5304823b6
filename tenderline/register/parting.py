"""The staged rows of an import in parts that fit into memory, whatever their number: rows whose hashes are equal are in the same part."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tenderline.register.staging import Staging

PART_ROWS = 250_000
"""About how many rows a part has; only rows with the very same hash can make it larger."""


def parts(
    staging: Staging, names: tuple[str, ...], check: Callable[[], None], chosen: NDArray[np.bool_] | None = None
) -> Iterator[NDArray[np.void]]:
    """What is compared of the rows, part by part.

    Args:
        names: which of ``staging.COMPARED``; the first one, a hash, decides where a row goes: each part is a range of it.
        check: called between pieces; raises when the work is to stop.
        chosen: of each staged row, whether it is wanted; all are when left out.

    Returns:
        For each part an array with the fields ``place`` (of the row among those staged, ascending) and ``names``.
    """
    import numpy as np

    many = max(1, math.ceil((staging.rows if chosen is None else int(np.count_nonzero(chosen))) / PART_ROWS))
    kind = _kind(staging, names)
    with tempfile.TemporaryDirectory(dir=staging.directory, prefix="parts-") as folder:
        files = [Path(folder) / str(number) for number in range(many)]
        with ExitStack() as stack:
            opened = [stack.enter_context(file.open("wb")) for file in files]
            for begin, columns in staging.pieces(names):
                check()
                rows = np.empty(len(columns[names[0]]), kind)
                rows["place"] = np.arange(begin, begin + len(rows))
                for name, values in columns.items():
                    rows[name] = values
                if chosen is not None:
                    rows = rows[chosen[begin : begin + len(rows)]]
                part = ((rows[names[0]] >> np.uint64(32)) * np.uint64(many)) >> np.uint64(32)
                rows = rows[np.argsort(part, kind="stable")]
                ends = np.cumsum(np.bincount(part.astype(np.int64), minlength=many))
                for file, belonging in zip(opened, np.split(rows, ends[:-1]), strict=True):
                    file.write(belonging.tobytes())
        for path in files:
            check()
            yield np.fromfile(path, kind)
            path.unlink()


def _kind(staging: Staging, names: tuple[str, ...]) -> np.dtype[Any]:
    import numpy as np

    return np.dtype([("place", "<i8"), *((name, staging.kind(name)) for name in names)])
