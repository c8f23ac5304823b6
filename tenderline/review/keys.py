"""What work on a document depends on, as short names: two tasks of the same key would find the same."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from tenderline import __version__
from tenderline.review.models import DeskSession
from tenderline.settings import Settings

ANALYZE_SECTION, ANALYZE_DOCUMENT = "analyze_section", "analyze_document"


def analysis_key(settings: Settings, row: DeskSession, section_index: int) -> str:
    """What the findings on a section depend on."""
    return _key(ANALYZE_SECTION, settings, row, section_index)


def document_key(settings: Settings, row: DeskSession) -> str:
    """What the review of a whole document depends on."""
    return _key(ANALYZE_DOCUMENT, settings, row)


def _key(operation: str, settings: Settings, row: DeskSession, *more: Any) -> str:
    model = settings.claude_model if settings.provider != "builtin" else ""
    parts = [row.id, *more, settings.provider, model, settings.feedback_min_confidence, row.guidelines, __version__]
    return f"{operation}:{hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()}"
