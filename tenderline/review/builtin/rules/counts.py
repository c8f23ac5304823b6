"""Announced numbers of things: "five reasons" followed by four."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from tenderline.review.builtin.numerals import parse_numeral
from tenderline.review.builtin.patterns import any_of
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.rules.tables import is_total_row
from tenderline.review.builtin.text import Block, Cell, ItemList
from tenderline.review.builtin.view import SectionView

_NUMBER = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[2-9]|1[0-2]"
_OPEN = (
    "one of|any of|each of|some of|all of|out of|most of|none of|of the|at least|at most|up to|more than|fewer than|any"
    "|one|within|only|first|last|other|every|next"
).replace(" ", r"\s")
_ANNOUNCED = re.compile(
    rf"(?:(?P<open>\b(?:{_OPEN}))\s)?(?<![\w.,/-])"
    rf"(?P<phrase>(?P<number>{_NUMBER})\s(?P<words>(?:[^\W\d_][\w’'-]*\s){{0,4}}?(?P<noun>[^\W\d_][\w’'-]*s))\b)",
    re.IGNORECASE,
)
_LEADS_ON = any_of(
    "following|as follows|below|these|namely|are|were|is|include[sd]?|comprise[sd]?|consists? of|must|shall|holds?",
    "contains?|has|have",
)
_INTRODUCES = re.compile(
    r"\b(?:there\s(?:are|were)|ha(?:s|ve|d)|gives?|gave|names?|named|lists?|listed|includes?|offers?|offered|found|identified"
    r"|recommends?)\s(?:the\s)?$",
    re.IGNORECASE,
)
_UNITS = any_of(
    "days?|weeks?|months?|years?|hours?|minutes?|times|percent|per cent|copies|envelopes|metres|meters|points|euros|dollars|pounds",
    "millions?|thousands?|kilomet\\w+|pages|sections|working|calendar|units",
)
_ALTERNATIVE = any_of(
    "either|or|any of|one of|at least one of|whichever|alternatively|e\\.g|for example|such as|including|among others|etc"
)
_OTHER_SUBJECT = any_of("each|every|whether")
_APPOSITION = re.compile(r"(?:an?|the|which|who|whose|formerly|including|part|now|both|all)\b", re.IGNORECASE)
_NAMELY = re.compile(r",\s(?:namely|that\sis|i\.e\.|viz\.?|to\swit),?\s", re.IGNORECASE)
_BRACKETED = re.compile(r"\s?\([^()\n]{1,60}\)")
_ARTICLE = re.compile(r"(?:an?|the)\s", re.IGNORECASE)
_INLINE = re.compile(r"(?:^|[\s,;:])\(?(?P<mark>[a-l]|[ivx]{1,5}|1?\d)\)\s")
_WORDS = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12}


def wrong_counts(section: SectionView) -> Iterator[Remark]:
    """Before lists, and within sentences that list things after a colon."""
    yield from _before_lists(section)
    yield from _before_tables(section)
    yield from _within_sentences(section)


def _before_lists(section: SectionView) -> Iterator[Remark]:
    text = section.text
    for items in section.lists:
        if items.lead < 0:
            continue
        lead = section.blocks[items.lead]
        if lead.kind == "row" or text[lead.end - 1] != ":":
            continue
        start = max(lead.body, lead.end - 300)
        for stop in (". ", "? "):
            cut = text.rfind(stop, start, lead.end)
            start = max(start, cut + 2) if cut >= 0 else start
        announced = _announced(text, start, lead.end)
        if announced is None or _ALTERNATIVE.search(text, announced.start(), lead.end):
            continue
        count = len(items.items)
        if count != _value(announced) and count >= 2 and _plain_list(section, items):
            yield _remark(announced, count)


def _before_tables(section: SectionView) -> Iterator[Remark]:
    """ "Six bids were received:" and a table of five."""
    text = section.text
    for table in section.tables:
        place = bisect_right(section.blocks, table.rows[0][0].start, key=lambda block: block.start) - 2
        lead = section.blocks[place] if place >= 0 else None
        if lead is None or lead.kind == "row" or text[lead.end - 1] != ":" or not table.header:
            continue
        start = max(lead.body, text.rfind(". ", lead.body, lead.end) + 2 if ". " in text[lead.body : lead.end] else lead.body)
        announced = next(
            (
                match
                for match in _ANNOUNCED.finditer(text, start, lead.end)
                if match["open"] is None and not _UNITS.search(match["words"]) and match.start() - start <= 12
            ),
            None,
        )
        rows = [row for row in table.body if not is_total_row(row)]
        if announced is not None and len(rows) >= 2 and len(rows) != _value(announced) and _one_thing_a_row(rows):
            yield _remark(announced, len(rows))


def _one_thing_a_row(rows: list[tuple[Cell, ...]]) -> bool:
    """Whether every row begins anew: an empty first cell continues the row above, equal ones belong together."""
    first = [row[0].text for row in rows]
    return all(first) and len(set(first)) == len(first)


def _within_sentences(section: SectionView) -> Iterator[Remark]:
    """ "three lots: (a) desks; (b) chairs" and "three companies: Alder, Brook and Cedar Ltd" """
    for sentence, sentence_text in section.each_sentence():
        colon = sentence_text.find(":")
        namely = _NAMELY.search(sentence_text) if colon < 0 else None
        if namely:
            colon = namely.end() - 1
        if colon < 0 or len(sentence_text) > 1_500:
            continue
        rest = sentence_text[colon + 1 :]
        announced = _announced(section.text, sentence.start, sentence.start + colon + 1, names=_names_only(rest))
        if announced is None or colon - (announced.end() - sentence.start) > 40 or _ALTERNATIVE.search(rest):
            continue
        count = _marked(rest) or _listed(rest)
        if count and count != _value(announced):
            yield _remark(announced, count)


def _announced(text: str, start: int, end: int, *, names: bool = False) -> re.Match[str] | None:
    """The last "five ... reasons" before ``end`` that leads to the enumeration; before names a short verb may stand in between."""
    found = None
    for match in _ANNOUNCED.finditer(text, start, end):
        rest = text[match.end() : end]
        if match["open"] or _UNITS.search(match["words"]) or _OTHER_SUBJECT.search(rest):
            continue
        leads_on = _LEADS_ON.search(f"{match['words']} {rest}") or _INTRODUCES.search(text, max(0, start - 1), match.start())
        if rest.strip() == ":" or leads_on or (names and len(rest.split()) <= 3):
            found = match
    return found


def _value(announced: re.Match[str]) -> int:
    word = announced["number"].lower()
    return int(word) if word.isdigit() else int(parse_numeral(word) or _WORDS[word])


def _plain_list(section: SectionView, items: ItemList) -> bool:
    """Whether the list ends where it seems to: the next block does not carry on with items of another look."""
    last = items.items[-1]
    place = bisect_right(section.blocks, last.start, key=lambda block: block.start)
    if place == len(section.blocks) or section.blocks[place].kind != "item":
        return not _numbers_on(section.text, items.items)
    return False


def _numbers_on(text: str, items: tuple[Block, ...]) -> bool:
    """Whether the numbering starts after 1: then the first items stand elsewhere."""
    first = re.match(r"\(?(\d{1,3}|[a-z])[.)]", text[items[0].start + items[0].indent :][:6])
    return first is not None and first[1] not in ("1", "a")


def _marked(rest: str) -> int:
    """How many items "(a) ...; (b) ..." has; 0 when it is not such an enumeration."""
    marks = [match["mark"] for match in _INLINE.finditer(rest)]
    for series in ("abcdefghijkl", "123456789", ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")):
        if len(marks) >= 2 and marks == list(series[: len(marks)]):
            return len(marks)
    return 0


def _listed(rest: str) -> int:
    """How many items a plain "A, B and C" has; 0 when commas may mean something else."""
    body = _BRACKETED.sub("", rest).strip().rstrip(".")
    if any(mark in body for mark in ";:()–—\n") or body.count(" and ") != 1:
        return 0
    head, _, last = body.rpartition(" and ")
    items = [item.strip() for item in head.rstrip(",").split(",")] + [last.strip()]
    if len(items) < 2 or "," in last or any(not item or len(item.split()) > 5 for item in items):
        return 0
    # "Alder, the winner, and Brook": an apposition, unless all items begin that way.
    articles = sum(1 for item in items if _APPOSITION.match(item))
    if articles and not (articles == len(items) and all(_ARTICLE.match(item) for item in items)):
        return 0
    return len(items)


def _names_only(rest: str) -> bool:
    return all(item.strip()[:1].isupper() for item in re.split(r",|\band\b", rest) if item.strip())


def _remark(announced: re.Match[str], count: int) -> Remark:
    return Remark(
        "count", "Consistency", "completeness", "important", "Medium", 0.9, announced.start("phrase"), announced.end("phrase"),
        f"“{' '.join(announced['phrase'].split())}” are announced, but {count} follow.",
        "Correct the number, or complete the list.",
    )  # fmt: skip
