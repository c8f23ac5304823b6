"""Claude's look at a whole document: asked once, or part by part when it is long; of what it says only what holds is kept."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from tenderline.errors import TransientError, UpstreamError
from tenderline.review.claude.clean import clean_line, clean_text
from tenderline.review.claude.exchange import CallsUsedUp, Exchange, Refused, Told
from tenderline.review.claude.findings import (
    CATEGORY,
    MAX_DESCRIPTION,
    MAX_QUESTION,
    MAX_QUESTIONS,
    MAX_RAW_QUOTE,
    MAX_REFS,
    MAX_SUGGESTION,
    RISK_ORDER,
    cut,
)
from tenderline.review.claude.parts import split
from tenderline.review.claude.prompts import MAX_CHECKS
from tenderline.review.claude.quotes import Text
from tenderline.review.claude.schema import MAX_RAW_FINDINGS, items_of
from tenderline.review.claude.survey_form import (
    MAX_DOCUMENT_FINDINGS,
    ReplyCoverage,
    ReplyDocumentFinding,
    ReplyPlace,
    ReplySurvey,
    survey_message,
    survey_system,
)
from tenderline.review.claude.wire import Ask, add_usage
from tenderline.review.reviewer import CheckState, Coverage, DocumentFinding, Known, Source, Survey, SurveyRequest, Usage
from tenderline.tasks.operation import TaskContext

SURVEY_MAX_TOKENS = 24_000
MAX_PLACES = 8
MAX_COVERAGE_PLACES = 3
MAX_NOTE = 400
NOT_SAID = "Claude said nothing of this check."
UNPROVEN = "Claude calls it met, but quoted nothing that stands in the document."

Piece = tuple[int, str]
Form = TypeVar("Form", bound=BaseModel)


def survey(request: SurveyRequest, context: TaskContext, exchange: Exchange, min_confidence: float, limit: int) -> Survey:
    """Ask, in parts of at most ``limit`` characters, and keep what holds. Raises what ``Exchange.ask`` raises."""
    parts = list(_parts(request, limit))
    work = _Surveying(request, min_confidence, len(parts))
    for number, pieces in enumerate(parts, start=1):
        doing = "Claude is reading the document as a whole" if len(parts) == 1 else f"Claude is reading part {number} of {len(parts)}"
        context.progress(99, 100, doing)
        ask = Ask(
            survey_system(request.guidelines),
            survey_message(request, pieces, number, len(parts)),
            SURVEY_MAX_TOKENS,
            "survey",
            ReplySurvey,
        )
        try:
            told = exchange.ask(ask, lambda _: context.progress(99, 100, "Claude is writing about the document as a whole"))
        except CallsUsedUp:
            if number == 1:
                raise
            work.warnings.append(
                f"Only part {number - 1} of {len(parts)} of this document was looked at as a whole: it is too long for the calls that one "
                "task may make. Raise MAX_CALLS_PER_TASK."
            )
            break
        except Refused as refused:
            if len(parts) == 1:
                raise
            work.warnings.append(f"Part {number} of {len(parts)} was not looked at: {refused.message}")
            continue
        work.take(told, number)
    return work.done(exchange.warnings)


def _parts(request: SurveyRequest, limit: int) -> Iterator[list[Piece]]:
    """The sections with text in pieces, as many together as ``limit`` characters hold."""
    pieces: list[Piece] = []
    length = 0
    for section in request.document.sections:
        text = request.document.section_text(section.index)
        for part in split(text, limit):
            piece = text[part.start : part.end]
            if pieces and length + len(piece) > limit:
                yield pieces
                pieces, length = [], 0
            pieces.append((section.index, piece))
            length += len(piece)
    if pieces:
        yield pieces


@dataclass
class _Surveying:
    """What has been said so far of the document."""

    request: SurveyRequest
    min_confidence: float
    parts: int
    findings: dict[str, DocumentFinding] = field(default_factory=dict)
    coverage: dict[str, list[Coverage]] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    dropped: int = 0
    usage: Usage = field(default_factory=Usage)
    _texts: dict[int, Text] = field(default_factory=dict)

    def take(self, told: Told, number: int) -> None:
        """Add the answer about one part. Raises when it is the only one and says nothing that can be used."""
        self.usage = add_usage(self.usage, told.reply.usage)
        self.models.append(told.model)
        said, whole = items_of(told.reply.text, "findings")
        checks, checks_whole = items_of(told.reply.text, "coverage")
        if said is None and not told.truncated:
            raise TransientError("Claude's answer was no survey.", hint="It may be the next time; if not, check ANTHROPIC_BASE_URL.")
        if said is None and self.parts == 1:
            raise UpstreamError("Claude's answer was cut off before its first finding was complete.", hint="Try another model.")
        if not (whole and checks_whole) or said is None or checks is None:
            which = f"Part {number} of {self.parts}: " if self.parts > 1 else ""
            self.warnings.append(f"{which}Claude's answer was cut off, so findings or checks may be missing.")
        for item in (said or [])[:MAX_RAW_FINDINGS]:
            made = self._finding(_valid(ReplyDocumentFinding, item), told.model)
            if made is None or made.confidence < self.min_confidence or made.id in self.findings or self._known(made):
                self.dropped += 1
            else:
                self.findings[made.id] = made
        known = {check.id for check in self.request.guidelines.checks}
        for item in (checks or [])[: 2 * MAX_CHECKS]:
            covered = _valid(ReplyCoverage, item)
            if covered is not None and covered.check_id.strip() in known:
                made_coverage = self._coverage(covered)
                self.coverage.setdefault(made_coverage.check_id, []).append(made_coverage)

    def done(self, replaced: list[str]) -> Survey:
        """The survey of all parts together."""
        if not self.models and self.parts:
            raise UpstreamError(
                "Claude declined to work on this document.", hint="The built-in reviewer (AI_PROVIDER=builtin) has no such rules."
            )
        if self.parts > 1:
            self.warnings.append(
                f"The document is too long to be read in one go: it was read in {self.parts} parts. What two parts say differently, and "
                "what all of them lack, may have been missed."
            )
        weightiest = sorted(self.findings.values(), key=lambda finding: (RISK_ORDER[finding.risk_level], -finding.confidence))
        kept = tuple(weightiest[:MAX_DOCUMENT_FINDINGS])
        coverage = tuple(_merged(check.id, self.coverage.get(check.id, [])) for check in self.request.guidelines.checks)
        return Survey(
            kept,
            coverage,
            ", ".join(dict.fromkeys(self.models)) or "Claude",
            self.dropped + len(weightiest) - len(kept),
            self.usage,
            (*replaced, *self.warnings),
        )

    def _finding(self, said: ReplyDocumentFinding | None, model: str) -> DocumentFinding | None:
        """The finding, if all it quotes is there; None otherwise."""
        if said is None:
            return None
        category = CATEGORY.get(said.category.strip().casefold())
        description = clean_text(said.description, MAX_DESCRIPTION)
        places = [self._place(place) for place in said.places[:MAX_PLACES]]
        if category is None or not description or None in places:
            return None
        if not places and not (said.about_missing and self.parts == 1):
            return None
        found = tuple(dict.fromkeys(place for place in places if place is not None))
        told = [f"{place.section}\0{place.start}\0{place.quote}" for place in found] or [description]
        checks = {check.id for check in self.request.guidelines.checks}
        questions = (clean_line(question, MAX_QUESTION) for question in said.questions[:MAX_QUESTIONS])
        refs = dict.fromkeys(ref.strip() for ref in said.checklist_refs[: 10 * MAX_REFS])
        return DocumentFinding(
            id=hashlib.sha256("\0".join((category, said.type, *told)).encode("utf-8", "replace")).hexdigest()[:16],
            type=said.type,
            category=category,
            description=description,
            suggestion=clean_text(said.suggestion, MAX_SUGGESTION),
            risk_level=said.risk_level,
            confidence=said.confidence,
            places=found,
            questions=tuple(question for question in questions if question),
            checklist_refs=tuple(ref for ref in refs if ref in checks)[:MAX_REFS],
            model=model,
        )

    def _coverage(self, said: ReplyCoverage) -> Coverage:
        places = tuple(place for given in said.places[:MAX_COVERAGE_PLACES] if (place := self._place(given)) is not None)
        note = clean_line(said.note, MAX_NOTE)
        if said.state in ("met", "partly") and not places:
            return Coverage(said.check_id.strip(), "unclear", UNPROVEN if said.state == "met" else note)
        return Coverage(said.check_id.strip(), said.state, note, places)

    def _place(self, said: ReplyPlace) -> Source | None:
        """The passage in the section that is named, word for word; None when it isn't there."""
        index = said.section - 1
        sections = self.request.document.sections
        if not 0 <= index < len(sections) or not said.quote.strip() or len(said.quote) > MAX_RAW_QUOTE:
            return None
        if index not in self._texts:
            self._texts[index] = Text(self.request.document.section_text(index))
        at = self._texts[index].locate(said.quote, said.before[-80:])
        if at is None:
            return None
        start, end = cut(self._texts[index].text, *at)
        return Source(index, sections[index].title, self._texts[index].text[start:end], start, end)

    def _known(self, made: DocumentFinding) -> bool:
        """Whether a section's review said it: all places are places of findings of that category."""
        return bool(made.places) and all(
            any(_same_place(each, place, made.category) for each in self.request.findings) for place in made.places
        )


def _same_place(known: Known, place: Source, category: str) -> bool:
    other = known.finding
    return known.section == place.section and other.category == category and other.start < place.end and place.start < other.end


def _merged(check_id: str, said: list[Coverage]) -> Coverage:
    """What the parts say of a check together: what one meets is met; missing is only what all miss."""
    if not said:
        return Coverage(check_id, "unclear", NOT_SAID)
    states = {coverage.state for coverage in said}
    order: tuple[CheckState, ...] = ("met", "partly")
    state: CheckState = next((state for state in order if state in states), "missing" if states == {"missing"} else "unclear")
    told = [coverage for coverage in said if coverage.state == state] or said
    places = tuple(place for coverage in told for place in coverage.places)[:MAX_COVERAGE_PLACES]
    return Coverage(check_id, state, told[0].note, places)


def _valid(form: type[Form], item: Any) -> Form | None:
    try:
        return form.model_validate(item)
    except (ValidationError, RecursionError):
        return None
