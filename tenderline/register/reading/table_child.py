"""The process that opens workbooks and Parquet files: ``python -m tenderline.register.reading.table_child REQUEST``.

``REQUEST`` is a JSON object. To look at a file it answers with one on standard output, to read it with an Arrow stream there; an error is
the last line of standard error, as JSON. Started by ``tables`` only. Such files are read by libraries that may need any amount of memory or
crash on a file made for that, so the process limits itself, and does harm to itself alone.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from tenderline import confined
from tenderline.errors import TenderlineError

_SAY_EVERY = 0.25  # seconds


def main() -> None:
    request = confined.enter()
    answer = os.dup(1)
    os.dup2(2, 1)  # nothing that a library prints may get into the answer
    try:
        _look(request, answer) if request["look"] else _read(request, answer)
    except BrokenPipeError:
        os._exit(1)  # nobody wants it any more
    except TenderlineError as error:
        _fail(error.as_dict())
    except MemoryError:
        confined.use_reserve()
        _fail({"code": "out_of_memory"})
    except Exception as error:
        _fail(
            {
                "code": "out_of_memory" if "alloc" in str(error) else "failed",
                "message": type(error).__name__,
                "where": confined.where(error),
            }
        )
    os._exit(0)  # tidying up the libraries' memory costs time and helps nobody


def _look(request: dict[str, Any], answer: int) -> None:
    from tenderline.register.reading import columnar, workbook

    path = Path(request["path"])
    with os.fdopen(answer, "wb") as out:
        said_at = time.monotonic()

        def told(share: float) -> None:
            nonlocal said_at
            if time.monotonic() - said_at > _SAY_EVERY:
                said_at = time.monotonic()
                out.write(json.dumps({"share": round(share, 3)}).encode() + b"\n")
                out.flush()

        found = workbook.look(path, request["sheet"], told) if request["format"] == "xlsx" else columnar.look(path)
        out.write(json.dumps(found).encode() + b"\n")


def _read(request: dict[str, Any], answer: int) -> None:
    import pyarrow as pa

    from tenderline.register.reading import columnar, workbook

    path, columns = Path(request["path"]), request["columns"]
    schema = pa.schema([("", pa.int64()), *[(name, pa.string()) for name in columns]])
    if request["format"] == "xlsx":
        rows = workbook.batches(path, request["sheet"], request["header_line"], columns)
    else:
        rows = columnar.batches(path, columns)
    with os.fdopen(answer, "wb") as out, pa.ipc.new_stream(out, schema) as stream:
        for batch in rows:
            stream.write_batch(batch)
            out.flush()


def _fail(error: dict[str, Any]) -> None:
    sys.stderr.write("\n" + json.dumps(error) + "\n")
    sys.stderr.flush()
    os._exit(3)


if __name__ == "__main__":
    main()
