"""Suggestions for a chip: the names of a dimension that contain what was typed, those with the most contracts first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tenderline.register import schema
from tenderline.register.name_order import name_counts
from tenderline.register.queries import OptionsQuery
from tenderline.register.selecting import select, wanted_names

if TYPE_CHECKING:
    from tenderline.register.snapshot import Snapshot


def options(snapshot: Snapshot, query: OptionsQuery) -> list[dict[str, Any]]:
    """``{name, count}`` of the names that contain ``q``, most contracts first, then by name. Only contracts that match count."""
    names = snapshot.names(query.dimension)
    counts = name_counts(snapshot, select(snapshot, query.filters), query.dimension)
    fragment = schema.fold(schema.plain(query.q))
    if fragment:
        counts = np.where(wanted_names(names, [(fragment,)]), counts, 0)
    places = np.flatnonzero(counts)
    if len(places) > query.limit:
        least = np.partition(counts[places], len(places) - query.limit)[len(places) - query.limit]
        places = places[counts[places] >= least]
    best = places[np.argsort(-counts[places], kind="stable")][: query.limit].tolist()
    return [{"name": names.names[place], "count": int(counts[place])} for place in best]
