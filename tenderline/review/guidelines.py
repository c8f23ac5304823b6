"""The checklist that reviewers apply: read from Markdown, the one that ships or the user's own, or both together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tenderline.errors import Invalid
from tenderline.review.reviewer import Check, Guidelines

if TYPE_CHECKING:
    from markdown_it.token import Token

Preference = Literal["both", "own_only", "default_only"]

MAX_GUIDELINES_CHARS = 100_000
MAX_CHECKS = 200
MAX_TITLE_CHARS = 80
MAX_TEXT_CHARS = 2_000

_DEFAULT = Path(__file__).with_name("default_guidelines.md")
_NUMBERING = re.compile(
    r"^(?:(?:[A-Z]{1,3}[-.]?\d{1,3}|\d{1,3}(?:\.\d{1,3}){0,4})(?:[.):]|\s*[–—-])?|\(?[a-zA-Z][.)])\s+(?=\S)|^\[[ xX]?\]\s+"
)
_TITLE_END = re.compile(r"(?:\s[–—-]\s|[:;.?!](?=\s|$))")


@dataclass
class _Block:
    """A heading with the prose and the list items that stand below it, up to the next heading."""

    title: str
    level: int
    prose: list[str] = field(default_factory=list)
    items: list[tuple[str, str]] = field(default_factory=list)

    @property
    def introduces_list(self) -> bool:
        """Whether the prose only leads to the list, so that the items are the checks: there is more in the items than in it."""
        return len(self.items) > 1 and sum(len(title) + len(text) for title, text in self.items) > sum(map(len, self.prose))


def parse_guidelines(markdown: str) -> Guidelines:
    """Read a checklist from Markdown.

    A heading with text below it is one check. A heading that only introduces a list is a group, and each item is a check; so is each item
    of a list without a heading. A heading above deeper headings is the name of the document or of a part, not a check. Items may start
    with a title in bold or before a colon; otherwise their first words are the title. Checks get the ids C01, C02, ... in order.

    Raises:
        Invalid: there is neither a heading with text nor a list item, or there is far too much.
    """
    if len(markdown) > MAX_GUIDELINES_CHARS:
        raise Invalid(
            f"The guidelines are longer than {MAX_GUIDELINES_CHARS:,} characters.", hint="Upload a checklist, not the whole manual."
        )
    pairs = list(_checks(_blocks(markdown)))
    if not pairs:
        raise Invalid(
            "The guidelines hold no checks.",
            hint="Write each check as a Markdown heading with a text below it, or as an item of a list.",
        )
    if len(pairs) > MAX_CHECKS:
        raise Invalid(
            f"The guidelines hold {len(pairs)} checks; at most {MAX_CHECKS} can be applied.", hint="Keep the most important ones."
        )
    return _numbered("C", pairs)


def default_markdown() -> str:
    """The checklist that ships with the application, for tender documents and for reports, as it is written."""
    return _DEFAULT.read_text(encoding="utf-8")


def default_guidelines() -> Guidelines:
    """The checks of ``default_markdown``."""
    return parse_guidelines(default_markdown())


def combine(own: Guidelines | None, preference: Preference, standing: Guidelines | None = None) -> Guidelines:
    """The checklist in force for a document.

    Own checks come first, as O01, O02, ...; the default ones keep their ids. ``standing``: what the owner put in the place of the default.

    Raises:
        Invalid: only own checks are wanted but there are none, or the preference is unknown.
    """
    if preference == "default_only" or (preference == "both" and own is None):
        return standing or default_guidelines()
    if preference not in ("both", "own_only"):
        raise Invalid(
            f"There is no guidelines preference {preference!r}.",
            fields={"guidelines_preference": "must be both, own_only or default_only"},
        )
    if own is None:
        raise Invalid(
            "Only your own guidelines are to be applied, but there are none.",
            hint="Upload guidelines, or use the default ones.",
            fields={"guidelines": "missing"},
        )
    renumbered = _numbered("O", [(check.title, check.text) for check in own.checks])
    return renumbered if preference == "own_only" else Guidelines(renumbered.checks + (standing or default_guidelines()).checks)


def _numbered(prefix: str, pairs: list[tuple[str, str]]) -> Guidelines:
    return Guidelines(tuple(Check(f"{prefix}{number:02}", title, text) for number, (title, text) in enumerate(pairs, 1)))


def _checks(blocks: list[_Block]) -> Iterator[tuple[str, str]]:
    for block, following in zip(blocks, [*blocks[1:], None], strict=True):
        has_parts = following is not None and following.level > block.level
        if block.title and block.prose and not has_parts and not block.introduces_list:
            yield _short(block.title), _clip(" ".join(block.prose + [text or title for title, text in block.items]))
        elif block.items:
            for title, text in block.items:
                yield title, text or title
        elif block.title and not has_parts:
            yield _short(block.title), _clip(block.title)


def _blocks(markdown: str) -> list[_Block]:
    from markdown_it import MarkdownIt

    blocks = [_Block("", 0)]
    tokens = MarkdownIt("commonmark", {"html": True, "maxNesting": 20}).parse(markdown)
    index = 0
    while index < len(tokens):
        token = tokens[index]
        if token.type == "heading_open":
            title = _plain(tokens[index + 1])
            if title:
                blocks.append(_Block(_NUMBERING.sub("", title), int(token.tag[1:])))
        elif token.type == "list_item_open":
            index = _item(tokens, index, blocks[-1])
        elif token.type == "paragraph_open":
            text = _plain(tokens[index + 1])
            if text:
                blocks[-1].prose.append(text)
        index += 1
    return blocks


def _item(tokens: list[Token], start: int, block: _Block) -> int:
    """Add the list item that opens at ``start``, with what is nested in it, to the block; returns the index of its last token."""
    depth, index, bold = 1, start + 1, ""
    parts: list[str] = []
    while depth and index < len(tokens):
        token = tokens[index]
        if token.type == "list_item_open":
            depth += 1
        elif token.type == "list_item_close":
            depth -= 1
        elif token.type == "inline":
            text = _plain(token)
            if text and not parts:
                bold = _leading_bold(token)
            if text:
                parts.append(text)
        index += 1
    whole = _NUMBERING.sub("", " ".join(parts)).strip()
    if any(character.isalpha() for character in whole):
        block.items.append(_split(whole, bold))
    return index - 1


def _split(text: str, bold: str) -> tuple[str, str]:
    """A title of a few words and the rest of an item's text."""
    if bold and len(bold) <= MAX_TITLE_CHARS and text.startswith(bold):
        return bold.rstrip(" .:;–—-"), _clip(text[len(bold) :].lstrip(" .:;–—-"))
    end = _TITLE_END.search(text)
    if end and 3 <= end.start() <= 60 and text[end.end() :].strip():
        return text[: end.start()].strip(), _clip(text if text[end.start()] in ".?!" else text[end.end() :].strip())
    return _short(text), _clip(text)


def _leading_bold(inline: Token) -> str:
    children = [child for child in inline.children or [] if child.type != "text" or child.content]
    if len(children) >= 3 and children[0].type == "strong_open" and children[1].type == "text" and children[2].type == "strong_close":
        return children[1].content.strip()
    return ""


def _plain(inline: Token) -> str:
    """The text of an inline token without markup; HTML tags and images are left out."""
    pieces = [" " if child.type in ("softbreak", "hardbreak") else child.content for child in inline.children or [] if _is_text(child)]
    return " ".join("".join(pieces).split())


def _is_text(child: Token) -> bool:
    return child.type in ("text", "code_inline", "softbreak", "hardbreak", "text_special")


def _short(text: str) -> str:
    """At most eight words and ``MAX_TITLE_CHARS`` characters."""
    words = text.split()
    title = " ".join(words[:8]) if len(text) > 60 else text
    if len(title) > MAX_TITLE_CHARS:
        title = title[: MAX_TITLE_CHARS - 1].rsplit(" ", 1)[0]
    return title.rstrip(" .:;,–—-") + ("…" if len(title) < len(text.rstrip(" .:;,–—-")) else "")


def _clip(text: str) -> str:
    return text if len(text) <= MAX_TEXT_CHARS else text[: MAX_TEXT_CHARS - 1].rsplit(" ", 1)[0] + "…"
