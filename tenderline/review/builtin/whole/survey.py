"""The built-in reviewer's pass over a whole document: its rules one after the other, then the coverage of the checks."""

from __future__ import annotations

from collections.abc import Callable

from tenderline.review.builtin.topics import Checklist
from tenderline.review.builtin.view import DocumentView
from tenderline.review.builtin.whole.contradictions import contradictions
from tenderline.review.builtin.whole.coverage import CoverageRules, Referring
from tenderline.review.builtin.whole.missing import missing
from tenderline.review.builtin.whole.note import DocumentRule, Note, Place, finding
from tenderline.review.builtin.whole.numbering import numbering
from tenderline.review.builtin.whole.terms import terms
from tenderline.review.reviewer import Coverage, DocumentFinding, Known, SurveyRequest

RULES: tuple[tuple[str, DocumentRule], ...] = (
    ("Comparing the sections", contradictions),
    ("Looking for missing parts", missing),
    ("Following the numbering", numbering),
    ("Looking where terms are given", terms),
)
COVERING = "Going through the checklist"

MOST_OF_A_KIND = 8
_RISK_ORDER = {"High": 0, "Medium": 1, "Low": 2}
_COMPARING = frozenset({"Consistency", "Dates and deadlines", "Figures and sums", "References", "Definitions"})


def survey(
    request: SurveyRequest, document: DocumentView, least_confidence: float, model: str, say: Callable[[str], None]
) -> tuple[list[DocumentFinding], tuple[Coverage, ...], int]:
    """Findings, coverage, and how many findings were left out as too unsure. ``say`` is told each step before it is taken."""
    checklist = Checklist(request.guidelines)
    notes: list[Note] = []
    for doing, rule in RULES:
        say(doing)
        notes += [note for note in rule(document) if not _told(note, request.findings)]
    sure = [note for note in notes if note.confidence >= least_confidence]
    kept = _limited(sure)
    findings = [finding(note, document, checklist.refs(note.topic), model) for note in kept]
    say(COVERING)
    rules = CoverageRules(document, checklist, _referring(request.findings, kept, checklist), document.pulse)
    return findings, rules.judge(request.guidelines), len(notes) - len(sure)


def _told(note: Note, known: tuple[Known, ...]) -> bool:
    """Whether a finding on a section says the same: the same words, or something that was compared at one of the places."""
    for each in known:
        other = each.finding
        if other.description == note.description:
            return True
        if other.category not in _COMPARING or other.category != note.category:
            continue
        for place in note.places:
            if place.section == each.section and place.start < place.end and other.start < place.end and place.start < other.end:
                return True
    return False


def _limited(notes: list[Note]) -> list[Note]:
    """At most ``MOST_OF_A_KIND`` of each kind, those of the highest risk first."""
    kept: list[Note] = []
    kinds: dict[str, int] = {}
    for note in sorted(notes, key=lambda note: (_RISK_ORDER[note.risk], -note.confidence)):
        if kinds.get(note.kind, 0) < MOST_OF_A_KIND:
            kinds[note.kind] = kinds.get(note.kind, 0) + 1
            kept.append(note)
    return kept


def _referring(known: tuple[Known, ...], notes: list[Note], checklist: Checklist) -> dict[str, list[Referring]]:
    found: dict[str, list[Referring]] = {}
    for each in known:
        said = each.finding
        place = Place(each.section, said.start, said.end) if said.quote else None
        lacking = not said.quote and said.category == "Completeness"
        for check_id in said.checklist_refs:
            found.setdefault(check_id, []).append(Referring(each.section, said.risk_level, said.description, place, lacking))
    for note in notes:
        place = note.places[0] if note.places else None
        for check_id in checklist.refs(note.topic):
            found.setdefault(check_id, []).append(Referring(None, note.risk, note.description, place, note.kind == "missing-part"))
    order = {"High": 0, "Medium": 1, "Low": 2}
    return {check_id: sorted(items, key=lambda item: order[item.risk]) for check_id, items in found.items()}
