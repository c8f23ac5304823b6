"""Claude as a reviewer: prompts, the connection, the mapping of its failures, and what becomes of its answers."""

from tenderline.review.claude.reviewer import ClaudeReviewer

__all__ = ["ClaudeReviewer"]
