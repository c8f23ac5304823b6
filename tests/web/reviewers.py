"""A reviewer whose work a test can hold, count and fail: for what the desk and the views do around a reviewer."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tenderline.review.reviewer import (
    Answer,
    ChatRequest,
    Connection,
    Coverage,
    DocumentFinding,
    Finding,
    Review,
    ReviewRequest,
    Source,
    Survey,
    SurveyRequest,
    Usage,
)
from tenderline.tasks.operation import TaskContext

Call = ReviewRequest | SurveyRequest | ChatRequest | str


class CountingReviewer:
    """Finds every "must" in a section, one by one, and answers with the first line that shares a word with the question.

    Attributes:
        calls: what it was asked, in order.
        fails_with: raised instead of working, once for each item.
        gate: closed, it keeps every task at work until it is opened or the task is stopped.
    """

    provider = "test"
    model = "counting"

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.fails_with: list[BaseException] = []
        self.gate = threading.Event()
        self.gate.set()
        self.name = "Counting reviewer"

    def review(self, request: ReviewRequest, context: TaskContext) -> Review:
        self._begin(request, context)
        text = request.document.section_text(request.section)
        found = []
        start = text.find("must")
        while start >= 0:
            quote = text[start : start + 4]
            found.append(
                Finding(
                    f"must-{start}", "important", "Clarity", "A duty.", "Say who.", "Medium", 0.9, quote, start, start + 4, model=self.model
                )
            )
            start = text.find("must", start + 1)
        return Review(tuple(found), self.name, dropped=1, usage=Usage(100, 20), warnings=("Counted only.",))

    def survey(self, request: SurveyRequest, context: TaskContext) -> Survey:
        """Says of the first two sections that they differ, and of each check that it is met there."""
        self._begin(request, context)
        places = tuple(
            Source(section.index, section.title, request.document.section_text(section.index)[1:4], 1, 4)
            for section in request.document.sections[:2]
        )
        found = DocumentFinding("differ", "critical", "Consistency", "They differ.", "Decide.", "High", 0.9, places, model=self.model)
        coverage = tuple(Coverage(check.id, "met", "It stands there.", places[:1]) for check in request.guidelines.checks)
        return Survey((found,), coverage, self.name, usage=Usage(300, 40, 200, 10))

    def warm(self) -> None:
        """Nothing to load."""

    def answer(self, request: ChatRequest, context: TaskContext, on_text: Callable[[str], None] | None = None) -> Answer:
        words = set(request.question.lower().strip("?").split())
        text = request.document.section_text(0)
        line = next((line for line in text.splitlines() if words & set(line.lower().split())), "")
        start = text.find(line)
        self._begin(request, context, lambda: on_text(line[: len(line) // 2]) if on_text and line else None)
        sources = (Source(0, request.document.sections[0].title, line, start, start + len(line)),) if line else ()
        return Answer(line or "The document doesn't tell.", sources, bool(line), self.name, Usage(50, 5))

    def test(self, context: TaskContext) -> Connection:
        self._begin("test", context)
        return Connection(True, self.provider, self.model, 1.25, "It answers.")

    def _begin(
        self, call: ReviewRequest | SurveyRequest | ChatRequest | str, context: TaskContext, say: Callable[[], None] | None = None
    ) -> None:
        self.calls.append(call)
        if self.fails_with:
            raise self.fails_with.pop(0)
        while not self.gate.wait(0.02):
            if say is not None:
                say()
            context.progress(1, 2, "Reading closely")
