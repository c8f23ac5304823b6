"""Text on its way into a spreadsheet."""

from __future__ import annotations

import re

_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_FIGURE = re.compile(r"[+-]?[0-9][0-9.,]*")


def defused(text: str) -> str:
    """The text with an apostrophe before what a spreadsheet program would take for a formula; plain figures stay as they are."""
    if text.startswith(_STARTS_A_FORMULA) and not _FIGURE.fullmatch(text):
        return "'" + text
    return text
