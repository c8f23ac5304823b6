"""Looking things up while answering: Claude asks for a tool, hears what was found and goes on. Bounded in rounds, uses and text."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace

from tenderline.errors import TenderlineError
from tenderline.review.claude.clean import clean_line, sendable
from tenderline.review.claude.exchange import Exchange, Told
from tenderline.review.claude.wire import Ask, Json, ToolUse, add_usage
from tenderline.review.reviewer import Lookup, Tool, Usage
from tenderline.tasks.operation import TaskContext

MAX_ROUNDS = 3
MAX_USES = 4
"""In one round; more are answered with a refusal."""
MAX_RESULT_CHARS = 12_000
MAX_SUMMARY_CHARS = 300


@dataclass(frozen=True)
class Talk:
    """How a conversation ended: the last answer, the tokens of all, what was looked up."""

    told: Told
    usage: Usage
    lookups: tuple[Lookup, ...]


def tool_forms(tools: tuple[Tool, ...]) -> tuple[Json, ...]:
    """The tools in the API's form."""
    return tuple({"name": tool.name, "description": tool.description, "input_schema": tool.schema()} for tool in tools)


def converse(exchange: Exchange, ask: Ask, tools: tuple[Tool, ...], context: TaskContext, heard: Callable[[str], None]) -> Talk:
    """Ask, look up what is wanted, and ask again, until there is an answer. Raises like ``Exchange.ask``."""
    usage = Usage()
    lookups: list[Lookup] = []
    known = {tool.name: tool for tool in tools}
    rounds = 0
    while True:
        told = exchange.ask(ask, heard)
        usage = add_usage(usage, told.reply.usage)
        if not told.reply.tool_uses or not ask.may_look_up:
            return Talk(told, usage, tuple(lookups))
        rounds += 1
        context.progress(40 + 10 * rounds, 100, "Claude is looking in the contract register")
        results = [_result(use, known, lookups, number < MAX_USES) for number, use in enumerate(told.reply.tool_uses)]
        turns: list[Json] = [{"role": "assistant", "content": list(told.reply.content)}, {"role": "user", "content": results}]
        ask = replace(ask, messages=[*ask.messages, *turns], may_look_up=rounds < MAX_ROUNDS)


def _result(use: ToolUse, known: dict[str, Tool], lookups: list[Lookup], allowed: bool) -> Json:
    said, failed = _said(use, known, lookups, allowed)
    return {"type": "tool_result", "tool_use_id": use.id, "content": sendable(said)[:MAX_RESULT_CHARS], "is_error": failed}


def _said(use: ToolUse, known: dict[str, Tool], lookups: list[Lookup], allowed: bool) -> tuple[str, bool]:
    if not allowed:
        return f"At most {MAX_USES} lookups at a time.", True
    if use.name not in known:
        return "There is no such tool.", True
    try:
        found = known[use.name].call(use.input)
    except TenderlineError as error:
        return f"{error.message} {error.hint or ''}".strip(), True
    lookups.append(Lookup(clean_line(str(found["summary"]), MAX_SUMMARY_CHARS), dict(found["filters"])))
    return json.dumps(found, ensure_ascii=False), False
