"""What a request to Claude costs."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tenderline.prices import cost_of, parse_prices, price_of
from tenderline.settings import Settings

NONE = {"input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 0, "cache_write_tokens": 0}
PAID = {"ai_provider": "anthropic", "anthropic_api_key": "k"}


def cost(model: str, own: tuple[str, ...] = (), **tokens: int) -> int | None:
    return cost_of(model, parse_prices(own), **{**NONE, **tokens})


def test_each_kind_of_token_has_its_price() -> None:
    million = 1_000_000
    assert cost("claude-sonnet-5-5", input_tokens=million) == 2 * million
    assert cost("claude-sonnet-5-5", output_tokens=million) == 10 * million
    assert cost("claude-sonnet-5-5", cache_read_tokens=million) == million // 10
    assert cost("claude-sonnet-5-5", cache_write_tokens=million) == 2.5 * million
    assert cost("claude-sonnet-5-5", input_tokens=1, cache_read_tokens=1) == 3  # rounded up


def test_a_long_prompt_costs_more_where_the_model_says_so() -> None:
    assert cost("claude-haiku-5-5", input_tokens=40_000, cache_read_tokens=60_000, output_tokens=1000) == 4000 + 600 + 500
    assert cost("claude-haiku-5-5", input_tokens=40_001, cache_read_tokens=60_000, output_tokens=1000) == 20_001 + 3000 + 2500


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("us.anthropic.claude-sonnet-5-5-20260901-v1:0", "claude-sonnet-5-5"),
        ("arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-haiku-5-5", "claude-haiku-5-5"),
        ("claude-sonnet-5-5[1m]", "claude-sonnet-5-5"),
        ("claude-opus-5-7", None),
        ("claude-opus-55", None),
        ("gpt", None),
    ],
)
def test_a_model_is_known_by_its_name_and_by_a_clouds_name_for_it(name: str, known: str | None) -> None:
    assert price_of(name, {}) == (price_of(known, {}) if known else None)
    assert (cost(name, input_tokens=1000) is None) == (known is None)


def test_a_setting_overrides_the_table_and_adds_to_it() -> None:
    own = ("claude-sonnet-5-5=4/20", "house-model=1/2/0.5/3")
    assert cost("claude-sonnet-5-5", own, input_tokens=1000, cache_read_tokens=1000, cache_write_tokens=1000) == 4000 + 400 + 5000
    assert cost("house-model", own, input_tokens=100, output_tokens=100, cache_read_tokens=100, cache_write_tokens=100) == 650


@pytest.mark.parametrize("entry", ["claude", "claude=1", "claude=1/x", "=1/2", "claude=1/2/3", "claude=-1/2", "claude=NaN/2"])
def test_a_price_that_cannot_be_read_stops_the_start(entry: str) -> None:
    with pytest.raises(ValidationError, match="is no price"):
        Settings(_env_file=None, ai_prices=entry)  # type: ignore[call-arg]


def test_a_budget_needs_the_prices_of_all_models_it_is_to_bound() -> None:
    with pytest.raises(ValidationError, match="the price of mystery is unknown"):
        Settings(_env_file=None, ai_daily_budget=5, claude_fallback_models="mystery", **PAID)  # type: ignore[call-arg, arg-type]
    known = Settings(_env_file=None, ai_daily_budget=5, claude_fallback_models="mystery", ai_prices="mystery=1/2", **PAID)  # type: ignore[call-arg, arg-type]
    assert known.ai_daily_budget == 5
    assert Settings(_env_file=None, ai_daily_budget=5, claude_model="mystery", ai_provider="builtin").provider == "builtin"  # type: ignore[call-arg, arg-type]
