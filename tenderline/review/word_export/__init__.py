"""A finished review as the document itself: a copy of the Word file with the findings as native comments at the words they are about."""

from tenderline.review.word_export.comments import Line, Remark
from tenderline.review.word_export.writing import Written, write_comments

__all__ = ["Line", "Remark", "Written", "write_comments"]
