"""What Claude's models cost: one table, with the day it was read, and how a setting overrides it.

Prices are in US dollars for a million tokens, which is the same as millionths of a dollar for one token. They are those of Anthropic's own
API; what a cloud or a contract charges may differ, and then ``AI_PRICES`` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_UP, Decimal, InvalidOperation

PRICES_AS_OF = "2026-10-24"
"""The day on which the table was as published."""


@dataclass(frozen=True)
class Price:
    """Prices of one model, for requests whose prompt (cached tokens included) has at most ``up_to`` tokens; None is no bound."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal
    up_to: int | None = None


def _price(given: str, up_to: int | None = None) -> Price:
    fresh, out, read, write = (Decimal(part) for part in given.split())
    return Price(fresh, out, read, write, up_to)


PRICES: Mapping[str, tuple[Price, ...]] = {
    "claude-fable-5-1": (_price("10 50 1 12.5"),),
    "claude-opus-5-5": (_price("4 20 0.2 5"),),
    "claude-opus-5": (_price("5 25 0.5 6.25"),),
    "claude-sonnet-5-5": (_price("2 10 0.1 2.5"),),
    "claude-sonnet-5": (_price("2 10 0.2 2.5"),),
    "claude-haiku-5-5": (_price("0.1 0.5 0.01 0.125", 100_000), _price("0.5 2.5 0.05 0.625")),
    "claude-haiku-4-5": (_price("1 5 0.1 1.25"),),
}

# What may follow a model's name in an identifier: "-20260901", "-v1:0", "@20260901", "[1m]".
_REST = re.compile(r"(?:-\d{8})?(?:-v\d.*|[:@\[].*)?$")
CACHE_READ_SHARE, CACHE_WRITE_SHARE = Decimal("0.1"), Decimal("1.25")
"""Of the price of input, where only that is given."""


def parse_prices(given: Iterable[str]) -> dict[str, tuple[Price, ...]]:
    """Prices of a setting: ``name=input/output`` or ``name=input/output/cache read/cache write`` each. Raises ``ValueError``."""
    prices: dict[str, tuple[Price, ...]] = {}
    for entry in given:
        name, _, figures = entry.partition("=")
        try:
            numbers = [Decimal(part.strip()) for part in figures.split("/")]
        except InvalidOperation:
            numbers = []
        if not name.strip() or len(numbers) not in (2, 4) or not all(number.is_finite() and number >= 0 for number in numbers):
            raise ValueError(f"{entry!r} is no price: write model=input/output or model=input/output/cache read/cache write")
        fresh, out, *cached = numbers
        read, write = cached or (fresh * CACHE_READ_SHARE, fresh * CACHE_WRITE_SHARE)
        prices[name.strip()] = (Price(fresh, out, read, write),)
    return prices


def price_of(model: str, own: Mapping[str, tuple[Price, ...]]) -> tuple[Price, ...] | None:
    """The prices of a model by its name or a cloud's identifier of it; ``own`` come first; None when there are none."""
    for table in (own, PRICES):
        if model in table:
            return table[model]
        for name in sorted(table, key=len, reverse=True):
            _, found, rest = model.partition(name)
            if found and _REST.fullmatch(rest):
                return table[name]
    return None


def cost_of(
    model: str,
    own: Mapping[str, tuple[Price, ...]],
    *,
    input_tokens: int,
    output_tokens: int,
    cache_read_tokens: int,
    cache_write_tokens: int,
) -> int | None:
    """What one request cost, in millionths of a dollar, rounded up; None when the model's prices are unknown."""
    prices = price_of(model, own)
    if prices is None:
        return None
    prompt = input_tokens + cache_read_tokens + cache_write_tokens
    price = next((price for price in prices if price.up_to is None or prompt <= price.up_to), prices[-1])
    cost = input_tokens * price.input + output_tokens * price.output
    cost += cache_read_tokens * price.cache_read + cache_write_tokens * price.cache_write
    return int(cost.to_integral_value(ROUND_UP))
