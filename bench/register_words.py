"""The names and words that generated contracts are made of: invented, seeded, in the proportions of a national register."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

ORGANIZATIONS, CONTRACTORS, AREAS, MATERIALS, VOCABULARY = 24_000, 60_000, 500, 4_000, 40_000

OPENINGS = (
    "Supply and delivery of",
    "Procurement of",
    "Construction of",
    "Rehabilitation of",
    "Repair and maintenance of",
    "Purchase of",
    "Improvement of",
    "Lease of",
    "Provision of",
    "Supply, delivery and installation of",
    "Concreting of",
    "Printing of",
    "Hiring of",
    "Completion of",
    "Widening of",
)
_COMMON = """
road bridge school building office supplies water system drainage canal hospital equipment medicines medical rice food meals
snacks training seminar  fuel diesel gasoline vehicle tires spare parts computer laptop printer ink toner cartridge paper bond
furniture chairs tables steel cement gravel sand  aggregates lumber plywood paint electrical wires lighting street lights solar
panels pump generator set aircon units laboratory reagents vaccine syringe  fertilizer seeds hybrid corn palay fishing nets
livestock feeds fencing perimeter fence multipurpose covered court gymnasium day care center health station  barangay hall market
slaughterhouse terminal farm-to-market irrigation dam dike flood control river revetment wall slope protection box culvert pipe
asphalt overlay concrete pavement sidewalk pathway footbridge hanging rehabilitation phase section package lot janitorial security
services catering  accommodation venue rental transportation freight insurance consultancy design survey mapping software license
subscription internet connectivity cctv  cameras radio communication uniform shirts shoes sports trophies medals tarpaulin
streamers books textbooks modules instructional materials kitchen  utensils cleaning garden tools chainsaw tractor backhoe dump
truck ambulance fire rescue boat engine life vests relief goods blankets mats tents
"""
COMMON = _COMMON.split()
PRODUCTS = (
    "Materials",
    "Equipment",
    "Supplies",
    "Services",
    "Works",
    "Products",
    "Parts and Accessories",
    "Consumables",
    "Systems",
    "Repair",
)
SUBJECTS = (
    "Construction",
    "Office",
    "Medical",
    "Laboratory",
    "Agricultural",
    "Electrical",
    "Information Technology",
    "Catering",
    "Printing",
    "Security",
    "Janitorial",
    "Automotive",
    "Fuel and Lubricant",
    "Hardware",
    "Furniture",
    "Sports",
    "Fishery",
)
LEGAL_FORMS = ("Inc.", "Corp.", "Co.", "& Sons", "Ltd.", "OPC", "")
TRADES = (
    "Construction",
    "Trading",
    "Enterprises",
    "Builders",
    "General Merchandise",
    "Pharma",
    "Supply",
    "Engineering",
    "Marketing",
    "Printing Press",
)
BODIES = (
    "Municipality of",
    "City of",
    "Barangay",
    "Province of",
    "Department of Works,",
    "National High School of",
    "State University of",
    "District Hospital of",
    "Water District of",
)
UNITS = ("lot", "piece", "unit", "box", "pack", "bag", "set", "ream", "litre", "month")
STATUSES = ("Awarded", "Updated", "Cancelled", "Completed")
_SYLLABLE_TEXT = """
ba be bi bo bu ca ce da di do ga gu ha ka ki la li lo ma mi mo na ni ño ña pa pi po ra ri ro sa si ta ti to tu wa ya bal can lan
man pan san tan bú él gön
"""
_SYLLABLES = _SYLLABLE_TEXT.split()


@dataclass(frozen=True)
class Names:
    """Distinct names, the most frequent first; ``*_weights`` are cumulative shares up to 1 in the same order."""

    organizations: list[str]
    contractors: list[str]
    areas: list[str]
    categories: list[str]
    materials: list[str]
    words: list[str]
    organization_weights: np.ndarray
    contractor_weights: np.ndarray
    area_weights: np.ndarray
    category_weights: np.ndarray
    material_weights: np.ndarray
    word_weights: np.ndarray


def names(seed: int = 1) -> Names:
    """All names for one seed."""
    random = np.random.default_rng(seed)
    places = _distinct(6_000, lambda many: _invented(random, many, 2, 4))
    surnames = _distinct(9_000, lambda many: _invented(random, many, 2, 3))
    words = COMMON + [word for word in _distinct(VOCABULARY, lambda many: _invented(random, many, 2, 4)) if word.casefold() not in COMMON]
    words = [word.title() if rank % 3 else word for rank, word in enumerate(words)][:VOCABULARY]
    kinds = [word for word in COMMON if len(word) > 3]

    def pick(options: list[str] | tuple[str, ...], many: int) -> list[str]:
        return [options[index] for index in random.integers(len(options), size=many)]

    organizations = _distinct(
        ORGANIZATIONS,
        lambda many: [
            f"{body} {place}, {area}".upper()
            for body, place, area in zip(pick(BODIES, many), pick(places, many), places * many, strict=False)
        ],
    )
    contractors = _distinct(
        CONTRACTORS,
        lambda many: [
            f"{name} {trade} {form}".strip()
            for name, trade, form in zip(pick(surnames, many), pick(TRADES, many), pick(LEGAL_FORMS, many), strict=True)
        ],
    )
    materials = _distinct(
        MATERIALS,
        lambda many: [
            f"{first} {second}, {size} {unit}"
            for first, second, size, unit in zip(
                pick(kinds, many), pick(kinds, many), random.integers(1, 60, many), pick(UNITS, many), strict=True
            )
        ],
    )
    categories = [f"{subject} {product}" for product in PRODUCTS for subject in SUBJECTS]
    return Names(
        organizations,
        contractors,
        places[:AREAS],
        categories,
        materials,
        words,
        _shares(ORGANIZATIONS, 0.9),
        _shares(CONTRACTORS, 0.95),
        _shares(AREAS, 1.0),
        _shares(len(categories), 1.1),
        _shares(MATERIALS, 1.0),
        _shares(len(words), 1.02, head=20),
    )


def _shares(many: int, exponent: float, head: int = 3) -> np.ndarray:
    """Cumulative shares by Zipf; the larger ``head``, the less the first names stand out."""
    weights = 1.0 / np.arange(head, many + head) ** exponent
    total = np.cumsum(weights)
    return total / total[-1]


def _invented(random: np.random.Generator, many: int, shortest: int, longest: int) -> list[str]:
    lengths = random.integers(shortest, longest + 1, size=many)
    picked = random.integers(len(_SYLLABLES), size=int(lengths.sum()))
    ends = np.cumsum(lengths)
    return [
        "".join(_SYLLABLES[index] for index in picked[end - length : end]).capitalize()
        for end, length in zip(ends.tolist(), lengths.tolist(), strict=True)
    ]


def _distinct(many: int, make: Callable[[int], list[str]]) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < many:
        found.update(dict.fromkeys(make(many)))
    return list(found)[:many]
