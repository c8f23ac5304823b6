"""Whether a question is answered within the request or queued: by an estimate of what it costs.

A direct answer writes no row to the ledger; this process keeps it for whoever asks the same next, and notes the question, so that every
process has an answer for its key.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from tenderline.register.answer_cache import AnswerCache
from tenderline.register.asked import AskedQuestions
from tenderline.register.questions import Question

if TYPE_CHECKING:
    from tenderline.register.register import Register
    from tenderline.register.snapshot import Snapshot

Mode = Literal["auto", "sync", "async"]
"""Who decides: the estimate, or the caller."""

CACHE_BYTES = 32 * 1024 * 1024
"""Of answers kept in one process."""


MAX_DAMAGED = 20
"""How many segments may prove damaged within one question."""

Result = TypeVar("Result")


@dataclass(frozen=True)
class Routed:
    """What is to be done with a question: ``answer`` is its answer, JSON text; without one it is to be queued, under ``key``."""

    key: str
    answer: bytes | None
    cached: bool = False


class Router:
    """Answers questions to one process's register."""

    def __init__(self, register: Register, cache_bytes: int = CACHE_BYTES) -> None:
        self._register = register
        self._cache = AnswerCache(cache_bytes)
        self._asked = AskedQuestions(register.files)

    def route(self, question: Question, mode: Mode) -> Routed:
        """Answer the question now if that is quick or already done, or say under which key to queue it."""
        return on_snapshot(self._register, lambda snapshot: self._routed(question, mode, snapshot))

    def _routed(self, question: Question, mode: Mode, snapshot: Snapshot) -> Routed:
        key = question.key(snapshot.version)
        if mode == "async":
            return Routed(key, None)
        if (kept := self._cache.find(key)) is not None:
            self._asked.note(key, question)
            return Routed(key, kept, cached=True)
        if mode == "auto" and question.estimate(snapshot).recommended == "async":
            return Routed(key, None)
        answer, cached = self._answered(key, question, snapshot)
        self._asked.note(key, question)
        return Routed(key, answer, cached)

    def answer(self, question: Question) -> bytes:
        """The question's answer, whatever it costs: ``{results, pagination, version}`` as JSON text."""
        return on_snapshot(self._register, lambda snapshot: self._answered(question.key(snapshot.version), question, snapshot)[0])

    def answer_again(self, key: str) -> bytes | None:
        """The answer of this key, if it was given directly not long ago, by whichever process, and the register is still the same."""
        if (kept := self._cache.find(key)) is not None:
            return kept
        question = self._asked.find(key)
        if question is None:
            return None

        def again(snapshot: Snapshot) -> bytes | None:
            return self._answered(key, question, snapshot)[0] if question.key(snapshot.version) == key else None

        return on_snapshot(self._register, again)

    def was_asked(self, key: str) -> bool:
        """Whether this is the key of a direct answer given not long ago, by whichever process."""
        return self._asked.find(key) is not None

    def _answered(self, key: str, question: Question, snapshot: Snapshot) -> tuple[bytes, bool]:
        return self._cache.get(key, lambda: encoded(question.answer(snapshot)))


def on_snapshot(register: Register, work: Callable[[Snapshot], Result]) -> Result:
    """Do something with the register as it is now. A segment that proves damaged is left out from then on, and the rest works."""
    from tenderline.register.segment import Damaged

    for _ in range(MAX_DAMAGED):
        try:
            return work(register.snapshot())
        except Damaged as damaged:
            register.leave_out(damaged)
    return work(register.snapshot())


def encoded(answer: object) -> bytes:
    """An answer as JSON text."""
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
