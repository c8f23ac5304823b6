"""The parts that a tender document, a report and a contract need, and what shows that each is there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from tenderline.review.builtin.kind import DocumentKind
from tenderline.review.reviewer import Risk


@dataclass(frozen=True, slots=True)
class Part:
    """A part that a kind of document needs.

    Attributes:
        name: for people, after "says nothing of".
        sought: what shows that it is there; matched against titles and text.
        at: which section carries the finding when it is missing.
        core: whether such documents have it in every country; a lack of the others shows in the checks only.
    """

    name: str
    topic: str
    sought: re.Pattern[str]
    at: Literal["first", "last"]
    risk: Risk = "Medium"
    core: bool = True


def _part(name: str, topic: str, sought: str, at: Literal["first", "last"], risk: Risk = "Medium", *, core: bool = True) -> Part:
    return Part(name, topic, re.compile(rf"\b(?:{sought})".replace(" ", r"\s"), re.IGNORECASE), at, risk, core)


PARTS: dict[DocumentKind, tuple[Part, ...]] = {
    "tender": (
        _part(
            "the subject and scope of the contract",
            "scope",
            "scope|subject|object|(?:we|which|that) (?:needs?|buys?)|looking for|supply of|procurement of|purchase of"
            "|(?:wish(?:es)?|intends?) to|invites? (?:tenders|bids"
            "|proposals|offers|quotations)|purpose|background"
            "|statement of work|terms of reference|description of",
            "first",
            "High",
        ),
        _part(
            "the technical requirements",
            "specifications",
            "specifications?|technical|requirements?|bill of quantities|terms of reference|statement of work|deliverables"
            "|outputs?|tasks?|methodology",
            "first",
            "High",
            core=False,
        ),
        _part(
            "the requirements that companies must meet",
            "requirements",
            "eligib|qualif|profile of the|solven\\w+|barred|(?:can|may) (?:bid|tender|participate)|(?:years"
            "|evidence) of (?:\\w+ )?(?:experience|practice)|(?:firms?|tenderers?|bidders?|consultants?|experts?"
            "|candidates?) (?:must|shall)|who may|take part"
            "|participatrequirements for (?:compan|tender|bid)|selection criteri|turnover|experience"
            "|registered|registration|licen[cs]ed|exclu(?:ded|sion)|capacity",
            "first",
        ),
        _part(
            "the deadline for tenders",
            "deadlines",
            "deadline|closing (?:date|time)|due date|(?:is|are) due (?:on|by)|(?:no|not) later than|last day"
            "|(?:submit(?:ted)?|arrive|received?|reach\\w*|lodged?|deliver(?:ed)?|hand(?:ed)? in|sent?) (?:[\\w,]+ ){0,7}?"
            "(?:by|before|until)",
            "first",
            "High",
        ),
        _part(
            "where and how to submit a tender",
            "deadlines",
            "submit|submission|deliver(?:ed)? to|lodged|arriv|reach(?:es)?\\b|hand(?:ed)? in|unseal|closing (?:date|time)"
            "|tender box|upload|sent to|portal|e-?mail|sealed",
            "first",
        ),
        _part(
            "how to ask questions",
            "clarifications",
            "clarification|questions?|enquir|inquir|quer(?:y|ies)|contact (?:person|point|officer)",
            "first",
            core=False,
        ),
        _part(
            "the award criteria",
            "award",
            "award criteri|\\baward\\b|winner|best (?:tender|bid|offer|proposal)|price (?:counts|decides|wins)"
            "|evaluation criteri|criteria|lowest (?:\\w+ ){0,3}(?:price|tender|bid|offer)|evaluat|scored"
            "|selection of|be selected|most economically advantageous|best value|weight",
            "last",
            "High",
            core=False,
        ),
        _part("delivery and payment", "payment", "pay(?:s|ment|ments|able)?\\b|invoice", "last", core=False),
        _part(
            "how long tenders stay valid",
            "deadlines",
            "valid(?:ity)?\\b|bind(?:s|ing)?\\b|(?:remain|stay|held|kept|left) open|open for acceptance|irrevocable",
            "last",
            core=False,
        ),
        _part(
            "how to complain or appeal",
            "complaints",
            "complain|appeal|review (?:board|body|procedure)|standstill|challenge|protest|remed(?:y|ies)|debrief|grievance",
            "last",
            core=False,
        ),
        _part(
            "conflicts of interest",
            "interests",
            "conflicts? of interests?|interests?\\b|impartial|integrity|independen|ethic|corrupt|fraud",
            "last",
            core=False,
        ),
    ),
    "report": (
        _part(
            "its purpose, mandate or scope",
            "scope",
            "purpose|scope|mandate|this report (?:presents|covers|describes|sets out|examines)|objectives?|terms of reference"
            "|aims?\\b|asked (?:the|us)|requested",
            "first",
            "High",
            core=False,
        ),
        _part(
            "how the facts were gathered",
            "evidence",
            "method|approach|interview|read (?:all|the|each|every)|spoke|inspected|visited|compared|discussions?|studied"
            "|checked|looked|reviewed|examined|documents?|evidence|sources|fieldwork|analy[sz]ed",
            "first",
        ),
        _part(
            "findings",
            "evidence",
            "findings?|finds|observations?|results?|found|established|facts|noted|evaluated|scores?|examination",
            "last",
            "High",
        ),
        _part(
            "a conclusion",
            "conclusions",
            "conclu|recommends? (?:an |the |to )?award|executive summary|award of (?:the )?contract|in summary|overall|opinion|assessment"
            "|in our view",
            "last",
            "High",
        ),
        _part(
            "recommendations or next steps",
            "recommendations",
            "recommend|should|action plan|next steps|corrective|agreed actions|way forward",
            "last",
        ),
        _part(
            "the legal basis",
            "legal",
            "acts?\\b|laws?\\b|regulations?|code|polic(?:y|ies)|rules|articles?|sections? \\d|directive|manual|guidelines|statut",
            "first",
            core=False,
        ),
        _part(
            "who prepared or signed it",
            "signatures",
            "signed|signatures?|prepared (?:by|for)|authors?|approved by|reviewed by|investigators?|auditors?|submitted by"
            "|team leader|inspector|issued by|chair",
            "last",
            core=False,
        ),
    ),
    "contract": (
        _part("the parties", "scope", "between|parties|hereinafter|client|employer|purchaser|authority", "first", "High"),
        _part("the subject of the contract", "scope", "scope|subject|services|goods|works?|supply|deliverables", "first", "High"),
        _part("the price", "amounts", "price|fees?|remuneration|contract (?:amount|value|sum)|rates?|cost", "first", "High"),
        _part("payment", "payment", "pay(?:s|ment|ments|able)?\\b|invoice", "last"),
        _part(
            "its beginning, end or delivery dates", "payment", "term\\b|duration|commenc|deliver|effective|expir|complet|period", "first"
        ),
        _part(
            "remedies for delay or poor performance",
            "remedies",
            "damages|penalt|warrant|remed|defects|breach|liab|deduct|compensat",
            "last",
        ),
        _part("changes to the contract", "changes", "amend|variation|modif|changes?\\b", "last", core=False),
        _part("termination", "remedies", "terminat|cancel|rescind|withdraw|end of the (?:contract|agreement)|early end", "last"),
        _part(
            "the settlement of disputes or the governing law",
            "remedies",
            "dispute|arbitrat|governing law|jurisdiction|courts?\\b|mediation",
            "last",
        ),
        _part("signatures", "signatures", "signed|signatures?|sign\\b|signator|in witness|for and on behalf", "last", "High", core=False),
    ),
}
