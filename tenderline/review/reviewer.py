"""What a reviewer is: the protocol that Claude and the built-in reviewer share, and what goes in and comes out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from tenderline.review.document import ParsedDocument
from tenderline.tasks.operation import TaskContext

Risk = Literal["High", "Medium", "Low"]

BUILTIN_MODEL, BUILTIN_NAME = "built-in", "Built-in reviewer"
"""The ``model`` of the built-in reviewer's findings, and its name for people."""


@dataclass(frozen=True)
class Finding:
    """One remark on a section.

    Attributes:
        id: stable: the same finding on the same text gets the same id (a hash of category, quote, place and kind).
        type: critical, important, suggestion or question.
        category: one of ``CATEGORIES``.
        description: what is wrong, one or two sentences.
        suggestion: what to do, or "".
        questions: what to ask the author.
        checklist_refs: ids of the checks of the guidelines it refers to.
        risk_level: High, Medium or Low.
        confidence: 0 to 1; honest, not decoration.
        quote: the words it is about, exactly as in the section; "" only for findings about something missing.
        start, end: ``section_text[start:end] == quote``; equal for a finding without quote.
        model: which model or reviewer made it.
    """

    id: str
    type: Literal["critical", "important", "suggestion", "question"]
    category: str
    description: str
    suggestion: str
    risk_level: Risk
    confidence: float
    quote: str
    start: int
    end: int
    questions: tuple[str, ...] = ()
    checklist_refs: tuple[str, ...] = ()
    model: str = ""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


CATEGORIES = (
    "Completeness", "Consistency", "Clarity", "Dates and deadlines", "Figures and sums", "References", "Definitions", "Evidence",
    "Competition", "Award criteria", "Compliance", "Language",
)  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One check of the guidelines: ``id`` ("C01"), a short title and what it asks for."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Guidelines:
    """The checklist in force, in order."""

    checks: tuple[Check, ...]


@dataclass(frozen=True)
class ReviewRequest:
    """One section to review, with the document around it."""

    document: ParsedDocument
    document_name: str
    section: int
    guidelines: Guidelines


@dataclass(frozen=True)
class Usage:
    """Tokens used; zero for the built-in reviewer."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0


@dataclass(frozen=True)
class Review:
    """What a reviewer says of a section.

    Attributes:
        findings: ordered by place in the text.
        reviewer: its name for people, e.g. "Built-in reviewer" or "claude-sonnet-5-5".
        dropped: findings left out because their quote isn't in the section or their confidence is too low.
        usage: tokens.
        warnings: sentences for people (answer cut short, a model replaced by its fallback).
    """

    findings: tuple[Finding, ...]
    reviewer: str
    dropped: int = 0
    usage: Usage = field(default_factory=Usage)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """A passage an answer or a finding rests on: ``document.section_text(section)[start:end] == quote``."""

    section: int
    title: str
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class Known:
    """A finding that the review of a section gave: what the pass over the whole document need not say again."""

    section: int
    finding: Finding


@dataclass(frozen=True)
class SurveyRequest:
    """A whole document to look at, and what its sections' reviews have found."""

    document: ParsedDocument
    document_name: str
    guidelines: Guidelines
    findings: tuple[Known, ...] = ()


@dataclass(frozen=True)
class DocumentFinding:
    """A remark that no single section shows: as ``Finding``, but resting on several places, or on none when something is missing."""

    id: str
    type: Literal["critical", "important", "suggestion", "question"]
    category: str
    description: str
    suggestion: str
    risk_level: Risk
    confidence: float
    places: tuple[Source, ...] = ()
    questions: tuple[str, ...] = ()
    checklist_refs: tuple[str, ...] = ()
    model: str = ""


CheckState = Literal["met", "partly", "missing", "unclear"]


@dataclass(frozen=True)
class Coverage:
    """Whether the document meets one check of its guidelines: ``note`` says in a sentence why, ``places`` where.

    ``unclear`` is an honest answer: the reviewer cannot tell, or the check does not apply to this kind of document.
    """

    check_id: str
    state: CheckState
    note: str
    places: tuple[Source, ...] = ()


@dataclass(frozen=True)
class Survey:
    """What a reviewer says of a document as a whole; ``coverage`` in the order of the checks, the rest as in ``Review``."""

    findings: tuple[DocumentFinding, ...]
    coverage: tuple[Coverage, ...]
    reviewer: str
    dropped: int = 0
    usage: Usage = field(default_factory=Usage)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownFinding:
    """A finding as a chat knows it: what was found where, and what the reader decided (pending, accepted or rejected)."""

    section: str
    risk_level: str
    category: str
    description: str
    suggestion: str
    decision: str
    quote: str = ""


@dataclass(frozen=True)
class Tool:
    """Something a reviewer may look up while it answers: read-only and bounded.

    Attributes:
        name, description: for the model.
        schema: gives the JSON schema of what ``call`` takes.
        call: input -> what was found, as JSON, with ``summary``: a line for people, and ``filters``: what was looked for. Raises
            ``TenderlineError`` with a sentence that the model can act on.
    """

    name: str
    description: str
    schema: Callable[[], dict[str, Any]]
    call: Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class Lookup:
    """What was looked up for an answer: in words, and the filters that show the same."""

    summary: str
    filters: dict[str, Any]


@dataclass(frozen=True)
class ChatRequest:
    """A question about a document.

    Attributes:
        section: the section the reader looks at, or None.
        history: earlier turns, oldest first: ("user" | "assistant", text).
        findings: what was found in the document so far.
        tools: what may be looked up elsewhere.
    """

    document: ParsedDocument
    document_name: str
    question: str
    section: int | None = None
    history: tuple[tuple[str, str], ...] = ()
    findings: tuple[KnownFinding, ...] = ()
    tools: tuple[Tool, ...] = ()


@dataclass(frozen=True)
class Answer:
    """``response`` is plain text; ``found`` is False when the document doesn't tell; ``lookups``: what was looked up elsewhere."""

    response: str
    sources: tuple[Source, ...]
    found: bool
    reviewer: str
    usage: Usage = field(default_factory=Usage)
    lookups: tuple[Lookup, ...] = ()


@dataclass(frozen=True)
class Connection:
    """The outcome of a connection test."""

    connected: bool
    provider: str
    model: str
    latency_ms: float
    message: str


class Reviewer(Protocol):
    """Reviews sections and whole documents, and answers questions.

    Implementations report progress through the context and call ``context.check`` at least every 0.2 s where they can. They raise
    ``TransientError`` for what may pass (with ``retry_after`` where the service named one) and ``UpstreamError`` for what won't.
    """

    provider: str
    model: str

    def warm(self) -> None:
        """Load what the first call would otherwise wait for."""
        ...

    def review(self, request: ReviewRequest, context: TaskContext) -> Review: ...

    def survey(self, request: SurveyRequest, context: TaskContext) -> Survey:
        """Look at the whole document for what no single section shows, and say of each check whether it is met."""
        ...

    def answer(self, request: ChatRequest, context: TaskContext, on_text: Callable[[str], None] | None = None) -> Answer:
        """Answer a question. ``on_text`` gets the whole text so far whenever there is more of it."""
        ...

    def test(self, context: TaskContext) -> Connection: ...
