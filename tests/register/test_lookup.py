"""The short question to the register that a chat may ask."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from tenderline.errors import Invalid
from tenderline.register.lookup import MOST_CONTRACTS, Lookup, look_up, schema
from tests.web.register_data import publish


def test_years_and_amounts_become_the_filters_of_a_search() -> None:
    asked = Lookup.model_validate({"contractors": ["acme"], "first_year": 2020, "last_year": 2021, "min_amount": 1000})
    assert asked.filters() == {
        "contractors": ["acme"],
        "time_ranges": [{"type": "custom", "startDate": "2020-01-01", "endDate": "2021-12-31"}],
        "value_range": {"min": 1000},
    }


def test_the_schema_names_all_that_may_be_asked_and_nothing_else() -> None:
    made = schema()
    assert made["additionalProperties"] is False
    assert made["properties"]["contracts"]["maximum"] == MOST_CONTRACTS


def test_it_tells_totals_names_and_the_largest_contracts(app: Flask) -> None:
    publish(
        app,
        [
            {"contract_no": "A-1", "awardee_name": "Acme Ltd", "contract_amount": 10000, "award_date": date(2024, 2, 1)},
            {"contract_no": "A-2", "awardee_name": "ACME Ltd", "contract_amount": 30000, "award_date": date(2024, 3, 1)},
            {"contract_no": "B-1", "awardee_name": "Bolt", "contract_amount": 90000, "award_date": date(2024, 3, 1)},
        ],
    )
    found = look_up(app.extensions["tenderline"].register, {"contractors": ["acme"], "contracts": 1})
    assert (found["count"], found["total_value"]) == (2, 400)
    assert [row["contract_no"] for row in found["contracts"]] == ["A-2"]
    assert found["summary"] == "contractor contains “acme”: 2 contracts"
    assert found["filters"] == {"contractors": ["acme"]}


@pytest.mark.parametrize("asked", [{"supplier": "Acme"}, {"contractors": ["x"] * 6}, {"contracts": 11}, {"keywords": [""]}])
def test_what_may_not_be_asked_is_refused_in_words(app: Flask, asked: dict[str, object]) -> None:
    with pytest.raises(Invalid) as raised:
        look_up(app.extensions["tenderline"].register, asked)
    assert next(iter(asked)) in raised.value.message
