"""The reviewer that needs no key and no network: rules over one section, answers by quoting."""

from __future__ import annotations

import time
from collections.abc import Callable

from tenderline.errors import Invalid
from tenderline.review.builtin.chat import Answerer
from tenderline.review.builtin.kept import KeptView
from tenderline.review.builtin.linters import Linters
from tenderline.review.builtin.remark import Remark, finding
from tenderline.review.builtin.rules.groups import rule_groups
from tenderline.review.builtin.topics import Checklist
from tenderline.review.builtin.view import SectionView
from tenderline.review.builtin.whole.survey import survey
from tenderline.review.reviewer import (
    BUILTIN_MODEL,
    BUILTIN_NAME,
    Answer,
    ChatRequest,
    Connection,
    Finding,
    Review,
    ReviewRequest,
    Survey,
    SurveyRequest,
)
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext

NAME, MODEL = BUILTIN_NAME, BUILTIN_MODEL

MOST_FINDINGS = 40
MOST_OF_A_KIND = 6
_RESERVE_SECONDS = 2.0
_RISK_ORDER = {"High": 0, "Medium": 1, "Low": 2}


class _OutOfTime(Exception):
    """The time limit is near: return what was found so far."""


class BuiltinReviewer:
    """Implements ``Reviewer`` with rules and libraries that ship their data.

    One instance serves a whole process and all its threads. Loading the libraries takes a second or two; ``warm`` does it ahead of the
    first click. The model for answering questions is loaded at the first question.
    """

    provider = "builtin"
    model = MODEL

    def __init__(self, settings: Settings) -> None:
        self._least_confidence = settings.feedback_min_confidence
        self._linters = Linters()
        self._groups = rule_groups(self._linters)
        self._answerer = Answerer()
        self._views = KeptView()

    def warm(self) -> None:
        """Load the language libraries now, so that the first review isn't slow."""
        self._linters.warm()

    def review(self, request: ReviewRequest, context: TaskContext) -> Review:
        """Run all rules over a section.

        Stops with what it has, and a warning, when the time limit comes near.

        Raises:
            Invalid: the document has no such section.
            TaskCancelled, TimeLimitExceeded: from the context.
        """
        if not 0 <= request.section < len(request.document.sections):
            raise Invalid(f"The document has no section number {request.section + 1}.")
        reserve = min(_RESERVE_SECONDS, context.remaining() / 10)

        def pulse() -> None:
            context.check()
            if context.remaining() < reserve:
                raise _OutOfTime

        with self._views.of(request.document, request.document_name, pulse) as document:
            section = document.anew(request.section)
            remarks: list[Remark] = []
            warnings: list[str] = []
            for number, group in enumerate(self._groups):
                context.progress(number, len(self._groups), group.status)
                try:
                    for rule in group.rules:
                        pulse()
                        remarks.extend(rule(section))
                except _OutOfTime:
                    skipped = ", ".join(group.status.lower() for group in self._groups[number:])
                    warnings.append(f"The time limit came before these steps were done: {skipped}.")
                    break
            return self._review(remarks, section, Checklist(request.guidelines), warnings + section.notes)

    def survey(self, request: SurveyRequest, context: TaskContext) -> Survey:
        """Run the rules that need the whole document, and say of each check what rules can tell.

        Raises ``TaskCancelled`` and ``TimeLimitExceeded`` from the context.
        """
        with self._views.of(request.document, request.document_name, context.check) as document:
            findings, coverage, dropped = survey(
                request, document, self._least_confidence, self.model, lambda doing: context.progress(99, 100, doing)
            )
        return Survey(tuple(findings), coverage, NAME, dropped=dropped)

    def answer(self, request: ChatRequest, context: TaskContext, on_text: Callable[[str], None] | None = None) -> Answer:
        """Quote the passages that answer the question; ``found`` is False when the document doesn't tell."""
        context.progress(0, 1, "Searching the document")
        return self._answerer.answer(request, NAME, context.check, on_text)

    def test(self, context: TaskContext) -> Connection:
        """Always connected: there is nothing to connect to."""
        started = time.monotonic()
        context.check()
        message = "The built-in reviewer works without a key or network."
        return Connection(True, self.provider, self.model, round((time.monotonic() - started) * 1000, 3), message)

    def _review(self, remarks: list[Remark], section: SectionView, checklist: Checklist, warnings: list[str]) -> Review:
        sure = [remark for remark in remarks if remark.confidence >= self._least_confidence]
        kept = _limited(sure)
        if len(kept) < len(sure):
            warnings.append(f"{len(sure) - len(kept)} further findings of the same kinds or of less weight are not shown.")
        findings: dict[str, Finding] = {}
        for remark in sorted(kept, key=lambda remark: (remark.start, remark.end)):
            made = finding(remark, section, checklist.refs(remark.topic), self.model)
            findings.setdefault(made.id, made)
        return Review(tuple(findings.values()), NAME, dropped=len(remarks) - len(sure), warnings=tuple(warnings))


def _limited(remarks: list[Remark]) -> list[Remark]:
    """At most ``MOST_OF_A_KIND`` of each kind and ``MOST_FINDINGS`` in all, those of the highest risk first."""
    kept: list[Remark] = []
    kinds: dict[str, int] = {}
    for remark in sorted(remarks, key=lambda remark: (_RISK_ORDER[remark.risk], -remark.confidence, remark.start)):
        limited = remark.category != "Language"
        if limited and kinds.get(remark.kind, 0) >= MOST_OF_A_KIND:
            continue
        kinds[remark.kind] = kinds.get(remark.kind, 0) + 1
        kept.append(remark)
    return kept[:MOST_FINDINGS]
