"""Text from outside, made harmless: what the model says is as little trusted as what the document says."""

from __future__ import annotations

import re
import unicodedata

# Control and format characters (bidirectional overrides, zero widths), lone surrogates (no database takes them) and unassigned code points.
_UNWANTED = {"Cc", "Cf", "Cs", "Cn", "Co"}
_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")


def clean_text(text: str, limit: int) -> str:
    """``text`` without control characters, its lines kept, at most ``limit`` characters long."""
    kept = "".join(_kept(character) for character in text[: 4 * limit].replace("\r\n", "\n"))
    lines = "\n".join(line.strip() for line in _SPACES.sub(" ", kept).split("\n"))
    return shorten(_BLANK_LINES.sub("\n\n", lines).strip(), limit)


def clean_line(text: str, limit: int) -> str:
    """``text`` as one line without control characters, at most ``limit`` characters long."""
    return shorten(" ".join(clean_text(text, 4 * limit).split()), limit)


def shorten(text: str, limit: int) -> str:
    """At most ``limit`` characters, cut at a space where there is one near, with an ellipsis for what is left out."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = head.rfind(" ", limit * 3 // 4)
    return (head[:space] if space > 0 else head).rstrip() + "…"


def sendable(text: str) -> str:
    """``text`` with every character that cannot be sent replaced by one that can: same length, so that offsets stay true."""
    return "".join(" " if _is_control(character) else "\ufffd" if "\ud800" <= character <= "\udfff" else character for character in text)


def _is_control(character: str) -> bool:
    return (character < " " and character not in "\n\t") or "\x7f" <= character <= "\x9f"


def _kept(character: str) -> str:
    if character in "\n\t":
        return character
    category = unicodedata.category(character)
    if category in _UNWANTED:
        return " " if category == "Cc" else ""
    return character
