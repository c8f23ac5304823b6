"""Finds runs in the bytes of a Word document's main part, by the same counting as parsing: which bytes are which characters."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from xml.parsers import expat

from tenderline.review.parsing.package import damaged
from tenderline.review.parsing.word_body import BLOCKS
from tenderline.review.parsing.word_runs import ALTERNATIVES, LEFT_OUT, TEXT_BOX, field_step, white
from tenderline.review.parsing.word_styles import W
from tenderline.review.word_export.xml_edit import TAG


def _name(qualified: str) -> str:
    """lxml's way to write a name, in expat's."""
    return qualified.removeprefix("{").replace("}", " ")


_P, _R, _T, _RPR, _BODY, _FIELD, _SDT, _BINDING, _TYPE = (
    _name(W + name) for name in ("p", "r", "t", "rPr", "body", "fldChar", "sdt", "dataBinding", "fldCharType")
)
_BLOCKS, _LEFT_OUT = frozenset(map(_name, BLOCKS)), frozenset(map(_name, LEFT_OUT))
_ALTERNATIVES, _TEXT_BOX = _name(ALTERNATIVES), _name(TEXT_BOX)
_CHOICE = _ALTERNATIVES.replace("AlternateContent", "Choice")
_NOTES = frozenset(_name(W + name) for name in ("footnoteReference", "endnoteReference"))
_COMMENT_MARKS = frozenset(_name(W + name) for name in ("commentRangeStart", "commentRangeEnd", "commentReference"))
_CONTAINERS = frozenset(
    _name(W + name)
    for name in (
        "hyperlink", "ins", "moveTo", "del", "moveFrom", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml", "dir", "bdo",
    )
)  # fmt: skip
"""What a run may stand in, inside its paragraph, where a comment may begin or end as well."""
_BOUND = "bound"
"""In the place of the name of a content control whose content Word takes from elsewhere, comments not included."""
_BODY_DEPTH = 3


@dataclass(frozen=True)
class Chunk:
    """Characters that follow each other in the bytes: ``text`` begins at byte ``at``. One written as an entity is a chunk of its own."""

    at: int
    text: str
    literal: bool


@dataclass
class Segment:
    """A child of a run that makes text: characters ``offset`` on of the run's text; bytes ``start`` to ``end`` of the part."""

    offset: int
    start: int
    end: int = 0
    text: str = ""
    chunks: list[Chunk] = field(default_factory=list)


@dataclass
class RunPlace:
    """A run in the bytes.

    Attributes:
        tag: where its own start tag begins.
        start, end: the place before it and behind it where a comment may begin and end.
        direct: whether that is right at the run, which may then be cut in two; else around something larger that holds it. For a run in a
            text box that is what holds the box: Word ignores comments inside ([MS-OI29500] 2.1.315).
        properties: bytes of its ``w:rPr``.
        outer_end: the place behind it where a comment's reference is safe: outside of links, insertions and fields.
        story: 0 for the body; every text box has a number of its own.
        has_note: whether it refers to a footnote or endnote.
        in_field: whether some of it stands inside a field.
    """

    tag: int
    start: int
    direct: bool
    story: int
    end: int = 0
    properties: tuple[int, int] | None = None
    segments: list[Segment] = field(default_factory=list)
    outer_end: int = 0
    has_note: bool = False
    in_field: bool = False

    @property
    def text(self) -> str:
        return "".join(segment.text for segment in self.segments)


@dataclass
class _Open:
    """An open element inside a paragraph that we want, and the runs that wait to hear where it ends."""

    name: str
    start: int
    ending: list[RunPlace] = field(default_factory=list)
    outside: list[RunPlace] = field(default_factory=list)


@dataclass
class _Paragraph:
    """An open paragraph that we want. ``skipped`` counts open elements from the one on whose content isn't shown."""

    place: int
    runs: int = -1
    chain: list[_Open] = field(default_factory=list)
    open_runs: list[tuple[RunPlace, int]] = field(default_factory=list)
    choices: list[bool] = field(default_factory=list)
    in_code: list[bool] = field(default_factory=list)
    in_field: list[RunPlace] = field(default_factory=list)
    skipped: int = 0
    segment: Segment | None = None


@dataclass
class Scan:
    """What was found.

    Attributes:
        runs: (paragraph, run) -> its place, for the paragraphs that were wanted; see ``RunSpan`` for the counting.
        last_resort: the end of the first paragraph of the body that isn't empty, or None.
        comment_ids: the ids that comments have already.
        prefix_known: whether ``w:`` means WordprocessingML everywhere.
    """

    runs: dict[tuple[int, int], RunPlace] = field(default_factory=dict)
    last_resort: int | None = None
    comment_ids: set[int] = field(default_factory=set)
    prefix_known: bool = False


def scan(data: bytes, wanted: Collection[int]) -> Scan:
    """Find the runs of some paragraphs in a main part in UTF-8. Raises ``Invalid`` when it isn't well-formed."""
    return _Scanner(data, frozenset(wanted)).result


class _Scanner:
    def __init__(self, data: bytes, wanted: frozenset[int]) -> None:
        self.result = Scan()
        self._data = data
        self._wanted = wanted
        self._depth = self._paragraphs = self._stories = 0
        self._in_body = self._counting = self._literal = False
        self._open: list[tuple[_Paragraph | None, int]] = []
        self._paragraph: _Paragraph | None = None  # the innermost, if we want it
        self._stories_open: list[int] = [0]
        self._outer_depth = self._child = 0  # of the outermost paragraph; where its newest child began
        self._boxed: list[RunPlace] = []  # in boxes of that child
        self._parser = parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartCdataSectionHandler, parser.EndCdataSectionHandler = self._start_literal, self._end_literal
        try:
            parser.Parse(data, True)
        except expat.ExpatError as error:
            raise damaged() from error

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        if prefix == "w":
            self.result.prefix_known = uri == W[1:-1] and (self._depth == 0 or self.result.prefix_known)

    def _start_literal(self) -> None:
        self._literal = True

    def _end_literal(self) -> None:
        self._literal = False

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth <= _BODY_DEPTH:
            if self._depth == _BODY_DEPTH - 1:
                self._in_body = name == _BODY
            self._counting = self._depth == _BODY_DEPTH and self._in_body and name in _BLOCKS
        if name == _P:
            self._start_paragraph()
            return
        if self._open and self._depth == self._outer_depth + 1:
            self._child = self._parser.CurrentByteIndex
        if name == _R:
            for paragraph, _ in self._open:
                if paragraph is not None:
                    paragraph.runs += 1
        elif name == _TEXT_BOX:
            self._stories += 1
            self._stories_open.append(self._stories)
        elif name in _COMMENT_MARKS:
            number = attributes.get(_name(f"{W}id"), "")
            if number.isdecimal():
                self.result.comment_ids.add(int(number))
        if self._paragraph is not None:
            self._inside(self._paragraph, name, attributes)

    def _start_paragraph(self) -> None:
        if not self._open:
            self._outer_depth = self._depth
        wanted = self._counting and self._paragraphs in self._wanted
        self._paragraph = _Paragraph(self._paragraphs) if wanted else None
        self._open.append((self._paragraph, self._parser.CurrentByteIndex))
        self._paragraphs += self._counting

    def _inside(self, paragraph: _Paragraph, name: str, attributes: dict[str, str]) -> None:
        at, chain = self._parser.CurrentByteIndex, paragraph.chain
        chain.append(_Open(name, at))
        run, of_run = None, False
        if paragraph.open_runs:
            run, place = paragraph.open_runs[-1]
            of_run = place == len(chain) - 2
        if paragraph.skipped:
            paragraph.skipped += 1
            if name == _BINDING and len(chain) > 2 and chain[-3].name == _SDT:
                chain[-3].name = _BOUND
        elif run is not None and of_run:
            self._of_run(paragraph, run, name, attributes)
        elif name in _LEFT_OUT or (name == _CHOICE and paragraph.choices and paragraph.choices[-1]):
            paragraph.skipped = 1
        elif name == _CHOICE and paragraph.choices:
            paragraph.choices[-1] = True
        elif name == _ALTERNATIVES:
            paragraph.choices.append(False)
        elif name == _R:
            self._start_run(paragraph)

    def _start_run(self, paragraph: _Paragraph) -> None:
        chain = paragraph.chain
        around = next((entry for entry in chain[:-1] if entry.name not in _CONTAINERS), chain[-1])
        story = self._stories_open[-1]
        if story:
            run = RunPlace(chain[-1].start, self._child, direct=False, story=story)
            self._boxed.append(run)
        else:
            run = RunPlace(chain[-1].start, around.start, around is chain[-1], story)
            around.ending.append(run)
            chain[0].outside.append(run)
            if paragraph.in_code:
                run.in_field = True
                paragraph.in_field.append(run)
        self.result.runs[paragraph.place, paragraph.runs] = run
        paragraph.open_runs.append((run, len(chain) - 1))

    def _of_run(self, paragraph: _Paragraph, run: RunPlace, name: str, attributes: dict[str, str]) -> None:
        """A child of a run. The same choice as when parsing."""
        at = self._parser.CurrentByteIndex
        offset = sum(len(segment.text) for segment in run.segments)
        if name == _RPR:
            run.properties = (at, at)
            paragraph.skipped = 1
        elif name == _FIELD:
            field_step(attributes.get(_TYPE), paragraph.in_code)
            run.in_field = True
            if run.story:
                return
            if paragraph.in_code:
                paragraph.in_field.append(run)
            else:
                paragraph.chain[0].outside += paragraph.in_field
                paragraph.in_field = []
        elif True in paragraph.in_code:
            paragraph.skipped = 1
        elif name == _T:
            paragraph.segment = Segment(offset, at)
            run.segments.append(paragraph.segment)
            self._parser.CharacterDataHandler = self._characters
        elif name in _NOTES:
            run.has_note = True
        elif name == _ALTERNATIVES:
            paragraph.choices.append(False)
        elif text := white("{" + name.replace(" ", "}"), attributes.get(_name(f"{W}type"))):
            run.segments.append(Segment(offset, at, text=text))

    def _characters(self, text: str) -> None:
        paragraph = self._paragraph
        if paragraph is not None and paragraph.segment is not None:
            paragraph.segment.text += text
            paragraph.segment.chunks.append(Chunk(self._parser.CurrentByteIndex, text, self._literal))

    def _end(self, name: str) -> None:
        if self._boxed and self._depth == self._outer_depth + 1:
            end = self._end_of(self._child, self._parser.CurrentByteIndex)
            for run in self._boxed:
                run.end = run.outer_end = end
            self._boxed = []
        self._depth -= 1
        if name == _P:
            self._end_paragraph()
        elif self._paragraph is not None:
            self._end_inside(self._paragraph, name)
        if name == _TEXT_BOX:
            self._stories_open.pop()

    def _end_paragraph(self) -> None:
        _, start = self._open.pop()
        self._paragraph = self._open[-1][0] if self._open else None
        if self.result.last_resort is None and len(self._stories_open) == 1:
            at = self._parser.CurrentByteIndex
            if self._end_of(start, at) != at:
                self.result.last_resort = at

    def _end_inside(self, paragraph: _Paragraph, name: str) -> None:
        at = self._parser.CurrentByteIndex
        entry = paragraph.chain.pop()
        if paragraph.skipped:
            paragraph.skipped -= 1
        if name == _ALTERNATIVES and not paragraph.skipped and paragraph.choices:
            paragraph.choices.pop()
        if entry.ending or entry.outside or name in (_R, _T, _RPR):
            self._close(paragraph, entry, self._end_of(entry.start, at))
        elif paragraph.open_runs and (segments := paragraph.open_runs[-1][0].segments) and segments[-1].start == entry.start:
            segments[-1].end = self._end_of(entry.start, at)

    def _close(self, paragraph: _Paragraph, entry: _Open, end: int) -> None:
        for run in entry.ending:
            run.end = end
        for run in entry.outside:
            run.outer_end = end
        if not paragraph.open_runs:
            return
        run, place = paragraph.open_runs[-1]
        if place == len(paragraph.chain):
            paragraph.open_runs.pop()
        elif run.properties == (entry.start, entry.start):
            run.properties = (entry.start, end)
        elif paragraph.segment is not None and paragraph.segment.start == entry.start:
            paragraph.segment.end = end
            paragraph.segment = None
            self._parser.CharacterDataHandler = None

    def _end_of(self, start: int, at: int) -> int:
        """The byte behind an element that began at ``start``; ``at`` is what expat says at its end."""
        tag = TAG.match(self._data, start)
        if tag is None or tag[0].endswith(b"/>"):
            return at  # expat is behind an empty element already, and before the end tag of another
        return self._data.index(b">", at) + 1
