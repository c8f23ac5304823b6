"""Parts that a document of its kind needs: what is missing is said once, at the section where a reader would look for it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tenderline.review.builtin.kind import DocumentKind
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.rules.parts import PARTS, Part
from tenderline.review.builtin.view import DocumentView, SectionView

CATEGORY = "Completeness"


_SHORTEST_WORDS = 150
_TOGETHER = 3
# "Signed: …", "Prepared by …", a line to sign on; "they signed their declarations" is not a signature.
_SIGNED = re.compile(
    r"^\W*(?-i:Signed|SIGNED|Signatures?|SIGNATURES?|Sgd|Signatory|Name and title)\b|\bsigned\s?:|\(signed\)"
    r"|authori[sz]ed\ssignatory|in\switness\swhereof|for\sand\son\sbehalf"
    # "to be signed by the parties" is a rule about signing; "signed by Ms Osei" is a signature.
    r"|\b(?:signed|prepared|approved|authori[sz]ed|submitted|issued|reviewed|written|drafted)\s(?:by|for|on\sbehalf)[\s:|]{1,3}"
    r"(?-i:(?:the\s)?[A-Z])"
    r"|^\W*(?-i:For\s(?:the\s)?[A-Z])[^.\n]{0,60}:"
    r"|\b(?:investigators?|auditors?|authors?|team\sleader)\s?[:|]|_{8,}",
    re.IGNORECASE | re.MULTILINE,
)
_DATED = re.compile(r"\b(?:19|20)\d\d\b|\b(?:date|dated)\b", re.IGNORECASE)
_ENDING_CHARS = 3_000


def missing_parts(section: SectionView) -> Iterator[Remark]:
    document = section.document
    parts = PARTS.get(document.kind, ())
    if not parts or section.index not in (document.first, document.last) or document.word_count < _SHORTEST_WORDS:
        return
    missing = document.once("missing parts", lambda: [part for part in parts if not _found(document, part)])
    if len(missing) > len(parts) // 2:
        if section.index == document.first:
            yield _fragment(document.kind, missing)
        return
    if len(missing) >= _TOGETHER:
        if section.index == document.first:
            yield _several(missing)
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
    if document.kind not in ("report", "contract") or section.index != document.last or document.word_count < _SHORTEST_WORDS:
        return
    ends = document.text[:_ENDING_CHARS] + "\n" + document.text[-_ENDING_CHARS:]
    if not _SIGNED.search(ends) and not any(_SIGNED.search(heading.words) for heading in document.headings[len(document.headings) // 2 :]):
        yield Remark(
            "no-signature", CATEGORY, "signatures", "important", "Medium", 0.84, 0, 0,
            "Neither the beginning nor the end of the document says who signed, prepared or approved it.",
            "Add a block with name, role, date and signature.",
        )  # fmt: skip
    elif not _DATED.search(ends):
        yield Remark(
            "no-date", CATEGORY, "signatures", "important", "Medium", 0.83, 0, 0,
            "The document bears no date.",
            "Add the date on which it was finished and signed.",
        )  # fmt: skip


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


def _several(missing: list[Part]) -> Remark:
    """Several parts together: they may be missing, or told in words that the rules don't know; one finding is enough for either."""
    return Remark(
        "missing-parts", CATEGORY, "completeness", "important", "Medium", 0.82, 0, 0,
        f"The document seems to say nothing of {len(missing)} parts: {'; '.join(part.name for part in missing)}.",
        "Add them, or say in which other documents they stand.",
    )  # fmt: skip


def _fragment(kind: DocumentKind, missing: list[Part]) -> Remark:
    names = "; ".join(part.name for part in missing[:8]) + (" …" if len(missing) > 8 else "")
    return Remark(
        "fragment", CATEGORY, "completeness", "question", "Medium", 0.82, 0, 0,
        f"This looks like a part of a {kind + ' document' if kind == 'tender' else kind} only. It says nothing of: {names}.",
        "Make sure that the other parts exist and agree with this one.",
        ("Where do the other parts stand?",),
    )  # fmt: skip
