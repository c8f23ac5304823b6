"""What the author meant to fill in, remove or never saw: placeholders, notes, empty fields, broken fields, invisible characters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tenderline.review.builtin.patterns import any_of
from tenderline.review.builtin.remark import Remark
from tenderline.review.builtin.text import words
from tenderline.review.builtin.view import SectionView

CATEGORY = "Completeness"

_NOTE = re.compile(
    r"\b(?:TBD|TBC|TBA|TODO|FIXME|XXX+|XX\.XX\.(?:XX|20)XX|[XxDdMmYy]{2}(?P<mark>[./-])[XxDdMmYy]{2}(?P=mark)(?:[XxYy]{2,4}|20\d\d)|[Xx]{2}/[Xx]{2}/(?:[Xx]{2}){1,2}|DD[/.-]MM[/.-]YYYY"
    r"|MM[/.-]DD[/.-]YYYY)\b(?!-?\d)"
    r"|(?<=[\[(|:–])\s?[Tt]o be (?:confirmed|determined|advised|inserted|filled in|decided|completed|added|announced|provided)"
    r"(?=\s{0,2}[\])|\n.]|\s{0,2}$)"
    r"|(?:[A-Z]{3}|[€£$])\s?[Xx]{2,}\b|\?{3,}|\?{2}[./-]\d|\b(?i:lorem ipsum)\b|\b20(?:__|XX|xx|\.\.)(?!\w)"
)
_LOWER_NOTE = re.compile(r"\b(?:tbd|tbc|tba|todo|xxx+)\b")
_WORD_ERROR = re.compile(
    r"Error! (?:Reference source not found|Bookmark not defined|Unknown|No text of specified style)[^\n]{0,20}"
    r"|Click (?:or tap )?here to enter \w+"
    r"|Choose an item|\{ ?(?:REF|PAGEREF|MERGEFIELD|TOC) [^}\n]{0,60}\}|#(?:REF|N/A|VALUE|DIV/0|NAME)[!?]?"
)
_FIELD = re.compile(
    r"\[(?!\^)(?P<square>[^\[\]\n]{1,120})\](?!\()|<<(?P<double>[^<>\n]{1,80})>>|\{\{(?P<curly>[^{}\n]{1,80})\}\}"
    r"|<(?P<angle>[a-zA-Z][^<>\n/=\"@]{2,60})>|\[\s{2,40}\]"
)
_TO_FILL = re.compile(
    r"^\W{0,3}(?:insert|enter|specify|state|complete|fill|select|choose|delete|describe|provide|add|give|tbd|tbc|tba|to be"
    r"|name|date|day|month|year|title"
    r"|address|amount|number|no\.?|reference|ref|number of|contract|company|location|place|period|currency|email|phone|position"
    r"|signature|your|his/her|yyyy|dd|mm|n{2,}|x{2,}|●|•|\.{2,}|…|_+|\?+)(?:\b|\W|$)|^[\s●•…._?-]+$",
    re.IGNORECASE,
)
_FOR_OTHERS = any_of("tenderers?|bidders?|offerors?|applicants?|proposers?|candidates?|respondents?|by the \\w+")
_ADDED_BY_EDITOR = re.compile(
    r"^(?:sic|emphasis|emphases|…|\.\.\.|translation|redacted|name withheld|name redacted|\d+|footnote|underlin)", re.IGNORECASE
)
_BLANK = re.compile(r"_{4,}|\.{8,}|…{3,}")
_PAGE_NUMBER = re.compile(r"[._…]\s{0,3}\d{1,4}\s{0,3}$")
_FORM = re.compile(
    r"\b(?:form|template|specimen|sample|annex|appendix|declaration|schedule|signature|letter of|checklist|questionnaire)", re.IGNORECASE
)
_SIGNATURE = re.compile(
    r"\b(?:sign(?:ed|ature|atory)?|name|title|position|witness|seal|stamp|date|place|initials?|capacity"
    r"|behalf\sof)\b[^.\w]{0,4}(?:\w+[^.\w]{1,3}){0,2}$",
    re.IGNORECASE,
)
_SIGNING = re.compile(r"\b(?:sign|execution|attestation|acceptance\sof)", re.IGNORECASE)
_SIGNING_FIELDS = re.compile(r"\b(?:name|title|position|date|signature|signed|stamp|witness|place)\s?:", re.IGNORECASE)
_HTML = words(
    "script style div span table iframe body html head link meta title img form input button svg object embed video audio section"
)
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\u00ad]")
_TURNED = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
_TO_MACHINES = re.compile(
    r"\b(?:ignore|disregard|forget|override)\s(?:all\s|any\s|the\s|your\s|every\s){0,3}(?:previous|prior|above|earlier|preceding"
    r"|other|system)?\s?"
    r"(?:instructions?|prompts?|guidelines|rules)\b"
    r"|\byou\sare\s(?:now\s)?an?\s(?:AI|artificial|language\smodel|assistant|chatbot)|\b(?:as|dear)\s(?:an\s)?AI\s(?:model|assistant"
    r"|reviewer)"
    r"|\bsystem\sprompt\b|\b(?:AI|automated|LLM)\s(?:reviewers?|evaluators?|assistants?)\s(?:must|should|shall|are\sto|please)\b",
    re.IGNORECASE,
)
_MOST = 6


def placeholders(section: SectionView) -> Iterator[Remark]:
    """Every kind of placeholder once, with how often it comes."""
    seen: dict[str, list[tuple[int, int]]] = {}
    for match in section.search(_NOTE):
        seen.setdefault(_key(match[0]), []).append(match.span())
    for match in section.search(_LOWER_NOTE):
        seen.setdefault(_key(match[0]), []).append(match.span())
    for match in section.search(_FIELD):
        inside = match["square"] or match["double"] or match["curly"] or match["angle"] or ""
        if _to_fill(match, inside) and not (_FOR_OTHERS.search(inside) and not re.search(r"\b(?:tbd|tbc|todo)\b", inside, re.IGNORECASE)):
            seen.setdefault(_key(match[0]), []).append(match.span())
    form = bool(_FORM.search(section.title))
    for key, places in list(seen.items())[:_MOST]:
        start, end = places[0]
        often = f" ({len(places)} times in this section)" if len(places) > 1 else ""
        confidence = 0.75 if form and key.startswith(("[", "<", "{")) else 0.95
        yield Remark(
            "placeholder", CATEGORY, "completeness", "critical", "High", confidence, start, end,
            f"A placeholder was left in{often}: “{' '.join(section.text[start:end].split())[:60]}”.",
            "Fill it in, or remove it.",
            detail=key,
        )  # fmt: skip


def broken_fields(section: SectionView) -> Iterator[Remark]:
    places = [match.span() for match in section.search(_WORD_ERROR)]
    if places:
        often = f" ({len(places)} in this section)" if len(places) > 1 else ""
        yield Remark(
            "broken-field", CATEGORY, "references", "important", "Medium", 0.97, *places[0],
            f"An automatic field is broken or was never filled in{often}.",
            "Update the fields of the document, or write the text in their place.",
        )  # fmt: skip


def blank_fields(section: SectionView) -> Iterator[Remark]:
    """Dotted or underlined gaps in running text; those of forms and signature blocks are meant."""
    if _FORM.search(section.title) or _SIGNING.search(section.title) or section.index == section.document.last:
        return
    places = []
    for match in section.search(_BLANK):
        start = section.text.rfind("\n", max(0, match.start() - 300), match.start()) + 1
        end = section.text.find("\n", match.end(), match.end() + 300)
        line = section.text[start : end if end >= 0 else match.end() + 100]
        words_beside = re.sub(r"[\W_\d]+", " ", line).split()
        # A rule across the page and the dots of a table of contents have no gap in a sentence; a signature has its own words.
        if (
            len(words_beside) >= 2
            and not _SIGNATURE.search(section.text, start, match.start())
            and len(_SIGNING_FIELDS.findall(line)) < 2
            and not _FOR_OTHERS.search(line)
            and not _PAGE_NUMBER.search(line)
        ):
            places.append(match.span())
    if places:
        often = f" ({len(places)} in this section)" if len(places) > 1 else ""
        yield Remark(
            "blank-field", CATEGORY, "completeness", "important", "Medium", 0.87, *places[0],
            f"A field was left empty{often}.",
            "Fill it in, or say who is to fill it in.",
        )  # fmt: skip


def hidden_characters(section: SectionView) -> Iterator[Remark]:
    """Characters that cannot be seen but can hide words or turn their order."""
    places = [match.span() for match in section.search(_INVISIBLE) if section.text[match.start()] != "\u00ad"]
    if not places:
        return
    turned = sum(section.text[start] in _TURNED for start, _ in places)
    start = places[0][0]
    left = max(section.text.rfind(" ", max(0, start - 40), start), section.text.rfind("\n", max(0, start - 40), start)) + 1 or start
    right = next((place for place in range(start + 1, min(len(section.text), start + 40)) if section.text[place].isspace()), start + 1)
    yield Remark(
        "hidden-characters", "Clarity", "language", "important" if turned else "suggestion", "Medium" if turned else "Low",
        0.92 if turned or len(places) > 3 else 0.82, left, right,
        f"The section holds {len(places)} invisible character{'s' if len(places) > 1 else ''}"
        + (", some of which turn the order in which text is shown." if turned else "."),
        "Remove them: they can hide words from a reader or from a search.",
    )  # fmt: skip


def words_to_machines(section: SectionView) -> Iterator[Remark]:
    """Instructions to a program that reads the document have no business in it."""
    match = next(section.search(_TO_MACHINES), None)
    if match:
        yield Remark(
            "words-to-machines", "Compliance", "completeness", "critical", "High", 0.9, match.start(), match.end(),
            "The text speaks to a program that reviews it, not to its readers.",
            "Find out who put this in and why, and remove it. It was not followed.",
        )  # fmt: skip


def _to_fill(match: re.Match[str], inside: str) -> bool:
    if not inside.strip():
        return match[0].startswith("[") and len(match[0]) > 3
    if match["double"] or match["curly"]:
        return True
    if _ADDED_BY_EDITOR.match(inside.strip()):
        return False
    if match["angle"] and inside.lower() in _HTML:
        return False
    return bool(_TO_FILL.match(inside))


def _key(text: str) -> str:
    return " ".join(text.lower().split())[:60]
