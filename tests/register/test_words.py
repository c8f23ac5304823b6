"""A keyword finds exactly the rows whose searched text contains it, whatever characters it is made of."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tenderline.register import building_words, text_column, word_index
from tenderline.register.folding import fold_array
from tenderline.register.schema import SEARCHED, clean, fold
from tenderline.register.segment import Segment
from tests.register.contracts import WORDS, many, opened

ROWS = many(400, seed=2)
ALPHABET = st.sampled_from("aàáeßsSıiİIkK%_\"'\\.-&水道🚧\u0301\u0345ﬁ12")
TEXT = st.lists(st.text(ALPHABET, min_size=1, max_size=4), min_size=1, max_size=5).map(" ".join)


def _texts(row: dict[str, Any]) -> str:
    return "\n".join(fold(row[name]) for name in SEARCHED if row.get(name))


def _found(segment: Segment, keyword: str) -> list[int]:
    """The ordinals of the rows that match, with the form of the answer checked."""
    answer = segment.words.match(keyword)
    if answer.dtype == np.bool_:
        assert len(answer) == segment.rows
        rows = np.flatnonzero(answer)
    else:
        assert (np.diff(answer) > 0).all()
        rows = answer
    return sorted((segment.uid[rows] & 0xFFFFFFFF).tolist())


def _expected(rows: list[dict[str, Any]], keyword: str) -> list[int]:
    return [number for number, row in enumerate(rows) if keyword in _texts(row)]


@pytest.fixture(scope="module")
def segment(tmp_path_factory: pytest.TempPathFactory) -> Segment:
    return opened(tmp_path_factory.mktemp("data"), ROWS)


@pytest.fixture(params=["few", "many"])
def density(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once with row numbers wherever there can be, once with masks and arrays compared."""
    few = request.param == "few"
    monkeypatch.setattr(word_index, "DENSE", 0 if few else 10**6)
    monkeypatch.setattr(word_index, "FEW_RANGES", 1 if few else 200)
    monkeypatch.setattr(word_index, "LONG", 3)
    monkeypatch.setattr(text_column, "MANY_HITS", 10**6 if few else 1)


@pytest.mark.usefixtures("density")
def test_every_fragment_of_every_text_finds_its_rows(segment: Segment) -> None:
    chance = random.Random(3)
    for _ in range(400):
        text = _texts(chance.choice(ROWS)) or "nothing"
        begin = chance.randrange(len(text))
        fragment = fold(clean(text[begin : begin + chance.randint(1, 14)]) or "a")
        assert _found(segment, fragment) == _expected(ROWS, fragment), fragment


@pytest.mark.parametrize("keyword", sorted({fold(word) for word in WORDS} | {*"%_'\"\\&é水🚧", "nothing at all", "d d", "\ud800", "ss"}))
def test_a_word_finds_its_rows(segment: Segment, keyword: str) -> None:
    assert _found(segment, keyword) == _expected(ROWS, keyword)


def test_a_phrase_reaches_over_no_field_and_no_row(tmp_path: Path) -> None:
    rows = [
        {"award_title": "alpha beta", "notice_title": "gamma delta"},
        {"award_title": "delta", "item_description": "alpha beta gamma"},
        {"award_title": "gamma", "notice_title": "gamma"},
        {"award_title": "beta"},
        {"award_title": "gamma gamma"},
    ]
    segment = opened(tmp_path, rows)
    for keyword in ("beta gamma", "delta delta", "gamma gamma", "ta ga", "gamma beta", "gamma delta", "a", "alpha beta gamma", "a gamma d"):
        assert _found(segment, keyword) == _expected(rows, keyword), keyword


@settings(max_examples=60)
@given(texts=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6), keywords=st.lists(TEXT, min_size=1, max_size=8), pick=st.randoms())
def test_any_text_of_odd_characters_is_matched_literally(
    tmp_path: Path, texts: list[tuple[str, str]], keywords: list[str], pick: random.Random
) -> None:
    rows = [{"award_title": clean(title), "item_description": clean(description)} for title, description in texts]
    segment = opened(tmp_path, rows)
    everything = "\n".join(map(_texts, rows))
    for _ in range(8):
        begin = pick.randrange(len(everything) + 1)
        keywords.append(everything[begin : begin + pick.randint(1, 6)])
    for keyword in keywords:
        folded = fold(clean(keyword) or "x")
        assert _found(segment, folded) == _expected(rows, folded), (folded, rows)


@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
def test_whole_columns_fold_as_single_texts_do(texts: list[str]) -> None:
    assert fold_array(pa.array(texts, pa.large_string())).to_pylist() == [fold(text) for text in texts]


def test_a_large_index_is_sorted_in_ranges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building_words, "RANGE_TOKENS", 50)
    monkeypatch.setattr(building_words, "STEP_ROWS", 32)
    segment = opened(tmp_path, ROWS[:150])
    for keyword in ("a", "road", "supply and", "and delivery of", "works", "s r"):
        assert _found(segment, keyword) == _expected(ROWS[:150], keyword), keyword
    assert len(segment.words.rows) > 50
