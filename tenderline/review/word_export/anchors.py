"""From stretches of a document's text to the places in its main part where comments begin, end and are referred to."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from tenderline.review.document import RunSpan
from tenderline.review.parsing.word_styles import W
from tenderline.review.word_export.scan import RunPlace, Scan, Segment, scan
from tenderline.review.word_export.xml_edit import TAG, Insertion, declare_in

_NOTE_LINE = re.compile(r"(\[(?:\d+|[ivxlcdm]+)\]) ")
_UNPRESERVED = b' xml:space="preserve"'
_END, _REFERENCE, _START = range(3)
_SAME = str.maketrans("\n\t", "  ")


@dataclass(frozen=True)
class Stretch:
    """``text[start:end]`` of a document."""

    start: int
    end: int


@dataclass(frozen=True)
class Anchor:
    """Where a comment sits: from character ``start`` of run ``first`` to character ``end`` of run ``last``; both None where no run is.

    ``exact`` is False when the words themselves can't have a comment, so that it sits at what is next to them.
    """

    first: RunPlace | None = None
    start: int = 0
    last: RunPlace | None = None
    end: int = 0
    exact: bool = True


class Anchors:
    """Finds the anchors for stretches of a document's text.

    Args:
        text: the document's text as parsing gave it.
        runs: where it stands in the file.
        data: the file's main part, in UTF-8.
        stretches: all that will be asked for.

    Raises:
        Invalid: the main part isn't well-formed.
    """

    def __init__(self, text: str, runs: Sequence[RunSpan], data: bytes, stretches: Sequence[Stretch]) -> None:
        self._text = text
        self._runs = runs
        self._starts = [span.start for span in runs]
        self._found = [self._spans(stretch) for stretch in stretches]
        self.scan: Scan = scan(data, {span.paragraph for spans, _ in self._found for span in spans})
        self.anchors = [self._anchor(stretch, *found) for stretch, found in zip(stretches, self._found, strict=True)]

    def _spans(self, stretch: Stretch) -> tuple[Sequence[RunSpan], bool]:
        """The spans that a stretch touches; else the one whose run is next to it, and False."""
        first = bisect_right(self._starts, stretch.start) - 1
        if first < 0 or self._runs[first].end <= stretch.start:
            first += 1
        spans = self._runs[first : bisect_left(self._starts, stretch.end)]
        if spans:
            return spans, True
        before = self._before(self._note_mark(stretch.start) or stretch.start)
        return ([before] if before is not None else self._runs[:1]), False

    def _note_mark(self, at: int) -> int | None:
        """For a place in the line of a footnote or endnote: where the text above refers to that note."""
        line = self._text.rfind("\n", 0, at) + 1
        mark = _NOTE_LINE.match(self._text, line)
        found = self._text.rfind(mark[1], 0, line) if mark else -1
        return None if found < 0 else found

    def _before(self, at: int) -> RunSpan | None:
        """The span that ends last at or before a place."""
        index = bisect_left(self._starts, at) - 1
        return self._runs[index] if index >= 0 else None

    def _anchor(self, stretch: Stretch, spans: Sequence[RunSpan], exact: bool) -> Anchor:
        places = [(place, span) for span in spans if (place := self.scan.runs.get((span.paragraph, span.run))) is not None]
        if not places:
            return Anchor(exact=False)
        story = places[0][0].story
        inside = [(place, span) for place, span in places if place.story == story]
        first, first_span = min(inside, key=lambda entry: entry[0].tag)
        last, last_span = max(inside, key=lambda entry: entry[0].tag)
        if not exact:
            noted = self._noted(first_span) or first
            return Anchor(noted, 0, noted, len(noted.text), exact=False)
        start = max(stretch.start - first_span.start, 0) if self._agrees(first, first_span) else 0
        whole = last_span.end - last_span.start
        end = min(stretch.end - last_span.start, whole) if self._agrees(last, last_span) else len(last.text)
        return Anchor(first, start, last, end, exact=len(inside) == len(places) and not story)

    def _agrees(self, place: RunPlace, span: RunSpan) -> bool:
        """Whether a run of the file says what the text says at that place: then its characters can be told apart."""
        kept = self._text[span.start : span.end]
        return len(place.text) == len(kept) and all(
            one == other or other.isspace() or other == "\ufffd" for one, other in zip(place.text.translate(_SAME), kept, strict=True)
        )

    def _noted(self, span: RunSpan) -> RunPlace | None:
        """The run with the reference to a note that follows a span at once, if there is one."""
        for run in range(span.run, span.run + 3):
            place = self.scan.runs.get((span.paragraph, run))
            if place is not None and place.has_note:
                return place
        return None


@dataclass
class _Point:
    """What goes in at one place of the bytes: the halves of a cut run around the comments' marks, by kind."""

    close: bytes = b""
    reopen: bytes = b""
    marks: dict[int, list[str]] = field(default_factory=lambda: {_END: [], _REFERENCE: [], _START: []})


class Marks:
    """Gathers the marks of comments, and the cuts through runs that they need, as insertions into the main part."""

    def __init__(self, data: bytes, found: Scan, *, styled: bool) -> None:
        self._data = data
        self._scan = found
        self._points: dict[int, _Point] = {}
        self._preserved: set[int] = set()
        self._properties = '<w:rPr><w:rStyle w:val="CommentReference"/></w:rPr>' if styled else ""

    def add(self, number: int, anchor: Anchor) -> bool:
        """Mark where comment ``number`` sits; False when the document has no place for a comment."""
        reference = f'<w:r>{self._properties}<w:commentReference w:id="{number}"/></w:r>'
        if anchor.first is None or anchor.last is None:
            if self._scan.last_resort is None:
                return False
            self._put(self._scan.last_resort, _REFERENCE, reference)
            return True
        self._put(self._cut(anchor.first, anchor.start, before=True), _START, f'<w:commentRangeStart w:id="{number}"/>')
        end = self._cut(anchor.last, anchor.end, before=False)
        self._put(end, _END, f'<w:commentRangeEnd w:id="{number}"/>')
        outside = not anchor.last.direct or anchor.last.in_field or anchor.last.outer_end != anchor.last.end
        self._put(anchor.last.outer_end if outside else end, _REFERENCE, reference)
        return True

    def insertions(self) -> list[Insertion]:
        """What is to be put in where."""
        made = [Insertion(at, _UNPRESERVED) for at in self._preserved]
        for at, point in self._points.items():
            marks = "".join(mark for kind in (_END, _REFERENCE, _START) for mark in point.marks[kind])
            inside = marks if self._scan.prefix_known else declare_in(marks, "w", W[1:-1])
            made.append(Insertion(at, point.close + inside.encode() + point.reopen))
        return made

    def _put(self, at: int, kind: int, mark: str) -> None:
        self._points.setdefault(at, _Point()).marks[kind].append(mark)

    def _cut(self, run: RunPlace, character: int, *, before: bool) -> int:
        """The byte that stands for a character of a run. Inside the run this cuts it in two."""
        if before and (character == 0 or not run.direct):
            return run.start
        if not before and (character >= len(run.text) or not run.direct):
            return run.end
        nearest = character if before else character - 1
        segment = next(segment for segment in reversed(run.segments) if segment.text and segment.offset <= nearest)
        inside = character - segment.offset
        head, tail = self._halves(run)
        if 0 < inside < len(segment.text):
            return self._cut_text(segment, inside, head, tail)
        at = segment.start if before else segment.end
        self._points.setdefault(at, _Point()).close, self._points[at].reopen = head, tail
        return at

    def _cut_text(self, segment: Segment, inside: int, head: bytes, tail: bytes) -> int:
        tag = self._tag(segment.start)
        passed = 0
        for chunk in segment.chunks:
            if inside < passed + len(chunk.text):
                break
            passed += len(chunk.text)
        at = chunk.at + len(chunk.text[: inside - passed].encode())
        name = _name_of(tag)
        if segment.text[inside - 1].isspace() and b"xml:space" not in tag:
            self._preserved.add(segment.start + len(tag) - 1)
        literal = (b"]]>", b"<![CDATA[") if chunk.literal else (b"", b"")
        point = self._points.setdefault(at, _Point())
        point.close = literal[0] + b"</" + name + b">" + head
        point.reopen = tail + b"<" + name + _UNPRESERVED + b">" + literal[1]
        return at

    def _halves(self, run: RunPlace) -> tuple[bytes, bytes]:
        """The end of a run and the beginning of another with its properties."""
        tag = self._tag(run.tag)
        properties = self._data[slice(*run.properties)] if run.properties else b""
        return b"</" + _name_of(tag) + b">", tag + properties

    def _tag(self, at: int) -> bytes:
        tag = TAG.match(self._data, at)
        return tag[0] if tag else b""


def _name_of(tag: bytes) -> bytes:
    return re.split(rb"[\s/>]", tag[1:], maxsplit=1)[0]
