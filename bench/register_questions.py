"""The questions that the register and its rivals are asked: of each kind several, no two alike, so that nobody answers from memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from bench.register_words import COMMON, Names

Ask = Literal["search", "aggregate", "table"]


@dataclass(frozen=True)
class Kind:
    """One kind of question.

    Attributes:
        name: what it is called in the table.
        ask: which function answers it.
        bodies: the questions as the HTTP interface takes them.
        goal: milliseconds.
        is_keyword: whether it is to be 30 times as fast as text search over Parquet.
    """

    name: str
    ask: Ask
    bodies: list[dict[str, Any]]
    goal: float
    is_keyword: bool = False


PHRASES = ["supply and delivery", "delivery and installation", "repair and maintenance", "and delivery of", "delivery of water"]
LETTERS = ["q", "z", "x", "k", "e"]
YEARS = [2019, 2020, 2021, 2022, 2023]


def kinds(names: Names) -> list[Kind]:
    """Every kind of the table in docs, five questions each."""

    def each(build: Any) -> list[dict[str, Any]]:
        return [build(number) for number in range(5)]

    def contractor(number: int) -> str:
        return names.contractors[20 + 37 * number]

    def word(number: int) -> str:
        return COMMON[3 + 11 * number]

    def several(number: int) -> dict[str, Any]:
        return {
            "contractors": ["construction", "builders"],
            "areas": names.areas[number : number + 3],
            "business_categories": ["supplies"],
            "time_ranges": [{"type": "yearly", "year": YEARS[number]}],
            "keywords": [word(number + 6)],
        }

    def year(number: int) -> dict[str, Any]:
        return {"time_ranges": [{"type": "yearly", "year": YEARS[number]}]}

    def quarter(number: int) -> dict[str, Any]:
        return {"time_ranges": [{"type": "quarterly", "year": YEARS[number], "quarter": number % 4 + 1}]}

    return [
        Kind("no filter, newest first", "search", each(lambda n: {"page": n + 1}), 50),
        Kind("one contractor", "search", each(lambda n: {"contractors": [contractor(n)]}), 50),
        Kind("keyword", "search", each(lambda n: {"keywords": [word(n)]}), 50, is_keyword=True),
        Kind("a && b", "search", each(lambda n: {"keywords": [f"{word(n + 1)} && {word(n + 2)}"]}), 50, is_keyword=True),
        Kind("several chips", "search", each(several), 50),
        Kind("year", "search", each(year), 50),
        Kind("quarter", "search", each(quarter), 50),
        Kind("value range", "search", each(lambda n: {"value_range": {"min": 10_000 * (n + 1), "max": 100_000 * (n + 2)}}), 50),
        Kind("page 5000", "search", each(lambda n: {"page": 5000 + n}), 50),
        Kind("sorted by amount", "search", each(lambda n: {"sort_by": "contract_amount", "page": n + 1}), 50),
        Kind("phrase", "search", each(lambda n: {"keywords": [PHRASES[n]]}), 300),
        Kind("one letter", "search", each(lambda n: {"keywords": [LETTERS[n]]}), 300),
        Kind("aggregates, no filter", "aggregate", each(lambda n: {"topN": 10 + n}), 80),
        Kind("aggregates, year", "aggregate", each(year), 80),
        Kind("aggregates, keyword", "aggregate", each(lambda n: {"keywords": [word(n + 3)]}), 80, is_keyword=True),
        Kind("contractors' table, no filter", "table", each(lambda n: {"dimension": "contractor", "page": n + 1}), 80),
        Kind(
            "contractors' table, keyword",
            "table",
            each(lambda n: {"dimension": "contractor", "keywords": [word(n + 5)]}),
            80,
            is_keyword=True,
        ),
    ]


def mixed(names: Names, seed: int) -> Iterator[tuple[Ask, dict[str, Any]]]:
    """Without end: what people ask, in no order, with values of their own."""
    random = np.random.default_rng(seed)

    def pick(options: list[Any]) -> Any:
        return options[int(random.integers(len(options)))]

    def keyword() -> dict[str, Any]:
        return {"keywords": [pick(COMMON if random.random() < 0.5 else names.words)]}

    def period() -> dict[str, Any]:
        return {"time_ranges": [{"type": "quarterly", "year": int(random.integers(2012, 2026)), "quarter": int(random.integers(1, 5))}]}

    builders: list[tuple[Ask, Any]] = [
        ("search", lambda: {"page": int(random.integers(1, 20_000))}),
        ("search", lambda: {"contractors": [pick(names.contractors)]}),
        ("search", keyword),
        ("search", lambda: {"keywords": [f"{pick(COMMON)} && {pick(COMMON)}"]}),
        ("search", lambda: {**keyword(), **period(), "areas": [pick(names.areas)]}),
        ("search", period),
        ("search", lambda: {"value_range": {"min": int(random.integers(1, 10**6)), "max": int(random.integers(10**6, 10**7))}}),
        ("search", lambda: {"sort_by": "contract_amount", "page": int(random.integers(1, 20_000))}),
        ("aggregate", period),
        ("aggregate", keyword),
        ("table", lambda: {"dimension": "contractor", **keyword()}),
    ]
    while True:
        ask, build = pick(builders)
        yield ask, build()
