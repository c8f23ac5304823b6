"""Where a quote stands in a text: word for word, but for white space and the shapes of quotation marks and dashes.

A model writes straight quotes where the document has curly ones, and one space where it has a line break. Nothing else is forgiven: a quote
that isn't there is a claim about words that nobody wrote.
"""

from __future__ import annotations

from dataclasses import dataclass

SHAPES = {
    **dict.fromkeys("‘’‚‛′‹›ʼ`´", "'"),
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
    "…": "...",
    # Invisible: soft hyphen, zero widths, direction marks, byte order mark.
    **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff", ""),
}


@dataclass(frozen=True)
class Plain:
    """A text in plain shapes; character ``i`` of ``text`` comes from ``starts[i]:ends[i]`` of the original."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def plain(text: str) -> Plain:
    """Fold white space to single spaces and typographic shapes to ASCII ones, remembering where everything was."""
    characters: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for index, character in enumerate(text):
        if character.isspace() or character < " " or "\x7f" <= character <= "\x9f":
            if characters and characters[-1] == " ":
                ends[-1] = index + 1
                continue
            shape = " "
        else:
            shape = SHAPES.get(character, character)
        for piece in shape:
            characters.append(piece)
            starts.append(index)
            ends.append(index + 1)
    return Plain("".join(characters), tuple(starts), tuple(ends))


class Text:
    """A text in which quotes are looked up; folded once, on the first quote that isn't there to the letter."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._plain: Plain | None = None

    def locate(self, quote: str, before: str = "", near: int | None = None) -> tuple[int, int] | None:
        """Start and end of ``quote`` in the text, or None when it isn't there.

        Args:
            quote: the words.
            before: the words in front of them, as far as known; decides among several places.
            near: a character offset where they should be; decides when ``before`` doesn't.
        """
        quote = quote.strip()
        if not quote:
            return None
        places = [(start, start + len(quote)) for start in _occurrences(self.text, quote)] or self._folded(quote)
        if not places:
            return None
        wanted = plain(before).text.strip()
        return min(places, key=lambda place: self._preference(place, wanted, near))

    def _folded(self, quote: str) -> list[tuple[int, int]]:
        if self._plain is None:
            self._plain = plain(self.text)
        wanted = plain(quote).text.strip()
        if not wanted:
            return []
        last = len(wanted) - 1
        return [(self._plain.starts[at], self._plain.ends[at + last]) for at in _occurrences(self._plain.text, wanted)]

    def _preference(self, place: tuple[int, int], before: str, near: int | None) -> tuple[int, int, int, int]:
        """Smaller is better: the most of ``before`` in front of it, then nearest to ``near``, then whole words, then the first."""
        start, end = place
        in_front = plain(self.text[max(0, start - 2 * len(before) - 8) : start]).text.rstrip() if before else ""
        cut = (start > 0 and _inside_word(self.text[start - 1 : start + 1])) or (
            end < len(self.text) and _inside_word(self.text[end - 1 : end + 1])
        )
        return -_common_end(in_front, before), abs(start - near) if near is not None else 0, int(cut), start


def _occurrences(text: str, words: str, most: int = 100) -> list[int]:
    found: list[int] = []
    at = text.find(words)
    while at >= 0 and len(found) < most:
        found.append(at)
        at = text.find(words, at + 1)
    return found


def _inside_word(pair: str) -> bool:
    return len(pair) == 2 and pair[0].isalnum() and pair[1].isalnum()


def _common_end(first: str, second: str) -> int:
    length = 0
    for one, other in zip(reversed(first), reversed(second), strict=False):
        if one != other:
            break
        length += 1
    return length
