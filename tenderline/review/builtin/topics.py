"""Which checks of the guidelines a remark refers to: matched by subject, so that it works for a user's own checklist too."""

from __future__ import annotations

import re
from functools import cached_property

from tenderline.review.reviewer import Check, Guidelines

# Topic -> beginnings of words that tell a check about it, the most telling first.
TOPICS: dict[str, tuple[str, ...]] = {
    "scope": ("scope", "purpose", "subject", "objective", "background"),
    "completeness": ("expected part", "complete", "missing", "structure", "placeholder", "content"),
    "references": ("cross-ref", "reference", "expected part", "annex", "append", "attachment", "complete"),
    "legal": ("legal", "law", "regulation", "statut"),
    "method": (
        "procurement method",
        "single source",
        "sole source",
        "direct award",
        "method of procurement",
        "procedure justified",
        "method",
    ),
    "splitting": ("split", "threshold", "aggregat"),
    "specifications": ("neutral", "specification", "brand", "equivalent", "technical requirement"),
    "requirements": ("requirements for compan", "qualification", "eligib", "selection criteri", "turnover", "proportion"),
    "award": ("award criteri", "evaluation criteri", "weight", "criteria", "scoring"),
    "deadlines": ("deadline", "minimum period", "time limit", "submission", "timetable", "timeline"),
    "clarifications": ("clarification", "question", "enquir", "inquir"),
    "committee": ("committee", "panel", "evaluator"),
    "interests": ("conflict", "declaration of interest", "interest", "impartial"),
    "dates": ("date", "chronolog", "sequence of events", "calendar", "timeline"),
    "amounts": ("amount", "currenc", "figure", "sum", "total", "price", "financial", "calculation"),
    "evidence": ("evidence", "allegation", "support", "proof", "substantiat"),
    "conclusions": ("conclusion", "follow from"),
    "recommendations": ("recommendation", "action", "owner"),
    "payment": ("payment", "deliver", "accept"),
    "remedies": ("penalt", "liquidated", "warrant", "remed", "damages"),
    "changes": ("contract change", "amendment", "variation", "modification", "change"),
    "complaints": ("complaint", "appeal", "standstill", "review"),
    "signatures": ("signature", "sign", "approv", "role", "responsib"),
    "terms": ("abbreviation", "acronym", "definition", "terminolog", "defined", "terms and"),
    "language": ("clear language", "plain", "language", "clarity", "readab", "wording", "style", "vague"),
}


class Checklist:
    """The checks in force, asked by topic."""

    def __init__(self, guidelines: Guidelines) -> None:
        self._guidelines = guidelines
        self._known: dict[str, tuple[str, ...]] = {}

    def refs(self, topic: str) -> tuple[str, ...]:
        """Ids of the checks about a topic: the best one of the user's own and the best of the default ones."""
        if topic not in self._known:
            best: dict[str, tuple[int, str]] = {}
            for check, title, text in self._lowered:
                score = _score(TOPICS[topic], title, text)
                family = check.id[:1]
                if score > best.get(family, (0, ""))[0]:
                    best[family] = (score, check.id)
            self._known[topic] = tuple(identifier for _, identifier in best.values())
        return self._known[topic]

    @cached_property
    def _lowered(self) -> list[tuple[Check, str, str]]:
        return [(check, check.title.lower(), check.text.lower()) for check in self._guidelines.checks]


def _score(beginnings: tuple[str, ...], title: str, text: str) -> int:
    """A check whose title names the topic always beats one that only mentions it; two mentions in the text are the least that counts."""
    in_title = sum(len(beginnings) - place for place, beginning in enumerate(beginnings) if _has(title, beginning))
    in_text = sum(1 for beginning in beginnings if _has(text, beginning))
    return 100 * in_title + in_text if in_title else in_text if in_text > 1 else 0


def _has(text: str, beginning: str) -> bool:
    return re.search(rf"\b{re.escape(beginning)}", text) is not None
