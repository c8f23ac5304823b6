"""Mappings that somebody corrected, kept for the next file with the same columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tenderline.register.mapping import OPTIONS
from tenderline.register.models import SavedMapping

SAVED = "saved"


def remembered(session: Session, owner: str, columns_key: str, columns: Sequence[str]) -> dict[str, Any] | None:
    """A mapping as this owner last corrected it for files with these columns, marked as ``SAVED``."""
    saved = session.get(SavedMapping, (owner, columns_key))
    if saved is None or not {column for name, column in saved.mapping.items() if name != OPTIONS} <= set(columns):
        return None
    sheetless = {name: value for name, value in saved.mapping.get(OPTIONS, {}).items() if name != "sheet"}
    return {**saved.mapping, OPTIONS: sheetless, SAVED: True}


def remember(session: Session, owner: str, columns_key: str, mapping: dict[str, Any], now: float) -> None:
    """Keep a mapping for files with these columns."""

    def keep() -> None:
        with session.begin_nested():
            session.merge(SavedMapping(owner=owner, columns_key=columns_key, mapping=mapping, used_at=now))

    try:
        keep()
    except IntegrityError:  # another import of such a file kept one at this very moment: now it is replaced
        keep()
