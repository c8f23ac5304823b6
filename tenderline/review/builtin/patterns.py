"""Small helpers to write patterns as lists of words."""

from __future__ import annotations

import re


def any_of(*lines: str) -> re.Pattern[str]:
    """A pattern for any of some whole words or phrases, without regard to case.

    Each line holds alternatives between ``|``; a space stands for any blank, so that a phrase is found across a line end.
    """
    alternatives = "|".join(line.strip("|") for line in lines).replace(" ", r"\s")
    return re.compile(rf"\b(?:{alternatives})\b", re.IGNORECASE)


def beginning(*lines: str) -> re.Pattern[str]:
    """Like ``any_of``, but for the beginnings of words: ``reduc`` finds "reduced"."""
    alternatives = "|".join(line.strip("|") for line in lines).replace(" ", r"\s")
    return re.compile(rf"\b(?:{alternatives})", re.IGNORECASE)
