"""Whether a document meets each check of its guidelines, as far as rules can tell, and "unclear" as far as they cannot.

``missing``: a part that this kind of document needs is not there. ``partly``: the subject is treated, and findings refer to the check.
``met``: the subject is treated, and rules that test it with figures found nothing wrong. Else ``unclear``, with the passages to read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from tenderline.review.builtin.rules.parts import PARTS
from tenderline.review.builtin.text import words
from tenderline.review.builtin.topics import TOPICS, Checklist
from tenderline.review.builtin.view import DocumentView
from tenderline.review.builtin.whole.note import Place, source
from tenderline.review.reviewer import Check, CheckState, Coverage, Guidelines

MOST_PLACES = 3
_TELLING = 3
_MOST_SENTENCES = 4_000
_SMALL = words(
    "the and for with that this from have must shall should every each are not any all into than then when where which who whom whose",
    "what does document documents section sections clear clearly stated state states given gives named name check whether its their",
)
_WORD = re.compile(r"[^\W\d_]{4,}")
_WEIGHTY = ("High", "Medium")


@dataclass(frozen=True, slots=True)
class Referring:
    """A finding that refers to a check: in which section it stands (None: the whole document), its risk, what it says, its place."""

    section: int | None
    risk: str
    description: str
    place: Place | None = None
    about_missing: bool = False


@dataclass
class CoverageRules:
    """Judges the checks one by one.

    Args:
        document: what is judged.
        checklist: matches topics with checks.
        referring: the findings, by the id of the check they refer to.
        pulse: called now and then; may raise.
    """

    document: DocumentView
    checklist: Checklist
    referring: dict[str, list[Referring]]
    pulse: Callable[[], None]
    _topics: dict[str, list[str]] = field(default_factory=dict)

    def judge(self, guidelines: Guidelines) -> tuple[Coverage, ...]:
        """The coverage of all checks, in their order."""
        for topic in TOPICS:
            for check_id in self.checklist.refs(topic):
                self._topics.setdefault(check_id, []).append(topic)
        return tuple(self._judge(check) for check in guidelines.checks)

    def _judge(self, check: Check) -> Coverage:
        self.pulse()
        topics = self._topics.get(check.id, [])
        said = self.referring.get(check.id, [])
        lacking = [finding for finding in said if finding.about_missing]
        passages = self._passages(topics, check)
        places = tuple(source(self.document, place) for place in passages)
        if lacking and not passages:
            return Coverage(check.id, "missing", lacking[0].description)
        if said:
            weighty = sum(finding.risk in _WEIGHTY for finding in said)
            marked = [source(self.document, finding.place) for finding in said if finding.place is not None][:MOST_PLACES]
            count = "1 finding refers" if len(said) == 1 else f"{len(said)} findings refer"
            state: CheckState = "partly" if weighty else "unclear"
            return Coverage(check.id, state, f"{count} to this check; the first: {said[0].description}", tuple(marked) or places)
        tested = self._tested(topics)
        if tested:
            return Coverage(check.id, "met", tested, places)
        if passages:
            sections = len({place.section for place in passages})
            where = "one section" if sections == 1 else f"{sections} sections"
            return Coverage(
                check.id, "unclear", f"Passages in {where} are about this; whether they are sufficient only a reader can tell.", places
            )
        part = next((part for part in PARTS.get(self.document.kind, ()) if part.topic in topics and not part.core), None)
        if part is not None:
            return Coverage(check.id, "missing", f"The document says nothing of {part.name}.")
        return Coverage(check.id, "unclear", "No passage about this was found by its words; it may not apply to this document.")

    def _tested(self, topics: Sequence[str]) -> str:
        """What rules have counted and found nothing wrong with; "" when they tested nothing."""
        views = list(self.document.sections())
        if "dates" in topics:
            dates = sum(len(view.moments) for view in views)
            return f"{dates} dates were checked: each is in the calendar, and no rule found a contradiction." if dates >= 2 else ""
        if "amounts" in topics:
            amounts = sum(len(view.money) for view in views)
            return (
                f"{amounts} amounts were checked: no rule found a wrong total, a missing currency or a figure given in two ways."
                if amounts >= 2
                else ""
            )
        if "award" in topics and self.document.kind == "tender":
            for view in views:
                weights = [share.value for share in view.percentages]
                if len(weights) > 1 and sum(weights) == 100 and re.search(r"award|evaluat|criteri", view.title, re.IGNORECASE):
                    return f"{len(weights)} weights add up to 100 %."
        if "completeness" in topics and self.document.kind in PARTS:
            needed = [part for part in PARTS[self.document.kind] if part.core]
            return f"All {len(needed)} parts that such a document needs were found."
        return ""

    def _passages(self, topics: Sequence[str], check: Check) -> list[Place]:
        """The passages about a check: sections named after it first, then sentences with its words."""
        pattern = self._pattern(topics, check)
        if pattern is None:
            return []
        places: list[Place] = []
        for heading in self.document.headings:
            if len(places) < MOST_PLACES and pattern.search(heading.words):
                view = self.document.section(heading.index)
                first = view.sentences[0] if view.sentences else None
                if first is not None:
                    places.append(Place(heading.index, first.start, first.end))
        looked = 0
        for view in self.document.sections():
            for sentence, text in view.each_sentence():
                looked += 1
                if len(places) >= MOST_PLACES or looked > _MOST_SENTENCES:
                    return places
                place = Place(view.index, sentence.start, sentence.end)
                if place not in places and pattern.search(text):
                    places.append(place)
        return places

    def _pattern(self, topics: Sequence[str], check: Check) -> re.Pattern[str] | None:
        parts = [part.sought.pattern for part in PARTS.get(self.document.kind, ()) if part.topic in topics and part.topic != "completeness"]
        if parts:
            return re.compile("|".join(parts), re.IGNORECASE)
        beginnings: Iterable[str] = [beginning for topic in topics for beginning in TOPICS[topic][:_TELLING]]
        if not topics:
            beginnings = [word[:7] for word in _WORD.findall(check.title.lower()) if word not in _SMALL]
        wanted = "|".join(re.escape(beginning).replace(r"\ ", r"\s") for beginning in dict.fromkeys(beginnings))
        return re.compile(rf"\b(?:{wanted})", re.IGNORECASE) if wanted else None
