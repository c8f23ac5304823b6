"""Conditions that bind or free one side only: the right to end, change or suspend, liability, indemnity and penalties."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tenderline.review.builtin.patterns import any_of
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.text import Span
from tenderline.review.builtin.view import DocumentView, SectionView

CATEGORY = "Compliance"

_BUYER = (
    "client|employer|purchaser|buyer|customer|owner|contracting (?:authority|entity)|procuring entity|county|village|town"
    "|authority|ministry|municipality"
    "|council|government|agency|university|hospital|commune|city|state|department|company|lessee|principal"
)
_SELLER = (
    "contractor|supplier|consultant|(?:service )?provider|proposer|offeror|vendor|seller|successful (?:tenderer|bidder)|tenderer|bidder"
    "|lessor"
    "|subcontractor|manufacturer|firm"
)
_SIDES = {
    "buyer": any_of(f"(?:{_BUYER})(?:[’']s)?"),
    "seller": any_of(f"(?:{_SELLER})(?:[’']s)?"),
}
# Both sides are meant: the condition is mutual.
_MUTUAL = any_of(
    "either (?:party|side|of)|each (?:party|side|of the parties)|both (?:parties|sides)|the parties|the other (?:party|side|one)|neither"
    "|mutual(?:ly)?|one party|any party|a party|alike|in turn|likewise|equally|also|vice versa|respective(?:ly)?|by agreement|jointly"
)
_ACTS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("end the contract", any_of("terminat\\w+|cancel\\w*|rescind\\w*|end|ends|withdraw|dissolve")),
    (
        "change the conditions",
        any_of("chang\\w+|modif\\w+|amend\\w*|var(?:y|ied)|adjust\\w*|alter\\w*|revis\\w+|reduc\\w+|increas\\w+|set"),
    ),
    ("suspend the work or payment", any_of("suspend\\w*|stop|withhold\\w*|postpone")),
)
_MAY = re.compile(
    r"\b(?:may|is\s(?:\w+\s)?entitled\sto|are\sentitled\sto|(?:has|have|reserves|retains)\sthe\s(?:\w+\s)?right|is\sfree\sto|can(?!not)|be)\b",
    re.IGNORECASE,
)
_UNBOUND = any_of(
    "at any time|at will|at its (?:sole |own |absolute )?(?:convenience|discretion)|for convenience|for any reason|for no reason"
    "|unilaterally|solely"
    "|without (?:\\w+ ){0,3}?(?:notice|cause|reasons?|consent|agreement|compensation|liability|cost|consultation|justification|approval)",
)
_DENIED = re.compile(
    r"\b(?:(?:has|have|gives?|gets?|confers?|with)\sno\s(?:\w+\s)?(?:rights?|claims?|compensation|remed(?:y|ies)|entitlement)"
    r"|(?:is|are|shall|may|can|does|do|will)\s?not\s(?:be\s)?(?:\w+\s){0,2}?(?:entitled|liable|responsible|allowed|permitted|terminate"
    r"|cancel|end|suspend|claim|owe|bear|withdraw|refuse|object)|cannot\s(?:\w+\s)?(?:terminate|cancel|end|suspend|claim|withdraw|refuse"
    r"|object)|waives?\s(?:any|all|its|every)"
    r"|no\s(?:compensation|interest|damages|liability|penalt(?:y|ies)|payment)\s(?:\w+\s){0,3}?(?:due|payable|paid|owed|accrues?)"
    r"|(?:has|have|with)\sno\s(?:rights?|claims?|remed(?:y|ies))\sof\sany|gives?\sno\sright|has\snone|free\sof\s(?:any|all)\sliability|exempt\sfrom|excluded)\b",
    re.IGNORECASE,
)
_WITHHELD = re.compile(r"^(?:gives?|confers?|no\s)", re.IGNORECASE)
_FREED = re.compile(r"\b(?:liable|responsible|owe|bear|exempt|free|excluded)\b", re.IGNORECASE)
_BURDEN = any_of(
    "pays?|paid|owes?|liable|penalt(?:y|ies)|damages|indemnif\\w+|hold(?:s)? harmless|bears?|responsible|compensates?|reimburses?"
    "|keeps? .{0,40}?free|forfeits?|loses"
)
_INDEMNITY = re.compile(
    r"\b(?:indemnif(?:y|ies)|holds?\s(?:\w+\s){1,4}?harmless|keeps?\s(?:\w+\s){1,4}?(?:free\sfrom|indemnified|harmless)"
    r"|liable\sfor\s(?:any|all)\b|bears?\s(?:all|any|every)\b)",
    re.IGNORECASE,
)
_LIMITS = any_of(
    "fault|negligen\\w+|breach\\w*|caused by|causes|attributable|to the extent|except|unless|up to|limited|capped?|maximum|insured"
    "|proven|if it|which it"
)
_PROCEDURE = any_of("bids?|tenders?|bidding|tendering|bidders?|tenderers?|proposals?|quotations?|addend(?:um|a)|solicitation")
_PARTY = re.compile(r"\((?:hereinafter\s)?(?:the\s)?[“\"](?:the\s)?([A-Z][\w ]{2,30})[”\"]\)")
_OPENING_CHARS = 2_000
_NEGATED = re.compile(r"\b(?:not|no|never|nor|neither)\b", re.IGNORECASE)
_WHATEVER = any_of("whatever|regardless|irrespective|howsoever|even (?:if|where)|without limit\\w*")
# Notice given or cost made good: the right has a price.
_TEMPERED = re.compile(
    r"\b(?:\w+\s(?:\([^)]*\)\s)?(?:\w+\s)?(?:days|weeks|months)[’']?\s(?:\w+\s)?(?:notice|in\sadvance)|notice\sof\s\w+|compensates?"
    r"|against\spayment|pays?\sfor)\b",
    re.IGNORECASE,
)


_UNLIMITED = re.compile(
    r"\bliabilit(?:y|ies)\b[^.;]{0,60}?\b(?:unlimited|without\s(?:any\s)?(?:limit\w*|ceiling|cap|maximum))"
    r"|\b(?:unlimited|uncapped)\sliabilit(?:y|ies)\b",
    re.IGNORECASE,
)
_EXCEPT = any_of("fraud\\w*|death|personal injury|confidential\\w*|wilful|intent\\w*|gross|law|nothing|neither|third part(?:y|ies)")


def one_sided(section: SectionView) -> Iterator[Remark]:
    """At most one finding for each of the three forms a section."""
    document = section.document
    if document.kind == "report":
        return
    yield from _right_of_one(section, document)
    yield from _burden_of_one(section)
    yield from _indemnity_of_one(section, document)
    yield from _unlimited_for_one(section)


def _sentences(section: SectionView) -> Iterator[tuple[Span, str]]:
    """The sentences; what the contract calls its two parties is read as "client" and "contractor", in the order it names them."""
    document = section.document
    names = document.once("parties", lambda: list(dict.fromkeys(match[1] for match in _PARTY.finditer(document.text[:_OPENING_CHARS]))))
    if len(names) != 2 or any(pattern.search(name) for name in names for pattern in _SIDES.values()):
        yield from section.each_sentence()
        return
    first, second = (re.compile(rf"\b{re.escape(name)}\b") for name in names)
    for sentence, text in section.each_sentence():
        yield sentence, second.sub("contractor", first.sub("client", text))


def _right_of_one(section: SectionView, document: DocumentView) -> Iterator[Remark]:
    """One side may do something without limits, and nothing gives the other side the same."""
    for sentence, text in _sentences(section):
        unbound = _UNBOUND.search(text)
        may = _MAY.search(text)
        if unbound is None or may is None or _MUTUAL.search(text) or _TEMPERED.search(text):
            continue
        # Before there is a contract, the buyer alone runs the procedure.
        if _PROCEDURE.search(text):
            continue
        sides = _sides_before(text, may.start()) or _agents(text)
        act = next((name for name, pattern in _ACTS if pattern.search(text, may.start())), None)
        if len(sides) != 1 or act is None:
            continue
        (side,) = sides
        other = "seller" if side == "buyer" else "buyer"
        pattern = dict(_ACTS)[act]
        if _granted(document, other, pattern):
            continue
        yield _remark(sentence, f"Only one side may {act} here, and without condition; the other side has no such right.")
        return


def _burden_of_one(section: SectionView) -> Iterator[Remark]:
    """One sentence burdens one side and denies the other one the same, or frees the other side from it."""
    for sentence, text in _sentences(section):
        denied = _DENIED.search(text)
        burden = _BURDEN.search(text) or (_MAY.search(text) if _UNBOUND.search(text) is None else None)
        if denied is None or burden is None or _MUTUAL.search(text):
            continue
        halves = re.split(r"[;,]\s|\s(?:while|whereas|but|and)\s", text)
        harmed = [side for half in halves if (side := _harmed(half)) is not None]
        if len(harmed) >= 2 and len(set(harmed)) == 1 and len(_named(text)) == 2:
            yield _remark(sentence, "What binds one side here is expressly denied to, or waived for, the other side.")
            return


def _harmed(clause: str) -> str | None:
    """The side that a clause is bad for: who must pay, may not claim, or faces another one's freedom or right."""
    other = {"buyer": "seller", "seller": "buyer"}
    denied = _DENIED.search(clause)
    if denied:
        subject = _sides_before(clause, denied.end())
        if len(subject) != 1:
            return None
        (side,) = subject
        # The one named is the cause here; the other side goes without.
        return other[side] if _FREED.search(denied[0]) or _WITHHELD.search(denied[0]) else side
    verb = _BURDEN.search(clause)
    if verb:
        subject = _sides_before(clause, verb.start())
        return next(iter(subject)) if len(subject) == 1 else None
    verb = _MAY.search(clause)
    subject = _sides_before(clause, verb.start()) if verb else set()
    return other[next(iter(subject))] if len(subject) == 1 else None


def _indemnity_of_one(section: SectionView, document: DocumentView) -> Iterator[Remark]:
    """One side answers for everything, whatever the cause, and nothing says the same of the other side."""
    for sentence, text in _sentences(section):
        found = _INDEMNITY.search(text)
        if found is None or _MUTUAL.search(text) or (_LIMITS.search(text) and not _WHATEVER.search(text)):
            continue
        # "In no event shall the owner be liable" frees, it does not burden.
        if _NEGATED.search(text, 0, found.end()):
            continue
        sides = _sides_before(text, found.start())
        everything = re.search(r"\b(?:all|any|every|whatever)\b", text[found.start() :], re.IGNORECASE)
        if len(sides) != 1 or everything is None:
            continue
        # A general clause that binds both sides does not soften one that says "whatever the cause".
        if not _WHATEVER.search(text) and document.once("mutual liability", lambda: _mutual_liability(document)):
            continue
        yield _remark(sentence, "One side answers for every loss or claim, whatever its cause; nothing says the same of the other side.")
        return


def _unlimited_for_one(section: SectionView) -> Iterator[Remark]:
    """One side is liable without limit; a limit, or the same for both, is looked for beside it."""
    for sentence, text in _sentences(section):
        found = _UNLIMITED.search(text)
        if found is None or _EXCEPT.search(text) or _MUTUAL.search(text):
            continue
        if _sides_before(text, found.end()):
            yield _remark(sentence, "One side is liable without any limit here; nothing says the same of the other side.")
            return


def _remark(sentence: Span, description: str) -> Remark:
    return Remark(
        "one-sided-condition", CATEGORY, "remedies", "important", "Medium", 0.84, sentence.start, sentence.end, description,
        "Give both sides the same right or duty, limit it, or say why this one must be different.",
        ("Would a careful company sign this, and at what price?",),
    )  # fmt: skip


def _named(text: str) -> set[str]:
    return {side for side, pattern in _SIDES.items() if pattern.search(text)}


def _sides_before(text: str, position: int) -> set[str]:
    """The side named last before the verb: the subject of the clause."""
    places = [(match.start(), side) for side, pattern in _SIDES.items() for match in pattern.finditer(text, 0, position)]
    return {max(places)[1]} if places else set()


def _agents(text: str) -> set[str]:
    """The side behind "by" in a sentence without another subject."""
    match = re.search(r"\bby\s(?:the\s)?([^.,;]{3,40})", text, re.IGNORECASE)
    return _named(match[1]) if match else set()


def _granted(document: DocumentView, side: str, act: re.Pattern[str]) -> bool:
    """Whether any sentence of the document gives that side, or both, the right to that act."""
    for view in document.sections():
        for _, text in _sentences(view):
            if _DENIED.search(text) or not act.search(text):
                continue
            may = _MAY.search(text)
            theirs = may is not None and (_MUTUAL.search(text) or side in _sides_before(text, may.start()))
            if theirs and not _conditional_only(text):
                return True
    return False


def _conditional_only(text: str) -> bool:
    """A right that hangs on the other side's breach is another right than one without condition."""
    return bool(re.search(r"\b(?:breach|default|insolven|bankrupt|fails?\sto)", text, re.IGNORECASE))


def _mutual_liability(document: DocumentView) -> bool:
    return any(
        _MUTUAL.search(text) and re.search(r"\b(?:liab|indemnif|harmless|loss)", text, re.IGNORECASE)
        for view in document.sections()
        for _, text in _sentences(view)
    )
