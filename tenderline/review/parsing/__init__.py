"""From an uploaded file to a parsed document.

``inspect`` says what a file is, or refuses it; then ``parse`` when ``is_light``, else ``parse_safely``.
"""

from tenderline.review.parsing.inspection import inspect
from tenderline.review.parsing.reader import is_light, parse
from tenderline.review.parsing.safe import parse_safely

__all__ = ["inspect", "is_light", "parse", "parse_safely"]
