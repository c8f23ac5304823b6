"""What the answers about a whole document look like."""

from __future__ import annotations

from typing import Literal

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
