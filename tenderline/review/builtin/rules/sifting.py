"""Which of the linter's findings are worth telling: names, codes, terms and habits of the author are not mistakes."""

from __future__ import annotations

import re
from collections import Counter

from tenderline.review.builtin.english import other_dialect
from tenderline.review.builtin.linters import Dialect, Problem
from tenderline.review.builtin.text import words
from tenderline.review.builtin.view import SectionView

# Of harper's rules those that were right on formal texts, with how sure they are.
SURE: dict[str, float] = {
    "RepeatedWords": 0.94, "AnA": 0.9, "DidPast": 0.9, "MassNouns": 0.88, "PronounVerbAgreement": 0.88, "ModalOf": 0.94,
    "ThenThan": 0.86, "SimplePastToPastParticiple": 0.88, "InflectedVerbAfterTo": 0.85, "ToTwoToo": 0.84, "ThereOwn": 0.92,
    "ItsContraction": 0.82, "ItsPossessive": 0.82, "TheirToThere": 0.84, "ThereToTheir": 0.8, "CommaFixes": 0.84,
    "PronounAre": 0.88, "DoubleModal": 0.9, "MoreBetter": 0.92, "DespiteOf": 0.92, "ComprisesOf": 0.86, "IsBeenAuxSequence": 0.88,
    "CorrectNumberSuffix": 0.92, "UseToUsedTo": 0.86, "WasAloud": 0.9, "HadOf": 0.92, "AnAnother": 0.92, "AnotherAn": 0.9,
    "TheMy": 0.9, "TheAnother": 0.9, "WillNonLemma": 0.86, "MultipleSequentialPronouns": 0.85,
    "PrincipleToPrincipalRoleNoun": 0.88, "ResponsibleFor": 0.86, "ThereIsAgreement": 0.86, "OneOfTheSingular": 0.84,
    "Payed": 0.9, "WereWhere": 0.86, "NotTo": 0.82, "ToLoseTooLoose": 0.86, "DoubleNegative": 0.82, "SafeToSave": 0.84,
    "Misspell": 0.9, "HyphenateNumberDay": 0.8, "CommitmentTo": 0.82, "Beforehand": 0.84,
    "Nowadays": 0.85, "NoLonger": 0.84, "Alongside": 0.82, "LookForwardTo": 0.84, "LookingForwardTo": 0.84, "PossessiveNoun": 0.8,
    "SingleBe": 0.86, "AwaitFor": 0.84, "AwareOf": 0.82, "InNeedOf": 0.82, "InsteadOf": 0.84, "OutOfDate": 0.8,
}  # fmt: skip
# Words of the trade that a general dictionary lacks.
_TERMS = words(
    "tenderer tenderers tendering retender retendered retendering retenders prequalify prequalified prequalification",
    "postqualification lumens",
    "debarment debarred subcontract subcontracts subcontracted subcontracting subcontractor subcontractors subconsultant",
    "subconsultants procurer",
    "procurers offeror offerors bidder bidders biddable disbursement disbursements workplan workplans requisitioner requisitioners",
    "requisitioning",
    "consignee consignees indenter payee payees signatory signatories annexure annexures backdated backdating undersigned aforementioned",
    "hereinafter thereof therein thereto therefor herein hereto hereunder whereof wherein counterparty counterparties beneficiary",
    "geotextile",
    "culvert culverts subgrade subbase asphaltic formwork rebar borehole boreholes kilowatt kilowatts megawatt formulary reagents analyser",
    "analysers oximeter nebuliser nebulizer geotechnical hydrological onsite offsite barcode barcodes timesheet timesheets spreadsheet",
    "spreadsheets webpage website email emails timeframe timeframes stakeholder stakeholders turnkey ringfenced whistleblower",
    "whistleblowers",
    "whistleblowing kickback kickbacks earmarked cofinanced cofinancing interoperability cybersecurity datasheet datasheets ombudsperson",
    "clawback novation indemnify indemnifies indemnified escrow pro-rata prorated rata inter alia mutatis mutandis prima facie ultra",
    "vires pari passu metre metres kilometre kilometres litre litres millimetre millimetres centimetre centimetres tonne tonnes kilogramme",
)
# The linter takes many nouns for masses that procurement counts by the piece (openings, clarifications); these it does not.
_MASSES = words(
    "equipment information advice furniture software hardware evidence knowledge machinery luggage feedback research correspondence",
    "documentation legislation infrastructure expertise assistance progress stationery electricity transportation staff homework jewelry",
    "merchandise personnel traffic waste fuel cement steel sand gravel concrete",
)
_CAPITALS = re.compile(r"[A-Z]{2}")
_FUNCTION_WORDS = words(
    "which with that from have been were this they will shall must when than then their there should would where while what"
)
_ENDINGS = words("s es ed ing ly er ers able")
_WORD = re.compile(r"[a-z]{4,}")


def spelling(section: SectionView, quote: str, problem: Problem, text: str, dialect: Dialect) -> tuple[str, float] | None:
    """The remark on a misspelled word and how sure it is; None for names, codes, terms and words the author uses throughout."""
    if not _WORD.fullmatch(quote) or quote in _TERMS or not problem.replacements:
        return None
    if text[problem.end : problem.end + 1] in "-/@_" or text[max(0, problem.start - 1) : problem.start] in ("-", "/", "@", "_", "."):
        return None
    best = problem.replacements[0]
    counts = section.document.once("words", lambda: word_counts(section))
    if any(other_dialect(quote, each) for each in problem.replacements[:3]):
        variant = next(each for each in problem.replacements[:3] if other_dialect(quote, each))
        return (
            (f"“{quote}” is not {'British' if dialect == 'british' else 'American'} spelling, which the document otherwise uses.", 0.82)
            if variant
            else None
        )
    distance = _distance(quote, best.lower())
    prefixed = quote.startswith(("un", "non", "re")) and quote.endswith(best)
    inflected = prefixed or (quote.startswith(best) and quote[len(best) :] in _ENDINGS)
    # "proprietorships" is no slip for "proprietorship's".
    inflected = inflected or best.replace("'", "").replace("’", "") == quote
    if distance > 2 or inflected or " " in best or counts[quote] > 3:
        return None
    if len(quote) == 4:
        confidence = 0.86 if best in _FUNCTION_WORDS else 0.76
    else:
        confidence = 0.94 if distance == 1 else 0.86 if len(quote) > 7 else 0.72
    # Few people get the first letter wrong; "json" is no slip for "son".
    confidence -= 0.2 if quote[0] != best[0].lower() else 0.0
    if counts[best.lower()] == 0 and distance == 2:
        confidence -= 0.04
    return f"“{quote}” is probably a misspelling of “{best}”.", confidence


def excused(problem: Problem, quote: str, text: str) -> bool:
    """Where the sure rules are wrong: list marks "(a)", acronyms read letter by letter, legal "its"."""
    if problem.rule == "AnA":
        return _names_a_thing(problem, quote, text)
    if problem.rule == "RepeatedWords":
        return quote.lower().split()[:1] in (["that"], ["had"]) or any(character.isdigit() for character in quote)
    if problem.rule == "MassNouns" and (_CAPITALS.search(quote) or quote.lower().split()[-1].removesuffix("s") not in _MASSES):
        return True
    return quote[:1].isupper() and problem.start > 0 and problem.rule in ("MassNouns", "PossessiveNoun", "NeedToNoun")


def _distance(first: str, second: str, limit: int = 3) -> int:
    """How many letters are changed, added, left out or swapped with their neighbours (optimal string alignment), up to ``limit``."""
    if abs(len(first) - len(second)) >= limit or max(len(first), len(second)) > 40:
        return limit
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, a in enumerate(first, 1):
        current = [i]
        for j, b in enumerate(second, 1):
            cost = min(row[j] + 1, current[j - 1] + 1, row[j - 1] + (a != b))
            if i > 1 and j > 1 and a == second[j - 2] and first[i - 2] == b:
                cost = min(cost, before[j - 2] + 1)
            current.append(cost)
        before, row = row, current
    return min(row[-1], limit)


def _names_a_thing(problem: Problem, quote: str, text: str) -> bool:
    """Whether "a" is a letter, as in "(a)" or "Annex A", or stands before an abbreviation that is read letter by letter."""
    words_after = text[problem.start : problem.start + 60].split()[1:2]
    following = words_after[0] if words_after else text[problem.end : problem.end + 1]
    before = text[: problem.start].rstrip()[-1:]
    inside_sentence = quote.startswith("A ") and before not in ("", ".", "?", "!", ":")
    return inside_sentence or before == "(" or following[:1] in tuple(').“"‘’') or following[:2].isupper() or following[:1].isdigit()


def word_counts(section: SectionView) -> Counter[str]:
    """How often each word of four letters or more is written in lower case in the document."""
    counts: Counter[str] = Counter()
    for match in section.document.search(_WORD):
        counts[match[0]] += 1
    return counts
