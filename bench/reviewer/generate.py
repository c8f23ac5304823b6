"""Documents made from templates: seeded ones, each with several defects at known places, and clean ones."""

from __future__ import annotations

import random
import re
import tempfile
from collections import Counter
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.reviewer.kinds import KINDS
from bench.reviewer.templates import Document, Part, Passage, Templates
from bench.reviewer.values import Draw
from tenderline.review.document import ParsedDocument
from tenderline.review.parsing import parse

DEFECTS = 4
RIGHT_PASSAGES = 6
_MARKED = re.compile("[«»]")
_SLOTS = {"award": "vague-award", "signature": "signature"}


@dataclass(frozen=True)
class Place:
    """A stretch of a section's text."""

    section: int
    start: int
    end: int


@dataclass(frozen=True)
class Defect:
    """A seeded defect.

    Attributes:
        places: where it stands; empty when something is missing.
        expect: for what has no place, a pattern for the words of a finding about it.
    """

    kind: str
    places: tuple[Place, ...]
    expect: str = ""


@dataclass(frozen=True)
class Made:
    """A document and the defects in it."""

    name: str
    type: str
    parsed: ParsedDocument
    defects: tuple[Defect, ...]


_Found = tuple[str, int, list[tuple[int, int]]]
"""Kind, section and places of a defect, in the section's body."""


@dataclass
class _Added:
    passage: Passage
    wrong: bool


def make(templates: Templates, seed: int, seeded: int, clean: int) -> list[Made]:
    """``seeded`` documents with ``DEFECTS`` defects each and ``clean`` ones, of all types in turn; the same seed makes the same ones."""
    numbers = random.Random(seed)
    used: Counter[str] = Counter()
    wordings: Counter[str] = Counter()
    return [_one(templates, numbers, number, number < seeded, used, wordings) for number in range(seeded + clean)]


def _one(templates: Templates, numbers: random.Random, number: int, seeded: bool, used: Counter[str], wordings: Counter[str]) -> Made:
    document = deepcopy(templates.documents[number % len(templates.documents)])
    possible = _possible(templates, document)
    rare_first = sorted(possible, key=lambda kind: (used[kind], numbers.random()))
    wrong = rare_first[: DEFECTS if seeded else 0]
    used.update(wrong)
    others = [kind for kind in possible if kind not in wrong and kind not in ("missing-part", *_SLOTS.values())]
    right = numbers.sample(others, min(RIGHT_PASSAGES, len(others)))
    added: list[_Added] = []
    for kind in [*wrong, *right, *_slots_to_fill(document, wrong)]:
        choices = possible[kind]
        if choices:
            added.append(_Added(choices[wordings[kind] % len(choices)], kind in wrong))
            wordings[kind] += 1
    return _write(document, added, "missing-part" in wrong, numbers, f"{document.name} {number + 1}")


def _possible(templates: Templates, document: Document) -> dict[str, list[Passage]]:
    """The passages that fit a document, by kind."""
    roles = {part.role for part in document.parts} | {"headings"}
    found: dict[str, list[Passage]] = {"missing-part": []} if any(part.may_go for part in document.parts) else {}
    for passage in templates.passages:
        if passage.kind not in KINDS:
            raise ValueError(f"no such kind: {passage.kind}")
        if roles.intersection(passage.roles) and (not passage.types or document.type in passage.types):
            found.setdefault(passage.kind, []).append(passage)
    return found


def _slots_to_fill(document: Document, wrong: list[str]) -> list[str]:
    roles = {part.role for part in document.parts}
    return [kind for role, kind in _SLOTS.items() if role in roles and kind not in wrong]


def _write(document: Document, added: list[_Added], part_missing: bool, numbers: random.Random, name: str) -> Made:
    names = Draw(numbers).names()
    for let in document.lets:
        _let(let, names)
    defects: list[Defect] = []
    if part_missing:
        gone = numbers.choice([part for part in document.parts if part.may_go])
        document.parts.remove(gone)
        defects.append(Defect("missing-part", (), gone.may_go))
    headings = next((each for each in added if "headings" in each.passage.roles), None)
    passages = _settle(document, [each for each in added if each is not headings])
    for part in [part for part in document.parts if not part.text.strip()]:
        if any(each.wrong and each.passage.missing for each in passages.get(part.role, ())):
            document.parts.remove(part)
    numbered = _numbers(len(document.parts), headings, numbers)
    text, bodies, places = f"# {_fill(document.title, names)}\n\n{_fill(document.opening, names).strip()}\n", [], []
    for index, (part, number) in enumerate(zip(document.parts, numbered, strict=True), 1):
        body, found = _body(part, passages.get(part.role, []), names | {"here": number}, index)
        bodies.append(body)
        places.extend(found)
        text += f"\n## {number}. {part.title}\n\n{body}\n"
    defects += [Defect(each.passage.kind, (), each.passage.missing) for each in added if each.wrong and each.passage.missing]
    if headings and headings.wrong:
        defects.append(Defect("numbering-gap", (), "number"))
    parsed = _parsed(text)
    for kind, section, spans in places:
        offset = parsed.section_text(section).index(bodies[section - 1])
        defects.append(Defect(kind, tuple(Place(section, offset + start, offset + end) for start, end in spans)))
    return Made(name, document.type, parsed, tuple(defects))


def _settle(document: Document, added: list[_Added]) -> dict[str, list[_Added]]:
    """Which passages go into the section of which role."""
    roles = [part.role for part in document.parts]
    settled: dict[str, list[_Added]] = {}
    for each in added:
        role = next((role for role in each.passage.roles if role in roles), None)
        if role is None:
            raise ValueError(f"{document.type} has no section for {each.passage.kind}: {each.passage.roles}")
        settled.setdefault(role, []).append(each)
    return settled


def _numbers(count: int, headings: _Added | None, numbers: random.Random) -> list[int]:
    found = list(range(1, count + 1))
    if headings and headings.wrong:
        place = numbers.randint(2, count - 2)
        shift = 1 if headings.passage.wrong == "skip" else -1
        found[place:] = [number + shift for number in found[place:]]
    return found


def _body(part: Part, passages: list[_Added], names: dict[str, Any], index: int) -> tuple[str, list[_Found]]:
    """The text of a section with its passages, and where their defects stand in it."""
    body = _fill(part.text, names).strip()
    found: list[_Found] = []
    for each in passages:
        own = dict(names)
        for let in each.passage.lets:
            _let(let, own)
        text = _fill("" if each.wrong and each.passage.missing else each.passage.wrong if each.wrong else each.passage.right, own)
        if not text:
            continue
        body += "\n\n" if body else ""
        plain, spans = _unmarked(text, len(body))
        if bool(spans) != each.wrong:
            raise ValueError(f"the place of the defect is not marked: {text}")
        body += plain
        if each.wrong:
            found.append((each.passage.kind, index, spans))
    return body, found


def _unmarked(text: str, offset: int) -> tuple[str, list[tuple[int, int]]]:
    """The text without marks, and the spans that they enclosed."""
    plain, spans, opened, last = "", [], 0, 0
    for mark in _MARKED.finditer(text):
        plain += text[last : mark.start()]
        last = mark.end()
        if mark[0] == "«":
            opened = len(plain)
        else:
            spans.append((offset + opened, offset + len(plain)))
    return plain + text[last:], spans


def _let(statement: str, names: dict[str, Any]) -> None:
    name, _, value = statement.partition("=")
    names[name.strip()] = eval(value, {}, names)


def _fill(text: str, names: dict[str, Any]) -> str:
    """The template as an f-string; templates are files of this benchmark, not input."""
    return str(eval(f'f"""{text.rstrip()} """', dict(names))).rstrip()


def _parsed(text: str) -> ParsedDocument:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.md"
        path.write_text(text, "utf-8")
        return parse(path, "md")
