"""What English a document is written in, and small facts about its words."""

from __future__ import annotations

import re

from tenderline.review.builtin.linters import Dialect
from tenderline.review.builtin.text import words
from tenderline.review.builtin.view import DocumentView

_BRITISH = re.compile(
    r"\b(?:\w{2,12}is(?:e|ed|es|ing|ation|ations|ational)(?<!wise)|(?:col|fav|hon|lab|behavi|neighb|endeav|rum|harb|flav"
    r"|hum)our\w{0,6}|cent(?:re|red|res)"
    r"|met(?:re|res)|lit(?:re|res)|theatre|fib(?:re|res)|analys(?:e|ed|es|ing)|catalogue|cheque|defence|offence|licence[ds]?"
    r"|programmes?|tyres?|fulfil|enrol"
    r"|labell\w+|travell\w+|cancelled|modell\w+|judgement|grey|whilst|ageing|instalments?|skilful|storey)\b",
    re.IGNORECASE,
)
_AMERICAN = re.compile(
    r"\b(?:(?:col|fav|hon|lab|behavi|neighb|endeav|rum|harb|flav|hum)or(?:s|ed|ing|able|ite|ites)?|center(?:s|ed|ing)?|meters?"
    r"|liters?|fiber|theater"
    r"|analyz(?:e|ed|es|ing)|catalog|defense|offense|license[ds]?|programs?|tires?|fulfill|enroll|labeled|labeling|traveled|traveling"
    r"|canceled|modeled"
    r"|judgment|gray|aging|installments?|skillful|gotten|(?:organ|author|real|recogn|final|util|util|summar|critic|priorit)iz\w+)\b",
    re.IGNORECASE,
)
# "rise", "promise", "advise", "exercise": the same everywhere.
_SAME = words(
    "advise advised advises advising arise arises arising comprise comprised comprises comprising compromise compromised devise",
    "devised disguise",
    "enterprise enterprises exercise exercised exercises expertise franchise franchised merchandise otherwise precise premise",
    "premises praise",
    "praised promise promised promises raise raised raises raising revise revised revises revising rise rises rising supervise",
    "supervised supervises",
    "supervising surprise surprised televise televised wise likewise noise poise cruise bruise appraise appraised appraises",
    "appraising concise excise",
    "paradise treatise chemise demise despise incise improvise improvised improvising circumcise advertise advertised advertises",
    "advertising",
    "raising visitation",
)
_FUNCTION_WORDS = words("the of and to in is was for that on by with as are be at from this it which not or were has have will must shall")
_TOKEN = re.compile(r"[A-Za-z]+")
_SAMPLE_CHARS = 200_000
_VARIANTS = (
    ("our", "or"), ("ise", "ize"), ("isation", "ization"), ("ising", "izing"), ("ised", "ized"), ("yse", "yze"), ("ysed", "yzed"),
    ("re", "er"), ("ence", "ense"), ("ll", "l"), ("ogue", "og"), ("mme", "m"), ("ae", "e"), ("oe", "e"), ("ge", "g"), ("que", "ck"),
    ("tyre", "tire"), ("ey", "ay"), ("l", "ll"),
)  # fmt: skip


def dialect_of(document: DocumentView) -> Dialect:
    """British unless American spellings prevail; without any, what the date order or a dollar sign suggest."""
    sample = document.text[:_SAMPLE_CHARS]
    british = sum(1 for match in _BRITISH.finditer(sample) if match[0].lower() not in _SAME)
    american = sum(1 for _ in _AMERICAN.finditer(sample))
    if british != american:
        return "british" if british > american else "american"
    return "american" if "$" in sample or document.day_first is False else "british"


def is_english(text: str) -> bool:
    """Whether a paragraph of some words reads like English prose: enough of the words that every English sentence needs."""
    tokens = _TOKEN.findall(text[:2_000])
    return len(tokens) >= 4 and sum(token.lower() in _FUNCTION_WORDS for token in tokens) * 10 >= len(tokens)


def other_dialect(word: str, suggestion: str) -> bool:
    """Whether the two are the British and the American spelling of one word."""
    return any(word.replace(one, two) == suggestion or suggestion.replace(one, two) == word for one, two in _VARIANTS)
