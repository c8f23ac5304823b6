"""Sets of filters under names of their owners' choice."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenderline.database import Database
from tenderline.errors import Conflict, NotFound
from tenderline.register.filters import Filters
from tenderline.register.models import SavedFilters

Json = dict[str, Any]

MAX_SAVED = 200
"""Sets of one owner."""


class FilterSets:
    """The saved sets in one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def owned(self, owner: str) -> Sequence[Json]:
        """The owner's sets by name."""
        with self._database.read() as session:
            rows = session.scalars(select(SavedFilters).where(SavedFilters.owner == owner))
            return [_told(row) for row in sorted(rows, key=lambda row: (row.name.casefold(), row.name))]

    def save(self, owner: str, name: str, filters: Filters) -> Json:
        """Keep filters under a name; what had that name before is replaced. Raises ``Conflict`` when there are too many."""
        try:
            return self._save(owner, name, filters)
        except IntegrityError:  # the same name was saved at this very moment: now it is replaced
            return self._save(owner, name, filters)

    def _save(self, owner: str, name: str, filters: Filters) -> Json:
        with self._database.write() as session:
            now = self._database.now(session)
            row = session.scalars(select(SavedFilters).where(SavedFilters.owner == owner, SavedFilters.name == name)).one_or_none()
            if row is None:
                self._require_room(session, owner)
                row = SavedFilters(id=str(uuid.uuid4()), owner=owner, name=name)
                session.add(row)
            row.filters = filters.model_dump(mode="json", exclude_defaults=True)
            row.created_at = now
            session.flush()
            return _told(row)

    @staticmethod
    def _require_room(session: Session, owner: str) -> None:
        count = session.scalar(select(func.count()).select_from(SavedFilters).where(SavedFilters.owner == owner)) or 0
        if count >= MAX_SAVED:
            raise Conflict(f"There are {MAX_SAVED} saved filters already.", hint="Delete one that you no longer need.")

    def delete(self, owner: str, filters_id: str) -> None:
        """Forget a set. Raises ``NotFound``."""
        with self._database.write() as session:
            gone = session.execute(delete(SavedFilters).where(SavedFilters.id == filters_id, SavedFilters.owner == owner))
            if not gone.rowcount:  # type: ignore[attr-defined]
                raise NotFound("There are no such filters.")


def plain_filters(filters: Filters) -> Json:
    """Filters as JSON, with numbers as numbers and nothing that wasn't chosen."""
    found: Json = filters.model_dump(mode="json", exclude_defaults=True)
    if "value_range" in found:
        found["value_range"] = {name: _number(bound) for name, bound in found["value_range"].items() if bound is not None}
    return found


def _number(bound: str) -> int | float:
    value = Decimal(bound)
    return int(value) if value == value.to_integral_value() else float(value)


def _told(row: SavedFilters) -> Json:
    filters = Filters.model_validate(row.filters)
    return {
        "id": row.id,
        "name": row.name,
        "filters": plain_filters(filters),
        "sentence": filters.sentence(),
        "created_at": row.created_at,
    }
