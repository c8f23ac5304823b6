"""Findings against seeded defects."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field

from bench.reviewer.generate import Defect, Made, Place
from bench.reviewer.kinds import KINDS, kind_of_rule
from tenderline.review.builtin import BuiltinReviewer
from tenderline.review.builtin.linters import Linters
from tenderline.review.builtin.remark import RuleGroup
from tenderline.review.builtin.remark import finding as as_finding
from tenderline.review.builtin.rules.groups import rule_groups
from tenderline.review.builtin.view import DocumentView
from tenderline.review.guidelines import default_guidelines
from tenderline.review.reviewer import DocumentFinding, Known, ReviewRequest, Survey, SurveyRequest
from tenderline.tasks.operation import TaskContext

PAGE_CHARS = 1_800


@dataclass
class Tally:
    """Counts of one kind: defects and how many were hit, findings and how many of them were right."""

    defects: int = 0
    hit: int = 0
    right: int = 0
    wrong: int = 0

    @property
    def recall(self) -> float:
        return self.hit / self.defects if self.defects else 0.0

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong) if self.right + self.wrong else 0.0


@dataclass
class Score:
    """What a set of documents gave.

    Attributes:
        kinds: by kind of defect; findings of rules that no defect is seeded for are under "".
        misses, false: for people who look into it: (document, what).
        pages, false_on_clean: of the clean documents; a page has ``PAGE_CHARS`` characters.
        cpu_seconds, all_pages: processor time of all reviews, and pages reviewed.
    """

    kinds: dict[str, Tally] = field(default_factory=lambda: {name: Tally() for name in (*KINDS, "")})
    misses: list[tuple[str, str]] = field(default_factory=list)
    false: list[tuple[str, str]] = field(default_factory=list)
    pages: float = 0.0
    false_on_clean: int = 0
    cpu_seconds: float = 0.0
    all_pages: float = 0.0

    @property
    def total(self) -> Tally:
        tallies = self.kinds.values()
        return Tally(*(sum(getattr(tally, name) for tally in tallies) for name in ("defects", "hit", "right", "wrong")))

    @property
    def false_per_clean_page(self) -> float:
        return self.false_on_clean / self.pages if self.pages else 0.0


@dataclass(frozen=True)
class _Told:
    """A finding: what is counted of it, where it points to, and the rule it comes from ("survey" for the whole document)."""

    category: str
    description: str
    places: tuple[Place, ...]
    rule: str


def score(reviewer: BuiltinReviewer, documents: list[Made]) -> Score:
    """Review every section of every document, then each document as a whole, and count."""
    result = Score()
    groups = [group for group in rule_groups(Linters()) if not group.status.startswith("Checking grammar")]
    for made in documents:
        before = time.process_time()
        known, survey = _findings(reviewer, made)
        result.cpu_seconds += time.process_time() - before
        pages = len(made.parsed.text) / PAGE_CHARS
        result.all_pages += pages
        rules = _rules(groups, reviewer.model, made)
        told = [_of_section(each, rules.get(each.finding.id, "language")) for each in known]
        told += [_of_document(each) for each in survey.findings]
        _count(result, made, told)
        if not made.defects:
            result.pages += pages
            result.false_on_clean += len(told)
    return result


def _findings(reviewer: BuiltinReviewer, made: Made) -> tuple[list[Known], Survey]:
    guidelines, context = default_guidelines(), TaskContext("bench", "local")
    known = [
        Known(section.index, finding)
        for section in made.parsed.sections
        for finding in reviewer.review(ReviewRequest(made.parsed, made.name, section.index, guidelines), context).findings
    ]
    return known, reviewer.survey(SurveyRequest(made.parsed, made.name, guidelines, tuple(known)), context)


def _of_section(known: Known, rule: str) -> _Told:
    finding = known.finding
    return _Told(finding.category, finding.description, (Place(known.section, finding.start, finding.end),), rule)


def _of_document(finding: DocumentFinding) -> _Told:
    return _Told(
        finding.category, finding.description, tuple(Place(place.section, place.start, place.end) for place in finding.places), "survey"
    )


def _rules(groups: list[RuleGroup], model: str, made: Made) -> dict[str, str]:
    """The rule behind each finding, by the finding's id; those of the language libraries are left out."""
    document = DocumentView(made.parsed, made.name, lambda: None)
    return {
        as_finding(remark, view, (), model).id: remark.kind
        for view in document.sections()
        for group in groups
        for rule in group.rules
        for remark in rule(view)
    }


def _count(result: Score, made: Made, told: list[_Told]) -> None:
    hits: Counter[int] = Counter()
    for each in told:
        fitting = [index for index, defect in enumerate(made.defects) if _hits(each, defect)]
        if fitting:
            fresh = next((index for index in fitting if not hits[index]), fitting[0])
            hits[fresh] += 1
            result.kinds[made.defects[fresh].kind].right += 1
        else:
            result.kinds[kind_of_rule(each.rule)].wrong += 1
            result.false.append((made.name, f"{each.rule}: {each.description} [{_quoted(made, each.places)}]"))
    for index, defect in enumerate(made.defects):
        tally = result.kinds[defect.kind]
        tally.defects += 1
        tally.hit += bool(hits[index])
        if not hits[index]:
            result.misses.append((made.name, f"{defect.kind}: {_quoted(made, defect.places) or defect.expect}"))


def _hits(told: _Told, defect: Defect) -> bool:
    if told.category not in KINDS[defect.kind].categories:
        return False
    if defect.expect:
        return re.search(defect.expect, told.description, re.IGNORECASE) is not None
    return any(one.section == two.section and one.start < two.end and two.start < one.end for one in told.places for two in defect.places)


def _quoted(made: Made, places: tuple[Place, ...]) -> str:
    return " … ".join(made.parsed.section_text(place.section)[place.start : place.end] for place in places)
