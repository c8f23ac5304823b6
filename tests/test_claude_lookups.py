"""Claude looks things up while it answers: what it gets, what people see of it, and where it ends."""

from __future__ import annotations

import json
from typing import Any

from tenderline.errors import Invalid
from tenderline.review.claude.lookups import MAX_ROUNDS, MAX_USES
from tenderline.review.reviewer import Answer, KnownFinding, Lookup, Tool
from tests.claude_cases import Watched, chat_request, claude
from tests.claude_wire import Turn, WireServer

ASKED: list[dict[str, Any]] = []


def look_up(asked: dict[str, Any]) -> dict[str, Any]:
    ASKED.append(asked)
    if "wrong" in asked:
        raise Invalid("wrong: there is no such filter.")
    return {"summary": "contractor contains “Acme”: 2 contracts", "filters": {"contractors": ["Acme"]}, "count": 2}


TOOL = Tool("search", "Searches.", lambda: {"type": "object"}, look_up)


def wants(*asked: dict[str, Any], text: str = "Let me see.") -> Turn:
    uses = tuple((f"use_{number}", "search", each) for number, each in enumerate(asked))
    return Turn(text=text, stop_reason="tool_use", uses=uses)


def ask(*turns: Turn, **fields: Any) -> tuple[Answer, list[dict[str, Any]]]:
    ASKED.clear()
    with WireServer(*turns) as server, claude(server.base_url) as reviewer:
        answer = reviewer.answer(chat_request("How many contracts has Acme?", **{"tools": (TOOL,), **fields}), Watched())
    return answer, server.bodies


def test_what_was_looked_up_reaches_claude_and_the_reader() -> None:
    answer, bodies = ask(wants({"contractors": ["Acme"]}), Turn(text="Acme has two."))
    assert ASKED == [{"contractors": ["Acme"]}]
    assert bodies[0]["tools"] == [{"name": "search", "description": "Searches.", "input_schema": {"type": "object"}}]
    said, heard = bodies[1]["messages"][-2:]
    assert [block["type"] for block in said["content"]] == ["text", "tool_use"]
    (result,) = heard["content"]
    assert (result["tool_use_id"], result["is_error"], json.loads(result["content"])["count"]) == ("use_0", False, 2)
    assert answer.response == "Acme has two."
    assert answer.lookups == (Lookup("contractor contains “Acme”: 2 contracts", {"contractors": ["Acme"]}),)


def test_the_tokens_of_all_rounds_are_counted() -> None:
    answer, _ = ask(wants({}), Turn(text="Two."))
    assert (answer.usage.input_tokens, answer.usage.output_tokens) == (20, 40)


def test_a_wrong_question_is_told_to_claude_and_not_to_the_reader() -> None:
    answer, bodies = ask(wants({"wrong": 1}), Turn(text="I cannot tell."))
    (result,) = bodies[1]["messages"][-1]["content"]
    assert (result["is_error"], result["content"]) == (True, "wrong: there is no such filter.")
    assert answer.lookups == ()


def test_lookups_end_after_a_few_rounds_and_a_few_at_a_time() -> None:
    many = wants(*({"n": number} for number in range(MAX_USES + 2)))
    _, bodies = ask(*(many for _ in range(MAX_ROUNDS)), Turn(text="Enough."))
    assert len(ASKED) == MAX_ROUNDS * MAX_USES
    assert [body["tool_choice"]["type"] for body in bodies] == ["auto"] * MAX_ROUNDS + ["none"]
    assert [result["is_error"] for result in bodies[1]["messages"][-1]["content"]] == [False] * MAX_USES + [True] * 2


def test_without_tools_none_are_offered() -> None:
    _, bodies = ask(Turn(text="Two."), tools=())
    assert "tools" not in bodies[0]


def test_claude_knows_the_review_so_far_as_data() -> None:
    finding = KnownFinding("Scope", "High", "Clarity", "“promptly” can be read in two ways.", "Say when.", "accepted", "promptly")
    _, bodies = ask(Turn(text="One."), findings=(finding,))
    said = bodies[0]["messages"][0]["content"][-1]["text"]
    line = json.loads(said.split("as data:\n")[1])
    assert (line["decision"], line["section"], line["description"]) == ("accepted", "Scope", finding.description)
