"""What kind of document it is: a tender document, a report, a contract or something else. Some rules make sense for one kind only."""

from __future__ import annotations

import re
from typing import Literal

DocumentKind = Literal["tender", "report", "contract", "other"]

_OPENING_CHARS = 600
_SAMPLE_CHARS = 120_000
_OPENINGS: dict[DocumentKind, re.Pattern[str]] = {
    "tender": re.compile(
        r"invit(?:ation|es?) (?:to|for|of) (?:tender|bid|quot|propos)|invites? (?:\w+ ){0,3}(?:tenders|bids|proposals|quotations)"
        r"|request for (?:tender|proposal|quotation|bid)|(?:tender|bidding|solicitation|procurement) documents?\b|call for tenders"
        r"|terms of reference|\bRF[PQT]\b|\bITT\b",
        re.IGNORECASE,
    ),
    "report": re.compile(r"\b(?:report|audit|investigation|inquiry|review of|findings)\b", re.IGNORECASE),
    "contract": re.compile(
        r"\b(?:contract agreement|(?:this|the) (?:agreement|contract) (?:is )?(?:made|entered)|framework agreement|contract between"
        r"|agreement between|memorandum of understanding|contract no)\b",
        re.IGNORECASE,
    ),
}
_TITLES: dict[DocumentKind, re.Pattern[str]] = {
    "tender": re.compile(
        r"instructions? to|submission|award criteria|evaluation (?:and|criteria|of (?:tenders|bids|proposals))|eligib|qualification"
        r"|technical (?:requirement|specification)|specifications?$|scope of (?:work|services)|timetable|clarification|bill of quantities"
        r"|invitation|request for|tender (?:form|security)|bid (?:form|security)|price schedule",
        re.IGNORECASE,
    ),
    "report": re.compile(
        r"finding|conclusion|recommendation|investigat|allegation|method(?:ology)?$|executive summary|background|evidence|interview"
        r"|observation|management response|audit",
        re.IGNORECASE,
    ),
    "contract": re.compile(
        r"terminat|governing law|obligations?|liabilit|force majeure|indemnit|confidential|assignment|entire agreement|definitions|notices"
        r"|dispute|warrant",
        re.IGNORECASE,
    ),
}
_TEXT: dict[DocumentKind, re.Pattern[str]] = {
    "tender": re.compile(
        r"\b(?:tenderers?|bidders?|offerors?|proposers?) (?:must|shall|may|should|are|is)\b"
        r"|\b(?:tenders|bids|proposals) (?:must|shall|will|should)\b|award criteri"
        r"|submit (?:a |their |its )?(?:tender|bid|proposal|quotation)",
        re.IGNORECASE,
    ),
    "report": re.compile(
        r"\b(?:we (?:found|recommend|noted|reviewed)|it is recommended|(?:investigators?|auditors?|investigation|audit|team)"
        r" (?:found|noted|established|reviewed|examined|concluded)|allegations?|interview(?:ed|s)?|according to|findings?)\b",
        re.IGNORECASE,
    ),
    "contract": re.compile(
        r"\b(?:hereinafter|hereby|the parties|either party|this (?:agreement|contract)|notwithstanding"
        r"|the (?:contractor|supplier|consultant|service provider) (?:shall|must|warrants|agrees))\b",
        re.IGNORECASE,
    ),
}


_CALLS = re.compile(
    r"\b(?:invitations?|request\sfor|call\sfor|terms\sof\sreference|solicitation|(?:tender|bidding|procurement)\s(?:documents?|dossier|notice)"
    r"|contract\snotice|notice\sof)\b",
    re.IGNORECASE,
)
_REPORTS = re.compile(r"\breports?\b|\b(?:audit|inspection|investigation)\sof\b", re.IGNORECASE)
_CONTRACTS = re.compile(r"^\W*(?:[A-Za-z]+\s){0,3}?(?:contract|agreement|memorandum\sof\sunderstanding)\b", re.IGNORECASE)


def _named(title: str) -> DocumentKind:
    """The kind that a document's own title names: what it calls itself first."""
    call, report = _CALLS.search(title), _REPORTS.search(title)
    if report and not (call and call.start() < report.start()):
        return "report"
    if call:
        return "tender"
    return "contract" if _CONTRACTS.match(title) else "other"


def document_kind(name: str, text: str, titles: list[str]) -> DocumentKind:
    """The kind that titles, opening lines and wording point to; "other" when nothing stands out."""
    opening = f"{name} {text[:_OPENING_CHARS]}"
    sample = text[:_SAMPLE_CHARS]
    thousands = max(1.0, len(sample) / 6_000)
    title = titles[0][:200] if titles else text[:200].strip().partition("\n")[0]
    scores: dict[DocumentKind, float] = {}
    for kind in _TITLES:
        telling = sum(1 for title in titles[:300] if _TITLES[kind].search(title[:200]))
        density = sum(1 for _ in _TEXT[kind].finditer(sample)) / thousands
        scores[kind] = 8 * (_named(title) == kind) + 8 * bool(_OPENINGS[kind].search(opening)) + 4 * min(telling, 5) + min(density, 10)
    (best, score), (_, second) = sorted(scores.items(), key=lambda pair: -pair[1])[:2]
    return best if score >= 9 and score >= 1.25 * second else "other"
