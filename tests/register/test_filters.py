"""What can be asked, and what is refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tenderline.errors import Invalid
from tenderline.register.filters import Filters, filters_sentence, read_filters
from tenderline.register.queries import AggregateQuery, SearchQuery, TableQuery


@pytest.mark.parametrize(
    ("filters", "field"),
    [
        ({"contractors": [" "]}, "contractors.0"),
        ({"areas": ["north", "south &&"]}, "areas.1"),
        ({"keywords": ["x" * 201]}, "keywords.0"),
        ({"keywords": ["x"] * 51}, "keywords"),
        ({"keywords": "road"}, "keywords"),
        ({"organizations": [7]}, "organizations.0"),
        ({"business_categories": ["\ud800"]}, "business_categories.0"),
        ({"time_ranges": [{"type": "quarterly", "year": 2024, "quarter": 5}]}, "time_ranges.0.quarter"),
        ({"time_ranges": [{"type": "yearly", "year": 2024}, {"type": "yearly", "year": 0}]}, "time_ranges.1.year"),
        ({"time_ranges": [{"type": "custom", "startDate": "2024-02-30", "endDate": "2024-03-01"}]}, "time_ranges.0.startDate"),
        ({"time_ranges": [{"type": "custom", "startDate": "2024-02-02", "endDate": "2024-01-01"}]}, "time_ranges.0"),
        ({"time_ranges": [{"type": "monthly"}]}, "time_ranges.0"),
        ({"value_range": {"min": 2, "max": 1}}, "value_range"),
        ({"value_range": {"min": float("nan")}}, "value_range.min"),
        ({"value_range": {"most": 1}}, "value_range.most"),
        ({"contractor": ["Acme"]}, "contractor"),
    ],
)
def test_an_invalid_filter_is_refused_by_its_name(filters: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_filters(filters)
    assert list(refused.value.fields or {}) == [field]


def test_filters_may_stand_beside_the_rest_and_the_rest_inside_them() -> None:
    beside = SearchQuery.model_validate({"keywords": ["road"], "page": 3})
    inside = SearchQuery.model_validate({"filters": {"keywords": ["road"], "page": 3, "areas": None}})
    assert beside == inside == SearchQuery(filters=read_filters({"keywords": ["road"]}), page=3)
    assert beside.filters.keywords == ["road"]
    assert TableQuery.model_validate({"entity_type": "year"}).dimension == "year"
    assert AggregateQuery.model_validate({"topN": 5}).top_n == 5


@pytest.mark.parametrize(
    "body", [{"page": 1, "filters": {"page": 2}}, {"filters": []}, {"sort_by": "uid"}, {"page_size": 201}, {"page": 0}, {"pag": 1}]
)
def test_a_question_that_contradicts_itself_or_asks_for_the_unknown_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SearchQuery.model_validate(body)


def test_filters_that_mean_the_same_have_one_key() -> None:
    one = read_filters({"keywords": ["Road && bridge", "STRAßE"], "time_ranges": [{"type": "yearly", "year": 2024}]})
    other = read_filters(
        {
            "keywords": ["strasse", " bridge  &&ROAD", "road && bridge"],
            "time_ranges": [{"type": "custom", "startDate": "2024-01-01", "endDate": "2024-12-31"}],
        }
    )
    assert one.canonical() == other.canonical()
    assert one.canonical() != read_filters({"keywords": ["road", "strasse"]}).canonical()


def test_bounds_are_exact_to_the_cent() -> None:
    assert read_filters({"value_range": {"min": 0.29, "max": 1e15}}).amounts() == (29, 10**17)
    assert read_filters({"value_range": {"min": 0.001}}).amounts() == (1, None)
    assert read_filters({"value_range": {"max": -0.001}}).amounts() == (None, -1)
    assert read_filters({"value_range": {}}).amounts() is None


def test_a_sentence_tells_every_filter() -> None:
    assert filters_sentence(Filters()) == "all contracts"
    told = filters_sentence(
        read_filters(
            {
                "contractors": ["Acme", "Bolt"],
                "keywords": ["road && bridge"],
                "time_ranges": [{"type": "quarterly", "year": 2024, "quarter": 2}],
                "value_range": {"min": 1000, "max": 2500.5},
            }
        )
    )
    assert told == (
        "contractor contains “Acme” or “Bolt”, text contains “road” and “bridge”, awarded in quarter 2 of 2024, amount 1,000 to 2,500.5"
    )
