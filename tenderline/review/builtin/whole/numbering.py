"""Numbers of headings, annexes and tables: gaps, repeats, and numbers out of order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tenderline.review.builtin.view import DocumentView
from tenderline.review.builtin.whole.note import Note, Place, titled

CATEGORY = "References"

_ATTACHED = re.compile(r"^(annex|appendix|attachment|schedule|exhibit|lot)\s+(\d{1,2}|[A-Z])\b(?!\.\d)", re.IGNORECASE)
_CAPTION = re.compile(r"^[ \t]{0,8}(Table|Figure|Box|Chart)\s(\d{1,3})\s?[.:–—-]\s?(?=\S)", re.MULTILINE)
_SECTION = "section"
_FEWEST = 3
"""Fewer numbers than these are no sequence."""


@dataclass(frozen=True, slots=True)
class _Numbered:
    """One number of a sequence: how it is written, its last part as a figure, and where it stands."""

    label: str
    number: int
    place: Place


def numbering(document: DocumentView) -> Iterator[Note]:
    """Each sequence of numbers on its own: the headings below one heading, the annexes, the tables."""
    for name, above, sequence in _sequences(document):
        if len(sequence) >= _FEWEST:
            yield from _repeats(document, name, sequence)
            yield from _gaps(document, name, above, sequence)
            yield from _order(document, name, sequence)


def _sequences(document: DocumentView) -> Iterator[tuple[str, str, list[_Numbered]]]:
    """(what is numbered, the number above with its dot, the numbers in order of the text)."""
    headings: dict[str, list[_Numbered]] = {}
    attached: dict[str, list[_Numbered]] = {}
    for heading in document.headings:
        title = document.parsed.sections[heading.index].title
        match = _ATTACHED.match(title)
        if match:
            attached.setdefault(match[1].lower(), []).append(_Numbered(match[2].upper(), _figure(match[2]), Place(heading.index)))
        elif heading.number:
            above, _, last = heading.number.rpartition(".")
            headings.setdefault(above, []).append(_Numbered(heading.number, int(last), Place(heading.index)))
    for above, sequence in headings.items():
        # Long years and articles of a law in a title are no numbering.
        yield _SECTION, f"{above}." if above else "", [item for item in sequence if item.number < 200]
    for name, sequence in attached.items():
        yield name, "", sequence
    captions: dict[str, list[_Numbered]] = {}
    for view in document.sections():
        for match in view.search(_CAPTION):
            place = Place(view.index, match.start(1), match.end(2))
            captions.setdefault(match[1].lower(), []).append(_Numbered(match[2], int(match[2]), place))
    for name, sequence in captions.items():
        yield name, "", sequence


def _repeats(document: DocumentView, name: str, sequence: Sequence[_Numbered]) -> Iterator[Note]:
    seen: dict[str, list[_Numbered]] = {}
    for item in sequence:
        seen.setdefault(item.label, []).append(item)
    for label, items in seen.items():
        if len(items) < 2:
            continue
        where = " and ".join(titled(document, item.place.section) for item in items[:3])
        yield Note(
            "number-twice", CATEGORY, "references", "important", "Medium", 0.9, tuple(item.place for item in items),
            f"The number of {name} {label} is used {'twice' if len(items) == 2 else f'{len(items)} times'}: {where}.",
            "Number them anew and check the references to them.",
            detail=f"{name} {label}",
        )  # fmt: skip


def _gaps(document: DocumentView, name: str, above: str, sequence: Sequence[_Numbered]) -> Iterator[Note]:
    numbers = sorted({item.number for item in sequence})
    missing = [number for number in range(min(numbers[0], 1) or 1, numbers[-1]) if number not in numbers]
    if not missing or len(missing) > len(numbers) // 2:
        return  # an excerpt, or numbers of something else
    written = [f"{above}{number}" if sequence[0].label[-1].isdigit() else chr(64 + number) for number in missing]
    after = next((item for item in sequence if item.number > missing[0]), sequence[-1])
    one = len(written) == 1
    yield Note(
        "number-gap", CATEGORY, "references", "important", "Medium", 0.88, (after.place,),
        f"The numbering has a gap before {titled(document, after.place.section)}: there is no {name} "
        f"{written[0] if one else ', '.join(written[:-1]) + ' and ' + written[-1]}.",
        f"Find out whether {'a ' + name if one else 'something'} was lost; if not, close the gap.",
        (f"Was {name} {written[0]} taken out on purpose?",),
        detail=f"{name} {','.join(written)}",
    )  # fmt: skip


def _order(document: DocumentView, name: str, sequence: Sequence[_Numbered]) -> Iterator[Note]:
    highest = sequence[0]
    for item in sequence[1:]:
        if item.number < highest.number and sum(other.label == item.label for other in sequence) == 1:
            yield Note(
                "number-order", CATEGORY, "references", "suggestion", "Low", 0.86, (highest.place, item.place),
                f"The number of {name} {item.label} ({titled(document, item.place.section)}) comes after {highest.label}.",
                "Put them in order, or number them anew.",
                detail=f"{name} {item.label}",
            )  # fmt: skip
            return
        highest = max(highest, item, key=lambda known: known.number)


def _figure(label: str) -> int:
    return int(label) if label.isdigit() else ord(label.upper()) - 64
