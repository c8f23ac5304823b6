"""Chat: which of the document Claude gets to read, the turns in the API's form, and its citations as passages of sections."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass

from tenderline.review.claude.clean import clean_line, clean_text, sendable
from tenderline.review.claude.parts import split
from tenderline.review.claude.prompts import CACHED, MAX_TITLE, NOT_IN_DOCUMENT
from tenderline.review.claude.quotes import Text
from tenderline.review.claude.wire import Citation, Json
from tenderline.review.document import ParsedDocument
from tenderline.review.reviewer import ChatRequest, KnownFinding, Source

MAX_DOCUMENT_CHARS = 300_000
PASSAGE_CHARS = 4_000
MAX_TURNS = 20
MAX_TURN_CHARS = 4_000
MAX_QUESTION_CHARS = 8_000
MAX_SOURCES = 20
MAX_SOURCE_CHARS = 600
MAX_ANSWER_CHARS = 20_000
MAX_FINDINGS_CHARS = 30_000
MAX_FINDING_FIELD = 400

_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True)
class Stretch:
    """What is sent from character ``at`` on is characters ``start`` to ``end`` of section ``section``."""

    at: int
    section: int
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """What Claude reads: ``text`` and where it comes from. ``share``: how much of the document it is, 1 for all."""

    text: str
    stretches: tuple[Stretch, ...]
    share: float


def choose_reading(request: ChatRequest, limit: int = MAX_DOCUMENT_CHARS) -> Reading:
    """All of the document if it fits in ``limit`` characters, else the passages that share the most words with the question.

    Words count the more the rarer they are in the document. The section the reader looks at comes first. What is chosen keeps the
    document's order, each passage under the title of its section.
    """
    document = request.document
    if len(document.text) <= limit:
        whole = (Stretch(section.start, section.index, 0, section.end - section.start) for section in document.sections)
        return Reading(sendable(document.text), tuple(whole), 1.0)
    passages = [
        (section.index, part.start, part.end)
        for section in document.sections
        for part in split(document.section_text(section.index), PASSAGE_CHARS)
    ]
    asked = _words(" ".join([request.question, *(text for role, text in request.history[-2:] if role == "user")]))
    found = [
        asked & _words(f"{document.sections[index].title} {document.section_text(index)[start:end]}") for index, start, end in passages
    ]
    spread = Counter(word for words in found for word in words)

    def weight(number: int) -> tuple[bool, float, int]:
        return passages[number][0] != request.section, -sum(1 / spread[word] for word in found[number]), number

    # The section in view may fill half of what fits; the question decides about the rest.
    chosen: list[int] = []
    room = limit
    for number in sorted(range(len(passages)), key=weight):
        index, start, end = passages[number]
        needed = end - start + MAX_TITLE + 4
        if needed > room or (index == request.section and room - needed < limit // 2):
            continue
        chosen.append(number)
        room -= needed
    return _joined(document, [passages[number] for number in sorted(chosen)])


def _joined(document: ParsedDocument, passages: list[tuple[int, int, int]]) -> Reading:
    pieces: list[str] = []
    stretches: list[Stretch] = []
    at = 0
    for index, start, end in passages:
        heading = f"{clean_line(document.sections[index].title, MAX_TITLE)}\n"
        pieces += [heading, document.section_text(index)[start:end], "\n\n"]
        stretches.append(Stretch(at + len(heading), index, start, end))
        at += len(heading) + end - start + 2
    read = sum(end - start for _, start, end in passages)
    return Reading(sendable("".join(pieces)), tuple(stretches), read / max(1, len(document.text)))


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def chat_messages(request: ChatRequest, reading: Reading) -> list[Json]:
    """The turns: the document first, so that it is cached for the whole conversation, then the history and the question."""
    document: Json = {
        "type": "document",
        "source": {"type": "text", "media_type": "text/plain", "data": reading.text},
        "title": clean_line(request.document_name, MAX_TITLE) or "Document",
        "citations": {"enabled": True},
        "cache_control": CACHED,
    }
    turns: list[Json] = [{"role": "user", "content": [document]}]
    for role, text in request.history[-MAX_TURNS:]:
        if role == "assistant" and turns[-1]["content"] == [document]:
            continue  # the answer to a question that is no longer in the history
        _say(turns, "assistant" if role == "assistant" else "user", clean_text(text, MAX_TURN_CHARS))
    _say(turns, "user", _question(request))
    return turns


def _say(turns: list[Json], role: str, text: str) -> None:
    """Add what was said; two turns of the same role become one, as the API wants them to alternate."""
    if not text:
        return
    block = {"type": "text", "text": text}
    if turns[-1]["role"] == role:
        turns[-1]["content"].append(block)
    else:
        turns.append({"role": role, "content": [block]})


def _question(request: ChatRequest) -> str:
    return _asked(request) + _review_so_far(request.findings)


def _asked(request: ChatRequest) -> str:
    question = clean_text(request.question, MAX_QUESTION_CHARS)
    if request.section is None:
        return question
    title = json.dumps(clean_line(request.document.sections[request.section].title, MAX_TITLE), ensure_ascii=False)
    return f"{question}\n\n(The person is looking at the section with the title {title}.)"


def _review_so_far(findings: tuple[KnownFinding, ...]) -> str:
    """What was found and decided, a JSON line each, as much as fits."""
    if not findings:
        return ""
    lines: list[str] = []
    room = MAX_FINDINGS_CHARS
    for finding in findings:
        line = json.dumps(
            {name: clean_line(value, MAX_FINDING_FIELD) for name, value in asdict(finding).items() if value}, ensure_ascii=False
        )
        room -= len(line)
        if room < 0:
            break
        lines.append(line)
    left_out = len(findings) - len(lines)
    more = f"\n({left_out} more are left out.)" if left_out else ""
    return "\n\nThe review so far, as data:\n" + "\n".join(lines) + more


def sources_of(citations: tuple[Citation, ...], reading: Reading, document: ParsedDocument) -> tuple[Source, ...]:
    """The cited passages, each found again in the section it comes from; what isn't there is left out."""
    searched: dict[int, Text] = {}
    sources: dict[tuple[int, int, int], Source] = {}
    for citation in citations[: 10 * MAX_SOURCES]:
        if citation.document != 0:
            continue
        source = _source(citation, reading, document, searched)
        if source is not None:
            sources.setdefault((source.section, source.start, source.end), source)
    return tuple(list(sources.values())[:MAX_SOURCES])


def _source(citation: Citation, reading: Reading, document: ParsedDocument, searched: dict[int, Text]) -> Source | None:
    overlaps: list[tuple[int, int, int]] = []
    for stretch in reading.stretches:
        start = max(stretch.start, stretch.start + citation.start - stretch.at)
        end = min(stretch.end, stretch.start + citation.end - stretch.at)
        if start < end:
            overlaps.append((end - start, stretch.section, start))
    if not overlaps:
        return None
    length, index, near = max(overlaps)
    section = document.sections[index]
    text = searched.setdefault(index, Text(document.section_text(index)))
    cited = citation.text[: 4 * MAX_SOURCE_CHARS]
    place = text.locate(cited, near=near)
    if place is None:
        # A citation may begin in a heading or run into the next section: what counts is the part of it that stands in this one.
        place = _part_of(cited, text, near, length)
    if place is None:
        return None
    start, end = place
    end = min(end, start + MAX_SOURCE_CHARS)
    quote = text.text[start:end].strip()
    start = text.text.index(quote, start) if quote else start
    return Source(index, section.title, quote, start, start + len(quote)) if quote else None


def _part_of(cited: str, text: Text, start: int, length: int) -> tuple[int, int] | None:
    """The stretch of the section that the offsets name, if the cited words hold it."""
    stretch = text.text[start : start + length].strip()
    return text.locate(stretch, near=start) if stretch and Text(cited).locate(stretch) is not None else None


class Spoken:
    """The answer as it grows: without the mark for "the document doesn't tell", which is never shown, and clean."""

    def __init__(self, on_text: Callable[[str], None] | None) -> None:
        self._on_text = on_text

    def heard(self, text: str) -> None:
        """Pass on the whole text so far, once it is clear whether it begins with the mark."""
        if self._on_text is None or NOT_IN_DOCUMENT.startswith(text.lstrip()):
            return
        shown, _ = without_mark(text)
        if shown:
            self._on_text(shown)


def without_mark(text: str) -> tuple[str, bool]:
    """The answer for people, and whether the document told."""
    clean = clean_text(text, MAX_ANSWER_CHARS)
    found = not clean.startswith(NOT_IN_DOCUMENT)
    return clean if found else clean.removeprefix(NOT_IN_DOCUMENT).lstrip(" \n:.-–—"), found
