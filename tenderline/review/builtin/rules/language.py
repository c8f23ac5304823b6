"""Grammar, spelling and style: what the libraries find, sifted so that names, codes and terms are left alone.

Each word or phrase is one finding with a count, at most ``MOST`` a section, the surest first.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tenderline.review.builtin.english import dialect_of, is_english
from tenderline.review.builtin.linters import Dialect, Linters, Problem
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.rules.grammar import PHRASES
from tenderline.review.builtin.rules.sifting import SURE, excused, spelling
from tenderline.review.builtin.text import Span
from tenderline.review.builtin.view import SectionView

CATEGORY = "Language"
MOST = 8

_PIECE_CHARS = 900
_MOST_CHARS = 120_000
# Where every word is misspelled, each costs the linter a search for what was meant.
_MOST_SECONDS = 12.0
# Doubled for centuries, and on purpose.
_LAWYERS_PAIRS = frozenset({"each and every", "any and all", "null and void", "first and foremost", "terms and conditions"})
_UNFIT = re.compile(r"[^\s]{40}")
_LETTER = re.compile(r"[A-Za-z]")
_INNER = re.compile(r"[\n\r\t\v\f\u00a0\u2028\u2029\u202f]")


@dataclass
class _Found:
    """One thing to say, with all the places it was found at."""

    remark: str
    advice: str
    confidence: float
    kind: str
    places: list[Span] = field(default_factory=list)


def language(linters: Linters, section: SectionView) -> Iterator[Remark]:
    """The surest findings about the language of a section, one for each word or phrase."""
    dialect = section.document.once("dialect", lambda: dialect_of(section.document))
    found: dict[str, _Found] = {}
    read, stop = 0, time.monotonic() + _MOST_SECONDS
    for piece in _pieces(section):
        section.pulse()
        text = _INNER.sub(" ", section.text[piece.start : piece.end])
        if not _readable(text):
            continue
        for problem in linters.grammar(text, dialect):
            _note(found, section, problem, text, piece.start, dialect)
        for problem in linters.style(text):
            _note_style(found, problem, text, piece.start)
        for phrase in PHRASES:
            for match in phrase.pattern.finditer(text):
                if not phrase.unless or not phrase.unless.search(text, max(0, match.start() - 40), match.start()):
                    remark = phrase.remark.format(" ".join(match[0].split()))
                    _add(
                        found, f"phrase:{match[0].lower()}", remark, phrase.advice, phrase.confidence, "grammar", match.span(), piece.start
                    )
        read += piece.end - piece.start
        if read >= _MOST_CHARS or time.monotonic() > stop:
            section.notes.append(f"Grammar and spelling were checked in the first {piece.end:,} characters of the section only.")
            break
    ranked = sorted(found.values(), key=lambda each: (-each.confidence, each.places[0].start))
    for each in ranked[:MOST]:
        first, often = each.places[0], len(each.places)
        count = f" ({often} times in this section)" if often > 1 else ""
        yield Remark(
            each.kind,
            CATEGORY,
            "language",
            "suggestion",
            "Low",
            each.confidence,
            first.start,
            first.end,
            f"{each.remark}{count}",
            each.advice,
        )


def _pieces(section: SectionView) -> Iterator[Span]:
    """Whole sentences of one paragraph or item, as many as fit into a piece; longer ones are left to other rules."""
    begin = end = -1
    block = -1
    blocks = iter(section.blocks)
    limit = -1
    for sentence in section.sentences:
        new_block = False
        while sentence.start >= limit:
            following = next(blocks, None)
            if following is None:
                break
            block, limit, new_block = block + 1, following.end, True
        if begin >= 0 and (new_block or sentence.end - begin > _PIECE_CHARS):
            yield Span(begin, end)
            begin = -1
        if sentence.end - sentence.start > _PIECE_CHARS:
            continue
        if begin < 0:
            begin = sentence.start
        end = sentence.end
    if begin >= 0:
        yield Span(begin, end)


def _readable(text: str) -> bool:
    """Whether a linter can make sense of it: English prose, mostly letters, no endless words (they take harper seconds each)."""
    letters = len(_LETTER.findall(text))
    return letters * 10 >= 6 * (len(text) - text.count(" ")) and not _UNFIT.search(text) and is_english(text)


def _note(found: dict[str, _Found], section: SectionView, problem: Problem, text: str, offset: int, dialect: Dialect) -> None:
    quote = text[problem.start : problem.end]
    if problem.rule == "SpellCheck":
        misspelled = spelling(section, quote, problem, text, dialect)
        if misspelled:
            remark, confidence = misspelled
            _add(found, f"spelling:{quote}", remark, _advice(problem), confidence, "spelling", (problem.start, problem.end), offset)
        return
    confidence = SURE.get(problem.rule, 0.0)
    if confidence == 0.0 or excused(problem, quote, text):
        return
    start, end = _whole_words(text, problem.start, problem.end)
    remark = f"“{text[start:end].strip()}”: {problem.message.rstrip('.')}."
    _add(found, f"{problem.rule}:{quote.lower()}", remark, _advice(problem), confidence, "grammar", (start, end), offset)


def _note_style(found: dict[str, _Found], problem: Problem, text: str, offset: int) -> None:
    """Wordy phrases are one finding a section."""
    quote = text[problem.start : problem.end]
    confidence = 0.82 if problem.rule.startswith(("redundancy", "uncomparables")) else 0.88
    if quote != quote.strip() or quote.lower() in _LAWYERS_PAIRS or (quote[:1].isupper() and problem.rule == "malapropisms"):
        return
    advice = (
        f"Write “{problem.replacements[0]}”." if problem.replacements and len(problem.replacements[0]) > 1 else "Say it in fewer words."
    )
    if problem.rule.startswith("redundancy"):
        _add(
            found, "redundancy", f"“{quote}” says the same thing twice.", advice, confidence, "wordy", (problem.start, problem.end), offset
        )
    else:
        _add(
            found,
            f"style:{quote.lower()}",
            f"“{quote}”: {problem.message}",
            advice,
            confidence,
            "style",
            (problem.start, problem.end),
            offset,
        )


def _advice(problem: Problem) -> str:
    usable = list(dict.fromkeys(each for each in problem.replacements if each.strip()))[:2]
    return f"Write {' or '.join(f'“{each}”' for each in usable)}." if usable else "Correct it."


def _add(
    found: dict[str, _Found], key: str, remark: str, advice: str, confidence: float, kind: str, span: tuple[int, int], offset: int
) -> None:
    entry = found.setdefault(key, _Found(remark, advice, confidence, kind))
    entry.places.append(Span(span[0] + offset, span[1] + offset))


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    """The span widened to whole words; a rule may mark only the blank before a comma."""
    while start > 0 and (text[start - 1].isalnum() or not text[start:end].strip()):
        start -= 1
    while end < len(text) and text[end].isalnum():
        end += 1
    return start, end
