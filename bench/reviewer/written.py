"""Documents that were written whole, one a file of Markdown, with their defects marked where they stand.

``[[kind: the right form || the wrong form, with «the place» of the defect marked]]`` is a passage in two forms. With a letter,
``[[kind#x: ...]]``, passages of the same kind and letter are one defect. With a pattern, ``[[kind?pattern: ...]]``, the defect has no
place, something is missing for the most part: the words of a finding about it must match the pattern.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.reviewer.generate import DEFECTS, Defect, Made, Place
from bench.reviewer.kinds import KINDS
from tenderline.review.document import ParsedDocument
from tenderline.review.parsing import parse

HERE = Path(__file__).parent
_PASSAGE = re.compile(r"\[\[(?P<kind>[a-z-]+)(?:#(?P<letter>\w))?(?:\?(?P<expect>.+?))?: ?(?P<right>.*?)\|\|(?P<wrong>.*?)\]\]", re.DOTALL)
_OPENED, _CLOSED = "\ue000", "\ue001"
"""What marks a defect's place while the document is parsed; characters that stand in no text."""


@dataclass(frozen=True)
class _Seed:
    """A defect that a document may have: its passages, in the order of the text, by number."""

    kind: str
    expect: str
    passages: tuple[int, ...]


def load(name: str) -> list[Made]:
    """The documents of a set: each once without a defect, and as often with up to ``DEFECTS`` of its own as all of them take."""
    return [made for path in sorted((HERE / name).glob("*.md")) for made in _of(path)]


def texts(name: str) -> list[str]:
    """Every text of a set, both forms of each passage, for comparing it with other texts."""
    found = [path.read_text("utf-8") for path in sorted((HERE / name).glob("*.md"))]
    return [_PASSAGE.sub(lambda passage: f"{passage['right']}\n{passage['wrong']}", text) for text in found]


def _of(path: Path) -> list[Made]:
    source = path.read_text("utf-8")
    seeds = _seeds(source)
    copies = -(-len(seeds) // DEFECTS)
    chosen: list[list[_Seed]] = [[], *(seeds[copy::copies] for copy in range(copies))]
    return [_made(f"{path.stem} {number}", path.stem, source, wrong) for number, wrong in enumerate(chosen)]


def _seeds(source: str) -> list[_Seed]:
    found: dict[tuple[str, str], list[int]] = {}
    expected: dict[tuple[str, str], str] = {}
    for number, passage in enumerate(_PASSAGE.finditer(source)):
        if passage["kind"] not in KINDS:
            raise ValueError(f"no such kind: {passage['kind']}")
        key = passage["kind"], passage["letter"] or str(number)
        found.setdefault(key, []).append(number)
        expected[key] = passage["expect"] or ""
    return [_Seed(key[0], expected[key], tuple(numbers)) for key, numbers in found.items()]


def _made(name: str, kind: str, source: str, seeds: list[_Seed]) -> Made:
    wrong = {number for seed in seeds for number in seed.passages}
    text, last = "", 0
    owners: list[_Seed] = []
    for number, passage in enumerate(_PASSAGE.finditer(source)):
        form = (passage["wrong"] if number in wrong else passage["right"]).strip()
        text += source[last : passage.start()] + form.replace("«", _OPENED).replace("»", _CLOSED)
        last = passage.end()
        owners += [seed for seed in seeds if number in seed.passages for _ in range(form.count("«"))]
    text += source[last:]
    parsed = _parsed(re.sub(f"[{_OPENED}{_CLOSED}]", "", text))
    places = _places(_parsed(text), parsed)
    if len(places) != len(owners):
        raise ValueError(f"{name}: {len(owners)} marks of defects, {len(places)} in its sections")
    return Made(name, kind, parsed, tuple(_defect(seed, owners, places) for seed in seeds))


def _defect(seed: _Seed, owners: list[_Seed], places: list[Place]) -> Defect:
    own = tuple(place for owner, place in zip(owners, places, strict=True) if owner is seed)
    if bool(own) == bool(seed.expect):
        raise ValueError(f"a defect has either a place or a pattern: {seed}")
    return Defect(seed.kind, own, seed.expect)


def _places(marked: ParsedDocument, plain: ParsedDocument) -> list[Place]:
    """Where the marks stand, in the sections of the document without them."""
    found = []
    for section in plain.sections:
        text = marked.section_text(section.index)
        if re.sub(f"[{_OPENED}{_CLOSED}]", "", text) != plain.section_text(section.index):
            raise ValueError(f"a mark changes how the document is read: {text}")
        opened = 0
        for seen, mark in enumerate(re.finditer(f"[{_OPENED}{_CLOSED}]", text)):
            if mark[0] == _OPENED:
                opened = mark.start() - seen
            else:
                found.append(Place(section.index, opened, mark.start() - seen))
    return found


def _parsed(text: str) -> ParsedDocument:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "document.md"
        path.write_text(text, "utf-8")
        return parse(path, "md")
