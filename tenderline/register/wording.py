"""How many, in words."""

from __future__ import annotations


def counted(count: int, one: str, many: str | None = None) -> str:
    """``1 contract``, ``3,000 contracts``; ``many`` where an s does not make it several."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
