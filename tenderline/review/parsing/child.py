"""The process that parses what might be slow or hostile: ``python -m tenderline.review.parsing.child REQUEST``.

``REQUEST`` is a JSON object; the answer is one on standard output: ``document`` or ``error``. Started by ``safe`` only. It limits itself
before it imports any parser, and what it imports is kept small, as each document waits for it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from dataclasses import astuple
from pathlib import Path
from typing import Any

from tenderline.errors import TenderlineError
from tenderline.review.document import ParsedDocument

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9
_RESERVE = 32 * 1024 * 1024  # bytes kept back for the answer when memory runs out


def main() -> None:
    request = json.loads(sys.argv[1])
    _end_with(request["parent"])
    _limit(request["memory"], request["seconds"], request["result"])
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints may get into the answer
    try:
        data = _encoded({"document": _work(Path(request["path"]), request["kind"], request["max_chars"], request["open_only"])})
    except TenderlineError as error:
        data = _encoded({"error": error.as_dict()})
    except MemoryError:
        data = b""
    except Exception as error:
        data = _encoded({"error": {"code": "failed", "type": type(error).__name__, "where": _where(error)}})
    if not data:
        _use_reserve()
        data = _encoded({"error": {"code": "out_of_memory"}})
    answer.write(data)
    answer.flush()
    os._exit(0)  # the parsers' own tidying up costs time and can crash


def _work(path: Path, kind: str, max_chars: int, open_only: bool) -> dict[str, Any] | None:
    if open_only:
        from tenderline.review.parsing.pdf_pages import open_pdf

        open_pdf(path)
        return None
    from tenderline.review.parsing.reader import parse

    return _as_json(parse(path, kind, max_chars=max_chars))


def _encoded(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")  # a lone half of a character becomes "?"


def _as_json(document: ParsedDocument) -> dict[str, Any]:
    return {
        "text": document.text,
        "sections": [astuple(section) for section in document.sections],
        "runs": [(run.start, run.end, run.paragraph, run.run) for run in document.runs],
        "warnings": list(document.warnings),
    }


def _where(error: Exception) -> str:
    """File and line where an unforeseen error arose; never its message, which may hold text of the document."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "?"


def _end_with(parent: int) -> None:
    """Not to outlive whoever waits for us. Elsewhere than on Linux the limit on processor time has to do."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != parent:  # it went before we asked to be told
            os._exit(1)


def _limit(memory: int, seconds: int, result: int) -> None:
    for kind, amount, reserve in (
        (resource.RLIMIT_AS, memory, _RESERVE),
        (resource.RLIMIT_CPU, seconds, 0),
        (resource.RLIMIT_FSIZE, result, 0),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        _, hard = resource.getrlimit(kind)
        ceiling = amount + reserve if hard == resource.RLIM_INFINITY else min(amount + reserve, hard)
        resource.setrlimit(kind, (min(amount, ceiling), ceiling))


def _use_reserve() -> None:
    """Allow ourselves the memory that it takes to say that there was none left."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


if __name__ == "__main__":
    main()
