"""Parsing in a process of its own, which may be slow, crash or run out of memory without harm to ours."""

from __future__ import annotations

import json
import math
import os
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from tenderline.confined import Limits, start
from tenderline.errors import Invalid, TaskCancelled, TenderlineError, TooLarge, UnsupportedType
from tenderline.review.document import ParsedDocument, RunSpan, Section
from tenderline.review.parsing.limits import CHILD_MEMORY, CHILD_RESULT

_LOOK_EVERY = 0.05  # seconds between looks at the cancel flag
_ERRORS: dict[str, type[TenderlineError]] = {error.code: error for error in (Invalid, TooLarge, UnsupportedType)}
_SIMPLER = "Save or print it anew, for instance as PDF, or split it into several documents."


class _OutOfTime(Exception):
    """The child was still at work when its time was over."""


def parse_safely(path: Path, kind: str, *, timeout: float = 60.0, cancelled: Callable[[], bool] | None = None) -> ParsedDocument:
    """Read a document in a child process with limits on time and memory.

    Args:
        path: a file that has passed ``inspect``.
        timeout: seconds, by the clock and of processor time.
        cancelled: asked about 20 times a second; the child is killed when it returns true (``TaskCancelled`` is raised) or itself raises.

    Raises:
        Invalid: the document is damaged, protected, holds no text, or cannot be read within the limits.
        TooLarge: it holds more text than a document may.
    """
    from tenderline.settings import MAX_DOCUMENT_CHARS

    try:
        document = _ask_child(path, kind, max_chars=MAX_DOCUMENT_CHARS, open_only=False, timeout=timeout, cancelled=cancelled)
    except _OutOfTime:
        raise Invalid(f"Reading the document took longer than {timeout:g} seconds.", hint=_SIMPLER) from None
    return ParsedDocument(
        kind=kind,
        text=document["text"],
        sections=tuple(Section(*section) for section in document["sections"]),
        runs=tuple(RunSpan(*run) for run in document["runs"]),
        warnings=tuple(document["warnings"]),
    )


def check_opens(path: Path, *, timeout: float) -> None:
    """Raise ``Invalid`` when a PDF cannot be opened, for want of a password for example; pass when ``timeout`` seconds don't tell."""
    try:
        _ask_child(path, "pdf", max_chars=0, open_only=True, timeout=timeout, cancelled=None)
    except _OutOfTime:
        return


def _ask_child(path: Path, kind: str, *, max_chars: int, open_only: bool, timeout: float, cancelled: Callable[[], bool] | None) -> Any:
    request = {"path": str(path.resolve()), "kind": kind, "max_chars": max_chars, "open_only": open_only}
    limits = Limits(memory=CHILD_MEMORY, seconds=math.ceil(timeout) + 1, result=CHILD_RESULT)
    with tempfile.TemporaryFile() as answer:
        process = start("tenderline.review.parsing.child", request, limits, stdout=answer, stderr=subprocess.DEVNULL)
        try:
            _wait(process, timeout, cancelled)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        return _result(answer, process.returncode)


def _wait(process: subprocess.Popen[bytes], timeout: float, cancelled: Callable[[], bool] | None) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            process.wait(timeout=_LOOK_EVERY)
        except subprocess.TimeoutExpired:
            if cancelled is not None and cancelled():
                raise TaskCancelled from None
            if time.monotonic() > deadline:
                raise _OutOfTime from None
        else:
            return


def _result(answer: IO[bytes], returncode: int) -> Any:
    size = answer.seek(0, os.SEEK_END)
    answer.seek(0)
    try:
        result = json.loads(answer.read()) if 0 < size < CHILD_RESULT else {}
    except ValueError:
        result = {}
    if "document" in result:
        return result["document"]
    error = result.get("error", {"code": "died", "type": f"exit {returncode}"})
    if error["code"] in _ERRORS:
        raise _ERRORS[error["code"]](error["message"], hint=error.get("hint"))
    _log(error)
    if error["code"] == "out_of_memory":
        raise Invalid("Reading the document needs more memory than it may take.", hint=_SIMPLER)
    raise Invalid("The document cannot be read; it is probably damaged.", hint=_SIMPLER)


def _log(error: dict[str, str]) -> None:
    import structlog

    structlog.get_logger(__name__).warning("document_parser_failed", reason=error["code"], type=error.get("type"), where=error.get("where"))
