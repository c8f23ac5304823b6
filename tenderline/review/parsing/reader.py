"""One way in for every kind of document."""

from __future__ import annotations

from pathlib import Path

from tenderline.review.document import ParsedDocument
from tenderline.review.parsing.limits import LIGHT_MAIN, LIGHT_MARKDOWN, LIGHT_XML


def parse(path: Path, kind: str, *, max_chars: int | None = None) -> ParsedDocument:
    """Read a document in this process. The file has passed ``inspect``.

    Args:
        kind: docx, pdf, md or txt.
        max_chars: the longest text to accept; by default what the settings say.

    Raises:
        Invalid: it is damaged, protected, or holds no text.
        TooLarge: it holds more text than ``max_chars``.
    """
    if max_chars is None:
        from tenderline.settings import MAX_DOCUMENT_CHARS

        max_chars = MAX_DOCUMENT_CHARS
    if kind == "docx":
        from tenderline.review.parsing.word import parse_word

        return parse_word(path, max_chars)
    if kind == "pdf":
        from tenderline.review.parsing.pdf import parse_pdf

        return parse_pdf(path, max_chars)
    if kind in ("md", "txt"):
        return _parse_text(path, kind, max_chars)
    raise ValueError(f"no parser for {kind!r}")


def _parse_text(path: Path, kind: str, max_chars: int) -> ParsedDocument:
    from tenderline.review.parsing.encoding import decode
    from tenderline.review.parsing.sections import assemble, check_length

    text, warnings = decode(path.read_bytes())
    check_length(len(text), max_chars)
    if kind == "md":
        from tenderline.review.parsing.markdown import markdown_headings

        headings = markdown_headings(text)
    else:
        from tenderline.review.parsing.plain import text_headings

        headings = text_headings(text)
    return assemble(kind, text, headings, max_chars=max_chars, warnings=warnings)


def is_light(path: Path, kind: str) -> bool:
    """Whether a file that has passed ``inspect`` is quick and small enough to be parsed in this process; else ``parse_safely`` it."""
    if kind == "txt":
        return True
    if kind == "md":
        return path.stat().st_size <= LIGHT_MARKDOWN
    if kind == "docx":
        from tenderline.review.parsing.inspection import main_link
        from tenderline.review.parsing.package import open_package

        with open_package(path) as package:
            link = main_link(package)
            return link is not None and package.size(link.target) <= LIGHT_MAIN and package.xml_bytes() <= LIGHT_XML
    return False
