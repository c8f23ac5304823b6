"""Reports: allegations and blame without evidence, hearsay, recommendations without owner or date."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tenderline.review.builtin.moments import find_moments, find_months
from tenderline.review.builtin.patterns import any_of
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.text import Span
from tenderline.review.builtin.view import SectionView

# What a person or company is blamed for.
_BLAME = re.compile(
    r"\b(?:collu(?:ded|sion)|brib(?:ed|es?|ery)|kickbacks?|falsif(?:ied|ication)|forg(?:ed|ery)|fabricated|backdated|rigg(?:ed|ing)"
    r"|manipulated"
    r"|embezzle(?:d|ment)|misappropriat(?:ed|ion)|defraud(?:ed)?|fraud(?:ulent(?:ly)?)?|corrupt(?:ly|ion)?|favou?r(?:ed|itism)\b"
    r"|leaked|conceal(?:ed|ment)"
    r"|inflated|overcharg(?:ed|ing)|stole|diverted|pocketed|extort(?:ed|ion)|conspir(?:ed|acy)|nepotism|tamper(?:ed|ing)|misled|lied)\b",
    re.IGNORECASE,
)
_ASSERTS = any_of(
    "was|were|is|are|has|have|had|did|received|paid|accepted|took|gave|made|ordered|shared|awarded|agreed|conspired|colluded|bribed"
    "|falsified|forged",
    "fabricated|backdated|rigged|manipulated|embezzled|misappropriated|defrauded|favou?red|leaked|concealed|inflated|overcharged"
    "|stole|diverted|misled|lied",
)
_SUPPORT = re.compile(
    r"\b(?:evidence|according\sto|interview\w*|stat(?:ed|es|ement\w*)|said|told|confirm\w*|admitt\w*|admission|testif\w*|testimony"
    r"|witness\w*"
    r"|e-?mails?|invoices?|records?|register|documents?|documented|exhibit|annex|appendix|attachment|see|shows?|shown|showed|minutes|bank"
    r"|receipts?|vouchers?|letters?|logs?|footnote|pages?|paragraph|item|audit|forensic|metadata|messages?|transcripts?|recording"
    r"|photographs?"
    r"|cctv|certificates?|files?|reports?|found\sthat|review\sof|analysis|examin\w+|comparison|compared|inspection|dated|signed\scopy"
    r"|declarations?|reply|response|(?:table|figure|section|finding)\s\d)\b|\[\d{1,3}\]|\(\d{1,3}\)|[¹²³⁴-⁹]",
    re.IGNORECASE,
)
_NOT_ASSERTED = any_of(
    "alleg\\w+|whether|if|suspect\\w*|suspicion|complain\\w*|claim\\w*|accus\\w+|no|not|nor|neither|never|without|unsubstantiated",
    "unfounded|denie[sd]|risk\\w*|could|may|might|would|should|must|shall|prevent\\w*|prohibit\\w*|polic(?:y|ies)|means|definition",
    "defined|constitutes?|anti-?\\w*|hotline|mandate|scope|purpose|investigat\\w+|examin\\w+|act|law|code|convention|training",
    "(?:fraud|corruption) (?:unit|commission|bureau|office)|question\\w*|possible|potential\\w*|appears?|possibly|examples?|e\\.g",
    "types? of|red flags?|indicators?|rule[sd]? out|cleared|debar\\w*|exclu\\w+|convicted",
)
_HEARSAY = re.compile(
    r"\b(?:it\sis\s(?:widely|generally|commonly)\s(?:believed|known|rumou?red|assumed|understood|said|thought|felt)"
    r"|it\sis\s(?:believed|known|rumou?red|assumed|understood|said|thought|felt)\sthat|rumou?r(?:s|ed)?|reportedly|apparently"
    r"|(?:anonymous|reliable|confidential|unnamed|various)\ssources?\s(?:say|said|claim\w*|indicat\w+|suggest\w*|report\w*)"
    r"|sources\s(?:say|said|claim\w*|suggest\w*)|everybody\sknows|it\sis\s(?:obvious|clear|evident|no\ssecret)\sthat|undoubtedly"
    r"|without\s(?:a\s)?doubt|hearsay|supposedly|allegedly)\b",
    re.IGNORECASE,
)
_HEARSAY_OK = any_of(
    "however|could not (?:be )?(?:confirm|verif)\\w*|not confirmed|unconfirmed|we found no|complain\\w*|letter|stated|according to"
    "|annex|exhibit|item"
)

_RECOMMENDATIONS = re.compile(
    r"\b(?:recommendations?|agreed\sactions?|action\splan|way\sforward|corrective\s(?:actions?|measures?)|remedial\s(?:actions?"
    r"|measures?))\b",
    re.IGNORECASE,
)
# A recommendation to award a contract is a decision to be taken, not a measure with owner and date.
_AWARD = re.compile(r"\baward", re.IGNORECASE)
_SHOULD = re.compile(r"\b(?:should|shall|must|needs?\sto|ought\sto|is\sto|are\sto|recommend(?:s|ed)?(?:\sthat)?)\b", re.IGNORECASE)
_ROLE = re.compile(
    r"\b(?:ministry|minister|department|unit|division|directorate|director\w*|head|secretary|secretariat|committee|council|board"
    r"|manager|management|officer|chair\w*"
    r"|chief|team|office|agency|authority|auditor\w*|treasur\w*|procurement|finance|legal|engineer\w*|mayor|city|county|municipal\w*"
    r"|government|commission\w*"
    r"|cfo|ceo|owner|responsible|by\sthe|group|entity|bank|supplier|contractor|university|hospital|school|company|service|staff|panel"
    r"|supervisor|lead"
    r"|parliament|cabinet|president|controller|comptroller|administrat\w+|bureau|inspector\w*|ombuds\w*|police|prosecutor\w*|court)\b",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\b(?:within\s(?:\w+\s){1,3}(?:days?|weeks?|months?|years?)|immediately|at\sonce|without\sdelay|quarterly|monthly|annually"
    r"|every\s(?:year|month|quarter)"
    r"|by\s(?:the\s)?(?:end|start|beginning|close|next|mid)\b|(?:first|second|third|fourth)\squarter|q[1-4]\b|before\sthe|prior\sto"
    r"|after\sthe|from\snow\son"
    r"|starting|(?:next|this)\s(?:year|quarter|month|meeting|procedure|tender)|20\d\d|deadline|due|each\s(?:year|quarter|month)"
    r"|half[\s-]year)\b",
    re.IGNORECASE,
)
_OWNER_COLUMN = re.compile(r"\b(?:owner|responsible|responsibility|addressee|who|unit|lead|accountable|assigned)\b", re.IGNORECASE)
_DATE_COLUMN = re.compile(r"\b(?:date|deadline|due|when|by|timeline|time|target|until|implementation)\b", re.IGNORECASE)
_ALL_DATED = re.compile(
    r"\b(?:all|these|each|the)\s(?:\w+\s){0,4}(?:recommendations?|actions?|measures?)\b[^.]{0,80}\b(?:by|before|within|until"
    r"|no\slater\sthan)\s",
    re.IGNORECASE,
)
_BY_WHOM = re.compile(r"\bby\s(?!the\send\b)", re.IGNORECASE)
_PASSIVE_SHOULD = re.compile(r"^\W*(?:\w+\W+){1,12}?(?:should|must|shall)\s(?:also\s|then\s)?be\s\w+", re.IGNORECASE)


def unsupported_allegations(section: SectionView) -> Iterator[Remark]:
    """Blame stated as fact in a report, with no source in the sentence or its neighbours: at most three a section."""
    if section.document.kind not in ("report", "other") or _RECOMMENDATIONS.search(section.title):
        return
    told = 0
    for sentence, text in section.each_sentence():
        match = _BLAME.search(text)
        if match is None or not _ASSERTS.search(text) or _NOT_ASSERTED.search(text) or text.rstrip().endswith("?"):
            continue
        if _SUPPORT.search(section.around(sentence.start + match.start(), 1, 1)):
            continue
        yield Remark(
            "unsupported", "Evidence", "evidence", "critical", "High", 0.85, sentence.start, sentence.end,
            "Somebody is blamed here as a matter of fact, but neither this sentence nor the ones beside it name any evidence.",
            "Name the document, record or interview that shows it, with date and page, or say that it could not be established.",
            ("What shows this?", "Was the person or company heard?"),
        )  # fmt: skip
        told += 1
        if told == 3:
            return


def hearsay(section: SectionView) -> Iterator[Remark]:
    """Sources nobody can check: one finding a section with a count."""
    if section.document.kind not in ("report", "other"):
        return
    places = []
    for sentence, text in section.each_sentence():
        match = _HEARSAY.search(text)
        if match and not _HEARSAY_OK.search(text):
            places.append((sentence.start + match.start(), sentence.start + match.end()))
    if places:
        often = f" (and {len(places) - 1} more in this section)" if len(places) > 1 else ""
        start, end = places[0]
        yield Remark(
            "hearsay", "Evidence", "evidence", "important", "Medium", 0.85, start, end,
            f"“{' '.join(section.text[start:end].split())}” stands where a source should be named{often}.",
            "Name who said it and when, or leave it out.",
        )  # fmt: skip


def open_recommendations(section: SectionView) -> Iterator[Remark]:
    """Recommendations that nobody in particular must carry out, or by no date: one finding for each of the two."""
    if not _RECOMMENDATIONS.search(section.title) or _AWARD.search(section.title):
        return
    entries = _recommendations(section)
    if not entries:
        return
    without_date = [entry for entry in entries if not _dated(section, entry)]
    without_owner = [entry for entry in entries if not _owned(section.text[entry.start : entry.end])]
    # One that has neither stands out where another has both.
    bare = [entry for entry in without_date if entry in without_owner]
    complete = [entry for entry in entries if entry not in without_date and entry not in without_owner]
    forgotten = bool(bare) and bool(complete)
    columns = " ".join(cell.text for table in section.tables for cell in table.header)
    # Where hardly anything is dated or assigned, it is not done in this document; where most is, the others were forgotten.
    if (
        without_date
        and (forgotten or 2 * len(without_date) < len(entries))
        and not section.has(_ALL_DATED)
        and not _DATE_COLUMN.search(columns)
    ):
        yield _open("no-date", without_date, len(entries), "by when", "Say by when each is to be done.")
    if without_owner and (forgotten or 2 * len(without_owner) < len(entries)) and not _OWNER_COLUMN.search(columns):
        yield _open("no-owner", without_owner, len(entries), "who must act", "Address each to a person or unit by role.")


def _open(kind: str, missing: list[Span], of: int, what: str, advice: str) -> Remark:
    count = f"{len(missing)} of {of} recommendations {'do' if len(missing) > 1 else 'does'} not say"
    return Remark(
        f"recommendations-{kind}", "Completeness", "recommendations", "important", "Medium", 0.86, missing[0].start, missing[0].end,
        f"{count} {what}.",
        advice,
    )  # fmt: skip


def _recommendations(section: SectionView) -> list[Span]:
    """The items of the section's lists that recommend something; without lists, the sentences that do."""
    items = [
        Span(block.body, block.end)
        for entries in section.lists
        for block in entries.items
        if len(section.text[block.body : block.end].split()) >= 4
    ]
    if len(items) >= 2:
        return items
    return [
        sentence
        for sentence, text in section.each_sentence()
        if _SHOULD.search(text) and len(text.split()) >= 5 and not _AWARD.search(text)
    ]


def _dated(section: SectionView, entry: Span) -> bool:
    return (
        _WHEN.search(section.text, entry.start, entry.end) is not None
        or next(find_moments(section.text, entry.start, entry.end), None) is not None
        or next(find_months(section.text, entry.start, entry.end), None) is not None
    )


def _owned(text: str) -> bool:
    """Whether a role is named as the one who acts: before the verb, or after "by"; an imperative has its owner in the addressee."""
    verb = _SHOULD.search(text)
    if verb is None:
        return True
    if _PASSIVE_SHOULD.match(text):
        by = _BY_WHOM.search(text, verb.end())
        return by is not None and _ROLE.search(text, by.end(), by.end() + 80) is not None
    before = text[: verb.start()]
    return bool(_ROLE.search(before) or _ROLE.search(text[verb.end() : verb.end() + 60]))
