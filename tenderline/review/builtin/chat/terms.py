"""Words as the search sees them: stems, numbers, abbreviations, and the words of the trade that mean the same."""

from __future__ import annotations

import re

from tenderline.review.builtin.text import words

_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+")
_STOP = words(
    "a an the of to in on at by for with from and or as is are was were be been being am do does did has have had will would can",
    "could should",
    "shall may might must it its this that these those there their they them he she his her him we our us you your i my me who whom",
    "whose what",
    "which when where why how much many long often far any all some no not if then than so such into about over under out up down per s t",
    "please tell give show find explain describe say says said mean means document text section report anything something does according",
    "one also other more most exactly actually really still yet ever case happen happens happened kind type let know want need there",
    "required requires needed",
)
_FAMILIES = (
    "deadline closing due latest",
    "tender bid offer proposal quotation",
    "tenderer bidder offeror",
    "company firm supplier vendor contractor provider enterprise",
    "price cost amount value sum worth expense",
    "pay payment paid invoice remuneration fee",
    "buy bought purchase purchased procure procurement acquire acquisition",
    "warranty guarantee defects",
    "complaint complain appeal protest challenge objection",
    "award awarded winner win won winning successful chosen selected",
    "evaluate evaluation assess assessment score scoring rate",
    "criterion criteria",
    "weight weighting percentage share percent",
    "submit submission send sent hand lodge deliver",
    "question query clarification enquiry inquiry ask",
    "answer reply respond response",
    "late delay delayed overdue exceed exceeded",
    "penalty damages deduct deduction sanction fine",
    "terminate termination cancel",
    "end ended ends expire expires finish term run runs",
    "start begin began begins commence starts beginning term run runs",
    "duration term period run runs last lasts length",
    "large size area big square metre meter hectare",
    "sign signed signature signatory",
    "author wrote prepared drafted issued",
    "lot lots parcel part",
    "annex appendix attachment schedule exhibit",
    "find finding found conclusion concluded conclude result",
    "recommend recommendation advice advise",
    "interview interviewed spoke witness",
    "bribe fraud corruption corrupt bribery",
    "reject rejected rejection disqualify exclude excluded exclusion",
    "error mistake wrong copying",
    "estimate estimated estimation budget",
    "law act legal statute regulation code",
    "change changes amendment amend variation modify modification increase",
    "valid validity",
    "open opened opening",
    "publish published publication notice advertise",
    "visit inspection inspect",
    "language english written",
    "turnover revenue",
    "conflict interest interests impartial",
    "train training trained",
    "member committee panel",
    "store keep kept retain record records archive",
    "loss cost damage",
    "repair fix replace replacement",
    "subject scope purpose object",
    "boss head chief director lead leader",
    "place located location where address",
)


def stem(word: str) -> str:
    """A word without common endings; numbers lose their separators, so that "890,400" and "890400" agree."""
    if word[0].isdigit():
        return word.replace(",", "") if re.fullmatch(r"\d{1,3}(?:,\d{3})+", word) else word
    word = word.lower()
    for ending, kept in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if word.endswith(ending) and len(word) > len(ending) + 2:
            return word[: -len(ending)] + kept
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 3:
        word = word[:-1]
    for ending in ("ation", "ition", "ment", "ing", "ed", "er", "or", "ly", "al", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            word = word[: -len(ending)]
            break
    return word[:-1] if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "ls" else word


_FAMILY: dict[str, frozenset[str]] = {}
for _line in _FAMILIES:
    _stems = frozenset(stem(word) for word in _line.split())
    for _stem in _stems:
        _FAMILY[_stem] = _FAMILY.get(_stem, frozenset()) | _stems


def terms(text: str) -> list[str]:
    """The stems of a text's words, stop words left out."""
    return [stem(token) for token in _TOKEN.findall(text) if token.lower() not in _STOP]


def relatives(term: str) -> frozenset[str]:
    """Stems of words that mean about the same, the term itself left out."""
    return _FAMILY.get(term, frozenset()) - {term}
