"""What the register holds, in a few figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tenderline.register.schema import iso_date

if TYPE_CHECKING:
    from tenderline.register.snapshot import Snapshot

Json = dict[str, Any]


def overview(snapshot: Snapshot) -> Json:
    """``{rows, version, imports, first_date, last_date, damaged}``."""
    metas = [view.segment.meta for view in snapshot.views]
    first = [meta["first_date"] for meta in metas if meta["first_date"] is not None]
    last = [meta["last_date"] for meta in metas if meta["last_date"] is not None]
    return {
        "rows": snapshot.rows,
        "version": snapshot.version,
        "imports": len({number for meta in metas for number in meta["imports"]}),
        "first_date": iso_date(min(first)) if first else None,
        "last_date": iso_date(max(last)) if last else None,
        "damaged": [{"segment": segment, "reason": reason} for segment, reason in snapshot.damaged.items()],
    }
