"""Parts that a document of its kind needs: what is missing is said once, at the section where a reader would look for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.rules.parts import PARTS, Part
from tenderline.review.builtin.view import DocumentView, SectionView

CATEGORY = "Completeness"


_SHORTEST_WORDS = 150
_LEAST_SECTIONS = 5
# "Signed: …", "Prepared by …", a line to sign on; "they signed their declarations" is not a signature.
_SIGNED = re.compile(
    r"^\W*(?-i:Signed|SIGNED|Signatures?|SIGNATURES?|Sgd|Signatory|Name and title)\b|\bsigned\s?:|\(signed\)"
    r"|authori[sz]ed\ssignatory|in\switness\swhereof|for\sand\son\sbehalf"
    # "to be signed by the parties" is a rule about signing; "signed by Ms Osei" is a signature.
    r"|\b(?:signed|prepared|approved|authori[sz]ed|submitted|issued|reviewed|written|drafted)\s(?:by|for|on\sbehalf)[\s:|]{1,3}"
    r"(?-i:(?:the\s)?[A-Z])"
    r"|^\W*(?-i:For\s(?:the\s)?[A-Z])[^.\n]{0,60}:"
    r"|\b(?:investigators?|auditors?|authors?|team\sleader)\s?[:|]|_{8,}"
    # The head of a table of those who sign, and the publication of an office.
    r"|\|\s?(?-i:Signatures?|Signed)\s?(?:\||$)|\breport\s[^.\n]{1,40}\b(?:of|by)\s(?:the\s)?(?-i:[A-Z])",
    re.IGNORECASE | re.MULTILINE,
)
_DATED = re.compile(r"\b(?:19|20)\d\d\b|\b(?:date|dated)\b", re.IGNORECASE)
_ENDING_CHARS = 3_000
_EMPTY_LINE = re.compile(r"_{8,}|\.{12,}|…{4,}")
_TO_SIGN = re.compile(r"\b(?:sign\w*|submitted|approved|prepared|authori[sz]ed|for\s(?:the|and\son\sbehalf)|by)\b|^\W*$", re.IGNORECASE)
_DATED_DAY = re.compile(
    r"\b\d{1,2}\s(?:[A-Z][a-z]{2,8})\s(?:19|20)\d\d\b|\b[A-Z][a-z]{2,8}\s\d{1,2},\s(?:19|20)\d\d\b|\b\d{1,2}[./]\d{1,2}[./](?:19|20)\d\d\b"
)


def missing_parts(section: SectionView) -> Iterator[Remark]:
    document = section.document
    parts = [part for part in PARTS.get(document.kind, ()) if part.core]
    if not parts or section.index not in (document.first, document.last) or document.word_count < _SHORTEST_WORDS:
        return
    missing = document.once("missing parts", lambda: [part for part in parts if not _found(document, part)])
    # A document that has all the rest is a whole one and lacks just this; one that lacks more is of another make, or a part of something.
    if len(missing) > 1 or len(document.has_text) < _LEAST_SECTIONS:
        return
    for part in missing:
        if section.index == (document.first if part.at == "first" else document.last):
            yield Remark(
                "missing-part", CATEGORY, part.topic, "important" if part.risk == "High" else "suggestion", part.risk, 0.83, 0, 0,
                f"The document says nothing of {part.name}.",
                "Add it, or say in which other document it stands.",
                detail=part.name,
            )  # fmt: skip


def missing_signature(section: SectionView) -> Iterator[Remark]:
    """A report or contract that ends without a name, signature or "prepared by" at either end."""
    document = section.document
    if document.kind == "tender" or section.index != document.last or document.word_count < _SHORTEST_WORDS:
        return
    ends = document.text[:_ENDING_CHARS] + "\n" + document.text[-_ENDING_CHARS:]
    decides = document.kind in ("report", "contract")
    if (
        decides
        and not _SIGNED.search(ends)
        and not any(_SIGNED.search(heading.words) for heading in document.headings[len(document.headings) // 2 :])
    ):
        yield Remark(
            "no-signature", CATEGORY, "signatures", "important", "Medium", 0.84, 0, 0,
            "Neither the beginning nor the end of the document says who signed, prepared or approved it.",
            "Add a block with name, role, date and signature.",
        )  # fmt: skip
    elif _unsigned(document.text[-_ENDING_CHARS:]):
        yield Remark(
            "no-signature", CATEGORY, "signatures", "important", "Medium", 0.84, 0, 0,
            "The document is dated or signed in part, but a line for a signature at its end is still empty.",
            "Have it signed and dated, or attach the signed page.",
        )  # fmt: skip
    elif decides and not _DATED.search(ends):
        yield Remark(
            "no-date", CATEGORY, "signatures", "important", "Medium", 0.83, 0, 0,
            "The document bears no date.",
            "Add the date on which it was finished and signed.",
        )  # fmt: skip


def _unsigned(ending: str) -> bool:
    """Whether a line to sign on is empty in a document that names others who have signed, or is past being a draft.

    Two empty lines of the same look are a page for both parties to sign.
    """
    lines = [line for line in ending.splitlines() if _EMPTY_LINE.search(line)]
    return len(lines) == 1 and _TO_SIGN.search(lines[0]) is not None and _DATED_DAY.search(ending) is not None


def empty_sections(section: SectionView) -> Iterator[Remark]:
    """A heading with nothing below it, not even sections of its own."""
    document = section.document
    if section.text.strip() or section.title == "Document":
        return
    sections = document.parsed.sections
    following = sections[section.index + 1] if section.index + 1 < len(sections) else None
    own = sections[section.index]
    if (following and following.level > own.level) or (own.level <= 1 and section.index == 0):
        return
    yield Remark(
        "empty-section", CATEGORY, "completeness", "important", "Medium", 0.88, 0, 0,
        f"The section “{section.title}” is empty.",
        "Write it, or remove its heading.",
    )  # fmt: skip


def _found(document: DocumentView, part: Part) -> bool:
    return any(part.sought.search(heading.words) for heading in document.headings) or document.has(part.sought)
