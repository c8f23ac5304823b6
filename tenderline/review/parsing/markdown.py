"""Headings of Markdown by its own grammar (CommonMark, through markdown-it-py): a ``#`` inside a code block is none."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from tenderline.review.parsing.sections import Heading

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(r"---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_MAX_HEADING_CHARS = 1000


def markdown_headings(text: str) -> list[Heading]:
    """ATX and setext headings in order, their titles without markup. Headings inside quotes and lists are text."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").disable("inline")  # only blocks: the text of paragraphs is of no interest here
    tokens = parser.parse(_without_front_matter(text))
    inline = MarkdownIt("commonmark")
    starts = _line_starts(text)
    headings = []
    for opening, content in pairwise(tokens):
        if opening.type != "heading_open" or opening.level != 0 or opening.map is None:
            continue
        first, behind = opening.map
        title = _plain(inline, content.content)
        headings.append(Heading(starts[first], starts[min(behind, len(starts) - 1)], title, int(opening.tag[1:])))
    return headings


def _without_front_matter(text: str) -> str:
    """Blank out a YAML head, keeping its lines: its closing ``---`` would make a heading of its last line."""
    match = _FRONT_MATTER.match(text)
    return "\n" * match[0].count("\n") + text[match.end() :] if match else text


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in text.split("\n"):
        starts.append(min(starts[-1] + len(line) + 1, len(text)))
    return starts


def _plain(inline: MarkdownIt, source: str) -> str:
    if len(source) > _MAX_HEADING_CHARS:  # inline markup of such a line can take long to resolve, and no title is that long
        return source
    words: list[str] = []
    for token in inline.parseInline(source)[0].children or []:
        words += _words(token)
    return "".join(words)


def _words(token: Token) -> list[str]:
    if token.type in ("text", "code_inline", "text_special"):
        return [token.content]
    if token.type in ("softbreak", "hardbreak"):
        return [" "]
    return [token.content] if token.type == "image" else []
