"""Answers to questions by quoting the document."""

from tenderline.review.builtin.chat.answering import Answerer

__all__ = ["Answerer"]
