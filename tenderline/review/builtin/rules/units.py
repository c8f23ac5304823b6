"""Units of measure: the same quantity in two units that do not agree, a measure in a unit that cannot be one of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from tenderline.review.builtin.amounts import parse_number, written
from tenderline.review.builtin.numerals import parse_numeral
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import SectionView

CATEGORY = "Figures and sums"

# Dimension -> unit as written (lower case, singular) -> size in the dimension's base unit.
_DIMENSIONS: dict[str, dict[str, str]] = {
    "length": {"mm": "0.001", "millimetre": "0.001", "millimeter": "0.001", "cm": "0.01", "centimetre": "0.01", "centimeter": "0.01",
               "m": "1", "metre": "1", "meter": "1", "km": "1000", "kilometre": "1000", "kilometer": "1000", "mile": "1609.344",
               "ft": "0.3048", "feet": "0.3048", "foot": "0.3048", "inch": "0.0254", "inches": "0.0254", "mil": "0.0000254",
               "yard": "0.9144"},
    "mass": {"mg": "0.000001", "g": "0.001", "gram": "0.001", "kg": "1", "kilogram": "1", "kilo": "1", "t": "1000", "tonne": "1000",
             "ton": "1000", "lb": "0.45359", "pound": "0.45359"},
    "volume": {"ml": "0.001", "millilitre": "0.001", "milliliter": "0.001", "cl": "0.01", "l": "1", "litre": "1", "liter": "1",
               "hl": "100", "m³": "1000", "m3": "1000", "cubic metre": "1000", "cubic meter": "1000", "gallon": "3.785"},
    "area": {"m²": "1", "m2": "1", "sqm": "1", "square metre": "1", "square meter": "1", "ha": "10000", "hectare": "10000",
             "km²": "1000000", "km2": "1000000", "square kilometre": "1000000", "square kilometer": "1000000", "acre": "4046.86"},
    "time": {"second": "1", "minute": "60", "min": "60", "hour": "3600", "h": "3600", "day": "86400", "week": "604800",
             "month": "2629746", "year": "31556952"},
    "power": {"w": "1", "watt": "1", "kw": "1000", "kilowatt": "1000", "mw": "1000000", "megawatt": "1000000", "hp": "745.7"},
    "energy": {"wh": "1", "kwh": "1000", "mwh": "1000000", "gwh": "1000000000"},
    "memory": {"kb": "0.001", "mb": "1", "gb": "1000", "tb": "1000000"},
    "temperature": {"°c": "1", "°f": "1", "degrees celsius": "1"},
}  # fmt: skip
_UNITS = {unit: (dimension, Decimal(size)) for dimension, units in _DIMENSIONS.items() for unit, size in units.items()}
_UNIT = "|".join(sorted((re.escape(unit).replace(r"\ ", r"\s") for unit in _UNITS), key=len, reverse=True))
_QUANTITY = re.compile(
    r"(?<![\w.,/$€£-])(?P<number>\d{1,3}(?:[,\u00a0\u202f]\d{3}){1,3}(?:\.\d+)?|\d{1,9}(?:[.,]\d{1,4})?"
    r"|(?i:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|eighteen|twenty(?:-four)?|thirty(?:-six)?|forty-eight|sixty))"
    rf"[\s\u00a0-]?(?:linear\s|running\s|lineal\s)?(?P<unit>(?i:{_UNIT})s?)(?![\w/²³])"
)
# What joins two ways of saying one quantity: "5 km (5,000 m)", "2 years, that is 24 months".
_SAME = re.compile(
    r"\s?(?:\(|,?\s?(?:i\.e\.|that\sis|or|equal\sto|equals|which\sis|which\sequals|=|/),?)\s?(?:about\s|approx\.?\s)?", re.IGNORECASE
)
_LOOSE = re.compile(
    r"\b(?:about|around|approx\w*|roughly|nearly|almost|some|up to|at least|or more|over|under|between|per)\b", re.IGNORECASE
)
# A tenth of a percent would be exact; people round months to weeks and litres to gallons.
_SLACK = {"time": Decimal("0.06")}
_USUAL_SLACK = Decimal("0.03")

_MEASURES = {
    "length": "length|width|height|depth|diameter|distance|thickness|radius|altitude",
    "mass": "weight|mass|payload",
    "area": "area|floor\\sspace|surface\\sarea",
    "temperature": "temperature",
}
_MEASURE = re.compile(
    r"\b(?:"
    + "|".join(f"(?P<{name}>{nouns})" for name, nouns in _MEASURES.items())
    + r")\s(?:of|is|was|must\sbe|shall\sbe|:|=)\s(?:at\s(?:least|most)\s|about\s|up\sto\s|not\s(?:more|less)\sthan\s|no\smore\sthan\s)?$",
    re.IGNORECASE,
)
_MOST = 3_000


@dataclass(frozen=True, slots=True)
class _Quantity:
    start: int
    end: int
    value: Decimal
    unit: str
    dimension: str

    @property
    def base(self) -> Decimal:
        return self.value * _UNITS[self.unit][1]


def units_disagree(section: SectionView) -> Iterator[Remark]:
    """ "2 years (30 months)", "a distance of 19 km … the 19 miles", "a length of 12 kg" """
    for sentence, _ in section.each_sentence():
        found = list(_quantities(section.text, sentence.start, sentence.end))
        yield from _measures(section, found)
        for place, second in enumerate(found):
            if place and _joined(section.text, found[place - 1], second):
                yield from _converted(section, found[place - 1], second)
            else:
                yield from _other_unit(found[:place], second)


def _measures(section: SectionView, found: list[_Quantity]) -> Iterator[Remark]:
    for quantity in found:
        measure = _MEASURE.search(section.text, max(0, quantity.start - 60), quantity.start)
        if measure is None or measure.lastgroup in (None, quantity.dimension):
            continue
        # A distance may be told in the time that it takes.
        if quantity.dimension == "time" and measure.lastgroup == "length":
            continue
        yield Remark(
            "unit-of-measure", CATEGORY, "amounts", "important", "Medium", 0.88, quantity.start, quantity.end,
            f"“{quantity.unit}” is no unit of {measure.lastgroup}.",
            "Correct the unit, or what is measured.",
        )  # fmt: skip


def _converted(section: SectionView, first: _Quantity, second: _Quantity) -> Iterator[Remark]:
    slack = _SLACK.get(first.dimension, _USUAL_SLACK)
    if first.base == 0 or abs(second.base - first.base) <= slack * max(first.base, second.base):
        return
    # "7 days or 2 weeks" leaves a choice; in brackets or after "that is" the two are one quantity.
    joint = section.text[first.end : second.start].strip().lower()
    if joint.startswith(("or", "/")) or _LOOSE.search(section.text, max(0, first.start - 20), first.start):
        return
    bracket = section.text[second.end : second.end + 1] == ")"
    expected = first.base / _UNITS[second.unit][1]
    yield Remark(
        "unit-conversion", CATEGORY, "amounts", "important", "High", 0.88, first.start, second.end + bracket,
        f"{written(first.value)} {first.unit} is {written(expected.quantize(Decimal('0.01')).normalize())} {second.unit}, "
        f"not {written(second.value)}.",
        "Correct one of the two figures or units.",
    )  # fmt: skip


def _other_unit(earlier: list[_Quantity], second: _Quantity) -> Iterator[Remark]:
    """The very same figure with another unit of the same dimension in one sentence; small and round figures come by chance."""
    for first in earlier:
        if first.value == second.value >= 11 and first.dimension == second.dimension and first.unit != second.unit:
            if first.dimension == "time":
                continue
            yield Remark(
                "unit-changed", CATEGORY, "amounts", "important", "Medium", 0.85, second.start, second.end,
                f"The figure {written(second.value)} stands in this sentence once in {first.unit} and once in {second.unit}.",
                "Use one unit for one quantity.",
            )  # fmt: skip
            return


def _quantities(text: str, start: int, end: int) -> Iterator[_Quantity]:
    for count, match in enumerate(_QUANTITY.finditer(text, start, end)):
        if count >= _MOST:
            return
        unit = _unit(match["unit"])
        value = parse_number(match["number"])[0] if match["number"][0].isdigit() else parse_numeral(match["number"])
        if unit and value is not None:
            yield _Quantity(match.start(), match.end(), value, unit, _UNITS[unit][0])


def _unit(written_unit: str) -> str | None:
    """The unit as the table has it; None for "5 M" and the like, which are something else."""
    unit = " ".join(written_unit.split())
    if len(unit) == 1 and unit not in "mgtlhWw":
        return None
    for candidate in (unit.lower(), unit.lower().removesuffix("s")):
        if candidate in _UNITS:
            return candidate
    return None


def _joined(text: str, first: _Quantity, second: _Quantity) -> bool:
    return first.dimension == second.dimension and first.unit != second.unit and bool(_SAME.fullmatch(text, first.end, second.start))
