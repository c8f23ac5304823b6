"""Abbreviations: used but never explained, explained in two ways."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tenderline.review.builtin.amounts import currency_code
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.rules.sifting import word_counts
from tenderline.review.builtin.text import words
from tenderline.review.builtin.view import DocumentView, SectionView

CATEGORY = "Definitions"

_ACRONYM = re.compile(
    r"(?<![\w&./#@-])(?P<name>[A-Z](?:[A-Z&]|[a-z](?=[A-Z])){1,6}[A-Z]?|[A-Z]{2}[a-z]?)(?:s|[’']s)?(?![\w&@/]|-\d|[./-]\w)"
)
# Known to every reader of such documents: countries and bodies, units, trade terms, standards, technology, offices, degrees.
_KNOWN = words(
    "EU UN UK US USA UAE EEA EC OECD WTO WHO IMF ILO NATO UNDP UNICEF UNESCO UNCITRAL USAID GPA WB ADB AFDB EBRD EIB",
    "VAT GST TIN PAYE IBAN BIC SWIFT ID CEO CFO COO CTO HR IT ICT CV FAQ PR NGO SME SMES PO BOX TV PC AM PM AD BC GMT UTC CET EST",
    "ISO IEC IEEE EN DIN BS ASTM ANSI CE UL IP IPX RAL NF IFRS GAAP HACCP GMP EXW FCA FOB CIF CFR CIP CPT DAP DDP DDU FAS DPU",
    "RFP RFQ RFI ITT ITB TOR EOI BOQ SLA KPI QA QC OK NB PS CC BCC FYI ASAP ETA RSVP TBC TBD TBA NA NIL DIY GPS GIS GSM SMS SIM LTE",
    "JSON CSS KB MB GB TB AWS GNU GPL",
    "PDF DOC DOCX XLS XLSX CSV XML HTML HTTP HTTPS URL WWW USB HDMI VGA LAN WAN WIFI VPN RAM ROM CPU GPU SSD HDD CD DVD LED LCD OLED UPS",
    "PVC HDPE PPE HVAC AC DC KW KWH MW MWH KV KVA HP RPM PH CCTV CAD API SQL PIN PPM ERP CRM COVID SARS HIV AIDS DNA XRAY MRI ECG ICU",
    "BSC MSC MBA PHD BA MA LLB LLM CPA ACCA PMP CIPS FIDIC NEC JCT CPV NUTS ESPD TED OCDS PPP BOT BOO DBO LTD LLC PLC INC GMBH",
    "II III IV VI VII VIII IX XI XII XIII XIV XV XVI XVII XVIII XIX XX",
)  # fmt: skip
# Words that are written in capitals for weight.
_SHOUTED = words(
    "A AN THE AND OR NOT NO YES ALL ANY BUT FOR OF TO IN ON BY AT IS ARE BE WILL SHALL MUST MAY CAN ONLY THIS THAT THESE THOSE WITH FROM",
    "INTO AS IF WHEN WHERE THEN THAN EACH EVERY BOTH NONE TOTAL SUM NOTE DATE NAME TITLE PAGE PART LOT ITEM UNIT PRICE TIME NEW OLD DRAFT",
    "FINAL COPY TABLE ANNEX SECTION SIGNED DO DON DID DOES HAS HAVE HAD WAS WERE OUR YOUR ITS WE YOU HE SHE THEY IT END START OPEN CLOSED",
    "LATE PASS FAIL BID BIDS GOODS WORKS LOTS TERMS SCOPE RULES PLEASE READ SIGN SEAL STAMP ABOVE BELOW ONE TWO THREE FOUR FIVE SIX PER",
    "DAY DAYS OUT UP",
    "SET GET ADD USE SEE TWO WAY LAW ACT TAX FEE PAY NET GROSS WHO HOW WHAT WHY",
    "JAN FEB MAR APR JUN JUL AUG SEP SEPT OCT NOV DEC MON TUE WED THU FRI SAT SUN HIGH LOW MEDIUM MALE FEMALE MR MRS MS DR",
)
_COMPANY_AFTER = re.compile(
    r"\s(?:[A-Z][\w&-]*\s){0,2}(?:Ltd|Limited|Inc|LLC|GmbH|AG|Co|Company|Corp|Corporation|plc|Group|SA|BV|Pty|Enterprises?|Bank)\b"
)
_EXPLAINED_AFTER = re.compile(
    r"\s?\((?!\d)[^()\n]{4,120}\)|\s?(?:[–—:=]|-\s|\||\bstands\sfor\b|\bmeans\b|\brefers\sto\b)\s?(?:the\s)?[A-Za-z][^\n|]{3,}"
)
_OPENS = re.compile(r"\(\s?(?:the\s|hereinafter\s(?:the\s)?|hereafter\s|also\s|in\sshort\s|or\s)?[“\"‘']?$")
_SMALL = words("of the and for in on to a an de du des la le & at with by und der die")
_CAPITALS = re.compile(r"[A-Z]")
_SMALL_LETTERS = re.compile(r"[a-z]")
# Beside another word in capitals that is a plain one: "IN WITNESS WHEREOF".
_PLAIN = "|".join(sorted(_SHOUTED - {"A"}))
_CAPITAL_WORD_AFTER = re.compile(rf"\s(?:(?:{_PLAIN})\b|[A-Z]{{5,}}\b)")
_CAPITAL_WORD_BEFORE = re.compile(rf"(?<![A-Za-z])(?:(?:{_PLAIN})|[A-Z]{{5,}})\s$")
# The name of somebody or something of the document's own: "the RSF decides", "a CAF file", "their LPO"; not "GWB", "NSIC" or "TMT bars".
_NAMED = re.compile(r"(?:^|[\s(“\"])(?:the|an?|its|their|this|each|every|said)\s[“\"]?$", re.IGNORECASE)
_OF_A_NAME_BEFORE = re.compile(r"(?:\b[A-Z][\w’'-]*|[\d&/])[\s-]$")
_OF_A_NAME_AFTER = re.compile(r"[’'s]{0,2}[\s-](?:[A-Z(]|\w*\d|No\b)")
_OFTEN = 2
_MANY = 3
_MOST = 20_000


@dataclass
class _Acronym:
    """Where an abbreviation is first used, how often, and the ways it is explained.

    ``named`` and ``alone`` count its uses in sentences as a thing's own name: with an article or the like, and without; parts of longer
    names, codes and table cells are neither.
    """

    name: str
    section: int
    start: int
    end: int
    uses: int = 0
    named: int = 0
    alone: int = 0
    explained: bool = False
    meanings: dict[str, tuple[int, int, int]] = field(default_factory=dict)


def undefined_acronyms(section: SectionView) -> Iterator[Remark]:
    """Each unexplained abbreviation once, at its first use in the document; many in one section are one finding."""
    acronyms = section.document.once("acronyms", lambda: _acronyms(section.document))
    in_lower_case = section.document.once("words", lambda: word_counts(section))
    here = [
        acronym
        for acronym in acronyms.values()
        if acronym.section == section.index and _unexplained(acronym) and not in_lower_case[acronym.name.lower()]
    ]
    if len(here) > _MANY:
        names = ", ".join(acronym.name for acronym in here[:12]) + (" …" if len(here) > 12 else "")
        yield Remark(
            "undefined-acronyms", CATEGORY, "terms", "suggestion", "Low", 0.86, here[0].start, here[0].end,
            f"{len(here)} abbreviations that appear here first are not explained anywhere in the document: {names}.",
            "Write each out at its first use, or add a list of abbreviations.",
        )  # fmt: skip
        return
    for acronym in here:
        yield Remark(
            "undefined-acronym", CATEGORY, "terms", "suggestion", "Low", 0.87 if acronym.uses > 1 else 0.8, acronym.start, acronym.end,
            f"“{acronym.name}” is not explained anywhere in the document"
            + (f"; it is used {acronym.uses} times." if acronym.uses > 1 else "."),
            "Write it out at its first use, with the abbreviation in brackets.",
            detail=acronym.name,
        )  # fmt: skip


def acronym_two_meanings(section: SectionView) -> Iterator[Remark]:
    acronyms = section.document.once("acronyms", lambda: _acronyms(section.document))
    for acronym in acronyms.values():
        if len(acronym.meanings) < 2:
            continue
        (first, _), (second, place), *_ = acronym.meanings.items()
        if place[0] == section.index:
            yield Remark(
                "acronym-twice", CATEGORY, "terms", "important", "Medium", 0.9, place[1], place[2],
                f"“{acronym.name}” is explained in two ways: “{first}” and “{second}”.",
                "Decide on one meaning, or use two abbreviations.",
                detail=acronym.name,
            )  # fmt: skip


def _unexplained(acronym: _Acronym) -> bool:
    """Whether it is used as a name that only this document can explain: what a trade or a country calls so everywhere seldom looks so."""
    own = acronym.named > 0 or acronym.named + acronym.alone >= _OFTEN
    return own and not acronym.explained and not acronym.meanings and (acronym.uses > 1 or len(acronym.name) > 2)


def _acronyms(document: DocumentView) -> dict[str, _Acronym]:
    found: dict[str, _Acronym] = {}
    for view in document.sections():
        for match in view.search(_ACRONYM):
            name = match["name"]
            if name.upper() in _KNOWN or len(set(name)) == 1 or name in _SHOUTED or currency_code(name):
                continue
            text = view.text
            if _shouting(text, match.start(), match.end()) or _COMPANY_AFTER.match(text, match.end(), match.end() + 60):
                continue
            if name not in found:
                if len(found) >= _MOST:
                    return found
                found[name] = _Acronym(name, view.index, match.start(), match.start() + len(name))
            acronym = found[name]
            acronym.uses += 1
            _count(acronym, view, match.start(), match.end())
            _explain(acronym, view, match.start(), match.start() + len(name))
    for section in document.parsed.sections:
        for match in _ACRONYM.finditer(section.title[:300]):
            if match["name"] in found and _initials(section.title[: match.start()], match["name"]):
                found[match["name"]].explained = True
    return found


def _count(acronym: _Acronym, view: SectionView, start: int, end: int) -> None:
    block = view.block_at(start)
    if block is None or block.kind in ("row", "heading"):
        return
    before = view.text[max(block.body, start - 30) : start]
    if _OF_A_NAME_AFTER.match(view.text, end, end + 8):
        return
    if _NAMED.search(before):
        acronym.named += 1
    elif not _OF_A_NAME_BEFORE.search(before):
        acronym.alone += 1


def _explain(acronym: _Acronym, view: SectionView, start: int, end: int) -> None:
    text = view.text
    opening = _OPENS.search(text, max(0, start - 24), start)
    if opening and text[end : end + 3].lstrip("”\"’'s").startswith((")", ";", ",")):
        acronym.explained = True
        phrase = re.split(r"[()\n]", text[max(0, start - 160) : opening.start()])[-1].rstrip()
        words_back = _initials(phrase, acronym.name)
        if words_back:
            meaning = " ".join(words_back)
            known = {_normal(other) for other in acronym.meanings}
            if _normal(meaning) not in known:
                acronym.meanings[meaning] = (view.index, start, end)
        return
    after = _EXPLAINED_AFTER.match(text, end, end + 130)
    if after and (text[end : end + 3].lstrip().startswith("(") or _starts_line(text, start) or "stands" in after[0]):
        inside = after[0].strip(" ()–—:=|-")
        if _matches(inside, acronym.name) or _starts_line(text, start) or "stands" in after[0]:
            acronym.explained = True


def _matches(phrase: str, name: str) -> bool:
    initials = "".join(word[0] for word in re.findall(r"[A-Za-z][\w’'-]*", phrase) if word.lower() not in _SMALL).upper()
    return bool(initials) and initials[0] == name[0].upper() and len(initials) >= 2


def _initials(phrase: str, name: str) -> list[str]:
    """The words at the end of ``phrase`` whose initials make ``name``; empty when they don't."""
    letters = [letter for letter in reversed(name.upper()) if letter.isalpha()]
    tokens = re.findall(r"[^\W\d_][\w’'-]*|&", phrase)[-14:]
    taken: list[str] = []
    for token in reversed(tokens):
        if not letters:
            break
        parts = [part for part in token.split("-") if part]
        if len(parts) > 1 and [part[0].upper() for part in reversed(parts)] == letters[: len(parts)]:
            del letters[: len(parts)]
        elif token[0].upper() == letters[0]:
            letters.pop(0)
        elif token.lower() not in _SMALL:
            return []
        taken.append(token)
    return [] if letters else list(reversed(taken))


def _normal(meaning: str) -> str:
    return " ".join(word.removesuffix("s") for word in meaning.lower().replace("-", " ").split() if word not in _SMALL)


def _starts_line(text: str, start: int) -> bool:
    return not text[text.rfind("\n", 0, start) + 1 : start].strip(' \t-•*|“"')


def _shouting(text: str, start: int, end: int) -> bool:
    """Whether the words around are in capitals too: a title, not an abbreviation."""
    if _CAPITAL_WORD_AFTER.match(text, end) or _CAPITAL_WORD_BEFORE.search(text, max(0, start - 24), start):
        return True
    around = text[max(0, start - 30) : start] + text[end : end + 30]
    capitals = len(_CAPITALS.findall(around))
    return capitals > 8 and capitals > 2 * len(_SMALL_LETTERS.findall(around))
