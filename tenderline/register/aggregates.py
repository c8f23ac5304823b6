"""The figures behind the charts: totals of the contracts that match, by time and by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tenderline.register.counting import Counted
from tenderline.register.filters import Filters
from tenderline.register.queries import DEFAULT_TOP
from tenderline.register.selecting import select
from tenderline.register.totals import NameTotals, Total

if TYPE_CHECKING:
    from tenderline.register.snapshot import Snapshot

BY_NAME = {"contractor": "contractors", "organization": "organizations", "area": "areas", "category": "business_categories"}
"""What a total is taken by -> the dimension."""


def aggregate(snapshot: Snapshot, filters: Filters, top_n: int = DEFAULT_TOP) -> dict[str, Any]:
    """``summary``, ``by_year``, ``by_quarter``, ``by_month`` in the order of time, and ``by_contractor``, ``by_organization``, ``by_area``,
    ``by_category``: the ``top_n`` names with the largest totals, each ``{label, count, total_value}``.

    Contracts whose date is exact to the year only are in ``by_year`` alone; ``summary`` tells them as ``without_month``.
    """
    counted = Counted(snapshot, select(snapshot, filters))
    told: dict[str, Any] = {"summary": summary(counted)}
    for name, label_of in TIME_LABELS.items():
        told[f"by_{name}"] = [_told(label, total) for label, total in by_time(counted, label_of).items()]
    for name, dimension in BY_NAME.items():
        names = snapshot.names(dimension)
        totals = counted.by_name(dimension)
        told[f"by_{name}"] = [_told(names.names[place], totals.total(place)) for place in top_names(totals, top_n)]
    return told


def summary(counted: Counted) -> dict[str, Any]:
    """``count, total_value, avg_value`` and how many contracts have no amount, no date, no month."""
    total = counted.total
    undated = counted.periods.get(0, Total()).count
    vague = sum(found.count for period, found in counted.periods.items() if period and not period % 100)
    return {
        **total.as_dict(),
        "with_amount": total.valued,
        "without_amount": total.count - total.valued,
        "without_date": undated,
        "without_month": vague,
    }


def _year(period: int) -> str | None:
    return f"{period // 100:04d}" if period else None


def _quarter(period: int) -> str | None:
    return f"{period // 100:04d}-Q{(period % 100 + 2) // 3}" if period % 100 else None


def _month(period: int) -> str | None:
    return f"{period // 100:04d}-{period % 100:02d}" if period % 100 else None


TIME_LABELS: dict[str, Callable[[int], str | None]] = {"year": _year, "quarter": _quarter, "month": _month}
"""What a total is taken by -> the label of a period (year * 100 + month), None where it has none."""


def by_time(counted: Counted, label_of: Callable[[int], str | None]) -> dict[str, Total]:
    """Totals by label, in the order of time."""
    together: defaultdict[str, Total] = defaultdict(Total)
    for period, total in counted.periods.items():
        if (label := label_of(period)) is not None:
            together[label].add(total.count, total.valued, total.minor)
    return dict(sorted(together.items()))


def top_names(totals: NameTotals, many: int) -> list[int]:
    """The names with the largest totals, largest first; those alike in the order of the names."""
    places = np.flatnonzero(totals.counts)
    values = totals.minor[places]
    if len(places) > many and values.dtype != object:
        least = np.partition(values, len(values) - many)[len(values) - many]
        places, values = places[values >= least], values[values >= least]
    largest_first = sorted(zip((-values).tolist(), places.tolist(), strict=True))
    return [place for _, place in largest_first[:many]]


def _told(label: str | None, total: Total) -> dict[str, Any]:
    told = {"label": label, **total.as_dict()}
    del told["avg_value"]
    return told
