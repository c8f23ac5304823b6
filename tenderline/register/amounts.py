"""Figures as sources write them: amounts to whole hundredths, never by way of a binary fraction, and quantities."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

from tenderline.register.dates import Unreadable
from tenderline.register.schema import MAX_AMOUNT_MINOR

POINT, COMMA = ".", ","
DECIMALS = (POINT, COMMA)
"""What may stand before the decimals."""

GROUPED_POINT = re.compile(r"[1-9]\d{0,2}(?:[, '’]\d{2,3})*[, '’]\d{3}(?:\.\d*)?")
"""1,234,567.89, and 12,34,567.89 as in India."""
GROUPED_COMMA = re.compile(r"[1-9]\d{0,2}(?:[. '’]\d{3})+(?:,\d*)?")
_PLAIN_POINT = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_PLAIN_COMMA = re.compile(r"\d+(?:,\d*)?|,\d+")
_SCIENTIFIC = re.compile(r"\d(?:[.,]\d+)?[eE][+\-]?\d{1,3}")
_CURRENCY = re.compile(
    r"^(?:[^\W\d_]{1,4}\.?\s?[$€£¥₱₹]|[$€£¥₱₹₦₩₫₽₴₺]|[A-Z]{3}|Php|php|PhP|Rs\.?|Kč|kr\.?|R\$|S/\.?|P)\s*"
    r"|\s*(?:[$€£¥₱₹₦₩₫₽₴₺]|[A-Z]{3}|Kč|kr\.?|zł|,-|\.-)$"
)
_SPACES = re.compile(r"[\u00a0\u2007\u2009\u202f\s]+")
_SEPARATORS = str.maketrans("", "", ", '’.")
_LONGEST = 60


def parse_number(text: str, decimal: str) -> Decimal:
    """The exact number that a value tells.

    Takes currency signs and codes, thousands separators, brackets or a trailing minus for negative numbers.

    Args:
        text: a value that is not empty.
        decimal: what stands before the decimals, ``POINT`` or ``COMMA``; where a value has both, its last decides.

    Raises:
        Unreadable: it is no number, or one of the other style.
    """
    if len(text) > _LONGEST:
        raise Unreadable("This is too long for a number.")
    bare = _SPACES.sub(" ", text).strip().replace("−", "-")
    negative = bare.startswith("(") and bare.endswith(")")
    if negative:
        bare = bare[1:-1].strip()
    bare, minus = _signed(bare)
    if not (bare[:1].isdecimal() and bare[-1:].isdecimal()):
        bare = _CURRENCY.sub("", _CURRENCY.sub("", bare)).strip()
    bare, second = _signed(bare)
    number = _unsigned(bare, decimal)
    return -number if negative or minus or second else number


def _signed(bare: str) -> tuple[str, bool]:
    """The value without its sign, and whether that is a minus."""
    if bare.startswith(("-", "+")):
        return bare[1:].strip(), bare[0] == "-"
    if bare.endswith("-") and not bare.endswith((",-", ".-")):
        return bare[:-1].strip(), True
    return bare, False


def _unsigned(bare: str, decimal: str) -> Decimal:
    if _SCIENTIFIC.fullmatch(bare):
        return Decimal(bare.replace(",", "."))
    if POINT in bare and COMMA in bare:
        decimal = POINT if bare.rindex(POINT) > bare.rindex(COMMA) else COMMA
        if bare.count(decimal) > 1:  # 1.234.567,89 and its like are settled by the last mark; 1,234.567.890 is nothing
            raise Unreadable("This cannot be read as a number.")
    grouped, plain = (GROUPED_POINT, _PLAIN_POINT) if decimal == POINT else (GROUPED_COMMA, _PLAIN_COMMA)
    if plain.fullmatch(bare) or grouped.fullmatch(bare):
        whole, _, part = bare.partition(decimal)
        return Decimal(f"{whole.translate(_SEPARATORS) or '0'}.{part or '0'}")
    other = _PLAIN_COMMA if decimal == POINT else _PLAIN_POINT
    if decimal == COMMA and other.fullmatch(bare):  # 1234.50 groups nothing, so that its point can only stand before decimals
        return Decimal(bare)
    if bare.count(POINT) > 1 and GROUPED_COMMA.fullmatch(bare):  # 1.234.567
        return Decimal(bare.translate(_SEPARATORS))
    if other.fullmatch(bare):
        raise Unreadable(f"The “{COMMA}” in it reads like one before decimals, but the column's decimals follow a “{decimal}”.")
    raise Unreadable("This cannot be read as a number.")


def parse_amount(text: str, decimal: str) -> tuple[int, bool]:
    """An amount in hundredths, and whether it had to be rounded to them (half to even).

    Raises:
        Unreadable: it is no number, negative, or larger than any contract.
    """
    number = parse_number(text, decimal)
    if number < 0:
        raise Unreadable("The amount is negative.")
    if number.adjusted() > 20 or number * 100 > MAX_AMOUNT_MINOR:
        raise Unreadable(f"The amount is larger than {MAX_AMOUNT_MINOR // 100:,}, which no contract is.")
    minor = number * 100
    whole = minor.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)
    return int(whole), whole != minor


def parse_quantity(text: str, decimal: str) -> float:
    """A quantity. Raises ``Unreadable`` when it is no number, or negative, or absurd."""
    number = parse_number(text, decimal)
    if number < 0 or number.adjusted() > 15:
        raise Unreadable("The quantity cannot be right.")
    return float(number)
