"""Award criteria without weights or at somebody's discretion; remedies that are one-sided or have no limit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tenderline.review.builtin.patterns import any_of
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.view import SectionView

_ABOUT_AWARD = re.compile(r"\b(?:award|evaluation|selection of the (?:best|winning))\b", re.IGNORECASE)
_AWARD_CRITERIA = any_of(
    "award criteri(?:a|on)|evaluation criteri(?:a|on)|criteria for (?:the )?award|following criteria|these criteria|basis of the following",
    "(?:evaluated|assessed|scored|awarded|ranked) (?:\\w+ ){0,3}(?:on|against|according to|on the basis of|based on|using)",
)
_CRITERION = any_of(
    "quality|price|cost|experience|delivery|methodology|approach|technical|design|innovation|sustainability|after-?sales|team|warranty"
)
_WEIGHED = re.compile(
    r"\d\s?%|\bper\s?cent\b|\bweight(?:s|ed|ing|ings)?\b|\bpoints?\b|\bmarks?\b|\bscor(?:e|es|ing)\b|\bdescending\sorder\b"
    r"|\border\sof\simportance\b"
    r"|\blowest(?:\s\w+){0,2}\s(?:price|cost|tender|bid|offer)\b|\bpass\s?/\s?fail\b|\blowest[\s-]priced?\b|\b(?:annex|appendix"
    r"|schedule|section|table)\s[\dA-Z]",
    re.IGNORECASE,
)
_DISCRETION = re.compile(
    r"\b(?:at\s(?:the|its|their)\s(?:sole\s|absolute\s|own\s)?discretion|sole\sdiscretion|most\s(?:suitable|appropriate|convincing"
    r"|attractive|promising|satisfactory|favou?rable|preferred|qualified)\b(?!\sand\s\w+ly)|best\s(?:serves?|suits?|suited|fits?|meets?|matches)|\bgood\svalue\b(?!\sfor)|(?:overall|general)\simpression"
    r"|(?:as|what|whatever)\s(?:it|they|the\s\w+)\s(?:sees?|deems?|thinks?|finds?|considers?|regards?)\s(?:\w+\s)?(?:fit|appropriate|best"
    r"|suitable|relevant|right|proper)|(?:any|other|further)\s(?:\w+\s)?(?:factors|criteria|aspects|considerations|circumstances|matters)"
    r"\s(?:that|which|as)?\s?(?:\w+\s){0,3}(?:considers?|deems?|finds?|thinks?|regards?|relevant|appropriate|important)"
    r"|(?:in|according\sto|by)\s(?:the\s(?:view|opinion|judg(?:e)?ment|eyes|estimation)\sof\s(?:the\s)?\w+|(?:the\s)?\w+[’']s?\s(?:own\s)?(?:view|opinion"
    r"|judg(?:e)?ment|preference|taste)|its\s(?:own\s)?(?:view|opinion|judg(?:e)?ment|preference))"
    r"|(?:considers?|deems?|finds?|thinks?|regards?|judges?)\s(?:\w+\s){0,2}?(?:the\s)?(?:best|most\s\w+|preferable)|without\s(?:giving|assigning|stating)\s(?:any\s)?reasons?)\b",
    re.IGNORECASE,
)
_ECONOMIC = re.compile(r"\bmost\s(?:economically|advantageous)", re.IGNORECASE)
_EVALUATES = any_of("award\\w*|evaluat\\w+|criteri\\w+|accept|reject|scor\\w+|tenders?|bids?|proposals?|offers?")

_AWARD_TITLE = re.compile(r"\b(?:award|evaluation|selection|assessment|scoring)\b", re.IGNORECASE)
_COMPARES = any_of(
    "compar\\w+|evaluat\\w+|assess\\w*|award\\w*|choos\\w+|chosen|select\\w*|consider\\w*|criteri\\w+",
    "judg\\w+|looks? at|account|decid\\w+|depends?",
)
_MOST_TRIED = 20

_DAMAGES = re.compile(r"\b(?:liquidated\sdamages|penalt(?:y|ies)|delay\sdamages|deductions?)\b", re.IGNORECASE)
_RATE = re.compile(
    r"\d\s?%[^.;\n]{0,60}\b(?:per|for\s(?:each|every)|a|each)\s(?:\w+\s){0,2}(?:day|week|month)\b"
    r"|\b(?:per|for\s(?:each|every))\s(?:\w+\s){0,2}(?:day|week)\b[^.;\n]{0,60}\d\s?%",
    re.IGNORECASE,
)
# Said in so many words: damages, or a daily share of the price, without an end.
_NO_END = re.compile(
    r"(?:\b(?:damages|penalt(?:y|ies)|deductions?)\b|\d\s?%)[^.]{0,80}?\b(?:without|no)\s(?:any\s|an\s)?(?:upper\s)?(?:limit\w*|ceiling|cap|maximum|end)\b",
    re.IGNORECASE,
)
_CAP = re.compile(
    r"\b(?:up\sto|maximum|not\s(?:to\s)?exceed(?:ing)?|cap(?:ped)?|limit(?:ed)?|ceiling|at\smost|no\smore\sthan)\b", re.IGNORECASE
)
_LATE_PAYMENT = re.compile(
    r"\b(?:late|overdue|delayed)\s(?:\w+\s){0,2}(?:payments?|invoices?)\b|\bpays?\slate\b|\binterest\b|\bdefault\sinterest\b"
    r"|\bbuyer[’']?s?\sdefault\b",
    re.IGNORECASE,
)
_PAYS = re.compile(r"\b(?:pay(?:s|ment|ments)?|invoices?)\b", re.IGNORECASE)


def criteria_without_weights(section: SectionView) -> Iterator[Remark]:
    """A list or sentence of award criteria in a section that says nothing of weights, points or price alone."""
    about = section.document.kind == "tender" and _AWARD_TITLE.search(section.title) is not None
    if section.document.kind != "tender" or not (about or section.has(_AWARD_CRITERIA)):
        return
    if section.has(_WEIGHED):
        return
    tried = 0
    for sentence, text in section.each_sentence():
        # Below the heading "Award criteria" a sentence that names two criteria needs no other words.
        named = _AWARD_CRITERIA.search(text) or (_COMPARES.search(text) if about else None)
        tried += named is not None
        if tried > _MOST_TRIED:
            return
        if named is None or not _counts_criteria(section, sentence.end, text):
            continue
        yield Remark(
            "no-weights", "Award criteria", "award", "critical", "High", 0.87, sentence.start, sentence.end,
            "The criteria are named without weights, points or an order of importance.",
            "Give each criterion a weight; the weights must add up to 100 %. Say how points are given.",
        )  # fmt: skip
        return


def discretion(section: SectionView) -> Iterator[Remark]:
    """Words that leave the choice open."""
    if section.document.kind == "report":
        return
    places = []
    for sentence, text in section.each_sentence():
        match = _DISCRETION.search(text)
        if match and (_EVALUATES.search(text) or _ABOUT_AWARD.search(section.title)) and not _ECONOMIC.search(match[0]):
            places.append((sentence.start + match.start(), sentence.start + match.end()))
    if places:
        often = f" ({len(places)} places in this section)" if len(places) > 1 else ""
        yield Remark(
            "discretion", "Award criteria", "award", "important", "High", 0.85, *places[0],
            f"The decision is left to discretion instead of stated criteria{often}.",
            "Say what is assessed and how, so that a company can tell how its tender will be scored.",
        )  # fmt: skip


def uncapped_damages(section: SectionView) -> Iterator[Remark]:
    """A daily or weekly rate of damages without an upper limit."""
    if section.document.kind == "report":
        return
    for sentence, text in section.each_sentence():
        match, rate = _DAMAGES.search(text) or _NO_END.search(text), _RATE.search(text) or _NO_END.search(text)
        if match and rate and (_NO_END.search(text) or not _CAP.search(section.around(sentence.start, 1, 2))):
            yield Remark(
                "uncapped", "Compliance", "remedies", "important", "Medium", 0.84,
                sentence.start + rate.start(), sentence.start + rate.end(),
                "Damages grow with time, but no upper limit is stated.",
                "Add a maximum, usually 5 to 10 % of the contract price.",
            )  # fmt: skip
            return


def one_sided_remedies(section: SectionView) -> Iterator[Remark]:
    """Damages for the supplier's delay, nothing for the buyer's: told once, where the damages first stand."""
    document = section.document
    if document.kind not in ("tender", "contract"):
        return
    first = document.once("damages", lambda: next((view.index for view in document.sections() if view.has(_DAMAGES)), -1))
    if first != section.index or document.has(_LATE_PAYMENT) or not document.has(_PAYS):
        return
    match = next(section.search(_DAMAGES))
    # Damages with a ceiling are a usual bargain.
    if _CAP.search(section.around(match.start(), 1, 2)):
        return
    yield Remark(
        "one-sided", "Compliance", "remedies", "suggestion", "Medium", 0.82, match.start(), match.end(),
        "The supplier owes damages, but nothing is said of what follows when the buyer pays late.",
        "State the interest on late payment, so that remedies work both ways.",
    )  # fmt: skip


def _counts_criteria(section: SectionView, end: int, text: str) -> bool:
    """Whether at least two criteria follow: in the sentence itself or in the list that it leads to."""
    if len({match[0].lower() for match in _CRITERION.finditer(text)}) >= 2:
        return True
    following = [items for items in section.lists if 0 <= items.items[0].start - end <= 40]
    body = " ".join(section.text[block.body : block.end][:200] for items in following[:1] for block in items.items)
    return len({match[0].lower() for match in _CRITERION.finditer(body)}) >= 2
