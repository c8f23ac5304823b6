"""The process that parses what might be slow or hostile: ``python -m tenderline.review.parsing.child REQUEST``.

``REQUEST`` is a JSON object; the answer is one on standard output: ``document`` or ``error``. Started by ``safe`` only. It limits itself
before it imports any parser, and what it imports is kept small, as each document waits for it.
"""

from __future__ import annotations

import json
import os
from dataclasses import astuple
from pathlib import Path
from typing import Any

from tenderline import confined
from tenderline.errors import TenderlineError
from tenderline.review.document import ParsedDocument


def main() -> None:
    request = confined.enter()
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing that a library prints may get into the answer
    try:
        data = _encoded({"document": _work(Path(request["path"]), request["kind"], request["max_chars"], request["open_only"])})
    except TenderlineError as error:
        data = _encoded({"error": error.as_dict()})
    except MemoryError:
        data = b""
    except Exception as error:
        data = _encoded({"error": {"code": "failed", "type": type(error).__name__, "where": confined.where(error)}})
    if not data:
        confined.use_reserve()
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


if __name__ == "__main__":
    main()
