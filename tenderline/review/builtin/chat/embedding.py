"""Meaning as numbers: wordllama, whose model comes with the package. Loaded at the first question."""

from __future__ import annotations

import logging
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from tenderline.review.builtin.memory import give_back_memory
from tenderline.review.builtin.text import encodable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from wordllama.inference import WordLlamaInference  # type: ignore[import-untyped]

BATCH = 64


class Embedding:
    """Sentences to unit vectors of 256 numbers; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._model: WordLlamaInference | None = None

    def vectors(self, texts: list[str]) -> NDArray[np.float32]:
        """One row a text, of length 1; a text without any known word gets zeros. Pass ``BATCH`` texts at a time, so that work can stop."""
        rows = self._loaded().embed([encodable(text) for text in texts], norm=False)
        lengths = (rows * rows).sum(axis=1, keepdims=True) ** 0.5
        lengths[~(lengths > 0)] = 1.0
        unit: NDArray[np.float32] = rows / lengths
        return unit

    def _loaded(self) -> WordLlamaInference:
        with self._lock:
            if self._model is None:
                self._model = _load()
            return self._model


def _load() -> WordLlamaInference:
    # Importing wordllama calls logging.basicConfig, which does nothing while the root logger has a handler.
    root, stand_in = logging.getLogger(), logging.NullHandler()
    root.addHandler(stand_in)
    try:
        import wordllama  # type: ignore[import-untyped]
    finally:
        root.removeHandler(stand_in)
    model = wordllama.WordLlama.load(cache_dir=Path(wordllama.__file__).parent, disable_download=True)
    give_back_memory()
    return model
