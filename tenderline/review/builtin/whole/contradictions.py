"""The same thing given in two ways in two sections: amounts, percentages, periods and dates with one label, roles with two names.

A label is the words in front of a value, as they stand: two sections contradict each other when they use the very same words for two
values. That misses much and is seldom wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tenderline.review.builtin.amounts import money
from tenderline.review.builtin.moments import in_words
from tenderline.review.builtin.numerals import parse_numeral
from tenderline.review.builtin.text import words
from tenderline.review.builtin.view import DocumentView, SectionView
from tenderline.review.builtin.whole.note import Note, Place, titled

CATEGORY = "Consistency"

_LINKS = words(
    "is are be was were been being shall must will may can should has have had of at to the a an amounts amounting amount equal equals",
    "set fixed by within for no not later than in from until on as under about approximately around only exactly currently hereby",
    "agreed stated given its their this that these least most up valid due take takes last lasts run runs remain remains limited",
    "made paid pay pays submitted received delivered held provided issued submit deliver ends end begins begin",
    "place happen happens occur occurs keep keeps",
)
_BOUNDS = words("and or but with which that who if when where while because unless then also however before after during per each every")
_INSIDE = words("of for the a an to in on")
_QUALIFIERS = re.compile(
    r"\b(?:lot|lots|item|phase|stage|year|month|quarter|week|option|original|initial|previous|former|revised|amended|new|extended|extension"
    r"|increased?|decreased?|reduced?|additional|interim|final|first|second|third|fourth|another|other|maximum|minimum|at\sleast|up\sto"
    r"|more\sthan|less\sthan|exceed\w*|over|above|below|between|example|instead|annual\w*|monthly|per|each|respectively|either"
    r"|working|business|was|were|estimated|actual|planned|draft)\b",
    re.IGNORECASE,
)
_DURATION = re.compile(
    r"(?<![\w.,/-])(?P<number>\d{1,4}|[a-z]{3,9}(?:-[a-z]{3,5})?)(?:\s\(\d{1,4}\))?[\s-](?P<unit>hour|day|week|month|year)s?\b",
    re.IGNORECASE,
)
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 360}
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_GAP_CHARS = 90
_MOST_VALUES = 2_000
_MOST_ALIKE = 400
_FEWEST_WORDS, _MOST_WORDS = 2, 6

_ROLE = re.compile(
    r"\b(?P<role>(?i:contact\s(?:person|point|officer)|project\smanager|contract\smanager|procurement\sofficer|contracting\s(?:authority|officer)"
    r"|team\sleader|lead\sinvestigator|chair(?:man|woman|person)?\sof\sthe\s(?:evaluation\s)?(?:committee|panel)))"
    r"(?:\s(?:is|will\sbe|shall\sbe)\s(?:the\s)?|\s?[:|]\s?|,\s)"
    r"(?P<name>(?:(?:Mr|Mrs|Ms|Dr|Eng|Prof)\.?\s)?[A-Z][\w’'-]+(?:\s(?:of|de|van|for|and)?\s?[A-Z][\w’'-]*){1,4})"
)
_TITLE = re.compile(r"^(?:Mr|Mrs|Ms|Dr|Eng|Prof)\.?\s")


@dataclass(frozen=True, slots=True)
class _Value:
    """A labelled value: ``measure`` is what is compared, within ``kind``; ``written`` is for people."""

    kind: str
    label: tuple[str, ...]
    measure: str
    written: str
    place: Place


def contradictions(document: DocumentView) -> Iterator[Note]:
    """Labels with two values, and roles with two names, in different sections."""
    known: dict[tuple[str, tuple[str, ...]], list[_Value]] = {}
    for view in document.sections():
        for value in _values(view):
            known.setdefault((value.kind, value.label[-_FEWEST_WORDS:]), []).append(value)
    for (kind, _), values in known.items():
        for label, alike in _same_label(values):
            yield from _two_ways(document, kind, label, alike)
    yield from _two_names(document)


def _same_label(values: list[_Value]) -> Iterator[tuple[tuple[str, ...], list[_Value]]]:
    """Values whose labels are the same, or end in the same words: "retention money" and "the buyer holds retention money"."""
    left = values[:_MOST_ALIKE]
    while left:
        label = min((value.label for value in left), key=len)
        yield label, [value for value in left if value.label[-len(label) :] == label]
        left = [value for value in left if value.label[-len(label) :] != label]


def _two_ways(document: DocumentView, kind: str, label: tuple[str, ...], values: list[_Value]) -> Iterator[Note]:
    first = values[0]
    others = [value for value in values if value.measure != first.measure]
    if not others or len({value.measure for value in values}) > 2 or len(values) > 12:
        return
    other = others[0]
    if all(value.place.section == first.place.section for value in others):
        return  # within one section it is that section's finding
    other = next(value for value in others if value.place.section != first.place.section)
    name = " ".join(label)
    yield Note(
        "two-values", CATEGORY, {"money": "amounts", "date": "dates"}.get(kind, "deadlines" if kind == "period" else "amounts"),
        "critical" if kind in ("money", "date") else "important", "High", 0.86, (first.place, other.place),
        f"Two sections differ on “{name}”: {first.written} in {titled(document, first.place.section)}, {other.written} in "
        f"{titled(document, other.place.section)}.",
        "Find out which is right and use it everywhere.",
        detail=f"{kind} {name}",
    )  # fmt: skip


def _two_names(document: DocumentView) -> Iterator[Note]:
    found: dict[str, list[tuple[str, Place]]] = {}
    for view in document.sections():
        for match in view.search(_ROLE):
            role = " ".join(match["role"].lower().split())
            found.setdefault(role, []).append((" ".join(match["name"].split()), Place(view.index, match.start("name"), match.end("name"))))
    for role, named in found.items():
        first, place = named[0]
        other = next(((name, at) for name, at in named if not _same_name(name, first) and at.section != place.section), None)
        if other is not None:
            yield Note(
                "two-names", CATEGORY, "committee" if "committee" in role or "panel" in role else "signatures", "important", "Medium", 0.84,
                (place, other[1]),
                f"Two sections name different ones as {role}: {first} in {titled(document, place.section)}, {other[0]} in "
                f"{titled(document, other[1].section)}.",
                "Find out which is right; if there are two, say who does what.",
                (f"Is there more than one {role}?",),
                detail=role,
            )  # fmt: skip


def _same_name(one: str, other: str) -> bool:
    """Whether one is the other, or a part of it ("Ms Ruiz", "Ana Ruiz")."""
    first, second = (set(_TITLE.sub("", name).split()) for name in (one, other))
    return first <= second or second <= first


def _values(view: SectionView) -> Iterator[_Value]:
    for amount in view.money[:_MOST_VALUES]:
        if (label := _label(view, amount.start, amount.end)) is not None:
            yield _Value("money", label, f"{amount.currency} {amount.value}", money(amount), Place(view.index, amount.start, amount.end))
    for share in view.percentages[:_MOST_VALUES]:
        if (label := _label(view, share.start, share.end)) is not None:
            written = " ".join(view.text[share.start : share.end].split())
            yield _Value("share", label, str(share.value.normalize()), written, Place(view.index, share.start, share.end))
    for moment in view.moments[:_MOST_VALUES]:
        if moment.date is not None and (label := _label(view, moment.start, moment.end)) is not None:
            yield _Value("date", label, str(moment.date), in_words(moment.date), Place(view.index, moment.start, moment.end))
    for place, match in enumerate(view.search(_DURATION)):
        if place >= _MOST_VALUES:
            return
        number = int(match["number"]) if match["number"].isdigit() else int(parse_numeral(match["number"]) or 0)
        if number and (label := _label(view, match.start(), match.end())) is not None:
            unit = match["unit"].lower()
            measure = f"{number} hours" if unit == "hour" else str(number * _DAYS[unit])
            yield _Value("period", label, measure, " ".join(match[0].split()), Place(view.index, match.start(), match.end()))


def _label(view: SectionView, start: int, end: int) -> tuple[str, ...] | None:
    """The words in front of a value that name it: at least two that mean something, none that make it another thing."""
    row = view.row_at(start)
    if row is not None:
        cells = [cell for cell in row if cell.end <= start]
        if len(cells) != 1 or len(row) > 3:
            return None  # in a wide table the column says what it is
        clause, after = cells[0].text, ""
    else:
        clause = re.split(r"[.;:]\s|\n\n|[()]", view.text[max(0, start - _GAP_CHARS) : start])[-1]
        if start > _GAP_CHARS and len(clause) >= _GAP_CHARS:
            clause = clause.partition(" ")[2]
        after = re.split(r"[.;,\n]", view.text[end : end + 40])[0]
    if _QUALIFIERS.search(clause) or _QUALIFIERS.search(after):
        return None
    tokens = [token.lower() for token in _WORD.findall(clause)]
    while tokens and tokens[-1] in _LINKS:
        tokens.pop()
    label: list[str] = []
    for token in reversed(tokens):
        if token in _BOUNDS or (token in _LINKS and token not in _INSIDE):
            break
        label.append(token)
    told = tuple(token.removesuffix("s") for token in reversed(label) if token not in _INSIDE)
    return told if _FEWEST_WORDS <= len(told) <= _MOST_WORDS else None
