"""The form of Claude's review: the JSON schema it must follow, and reading what it sent without trusting any of it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from tenderline.review.reviewer import CATEGORIES, Risk

MAX_RAW_FINDINGS = 100

_BETWEEN = re.compile(r"[\s,]*")


class ReplyFinding(BaseModel):
    """One finding as Claude gives it. The order of the fields is the order in which they are written."""

    quote: str = Field(
        description="The words it is about, copied from the section character by character, at most about 40 words of one passage. "
        "Empty only when about_missing is true."
    )
    before: str = Field(description="The few words right before the quote, to tell it from the same words elsewhere. May be empty.")
    about_missing: bool = Field(description="True when the finding is about something that the section lacks and no words can be quoted.")
    category: Annotated[str, Field(json_schema_extra={"enum": list(CATEGORIES)})]
    type: Literal["critical", "important", "suggestion", "question"]
    risk_level: Risk
    description: str = Field(description="What is wrong and why it matters, in one or two sentences of plain text.")
    suggestion: str = Field(description="What to do about it, concretely; empty if nothing follows.")
    questions: list[str] = Field(description="Questions to the author, at most three.")
    checklist_refs: list[str] = Field(description="Ids of the checks it refers to, such as C01; only ids of the checklist.")
    confidence: Annotated[float, Field(ge=0, le=1, description="0 to 1: how sure you are that a careful reviewer would agree.")]


class ReplyReview(BaseModel):
    """The whole answer."""

    findings: list[ReplyFinding]


@dataclass(frozen=True)
class Parsed:
    """Findings that have the right form, how many had not, and whether the answer was whole."""

    findings: tuple[ReplyFinding, ...]
    malformed: int
    whole: bool


def parse(text: str) -> Parsed | None:
    """Read an answer. One that is cut short gives the findings that are complete; one that is no review gives None."""
    items, whole = items_of(text, "findings")
    if items is None:
        return None
    findings: list[ReplyFinding] = []
    for item in items[:MAX_RAW_FINDINGS]:
        try:
            findings.append(ReplyFinding.model_validate(item))
        except (ValidationError, RecursionError):
            continue
    return Parsed(tuple(findings), len(items) - len(findings), whole)


def items_of(text: str, name: str) -> tuple[list[Any] | None, bool]:
    """The items of the list ``name`` of an answer, and whether it is whole; None when there is no such list."""
    try:
        loaded: Any = json.loads(text)
    except (ValueError, RecursionError):
        return _salvage(text, name)
    items = loaded.get(name) if isinstance(loaded, dict) else None
    return (items, True) if isinstance(items, list) else (None, True)


def _salvage(text: str, name: str) -> tuple[list[Any] | None, bool]:
    """The complete objects of a list in a text that isn't pure JSON (cut short, or with prose or a fence around it), and
    whether the list is whole.
    """
    opening = re.search(rf'"{name}"\s*:\s*\[', text)
    if opening is None:
        return None, False
    decoder = json.JSONDecoder()
    items: list[Any] = []
    at = opening.end()
    while True:
        at = _end_of(_BETWEEN, text, at)
        if not text.startswith("{", at):
            return items, text.startswith("]", at)
        try:
            item, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return items, False
        items.append(item)


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


def count_findings(text: str) -> int:
    """About how many findings a text that is still growing holds."""
    return len(re.findall(r'(?<!\\)"quote"\s*:', text))
