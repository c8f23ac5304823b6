"""What answers look like. Every answer but a page has a model here; ``/openapi.json`` is made from them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from tenderline.web.models import Model, State


class ErrorDetail(Model):
    code: str
    message: str
    hint: str | None = None
    fields: dict[str, str] | None = None
    retry_after: float | None = Field(None, description="Seconds after which the same call may succeed.")


class ErrorAnswer(Model):
    success: Literal[False] = False
    error: ErrorDetail


class Answer(Model):
    success: Literal[True] = True


class SourceItem(Model):
    """A passage, in the section of that index and title."""

    section: int
    title: str
    quote: str
    start: int
    end: int


class WrittenFinding(Model):
    """What a reviewer wrote, before the reader edited it."""

    description: str
    suggestion: str
    type: str
    category: str
    risk_level: str


class FeedbackItem(Model):
    """A finding. ``content[start:end] == quote`` in characters (code points)."""

    id: str
    type: str
    category: str
    description: str
    suggestion: str
    questions: list[str]
    checklist_refs: list[str]
    risk_level: str
    confidence: float
    quote: str
    start: int
    end: int
    model: str
    decision: str = Field(description="pending until the reader accepts or rejects it.")
    source: str = Field(description="reviewer, or reader for one that the reader added.")
    section_index: int = Field(description="The section it is about; -1: the document as a whole.")
    places: list[SourceItem] = Field(description="The passages of a finding on the whole document.")
    edited: bool = Field(description="The reader changed what the reviewer wrote.")
    original: WrittenFinding | None = Field(None, description="Absent when it is not edited.")
    present: bool = Field(description="False when the newest review no longer found it.")
    decided_at: float | None = None


class LookupItem(Model):
    """What was looked up in the contract register for an answer; a search with these filters shows the same."""

    summary: str
    filters: dict[str, Any]


class ChatTurn(Model):
    role: Literal["user", "assistant"]
    text: str
    sources: list[SourceItem]
    lookups: list[LookupItem] = Field(default_factory=list)
    created_at: float


class Queued(Answer):
    """Accepted; follow ``/task_status/<task_id>``."""

    task_id: str
    status: Literal["processing"] = "processing"
    message: str
    is_async: Literal[True] = Field(True, alias="async")
    session_id: str | None = None

    model_config = ConfigDict(populate_by_name=True)


class _Direct(Answer):
    task_id: str | None = None
    is_async: Literal[False] = Field(False, alias="async")

    model_config = ConfigDict(populate_by_name=True)


class AnalysisAnswer(_Direct):
    feedback_items: list[FeedbackItem]
    feedback_count: int
    reviewer: str
    duration: float
    dropped: int = Field(description="Findings left out: their quote isn't in the section, or the confidence is too low.")
    warnings: list[str]
    cached: bool


class ChatAnswer(_Direct):
    response: str
    sources: list[SourceItem]
    lookups: list[LookupItem] = Field(default_factory=list)
    found: bool = Field(description="False when the document doesn't tell.")
    reviewer: str
    duration: float


class ConnectionAnswer(_Direct):
    connected: bool
    provider: str
    model: str
    latency_ms: float
    message: str


class UploadAnswer(Answer):
    session_id: str
    document_name: str
    sections: list[str]
    total_sections: int
    warnings: list[str]


class SectionItem(Model):
    name: str
    index: int
    level: int
    state: Literal["new", "running", "done"]
    findings: int
    has_words: bool = Field(description="False for a heading without a text of its own: there is nothing to analyse.")


class ActiveTask(Model):
    task_id: str
    operation: str
    state: State
    section_index: int | None = None


class WholeDocumentItem(Model):
    """The document as a whole: running while ``/analyze_document`` is at work, its task being ``task_id``."""

    state: Literal["new", "running", "done"]
    task_id: str | None = None
    findings: int = 0
    analyzed_at: float | None = None
    reviewer: str | None = None
    warnings: list[str] = Field(default_factory=list)


class DecisionCounts(Model):
    """How many findings there are of each decision; one's own are accepted too."""

    pending: int
    accepted: int
    rejected: int
    own: int


class SessionItem(Model):
    session_id: str
    document_name: str
    kind: str
    size: int
    state: Literal["parsing", "ready", "failed"]
    created_at: float
    total_sections: int
    sections_with_words: int = Field(description="Those that there is something to analyse in.")
    analyzed_sections: int
    findings: int
    decisions: DecisionCounts
    error: ErrorDetail | None = None


class SessionsAnswer(Answer):
    sessions: list[SessionItem]
    page: int
    page_size: int
    total_count: int


class SessionAnswer(Answer):
    session_id: str
    document_name: str
    kind: str
    size: int
    characters: int
    state: Literal["parsing", "ready", "failed"]
    error: ErrorDetail | None = None
    created_at: float
    guidelines_preference: str
    guidelines: list[dict[str, str]]
    sections: list[SectionItem]
    total_sections: int
    warnings: list[str]
    chat: list[ChatTurn]
    active_tasks: list[ActiveTask]
    document: WholeDocumentItem


class QuestionsAnswer(Answer):
    questions: list[str]


class DeletedAnswer(Answer):
    session_id: str
    cancelled_tasks: int


class SectionAnswer(Answer):
    section_name: str
    title: str
    index: int
    level: int
    content: str
    findings: list[FeedbackItem]
    analyzed_at: float | None = None
    reviewer: str | None = None
    warnings: list[str]
    dropped: int
    active_task_id: str | None = None


class TaskObject(Model):
    """One task. Times are seconds since 1970, UTC."""

    model_config = ConfigDict(extra="allow")

    task_id: str
    state: State
    status: str
    progress: float = Field(ge=0, le=100)
    ready: bool
    operation: str
    executor: str
    successful: bool | None = None
    result: dict[str, Any] | None = None
    error: ErrorDetail | None = None
    eta_seconds: float | None = Field(None, description="Until a waiting task may start.")
    partial: str | None = Field(None, description="The text made so far.")


class TaskAnswer(TaskObject):
    success: Literal[True] = True


class DocumentOfTask(Model):
    """The document a task belongs to, and the section if it is about one."""

    session_id: str
    name: str
    section_index: int | None = None
    section: str | None = None


class ListedTask(TaskObject):
    can_run_again: bool = Field(description="It has ended, and its work may be done once more (``run_again``).")
    document: DocumentOfTask | None = None


class TasksAnswer(Answer):
    tasks: list[ListedTask]
    page: int
    page_size: int
    total_count: int


class RunAgainAnswer(Answer):
    """Its work was done at once; the result is as in ``/task_status``."""

    task_id: str
    is_async: Literal[False] = Field(False, alias="async")
    result: dict[str, Any] | None = None

    model_config = ConfigDict(populate_by_name=True)


class MinuteItem(Model):
    starts_at: float
    success: int
    failure: int
    revoked: int


class HistoryAnswer(Answer):
    """How many tasks ended in each of the last minutes, oldest first; the last one is not over yet. Of all owners."""

    now: float
    minutes: list[MinuteItem]


class CancelAnswer(Answer):
    task_id: str
    cancelled: bool


class QueueItem(Model):
    model_config = ConfigDict(extra="allow")

    pending: int
    running: int
    limit: int | None = Field(None, description="Starts per window; absent when there is no limit.")


class QueueStatsAnswer(Answer):
    model_config = ConfigDict(extra="allow")

    available: bool = Field(description="Work goes to workers.")
    mode: str
    workers: int
    active_tasks: int
    reserved_tasks: int
    total_pending: int
    queues: dict[str, QueueItem]
    worker_details: list[dict[str, Any]]
    mismatch: list[dict[str, str]] = Field(description="In what workers differ from the web process: version or provider, in words.")
    now: float
    provider: str
    reviewer: str


class HealthAnswer(Answer):
    status: Literal["alive"] = "alive"
    version: str


class ReadyAnswer(Answer):
    status: Literal["ready"] = "ready"
    mode: str
