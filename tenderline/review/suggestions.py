"""Questions worth asking about a document, going by what stands in it."""

from __future__ import annotations

import re

from tenderline.review.document import ParsedDocument

MOST_QUESTIONS = 5
_LOOKED_AT = 400_000
"""characters: enough to know what kind of document it is."""

_OVERVIEW = "What is this document about?"
_ASKED: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), question)
    for pattern, question in (
        (r"\b(?:bids?|submission|closing)\b.{0,60}\b(?:date|deadline)\b|\bdeadline\b.{0,60}\bbid", "When must offers be in?"),
        (r"\baward criteri|\bevaluation criteri|\bweight(?:s|ed|ing)?\b.{0,40}%", "How are offers judged?"),
        (r"\bconflicts? of interest\b", "What does it say about conflicts of interest?"),
        (r"\bpenalt(?:y|ies)\b|\bliquidated damages\b", "What happens when the supplier is late?"),
        (r"\bterminat(?:e|ion)\b", "Who may end the contract, and when?"),
        (r"\bwarrant(?:y|ies)\b|\bdefects? liability\b", "Which warranty is asked for?"),
        (r"\bfindings?\b.{0,400}\brecommend", "What does the report recommend?"),
        (r"\b(?:single|sole)[- ]source|\bdirect (?:award|contracting)\b", "Why was there no open competition?"),
        (r"\bpayment(?:s)? (?:terms?|schedule)\b|\bshall (?:be paid|pay)\b|\binvoice", "When is what paid?"),
        (r"\b(?:EUR|USD|GBP|PHP|CHF)\s?\d|[€$£₱]\s?\d", "Which amounts does it name?"),
        (r"\b(?:19|20)\d{2}\b", "Which deadlines does it set?"),
        (r"\bshall\b|\bresponsib", "Who is responsible for what?"),
    )
)  # fmt: skip


def suggested_questions(document: ParsedDocument) -> list[str]:
    """Up to ``MOST_QUESTIONS`` questions that the document is likely to answer, the most telling first; none when it holds no text."""
    text = document.text[:_LOOKED_AT]
    if not text.strip():
        return []
    fitting = (question for pattern, question in _ASKED if pattern.search(text))
    return [_OVERVIEW, *list(dict.fromkeys(fitting))[: MOST_QUESTIONS - 1]]
