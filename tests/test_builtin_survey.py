"""The built-in reviewer's look at a document as a whole."""

from __future__ import annotations

import pytest

from tenderline.errors import TaskCancelled
from tenderline.review.builtin import BuiltinReviewer
from tenderline.review.builtin.topics import TOPICS
from tenderline.review.builtin.view import DocumentView
from tenderline.review.builtin.whole.survey import RULES
from tenderline.review.document import ParsedDocument
from tenderline.review.guidelines import default_guidelines
from tenderline.review.reviewer import CATEGORIES, Check, Guidelines, Known, Survey, SurveyRequest
from tests.builtin_documents import context, document, review_all, settings
from tests.builtin_texts import CLEAN_CONTRACT, CLEAN_REPORT, CLEAN_TENDER, DEFECTIVE_REPORT, DEFECTIVE_TENDER


@pytest.fixture(scope="module")
def reviewer() -> BuiltinReviewer:
    return BuiltinReviewer(settings())


@pytest.fixture(scope="module")
def defective(reviewer: BuiltinReviewer) -> tuple[ParsedDocument, tuple[Known, ...]]:
    """A tender with defects, and what its sections' reviews say of it."""
    parsed = document(DEFECTIVE_TENDER)
    return parsed, sections(reviewer, parsed)


def survey(
    reviewer: BuiltinReviewer, parsed: ParsedDocument, known: tuple[Known, ...] = (), guidelines: Guidelines | None = None
) -> Survey:
    """What is said of a document, each place checked to quote its section exactly."""
    made = reviewer.survey(SurveyRequest(parsed, "document", guidelines or default_guidelines(), known), context())
    for places in (*(finding.places for finding in made.findings), *(check.places for check in made.coverage)):
        for place in places:
            assert parsed.section_text(place.section)[place.start : place.end] == place.quote
            assert place.title == parsed.sections[place.section].title
            assert len(place.quote) < 200
    for finding in made.findings:
        assert finding.category in CATEGORIES
    return made


def said(reviewer: BuiltinReviewer, markdown: str, word: str) -> list[list[str]]:
    """The quotes of those findings whose description holds ``word``."""
    found = survey(reviewer, document(markdown)).findings
    return [[place.quote for place in finding.places] for finding in found if word in finding.description]


def sections(reviewer: BuiltinReviewer, parsed: ParsedDocument) -> tuple[Known, ...]:
    return tuple(Known(section.index, finding) for section, finding in review_all(reviewer, parsed))


@pytest.mark.parametrize("text", [CLEAN_REPORT, CLEAN_TENDER, CLEAN_CONTRACT], ids=["report", "tender", "contract"])
def test_a_sound_document_gets_no_findings_and_nothing_is_called_missing(reviewer: BuiltinReviewer, text: str) -> None:
    made = survey(reviewer, document(text))
    assert [finding.description for finding in made.findings] == []
    assert {check.state for check in made.coverage} <= {"met", "unclear"}
    assert "met" in {check.state for check in made.coverage}


@pytest.mark.parametrize(
    ("one", "two", "quotes"),
    [
        ("The retention money is 5 %.", "The buyer keeps retention money of 10 % until then.", ["5 %", "10 %"]),
        ("The bank guarantee amounts to EUR 20,000.", "The bank guarantee is EUR 25,000.", ["EUR 20,000", "EUR 25,000"]),
        ("The response time is 4 hours.", "Help comes fast: the response time is 8 hours.", ["4 hours", "8 hours"]),
        ("The site visit takes place on 3 May 2027.", "There is a site visit on 5 May 2027.", ["3 May 2027", "5 May 2027"]),
        ("Bank guarantee | EUR 20,000\nOther | x", "The bank guarantee is EUR 25,000.", ["EUR 20,000", "EUR 25,000"]),
        (
            "The contact person is Ms Ana Ruiz.",
            "Contact person: Mr Otto Lindt",
            ["Ms Ana Ruiz", "Mr Otto Lindt"],
        ),
    ],
)
def test_two_sections_that_differ_on_the_same_thing_are_told_with_both_places(
    reviewer: BuiltinReviewer, one: str, two: str, quotes: list[str]
) -> None:
    found = said(reviewer, f"# Terms\n\n{one}\n\n# Rest\n\nNothing here.\n\n# Details\n\n{two}\n", "Two sections")
    assert found == [quotes]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("The retention money is 5 %.", "The retention money is 5 %."),
        ("The retention money for lot 1 is 5 %.", "The retention money for lot 2 is 10 %."),
        ("The original contract sum was EUR 20,000.", "The revised contract sum is EUR 25,000."),
        ("The retention money is 5 %.", "The performance bond is 10 %."),
        ("Payment is made within 30 days.", "Delivery is made within 40 days."),
        ("The contact person is Ms Ana Ruiz.", "Contact person: Ana Ruiz"),
        ("Item | Unit | Price\nPen | box | EUR 10", "Item | Unit | Price\nPen | box | EUR 20"),
    ],
)
def test_what_only_looks_alike_is_no_contradiction(reviewer: BuiltinReviewer, one: str, two: str) -> None:
    assert said(reviewer, f"# Terms\n\n{one}\n\n# Details\n\n{two}\n", "Two sections") == []


def test_a_gap_a_repeat_and_a_wrong_order_in_the_numbering_are_told(reviewer: BuiltinReviewer) -> None:
    titles = ["1 Scope", "2 Terms", "2.1 Price", "2.2 Payment", "2.4 Tax", "3 Award", "5 Contract", "5 Law"]
    made = survey(reviewer, document("".join(f"# {title}\n\nText of it.\n\n" for title in titles)))
    told = [finding.description for finding in made.findings if finding.category == "References"]
    assert len(told) == 3
    assert any("no section 4" in text for text in told)
    assert any("no section 2.3" in text for text in told)
    assert any("section 5 is used twice" in text for text in told)
    swapped = survey(reviewer, document("".join(f"# {title}\n\nText.\n\n" for title in ("1 A", "3 C", "2 B", "4 D"))))
    assert ["section 2" in finding.description for finding in swapped.findings if "comes after 3" in finding.description] == [True]


def test_annexes_and_tables_are_sequences_too(reviewer: BuiltinReviewer) -> None:
    annexes = "".join(f"# Annex {letter} Form\n\nFill it in.\n\n" for letter in "ABDE")
    assert len(said(reviewer, annexes, "no annex C")) == 1
    tables = "# One\n\nTable 1: Prices\n\nTable 2: Dates\n\n# Two\n\nTable 2: Names\n\nTable 3: Sums\n"
    assert said(reviewer, tables, "table 2 is used twice") == [["Table 2", "Table 2"]]


@pytest.mark.parametrize(
    "titles", [["1 Scope", "2 Terms", "3 Award"], ["4 Scope", "9 Terms", "17 Award"], ["Scope", "Terms", "2026 figures"], ["1 A", "2 B"]]
)
def test_whole_numbering_excerpts_and_figures_in_titles_are_left_alone(reviewer: BuiltinReviewer, titles: list[str]) -> None:
    made = survey(reviewer, document("".join(f"# {title}\n\nText of it.\n\n" for title in titles)))
    assert [finding.description for finding in made.findings if finding.category == "References"] == []


def test_a_term_used_before_it_is_given_given_in_vain_or_given_twice_is_told(reviewer: BuiltinReviewer) -> None:
    early = (
        "# Scope\n\nAll Works are the duty of the Supplier and cover the Site Office.\n\n# Definitions\n\n"
        '"Site Office" means the hut at the gate.\n"Works" means all that is built.\n\n# End\n\nThe Site Office and all Works end here.\n'
    )
    assert said(reviewer, early, "“Site Office” is used in “Scope” but given only in “Definitions”") == [["Site Office", "Site Office"]]
    assert len(said(reviewer, early, "“Works” is used in “Scope”")) == 1
    vain = '# Definitions\n\n"Site Office" means the hut.\n"Works" means what is built.\n\n# End\n\nAll Works end here.\n'
    assert said(reviewer, vain, "given but used nowhere else") == [["Site Office"]]
    twice = '# One\n\n"Works" means what is built.\n\n# Two\n\n"Works" means roads only. The Works end.\n'
    assert said(reviewer, twice, "given in two ways") == [["Works", "Works"]]
    abbreviation = "# One\n\nThe IAU looks.\n\n# Two\n\nThe Internal Audit Unit (IAU) decides. The IAU ends.\n"
    assert said(reviewer, abbreviation, "“IAU” is used in “One”") == [["IAU", "IAU"]]


def test_a_term_that_is_broken_over_two_lines_is_the_same_term(reviewer: BuiltinReviewer) -> None:
    text = '# One\n\n"Service\nProvider" means the company.\n\n# Two\n\nThen the Service Provider ends\nit. The Service\nProvider pays.\n'
    assert said(reviewer, text, "Service") == []


def test_what_a_section_said_is_not_said_again(reviewer: BuiltinReviewer) -> None:
    parsed = document(DEFECTIVE_REPORT)
    known = sections(reviewer, parsed)
    alone, told = survey(reviewer, parsed), survey(reviewer, parsed, known)
    repeated = {finding.description for finding in alone.findings} & {each.finding.description for each in known}
    assert repeated
    assert not repeated & {finding.description for finding in told.findings}


def test_an_empty_section_is_told_as_nobody_reviews_it_by_itself(reviewer: BuiltinReviewer) -> None:
    made = survey(reviewer, document("# One\n\nText.\n\n# Two\n\n# Three\n\nText.\n"))
    [finding] = [finding for finding in made.findings if "is empty" in finding.description]
    assert [(place.section, place.quote) for place in finding.places] == [(1, "")]


def test_coverage_says_of_each_check_what_rules_can_tell_and_no_more(
    reviewer: BuiltinReviewer, defective: tuple[ParsedDocument, tuple[Known, ...]]
) -> None:
    parsed, known = defective
    covered = {check.check_id: check for check in survey(reviewer, parsed, known).coverage}
    assert list(covered) == [check.id for check in default_guidelines().checks]
    titles = {check.title: covered[check.id] for check in default_guidelines().checks}
    assert titles["Award criteria and weights"].state == "partly"
    assert "add up to 110 %" in titles["Award criteria and weights"].note
    assert titles["Conflicts of interest"].state == "missing"
    assert titles["Recommendations"].state == "unclear"
    assert titles["Delivery, acceptance and payment"].places
    good = {check.check_id: check.state for check in survey(reviewer, document(CLEAN_REPORT)).coverage}
    assert good["C13"] == good["C14"] == "met"


def test_a_check_of_ones_own_is_looked_for_by_its_words(reviewer: BuiltinReviewer) -> None:
    own = Guidelines((Check("O01", "Elevators are inspected", "Every elevator."), Check("O02", "Fountain pens", "Ink.")))
    made = survey(reviewer, document("# Duties\n\nThe elevators run. Nothing else.\n"), guidelines=own)
    assert [(check.state, [place.quote for place in check.places]) for check in made.coverage] == [
        ("unclear", ["The elevators run."]),
        ("unclear", []),
    ]


def test_findings_keep_their_ids_and_every_topic_is_known(reviewer: BuiltinReviewer) -> None:
    parsed = document(DEFECTIVE_TENDER)
    assert survey(reviewer, parsed) == survey(reviewer, parsed)
    view = DocumentView(parsed, "document", lambda: None)
    assert {note.topic for _, rule in RULES for note in rule(view)} <= set(TOPICS)


def test_a_look_at_the_whole_stops_when_it_is_cancelled(reviewer: BuiltinReviewer) -> None:
    stopped = context()
    stopped.cancel()
    with pytest.raises(TaskCancelled):
        reviewer.survey(SurveyRequest(document(CLEAN_REPORT), "document", default_guidelines()), stopped)


def test_a_large_document_of_odd_text_takes_no_longer_than_its_length(reviewer: BuiltinReviewer) -> None:
    lines = "".join(
        f"# {number} Part\n\nThe “Term{number}” means x. Its retention money of item{number} is {number} %, the Term{number - 1}"
        f" is EUR {number}. Table {number}: a ({number}) AB (AB) {'a ' * 40}\n\n"
        for number in range(1, 600)
    )
    limited = context(time_limit=60)
    made = reviewer.survey(SurveyRequest(document(lines), "document", default_guidelines()), limited)
    assert len(made.findings) < 60


@pytest.mark.parametrize(
    "seed", ["a", "a ", '"A ', "“A", "(", "A B ", "9", "Table 1: a\n", "x | 1\n", "EUR 5 ", "three days ", "contact person: A "]
)
def test_a_hostile_text_is_looked_at_within_its_time(reviewer: BuiltinReviewer, seed: str) -> None:
    """What took more than linear time would run into the limit, which is far beyond what these characters need."""
    text = "# One\n\n" + (seed * 60_000)[:60_000] + "\n\n# Two\n\n" + (seed * 20_000)[:20_000]
    survey_request = SurveyRequest(document(text), "document", default_guidelines())
    made = reviewer.survey(survey_request, context(time_limit=60))
    assert len(made.coverage) == len(default_guidelines().checks)
