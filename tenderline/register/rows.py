"""Contracts as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from tenderline.register import schema
from tenderline.register.ordering import Found

if TYPE_CHECKING:
    from tenderline.register.segment import Segment
    from tenderline.register.snapshot import Snapshot


_BY_ROW = ("uid", "unit_price", "quantity", *schema.TEXTS, *(f"{name}.offsets" for name in schema.TEXTS))
"""What is read here and there, for the rows of a page."""


def found_rows(snapshot: Snapshot, found: Found) -> list[dict[str, Any]]:
    """The contracts found, in their order."""
    told: list[dict[str, Any]] = [{}] * len(found)
    for number in np.unique(found.views).tolist():
        places = np.flatnonzero(found.views == number)
        for place, row in zip(places.tolist(), segment_rows(snapshot.views[number].segment, found.rows[places]), strict=True):
            told[place] = row
    return told


def segment_rows(segment: Segment, rows: Any) -> list[dict[str, Any]]:
    """Contracts of one segment, in the order given: every field of API.md (null where nothing is known), ``id`` and ``import_no``."""
    uids, dates = segment.uid[rows].tolist(), segment.date[rows].tolist()
    amounts, prices, quantities = segment.amount[rows].tolist(), segment.unit_price[rows].tolist(), segment.quantity[rows].tolist()
    precision = [schema.DAY] * len(uids) if segment.precision is None else segment.precision[rows].tolist()
    texts = [segment.text(name).take(rows) for name in schema.TEXTS]
    segment.forget(_BY_ROW)
    return [
        {
            "id": str(uid),
            "import_no": schema.import_of(uid),
            **dict(zip(schema.TEXTS, values, strict=True)),
            "contract_amount": schema.amount_number(amounts[at]),
            "award_date": schema.iso_date(dates[at], precision[at]),
            "quantity": _quantity(quantities[at]),
            "unit_price": schema.amount_number(prices[at]),
        }
        for at, (uid, *values) in enumerate(zip(uids, *texts, strict=True))
    ]


def _quantity(value: float) -> int | float | None:
    if math.isnan(value):
        return None
    return int(value) if value.is_integer() else value
