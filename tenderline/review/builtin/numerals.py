"""Numbers in words: "twenty-five thousand and forty", "one point five million"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tenderline.review.builtin.text import listed

_UNITS = {
    word: value
    for value, word in enumerate(
        listed(
            "zero one two three four five six seven eight nine ten eleven twelve",
            "thirteen fourteen fifteen sixteen seventeen eighteen nineteen",
        )
    )
}
_TENS = {word: 10 * value for value, word in enumerate(listed("twenty thirty forty fifty sixty seventy eighty ninety"), 2)} | {"fourty": 40}
_SCALES = {
    "thousand": 10**3,
    "million": 10**6,
    "millions": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "lakh": 10**5,
    "lakhs": 10**5,
    "crore": 10**7,
    "crores": 10**7,
}
_WORD = "|".join(sorted([*_UNITS, *_TENS, *_SCALES, "hundred"], key=len, reverse=True))
_NUMERAL = re.compile(
    rf"\b(?:(?:an?\s)?(?:{_WORD})\b)(?:(?:[\s-]{{1,3}}|\s?,\s?)(?:and\s)?(?:{_WORD})\b|\spoint(?:[\s-](?:{_WORD})\b))*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A number in words; ``value`` is what it means."""

    start: int
    end: int
    value: Decimal


def find_numerals(text: str, start: int = 0, end: int | None = None) -> Iterator[Numeral]:
    """Every number in words that makes sense as one number; "two, three" and "one hundred two hundred" do not."""
    for match in _NUMERAL.finditer(text, start, len(text) if end is None else end):
        value = parse_numeral(match[0])
        if value is not None:
            yield Numeral(match.start(), match.end(), value)


def parse_numeral(phrase: str) -> Decimal | None:
    """The value of a number in words, or None when the words do not make one number."""
    words = [word for word in re.split(r"[\s,-]+", phrase.lower()) if word not in ("and", "a", "an")]
    whole, point, fraction = _partition(words)
    if not whole:
        return None
    scale = 1
    if point:
        while fraction and fraction[-1] in _SCALES:
            scale *= _SCALES[fraction.pop()]
        if not fraction or any(_UNITS.get(word, 10) > 9 for word in fraction):
            return None
    value = _whole(whole)
    if value is None:
        return None
    digits = "".join(str(_UNITS[word]) for word in fraction)
    return (Decimal(value) + (Decimal(f"0.{digits}") if digits else 0)) * scale


def _partition(words: list[str]) -> tuple[list[str], bool, list[str]]:
    if "point" not in words:
        return words, False, []
    cut = words.index("point")
    return words[:cut], True, words[cut + 1 :]


def _whole(words: list[str]) -> int | None:
    total, group, last = 0, 0, 10**15
    expect_tens = expect_units = True
    for position, word in enumerate(words):
        if word in _UNITS:
            value = _UNITS[word]
            if not expect_units or (not expect_tens and value > 9):
                return None
            group, expect_units, expect_tens = group + value, False, False
        elif word in _TENS:
            if not expect_tens:
                return None
            group, expect_tens, expect_units = group + _TENS[word], False, True
        elif word == "hundred":
            if group >= 100 or (group == 0 and position > 0 and words[position - 1] != "thousand"):
                return None
            group, expect_tens, expect_units = max(group, 1) * 100, True, True
        elif word in _SCALES:
            scale = _SCALES[word]
            if scale >= last and not (scale > last and group == 0 and total):
                return None
            if group == 0 and total:
                total *= scale
            else:
                total += max(group, 1) * scale
            group, last, expect_tens, expect_units = 0, scale, True, True
        else:
            return None
    return total + group
