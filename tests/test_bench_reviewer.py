"""The benchmark of the built-in reviewer: its documents are made alike each time, and its rules know nothing of its templates."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from bench.reviewer.generate import Made, Place, make
from bench.reviewer.kinds import KINDS
from bench.reviewer.run import SETS, WRITTEN
from bench.reviewer.score import score
from bench.reviewer.templates import load, texts
from bench.reviewer.written import load as load_written
from bench.reviewer.written import texts as written_texts
from tenderline.review.builtin import BuiltinReviewer
from tenderline.review.reviewer import Finding, Review, ReviewRequest, Survey
from tenderline.tasks.operation import TaskContext

RULES = Path(__file__).parent.parent / "tenderline" / "review" / "builtin"
WORD = re.compile(r"[a-z]+")
RUN_OF_WORDS = 5


def runs(text: str) -> set[tuple[str, ...]]:
    """Every five words in a row, whatever stands between them."""
    words = WORD.findall(re.sub(r"\\[sbwWdD][*+?]?|\{[^}]*\}", " ", text).lower())
    return {tuple(words[place : place + RUN_OF_WORDS]) for place in range(len(words) - RUN_OF_WORDS + 1)}


def sources() -> list[str]:
    return [path.read_text("utf-8") for path in sorted(RULES.rglob("*.py"))]


def test_the_reviewer_imports_nothing_of_the_benchmark() -> None:
    assert not [text for text in sources() if re.search(r"^\s*(?:from|import)\s+(?:bench|tests)\b", text, re.MULTILINE)]


@pytest.mark.parametrize("name", [*SETS, *WRITTEN])
def test_no_five_words_of_a_template_stand_in_the_rules(name: str) -> None:
    in_rules = set().union(*(runs(text) for text in sources()))
    written = written_texts(name) if name in WRITTEN else texts(name)
    in_templates = set().union(*(runs(line) for text in written for line in text.splitlines() if not line.startswith(("%", "let "))))
    assert not in_rules & in_templates


@pytest.mark.parametrize("name", WRITTEN)
def test_a_written_set_has_clean_documents_of_many_types_and_marks_each_defect_once(name: str) -> None:
    documents = load_written(name)
    clean = [made for made in documents if not made.defects]
    assert len({made.type for made in clean}) == len(clean) >= 8
    assert all(len(made.defects) <= 4 for made in documents)
    assert all(len(defect.places) > 0 or defect.expect for made in documents for defect in made.defects)
    assert not [made.name for made in documents if re.search(r"\[\[|\]\]|\|\||[«»]", made.parsed.text)]
    assert sum(len(made.defects) for made in documents) >= 20


@pytest.mark.parametrize("name", SETS)
def test_a_set_has_every_kind_in_several_wordings_and_five_types_of_documents(name: str) -> None:
    templates = load(name)
    wordings = Counter(passage.kind for passage in templates.passages)
    assert all(wordings[kind] >= 3 for kind in KINDS if kind != "missing-part")
    assert sum(bool(part.may_go) for document in templates.documents for part in document.parts) >= 3
    assert len({document.type for document in templates.documents}) == 5


def test_a_seed_makes_the_same_documents_and_every_defect_stands_where_it_is_said_to() -> None:
    first, second = (make(load("tuned"), 7, 10, 5) for _ in range(2))
    assert [made.parsed.text for made in first] == [made.parsed.text for made in second]
    assert [made.defects for made in first] == [made.defects for made in second]
    assert all(len(made.defects) == 4 for made in first[:10])
    assert not any(made.defects for made in first[10:])
    places = [(made, place) for made in first for defect in made.defects for place in defect.places]
    assert places
    assert all(made.parsed.section_text(place.section)[place.start : place.end].strip() for made, place in places)


class Oracle(BuiltinReviewer):
    """Finds the first defect of every document, calls it by a fitting category, and is wrong once."""

    def __init__(self, documents: list[Made]) -> None:
        self.documents = {made.name: made for made in documents}

    def review(self, request: ReviewRequest, context: TaskContext) -> Review:
        defect = next(defect for defect in self.documents[request.document_name].defects if defect.places)
        category = next(iter(KINDS[defect.kind].categories))
        found = [_finding(place, category) for place in defect.places if place.section == request.section]
        return Review((*found, *([_finding(Place(0, 0, 0), "Language")] if request.section == 0 else [])), "Oracle")

    def survey(self, request: object, context: TaskContext) -> Survey:
        return Survey((), (), "Oracle")


def _finding(place: Place, category: str) -> Finding:
    return Finding(f"{place}", "important", category, "", "", "High", 1.0, "x", place.start, place.end)


def test_hits_and_false_findings_are_counted() -> None:
    documents = make(load("tuned"), 7, 3, 0)
    result = score(Oracle(documents), documents)
    assert (result.total.defects, result.total.hit, result.total.wrong) == (12, 3, 3)
    assert result.total.recall == 0.25
    assert len(result.misses) == 9
    assert len(result.false) == 3
