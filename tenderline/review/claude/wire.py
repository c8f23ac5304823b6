"""What goes to Claude and what comes back, in our own words: no type of the SDK leaves this package's ``link``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from pydantic import BaseModel

from tenderline.review.reviewer import Usage

Json = dict[str, Any]

MAX_REPLY_CHARS = 400_000


@dataclass(frozen=True)
class Ask:
    """One question to Claude.

    Attributes:
        system: text blocks of the system prompt, in the API's form.
        messages: the turns, in the API's form.
        max_tokens: how long the answer may be.
        purpose: one word for the log.
        form: the model whose JSON schema the answer must follow, or None for prose.
        tools: what may be looked up, in the API's form.
        may_look_up: False when enough was looked up: the tools stay known, and none may be used.
    """

    system: list[Json]
    messages: list[Json]
    max_tokens: int
    purpose: str
    form: type[BaseModel] | None = None
    tools: tuple[Json, ...] = ()
    may_look_up: bool = True


@dataclass(frozen=True)
class Citation:
    """A passage Claude cites: ``text`` is claimed to be characters ``start`` to ``end`` of document number ``document`` of the question."""

    text: str
    document: int
    start: int
    end: int


@dataclass(frozen=True)
class ToolUse:
    """Claude wants something looked up."""

    id: str
    name: str
    input: Json


@dataclass(frozen=True)
class Reply:
    """A whole answer.

    Attributes:
        stop_reason: the API's word; None when the stream ended before Claude had finished.
        seconds: from the request to the end of the answer.
        tool_uses: what Claude wants to know before it goes on. content: its turn in the API's form, to be sent back with the results.
    """

    text: str
    citations: tuple[Citation, ...]
    stop_reason: str | None
    usage: Usage
    seconds: float
    tool_uses: tuple[ToolUse, ...] = ()
    content: tuple[Json, ...] = ()


def reply_of(message: Any, seconds: float) -> Reply:
    """Read the SDK's message. The SDK does not validate it, so nothing here trusts a type."""
    texts: list[str] = []
    citations: list[Citation] = []
    uses: list[ToolUse] = []
    content: list[Json] = []
    for block in message.content:
        kind = getattr(block, "type", None)
        if kind in ("tool_use", "thinking", "redacted_thinking"):
            content.append(block.model_dump(mode="json", exclude_none=True))
        elif kind == "text" and block.text:
            content.append({"type": "text", "text": str(block.text)})
        if kind == "tool_use":
            uses.append(ToolUse(str(block.id), str(block.name), block.input if isinstance(block.input, dict) else {}))
        if kind != "text":
            continue
        texts.append(str(block.text))
        citations += [
            Citation(str(cited.cited_text), int(cited.document_index), int(cited.start_char_index), int(cited.end_char_index))
            for cited in block.citations or []
            if getattr(cited, "type", None) == "char_location"
        ]
    stop_reason = message.stop_reason
    reason = None if stop_reason is None else str(stop_reason)
    return Reply("".join(texts), tuple(citations), reason, _usage(message.usage), seconds, tuple(uses), tuple(content))


def _usage(usage: Any) -> Usage:
    return Usage(
        input_tokens=_count(getattr(usage, "input_tokens", 0)),
        output_tokens=_count(getattr(usage, "output_tokens", 0)),
        cache_read_tokens=_count(getattr(usage, "cache_read_input_tokens", 0)),
        cache_write_tokens=_count(getattr(usage, "cache_creation_input_tokens", 0)),
    )


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**53 else 0


def add_usage(first: Usage, second: Usage) -> Usage:
    """The tokens of two calls together."""
    return Usage(**{field.name: getattr(first, field.name) + getattr(second, field.name) for field in fields(Usage)})
