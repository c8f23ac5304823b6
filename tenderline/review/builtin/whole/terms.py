"""Terms and abbreviations: used before they are given, given and never used, given twice in two ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from tenderline.review.builtin.view import DocumentView
from tenderline.review.builtin.whole.note import Note, Place, titled

CATEGORY = "Definitions"

# “Works” means …   ·   the Town of Aldea (the “Buyer”)   ·   (hereinafter "the Supplier")
_MEANS = re.compile(
    r"[“\"](?P<term>[A-Z][\w’'-]*(?:\s[\w’'-]+){0,4})[”\"]\s(?:means?|refers?\sto|is\sdefined\sas|has\sthe\smeaning|shall\smean|denotes)\b"
    r"(?P<meaning>[^.;\n]{0,160})"
)
_CALLED = re.compile(
    r"\((?:the|each|an?|hereinafter|hereafter|collectively|together|referred\sto\sas|,|\s){0,6}\s?[“\"](?:the\s)?"
    r"(?P<term>[A-Z][\w’'-]*(?:\s[\w’'-]+){0,4})[”\"]\)"
)
_WRITTEN_OUT = re.compile(r"(?<![\w’-])(?P<phrase>(?:[\w’-]{1,40}\s){2,7})\((?:the\s|an?\s)?[“\"]?(?P<term>[A-Z]{2,7})s?[”\"]?\)")
_SMALL = frozenset({"of", "the", "and", "for", "in", "on", "to", "a", "an", "de", "du", "with", "by"})
_NAME_BEFORE = re.compile(
    r"(?<![\w.])(?!(?:The|This|That|Each|Every|Any|An?|Its?|Our|All|No|If|When|Where|And|Or|By|To|Of|In|For)\s)[A-Z][a-z]+\s$"
)
_MOST = 300
_MANY = 3


@dataclass(frozen=True, slots=True)
class _Given:
    """A term and the place where it is given; ``meaning`` is "" where the text around gives it."""

    term: str
    place: Place
    meaning: str


def terms(document: DocumentView) -> Iterator[Note]:
    """All remarks about terms; several of one kind are one remark."""
    given = _given(document)
    uses = _uses(document, given)
    yield from _early(document, given, uses)
    yield from _never_used(document, given, uses)
    yield from _twice(document, given)


def _given(document: DocumentView) -> dict[str, list[_Given]]:
    found: dict[str, list[_Given]] = {}
    for view in document.sections():
        for pattern in (_MEANS, _CALLED, _WRITTEN_OUT):
            for match in view.search(pattern):
                meaning = _written_out(match["phrase"], match["term"]) if pattern is _WRITTEN_OUT else match.groupdict().get("meaning", "")
                if pattern is _WRITTEN_OUT and not meaning:
                    continue
                place = Place(view.index, match.start("term"), match.end("term"))
                term = " ".join(match["term"].split())  # it may be broken over two lines
                found.setdefault(term, []).append(_Given(term, place, meaning))
                if len(found) >= _MOST:
                    return found
    return {term: sorted(items, key=lambda item: (item.place.section, item.place.start)) for term, items in found.items()}


def _early(document: DocumentView, given: dict[str, list[_Given]], uses: dict[str, list[Place]]) -> Iterator[Note]:
    """Terms that an earlier section uses than the one that gives them."""
    early: list[tuple[_Given, Place]] = []
    for term, items in given.items():
        first = items[0]
        use = next((place for place in uses.get(term, ()) if place.section < first.place.section), None)
        if use is not None:
            early.append((first, use))
    early.sort(key=lambda pair: (pair[1].section, pair[1].start))
    if len(early) > _MANY:
        names = ", ".join(f"“{item.term}”" for item, _ in early[:10]) + (" …" if len(early) > 10 else "")
        yield Note(
            "terms-early", CATEGORY, "terms", "suggestion", "Low", 0.86, tuple(use for _, use in early),
            f"{len(early)} terms are used before the section that gives them: {names}.",
            "Put the definitions first, or give each term where it is used first.",
        )  # fmt: skip
        return
    for item, use in early:
        yield Note(
            "term-early", CATEGORY, "terms", "suggestion", "Low", 0.86, (use, item.place),
            f"“{item.term}” is used in {titled(document, use.section)} but given only in {titled(document, item.place.section)}.",
            "Give the term where it is used first, or put the definitions first.",
            detail=item.term,
        )  # fmt: skip


def _anyhow(document: DocumentView, term: str, items: list[_Given]) -> bool:
    """Whether the term stands anywhere but where it is given, in small letters or as part of a longer name."""
    pattern = re.compile(rf"(?<!\w){re.escape(term)}(?:s|[’']s)?(?!\w)".replace(r"\ ", r"\s"), re.IGNORECASE)
    return next(islice(document.search(pattern), len(items), None), None) is not None


def _never_used(document: DocumentView, given: dict[str, list[_Given]], uses: dict[str, list[Place]]) -> Iterator[Note]:
    # An abbreviation in brackets may just tell how others call it, and "days" uses what "Day" means.
    unused = [items[0] for term, items in given.items() if term not in uses and not term.isupper() and not _anyhow(document, term, items)]
    if not unused:
        return
    unused.sort(key=lambda item: (item.place.section, item.place.start))
    names = ", ".join(f"“{item.term}”" for item in unused[:10]) + (" …" if len(unused) > 10 else "")
    yield Note(
        "terms-unused", CATEGORY, "terms", "suggestion", "Low", 0.84, tuple(item.place for item in unused),
        f"{names} {'is' if len(unused) == 1 else 'are'} given but used nowhere else.",
        "Leave out what is not used, or use the term where it is meant.",
        detail=",".join(item.term for item in unused),
    )  # fmt: skip


def _twice(document: DocumentView, given: dict[str, list[_Given]]) -> Iterator[Note]:
    for term, items in given.items():
        meant = [item for item in items if item.meaning]
        other = next((item for item in meant[1:] if _differs(item, meant[0])), None)
        if other is not None and other.place.section != meant[0].place.section:
            yield Note(
                "term-twice", CATEGORY, "terms", "important", "Medium", 0.88, (meant[0].place, other.place),
                f"“{term}” is given in two ways: in {titled(document, meant[0].place.section)} and in "
                f"{titled(document, other.place.section)}.",
                "Decide on one meaning and give it once.",
                detail=term,
            )  # fmt: skip


def _differs(one: _Given, other: _Given) -> bool:
    return _words(one.meaning) != _words(other.meaning)


def _words(meaning: str) -> list[str]:
    return [word for word in re.findall(r"[a-z0-9]+", meaning.lower()) if word not in _SMALL]


def _uses(document: DocumentView, given: dict[str, list[_Given]]) -> dict[str, list[Place]]:
    """Where each term stands as it is written, but for the places that give it. A capital at the start of a sentence tells nothing."""
    if not given:
        return {}
    own = {(item.place.section, item.place.start) for items in given.values() for item in items}
    names = "|".join(re.escape(term).replace(r"\ ", r"\s{1,3}") for term in sorted(given, key=len, reverse=True))
    pattern = re.compile(rf"(?<![\w“\"])({names})(?:s|[’']s)?(?!\w)")
    found: dict[str, list[Place]] = {}
    for view in document.sections():
        for match in view.search(pattern):
            before = view.text[max(0, match.start() - 3) : match.start()].rstrip(" ")
            starts_sentence = not before or before[-1] in ".!?\n:"
            term = " ".join(match[1].split())
            if (view.index, match.start()) in own or (starts_sentence and " " not in term and not term.isupper()):
                continue
            # "Tamarack County" is a name, whatever "the County" is.
            if _NAME_BEFORE.search(view.text, max(0, match.start() - 30), match.start()):
                continue
            places = found.setdefault(term, [])
            if len(places) < _MOST:
                places.append(Place(view.index, match.start(1), match.end(1)))
    return found


def _written_out(phrase: str, term: str) -> str:
    """The last words of ``phrase`` whose initials make ``term``; "" when they don't."""
    words = [word for word in re.findall(r"[\w’]+", phrase.replace("-", " ")) if word.lower() not in _SMALL][-len(term) :]
    return " ".join(words) if "".join(word[0].upper() for word in words) == term else ""
