"""The view of the document that was looked at last: the reviews of its other sections need not find out anew what it says as a whole."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tenderline.review.builtin.view import DocumentView, Pulse
from tenderline.review.document import ParsedDocument

MOST_CHARS = 1_000_000
"""A longer document is not kept: what is known of it takes far more memory than its text."""


class _Relay:
    """Calls whichever pulse is in force: a view outlives the review it was made for."""

    def __init__(self, pulse: Pulse) -> None:
        self.pulse = pulse

    def __call__(self) -> None:
        self.pulse()


def _nobody() -> None:
    """Nobody asks."""


class KeptView:
    """At most one view for a process. While one review uses it, another makes its own."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: tuple[DocumentView, _Relay] | None = None

    @contextmanager
    def of(self, parsed: ParsedDocument, name: str, pulse: Pulse) -> Iterator[DocumentView]:
        """The view of a document until the block ends; one that ends in an error is not kept."""
        with self._lock:
            kept, self._kept = self._kept, None
        if kept is None or not _same(kept[0], parsed, name):
            relay = _Relay(pulse)
            kept = DocumentView(parsed, name, relay), relay
        view, relay = kept
        relay.pulse = pulse
        try:
            yield view
        finally:
            relay.pulse = _nobody
        if len(parsed.text) <= MOST_CHARS:
            with self._lock:
                self._kept = kept


def _same(view: DocumentView, parsed: ParsedDocument, name: str) -> bool:
    return view.name == name and view.parsed.sections == parsed.sections and view.parsed.text == parsed.text
