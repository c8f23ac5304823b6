"""Claude as a reviewer: the protocol's three calls, put together from this package's parts."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tenderline.errors import TransientError, UpstreamError
from tenderline.review.claude.chat import MAX_DOCUMENT_CHARS, Reading, Spoken, chat_messages, choose_reading, sources_of, without_mark
from tenderline.review.claude.exchange import CallsUsedUp, Exchange, Refused, Told
from tenderline.review.claude.failures import failure_of
from tenderline.review.claude.findings import in_order, sort_out
from tenderline.review.claude.link import READ_TIMEOUT, Link, WireError
from tenderline.review.claude.lookups import converse, tool_forms
from tenderline.review.claude.parts import MAX_PART_CHARS, OVERLAP_SHARE, Part, split
from tenderline.review.claude.prompts import MAX_CHECKS, chat_system, review_message, review_system
from tenderline.review.claude.schema import ReplyReview, count_findings, parse
from tenderline.review.claude.survey import survey
from tenderline.review.claude.wire import Ask, add_usage
from tenderline.review.reviewer import (
    Answer,
    ChatRequest,
    Connection,
    Finding,
    Review,
    ReviewRequest,
    Survey,
    SurveyRequest,
    Usage,
)
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext

REVIEW_MAX_TOKENS = 16_000
CHAT_MAX_TOKENS = 4_000
TEST_MAX_TOKENS = 16
TYPICAL_REPLY_CHARS = 6_000


class ClaudeReviewer:
    """Reviews with Claude, by Anthropic's API or by AWS Bedrock; one for each process, safe to use from many threads.

    Args:
        settings: provider, key, models and bounds.
        read_timeout: seconds of silence after which the service counts as gone.
        part_chars: the longest text for one call; longer sections are reviewed in parts.
        document_chars: the longest document that is read whole, for a chat or a survey.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        read_timeout: float = READ_TIMEOUT,
        part_chars: int = MAX_PART_CHARS,
        document_chars: int = MAX_DOCUMENT_CHARS,
    ) -> None:
        self._link = Link(settings, read_timeout)
        self.provider: str = self._link.provider
        self.model = settings.claude_model
        self._models = tuple(dict.fromkeys((settings.claude_model, *settings.claude_fallback_models)))
        self._secret = settings.anthropic_api_key.get_secret_value().strip()
        self._min_confidence = settings.feedback_min_confidence
        self._part_chars = part_chars
        self._document_chars = document_chars

    def warm(self) -> None:
        """Load the SDK (seconds of CPU) and build the client, so that the first task need not. Raises ``UpstreamError``."""
        try:
            self._link.warm()
        except WireError as raised:
            raise failure_of(raised.error, self.model, bedrock=self.provider == "bedrock", secret=self._secret).error from None

    def close(self) -> None:
        """Close the connections; what is in flight fails as transient."""
        self._link.close()

    def review(self, request: ReviewRequest, context: TaskContext) -> Review:
        """Review a section, in parts when it is long. See ``Reviewer``."""
        text = request.document.section_text(request.section)
        parts = split(text, self._part_chars, self._part_chars // OVERLAP_SHARE)
        if not parts:
            return Review((), self.model)
        work = _Reviewing(request, text, self._min_confidence)
        exchange = Exchange(self._link, self._models, context, self._secret)
        progress = _Progress(context, len(parts), work)
        for number, part in enumerate(parts, start=1):
            progress.begin(number)
            messages = review_message(request, text, part, number, len(parts))
            ask = Ask(review_system(request.guidelines), messages, REVIEW_MAX_TOKENS, "review", ReplyReview)
            try:
                told = exchange.ask(ask, progress.heard)
            except CallsUsedUp:
                if number == 1:
                    raise
                work.warnings.append(
                    f"Only the first {round(100 * part.fresh / len(text))} % of this section was reviewed: it is too long for the "
                    "calls that one task may make. Raise MAX_CALLS_PER_TASK, or split the section."
                )
                break
            except Refused as refused:
                if len(parts) == 1:
                    raise
                work.warnings.append(f"Part {number} of {len(parts)} was not reviewed: {refused.message}")
                continue
            work.take(told, part, number, len(parts))
        return work.done(exchange.warnings)

    def survey(self, request: SurveyRequest, context: TaskContext) -> Survey:
        """Look at the whole document, in parts when it is long. See ``Reviewer``."""
        exchange = Exchange(self._link, self._models, context, self._secret)
        return survey(request, context, exchange, self._min_confidence, self._document_chars)

    def answer(self, request: ChatRequest, context: TaskContext, on_text: Callable[[str], None] | None = None) -> Answer:
        """Answer a question from the document, with citations. See ``Reviewer``."""
        if not request.document.text.strip():
            return Answer("The document holds no text.", (), False, self.model)
        context.progress(5, 100, "Claude is reading the document")
        reading = choose_reading(request, self._document_chars)
        exchange = Exchange(self._link, self._models, context, self._secret)
        spoken = Spoken(on_text)
        messages = chat_messages(request, reading)
        ask = Ask(chat_system(), messages, CHAT_MAX_TOKENS, "chat", tools=tool_forms(request.tools), may_look_up=bool(request.tools))
        talk = converse(exchange, ask, request.tools, context, spoken.heard)
        told = talk.told
        response, found = without_mark(told.reply.text)
        if not response:
            if found:
                raise TransientError("Claude gave an empty answer.")
            response = "The document does not tell."
        response += _remarks(told, reading)
        if on_text is not None:
            on_text(response)
        sources = sources_of(told.reply.citations, reading, request.document)
        return Answer(response, sources, found, told.model, talk.usage, talk.lookups)

    def test(self, context: TaskContext) -> Connection:
        """Ask the configured model for one word. What only a change of settings mends is an answer here, not an error."""
        exchange = Exchange(self._link, (self.model,), context, self._secret)
        messages = [{"role": "user", "content": "Answer with the word OK."}]
        started = time.monotonic()
        try:
            told = exchange.ask(Ask([], messages, TEST_MAX_TOKENS, "test"), lambda _: None)
        except UpstreamError as error:
            message = f"{error.message} {error.hint}" if error.hint else error.message
            return Connection(False, self.provider, self.model, _milliseconds(time.monotonic() - started), message)
        latency = _milliseconds(told.reply.seconds)
        return Connection(True, self.provider, self.model, latency, f"{self.model} answered in {latency:.0f} ms.")


def _milliseconds(seconds: float) -> float:
    return round(1000 * seconds, 1)


def _remarks(told: Told, reading: Reading) -> str:
    remarks: list[str] = []
    if told.truncated:
        remarks.append("The answer was cut off at the longest it may be.")
    if reading.share < 1:
        remarks.append(
            "The document is too long to be read in one go: this answer rests on the passages that fit the question best, "
            f"{max(1, round(100 * reading.share))} % of its text."
        )
    return f"\n\n({' '.join(remarks)})" if remarks else ""


@dataclass
class _Reviewing:
    """What has been said so far of the section under review."""

    request: ReviewRequest
    text: str
    min_confidence: float
    findings: dict[str, Finding] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    dropped: int = 0
    usage: Usage = field(default_factory=Usage)

    def take(self, told: Told, part: Part, number: int, parts: int) -> None:
        """Add the answer about one part. Raises when it is the only one and says nothing that can be used."""
        which = f"Part {number} of {parts}: " if parts > 1 else ""
        self.usage = add_usage(self.usage, told.reply.usage)
        self.models.append(told.model)
        parsed = parse(told.reply.text)
        if parsed is None or (not parsed.whole and not parsed.findings):
            if not told.truncated:
                raise TransientError("Claude's answer was not a review.", hint="It may be the next time; if not, check ANTHROPIC_BASE_URL.")
            if parts == 1:
                raise UpstreamError(
                    "Claude's answer was cut off before its first finding was complete.",
                    hint="Review a shorter section, or try another model.",
                )
        if parsed is None or not parsed.whole:
            self.warnings.append(f"{which}Claude's answer was cut off, so findings may be missing.")
        if parsed is None:
            return
        sorted_out = sort_out(
            parsed.findings,
            self.text[part.start : part.end],
            offset=part.start,
            checks=frozenset(check.id for check in self.request.guidelines.checks),
            min_confidence=self.min_confidence,
            may_be_missing=parts == 1,
            model=told.model,
        )
        for finding in sorted_out.findings:
            self._add(finding, part)
        self.dropped += sorted_out.dropped + parsed.malformed

    def _add(self, finding: Finding, part: Part) -> None:
        """Add a finding; of two about the same words of a stretch that two parts have, the surer one is kept."""
        if finding.start < part.fresh:
            for other in list(self.findings.values()):
                if other.category == finding.category and other.start < finding.end and finding.start < other.end:
                    if other.confidence >= finding.confidence:
                        return
                    del self.findings[other.id]
        self.findings[finding.id] = finding

    def done(self, replaced: list[str]) -> Review:
        if not self.models:
            raise UpstreamError(
                "Claude declined to work on this section.", hint="The built-in reviewer (AI_PROVIDER=builtin) has no such rules."
            )
        if len(self.request.guidelines.checks) > MAX_CHECKS:
            self.warnings.append(f"Only the first {MAX_CHECKS} checks of the guidelines were used.")
        findings = tuple(sorted(self.findings.values(), key=in_order))
        return Review(findings, ", ".join(dict.fromkeys(self.models)), self.dropped, self.usage, (*replaced, *self.warnings))


class _Progress:
    """Progress of a review in hundredths: an estimate that grows with the answer and never falls."""

    def __init__(self, context: TaskContext, parts: int, work: _Reviewing) -> None:
        self._context = context
        self._parts = parts
        self._work = work
        self._part = 1
        self._most = 0

    def begin(self, part: int) -> None:
        self._part = part
        self._say(0.02, "Claude is reading the section" if self._parts == 1 else f"Claude is reading part {part} of {self._parts}", 0)

    def heard(self, text: str) -> None:
        share = 0.1 + 0.88 * (1 - math.exp(-len(text) / TYPICAL_REPLY_CHARS))
        self._say(share, "Claude is writing", count_findings(text))

    def _say(self, share: float, doing: str, more: int) -> None:
        self._most = max(self._most, min(99, int(100 * (self._part - 1 + share) / self._parts)))
        count = len(self._work.findings) + more
        status = f"{doing}: {count} {'finding' if count == 1 else 'findings'} so far" if count else doing
        self._context.progress(self._most, 100, status)
