"""Wording: vague words in requirements, passive voice that hides who acts, very long sentences. One finding a section for each."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tenderline.review.builtin.patterns import any_of
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.text import Span, words
from tenderline.review.builtin.view import SectionView

CATEGORY = "Clarity"

_VAGUE = any_of(
    "as soon as possible|as soon as practicable|in a timely manner|in due course|within a reasonable (?:time|period)|promptly"
    "|where appropriate",
    "as appropriate|if necessary|where necessary|as necessary|if required|as required|where possible|as far as possible|if possible"
    "|and so on|etc",
    "and/or|adequate(?:ly)?|sufficient(?:ly)?|appropriate(?:ly)?|reasonable|suitable|satisfactory|good quality|high quality"
    "|best quality|user-friendly",
    "state of the art|modern|robust|various|numerous|several|a number of|some|many|a few|certain|significant(?:ly)?"
    "|substantial(?:ly)?|considerable",
    "approximately|about|around|roughly|more or less|from time to time|regular(?:ly)?|periodic(?:ally)?|normal(?:ly)?|usual(?:ly)?"
    "|generally|typically",
    "it seems|it appears|possibly|perhaps|probably|presumably|relatively|rather|somewhat|fairly|quite",
)
_REQUIRES = re.compile(r"\b(?:shall|must|should|will|required?|need(?:s|ed)?\sto|ha(?:s|ve)\sto)\b", re.IGNORECASE)
_BE = r"(?:is|are|was|were|be|been|being)"
_IRREGULAR = (
    "awarded|made|given|taken|found|held|sent|paid|done|kept|put|set|shown|known|written|chosen|drawn|begun|brought|bought|built"
    "|dealt|drawn|led|left"
    "|lost|met|read|said|seen|sold|spent|told|understood|won|withdrawn|undertaken|overseen|borne|let|cut|laid|broken|driven|forgotten"
)
_PASSIVE = re.compile(
    rf"\b{_BE}\s(?:(?:not|also|then|only|never|always|\w{{2,20}}ly)\s){{0,2}}(?:\w{{2,20}}ed|{_IRREGULAR})\b", re.IGNORECASE
)
# "is based on", "are entitled to": states, not deeds that somebody did.
_STATES = words(
    "based located situated entitled required expected intended supposed needed interested related limited concerned",
    "involved experienced qualified dated called named titled attached listed enclosed divided composed committed dedicated convinced",
    "satisfied allowed included excluded",
    "registered licensed licenced detailed closed",
)
_BY_AGENT = re.compile(r"\s(?:\w+\s){0,3}?by\s(?:the\s|a\s|an\s)?[A-Za-z]", re.IGNORECASE)
_WORD = re.compile(r"\S+")
_LONG_WORDS = 50
_MANY_LONG, _VERY_LONG_WORDS = 3, 80


def vague_words(section: SectionView) -> Iterator[Remark]:
    """A cluster of words that cannot be measured; what a report says of facts may be vague now and then."""
    hits: list[tuple[int, int]] = []
    in_duties = total = 0
    for sentence, text in section.each_sentence():
        total += len(text.split())
        duty = bool(_REQUIRES.search(text))
        for match in _VAGUE.finditer(text):
            hits.append((sentence.start + match.start(), sentence.start + match.end()))
            in_duties += duty
    if len(hits) < 4 or in_duties < 2 or total < 30 or len(hits) * 45 < total:
        return
    examples = list(dict.fromkeys(" ".join(section.text[start:end].split()).lower() for start, end in hits))[:5]
    dense = len(hits) * 25 >= total
    yield Remark(
        "vague", CATEGORY, "language", "suggestion", "Medium" if dense else "Low", 0.86 if dense else 0.81, *hits[0],
        f"{len(hits)} vague expressions in {total} words: {', '.join(f'“{example}”' for example in examples)}.",
        "Replace them by figures, dates or tests that can be checked.",
    )  # fmt: skip


def passive_voice(section: SectionView) -> Iterator[Remark]:
    """Mostly passive sentences that don't say who acted."""
    sentences = passive = 0
    first: Span | None = None
    for sentence, text in section.each_sentence():
        if len(text.split()) < 5:
            continue
        sentences += 1
        hit = next((match for match in _PASSIVE.finditer(text) if _hides_actor(match, text)), None)
        if hit:
            passive += 1
            first = first or Span(sentence.start + hit.start(), sentence.start + hit.end())
    if first is None or passive < 6 or passive * 4 < sentences * 3:
        return
    yield Remark(
        "passive", CATEGORY, "language", "suggestion", "Low", 0.84 if passive * 3 >= sentences * 2 else 0.81, first.start, first.end,
        f"{passive} of {sentences} sentences are in the passive voice and don't say who acted or must act.",
        "Name the person or unit that acts, above all where duties and decisions are described.",
    )  # fmt: skip


def long_sentences(section: SectionView) -> Iterator[Remark]:
    longest: tuple[int, Span] | None = None
    count = 0
    for sentence, text in section.each_sentence():
        length = sum(1 for _ in _WORD.finditer(text)) if len(text) > 4 * _LONG_WORDS else 0
        if length > _LONG_WORDS and text.count(";") < 3:
            count += 1
            longest = max(longest, (length, sentence), key=lambda pair: pair[0]) if longest else (length, sentence)
    if longest is None or (count < _MANY_LONG and longest[0] < _VERY_LONG_WORDS):
        return
    others = f"; {count} sentences in this section have more than {_LONG_WORDS}" if count > 1 else ""
    yield Remark(
        "long-sentences", CATEGORY, "language", "suggestion", "Low", 0.9, longest[1].start, longest[1].end,
        f"This sentence has {longest[0]} words{others}.",
        "Split it: one thought a sentence.",
    )  # fmt: skip


def _hides_actor(match: re.Match[str], text: str) -> bool:
    participle = match[0].split()[-1].lower()
    return participle not in _STATES and not _BY_AGENT.match(text, match.end(), match.end() + 60)
