"""What a Word document's styles say of a paragraph: heading level, numbering, weight."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
OFF = ("0", "false", "off")
BODY_LEVEL = 9  # the outline level that says "no heading"
_HEADING_NAME = re.compile(
    r"(?:heading|überschrift|titre|título|titulo|titolo|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|címsor|titlu|naslov|заголовок|"
    r"başlık|επικεφαλίδα|標題|标题|見出し|제목)\s*([1-9])",
    re.I,
)


def value(element: _Element | None, path: str) -> str | None:
    """The ``w:val`` of the element at ``path`` below ``element`` ("pPr/outlineLvl"), ``None`` when there is none."""
    if element is None:
        return None
    found = element.find("/".join(W + step for step in path.split("/")))
    return None if found is None else found.get(f"{W}val")


def number(text: str | None) -> int | None:
    """A whole number from an attribute, ``None`` when it is missing or none."""
    try:
        return int(text) if text is not None and len(text) < 12 else None
    except ValueError:
        return None


def switch(element: _Element | None, name: str) -> bool | None:
    """An on/off property (``w:b``): ``None`` when it isn't stated."""
    found = element.find(W + name) if element is not None else None
    if found is None:
        return None
    return found.get(f"{W}val", "true") not in OFF


@dataclass(frozen=True)
class _Style:
    name: str
    based_on: str | None
    outline: int | None
    number_id: int | None
    number_level: int | None
    bold: bool | None
    hidden: bool | None


class Styles:
    """The styles of a document by their id. A style inherits what it doesn't state from the one it is based on."""

    def __init__(self, root: _Element | None) -> None:
        self._styles: dict[str, _Style] = {}
        self._default: str | None = None
        for element in root.iter(f"{W}style") if root is not None else ():
            key = element.get(f"{W}styleId", "")
            self._styles[key] = _style(element)
            if element.get(f"{W}type") == "paragraph" and element.get(f"{W}default") in ("1", "true", "on"):
                self._default = key

    def heading_level(self, paragraph: _Element) -> int | None:
        """1 to 9, or ``None`` for body text: by the paragraph's own outline level, else by its style's, else by the style's name."""
        properties = paragraph.find(f"{W}pPr")
        own = number(value(properties, "outlineLvl"))
        if own is not None:
            return own + 1 if 0 <= own < BODY_LEVEL else None
        for style in self._chain(value(properties, "pStyle") or self._default):
            if style.outline is not None:
                return style.outline + 1 if 0 <= style.outline < BODY_LEVEL else None
            named = _HEADING_NAME.fullmatch(style.name)
            if named:
                return int(named[1])
        return None

    def numbering(self, style_id: str | None) -> tuple[int | None, int | None, str | None]:
        """Number id, level and the id of the style that states them; ``None`` where nothing is stated."""
        for key, style in self._items(style_id or self._default):
            if style.number_id is not None:
                return style.number_id, style.number_level, key
        return None, None, None

    def bold(self, style_id: str | None) -> bool | None:
        """Whether a style (of paragraphs or characters) is bold, ``None`` when neither it nor what it is based on says so."""
        return next((style.bold for style in self._chain(style_id) if style.bold is not None), None)

    def hidden(self, style_id: str | None) -> bool:
        """Whether text of a style is hidden."""
        return next((style.hidden for style in self._chain(style_id) if style.hidden is not None), False)

    @property
    def default(self) -> str | None:
        """The id of the style of paragraphs that name none."""
        return self._default

    def _chain(self, style_id: str | None) -> Iterator[_Style]:
        return (style for _, style in self._items(style_id))

    def _items(self, style_id: str | None) -> Iterator[tuple[str, _Style]]:
        seen: set[str] = set()
        while style_id is not None and style_id not in seen and style_id in self._styles:
            seen.add(style_id)
            style = self._styles[style_id]
            yield style_id, style
            style_id = style.based_on


def _style(element: _Element) -> _Style:
    paragraph, run = element.find(f"{W}pPr"), element.find(f"{W}rPr")
    return _Style(
        name=value(element, "name") or "",
        based_on=value(element, "basedOn"),
        outline=number(value(paragraph, "outlineLvl")),
        number_id=number(value(paragraph, "numPr/numId")),
        number_level=number(value(paragraph, "numPr/ilvl")),
        bold=switch(run, "b"),
        hidden=switch(run, "vanish"),
    )
