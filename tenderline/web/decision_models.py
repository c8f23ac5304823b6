"""What requests and answers about decisions, the log and the sums look like."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints

from tenderline.web.answers import Answer, FeedbackItem
from tenderline.web.models import MAX_SECTION_NAME_CHARS, Body, Id, Model, PageQuery, checked_not_blank, checked_storable

MAX_TEXT_CHARS = 4000
MAX_CATEGORY_CHARS = 64
MAX_QUOTE_CHARS = 20_000
MAX_OFFSET = 2_000_000_000

OptionalSection = Annotated[str, StringConstraints(max_length=MAX_SECTION_NAME_CHARS), AfterValidator(checked_storable)]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT_CHARS), AfterValidator(checked_storable)]
Description = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TEXT_CHARS), AfterValidator(checked_storable), AfterValidator(checked_not_blank)
]
Category = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_CATEGORY_CHARS), AfterValidator(checked_storable), AfterValidator(checked_not_blank)
]
Quote = Annotated[str, StringConstraints(max_length=MAX_QUOTE_CHARS), AfterValidator(checked_storable)]
Kind = Literal["critical", "important", "suggestion", "question"]
Risk = Literal["High", "Medium", "Low"]


class DocumentBody(Body):
    session_id: Id


class PlaceBody(DocumentBody):
    section_name: OptionalSection | None = Field(None, description="The section's title; absent or empty: the document as a whole.")


class FindingBody(PlaceBody):
    feedback_id: Id


class AddBody(PlaceBody):
    description: Description
    suggestion: Text = ""
    type: Kind = "important"
    category: Category = "General"
    risk_level: Risk = "Medium"
    quote: Quote = Field("", description="Words of the section, exactly as they stand there.")
    start: Annotated[int, Field(ge=0, le=MAX_OFFSET)] | None = Field(
        None, description="About where the quote begins, in characters; the nearest place counts."
    )


class UpdateBody(FindingBody):
    """What is absent stays as it is."""

    description: Description | None = None
    suggestion: Text | None = None
    type: Kind | None = None
    category: Category | None = None
    risk_level: Risk | None = None


class DocumentQuery(Model):
    session_id: Id


class LogQuery(PageQuery):
    session_id: Id
    format: Literal["json", "csv"] = Field("json", description="csv is the whole log as a file.")


class StatisticsQuery(Model):
    session_id: Id | None = Field(None, description="One document; without it, all of yours.")


class ExportQuery(DocumentQuery):
    format: Literal["json", "csv", "md"] = "json"


class Counts(Model):
    """The findings of a document that are shown."""

    total: int
    pending: int
    accepted: int
    rejected: int
    own: int
    by_risk: dict[str, int]
    by_category: dict[str, int]


class FindingAnswer(Answer):
    item: FeedbackItem
    counts: Counts


class DeletedFindingAnswer(Answer):
    feedback_id: str
    counts: Counts


class Step(Model):
    """A line of the log that was taken back, or could not be."""

    action: str
    section_index: int
    feedback_id: str


class _SteppedAnswer(Answer):
    item: FeedbackItem | None = Field(None, description="The finding as it is now; absent when it is gone.")
    passed_over: list[Step] = Field(description="Newer steps whose finding a new review no longer has.")
    message: str
    counts: Counts


class UndoAnswer(_SteppedAnswer):
    undone: Step | None = Field(None, description="Absent when there was nothing to take back.")


class RedoAnswer(_SteppedAnswer):
    redone: Step | None = Field(None, description="Absent when there was nothing to do again.")


class FindingsAnswer(Answer):
    findings: list[FeedbackItem]
    counts: Counts
    truncated: bool = Field(description="There are more than could be listed.")


class ActivityItem(Model):
    """A line of a document's log."""

    id: int
    at: float
    actor: str = Field(description='"you" for the owner who asks.')
    action: str
    section_index: int | None = None
    section: str | None = None
    feedback_id: str | None = None
    detail: str
    undone: bool


class LogAnswer(Answer):
    activities: list[ActivityItem]
    page: int
    page_size: int
    total_count: int


class ExportedFinding(FeedbackItem):
    section: str


class ExportedNumbers(Model):
    total: int
    accepted: int
    pending: int
    own: int
    by_risk: dict[str, int]


class ReviewFile(Model):
    """A review as JSON, without what was rejected."""

    document: str
    made_at: str
    counts: ExportedNumbers
    findings: list[ExportedFinding]


class Spent(Model):
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float | None = Field(None, description="Estimated; absent when the price of a model is unknown.")


class SpentOnDay(Spent):
    day: str = Field(description="2026-03-31, UTC.")


class SpentOnSection(Spent):
    section_index: int | None = Field(None, description="Absent for questions; -1: the document as a whole.")
    section: str | None = None


class UsageSums(Spent):
    by_day: list[SpentOnDay]
    by_section: list[SpentOnSection] = Field(description="Of one document only.")


class DecisionSums(Model):
    pending: int
    accepted: int
    rejected: int


class Pattern(Model):
    """A kind of finding that is there more than once: its words, with what varies as "…"."""

    category: str
    text: str
    count: int
    documents: int


class StatisticsAnswer(Answer):
    documents: int
    sections: int
    sections_reviewed: int
    findings: int
    by_risk: dict[str, int]
    by_category: dict[str, int]
    decisions: DecisionSums
    own: int
    review_seconds: float = Field(description="What the reviewer worked.")
    reading_seconds: float = Field(description="Between a reader's acts, as far as they are at most 5 minutes apart.")
    patterns: list[Pattern]
    usage: UsageSums
