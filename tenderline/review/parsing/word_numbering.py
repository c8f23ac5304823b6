"""The numbers that Word draws before headings and list items but doesn't write into the text (ECMA-376 part 1, 17.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tenderline.review.parsing.word_styles import Styles, W, number, value

if TYPE_CHECKING:
    from lxml.etree import _Element

_LEVELS = 9
_MAX_LABEL = 40
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
    (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(frozen=True)
class _Level:
    """How one level of a list counts. ``restart``: the level whose step starts it anew (1-based), 0 for never, ``None`` for any above."""

    form: str = "decimal"
    text: str = "%1."
    start: int = 1
    restart: int | None = None
    legal: bool = False
    style: str | None = None


@dataclass(frozen=True)
class Label:
    """What stands before a paragraph: ``text`` without a space after it, "-" for a bullet."""

    text: str
    level: int
    bullet: bool


class Numbering:
    """Counts a document's lists. Ask for each numbered paragraph once, in document order."""

    def __init__(self, root: _Element | None, styles: Styles) -> None:
        self._styles = styles
        self._lists: dict[str, dict[int, _Level]] = {}
        self._list_of: dict[int, str] = {}
        self._overrides: dict[int, dict[int, _Level]] = {}
        self._restarts: dict[int, dict[int, int]] = {}
        self._counters: dict[str, dict[int, int]] = {}
        if root is None:
            return
        links: dict[str, str] = {}
        for element in root.iterchildren(f"{W}abstractNum"):
            key = element.get(f"{W}abstractNumId", "")
            self._lists[key] = {level: _level(child) for child in element.iterchildren(f"{W}lvl") if (level := _index(child)) is not None}
            style = value(element, "numStyleLink")
            if style is not None:
                links[key] = style
        for element in root.iterchildren(f"{W}num"):
            self._read_instance(element)
        self._follow(links)

    def label(self, paragraph: _Element) -> Label | None:
        """Count a paragraph and give its label, ``None`` when it isn't numbered."""
        properties = paragraph.find(f"{W}pPr")
        style_id = value(properties, "pStyle")
        number_id, level = number(value(properties, "numPr/numId")), number(value(properties, "numPr/ilvl"))
        if number_id is None:
            number_id, style_level, stated_by = self._styles.numbering(style_id)
            if number_id is not None and level is None:
                level = self._level_of_style(number_id, style_id, stated_by, style_level)
        if not number_id or number_id not in self._list_of:
            return None
        level = min(max(level or 0, 0), _LEVELS - 1)
        rule = self._rule(number_id, level)
        if rule is None:
            return None
        counters = self._count(number_id, level, rule)
        if rule.form == "bullet":
            return Label("-", level, bullet=True)
        text = re.sub(r"%([1-9])", lambda match: self._format(number_id, int(match[1]) - 1, counters, legal=rule.legal), rule.text)
        return Label(text.strip()[:_MAX_LABEL], level, bullet=False)

    def _read_instance(self, element: _Element) -> None:
        key = number(element.get(f"{W}numId"))
        if key is None:
            return
        self._list_of[key] = value(element, "abstractNumId") or ""
        for override in element.iterchildren(f"{W}lvlOverride"):
            level = _index(override)
            if level is None:
                continue
            start = number(value(override, "startOverride"))
            if start is not None:
                self._restarts.setdefault(key, {})[level] = start
            rule = override.find(f"{W}lvl")
            if rule is not None:
                self._overrides.setdefault(key, {})[level] = _level(rule)

    def _follow(self, links: dict[str, str]) -> None:
        """Let lists that only name a list style use that style's list."""
        for key, style in links.items():
            linked, _, _ = self._styles.numbering(style)
            if linked is not None and (target := self._list_of.get(linked)) is not None and not self._lists[key]:
                self._lists[key] = self._lists.get(target, {})

    def _level_of_style(self, number_id: int, style_id: str | None, stated_by: str | None, stated: int | None) -> int | None:
        """A list may name the style of each of its levels; else the level that the style states."""
        names = {style_id, stated_by}
        levels = self._lists.get(self._list_of.get(number_id, ""), {})
        return next((level for level, rule in levels.items() if rule.style is not None and rule.style in names), stated)

    def _rule(self, number_id: int, level: int) -> _Level | None:
        own = self._overrides.get(number_id, {}).get(level)
        return own or self._lists.get(self._list_of[number_id], {}).get(level)

    def _count(self, number_id: int, level: int, rule: _Level) -> dict[int, int]:
        counters = self._counters.setdefault(self._list_of[number_id], {})
        start = self._restarts.get(number_id, {}).pop(level, None)  # an instance restarts its list once, at its first paragraph
        if start is not None:
            counters[level] = start
        else:
            counters[level] = counters[level] + 1 if level in counters else rule.start
        for deeper in [other for other in counters if other > level]:
            below = self._rule(number_id, deeper)
            if below is None or below.restart is None or (below.restart > 0 and level < below.restart):
                del counters[deeper]
        for above in range(level):
            if above not in counters:
                higher = self._rule(number_id, above)
                counters[above] = higher.start if higher is not None else 1
        return counters

    def _format(self, number_id: int, level: int, counters: dict[int, int], *, legal: bool) -> str:
        rule = self._rule(number_id, level) or _Level()
        return formatted(counters.get(level, rule.start), "decimal" if legal else rule.form)


def _index(element: _Element) -> int | None:
    level = number(element.get(f"{W}ilvl"))
    return level if level is not None and 0 <= level < _LEVELS else None


def _level(element: _Element) -> _Level:
    base = _Level()
    start = number(value(element, "start"))
    return replace(
        base,
        form=value(element, "numFmt") or base.form,
        text=(value(element, "lvlText") or "")[:_MAX_LABEL],
        start=start if start is not None else 1,
        restart=number(value(element, "lvlRestart")),
        legal=element.find(f"{W}isLgl") is not None,
        style=value(element, "pStyle"),
    )


def formatted(count: int, form: str) -> str:
    """A count as Word's number format ``form`` writes it; decimal for formats of other scripts."""
    if form == "none":
        return ""
    if form in ("lowerRoman", "upperRoman") and 0 < count < 4000:
        text = ""
        for worth, letters in _ROMAN:
            text += letters * (count // worth)
            count %= worth
        return text.upper() if form == "upperRoman" else text
    if form in ("lowerLetter", "upperLetter") and 0 < count <= 260:
        letter = chr(ord("a") + (count - 1) % 26) * ((count - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form == "decimalZero" and 0 <= count < 10:
        return f"0{count}"
    if form == "ordinal":
        ending = "th" if 10 <= count % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
        return f"{count}{ending}"
    return str(count)
