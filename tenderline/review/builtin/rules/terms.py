"""Terms that a document defines for itself: one defined twice in different words, a capitalised one that is defined nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import DocumentView, SectionView

CATEGORY = "Definitions"

_QUOTED = r"[“\"‘'*]{1,2}(?P<term>[A-Z][\w’' -]{1,50}?)[”\"’'*]{1,2}"
_DEFINED = re.compile(
    rf"{_QUOTED}\s(?:means|shall\smean|refers\sto|is\sdefined\sas|denotes|includes|is|are)\s(?P<meaning>[^.;\n]{{3,200}})"
    rf"|\((?:the\s|hereinafter\s|hereafter\s|each\sa\s|a\s|together\s)*{_QUOTED.replace('term', 'short')}\)"
)
_SPECIAL = (
    "Officer|Engineer|Representative|Manager|Date|Period|Services?|Works|Goods|Equipment|Site|Price|Fee|Sum|Deliverables?|Event|Report|Plan"
    "|Materials|Information|Certificate|Guarantee|Security|Expert|Agent|Adviser|Party|Products?|Milestones?|Documents?|Rules"
)
_USED = re.compile(
    rf"\b(?i:the|an?|each|every|any|such|this|these|all)\s(?P<term>(?:[A-Z][a-z]{{2,20}}\s){{1,2}}(?:{_SPECIAL}))\b(?!\s(?:of|[A-Z]))"
)
# Offices and laws have names that no contract defines.
_NAMES = re.compile(
    r"\b(?:Chief|Executive|Procurement|Finance|Financial|Contracting|Public|National|Ministry|Municipal|Project|Annual|General|Legal|Audit"
    r"|Town|City|County|Central|Regional|Federal|Data|Health|Internal|Managing|Tender|Bid|Evaluation|Human|Chief|Union|European)\b"
)
_MEANT_WORDS = re.compile(r"[a-z]{3,}")
_FEWEST_DEFINITIONS = 2
_MOST = 2_000


@dataclass(frozen=True, slots=True)
class _Definition:
    term: str
    meaning: str
    section: int
    start: int
    end: int


def term_two_meanings(section: SectionView) -> Iterator[Remark]:
    """Told at the second definition."""
    first: dict[str, _Definition] = {}
    told: set[str] = set()
    for definition in section.document.once("definitions", lambda: _definitions(section.document)):
        known = first.setdefault(definition.term.lower(), definition)
        if known is definition or not definition.meaning or not known.meaning or known.term.lower() in told:
            continue
        if _alike(known.meaning, definition.meaning):
            continue
        told.add(known.term.lower())
        if definition.section == section.index:
            yield Remark(
                "term-twice", CATEGORY, "terms", "important", "Medium", 0.88, definition.start, definition.end,
                f"“{definition.term}” is defined twice, in different words.",
                "Keep one definition, at the first use of the term or in the list of definitions.",
                detail=definition.term,
            )  # fmt: skip


def undefined_terms(section: SectionView) -> Iterator[Remark]:
    """In a contract that defines its terms: one that is used like a defined term, twice at least, but is not defined."""
    document = section.document
    if document.kind not in ("contract", "tender"):
        return
    definitions = document.once("definitions", lambda: _definitions(document))
    if len(definitions) < _FEWEST_DEFINITIONS:
        return
    uses = document.once("capitalised terms", lambda: _uses(document))
    defined = " ".join(definition.term.lower() for definition in definitions)
    titles = " ".join(each.title.lower() for each in document.parsed.sections)
    for term, (places, count) in uses.items():
        if places[0] != section.index or count < 2 or _NAMES.search(term) or term.lower() in defined or term.lower() in titles:
            continue
        yield Remark(
            "term-undefined", CATEGORY, "terms", "suggestion", "Medium", 0.83, places[1], places[2],
            f"“{term}” is written like a defined term, but the document does not define it; it is used {count} times.",
            "Define it at its first use, or write it in small letters if no special meaning is intended.",
            detail=term,
        )  # fmt: skip


def _definitions(document: DocumentView) -> list[_Definition]:
    found = []
    for view in document.sections():
        for match in view.search(_DEFINED):
            term, meaning = match["term"] or match["short"], match["meaning"] or ""
            found.append(_Definition(term.strip(), meaning, view.index, match.start(), match.end()))
            if len(found) >= _MOST:
                return found
    return found


def _uses(document: DocumentView) -> dict[str, tuple[tuple[int, int, int], int]]:
    found: dict[str, tuple[tuple[int, int, int], int]] = {}
    for view in document.sections():
        for match in view.search(_USED):
            place, count = found.get(match["term"], ((view.index, match.start("term"), match.end("term")), 0))
            found[match["term"]] = (place, count + 1)
            if len(found) >= _MOST:
                return found
    return found


def _alike(one: str, two: str) -> bool:
    """Whether two meanings use mostly the same words: then the second is a reminder, not another meaning."""
    first, second = set(_MEANT_WORDS.findall(one.lower())), set(_MEANT_WORDS.findall(two.lower()))
    return len(first & second) * 5 >= 4 * min(len(first), len(second))
