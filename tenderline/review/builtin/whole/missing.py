"""Parts that a document of its kind should have and lacks, and headings with nothing below them."""

from __future__ import annotations

from collections.abc import Iterator

from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.rules.completeness import empty_sections, missing_parts, missing_signature
from tenderline.review.builtin.view import DocumentView
from tenderline.review.builtin.whole.note import Note, Place


def missing(document: DocumentView) -> Iterator[Note]:
    """What the rules for sections say at the first and the last one, and of sections without text, which nobody reviews by themselves."""
    for index in dict.fromkeys((document.first, document.last)):
        view = document.section(index)
        for remark in (*missing_parts(view), *missing_signature(view)):
            yield _note(remark, ())
    with_text = set(document.has_text)
    if with_text:
        for section in document.parsed.sections:
            if section.index not in with_text:
                for remark in empty_sections(document.section(section.index)):
                    yield _note(remark, (Place(section.index),))


def _note(remark: Remark, places: tuple[Place, ...]) -> Note:
    return Note(
        remark.kind,
        remark.category,
        remark.topic,
        remark.type,
        remark.risk,
        remark.confidence,
        places,
        remark.description,
        remark.suggestion,
        remark.questions,
        remark.detail,
    )
