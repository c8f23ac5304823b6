"""Documents, requests and contexts for the tests of the Claude reviewer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tenderline.review.claude import ClaudeReviewer
from tenderline.review.document import ParsedDocument, Section
from tenderline.review.reviewer import ChatRequest, Check, Guidelines, ReviewRequest
from tenderline.settings import Settings
from tenderline.tasks.operation import TaskContext
from tests.claude_wire import KEY

SCOPE = "The supplier shall deliver “promptly” and in\ngood order. Bids are due on 30 February 2026 at noon.\n"
PRICE = "The price is 10,000 euros. The price is final.\n"
CHECKS = Guidelines((Check("C01", "Dates", "Every date exists."), Check("C02", "Terms", "Every term is defined.")))


def document(*sections: tuple[str, str]) -> ParsedDocument:
    """A document of (title, text) sections, each under its heading line."""
    text = ""
    made = []
    for index, (title, body) in enumerate(sections):
        text += f"{title}\n"
        made.append(Section(index, title, 1, len(text), len(text) + len(body)))
        text += body
    return ParsedDocument("txt", text, tuple(made))


def two_sections() -> ParsedDocument:
    return document(("Scope", SCOPE), ("Price", PRICE))


def review_request(text: str = SCOPE, guidelines: Guidelines = CHECKS) -> ReviewRequest:
    return ReviewRequest(document(("Scope", text), ("Price", PRICE)), "tender.docx", 0, guidelines)


def chat_request(question: str, **fields: Any) -> ChatRequest:
    return ChatRequest(fields.pop("document", two_sections()), "tender.docx", question, **fields)


def settings_for(base_url: str, **fields: Any) -> Settings:
    values = {"ai_provider": "anthropic", "anthropic_api_key": KEY, "anthropic_base_url": base_url, **fields}
    return Settings(_env_file=None, **values)


@contextmanager
def claude(
    base_url: str, *, read_timeout: float = 30.0, part_chars: int = 60_000, document_chars: int = 300_000, **fields: Any
) -> Iterator[ClaudeReviewer]:
    """A reviewer that talks to ``base_url``; ``fields`` are settings."""
    reviewer = ClaudeReviewer(
        settings_for(base_url, **fields), read_timeout=read_timeout, part_chars=part_chars, document_chars=document_chars
    )
    try:
        yield reviewer
    finally:
        reviewer.close()


class Watched(TaskContext):
    """A context that remembers its progress."""

    def __init__(self, **fields: Any) -> None:
        self.steps: list[tuple[int, int, str, str | None]] = []
        super().__init__("task", "local", report=lambda *step: self.steps.append(step), **fields)  # type: ignore[arg-type]
