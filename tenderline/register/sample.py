"""A small register to look at before there is one of one's own: contracts of the Republic of Velmora, which does not exist.

Made anew from a fixed seed each time, so it is always the same. A few things in it are worth finding: orders split to stay below a limit, a
supplier that appears from nowhere, a price ten times the usual one, an office that buys on Sundays; and a few rows that no import can take.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import BinaryIO

SAMPLE_NAME = "velmora-contracts.csv"
SEED = 1848
ROWS = 2000
LIMIT = 500_000
"""Velmora's offices may buy below this without a tender."""

_HEADER = (
    "Award Reference No.", "Contract No.", "Award Title", "Awardee", "Procuring Entity", "Area of Delivery", "Business Category",
    "Item Name", "Item Description", "Quantity", "Unit", "Unit Price", "Contract Amount", "Award Date", "Award Status",
)  # fmt: skip
_TOWNS = (
    "Aldermoor", "Brenwick", "Corvale", "Dunmarrow", "Eskerby", "Fennholt", "Garrowby", "Hollin Bay", "Istermere", "Jorvenne",
    "Lunesk", "Marrowdale", "Niðaros Vale", "Ostrava Pike", "Pell Harbour", "Quillan", "Rushmere", "Sørvik", "Tamarisk Point",
)  # fmt: skip
_OFFICES = (
    "Municipality of {town}", "{town} General Hospital", "{town} Roads Office", "{town} School District", "{town} Water Board",
)  # fmt: skip
_NATIONAL = ("Ministry of Works", "Ministry of Health", "National Archives of Velmora", "Velmora Coast Guard", "State Railways")
_FAMILIES = (
    "Abernethy",
    "Brandvold",
    "Castellane",
    "Dragović",
    "Eklund",
    "Farrant",
    "Grünwald",
    "Halloran",
    "Ibarra",
    "Jansky",
    "Kowal",
    "Lindqvist",
)
_TRADES = ("Construction", "Builders", "Supplies", "Trading", "Medical", "Engineering", "Office World", "Paving")
_FORMS = ("Ltd.", "& Sons", "GmbH", "Co.", "Joint Venture")


@dataclass(frozen=True)
class _Good:
    category: str
    item: str
    description: str
    unit: str
    price: int
    most: int


_GOODS = (
    _Good("Construction", "Road works", "Resurfacing of {town} high road", "km", 4_200_000, 6),
    _Good("Construction", "Bridge repair", "Repair of the bridge at {town}", "lot", 9_800_000, 1),
    _Good("Construction", "Flood wall", "Flood wall along the river at {town}", "m", 38_000, 900),
    _Good("Construction Materials", "Cement", "Portland cement, bag of 40 kg", "bag", 260, 4000),
    _Good("Construction Materials", "Gravel", "Washed gravel 20 mm", "m3", 1_150, 800),
    _Good("Construction Materials", "Steel bar", "Deformed steel bar 12 mm × 6 m", "piece", 310, 3000),
    _Good("Medical Supplies", "Examination gloves", "Nitrile gloves, box of 100", "box", 420, 2500),
    _Good("Medical Supplies", "Paracetamol", "Paracetamol 500 mg, box of 100", "box", 95, 6000),
    _Good("Medical Equipment", "Patient monitor", 'Patient monitor with 12" screen', "unit", 148_000, 12),
    _Good("Office Supplies", "Copy paper", "Copy paper A4, 80 g, ream", "ream", 230, 5000),
    _Good("Office Supplies", "Toner", "Toner cartridge, black", "piece", 3_400, 120),
    _Good("IT Equipment", "Laptop", 'Laptop 14", 16 GB', "unit", 52_000, 60),
    _Good("Catering Services", "Meals", "Meals for training participants", "serving", 280, 1500),
    _Good("Vehicles", "Ambulance", "Ambulance, equipped", "unit", 2_350_000, 3),
    _Good("Fuel", "Diesel", "Diesel for service vehicles", "litre", 62, 30_000),
)
_GLOVES = 6
_TITLES = ("Supply and delivery of {item} for {office}", "Procurement of {item}, {office}", "{item} – {office}")


@dataclass(frozen=True)
class _Award:
    number: int
    title: str
    awardee: str
    office: str
    area: str
    good: _Good
    quantity: int
    price: float
    day: date
    status: str = "Awarded"

    def cells(self) -> list[str]:
        amount = self.quantity * self.price
        description = self.good.description.replace("{town}", self.area)
        return [
            f"VR-{100_000 + self.number}", f"PO-{self.day.year}-{self.number:05d}", self.title, self.awardee, self.office, self.area,
            self.good.category, self.good.item, description, str(self.quantity), self.good.unit, f"{self.price:.2f}", f"{amount:,.2f}",
            self.day.strftime("%d/%m/%Y"), self.status,
        ]  # fmt: skip


def open_sample() -> BinaryIO:
    """The sample as a CSV file."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEADER)
    writer.writerows(_rows())
    return io.BytesIO(text.getvalue().encode())


def _rows() -> Iterator[list[str]]:
    dice = random.Random(SEED)  # noqa: S311 (the same every time is the point)
    offices = [(form.format(town=town), town) for town in _TOWNS for form in _OFFICES]
    offices += [(name, _TOWNS[0]) for name in _NATIONAL for _ in range(6)]
    suppliers = [f"{family} {dice.choice(_TRADES)} {dice.choice(_FORMS)}" for family in _FAMILIES for _ in range(5)]
    favourites = {office: dice.sample(suppliers, 4) for office, _ in offices}
    awards = []
    for number in range(ROWS - 60):
        office, town = dice.choice(offices)
        good = dice.choice(_GOODS)
        day = date(2019, 1, 7) + timedelta(days=dice.randrange(2450))
        day -= timedelta(days=max(0, day.weekday() - 4))
        awardee = dice.choice(favourites[office]) if dice.random() < 0.7 else dice.choice(suppliers)
        title = dice.choice(_TITLES).format(item=good.item, office=office)
        price = round(good.price * dice.uniform(0.85, 1.2), 2)
        status = "Cancelled" if dice.random() < 0.02 else "Completed" if day.year < 2024 else "Awarded"
        awards.append(_Award(number, title, awardee, office, town, good, 1 + dice.randrange(good.most), price, day, status))
    yield from (award.cells() for award in awards)
    yield from _oddities(dice, awards, ROWS - 60)
    yield from _unacceptable(awards[:6])


def _oddities(dice: random.Random, awards: list[_Award], number: int) -> Iterator[list[str]]:
    """What somebody who looks closely may find."""
    paving = replace(awards[0], good=_GOODS[4], area="Lunesk", office="Lunesk Roads Office", awardee="Northgate Paving Ltd.")
    for part in range(24):  # one purchase in parts, each just below the limit, within six weeks before an election
        day = date(2023, 4, 3) + timedelta(days=part + part // 5 * 2)
        price = round((LIMIT - dice.randrange(500, 9_000)) / 400, 2)
        yield replace(
            paving, number=number + part, title=f"Gravel for Lunesk lanes, part {part + 1}", quantity=400, price=price, day=day
        ).cells()
    number += 24
    for part in range(14):  # a supplier nobody knew before wins everything that one office buys, on Sundays
        day = date(2022, 10, 2) + timedelta(weeks=part)
        award = replace(dice.choice(awards), number=number + part, office="Pell Harbour School District", area="Pell Harbour")
        yield replace(
            award, awardee="Blue Heron Ventures", day=day, title=f"Procurement of {award.good.item}, Pell Harbour School District"
        ).cells()
    number += 14
    for part in range(8):  # gloves at ten times their price
        award = replace(awards[part], number=number + part, good=_GOODS[_GLOVES], quantity=900, price=4_199.0, day=date(2020, 4, 6 + part))
        yield replace(
            award, office="Ministry of Health", awardee="Quickstep Medical Ltd.", title="Emergency purchase of examination gloves"
        ).cells()


def _unacceptable(awards: list[_Award]) -> Iterator[list[str]]:
    """Rows as real files have them: told twice, without an amount, and with what no contract can have."""
    yield awards[0].cells()
    yield awards[1].cells()
    for column, text in ((12, "NULL"), (13, "n/a")):
        cells = replace(awards[2], number=ROWS + column).cells()
        cells[column] = text
        yield cells
    for column, text in ((13, "31/02/2021"), (12, "12,5O0.00"), (13, "00/00/0000"), (12, "999,999,999,999,999,999.00")):
        cells = replace(awards[3], number=ROWS + 20 + column + len(text)).cells()
        cells[column] = text
        yield cells
    yield [""] * len(_HEADER)
