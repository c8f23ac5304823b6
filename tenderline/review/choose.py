"""Which reviewer is in force."""

from __future__ import annotations

from tenderline.review.reviewer import Reviewer
from tenderline.settings import Settings


def create_reviewer(settings: Settings) -> Reviewer:
    """The reviewer that ``settings.provider`` names. Cheap: what is heavy is loaded with the first task, or by its ``warm``."""
    if settings.provider == "builtin":
        from tenderline.review.builtin import BuiltinReviewer

        return BuiltinReviewer(settings)
    from tenderline.review.claude import ClaudeReviewer

    return ClaudeReviewer(settings)
