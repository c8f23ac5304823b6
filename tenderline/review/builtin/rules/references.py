"""References within the document: "see Appendix C" where there is none, a table or section that doesn't exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import DocumentView, SectionView

CATEGORY = "References"

_ATTACHED = {
    "annex": "annex", "annexes": "annex", "annexure": "annex", "annexures": "annex", "appendix": "appendix", "appendices": "appendix",
    "attachment": "attachment", "attachments": "attachment", "schedule": "schedule", "schedules": "schedule", "exhibit": "exhibit",
    "exhibits": "exhibit", "enclosure": "enclosure", "enclosures": "enclosure",
}  # fmt: skip
_PLACED = {"table": "table", "tables": "table", "figure": "figure", "figures": "figure", "fig": "figure", "box": "box", "chart": "chart"}
_PARTS = {
    "section": "section",
    "sections": "section",
    "article": "article",
    "articles": "article",
    "chapter": "chapter",
    "chapters": "chapter",
    "clause": "clause",
    "clauses": "clause",
}
# In lower case these are everyday words: "we schedule 3 visits", "the figure 5".
_CAPITAL = frozenset({"schedule", "exhibit", "figure", "box", "chart"})
_LABEL = r"(?:\d{1,3}(?:[.-]\d{1,3}){0,4}[A-Za-z]?|[A-Z](?:[.-]?\d{1,3}(?:\.\d{1,3})*)?|[IVX]{1,6})"


def _names(*groups: dict[str, str]) -> str:
    return "|".join(sorted((name for group in groups for name in group), key=len, reverse=True))


_JOINED = rf"(?:,\s|\s?(?:and|or|to|&|–|-)\s?){_LABEL}\b"
_MENTION = re.compile(
    rf"\b(?P<name>(?i:{_names(_ATTACHED, _PLACED, _PARTS)}))\b\.?\s{{1,3}}(?:no\.?\s)?(?P<labels>{_LABEL}\b(?:{_JOINED}){{0,6}})"
)
_EACH_LABEL = re.compile(rf"{_LABEL}\b")
# At the start of a line, title or table cell a label names the thing itself: a caption, a heading, an entry of a list of annexes.
_DEFINED = re.compile(
    rf"(?:^|\||[•*–-])[ \t]{{0,8}}(?:\d{{1,2}}[.)][ \t]{{1,3}})?(?i:({_names(_ATTACHED, _PLACED)}))\b\.?\s{{1,3}}(?:no\.?\s)?({_LABEL})\b"
    r"(?P<rest>[^\n|]{0,60})",
    re.MULTILINE,
)
_PLAIN_ENTRY = re.compile(
    r"^[ \t]{0,12}(?:[-*•][ \t]{1,4})?\(?([A-Z]|\d{1,2}|[IVX]{1,5})(?:[.):–-]|[ \t]{1,4}[–-])[ \t]{1,4}\S", re.MULTILINE
)
# In a list of annexes "Annex 2: Forms" is an entry wherever it stands, also in one paragraph with the others.
_ENTRY_END = re.compile(r"\s?[:–—]|\s-\s")
_TITLED = re.compile(r"\s\((?!\w{1,4}\))[A-Za-z][^()\n]{2,60}\)")
_LIST_TITLE = re.compile(r"\b(?:annex|append|attachment|schedule|exhibit|enclosure)", re.IGNORECASE)
# "Section 12 of the Act", "Annex II to Directive 2014/24/EU", "section 5, Public Procurement Act": elsewhere.
_LAWS = (
    "Act|Law|Code|Regulations?|Directive|Manual|Rules|Policy|Guidelines|Ordinance|Decree|Constitution|Convention|Standard|Statute|Circular"
)
_OTHERS = (
    "tender|contract|report|offer|bid|proposal|complaint|letter|minutes|agreement|file|handbook|conditions|audit|specification|decision"
    "|memorandum|notice|instruction|charter|code|gcc|scc|itb|itt|cfr|far|iso|en"
)
_ELSEWHERE_AFTER = re.compile(
    rf"(?:\s?\(\w{{1,4}}\)){{0,4}},?\s(?:(?:of|to|in|under|from)\s(?!this\b|these\b|the\s(?:present|attached)\b)(?:[\w’'/.-]+\s){{0,6}}?"
    rf"(?i:{_LAWS}|{_OTHERS})\b|(?-i:[A-Z])[\w’'-]*\s(?:[\w’'-]+\s){{0,5}}?(?:{_LAWS})\b|(?:PPA|GPA|GCC|SCC|CFR|FAR|USC)\b|thereof\b)"
)
_ELSEWHERE_BEFORE = re.compile(
    rf"(?:\bP\.?\s?O\.?\s|\b(?:{_LAWS}|GCC|SCC|ISO|EN|Handbook|Charter)\b[^.;\n]{{0,25}}|\b(?:its|his|her|their|whose)\s|[’']s\s)$"
)
_MANY = 3


@dataclass
class _Targets:
    """What can be referred to, and the first mention of what cannot.

    Attributes:
        things: (name, label) of annexes, tables and the like that exist.
        attached: the labels of annexes by whatever name.
        numbers: numbers of sections and clauses, with the numbers above them: "4.2" brings "4".
        missing: (name, label) -> section, start and end of its first mention.
    """

    things: set[tuple[str, str]] = field(default_factory=set)
    attached: set[str] = field(default_factory=set)
    numbers: set[str] = field(default_factory=set)
    missing: dict[tuple[str, str], tuple[int, int, int]] = field(default_factory=dict)

    def add(self, name: str, label: str) -> None:
        self.things.add((name, label.upper()))
        if name in _ATTACHED.values():
            self.attached.add(label.upper())

    def add_number(self, number: str) -> None:
        parts = number.split(".")
        self.numbers.update(".".join(parts[: count + 1]) for count in range(len(parts)))

    @cached_property
    def tops(self) -> set[int]:
        return {int(number) for number in self.numbers if number.isdigit()}


def missing_targets(section: SectionView) -> Iterator[Remark]:
    """Each missing target once, where it is first mentioned; many of one kind are one finding."""
    document = section.document
    targets = document.once("references", lambda: _targets(document))
    kinds: dict[str, list[tuple[str, tuple[int, int, int]]]] = {}
    for (name, label), place in targets.missing.items():
        kinds.setdefault(name, []).append((label, place))
    for name, places in kinds.items():
        if len(places) > _MANY:
            (_, place), *_ = places
            if place[0] == section.index:
                labels = ", ".join(label for label, _ in places[:8]) + (" …" if len(places) > 8 else "")
                yield Remark(
                    "missing-targets", CATEGORY, "references", "important", "Medium", 0.86, place[1], place[2],
                    f"The text refers to {len(places)} {_plural(name)} that are neither here nor in a list of {_plural(name)}: {labels}.",
                    f"Attach the {_plural(name)}, or list them with title and place.",
                    detail=name,
                )  # fmt: skip
            continue
        for label, place in places:
            if place[0] == section.index:
                yield _missing(name, label, place[1], place[2])


def _missing(name: str, label: str, start: int, end: int) -> Remark:
    attached = name in _ATTACHED.values()
    advice = f"Attach {name} {label}, list it among the annexes, or correct the reference."
    return Remark(
        "missing-target", CATEGORY, "references", "important", "Medium", 0.9 if attached else 0.86, start, end,
        f"The document has no {name} {label}.",
        advice if attached else f"Correct the reference, or add the {name}.",
        detail=f"{name} {label}",
    )  # fmt: skip


def _targets(document: DocumentView) -> _Targets:
    targets = _Targets()
    for heading in document.headings:
        _define(targets, document.parsed.sections[heading.index].title)
        if heading.number:
            targets.add_number(heading.number)
    for view in document.sections():
        for match in view.search(_DEFINED):
            if view.text[match.start()] in "|•*–-" or _caption(match["rest"]):
                targets.add(_kind(match[1]), match[2])
        if _LIST_TITLE.search(view.title):
            _define_entries(targets, view)
        for match in view.search(_MENTION):
            # A mention that gives the title in brackets names what is attached.
            if _TITLED.match(view.text, match.end()) and _kind(match["name"]) in _ATTACHED.values():
                for label, _, _ in _labels(match):
                    targets.add(_kind(match["name"]), label)
        for block in view.blocks:
            if block.marker == "clause":
                targets.add_number(view.text[block.start : block.body].strip(" .\t"))
    for view in document.sections():
        for match in view.search(_MENTION):
            _mention(targets, view, match)
    return targets


def _define(targets: _Targets, title: str) -> None:
    match = _DEFINED.match(title.lstrip())
    if match:
        targets.add(_kind(match[1]), match[2])


def _define_entries(targets: _Targets, view: SectionView) -> None:
    """What a section that lists annexes names: "A – Form", "Annex 2: Prices"."""
    name = next((kind for word, kind in _ATTACHED.items() if word in view.title.lower()), "annex")
    for match in view.search(_PLAIN_ENTRY):
        targets.add(name, match[1])
    for match in view.search(_MENTION):
        if _ENTRY_END.match(view.text, match.end()):
            for label, _, _ in _labels(match):
                targets.add(_kind(match["name"]), label)


def _caption(rest: str) -> bool:
    """Whether what follows a label at the start of a line makes it a caption ("Table 1: Prices"), not a sentence ("Table 1 shows …")."""
    body = rest.strip()
    return not body or body[0] in ":.–—-(|" or body[0].isupper()


def _mention(targets: _Targets, view: SectionView, match: re.Match[str]) -> None:
    name = _kind(match["name"])
    if name in _CAPITAL and match["name"][0].islower():
        return
    text = view.text
    after, before = text[match.end() : match.end() + 90], text[max(0, match.start() - 60) : match.start()]
    if _elsewhere(before, after):
        return
    # A range of them, in a document that has none of its own, tells what else there is.
    if name in _ATTACHED.values() and not targets.attached and re.search(r"\bto\b|[–-]", match["labels"]):
        return
    for label, start, end in _labels(match):
        if name in _PARTS.values():
            missing = label[0].isdigit() and _no_section(targets, name, label)
        else:
            missing = (name, label.upper()) not in targets.things and not _in_family(targets, name, label)
        if missing:
            single = (match.start(), match.end()) if start == match.start("labels") and end == match.end() else (start, end)
            targets.missing.setdefault((name, label), (view.index, *single))


def _elsewhere(before: str, after: str) -> bool:
    return bool(_ELSEWHERE_BEFORE.search(before) or _ELSEWHERE_AFTER.match(after))


def _labels(match: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """The labels of "Annexes A, B and D"; of "2 to 5" the ends only."""
    for label in _EACH_LABEL.finditer(match.string, match.start("labels"), match.end("labels")):
        yield label[0], label.start(), label.end()


def _no_section(targets: _Targets, name: str, label: str) -> bool:
    """Whether a document with numbered sections lacks this one. Numbers far beyond its own belong to some law."""
    if len(targets.tops) < 3 or label in targets.numbers:
        return False
    top, *deeper = label.split(".")
    if not top.isdigit() or int(top) > max(targets.tops) + 6:
        return False
    if int(top) in targets.tops and deeper:
        # Paragraph numbers below the headings are often automatic and not in the text.
        return name != "clause" and f"{top}.1" in targets.numbers
    return int(top) not in targets.tops


def _in_family(targets: _Targets, name: str, label: str) -> bool:
    """Whether it is part of something that exists (Annex 2.1 of Annex 2), or goes by another word (Annex 1 listed as Appendix 1)."""
    if name in _ATTACHED.values() and label.upper() in targets.attached:
        return True
    parent = re.split(r"[.-]", label)[0].upper()
    return parent != label.upper() and (name, parent) in targets.things


def _kind(word: str) -> str:
    word = word.lower()
    return _ATTACHED.get(word) or _PLACED.get(word) or _PARTS[word]


def _plural(name: str) -> str:
    return {"annex": "annexes", "appendix": "appendices", "box": "boxes"}.get(name, name + "s")
