"""Writes a document's comments into a copy of its Word file, and changes nothing else in it."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tenderline.errors import Invalid
from tenderline.review.document import RunSpan
from tenderline.review.parsing.inspection import main_link
from tenderline.review.parsing.package import Package, damaged, open_package
from tenderline.review.parsing.word_styles import W
from tenderline.review.word_export.anchors import Anchors, Marks, Stretch
from tenderline.review.word_export.comments import NAMESPACE, Line, Remark, comment
from tenderline.review.word_export.xml_edit import append_children, splice, utf8
from tenderline.review.word_export.zip_copy import copy_zip

_CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_LINKS = "http://schemas.openxmlformats.org/package/2006/relationships"
_COMMENTS_KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments"
_COMMENTS_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
_TYPES_PART = "[Content_Types].xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAX_COMMENTS = 32_767
"""Word opens no file with more ([MS-OI29500] 2.1.315)."""
_SIGNED = "The document was signed; with comments in it the copy no longer matches the signature."


@dataclass(frozen=True)
class Written:
    """How many comments were written, and sentences for people about what they should know of the copy."""

    comments: int
    warnings: tuple[str, ...]


def write_comments(source: Path, target: Path, text: str, runs: Sequence[RunSpan], remarks: Sequence[Remark]) -> Written:
    """Write ``target``, a copy of the Word file ``source`` with a comment for each remark.

    Of the package, the main part gains the comments' marks, the part with the comments gains the comments; where there is none yet, it is
    added and named in the lists of links and types. Every other part keeps its bytes.

    Args:
        text: the document's text, as parsing gave it.
        runs: where it stands in the file.

    Raises:
        Invalid: the file is damaged, or would have more than ``MAX_COMMENTS``.
        OSError: the copy can't be written.
    """
    with open_package(source) as package:
        main = _exact(package, _main(package))
        data = utf8(package.read(main))
        anchors = Anchors(text, runs, data, [Stretch(remark.start, remark.end) for remark in remarks])
        parts = _Parts(package, main)
        marks = Marks(data, anchors.scan, styled="CommentReference" in parts.styles)
        if len(anchors.scan.comment_ids | parts.comment_ids) + len(remarks) > MAX_COMMENTS:
            raise Invalid(
                f"Word opens no document with more than {MAX_COMMENTS:,} comments.",
                hint="Hand the review in as Markdown, or accept fewer findings.",
            )
        number = max(anchors.scan.comment_ids | parts.comment_ids, default=-1)
        comments = []
        for remark, anchor in zip(remarks, anchors.anchors, strict=True):
            number += 1
            if marks.add(number, anchor):
                extra = () if anchor.exact or not remark.note else (Line("", remark.note),)
                comments.append(comment(number, remark, extra, parts.styles))
        parts.add(comments)
        parts.replaced[main] = splice(data, marks.insertions())
        signed = any(name.startswith("_xmlsignatures/") for name in package.names)
    copy_zip(source, target, parts.replaced, parts.added)
    return Written(len(comments), (_SIGNED,) if signed else ())


def _main(package: Package) -> str:
    link = main_link(package)
    if link is None:
        raise damaged()
    return link.target


def _exact(package: Package, name: str) -> str:
    """A part's name as the archive spells it."""
    return next((entry.filename for entry in package.archive.infolist() if entry.filename.lower() == name.lower()), name)


class _Parts:
    """The parts beside the main one that comments need: those there are, and those that must be made."""

    def __init__(self, package: Package, main: str) -> None:
        self.replaced: dict[str, bytes] = {}
        self.added: dict[str, bytes] = {}
        self.comment_ids: set[int] = set()
        self.styles: frozenset[str] = frozenset()
        self._package = package
        self._main = main
        self._comments: str | None = None
        for link in package.relationships(main):
            if link.kind == "styles" and link.target in package:
                self.styles = frozenset(style.get(f"{W}styleId", "") for style in package.parse(link.target).iter(f"{W}style"))
            elif link.kind == "comments" and link.target in package:
                self._comments = _exact(package, link.target)
                numbers = (element.get(f"{W}id", "") for element in package.parse(link.target).iter(f"{W}comment"))
                self.comment_ids = {int(number) for number in numbers if number.isdecimal()}

    def add(self, comments: Sequence[str]) -> None:
        """Put the comments into their part; where there is none, make it known to the package."""
        children = "".join(comments)
        if self._comments is not None:
            known = utf8(self._package.read(self._comments))
            self.replaced[self._comments] = append_children(known, children, {"w": NAMESPACE})
            return
        folder = posixpath.dirname(self._main)
        name = next(
            candidate
            for number in range(len(self._package.names) + 1)
            if (candidate := posixpath.join(folder, f"comments{number or ''}.xml")) not in self._package
        )
        self.added[name] = f'{_DECLARATION}<w:comments xmlns:w="{NAMESPACE}">{children}</w:comments>'.encode()
        self._link(posixpath.basename(name))
        override = f'<Override PartName="/{name}" ContentType="{_COMMENTS_TYPE}"/>'
        types = _exact(self._package, _TYPES_PART)
        self.replaced[types] = append_children(utf8(self._package.read(types)), override, {"": _CONTENT_TYPES})

    def _link(self, target: str) -> None:
        folder, base = posixpath.split(self._main)
        name = _exact(self._package, posixpath.join(folder, "_rels", f"{base}.rels"))
        if name not in self._package:
            link = f'<Relationship Id="rIdComments" Type="{_COMMENTS_KIND}" Target="{target}"/>'
            self.added[name] = f'{_DECLARATION}<Relationships xmlns="{_LINKS}">{link}</Relationships>'.encode()
            return
        taken = {element.get("Id", "") for element in self._package.parse(name)}
        key = next(candidate for number in range(len(taken) + 1) if (candidate := f"rIdComments{number or ''}") not in taken)
        link = f'<Relationship Id="{key}" Type="{_COMMENTS_KIND}" Target="{target}"/>'
        self.replaced[name] = append_children(utf8(self._package.read(name)), link, {"": _LINKS})
