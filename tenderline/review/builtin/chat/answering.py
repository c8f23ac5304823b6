"""Composes an answer from passages, or says that the document doesn't tell."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from tenderline.review.builtin.chat.embedding import Embedding
from tenderline.review.builtin.chat.passages import Passage, passages
from tenderline.review.builtin.chat.ranking import Ranked, rank
from tenderline.review.builtin.chat.review_so_far import is_about_review, review_answer
from tenderline.review.builtin.chat.terms import terms
from tenderline.review.builtin.view import DocumentView
from tenderline.review.reviewer import Answer, ChatRequest, Source

MOST_PASSAGES = 3
MOST_QUESTION_CHARS = 4_000
LEAST_COVERAGE = 0.5
LEAST_TOGETHER: dict[bool | None, float] = {True: 0.85, None: 0.9, False: 1.5}
_CLOSE_TO_BEST = 0.75

_OVERVIEW = re.compile(
    r"\bwhat(?:'s|’s| is| does)\s(?:this|the|it)\s?(?:document|text|report|file|contract|tender|it)?\s?(?:all\s)?(?:about|deal with"
    r"|cover|concern)"
    r"|\b(?:summar(?:y|ise|ize)|overview|gist|main points?)\b",
    re.IGNORECASE,
)
_PARTS = re.compile(
    r"\b(?:which|what|list|name|show)\b.{0,20}\b(?:sections|chapters|headings|table of contents|contents|structure)\b", re.IGNORECASE
)
_OPENING = re.compile(r"\b(?:summary|scope|purpose|subject|introduction|overview|background|objective|mandate)\b", re.IGNORECASE)

NOT_FOUND = "I found no passage in this document that answers this. I can only quote what is written in it; other words may help."
NO_TEXT = "This document holds no text that I could quote."


class Answerer:
    """Answers questions about a document with up to three quotations. Keeps nothing between questions but the model."""

    def __init__(self) -> None:
        self._embedding = Embedding()

    def answer(self, request: ChatRequest, reviewer: str, pulse: Callable[[], None], on_text: Callable[[str], None] | None) -> Answer:
        """Quote the passages that answer best, or say that there are none."""
        document = DocumentView(request.document, request.document_name, pulse)
        question = " ".join(request.question[:MOST_QUESTION_CHARS].split())
        everything = list(passages(document))
        if not everything:
            return _said(NO_TEXT, (), False, reviewer, on_text)
        if is_about_review(question):
            return _said(review_answer(question, request.findings), (), True, reviewer, on_text)
        if _PARTS.search(question):
            titles = "\n".join(section.title for section in request.document.sections)
            return _said(f"The document has these sections:\n{titles}", (), True, reviewer, on_text)
        if _OVERVIEW.search(question):
            opening = _opening(document, everything)
            return _quoted("This is how the document describes itself.", opening, document, reviewer, on_text)
        ranked = rank(_with_history(question, request.history), everything, self._embedding, request.section, pulse)
        chosen = _choose(ranked)
        if not chosen:
            return _said(NOT_FOUND, (), False, reviewer, on_text)
        return _quoted("Here is what the document says.", [each.passage for each in chosen], document, reviewer, on_text)


def answers(passage: Ranked) -> bool:
    """Whether a passage is likely to answer the question at all.

    It must hold at least half of what the question asks for, more when its meaning is far from the question's, and nearly all when it has
    no date where a date is asked for, no amount where an amount is. The bounds were chosen
    on one document and checked on another: tests/test_builtin_chat_quality.py holds the questions and the rates.
    """
    return passage.coverage >= LEAST_COVERAGE and passage.coverage + passage.likeness >= LEAST_TOGETHER[passage.fits]


def _choose(ranked: list[Ranked]) -> list[Ranked]:
    chosen: list[Ranked] = []
    for each in ranked[:12]:
        if len(chosen) == MOST_PASSAGES or each.score < _CLOSE_TO_BEST * ranked[0].score:
            break
        if answers(each) and all(each.passage.text != other.passage.text for other in chosen):
            chosen.append(each)
    return chosen


def _opening(document: DocumentView, everything: list[Passage]) -> list[Passage]:
    """The first sentences of the section that says what the document is for, else those of the document."""
    for index, section in enumerate(document.parsed.sections):
        found = [passage for passage in everything if passage.section == index]
        if found and _OPENING.search(section.title):
            return found[:2]
    return everything[:2]


def _with_history(question: str, history: tuple[tuple[str, str], ...]) -> str:
    """A question that says little by itself ("And who signed it?") is read together with the one before."""
    if len(terms(question)) > 1:
        return question
    before = next((text for role, text in reversed(history) if role == "user"), "")
    return f"{question} {before[:500]}" if before else question


def _quoted(opening: str, chosen: list[Passage], document: DocumentView, reviewer: str, on_text: Callable[[str], None] | None) -> Answer:
    sources: list[Source] = []
    response = opening
    for source, line in _lines(chosen, document):
        sources.append(source)
        response = f"{response}\n\n{line}"
        if on_text:
            on_text(response)
    return Answer(response, tuple(sources), True, reviewer)


def _lines(chosen: list[Passage], document: DocumentView) -> Iterator[tuple[Source, str]]:
    for passage in chosen:
        title = document.parsed.sections[passage.section].title
        quote = document.section(passage.section).text[passage.start : passage.end]
        yield Source(passage.section, title, quote, passage.start, passage.end), f"From “{title}”: “{passage.text}”"


def _said(response: str, sources: tuple[Source, ...], found: bool, reviewer: str, on_text: Callable[[str], None] | None) -> Answer:
    if on_text:
        on_text(response)
    return Answer(response, sources, found, reviewer)
