"""A number of things that is told again with another number: "The service has 72 sites. … Each of the 75 sites …"."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from tenderline.review.builtin.amounts import parse_number
from tenderline.review.builtin.numerals import parse_numeral
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.text import words
from tenderline.review.builtin.view import SectionView

CATEGORY = "Consistency"

_WORDS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty"
_COUNTED = re.compile(
    r"(?P<back>\b(?:(?:each|every|any|most|none|many|some)\sof\s)?(?:the|these|those|all(?:\sof)?(?:\sthe)?|its|their|both)\s)?"
    rf"(?<![\w.,/$€£%-])(?P<number>\d{{1,3}}(?:,\d{{3}})+|\d{{1,6}}|(?i:{_WORDS}))\s(?P<kind>[a-z]{{3,14}}(?:ed|al|ic|en|ary)\s)?(?P<noun>[a-z][a-z-]{{2,20}}s)\b(?!\s?[-/])"
)
# What is counted anew each time: periods, measures, shares; and words that only look like plurals.
_NOT_THINGS = words(
    "days weeks months years hours minutes seconds times points marks percent euros dollars pounds metres meters kilometres kilometers",
    "litres liters kilograms grams tonnes tons miles degrees pages copies copies units watts working business calendar is was has does as",
    "its this plus minus per less across cms kgs series months lots cents cm",
)
_PARTIAL = re.compile(
    r"\b(?:of\swhich|another|other|further|more|additional|remaining|first|last|next|at\sleast|at\smost|up\sto|only|about|around"
    r"|over|some|than|every|per|each|out\sof|a\sfurther|within|after|every)\s$",
    re.IGNORECASE,
)
_NEAR_CHARS = 2_500
_MOST = 400


def quantity_twice(section: SectionView) -> Iterator[Remark]:
    """ "the 75 sites" speaks of sites that were counted before; when no earlier count, nor a sum of them, is 75, one figure is wrong."""
    earlier: dict[str, list[tuple[int, int, Decimal]]] = defaultdict(list)
    told: set[str] = set()
    for count, match in enumerate(section.search(_COUNTED)):
        if count >= _MOST:
            return
        noun, value = match["noun"], _value(match["number"])
        if noun in _NOT_THINGS or value is None or value < 2:
            continue
        known = [place for place in earlier[noun] if match.start() - place[0] <= _NEAR_CHARS]
        start = match.start("number")
        if match["back"] and known and noun not in told and not _explained(value, known):
            told.add(noun)
            first = known[-1]
            yield Remark(
                "quantity-twice", CATEGORY, "amounts", "important", "Medium", 0.85, start, match.end("noun"),
                f"This speaks of {match['number']} {noun}, but before there were {section.text[first[0] : first[1]]}.",
                "Find out which number is right and use it in both places.",
                detail=noun,
            )  # fmt: skip
        if not _PARTIAL.search(section.text, max(0, match.start() - 20), start):
            earlier[noun].append((start, match.end("noun"), value))


def _explained(value: Decimal, known: list[tuple[int, int, Decimal]]) -> bool:
    """Whether the number was told before, or is a sum or difference of numbers that were; part of a larger number needs "of the"."""
    values = [each for _, _, each in known[-6:]]
    if value in values:
        return True
    sums = {sum(group, Decimal(0)) for size in (2, 3, 4) for group in combinations(values, size)}
    return value in sums or any(abs(one - two) == value for one, two in combinations(values, 2))


def _value(number: str) -> Decimal | None:
    return parse_number(number)[0] if number[0].isdigit() else parse_numeral(number)
