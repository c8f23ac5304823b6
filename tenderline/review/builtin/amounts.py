"""Money, percentages and plain figures in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tenderline.review.builtin.text import words

_SYMBOLS = {
    "€": "EUR", "£": "GBP", "$": "USD", "¥": "JPY", "₹": "INR", "₱": "PHP", "₦": "NGN", "₺": "TRY", "₴": "UAH", "₽": "RUB", "₩": "KRW",
    "฿": "THB", "₫": "VND", "GH₵": "GHS", "GH¢": "GHS", "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD",
    "HK$": "HKD", "S$": "SGD", "R$": "BRL", "Rs": "INR", "Rs.": "INR", "KSh": "KES", "Kshs": "KES", "Ksh": "KES", "UShs": "UGX",
    "TSh": "TZS", "Php": "PHP", "PhP": "PHP", "P": "PHP", "N": "NGN", "R": "ZAR", "Tk": "BDT", "Tk.": "BDT", "Birr": "ETB", "Fr.": "CHF",
}  # fmt: skip
_CODES = words(
    "USD EUR GBP JPY CHF CAD AUD NZD CNY INR PHP NGN GHS KES UGX TZS ZAR ETB RWF XOF XAF EGP MAD TND DZD SEK NOK DKK PLN CZK HUF RON BGN",
    "HRK RSD MKD BAM TRY UAH RUB GEL AMD AZN KZT UZS KGS TJS MDL ILS JOD LBP SAR AED QAR KWD BHD OMR PKR BDT LKR NPR MMK THB VND KHR",
    "LAK IDR MYR SGD HKD KRW TWD MNT FJD PGK BRL MXN ARS CLP COP PEN BOB PYG UYU GTQ HNL NIO CRC DOP JMD TTD ZMW MWK MZN AOA NAD BWP SLL",
    "LRD GMD",
)
_NAMES = {
    "euro": "EUR", "euros": "EUR", "dollar": "USD", "dollars": "USD", "us dollars": "USD", "pound": "GBP", "pounds": "GBP",
    "pounds sterling": "GBP", "rupee": "INR", "rupees": "INR", "peso": "PHP", "pesos": "PHP", "naira": "NGN", "cedi": "GHS", "cedis": "GHS",
    "shilling": "KES", "shillings": "KES", "rand": "ZAR", "yen": "JPY", "yuan": "CNY", "franc": "CHF", "francs": "CHF", "kroner": "NOK",
    "kronor": "SEK", "zloty": "PLN", "birr": "ETB", "taka": "BDT", "ringgit": "MYR", "baht": "THB", "lira": "TRY", "hryvnia": "UAH",
}  # fmt: skip
_SCALES = {
    "thousand": 10**3, "k": 10**3, "million": 10**6, "m": 10**6, "mn": 10**6, "mio": 10**6, "billion": 10**9, "bn": 10**9,
    "lakh": 10**5, "lakhs": 10**5, "crore": 10**7, "crores": 10**7,
}  # fmt: skip

_SIGN = "|".join(re.escape(sign) for sign in sorted(_SYMBOLS, key=len, reverse=True))
_CODE = "|".join(sorted(_CODES))
_NAME = "|".join(sorted(_NAMES, key=len, reverse=True))
_SCALE = "|".join(sorted(_SCALES, key=len, reverse=True))
_PLAIN = r"\d{1,15}(?:[.,]\d{1,4})?"
_GROUPED = (
    r"\d{1,3}(?:,\d{2,3}){1,6}(?:\.\d{1,4})?"
    r"|\d{1,3}(?:\.\d{3}){2,6}(?:,\d{1,4})?"
    r"|\d{1,3}(?:['’\u00a0\u202f\u2009]\d{3}){1,6}(?:[.,]\d{1,4})?"
)
_SPACED = r"\d{1,3}(?:\s\d{3}){1,6}(?:[.,]\d{1,2})?"
_TAIL = r"(?![\d\w]|[.,]\d)"
_UNIT = rf"(?:\s?(?P<scale{{0}}>(?i:{_SCALE}))\b)?"

_MONEY = re.compile(
    rf"(?:(?<![\w.$€£])(?P<sign>{_SIGN}|(?:{_CODE})(?=[\s\d]))\s{{0,2}}(?P<first>{_SPACED}{_TAIL}|(?:{_GROUPED}|{_PLAIN})(?=[kKmM]\b"
    rf"|bn\b|{_TAIL}))"
    + _UNIT.format(1)
    + rf"|(?<![\w.,/$€£-])(?P<second>{_SPACED}{_TAIL}|(?:{_GROUPED}|{_PLAIN})(?=[kKmM]\b|bn\b|{_TAIL}|[€£]))"
    + _UNIT.format(2)
    + rf"\s{{0,2}}(?P<name>(?:{_CODE})\b|(?i:(?:us\s)?(?:{_NAME}))\b|[€£$₹₱₦]))"
)
_PERCENT = re.compile(r"(?<![\w.,])(\d{1,4}(?:[.,]\d{1,4})?)\s{0,2}(?:%|(?i:per\s?cent|percent|pct)\b)")
_FIGURE = re.compile(rf"(?<![\w.,/$€£-])(?:{_GROUPED}|{_PLAIN}){_TAIL}")
_CELL = re.compile(
    rf"^[(~]?[-–−+]?\s?(?:(?P<sign>{_SIGN}|(?:{_CODE})\b)\s{{0,2}})?(?P<number>[-–−]?(?:{_SPACED}|{_GROUPED}|{_PLAIN}))\s?"
    rf"(?P<unit>%|(?:{_CODE})\b|[€£$]|(?i:points?|pts?|marks?|per\s?cent)\b)?\)?[-–−]?\s?\*{{0,2}}$"
)


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure in the text.

    Attributes:
        value: what it means, scales ("million") applied.
        currency: ISO code, "%" for a percentage, "" for a plain figure.
        places: decimals written.
    """

    start: int
    end: int
    value: Decimal
    currency: str
    places: int = 0


def find_money(text: str, start: int = 0, end: int | None = None) -> Iterator[Amount]:
    """Every amount that names its currency, before or after the figure."""
    for match in _MONEY.finditer(text, start, len(text) if end is None else end):
        number = match["first"] or match["second"]
        value, places = parse_number(number)
        sign = match["sign"] or match["name"]
        if value is None or (sign in ("P", "N", "R") and value < 1000):
            continue
        scale = (match["scale1"] or match["scale2"] or "").lower()
        yield Amount(match.start(), match.end(), value * _SCALES.get(scale, 1), currency_code(sign), places)


def find_percentages(text: str, start: int = 0, end: int | None = None) -> Iterator[Amount]:
    """Every percentage."""
    for match in _PERCENT.finditer(text, start, len(text) if end is None else end):
        value, places = parse_number(match[1])
        if value is not None:
            yield Amount(match.start(), match.end(), value, "%", places)


def find_figures(text: str, start: int = 0, end: int | None = None) -> Iterator[Amount]:
    """Every plain number, those with a currency or percent sign included, without looking at it."""
    for match in _FIGURE.finditer(text, start, len(text) if end is None else end):
        value, places = parse_number(match[0])
        if value is not None:
            yield Amount(match.start(), match.end(), value, "", places)


def cell_amount(text: str) -> Amount | None:
    """The figure that a table cell holds, or None when it holds something else."""
    match = _CELL.match(text) if len(text) <= 40 else None
    if match is None:
        return None
    value, places = parse_number(match["number"].lstrip("-–−"))
    if value is None:
        return None
    negative = text.lstrip("~ ")[:1] in "-–−(" or match["number"][0] in "-–−"
    unit = (match["unit"] or "").lower()
    currency = currency_code(match["sign"] or match["unit"] or "")
    return Amount(0, len(text), -value if negative else value, "%" if unit in ("%", "percent", "per cent") else currency, places)


def currency_code(sign: str) -> str:
    """The ISO code of a sign, code or name; "" for anything else. A plain "$" counts as USD, a plain "pound" as GBP, and so on."""
    if sign in _SYMBOLS:
        return _SYMBOLS[sign]
    return sign if sign in _CODES else _NAMES.get(" ".join(sign.lower().split()), "")


def parse_number(text: str) -> tuple[Decimal | None, int]:
    """The value of a written number and how many decimals it shows.

    With two kinds of separator the last one is the decimal mark; a separator that comes more than once groups digits; a single comma or
    space before exactly three digits groups them, a single point does not.
    """
    compact = re.sub(r"[\s'’]", "", text)
    commas, points = compact.count(","), compact.count(".")
    if commas and points:
        decimal = "," if compact.rfind(",") > compact.rfind(".") else "."
    elif commas == 1:
        decimal = "" if re.fullmatch(r"\d{1,3},\d{3}", compact) else ","
    else:
        decimal = "." if points == 1 else ""
    plain = "".join("." if character == decimal else character for character in compact if character.isdigit() or character == decimal)
    try:
        return Decimal(plain), len(plain.partition(".")[2])
    except InvalidOperation:
        return None, 0


def written(value: Decimal) -> str:
    """A number for people: "1,250,000", "12.5"."""
    text = f"{value:,.2f}"
    return text[:-3] if text.endswith(".00") else text.rstrip("0") if value.as_tuple().exponent not in (-2,) else text


def money(amount: Amount) -> str:
    """An amount for people: "EUR 1,250,000", "12.5 %"."""
    if amount.currency == "%":
        return f"{written(amount.value)} %"
    return f"{amount.currency} {written(amount.value)}".strip()
