"""What the answers about a whole document look like."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tenderline.web.answers import Answer, FeedbackItem, SourceItem
from tenderline.web.models import Model


class CoverageItem(Model):
    """A check of the guidelines, and whether the document meets it. Before the first analysis of the whole document it is unclear."""

    check_id: str
    title: str
    text: str
    state: Literal["met", "partly", "missing", "unclear"]
    note: str
    places: list[SourceItem]


class WholeDocumentAnswer(Answer):
    findings: list[FeedbackItem]
    coverage: list[CoverageItem]
    analyzed_at: float | None = None
    reviewer: str | None = None
    warnings: list[str]


class TokensItem(Model):
    """Tokens of Claude's models, and what they cost at the prices known then; without ``cost_usd`` no price was known for any of them."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost_usd: float | None = None
    unpriced: int = Field(description="How often a model was used whose price is unknown: that is not in the cost.")


class DayItem(TokensItem):
    day: str = Field(description="A date in UTC, 2026-11-30.")


class UsageAnswer(Answer):
    """What you used, today last; the budget and what is left of it are those of the whole installation."""

    today: DayItem
    days: list[DayItem]
    budget_usd: float | None = Field(None, description="AI_DAILY_BUDGET; absent without one.")
    spent_usd: float | None = Field(None, description="Of it, by all owners, since midnight UTC.")
    remaining_usd: float | None = None
    prices_as_of: str
