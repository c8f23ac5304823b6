"""The comments themselves, as they stand in the part that Word keeps them in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tenderline.review.parsing.word_styles import W
from tenderline.review.word_export.xml_edit import escaped, plain

NAMESPACE = W[1:-1]
MAX_TEXT = 32_000
"""Characters of one paragraph of a comment; what is longer is cut, visibly."""

_MAX_AUTHOR = 255
_MAX_INITIALS = 9  # as Word itself


@dataclass(frozen=True)
class Line:
    """A paragraph of a comment: a label in bold, or "", and a text."""

    label: str
    text: str


@dataclass(frozen=True)
class Remark:
    """What is to be written beside ``text[start:end]`` of a document.

    Attributes:
        author: a name for people.
        at: seconds since 1970.
        lines: what it says.
        note: what to add when it can't sit at its words themselves.
    """

    author: str
    at: float
    lines: tuple[Line, ...]
    start: int
    end: int
    note: str = ""


def initials(author: str) -> str:
    """The first letters of the words of a name."""
    letters = "".join(word[0] for word in author.replace("-", " ").split() if word[0].isalnum())
    return letters.upper()[:_MAX_INITIALS] or "T"


def comment(number: int, remark: Remark, extra: Sequence[Line], styles: frozenset[str]) -> str:
    """A ``w:comment``.

    Args:
        extra: paragraphs behind the remark's own.
        styles: the ids of the document's styles; those for comments are used if they are there.
    """
    date = datetime.fromtimestamp(remark.at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    author = " ".join(plain(remark.author).split())[:_MAX_AUTHOR] or "Tenderline"
    style = '<w:pPr><w:pStyle w:val="CommentText"/></w:pPr>' if "CommentText" in styles else ""
    mark = '<w:rPr><w:rStyle w:val="CommentReference"/></w:rPr>' if "CommentReference" in styles else ""
    reference = f"<w:r>{mark}<w:annotationRef/></w:r>"
    paragraphs = []
    for line in [*remark.lines, *extra]:
        label = f"<w:r><w:rPr><w:b/></w:rPr>{_text(line.label)}</w:r>" if line.label else ""
        gap = " " if line.label and line.text else ""
        text = f"<w:r>{_text(gap + _short(line.text))}</w:r>" if line.text else ""
        paragraphs.append(f"<w:p>{style}{reference}{label}{text}</w:p>")
        reference = ""
    return (
        f'<w:comment w:id="{number}" w:author="{escaped(author)}" w:date="{date}" w:initials="{escaped(initials(author))}">'
        f"{''.join(paragraphs) or f'<w:p>{style}{reference}</w:p>'}</w:comment>"
    )


def _short(text: str) -> str:
    return text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…"


def _text(text: str) -> str:
    """A text as children of a run, with its line breaks."""
    lines = (f'<w:t xml:space="preserve">{escaped(line)}</w:t>' for line in plain(text).split("\n"))
    return "<w:br/>".join(lines)
