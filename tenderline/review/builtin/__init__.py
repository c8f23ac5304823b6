"""The built-in reviewer: rules, grammar and style libraries, and answers that quote the document. No key, no network, no model download."""

from tenderline.review.builtin.reviewer import BuiltinReviewer

__all__ = ["BuiltinReviewer"]
