"""The parts that work on text: quotes, sections in parts, answers cut short, cleaning."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderline.review.claude.clean import clean_line, clean_text, sendable
from tenderline.review.claude.parts import split
from tenderline.review.claude.quotes import Text
from tenderline.review.claude.schema import parse
from tests.claude_wire import review_json

TEXTS = st.text(alphabet=st.sampled_from("ab .\n\t\u00a0“”\"'’–-…\u00ad|"), max_size=60)


@pytest.mark.parametrize(
    ("text", "quote", "found"),
    [
        ("one two three", "two", "two"),
        ("one\n  two\u00a0three", "one two three", "one\n  two\u00a0three"),
        ("the “best” offer – so far", '"best" offer - so far', "“best” offer – so far"),
        ("it’s here", "it's here", "it’s here"),
        ("and so on… then", "so on... then", "so on… then"),
        ("pro\u00adcure\u200bment rules", "procurement rules", "pro\u00adcure\u200bment rules"),
        ("  edge  ", " edge ", "edge"),
        ("Cells | in a row", "Cells | in a row", "Cells | in a row"),
        ("The Price", "the price", None),
        ("one two", "one, two", None),
        ("one two", "onetwo", None),
        ("one two", "one ... two", None),
        ("one two", "", None),
        ("one two", " \n", None),
        ("one two", "\u200b", None),
        ("", "one", None),
    ],
)
def test_a_quote_is_found_word_for_word_but_for_space_and_shapes(text: str, quote: str, found: str | None) -> None:
    place = Text(text).locate(quote)
    assert (text[slice(*place)] if place else None) == found


def test_whole_words_come_before_parts_of_words_and_words_in_front_before_both() -> None:
    text = "the party pays art; art is long. State of the art"
    assert Text(text).locate("art") == (text.index("art;"), text.index("art;") + 3)
    assert Text(text).locate("art", before="State of the") == (len(text) - 3, len(text))
    assert Text(text).locate("art", near=20) == (text.index("art is"), text.index("art is") + 3)


@given(TEXTS, st.data())
def test_every_stretch_of_a_text_is_found_in_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    quote = text[start:end]
    place = Text(text).locate(quote)
    if quote.strip():
        assert place is not None
        assert text[slice(*place)] == quote.strip()


@given(TEXTS, TEXTS)
def test_what_is_found_is_the_quote_but_for_space_and_shapes(text: str, quote: str) -> None:
    def letters(value: str) -> str:
        return "".join(character for character in value if character in "ab|")

    place = Text(text).locate(quote)
    if place is not None:
        assert 0 <= place[0] < place[1] <= len(text)
        assert letters(text[slice(*place)]) == letters(quote)


@given(st.text(alphabet="ab. \n", max_size=200), st.integers(1, 40))
def test_the_parts_of_a_section_are_all_of_it_and_none_is_too_long(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(0 < part.end - part.start <= limit for part in parts)
    assert all(first.end <= second.start for first, second in itertools.pairwise(parts))
    covered = {index for part in parts for index in range(part.start, part.end)}
    assert all(text[index].isspace() for index in range(len(text)) if index not in covered)


def test_parts_end_with_paragraphs_where_they_can() -> None:
    text = "First paragraph.\nSecond one is here.\nThird.\n"
    assert [text[part.start : part.end] for part in split(text, 40)] == ["First paragraph.\nSecond one is here.\n", "Third.\n"]


@given(st.integers(0, len(review_json("noon", "Bids", 'a \\"quote\\": [{'))))
def test_an_answer_cut_anywhere_gives_its_complete_findings(cut: int) -> None:
    whole = review_json("noon", "Bids", 'a \\"quote\\": [{')
    parsed = parse(whole[:cut])
    quotes = [finding.quote for finding in parsed.findings] if parsed else []
    assert quotes == ["noon", "Bids", 'a \\"quote\\": [{'][: len(quotes)]
    assert parsed is None or parsed.whole == (cut >= len(whole) - 1)


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '{"findings": 3}', "[" * 100_000, '{"findings": [' + "[" * 100_000, "9" * 10_000, '{"other": []}']
)
def test_an_answer_that_is_no_review_is_none_or_empty(text: str) -> None:
    parsed = parse(text)
    assert parsed is None or parsed.findings == ()


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-1", "1.5", "1e999", '"0.9x"', "null"])
def test_a_confidence_that_is_none_makes_the_finding_malformed(value: str) -> None:
    whole = review_json("noon").replace('"confidence": 0.9', f'"confidence": {value}')
    parsed = parse(whole)
    assert parsed is not None
    assert (parsed.findings, parsed.malformed) == ((), 1)


def test_very_many_findings_are_counted_but_not_all_read() -> None:
    parsed = parse(review_json(*["noon"] * 150))
    assert parsed is not None
    assert (len(parsed.findings), parsed.malformed) == (100, 50)


@settings(max_examples=300)
@given(st.text(max_size=300), st.integers(1, 100))
def test_clean_text_can_be_stored_shown_and_is_short(text: str, limit: int) -> None:
    clean = clean_text(text, limit)
    assert len(clean) <= limit
    clean.encode()
    assert all(character == "\n" or character.isprintable() or character.isspace() for character in clean)
    assert "\x00" not in clean
    assert "\n" not in clean_line(text, limit)


@given(st.text(alphabet=st.characters(), max_size=100))
def test_what_is_sent_has_the_same_length_and_can_be_encoded(text: str) -> None:
    sent = sendable(text + "\ud800\x00")
    assert len(sent) == len(text) + 2
    json.dumps(sent, ensure_ascii=False).encode()
