"""The steps of a procedure and their dates: publication, questions, submission, opening, award, signature.

A date belongs to the step that is named next to it in the same clause or table row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tenderline.review.builtin.moments import in_words
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import SectionView

CATEGORY = "Dates and deadlines"

_OFFER = r"(?:tenders?|bids?|offers?|proposals?|quotations?|quotes?|submissions?|applications?)"
_QUESTIONS = r"(?:questions|clarifications?|enquiries|inquiries|queries)"
# In the order of a procedure. Patterns are tried on a clause of at most 120 characters.
_STEPS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("publication", "the publication", re.compile(
        r"\b(?:publication|published|advertised|(?:notice|advertisement|invitation) appeared"
        r"|issued on|date of issue|issue date|launch(?:ed)?|invitation (?:date|sent))\b", re.I)),
    ("questions", "the last day for questions", re.compile(
        rf"\b(?:(?:last day|deadline|closing date|final date)\W.{{0,30}}?\b{_QUESTIONS}"
        rf"|{_QUESTIONS[:-1]}|enquiry|question)\s(?:deadline|due|close)"
        rf"|{_QUESTIONS}\b.{{0,40}}?\b(?:by|until|before|deadline|(?:no|not) later than))\b", re.I)),
    ("submission", "the deadline for tenders", re.compile(
        rf"\b(?:(?:deadline|closing date|closing time|due date|last day|final date)\s(?:and time\s)?(?:for|of)\s.{{0,25}}?\b{_OFFER}"
        rf"|{_OFFER}\s(?:deadline|closing date|due date)\b.{{0,40}}?\b(?:by|before|until|later than|due|on|is|was)"
        rf"|{_OFFER}\s(?:must|shall|should|are|were|will|due|have to|need to)\b(?:(?!\bopen|\bevaluat|\bvalid).){{0,90}}?"
        rf"\b(?:by|before|until|later than|due)"
        rf"|{_OFFER}\s(?:close|closing)\b|(?:receipt|submission)\sof\s{_OFFER}|{_OFFER}\ssubmission\s(?:end|date|deadline)"
        rf"|submission deadline|(?:tender|bid)\sdeadline|submit\b.{{0,60}}?\b(?:by|before|until|later than)"
        rf"|(?:deadline|closing date))\b", re.I)),
    ("opening", "the opening of tenders", re.compile(
        rf"\b(?:open(?:ing|ed)\s(?:of\s)?(?:the\s)?{_OFFER}|{_OFFER}\s.{{0,20}}?\b(?:opening|opened)|public opening)\b", re.I)),
    ("award", "the award", re.compile(
        r"\b(?:(?:planned |contract |expected )?(?:decision on (?:the )?award"
        r"|award (?:decision|notice|date|of (?:the )?contract))|notification of award"
        r"|contract\b.{0,20}?\b(?:was|is|will be) awarded)\b", re.I)),
    ("signature", "the signature of the contract", re.compile(
        r"\b(?:sign(?:ed|ature|ing)\b.{0,20}?\bcontract|contract\b.{0,30}?\bsign(?:ed|ature|ing))\b", re.I)),
)  # fmt: skip
_ORDER = {name: place for place, (name, _, _) in enumerate(_STEPS)}
_LABEL = {name: label for name, label, _ in _STEPS}
_RESTATED = re.compile(
    r"\b(?:extend|extens|original|initial|previous|postpon|revis|instead|amend|new|earlier|resched|cancel|complain|clause)\w*", re.I
)
# What is published may also be the decision, a law or the answers to questions.
_OTHER_PUBLICATION = re.compile(
    r"\b(?:decision|award|result|report|answer|response|act|law|regulation|list|policy|manual|summary)s?\b", re.I
)
# "10:30 a.m. on" does not end a clause.
_CLAUSE_END = re.compile(r"(?<!\b[ap]\.m)(?<!\bNo)\.\s|;\s|\n\n")
_SHORTEST_DAYS = 10
_CLAUSE_CHARS = 120
_MOST_DATES = 400


@dataclass(frozen=True, slots=True)
class Step:
    """One dated step: its place is in the text of ``section``."""

    name: str
    day: date
    section: int
    start: int
    end: int


def steps_of(section: SectionView) -> list[Step]:
    """The dated steps of a section, in order."""
    moments = section.moments[:_MOST_DATES]
    found: list[Step] = []
    previous_end = 0
    for place, moment in enumerate(moments):
        block = section.block_at(moment.start)
        row = section.row_at(moment.start)
        if row is not None:
            own = next(cell for cell in row if moment.start <= max(cell.end, cell.start + 1))
            others = " ".join(cell.text for cell in row if cell is not own)[:_CLAUSE_CHARS]
            said = _CLAUSE_END.split(section.text[max(own.start, moment.start - _CLAUSE_CHARS) : moment.start])[-1]
            clause = said if _name(said) else others
        else:
            begin = max(previous_end, moment.start - _CLAUSE_CHARS, block.body if block else 0)
            clause = section.text[begin : moment.start]
            clause = _CLAUSE_END.split(clause)[-1]
            if not clause.strip(" -–•*\t("):
                following = moments[place + 1].start if place + 1 < len(moments) else len(section.text)
                clause = section.text[moment.end : min(following, moment.end + 60)].split("\n", 1)[0]
                # A heading may be the label of the date below it.
                if not re.search(r"[a-z]{3}", clause) and not section.text[: moment.start].strip():
                    clause = section.title[:_CLAUSE_CHARS]
        previous_end = moment.end
        name = _name(clause)
        if name and moment.date and not _RESTATED.search(clause):
            found.append(Step(name, moment.date, section.index, moment.start, moment.end))
    return found


def order_of_steps(section: SectionView) -> Iterator[Remark]:
    """A later step must not come before an earlier one. The remark stands at whichever of the two dates is written last."""
    told: set[tuple[str, str]] = set()
    for steps in (_unique(steps_of(section)), _comparable(section)):
        yield from _out_of_order(section, steps, told)


def _out_of_order(section: SectionView, steps: list[Step], told: set[tuple[str, str]]) -> Iterator[Remark]:
    for earlier in steps:
        for later in steps:
            if _ORDER[earlier.name] >= _ORDER[later.name] or later.day >= earlier.day:
                continue
            last = max(earlier, later, key=lambda step: (step.section, step.start))
            if last.section != section.index or (earlier.name, later.name) in told:
                continue
            told.add((earlier.name, later.name))
            yield Remark(
                "step-order", CATEGORY, "deadlines", "critical", "High", 0.9 if earlier.section == later.section else 0.85,
                last.start, last.end,
                f"The order of the procedure is broken: {_LABEL[later.name]} ({in_words(later.day)}) is before {_LABEL[earlier.name]} "
                f"({in_words(earlier.day)}).",
                "Correct the date that is wrong, and check the other dates of the timetable.",
                detail=f"{earlier.name}>{later.name}",
            )  # fmt: skip


def step_given_twice(section: SectionView) -> Iterator[Remark]:
    """A tender document must give one deadline only."""
    if section.document.kind != "tender":
        return
    for name in ("questions", "submission", "opening"):
        known = [step for step in _steps(section) if step.name == name]
        days = {step.day for step in known}
        if len(days) != 2:
            continue
        first = known[0]
        other = next(step for step in known if step.day != first.day)
        if other.section == section.index:
            yield Remark(
                "step-twice", CATEGORY, "deadlines", "critical", "High", 0.87, other.start, other.end,
                f"Elsewhere the document gives {in_words(first.day)} for {_LABEL[name]}; here it is {in_words(other.day)}.",
                "Decide on one date and use it everywhere; companies will rely on the later one.",
                detail=name,
            )  # fmt: skip


def short_period(section: SectionView) -> Iterator[Remark]:
    """Too little time between publication and deadline keeps companies away; the law sets a minimum."""
    if section.document.kind != "tender":
        return
    steps = {step.name: step for step in _comparable(section)}
    if "publication" not in steps or "submission" not in steps:
        return
    submission = steps["submission"]
    days = (submission.day - steps["publication"].day).days
    if 0 <= days < _SHORTEST_DAYS and submission.section == section.index:
        yield Remark(
            "short-period", "Competition", "deadlines", "important", "High", 0.84, submission.start, submission.end,
            f"Companies have {days} {'day' if days == 1 else 'days'} between publication and the deadline for tenders.",
            "Check the legal minimum for this procedure, and give companies enough time for a careful tender.",
            ("Which provision allows a period this short?",),
        )  # fmt: skip


def _steps(section: SectionView) -> list[Step]:
    """All steps of a tender document, which is about one procedure; for other kinds those of this section only."""
    document = section.document
    if document.kind != "tender":
        return steps_of(section)
    return document.once("steps", lambda: [step for view in document.sections() for step in steps_of(view)])


def _comparable(section: SectionView) -> list[Step]:
    """The steps of the procedure that the section belongs to."""
    return _unique(_steps(section))


def _unique(steps: list[Step]) -> list[Step]:
    """One step a name: names with two different dates belong to two procedures, or are somebody else's finding."""
    days: dict[str, set[date]] = {}
    for step in steps:
        days.setdefault(step.name, set()).add(step.day)
    first: dict[str, Step] = {}
    for step in steps:
        if len(days[step.name]) == 1:
            first.setdefault(step.name, step)
    return list(first.values())


def _name(clause: str) -> str | None:
    """The step named last in the clause, next to the date; of two that end together the longer name."""
    best: tuple[int, int, str] | None = None
    for name, _, pattern in _STEPS:
        if name == "publication" and _OTHER_PUBLICATION.search(clause):
            continue
        for match in pattern.finditer(clause[:_CLAUSE_CHARS]):
            candidate = (match.end(), match.end() - match.start(), name)
            best = max(best, candidate) if best else candidate
    return best[2] if best else None
