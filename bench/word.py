"""How long a Word file takes to be read, and to be written again with a comment for every finding."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from bench.measure import Line, timed
from tenderline.review.document import ParsedDocument
from tenderline.review.parsing import parse
from tenderline.review.word_export import Line as Said
from tenderline.review.word_export import Remark, write_comments
from tests.documents import paragraph, run, table, word_file
from tests.word_documents import HEADING, NUMBERING, STYLES

WORDS_A_PAGE = 480
FINDINGS_A_PAGE = 6
SEED = 20261130
_WORDS = (
    "the", "bidder", "shall", "deliver", "all", "goods", "named", "in", "annex", "within", "days", "of", "notice", "and", "pay", "what",
    "is", "due", "under", "this", "contract", "to", "office",
)  # fmt: skip
_PROPERTIES = ("", "<w:b/>", "<w:i/>", '<w:rFonts w:ascii="Arial" w:hAnsi="Arial"/><w:sz w:val="22"/>', '<w:color w:val="333333"/>')


def measure() -> list[Line]:
    """Seconds for documents of 50 and 300 pages."""
    lines = []
    with tempfile.TemporaryDirectory() as name:
        for pages, read_goal, write_goal in ((50, 2.0, 3.0), (300, None, None)):
            source = word_document(Path(name) / f"{pages}.docx", pages)
            read: list[ParsedDocument] = []
            took = timed(lambda: read.append(parse(source, "docx"))) / 1000  # noqa: B023
            lines.append(Line(f"a Word file of {pages} pages is read", took, "s", read_goal))
            remarks = findings(read[0], pages * FINDINGS_A_PAGE)
            target = Path(name) / "out.docx"
            took = timed(lambda: write_comments(source, target, read[0].text, read[0].runs, remarks)) / 1000  # noqa: B023
            lines.append(Line(f"... is written with {len(remarks):,} comments", took, "s", write_goal))
    return lines


def word_document(path: Path, pages: int) -> Path:
    """A tender of so many pages, the same for every call: headings, paragraphs of several runs, lists and tables."""
    chance = random.Random(SEED)
    body: list[str] = []
    words = 0
    while words < pages * WORDS_A_PAGE:
        body.append(paragraph(f"Clause {len(body)}", HEADING))
        for _ in range(chance.randint(2, 6)):
            runs = [_sentence(chance, chance.randint(4, 14)) for _ in range(chance.randint(2, 7))]
            words += sum(len(text.split()) for text in runs)
            body.append(paragraph("".join(run(f"{text} ", chance.choice(_PROPERTIES)) for text in runs)))
        if chance.random() < 0.2:
            rows = [[_sentence(chance, 2), f"{chance.randint(1, 9_000_000):,}", _sentence(chance, 5)] for _ in range(12)]
            words += 12 * 8
            body.append(table(*rows))
    return word_file(path, "".join(body), parts={"styles": STYLES, "numbering": NUMBERING})


def _sentence(chance: random.Random, length: int) -> str:
    return " ".join(chance.choice(_WORDS) for _ in range(length)).capitalize()


def findings(document: ParsedDocument, count: int) -> list[Remark]:
    """So many remarks on words all over a document."""
    chance = random.Random(SEED)
    said = (Said("High risk, Consistency", ""), Said("", "The two dates contradict each other. " * 3), Said("Suggestion:", "Settle it."))
    places = sorted(chance.randrange(len(document.text) - 200) for _ in range(count))
    return [Remark("Built-in reviewer", 1_790_000_000.0, said, start, start + chance.randint(5, 150)) for start in places]
