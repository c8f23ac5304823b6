"""Questions that were answered directly, kept for a while under the keys of their answers: any process can answer for such a key again."""

from __future__ import annotations

import json
import os
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import structlog

from tenderline.register.files import RegisterFiles
from tenderline.register.questions import Question, parts_of_key

KEPT_SECONDS = 3600.0
"""After its question was last asked."""

log = structlog.get_logger(__name__)


class AskedQuestions:
    """A small file for each question. What is written is the question, never its answer: that is cheap to find again."""

    def __init__(self, files: RegisterFiles) -> None:
        self._files = files

    def note(self, key: str, question: Question) -> None:
        """Keep the question of this key. A full disk is no reason not to answer it."""
        path = self._path(key)
        if path is None:
            return
        try:
            try:
                os.utime(path)
            except FileNotFoundError:
                _write(path, json.dumps(question.params))
        except OSError as error:
            log.warning("question_not_kept", reason=str(error))

    def find(self, key: str) -> Question | None:
        """The question of this key, if it was asked lately."""
        path = self._path(key)
        if path is None:
            return None
        try:
            return Question.of_params(json.loads(path.read_text()))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError):  # an earlier version of the program wrote it
            return None

    def _path(self, key: str) -> Path | None:
        known = parts_of_key(key)
        return self._files.question(known[2]) if known else None


def sweep_questions(files: RegisterFiles) -> int:
    """Forget the questions that nobody has asked for ``KEPT_SECONDS``; how many they were."""
    removed = 0
    with suppress(FileNotFoundError):
        for entry in os.scandir(files.questions):
            with suppress(FileNotFoundError):
                if time.time() - entry.stat().st_mtime > KEPT_SECONDS:
                    os.unlink(entry.path)
                    removed += 1
    return removed


def _write(path: Path, text: str) -> None:
    """Write the file as a whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".", delete=False) as file:
        file.write(text)
    os.replace(file.name, path)
