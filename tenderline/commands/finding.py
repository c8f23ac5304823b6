"""One thing that ``flask tasks doctor`` found."""

from __future__ import annotations

from dataclasses import dataclass

OK, LOOK, BAD = "ok", "look", "BAD"


@dataclass(frozen=True)
class Finding:
    """``level``: ok, look (should be looked at) or BAD (does not work); ``hint`` says what to do."""

    level: str
    subject: str
    words: str
    hint: str | None = None
