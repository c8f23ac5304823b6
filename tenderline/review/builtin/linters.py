"""The two libraries that check language: harper (grammar and spelling) and proselint (style). Loaded when first needed, once a process.

A harper linter refuses calls from two threads at once, so each call holds a lock; calls are short, because texts come in small pieces.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Literal

from tenderline.review.builtin.memory import give_back_memory
from tenderline.review.builtin.text import encodable

if TYPE_CHECKING:
    from harper import Linter
    from proselint.registry.checks import Check  # type: ignore[import-untyped]

Dialect = Literal["american", "british"]

# Of proselint's checks those that are right in formal documents. Not "lexical_illusions": it takes 40 s for 16,000 digits.
_STYLE = ("redundancy", "nonwords", "uncomparables", "malapropisms", "misc.currency", "dates_times.am_pm.midnight_noon")


@dataclass(frozen=True, slots=True)
class Problem:
    """What a library found: ``text[start:end]``, the name of its rule, its remark and the replacements it offers."""

    rule: str
    kind: str
    start: int
    end: int
    message: str
    replacements: tuple[str, ...] = ()


class Linters:
    """Both libraries behind one door; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._harper: dict[Dialect, Linter] = {}
        self._style: tuple[Check, ...] | None = None

    def warm(self) -> None:
        """Load both libraries and lint a sentence, so that the first review isn't the slow one. Takes about 2 s and 110 MB, once."""
        for dialect in ("american", "british"):
            self.grammar("The committee have received an tender.", dialect)
        list(self.style("The end result."))
        give_back_memory()

    def grammar(self, text: str, dialect: Dialect) -> list[Problem]:
        """What harper finds in a short text. Its time grows with the square of the length of odd texts: pass 1,000 characters at most."""
        with self._lock:
            linter = self._linter(dialect)
            found = linter.organized_lints(encodable(text), language="plaintext")
        return [
            Problem(
                rule,
                lint.lint_kind,
                lint.span.start,
                lint.span.end,
                lint.message,
                tuple(each.replacement_text for each in lint.suggestions),
            )
            for rule, lints in found.items()
            for lint in lints
        ]

    def style(self, text: str) -> Iterator[Problem]:
        """What proselint finds. It wants a line end at both ends of the text, so its spans are moved back by one."""
        with self._lock:
            checks = self._checks()
        padded = f"\n{encodable(text)}\n"
        for check in checks:
            for result in check.check_with_flags(padded):
                start, end = max(0, result.span[0] - 1), min(len(text), result.span[1] - 1)
                if start < end:
                    replacements = (result.replacements,) if result.replacements else ()
                    yield Problem(result.check_path, "Style", start, end, result.message, replacements)

    def _linter(self, dialect: Dialect) -> Linter:
        if dialect not in self._harper:
            from harper import Dialect as HarperDialect
            from harper import Linter

            self._harper[dialect] = Linter(HarperDialect.AMERICAN if dialect == "american" else HarperDialect.BRITISH)
        return self._harper[dialect]

    def _checks(self) -> tuple[Check, ...]:
        if self._style is None:
            from proselint.checks import __register__  # type: ignore[import-untyped]

            self._style = tuple(check for check in __register__ if check.path.startswith(_STYLE))
        return self._style
