"""Mistakes in formal English that the linter misses: agreement of common nouns of the trade, words that are confused."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrase:
    """A mistake: its pattern, the remark ("{}" stands for the words found), what to write, and what before it excuses it."""

    pattern: re.Pattern[str]
    remark: str
    advice: str
    confidence: float = 0.86
    unless: re.Pattern[str] | None = None


_PLURAL = (
    r"(?:bids|bidders|tenders|tenderers|goods|suppliers|contractors|documents|offers|prices|proposals|companies|invoices|payments|officials"
    r"|officers|reports|items|specifications|requirements|findings|recommendations|allegations|investigators|auditors|criteria"
    r"|committees|contracts)"
)
_SINGULAR = (
    r"(?:document|report|contract|supplier|tender|bidder|tenderer|bid|offer|contractor|invoice|payment|price|specification"
    r"|finding|procedure)"
)
# "the price of the goods was", "one of the bidders has": the verb belongs to an earlier noun.
_EARLIER_NOUN = re.compile(
    r"\b(?:of|for|by|with|from|in|to|on|at|about|among|between|under|and|each|none|neither|one|whether|than|as)\s(?:\w+\s){0,2}$",
    re.IGNORECASE,
)


def _phrase(pattern: str, remark: str, advice: str, confidence: float = 0.86, unless: re.Pattern[str] | None = None) -> Phrase:
    return Phrase(re.compile(rf"\b{pattern}\b", re.IGNORECASE), remark, advice, confidence, unless)


PHRASES: tuple[Phrase, ...] = (
    _phrase(
        rf"(?:the|these|those|all|both|several|many|two|three|four|five)\s{_PLURAL}\s(?:was|is|has|does)",
        "“{}”: the subject is plural.",
        "Use the plural verb (were, are, have, do).",
        0.87,
        _EARLIER_NOUN,
    ),
    _phrase(
        rf"(?:the|this|that|each|every)\s{_SINGULAR}\s(?:were|are|have|do)",
        "“{}”: the subject is singular.",
        "Use the singular verb (was, is, has, does).",
        0.87,
        _EARLIER_NOUN,
    ),
    _phrase(
        r"there\s(?:is|was)\s(?:several|many|two|three|four|five|six|seven|eight|nine|ten|numerous|various)",
        "“{}”: what follows is plural.",
        "Write “there are” or “there were”.",
        0.88,
    ),
    _phrase(
        r"this\s(?:are|were)",
        "“{}”: a singular word with a plural verb.",
        "Write “these are” or “this is”.",
        0.88,
        re.compile(r"\b(?:like|as|than|from|to|after|before|if|though|of)\s$|[,“\"(]\s?$", re.IGNORECASE),
    ),
    _phrase(
        r"every\s(?:members|bidders|tenderers|companies|officials|contracts|payments|documents)",
        "“{}”: “every” wants the singular.",
        "Write the noun in the singular, or “all”.",
        0.92,
    ),
    _phrase(r"in\sregards\sto", "“{}” is not standard.", "Write “regarding” or “with regard to”.", 0.9),
    _phrase(r"according\swith", "“{}” is not English usage.", "Write “according to” or “in accordance with”.", 0.93),
    _phrase(r"responsible\sof", "“{}” is not English usage.", "Write “responsible for”.", 0.92),
    _phrase(r"(?:comply|complied|complies|complying|compliant)\s(?:to|at)\sthe", "“{}” is not English usage.", "Write “comply with”.", 0.9),
    _phrase(
        r"principle\s(?:investigator|auditor|officer|contractor|procurement|secretary|engineer)",
        "“{}”: “principle” is a rule.",
        "Write “principal”.",
        0.94,
    ),
    _phrase(r"(?:the|an?|his|her|their|legal|written)\sadvise", "“{}”: “advise” is the verb.", "Write “advice”.", 0.9),
    _phrase(
        r"(?:payments?|goods|bids|tenders|offers|prices)\swhere\s(?:made|delivered|received|opened|rejected|paid|submitted|sent)",
        "“{}”: “where” asks for a place.",
        "Write “were”.",
        0.92,
    ),
    _phrase(r"(?:is|was|are|were|be)\sbias(?!\w)", "“{}”: “bias” is the noun.", "Write “biased”.", 0.88),
    _phrase(
        r"discuss\sabout|discussed\sabout|despite\sof|comprised\sof\sof|request\sfor\sto",
        "“{}” has a word too many.",
        "Leave out the second word.",
        0.88,
    ),
    _phrase(
        r"(?:loose|looses)\s(?:the|a|its|their)\s(?:bid|tender|contract|right|case|appeal)",
        "“{}”: “loose” means not tight.",
        "Write “lose”.",
        0.9,
    ),
)
