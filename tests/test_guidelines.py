"""The checklist: the one that ships, one's own from Markdown, both together."""

from __future__ import annotations

from contextlib import suppress

import pytest

from tenderline.errors import Invalid
from tenderline.review.guidelines import MAX_TEXT_CHARS, MAX_TITLE_CHARS, combine, default_guidelines, parse_guidelines


def pairs(markdown: str) -> list[tuple[str, str]]:
    return [(check.title, check.text) for check in parse_guidelines(markdown).checks]


def test_the_default_checklist_has_about_twenty_checks_with_short_titles_and_real_texts() -> None:
    checks = default_guidelines().checks
    assert 18 <= len(checks) <= 25
    assert [check.id for check in checks] == [f"C{number:02}" for number in range(1, len(checks) + 1)]
    assert all(len(check.title.split()) <= 6 for check in checks)
    assert all(150 <= len(check.text) <= 600 for check in checks)
    assert len({check.title for check in checks}) == len(checks)


SUBJECTS = [
    "scope", "evidence", "dates", "currency", "legal basis", "signed", "conflict", "threshold", "or equivalent", "weights add up to",
    "standstill", "minimum", "questions", "committee", "penalt", "warrant", "amendment", "record", "complain", "conclusion",
    "owner|addressed", "single source",
]  # fmt: skip


@pytest.mark.parametrize("subject", SUBJECTS)
def test_the_default_checklist_covers_the_subject(subject: str) -> None:
    whole = " ".join(f"{check.title} {check.text}" for check in default_guidelines().checks).lower()
    assert any(word in " ".join(whole.split()) for word in subject.split("|"))


def test_headings_with_text_are_checks() -> None:
    assert pairs("# My manual\nFor everybody.\n\n## 1. Dates\nAre they *real*?\n\n## Money\n\nSums are right.\n\n- in words\n") == [
        ("Dates", "Are they real?"), ("Money", "Sums are right. in words"),
    ]  # fmt: skip


def test_list_items_are_checks_and_a_heading_above_them_a_group() -> None:
    markdown = "## Dates\nCheck:\n\n- **Weekdays**: fit their dates.\n- Is the deadline given?\n- [ ] Publication - before the deadline\n"
    assert pairs(markdown) == [
        ("Weekdays", "fit their dates."),
        ("Is the deadline given?", "Is the deadline given?"),
        ("Publication", "before the deadline"),
    ]


def test_a_long_item_gets_its_first_words_as_title_and_nested_items_belong_to_it() -> None:
    ((title, text), *_) = pairs(
        "1. Check that every amount in the document has a currency and that totals are right\n   - also in tables\n2. Two words"
    )
    assert title == "Check that every amount in the document has…"
    assert text.endswith("also in tables")


def test_setext_headings_numbering_links_and_markup_are_read_as_plain_text() -> None:
    assert pairs("A1. Dates\n---------\nSee [the law](https://example.org), <b>now</b>.\n") == [("Dates", "See the law, now.")]


def test_ids_are_unique_also_beyond_ninety_nine() -> None:
    checks = parse_guidelines("".join(f"- check number {number} of the list\n" for number in range(120))).checks
    assert len({check.id for check in checks}) == 120
    assert checks[-1].id == "C120"


def test_endless_titles_and_texts_are_cut() -> None:
    (check,) = parse_guidelines(f"# {'title ' * 50}\n{'word ' * 5_000}\n").checks
    assert len(check.title) <= MAX_TITLE_CHARS
    assert len(check.text) <= MAX_TEXT_CHARS


@pytest.mark.parametrize(
    "markdown", ["", "  \n", "only prose here, without any list.", "- \n- \n", "```\n# code\n```", "- 1\n- 2.\n", "***"]
)
def test_guidelines_without_a_check_are_refused_with_advice(markdown: str) -> None:
    with pytest.raises(Invalid) as raised:
        parse_guidelines(markdown)
    assert "heading" in (raised.value.hint or "")


@pytest.mark.parametrize("markdown", ["x" * 100_001, "- a check of the list\n" * 201])
def test_far_too_much_is_refused(markdown: str) -> None:
    with pytest.raises(Invalid):
        parse_guidelines(markdown)


@pytest.mark.parametrize("seed", ["- ", "#", "[", "*", "> ", "`", "[a](", "_a", "<a ", "1. ", "\n", "\x00", "&#", "~"])
def test_hostile_markdown_is_read_or_refused_within_its_size(seed: str) -> None:
    with suppress(Invalid):
        assert all(check.title for check in parse_guidelines((seed * 100_000)[:20_000]).checks)


def test_own_checks_come_first_and_keep_apart_from_the_default_ones() -> None:
    own = parse_guidelines("- Names: spelled alike\n- Dates: in the calendar\n")
    both = combine(own, "both").checks
    assert [check.id for check in both[:3]] == ["O01", "O02", "C01"]
    assert len({check.id for check in both}) == len(both) == 2 + len(default_guidelines().checks)
    assert [check.id for check in combine(own, "own_only").checks] == ["O01", "O02"]
    assert combine(own, "default_only") == combine(None, "both") == default_guidelines()


def test_only_own_checks_without_any_is_refused_as_is_an_unknown_preference() -> None:
    with pytest.raises(Invalid) as raised:
        combine(None, "own_only")
    assert "guidelines" in (raised.value.fields or {})
    with pytest.raises(Invalid):
        combine(None, "none")  # type: ignore[arg-type]
    with pytest.raises(Invalid):
        combine(default_guidelines(), "none")  # type: ignore[arg-type]
