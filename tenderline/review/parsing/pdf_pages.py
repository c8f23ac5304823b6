"""Lines of a PDF's pages with their place, size and weight, read by PDFium.

PDFium reads some 25 times as many pages a second as the parsers written in Python that know font sizes (58 against 2.2, measured on
dense A4 pages); it runs in the child process only.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenderline.errors import Invalid
from tenderline.review.parsing.limits import MAX_PAGES
from tenderline.review.parsing.pdf_scan import PRINT_AGAIN

if TYPE_CHECKING:
    from pathlib import Path

    from pypdfium2 import PdfBookmark, PdfDocument, PdfPage, PdfTextPage

CELL = " | "
_HYPHEN = 2  # PDFium's sign for a hyphen at which a word was broken
_BREAKS = frozenset((_HYPHEN, 9, 10, 13, 32, 0xA0))
_BOLD_WEIGHT = 600
_FORCE_BOLD = 1 << 18
_BOLD_NAME = re.compile(r"bold|black|heavy|semibd|demi", re.I)
_CELL_GAP = 1.2  # in font sizes; the widest word space of justified text is below it
_MARKER = re.compile(r"(?:[•▪◦‣●○■□–—*-]|\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivxlIVXL]{1,6})[.)]|\d{1,3}(?:\.\d{1,3})+)")
_NOT_TEXT = {code: None for code in (*range(32), *range(0x7F, 0xA0), 0xAD, 0xFEFF, 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)) if code != 9}


@dataclass
class Line:
    """One line of print.

    Attributes:
        cells: its text; more than one where gaps part it as in a table.
        left, right, baseline: points; the baseline is measured from the page's top.
        size: of the font, in points as printed.
        broken: whether it ends in a word broken with a hyphen.
    """

    page: int
    cells: list[str]
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    broken: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.cells)


@dataclass
class Page:
    """A page's lines in reading order; ``height`` in points; ``pictures``: whether it has any, known for nearly empty pages only."""

    height: float
    lines: list[Line]
    pictures: bool


@dataclass(frozen=True)
class Bookmark:
    """An entry of the outline: ``page`` from 0, ``top`` in points from the page's top (``None``: unknown), ``level`` from 1."""

    title: str
    level: int
    page: int
    top: float | None


def open_pdf(path: Path) -> PdfDocument:
    """Open a PDF. Raises ``Invalid`` when it is damaged, protected, or has far too many pages."""
    import pypdfium2
    from pypdfium2.raw import FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code in (FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY):
            raise Invalid("The PDF is protected with a password.", hint="Remove the password and upload it again.") from None
        raise Invalid("The PDF is damaged or incomplete.", hint=PRINT_AGAIN) from None
    if len(document) > MAX_PAGES:
        raise Invalid(f"The PDF has more than {MAX_PAGES:,} pages.", hint="Split it into several documents.")
    return document


def read_pages(document: PdfDocument) -> Iterator[Page]:
    """The pages in order. A page that cannot be loaded is empty."""
    import pypdfium2

    forms = document.get_formtype() > 0
    if forms:
        document.init_forms()
    for number in range(len(document)):
        try:
            page = document[number]
            if forms:  # what was filled in lies above the page, not in it
                page.flatten()
                page.close()
                page = document[number]
            text = page.get_textpage()
        except pypdfium2.PdfiumError:
            yield Page(height=0, lines=[], pictures=False)
            continue
        lines = _join_split(list(_lines(page, text, number)))
        yield Page(height=page.get_height(), lines=lines, pictures=len(lines) < 4 and _has_pictures(page))
        text.close()
        page.close()


def read_outline(document: PdfDocument, limit: int = 5000) -> list[Bookmark]:
    """The document's own outline, entries without a title or a page left out; at most ``limit`` entries."""
    import pypdfium2

    found: list[Bookmark] = []
    for seen, entry in enumerate(document.get_toc(max_depth=9)):
        if seen >= limit:
            break
        try:
            bookmark = _bookmark(document, entry)
        except pypdfium2.PdfiumError:
            continue  # it leads to a page that is damaged
        if bookmark is not None:
            found.append(bookmark)
    return found


def _bookmark(document: PdfDocument, entry: PdfBookmark) -> Bookmark | None:
    title, destination = entry.get_title(), entry.get_dest()
    page = destination.get_index() if destination is not None else None
    if not title.strip() or page is None or not 0 <= page < len(document):
        return None
    return Bookmark(title, entry.level + 1, page, _top(document, page, *destination.get_view()))


def _top(document: PdfDocument, page: int, mode: int, position: list[float]) -> float | None:
    from pypdfium2.raw import PDFDEST_VIEW_FITBH, PDFDEST_VIEW_FITH, PDFDEST_VIEW_XYZ

    place = {PDFDEST_VIEW_XYZ: 1, PDFDEST_VIEW_FITH: 0, PDFDEST_VIEW_FITBH: 0}.get(mode)
    if place is None or len(position) <= place:
        return None
    return float(document.get_page_size(page)[1]) - position[place]


def _has_pictures(page: PdfPage) -> bool:
    from pypdfium2.raw import FPDF_PAGEOBJ_IMAGE

    return next(iter(page.get_objects(filter=[FPDF_PAGEOBJ_IMAGE], max_depth=3)), None) is not None


@dataclass(frozen=True)
class _Word:
    """Characters without a space between: indexes of the first and the last one in PDFium's list."""

    text: str
    first: int
    last: int


def _lines(page: PdfPage, text: PdfTextPage, number: int) -> Iterator[Line]:
    height = page.get_height()
    for words, broken in _words(text):
        line = _line(text, number, height, words)
        line.broken = broken
        yield line


def _words(text: PdfTextPage) -> Iterator[tuple[list[_Word], bool]]:
    """The words of each line, and whether the line ends in a broken word."""
    from pypdfium2.raw import FPDFText_GetUnicode

    handle = text.raw
    words: list[_Word] = []
    characters: list[str] = []
    count = text.count_chars()
    for index in range(count + 1):
        code = FPDFText_GetUnicode(handle, index) if index < count else 10
        if code not in _BREAKS:
            characters.append(chr(code))
            continue
        if characters:
            words.append(_Word("".join(characters).translate(_NOT_TEXT), index - len(characters), index - 1))
            characters = []
        if code in (10, _HYPHEN) and words:
            yield words, code == _HYPHEN
            words = []


def _line(text: PdfTextPage, number: int, height: float, words: list[_Word]) -> Line:
    from pypdfium2.raw import FPDFText_GetCharBox, FPDFText_GetCharOrigin

    handle = text.raw
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    samples = [words[0].first, words[len(words) // 3].first, words[len(words) * 2 // 3].first, words[-1].last]
    sizes = sorted(_size(text, index) for index in samples)
    size = sizes[len(sizes) // 2]
    cells: list[list[str]] = [[]]
    start = end = 0.0
    for position, word in enumerate(words):
        FPDFText_GetCharBox(handle, word.first, left, right, bottom, top)
        if position == 0:
            start = left.value
        elif left.value - end > _CELL_GAP * size and not _MARKER.fullmatch(" ".join(cells[-1])):
            cells.append([])
        cells[-1].append(word.text)
        FPDFText_GetCharBox(handle, word.last, left, right, bottom, top)
        end = right.value
    x, y = ctypes.c_double(), ctypes.c_double()
    FPDFText_GetCharOrigin(handle, words[0].first, x, y)
    return Line(
        page=number, cells=[cell for words_of_cell in cells if (cell := " ".join(words_of_cell).strip())], left=start, right=end,
        baseline=height - y.value, size=size, bold=all(_bold(text, index) for index in samples),
    )  # fmt: skip


def _size(text: PdfTextPage, index: int) -> float:
    """The font size as printed: the nominal one times the scale of the text's matrix."""
    from pypdfium2.raw import FS_MATRIX, FPDFText_GetFontSize, FPDFText_GetMatrix

    nominal = float(FPDFText_GetFontSize(text, index))
    matrix = FS_MATRIX()
    scale = (matrix.b**2 + matrix.d**2) ** 0.5 if FPDFText_GetMatrix(text, index, matrix) else 1.0
    return round(nominal * scale, 1) or 1.0


def _bold(text: PdfTextPage, index: int) -> bool:
    from pypdfium2.raw import FPDFText_GetFontInfo, FPDFText_GetFontWeight

    if FPDFText_GetFontWeight(text, index) >= _BOLD_WEIGHT:
        return True
    name, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    length = FPDFText_GetFontInfo(text, index, name, len(name), flags)
    return bool(flags.value & _FORCE_BOLD) or bool(0 < length <= len(name) and _BOLD_NAME.search(name.value.decode("utf-8", "replace")))


def _join_split(lines: list[Line]) -> list[Line]:
    """Put pieces on the same baseline together again: cells of a table row, or what follows a raised figure."""
    joined: list[Line] = []
    for line in lines:
        if not line.cells:
            continue
        last = joined[-1] if joined else None
        if last is None or last.broken or abs(last.baseline - line.baseline) > 0.3 * last.size or line.left < last.right - last.size / 2:
            joined.append(line)
            continue
        gap = line.left - last.right
        if gap > _CELL_GAP * last.size and not _MARKER.fullmatch(last.cells[-1]):
            last.cells += line.cells
        else:
            separator = " " if gap > 0.1 * last.size else ""
            last.cells = [*last.cells[:-1], last.cells[-1] + separator + line.cells[0], *line.cells[1:]]
        last.right, last.broken, last.bold = line.right, line.broken, last.bold and line.bold
    return joined
